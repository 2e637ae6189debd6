package world

import (
	"fmt"
	"time"

	"citybrain/city/chance"
	"citybrain/wire"
)

// A desk is one department's system: it sends what it observes, and obeys what arrives, over its own protocol.
type desk interface {
	feed() string
	// tick is called after every 5 s of the world.
	tick(w *World)
	// receive takes bytes from the brain's side of the feed, in order. What is not the protocol's is ignored, as equipment does.
	receive(w *World, b []byte)
}

// line is the sending end of a feed: it delays and loses as the feed's network does.
type line struct {
	id    string
	draw  chance.Source
	delay float64 // s, mean
	loss  float64 // share of messages that never leave their device
	late  float64 // share of messages that are held back some minutes
	seq   uint64
	last  time.Duration // arrival of the message before: a stream keeps its order
	sent  int
	lost  int
	queue []wire.Packet
}

func newLine(seed uint64, id string, delay, loss, late float64) line {
	return line{id: id, draw: chance.New(seed, "world/line/"+id), delay: delay, loss: loss, late: late}
}

func (l *line) feed() string { return l.id }

// send puts a message on the line. A reply is never lost: its connection stands.
func (l *line) send(w *World, b []byte, reply bool) {
	l.seq++
	l.sent++
	if !reply && l.draw.Float(l.seq, 0) < l.loss {
		l.lost++
		return
	}
	wait := l.delay * l.draw.Exp(l.seq, 1)
	if !reply && l.draw.Float(l.seq, 2) < l.late {
		wait += 60 + 240*l.draw.Float(l.seq, 3)
		// Held back in its device, it comes on a connection of its own: the others don't wait for it.
		l.queue = append(l.queue, wire.Packet{Feed: l.id, At: w.at(w.now + time.Duration(wait*float64(time.Second))), Seq: l.seq, Bytes: b})
		return
	}
	at := max(l.last, w.now+time.Duration(wait*float64(time.Second)))
	l.last = at
	l.queue = append(l.queue, wire.Packet{Feed: l.id, At: w.at(at), Seq: l.seq, Bytes: b})
}

func (l *line) outbox() *line { return l }

func (w *World) at(t time.Duration) time.Time { return w.cfg.Start.Add(t) }

// Send returns what the departments sent since the last call, in the order of each feed. Packets may arrive later than now.
func (w *World) Send() []wire.Packet {
	var all []wire.Packet
	for _, d := range w.desks {
		l := d.(interface{ outbox() *line }).outbox()
		all = append(all, l.queue...)
		l.queue = nil
	}
	return all
}

// Receive takes bytes that the brain's side sent on a feed.
func (w *World) Receive(p wire.Packet) error {
	for _, d := range w.desks {
		if d.feed() == p.Feed {
			d.receive(w, p.Bytes)
			return nil
		}
	}
	return fmt.Errorf("world: no department listens on feed %q", p.Feed)
}

// Sent returns the messages that each feed sent and those that were lost on their way, by feed.
func (w *World) Sent() map[string][2]int {
	m := map[string][2]int{}
	for _, d := range w.desks {
		l := d.(interface{ outbox() *line }).outbox()
		m[l.id] = [2]int{l.sent, l.lost}
	}
	return m
}

// Feeds lists the departments' feeds.
func (w *World) Feeds() []string {
	var ids []string
	for _, d := range w.desks {
		ids = append(ids, d.feed())
	}
	return ids
}
