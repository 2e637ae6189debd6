package micro

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A crew is the threads of a Sim. A phase's chunks lie in one span a thread, next to each other, so that a thread has the same roads in its
// cache all the time; who is done with its own span helps where another is late. The first thread is the one that steps. It does not wait for the
// others to come, only for chunks that they have taken: one to which the machine gives no processor costs nothing. Between phases, which take microseconds,
// a thread turns round and round instead of sleeping; the threads end with Step.
type crew struct {
	hands  []hand
	spans  []span
	chunks int
	goal   uint64 // chunks that will have been done when the phase is over
	seq    uint64
	round  int
	worth  int32 // vehicles from which on more than one thread steps
	here   bool  // the threads are there
	group  sync.WaitGroup
}

// A hand is what one thread notes by itself.
type hand struct {
	came   []uint64 // a bit for each road to which vehicles come
	left   []Passage
	off    []int32 // segments off which vehicles are to be taken
	stuck  []int32 // lanes on which somebody looks for another way
	facing []int32 // lanes to which somebody came who sees that the next road of his way is closed
	ended  int32
	stalls int32
	again  bool
	done   padded // chunks
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
	spinHelp, spinChunk, spinPhase = 3000, 10_000, 100_000
	nap                            = 20 * time.Microsecond
	worthMany                      = 1500 // vehicles, 80 µs a second for one thread
	rebuild                        = 32   // seconds after which spans are cut anew
)

func newCrew(threads, chunks int) *crew {
	threads = max(1, min(threads, chunks))
	c := &crew{hands: make([]hand, threads), spans: make([]span, threads), chunks: chunks, worth: worthMany}
	for i := range c.hands {
		c.hands[i].came = make([]uint64, chunks)
	}
	return c
}

// muster has the threads come once there is enough to do for more than one; it is called each second.
func (c *crew) muster(s *Sim) {
	if c.here || len(c.hands) == 1 || s.Running < c.worth {
		return
	}
	c.here = true
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
	if c.here {
		c.open(rest)
		c.group.Wait()
		c.here = false
	}
}

// each does a phase on all roads.
func (s *Sim) each(p phase) {
	c := s.crew
	if !c.here {
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
	c.goal += uint64(c.chunks)
	c.open(p)
	c.work(s, 0)
	for i := 0; c.doneChunks() < c.goal; i++ {
		if !c.help(s, 0, i >= spinHelp) {
			wait(i, spinChunk)
		}
	}
}

// doneChunks is how many chunks the threads have done since they were made.
func (c *crew) doneChunks() (sum uint64) {
	for i := range c.hands {
		sum += c.hands[i].done.Load()
	}
	return sum
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

// work does the chunks of the thread's own span. It reports whether there was any, and whether the step is over.
func (c *crew) work(s *Sim, me int) (any, over bool) {
	x := &c.spans[me].left
	for {
		v := x.Load()
		p := phase(v >> phaseShift & phaseMask)
		if p == rest {
			return any, true
		}
		w := v >> chunkBits & chunkMask
		if w >= v&chunkMask {
			return any, false
		}
		if x.CompareAndSwap(v, v+1<<chunkBits) {
			c.do(s, p, int(w), me)
			any = true
		}
	}
}

// help does the last chunk of a span whose thread is late, or with at all costs of any, and reports whether there was one. It costs more than it saves
// where the other thread is at work: its roads lie in that one's cache.
func (c *crew) help(s *Sim, me int, atAllCosts bool) bool {
	for k := 1; k < len(c.spans); k++ {
		x := &c.spans[(me+k)%len(c.spans)].left
		v := x.Load()
		p, w, end := phase(v>>phaseShift&phaseMask), v>>chunkBits&chunkMask, v&chunkMask
		if p == rest || w >= end || !atAllCosts && int(end-w)*2*len(c.spans) < c.chunks {
			continue
		}
		if x.CompareAndSwap(v, v-1) {
			c.do(s, p, int(end-1), me)
			return true
		}
	}
	return false
}

func (c *crew) do(s *Sim, p phase, w, me int) {
	s.chunkOf(p, w, &c.hands[me])
	c.hands[me].done.Add(1)
}

func (c *crew) serve(s *Sim, me int) {
	for i := 0; ; i++ {
		any, over := c.work(s, me)
		if over {
			return
		}
		if any || c.help(s, me, false) {
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
