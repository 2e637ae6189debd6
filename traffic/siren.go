package traffic

import (
	"fmt"
	"math"
	"slices"

	"citybrain/city"
	"github.com/paulmach/orb"
)

// How an emergency vehicle gets through traffic. Where the street is clear it drives above the limit; drivers who stand make
// way slowly. At a red light it slows down to 3 m/s (2 m/s²), feels its way over the junction (30 m) and gets back to its pace
// (1.5 m/s² for a van of 4 t): sirenLook more than passing at green; and it goes only when cross traffic has let it (the
// exemption of the road traffic law binds it to make sure).
const (
	sirenPace   = 1 / 0.85 // of the speed that the street has for others
	sirenWades  = 3.0      // m/s in water that stops cars
	sirenFilter = 2.0      // m/s past vehicles that stand: each row has to make way
	sirenLook   = 15       // s at a red light at least …
	sirenMost   = 25       // … and at most
	sirenHolds  = 3        // s that cross traffic stands for one that passes at red
)

// A Siren is an emergency vehicle on its route. It is no trip: it takes no room, and moves past queues that trips stand in.
type Siren struct {
	ID     int32 // its owner's
	Urgent bool  // lights and siren on; else it drives as others do
	Route  []int32
	Enter  float32 // s, when it entered Route[0]
	Ready  float32 // s, when it would be at its end on an empty street
	Past   float32 // vehicles of the queue on Route[0] that it has passed
	Stood  int32   // s, since when it stands before a red light; 0: it does not
	Done   bool    // it has come to the end of its route
}

// A SirenRoute sends emergency vehicle ID along Route, a sequence of links that follow one another. If it is on the first of
// them already it goes on from where it is; else it begins there.
type SirenRoute struct {
	ID     int32
	Urgent bool
	Route  []int32
}

// A SirenEnd takes emergency vehicle ID off the streets.
type SirenEnd struct{ ID int32 }

func (r SirenRoute) check(s *Sim) error {
	links := s.city.Streets.Links
	if len(r.Route) == 0 {
		return fmt.Errorf("siren %d: its route is empty", r.ID)
	}
	for i, l := range r.Route {
		if l < 0 || int(l) >= len(links) {
			return fmt.Errorf("siren %d: link %d of its route is none of %d", r.ID, l, len(links))
		}
		if i > 0 && links[l].From != links[r.Route[i-1]].To {
			return fmt.Errorf("siren %d: link %s does not follow link %s", r.ID, links[l].ID, links[r.Route[i-1]].ID)
		}
	}
	return nil
}

func (SirenEnd) check(*Sim) error { return nil }

// Sirens lists the emergency vehicles on the streets, by id, as the engine's own slice.
func (s *Sim) Sirens() []Siren { return s.st.Sirens }

// SirenOf returns emergency vehicle id, nil if it is not on the streets.
func (s *Sim) SirenOf(id int32) *Siren {
	if i, ok := s.sirenIndex(id); ok {
		return &s.st.Sirens[i]
	}
	return nil
}

func (s *Sim) sirenIndex(id int32) (int, bool) {
	return slices.BinarySearchFunc(s.st.Sirens, id, func(x Siren, id int32) int { return int(x.ID) - int(id) })
}

// setRoute applies a SirenRoute.
func (s *Sim) setRoute(r SirenRoute) {
	i, known := s.sirenIndex(r.ID)
	if !known {
		s.st.Sirens = slices.Insert(s.st.Sirens, i, Siren{ID: r.ID})
	}
	x := &s.st.Sirens[i]
	x.Urgent = r.Urgent
	if known && !x.Done && x.Route[0] == r.Route[0] {
		x.Route = r.Route
		return
	}
	x.Route, x.Done = r.Route, false
	s.begin(x, float32(s.st.Now))
}

// endRoute applies a SirenEnd.
func (s *Sim) endRoute(id int32) {
	if i, ok := s.sirenIndex(id); ok {
		s.st.Sirens = slices.Delete(s.st.Sirens, i, i+1)
	}
}

// begin puts x at the start of its route's first link at time t.
func (s *Sim) begin(x *Siren, t float32) {
	l := x.Route[0]
	x.Enter, x.Past, x.Stood = t, 0, 0
	x.Ready = t + float32(s.city.Streets.Links[l].Length/s.sirenSpeed(x, l))
}

// sirenSpeed is how fast x drives on link l where nothing stands, m/s.
func (s *Sim) sirenSpeed(x *Siren, l int32) float64 {
	v := math.Max(float64(s.st.Speed[l]), sirenWades)
	if x.Urgent {
		v *= sirenPace
	}
	return v * s.st.Weather.speed()
}

// sirens moves every emergency vehicle for one second.
func (s *Sim) sirens() {
	for i := range s.st.Sirens {
		if x := &s.st.Sirens[i]; !x.Done {
			s.moveSiren(x)
		}
	}
}

func (s *Sim) moveSiren(x *Siren) {
	st, net, streets := &s.st, s.net, &s.city.Streets
	now := float32(st.Now + 1)
	l := x.Route[0]
	turn, slot := int32(-1), int(l)*queues+1
	if len(x.Route) > 1 {
		if turn = net.turnBetween(streets, l, x.Route[1]); turn >= 0 {
			slot = int(l)*queues + net.queueOf(streets, &streets.Turns[turn])
		}
		// Once it has caught up with those who stand it passes them, those at the head drive off.
		if left := s.before(x, slot); left > 0 {
			at := 1 - float64(left)*city.JamSpacing/float64(net.lanes[slot])/streets.Links[l].Length
			if caught := x.Enter + float32(max(0, at))*(x.Ready-x.Enter); now >= caught && x.Urgent {
				x.Past += sirenFilter * net.lanes[slot] / city.JamSpacing
			}
			if s.before(x, slot) > 0 {
				return
			}
		}
	}
	if now < x.Ready {
		return
	}
	if len(x.Route) == 1 {
		x.Done = true
		return
	}
	waited := x.Stood > 0
	if j := streets.Nodes[streets.Links[l].To].Junction; j >= 0 && !s.clearFor(x, j, turn) {
		return
	}
	if to := x.Route[1]; !x.Urgent && (st.Shut[to] || s.room(to) <= 0 && now-x.Ready < squeeze) {
		return
	}
	at := max(x.Ready, now-1)
	if waited {
		at = now
	}
	x.Route = x.Route[1:]
	s.begin(x, at)
}

// before is how many vehicles stand in the queue slot before x.
func (s *Sim) before(x *Siren, slot int) float32 {
	st := &s.st
	n := -x.Past
	for v := st.Head[slot]; v >= 0 && st.Ready[v] <= float32(st.Now) && st.Enter[v] <= x.Enter; v = st.Next[v] {
		n++
	}
	return n
}

// clearFor reports whether x at the stop line of junction j may go. Where it goes at red cross traffic stands.
func (s *Sim) clearFor(x *Siren, j, turn int32) bool {
	st, net := &s.st, s.net
	m := int32(-1)
	if turn >= 0 {
		if m = net.movement[turn]; m < 0 {
			return true // within the junction, or past its lights
		}
	}
	g, at := &st.Signals[j], &s.city.Signals[j]
	local := m - net.first[j]
	if m >= 0 && (g.Green(int(local)) || g.Mode == Flashing && s.passes(j, int(local))) {
		x.Stood = 0
		return true
	}
	if x.Stood == 0 {
		x.Stood = st.Now
	}
	if !x.Urgent {
		return m < 0 // where no light leads it, it finds a gap
	}
	waited := st.Now - x.Stood
	if waited < sirenLook {
		return false
	}
	if waited < sirenMost {
		for k := range at.Movements {
			if (m < 0 || at.Intergreen[local][k] > 0) && st.Now-st.LastCross[int(net.first[j])+k] < gap {
				return false
			}
		}
	}
	st.Held[j] = st.Now + sirenHolds
	return true
}

// SirenAt returns where x is: its link, and the metres from the link's start.
func (s *Sim) SirenAt(x *Siren) (link int32, along float64) {
	l := x.Route[0]
	length := s.city.Streets.Links[l].Length
	along = length
	if x.Ready > x.Enter {
		along = length * math.Min(1, float64((float32(s.st.Now)-x.Enter)/(x.Ready-x.Enter)))
	}
	if len(x.Route) > 1 {
		slot := int(l)*queues + 1
		if t := s.net.turnBetween(&s.city.Streets, l, x.Route[1]); t >= 0 {
			slot = int(l)*queues + s.net.queueOf(&s.city.Streets, &s.city.Streets.Turns[t])
		}
		along = math.Min(along, length-math.Max(0, float64(s.before(x, slot)))/float64(s.net.lanes[slot])*city.JamSpacing)
	}
	return l, math.Max(0, along)
}

// SirenPoint returns where x is in the city's frame.
func (s *Sim) SirenPoint(x *Siren) orb.Point {
	l, along := s.SirenAt(x)
	return At(&s.city.Streets.Links[l], along)
}

// Bound returns how many vehicles on link l are in the lanes of its turn to link to, of them those that stand, and the lanes; those
// that go straight where no turn leads there.
func (s *Sim) Bound(l, to int32) (vehicles, stand, lanes float64) {
	slot := int(l)*queues + 1
	if t := s.net.turnBetween(&s.city.Streets, l, to); t >= 0 {
		slot = int(l)*queues + s.net.queueOf(&s.city.Streets, &s.city.Streets.Turns[t])
	}
	for v := s.st.Head[slot]; v >= 0; v = s.st.Next[v] {
		vehicles++
		if s.st.Ready[v] <= float32(s.st.Now) {
			stand++
		}
	}
	return vehicles, stand, float64(s.net.lanes[slot])
}

// SirenFree returns the seconds that link l takes an emergency vehicle under siren where nothing stands in its way.
func (s *Sim) SirenFree(l int32) float64 {
	return s.city.Streets.Links[l].Length / s.sirenSpeed(&Siren{Urgent: true}, l)
}

// redShare is how often an emergency vehicle comes to a red light, of the lights that nobody holds for it.
const redShare = 0.65

// SirenSeconds returns the seconds that link l takes an emergency vehicle under siren as things stand, nothing held for it: past the
// longest queue of its lanes, and over its light.
func (s *Sim) SirenSeconds(l int32) float64 {
	rows := float32(0)
	for q := range exitLane {
		slot, n := int(l)*queues+q, float32(0)
		for v := s.st.Head[slot]; v >= 0 && s.st.Ready[v] <= float32(s.st.Now); v = s.st.Next[v] {
			n++
		}
		rows = max(rows, n/max(1, s.net.lanes[slot]))
	}
	return s.SirenBehind(l, float64(rows))
}

// SirenBehind is SirenSeconds with so many rows of vehicles that stand at l's end.
func (s *Sim) SirenBehind(l int32, rows float64) float64 {
	t, link := s.SirenFree(l), &s.city.Streets.Links[l]
	queue := min(rows*city.JamSpacing, link.Length)
	t += queue/sirenFilter - queue/link.Length*t
	if s.city.Streets.Nodes[link.To].Junction >= 0 {
		t += redShare * sirenLook
	}
	return max(t, 0.1)
}
