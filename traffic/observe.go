package traffic

import (
	"iter"

	"citybrain/city"
	"github.com/paulmach/orb"
)

// A Vehicle is where one vehicle is.
type Vehicle struct {
	Trip    int32
	Link    int32
	Along   float64 // m from the link's start
	Speed   float64 // m/s
	Waiting bool    // it stands in a queue
}

// Vehicles lists every vehicle on the streets, by link, each queue from its head.
func (s *Sim) Vehicles() iter.Seq[Vehicle] {
	return func(yield func(Vehicle) bool) {
		for l := range s.st.Count {
			if s.st.Count[l] > 0 && !s.onLink(int32(l), yield) {
				return
			}
		}
	}
}

// OnLink lists the vehicles on link l.
func (s *Sim) OnLink(l int32) iter.Seq[Vehicle] {
	return func(yield func(Vehicle) bool) { s.onLink(l, yield) }
}

func (s *Sim) onLink(l int32, yield func(Vehicle) bool) bool {
	st, link := &s.st, &s.city.Streets.Links[l]
	now := float64(st.Now)
	for q := range queues {
		slot, rank := int(l)*queues+q, 0
		for v := st.Head[slot]; v >= 0; v = st.Next[v] {
			run := float64(st.Ready[v] - st.Enter[v])
			speed := link.Length / max(run, 1e-3)
			at := (now - float64(st.Enter[v])) * speed
			stop := link.Length
			if q != exitLane {
				stop -= float64(rank) / float64(s.net.lanes[slot]) * city.JamSpacing
			}
			waiting := at >= stop
			if waiting {
				at, speed = max(stop, 0), 0
			}
			rank++
			if !yield(Vehicle{st.Trip[v], l, at, speed, waiting}) {
				return false
			}
		}
	}
	return true
}

// Counts is what happened on one link since the start of the run.
type Counts struct{ Entered, Left uint32 }

// Counts returns the vehicles that entered and left link l so far.
func (s *Sim) Counts(l int32) Counts { return Counts{s.st.Entered[l], s.st.Left[l]} }

// Crossed returns the vehicles that made each turn since the start, as the engine's own slice.
func (s *Sim) Crossed() []uint32 { return s.st.Crossed }

// WaitingFor returns, for each turn, the vehicles that stand waiting for it.
func (s *Sim) WaitingFor() []int32 {
	n := make([]int32, len(s.city.Streets.Turns))
	for v, trip := range s.st.Trip {
		if trip >= 0 && s.st.Turn[v] >= 0 && s.st.Ready[v] <= float32(s.st.Now) {
			n[s.st.Turn[v]]++
		}
	}
	return n
}

// On returns the number of vehicles on link l.
func (s *Sim) On(l int32) int { return int(s.st.Count[l]) }

// Storage returns the number of vehicles that link l holds.
func (s *Sim) Storage(l int32) int { return int(s.net.storage[l]) }

// TravelTime returns the seconds that link l takes by the vehicles of late.
func (s *Sim) TravelTime(l int32) float64 { return float64(s.weight(l)) }

// Queue returns the vehicles that stand at link l's end wanting turn kind k; on one-lane links all of them count as Straight.
func (s *Sim) Queue(l int32, k city.TurnKind) int {
	q := s.net.queueOf(&s.city.Streets, &city.Turn{From: l, Kind: k})
	n := 0
	for v := s.st.Head[int(l)*queues+q]; v >= 0 && s.st.Ready[v] <= float32(s.st.Now); v = s.st.Next[v] {
		n++
	}
	return n
}

// Totals is the state of the whole network.
type Totals struct {
	Finished int     // trips
	Running  int     // vehicles on the streets
	Waiting  int     // trips that are due and find no room at their door
	Metres   float64 // driven so far
	Seconds  float64 // spent on the streets so far
}

// Totals returns the state of the whole network.
func (s *Sim) Totals() Totals {
	return Totals{int(s.st.Finished), int(s.st.Running), int(s.st.Waiting), s.st.Metres, s.st.Seconds}
}

// TripTime returns the seconds from when trip i was due to its arrival, or false while it has not arrived.
func (s *Sim) TripTime(i int) (float64, bool) {
	t := s.st.Arrived[i]
	return float64(t), t >= 0
}

// Trips returns the trips of the run.
func (s *Sim) Trips() []Trip { return s.trips }

// FreeTime returns the seconds that trip t takes on empty streets by the habitual route, or false if there is none.
func (s *Sim) FreeTime(t Trip) (float64, bool) {
	tree := s.st.Trees[0][t.Goal]
	l, left := tree.FromNode(s.net.leave[t.From], s.net.free)
	return float64(left), l >= 0
}

// At returns the point along metres from link l's start, in the city's frame.
func At(l *city.Link, along float64) orb.Point {
	for i := 1; i < len(l.Line); i++ {
		a, b := l.Line[i-1], l.Line[i]
		dx, dy := b[0]-a[0], b[1]-a[1]
		d := hypot(dx, dy)
		if along <= d && d > 0 {
			return orb.Point{a[0] + dx*along/d, a[1] + dy*along/d}
		}
		along -= d
	}
	return l.Line[len(l.Line)-1]
}

// A Bound vehicle is one that will leave its link by a turn.
type Bound struct {
	Turn int32
	Left float64 // s until it is at the link's end; 0: it stands there
}

// BoundOn lists those on link l that will leave it by a turn, each group of lanes from its head.
func (s *Sim) BoundOn(l int32) iter.Seq[Bound] {
	return func(yield func(Bound) bool) {
		st := &s.st
		for q := range exitLane {
			for v := st.Head[int(l)*queues+q]; v >= 0; v = st.Next[v] {
				if !yield(Bound{st.Turn[v], max(0, float64(st.Ready[v])-float64(st.Now))}) {
					return
				}
			}
		}
	}
}
