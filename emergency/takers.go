package emergency

import "math"

// A Phone is one phone call to a centre.
type Phone struct {
	ID       int     // its caller's own
	Ring     float64 // s
	Patience float64 // s of ringing after which the caller hangs up
	Talk     float64 // s for which it keeps a call-taker
}

// PhoneEvent is what happens to a phone call.
type PhoneEvent struct {
	Phone
	At   float64 // s
	What PhoneWhat
}

// PhoneWhat says which.
type PhoneWhat uint8

const (
	PickedUp   PhoneWhat = iota
	HungUp               // before anybody picked up
	CalledBack           // a call-taker rang the caller who had hung up
)

// rings is how long a phone rings at least, and callBack how long after somebody has hung up it is called back at the earliest, s.
const (
	rings    = 5.0
	callBack = 30.0
)

// A Desk is the call-takers of one centre: whoever rings waits for the first who is free, in order, and hangs up when patience is at an
// end (a queue with abandonment, Garnett, Mandelbaum and Reiman 2002). When nobody rings, those who have hung up are called back.
type Desk struct {
	busy    []float64 // until when each call-taker speaks
	ringing []Phone
	back    []Phone // hung up; Ring is when
	Answers Answers
}

// Answers counts how phones were answered.
type Answers struct {
	Rung, PickedUp, HungUp, CalledBack int
	WaitS                              float64 // from ring to pick-up, of those that were picked up
}

// NewDesk returns a desk of some call-takers, at least one.
func NewDesk(takers int) *Desk { return &Desk{busy: make([]float64, max(1, takers))} }

// Takers returns how many call-takers there are.
func (d *Desk) Takers() int { return len(d.busy) }

// Ring adds a phone call. They come in order of time.
func (d *Desk) Ring(p Phone) {
	d.ringing = append(d.ringing, p)
	d.Answers.Rung++
}

// Ringing returns how many phones ring at second now, and how long the first of them has.
func (d *Desk) Ringing(now float64) (n int, longest float64) {
	for _, p := range d.ringing {
		if p.Ring <= now {
			n++
			longest = math.Max(longest, now-p.Ring)
		}
	}
	return n, longest
}

// Step returns what happens up to second until, in order. Phones that ring by then must have been added.
func (d *Desk) Step(until float64) []PhoneEvent {
	var list []PhoneEvent
	for {
		free := 0
		for i := range d.busy {
			if d.busy[i] < d.busy[free] {
				free = i
			}
		}
		answer, gone, back := math.Inf(1), math.Inf(1), math.Inf(1)
		leaves := -1
		if len(d.ringing) > 0 {
			answer = math.Max(d.busy[free], d.ringing[0].Ring+rings)
		}
		for i, p := range d.ringing {
			if t := p.Ring + math.Max(p.Patience, rings); t < gone {
				gone, leaves = t, i
			}
		}
		if len(d.back) > 0 {
			back = math.Max(d.busy[free], d.back[0].Ring+callBack)
		}
		switch at := math.Min(answer, math.Min(gone, back)); {
		case at > until:
			return list
		case at == answer:
			p := d.ringing[0]
			d.ringing = d.ringing[1:]
			d.busy[free] = at + p.Talk
			d.Answers.PickedUp++
			d.Answers.WaitS += at - p.Ring
			list = append(list, PhoneEvent{p, at, PickedUp})
		case at == gone:
			p := d.ringing[leaves]
			d.ringing = append(d.ringing[:leaves:leaves], d.ringing[leaves+1:]...)
			d.Answers.HungUp++
			list = append(list, PhoneEvent{p, at, HungUp})
			p.Ring = at
			d.back = append(d.back, p)
		default:
			p := d.back[0]
			d.back = d.back[1:]
			d.busy[free] = at + p.Talk
			d.Answers.CalledBack++
			list = append(list, PhoneEvent{p, at, CalledBack})
		}
	}
}
