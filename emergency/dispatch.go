package emergency

import (
	"citybrain/city"
	"citybrain/routing"
)

// A Candidate is a unit as a dispatcher knows it.
type Candidate struct {
	Unit int
	Free bool
	Node int32   // where it stands or the next node it comes to
	Late float64 // s until it can move from Node: turnout, or the rest of its link
}

// A Dispatcher chooses units for calls by the time they need on the network.
type Dispatcher struct {
	graph  *routing.Graph
	leave  [][]int32
	search routing.Search
}

// NewDispatcher prepares a city's streets.
func NewDispatcher(s *city.Streets) *Dispatcher {
	return &Dispatcher{graph: routing.NewGraph(s), leave: routing.LeaveBy(s)}
}

// Nearest returns the free unit that reaches node first under weights, and the seconds it needs; -1 if none can.
func (d *Dispatcher) Nearest(units []Candidate, node int32, weights []float32) (unit int, eta float64) {
	tree := d.graph.To(node, weights, &d.search)
	unit, eta = -1, float64(routing.Unreachable)
	for _, u := range units {
		if !u.Free {
			continue
		}
		t := u.Late
		if u.Node != node {
			_, sec := tree.FromNode(d.leave[u.Node], weights)
			t += float64(sec)
		}
		if t < eta {
			unit, eta = u.Unit, t
		}
	}
	return unit, eta
}

// Candidates lists the engine's own units of a kind for a call of a priority, as a dispatcher beside it knows them.
func (s *Sim) Candidates(k Kind, priority int) []Candidate {
	var list []Candidate
	for i := range s.st.Units {
		u := &s.st.Units[i]
		if u.Kind != k {
			continue
		}
		c := Candidate{Unit: i, Free: s.Takes(u) >= priority, Node: u.Node, Late: u.Kind.Turnout()}
		if u.Link >= 0 {
			l := &s.city.Streets.Links[u.Link]
			c.Node, c.Late = l.To, (l.Length-u.Along)/l.Speed
		} else if u.Status == Returning {
			c.Late = 0
		}
		list = append(list, c)
	}
	return list
}
