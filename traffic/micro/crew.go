package micro

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A crew is the threads of a Sim. A phase's chunks lie in one span a thread, next to each other, so that a thread has the same roads in its
// cache all the time; who is done with its own span helps in the others'. The first thread is the one that steps. It does not wait for the
// others to come, only for chunks that they have taken: one to which the machine gives no processor costs nothing. Between phases, which take microseconds,
// a thread turns round and round instead of sleeping; the threads end with Step.
type crew struct {
	hands  []hand
	spans  []span
	chunks int
	done   padded // chunks done in this phase
	seq    uint64
	round  int
	group  sync.WaitGroup
}

// A hand is what one thread notes by itself.
type hand struct {
	came   []uint64 // a bit for each road to which vehicles come
	left   []Passage
	off    []int32 // segments off which vehicles are to be taken
	facing []int32 // lanes to which somebody came who sees that the next road of his way is closed
	ended  int32
	stalls int32
	again  bool
	_      [64]byte
}

func (h *hand) call(road int32) { h.came[road/chunk] |= 1 << (road % chunk) }

// A span is the chunks from..to, and in one word what is left of it: from the highest bits down a number that grows with each phase, the phase,
// the chunk to be taken next, and the one after the last.
type span struct {
	left     padded
	from, to int
}

// padded is a word alone on its cache line.
type padded struct {
	_ [64]byte
	atomic.Uint64
	_ [56]byte
}

const (
	chunkBits  = 18 // so many roads that chunk·2^18 of them are more than a country's
	chunkMask  = 1<<chunkBits - 1
	phaseShift = 2 * chunkBits
	phaseMask  = 15
	seqShift   = phaseShift + 4
	rest       = phase(phaseMask) // no phase but the end of the step

	// looks before a thread lets others run: some 20 µs for a chunk that another does, 300 µs for a phase
	spinChunk, spinPhase = 10_000, 100_000
	nap                  = 20 * time.Microsecond
	rebuild              = 32 // seconds after which spans are cut anew
)

func newCrew(threads, chunks int) *crew {
	threads = max(1, min(threads, chunks))
	c := &crew{hands: make([]hand, threads), spans: make([]span, threads), chunks: chunks}
	for i := range c.hands {
		c.hands[i].came = make([]uint64, chunks)
	}
	return c
}

func (c *crew) start(s *Sim) {
	for i := range c.spans {
		c.spans[i].left.Store(0)
	}
	for i := 1; i < len(c.hands); i++ {
		c.group.Add(1)
		go func() {
			defer c.group.Done()
			c.serve(s, i)
		}()
	}
}

func (c *crew) stop() {
	if len(c.hands) > 1 {
		c.open(rest)
		c.group.Wait()
	}
}

// each does a phase on all roads.
func (s *Sim) each(p phase) {
	c := s.crew
	if len(c.hands) == 1 {
		for w := range c.chunks {
			s.chunkOf(p, w, &c.hands[0])
		}
		return
	}
	if p == planRoads {
		if c.round%rebuild == 0 {
			c.cut(s)
		}
		c.round++
	}
	c.done.Store(0)
	c.open(p)
	c.work(s, 0)
	for i := 0; c.done.Load() < uint64(c.chunks); i++ {
		wait(i, spinChunk)
	}
}

// open lets the threads begin a phase.
func (c *crew) open(p phase) {
	c.seq++
	for i := range c.spans {
		x := &c.spans[i]
		x.left.Store(c.seq<<seqShift | uint64(p)<<phaseShift | uint64(x.from)<<chunkBits | uint64(x.to))
	}
}

// cut makes spans of about as many vehicles each.
func (c *crew) cut(s *Sim) {
	total := int64(0)
	for _, n := range s.On {
		total += int64(n) + 1
	}
	sum, i := int64(0), 0
	c.spans[len(c.spans)-1].to = c.chunks
	for w := range c.chunks {
		for _, n := range s.On[w*chunk : min((w+1)*chunk, len(s.On))] {
			sum += int64(n) + 1
		}
		for ; i+1 < len(c.spans) && sum*int64(len(c.spans)) >= total*int64(i+1); i++ {
			c.spans[i].to, c.spans[i+1].from = w+1, w+1
		}
	}
}

// work does chunks until none is left, those of the thread's own span first. It reports whether there was any to take, and whether the step is over.
func (c *crew) work(s *Sim, me int) (any, over bool) {
	for k := range c.spans {
		x := &c.spans[(me+k)%len(c.spans)].left
		for {
			v := x.Load()
			p := phase(v >> phaseShift & phaseMask)
			if p == rest {
				return any, true
			}
			w := int(v >> chunkBits & chunkMask)
			if w >= int(v&chunkMask) {
				break
			}
			if !x.CompareAndSwap(v, v+1<<chunkBits) {
				continue
			}
			s.chunkOf(p, w, &c.hands[me])
			c.done.Add(1)
			any = true
		}
	}
	return any, false
}

func (c *crew) serve(s *Sim, me int) {
	for i := 0; ; i++ {
		any, over := c.work(s, me)
		if over {
			return
		}
		if any {
			i = 0
		}
		wait(i, spinPhase)
	}
}

// wait passes the time until there is something to do, for the i-th time in turn: most often that is soon.
func wait(i, spins int) {
	if i < spins {
		return
	}
	if i%16 == 0 { // another's thread may want this processor
		time.Sleep(nap)
		return
	}
	runtime.Gosched()
}
