package micro

import (
	"fmt"
	"math"
	"slices"

	"citybrain/city"
	"citybrain/traffic/trips"
)

// A walk is a crosswalk as a step reads it.
type walk struct {
	length      float32 // m
	light       int32   // −1: none
	place       int32   // in the light's states
	conns       []over  // over which it lies
	connections []int32
}

// An over is where a crosswalk and a connection cross.
type over struct {
	walk     int32
	path, at float32 // m along the connection, along the crosswalk
}

const (
	strip      = 1.6 // m: half the width of what a vehicle sweeps, and of a walker
	walkGap    = 1   // m that a vehicle leaves to a crosswalk
	nearLine   = 8   // m behind the stop line up to which a crosswalk is waited for at the line
	walkLead   = 1   // s that a vehicle leaves between itself and who comes behind it
	walkerHalf = 0.4 // m
	stepOut    = 2   // s that who has green lets those go first who turn over his way; then they let him (an assumption)
)

// Walks is what changes of those on foot, as plain data.
type Walks struct {
	NextWalker int32
	WalkFirst  []int32   // by crosswalk: the first walker on his way to it, waiting for it or on it; −1
	WalkLast   []int32   // the last
	WalkNext   []int32   // by walker: the next there
	WalkLeg    []uint16  // legs done
	WalkAt     []float32 // s, when he is at the crosswalk of his leg
	WalkOn     []float32 // s, when he stepped onto it; −1: not yet
	WalkWaited []float32 // s at crosswalks
	WalkLong   []float32 // of that the most at one
	WalkCall   []float32 // the most at one with a light
	WalkDone   []float32 // s, when he was there; −1: not yet
	Lit        []byte    // what each crosswalk shows; '-': it has no light
}

func newWalks(walks, walkers int) Walks {
	return Walks{WalkFirst: fill(walks, int32(-1)), WalkLast: fill(walks, int32(-1)), WalkNext: fill(walkers, int32(-1)), WalkLeg: make([]uint16, walkers), WalkAt: make([]float32, walkers),
		WalkOn: fill(walkers, float32(-1)), WalkWaited: make([]float32, walkers), WalkLong: make([]float32, walkers), WalkCall: make([]float32, walkers), WalkDone: fill(walkers, float32(-1)), Lit: fill(walks, byte('-'))}
}

func (w Walks) clone() Walks {
	for _, p := range []*[]int32{&w.WalkFirst, &w.WalkLast, &w.WalkNext} {
		*p = slices.Clone(*p)
	}
	for _, p := range []*[]float32{&w.WalkAt, &w.WalkOn, &w.WalkWaited, &w.WalkLong, &w.WalkCall, &w.WalkDone} {
		*p = slices.Clone(*p)
	}
	w.WalkLeg, w.Lit = slices.Clone(w.WalkLeg), slices.Clone(w.Lit)
	return w
}

func checkWalkers(n *city.LaneNet, d *city.LaneDemand) error {
	for i := range d.Walkers {
		w := &d.Walkers[i]
		if i > 0 && w.Depart < d.Walkers[i-1].Depart {
			return fmt.Errorf("walker %q departs before %q; order walkers by departure", w.ID, d.Walkers[i-1].ID)
		}
		if !(w.Speed > 0) {
			return fmt.Errorf("walker %q: speed %g m/s must be above 0", w.ID, w.Speed)
		}
		for _, l := range w.Legs {
			if l.Crosswalk < 0 || int(l.Crosswalk) >= len(n.Crosswalks) || !(l.Before >= 0) {
				return fmt.Errorf("walker %q: crosswalk %d of %d, %g m before it", w.ID, l.Crosswalk, len(n.Crosswalks), l.Before)
			}
		}
	}
	return nil
}

// addWalks takes in the crosswalks.
func (w *network) addWalks(n *city.LaneNet) error {
	w.litWalks = make([][]int32, len(n.Lights))
	if len(n.Crosswalks) == 0 {
		return nil
	}
	type pair struct {
		conn int32
		over
	}
	var all []pair
	for i := range n.Crosswalks {
		x := &n.Crosswalks[i]
		if !(x.Length > 0) {
			return fmt.Errorf("crosswalk %q: length %g m must be above 0", x.ID, x.Length)
		}
		if x.Light >= 0 && (int(x.Light) >= len(n.Lights) || x.Index < 0 || int(x.Index) >= n.Lights[x.Light].Places) {
			return fmt.Errorf("crosswalk %q: place %d of light %d is not there", x.ID, x.Index, x.Light)
		}
		k := walk{length: float32(x.Length), light: x.Light, place: x.Index}
		for _, o := range x.Over {
			if o.Connection < 0 || int(o.Connection) >= w.conns {
				return fmt.Errorf("crosswalk %q: connection %d of %d", x.ID, o.Connection, w.conns)
			}
			e := over{int32(i), float32(o.Path), float32(o.Walk)}
			k.conns, k.connections = append(k.conns, e), append(k.connections, o.Connection)
			all = append(all, pair{o.Connection, e})
			w.trait[o.Connection] |= walked
		}
		w.walks = append(w.walks, k)
		if x.Light >= 0 {
			w.litWalks[x.Light] = append(w.litWalks[x.Light], int32(i))
		}
	}
	slices.SortStableFunc(all, func(a, b pair) int { return int(a.conn - b.conn) })
	w.overAt = make([]int32, w.conns+1)
	for _, p := range all {
		w.over = append(w.over, p.over)
		w.overAt[p.conn+1]++
	}
	for c := range w.conns {
		w.overAt[c+1] += w.overAt[c]
	}
	return nil
}

// stepWalkers moves those on foot on by a second.
func (s *Sim) stepWalkers() {
	now := float32(s.Second)
	ws := s.demand.Walkers
	for int(s.NextWalker) < len(ws) && ws[s.NextWalker].Depart <= float64(s.Second) {
		s.walkOn(s.NextWalker, float32(ws[s.NextWalker].Depart))
		s.NextWalker++
	}
	if s.NextWalker == 0 {
		return
	}
	for x := range s.WalkFirst {
		last := int32(-1)
		for id := s.WalkFirst[x]; id >= 0; {
			next := s.WalkNext[id]
			switch on := s.WalkOn[id]; {
			case on < 0 && s.WalkAt[id] <= now && s.mayWalk(int32(x), s.net.walks[x].light >= 0 && s.WalkAt[id] <= s.awaited(int32(x))):
				s.WalkOn[id] = now
				wait := now - s.WalkAt[id]
				s.WalkWaited[id] += wait
				s.WalkLong[id] = max(s.WalkLong[id], wait)
				if s.net.walks[x].light >= 0 {
					s.WalkCall[id] = max(s.WalkCall[id], wait)
				}
			case on >= 0 && (now-on)*float32(ws[id].Speed) >= s.net.walks[x].length:
				if last < 0 {
					s.WalkFirst[x] = next
				} else {
					s.WalkNext[last] = next
				}
				if next < 0 {
					s.WalkLast[x] = last
				}
				s.WalkLeg[id]++
				s.walkOn(id, now)
				id = next
				continue
			}
			last, id = id, next
		}
	}
}

// walkOn sends a walker to the crosswalk of his next leg, or to his goal.
func (s *Sim) walkOn(id int32, now float32) {
	w := &s.demand.Walkers[id]
	s.WalkOn[id], s.WalkNext[id] = -1, -1
	if int(s.WalkLeg[id]) == len(w.Legs) {
		s.WalkDone[id] = now + float32(w.Rest/w.Speed)
		return
	}
	leg := &w.Legs[s.WalkLeg[id]]
	s.WalkAt[id] = now + float32(leg.Before/w.Speed)
	x := leg.Crosswalk
	if s.WalkFirst[x] < 0 {
		s.WalkFirst[x] = id
	} else {
		s.WalkNext[s.WalkLast[x]] = id
	}
	s.WalkLast[x] = id
}

// mayWalk reports whether who stands at a crosswalk may step onto it: by its light, and as nobody comes who can't stop any more; let: those who can
// know that they are to.
func (s *Sim) mayWalk(x int32, let bool) bool {
	n := s.net
	w := &n.walks[x]
	switch s.Lit[x] {
	case 'g', 'G', '-', 'o':
	default:
		return false
	}
	react := float32(1) // s until who drives brakes
	if let {
		react = 0
	}
	for i, o := range w.conns {
		conn := w.connections[i]
		seg := int32(n.lanes) + conn
		for j := range s.Segments[seg] {
			c := &s.Segments[seg][j]
			if k := &s.kinds[c.Kind]; c.Pos-k.length > o.path+strip || c.V < 0.5 {
				continue
			} else if d := o.path - walkGap - c.Pos; d < braking(c.V, k.decel, k.invB)+react*c.V {
				return false
			}
		}
		from := n.from[conn]
		if cars := s.Segments[from]; len(cars) > 0 && s.Sig[conn] != 'r' {
			c := &cars[0]
			if c.Bits&stands != 0 || c.Conn != conn || c.V < 0.5 {
				continue
			}
			if k := &s.kinds[c.Kind]; n.length[from]-c.Pos+o.path-walkGap < braking(c.V, k.decel, k.invB)+react*c.V {
				return false
			}
		}
	}
	return true
}

// walkersAhead holds a vehicle, dist m before a connection (less than 0: so far on it), to those on the crosswalks over it who are in its way when it
// is there, to those whom green has not helped for stepOut, and without a light to those who wait to step on: where the crosswalk lies close behind the stop line at the line, for which halt is the
// speed, else before it. pass: it may go over the line.
func (s *Sim) walkersAhead(conn int32, c *Car, k *kind, dist, v, halt float32) (pass bool, to float32) {
	n := s.net
	for i := n.overAt[conn]; i < n.overAt[conn+1]; i++ {
		o := &n.over[i]
		if s.WalkFirst[o.walk] < 0 || dist+o.path < 0 || !s.inTheWay(o, c, k, dist+o.path, s.turnLimit(conn, c, k)) {
			continue
		}
		if before := k.before(dist + o.path - walkGap); before < c.V-k.brake {
			continue // too late to stop: who walks has seen that
		} else if dist >= 0 && o.path < nearLine {
			return false, min(v, halt)
		} else {
			v = min(v, before)
		}
	}
	return true, v
}

// awaited is the s until which who came to a crosswalk and still stands is let in by vehicles, −1: nobody is.
func (s *Sim) awaited(x int32) float32 {
	switch s.Lit[x] {
	case '-', 'o':
		return float32(s.Second)
	case 'g', 'G':
		if s.Second-s.Lights[s.net.walks[x].light].Since >= stepOut {
			return float32(s.Second - stepOut)
		}
	}
	return -1
}

// inTheWay reports whether a walker is, or is about to be, where a vehicle that is d m before a crosswalk drives over it.
func (s *Sim) inTheWay(o *over, c *Car, k *kind, d, top float32) bool {
	now := float32(s.Second)
	arrives := during(max(0, d-walkerHalf), c.V, k.accel, top)
	leaves := during(d+k.length+walkerHalf, c.V, k.accel, top)
	by := s.awaited(o.walk)
	for id := s.WalkFirst[o.walk]; id >= 0; id = s.WalkNext[id] {
		w := &s.demand.Walkers[id]
		speed, on := float32(w.Speed), s.WalkOn[id]
		if on < 0 {
			if s.WalkAt[id] <= by {
				return true
			}
			continue
		}
		at := o.at
		if w.Legs[s.WalkLeg[id]].Back {
			at = s.net.walks[o.walk].length - at
		}
		left := at - (now-on)*speed // m until he is in the middle of the vehicle's way
		if left+strip > arrives*speed && left-strip < (leaves+walkLead)*speed && left+strip > 0 {
			return true
		}
	}
	return false
}

// Walked returns what came of the walkers who were due.
func (s *Sim) Walked() []trips.Walk {
	out := make([]trips.Walk, s.NextWalker)
	now := float32(s.Second)
	for i := range out {
		out[i] = trips.Walk{Depart: s.demand.Walkers[i].Depart, Arrive: math.NaN(), Waited: float64(s.WalkWaited[i]), Longest: float64(s.WalkLong[i]), Called: float64(s.WalkCall[i])}
		switch done := s.WalkDone[i]; {
		case done >= 0 && done <= now:
			out[i].Arrive = float64(done)
		case done < 0 && s.WalkOn[i] < 0 && s.WalkAt[i] < now:
			wait := float64(now - s.WalkAt[i])
			out[i].Waited += wait
			out[i].Longest = max(out[i].Longest, wait)
			if x := s.demand.Walkers[i].Legs[s.WalkLeg[i]].Crosswalk; s.net.walks[x].light >= 0 {
				out[i].Called = max(out[i].Called, wait)
			}
		}
	}
	return out
}

// Called returns since when somebody stands at a crosswalk and waits to walk, s; −1: nobody does.
func (s *Sim) Called(crosswalk int32) float64 {
	since, now := float32(-1), float32(s.Second)
	for id := s.WalkFirst[crosswalk]; id >= 0; id = s.WalkNext[id] {
		if at := s.WalkAt[id]; s.WalkOn[id] < 0 && at <= now && (since < 0 || at < since) {
			since = at
		}
	}
	return float64(since)
}
