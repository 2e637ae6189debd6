package drains

import (
	"fmt"
	"math"
	"slices"
	"time"
)

const stateVersion = 1

// State is everything that changes, in plain data.
type State struct {
	Version  int
	T        float64   // s
	Volume   []float64 // m³ in each node
	Level    []float64 // m
	Speed    []float64 // m/s in each reach
	Flow     []float64 // m³/s in each reach, structure and inlet
	Step     float64   // s, the next one
	Stations []StationState
	Openings []float64 // of each link that is a gate, 0–1
	Orders   []float64 // units or opening asked for, Auto
	Peak     []float64 // m, highest level of each of the network's nodes
	PeakFlow []float64 // m³/s, of each of its links
	Grounds  []ground  // catchments
	Mass     Mass
	Stats    Stats
}

// Mass is the account of all water since the start, m³.
type Mass struct {
	Initial  float64
	Inflow   float64 // given to nodes
	Runoff   float64 // from catchments
	Street   float64 // taken in from streets less what came out
	Outfalls float64 // left less what came in
	Spilled  float64 // over rims, out of the net
}

// Stats counts the work done.
type Stats struct {
	Steps      int
	Iterations int
	Halved     int // steps that were cut because Newton's method did not close
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State {
	var st State
	s.st.copyTo(&st)
	return st
}

func (st *State) copyTo(to *State) {
	keep := *to
	*to = *st
	to.Volume = append(keep.Volume[:0], st.Volume...)
	to.Level = append(keep.Level[:0], st.Level...)
	to.Speed = append(keep.Speed[:0], st.Speed...)
	to.Flow = append(keep.Flow[:0], st.Flow...)
	to.Stations = slices.Grow(keep.Stations[:0], len(st.Stations))[:len(st.Stations)]
	for i := range st.Stations {
		u := to.Stations[i].Units
		to.Stations[i] = st.Stations[i]
		to.Stations[i].Units = append(u[:0], st.Stations[i].Units...)
	}
	to.Openings = append(keep.Openings[:0], st.Openings...)
	to.Orders = append(keep.Orders[:0], st.Orders...)
	to.Peak = append(keep.Peak[:0], st.Peak...)
	to.PeakFlow = append(keep.PeakFlow[:0], st.PeakFlow...)
	to.Grounds = append(keep.Grounds[:0], st.Grounds...)
}

// Restore continues from a snapshot of the same network, bit for bit.
func (s *Sim) Restore(st State) error {
	if st.Version != stateVersion {
		return fmt.Errorf("restore drains: version %d; this is %d", st.Version, stateVersion)
	}
	if len(st.Volume) != len(s.st.Volume) || len(st.Speed) != len(s.st.Speed) || len(st.Flow) != len(s.st.Flow) || len(st.Stations) != len(s.st.Stations) || len(st.Grounds) != len(s.st.Grounds) {
		return fmt.Errorf("restore drains: a snapshot of %d nodes and %d reaches; this network has %d and %d", len(st.Volume), len(st.Speed), len(s.st.Volume), len(s.st.Speed))
	}
	st.copyTo(&s.st)
	return nil
}

// Now returns the time reached.
func (s *Sim) Now() time.Duration { return time.Duration(math.Round(s.st.T * 1e9)) }

// Mass returns the account so far.
func (s *Sim) Mass() Mass { return s.st.Mass }

// Stats returns the work done so far.
func (s *Sim) Stats() Stats { return s.st.Stats }

// Stored returns the water in the net now, m³, streets apart.
func (s *Sim) Stored() float64 {
	var sum float64
	for i := range len(s.nodes) - len(s.street) {
		if !s.nodes[i].fixed {
			sum += s.st.Volume[i]
		}
	}
	return sum
}

// MassError returns |in − out − stored| over all the water that ever was there.
func (s *Sim) MassError() float64 {
	m := &s.st.Mass
	in := m.Initial + m.Inflow + m.Runoff + m.Street
	return math.Abs(in-m.Outfalls-m.Spilled-s.Stored()) / math.Max(m.Initial+m.Inflow+m.Runoff+math.Abs(m.Street)+math.Abs(m.Outfalls), 1e-9)
}

// Level returns the level in node i of the network, m; its bottom when it is dry.
func (s *Sim) Level(i int) float64 { return math.Max(s.st.Level[i], s.nodes[i].low) }

// Flow returns the flow of link i of the network, m³/s: a conduit's in the middle of its length.
func (s *Sim) Flow(i int) float64 {
	if s.first[i] >= 0 {
		a, b := s.first[i], s.last[i]
		m := (a + b) / 2
		if (b-a)%2 == 1 {
			return (s.st.Flow[m] + s.st.Flow[m+1]) / 2
		}
		return s.st.Flow[m]
	}
	return s.st.Flow[len(s.reaches)+int(-1-s.first[i])]
}

// PeakLevel returns the highest level of node i so far, PeakFlow the largest flow of link i, by its amount.
func (s *Sim) PeakLevel(i int) float64 { return s.st.Peak[i] }

// PeakFlow returns the largest flow of link i so far, m³/s.
func (s *Sim) PeakFlow(i int) float64 { return s.st.PeakFlow[i] }

// Profile calls f along conduit i from its upper end: distance, invert, crown and level in metres, from node to node.
func (s *Sim) Profile(i int, f func(x, invert, crown, level float64)) {
	if s.first[i] < 0 {
		return
	}
	depth := s.reaches[s.first[i]].t.z[len(s.reaches[s.first[i]].t.z)-1]
	x := 0.0
	for j := s.first[i]; j <= s.last[i]; j++ {
		r := &s.reaches[j]
		f(x, r.zi, r.zi+depth, math.Max(s.st.Level[r.from], r.zi))
		x += r.length
		if j == s.last[i] {
			f(x, r.zk, r.zk+depth, math.Max(s.st.Level[r.to], r.zk))
		}
	}
}
