package traffic

import (
	"fmt"

	"citybrain/city"
	"citybrain/routing"
)

// waveSpeed is the backward wave's speed in m/s (4–5 in city traffic; Newell 1993 takes the congested branch's slope).
const waveSpeed = 4.5

// waves is the length in seconds of the ring of departures: the wave of the longest link counts as that long.
const waves = 64

// network is a city's streets prepared for stepping; immutable, shared by every Sim of the city.
type network struct {
	graph    *routing.Graph
	leave    [][]int32
	turns    city.TurnIndex
	free     []float32 // s of each link
	storage  []int16   // vehicles that each link holds
	wave     []uint8   // s that the backward wave needs
	lanes    []float32 // of each queue of each link
	minor    []bool    // links that yield at an unsignalised node
	major    []bool    // links that others yield to
	movement []int32   // of each turn: its place in the flat list of all junctions' movements, -1
	first    []int32   // of junction j: its first movement in that list
	// movementYields lists, for a permissive movement, the flat movements that it gives way to.
	movementYields [][]int32
	rules          []*rules // of each junction
}

func newNetwork(c *city.City) (*network, error) {
	s := &c.Streets
	n := len(s.Links)
	w := &network{graph: routing.NewGraph(s), leave: routing.LeaveBy(s), turns: s.IndexTurns(),
		free: make([]float32, n), storage: make([]int16, n), wave: make([]uint8, n), lanes: make([]float32, n*queues), minor: make([]bool, n), major: make([]bool, n), movement: make([]int32, len(s.Turns))}
	for i := range s.Links {
		l := &s.Links[i]
		if !(l.Length > 0 && l.Speed > 0) || l.Lanes < 1 {
			return nil, fmt.Errorf("traffic: link %s: length %g m, speed %g m/s, %d lanes; build the pack again", l.ID, l.Length, l.Speed, l.Lanes)
		}
		w.free[i] = float32(l.Length / l.Speed)
		w.storage[i] = int16(min(30000, max(1, int(l.Length*float64(l.Lanes)/city.JamSpacing))))
		w.wave[i] = uint8(min(waves-1, int(l.Length/waveSpeed)))
	}
	for t := range s.Turns {
		turn := &s.Turns[t]
		q := int(turn.From)*queues + w.queueOf(s, turn)
		w.lanes[q] = max(w.lanes[q], float32(turn.Lanes))
	}
	for i := range s.Links {
		for q := range queues {
			w.lanes[i*queues+q] = min(max(w.lanes[i*queues+q], 1), float32(s.Links[i].Lanes))
		}
	}
	// At an unsignalised node where three or more streets come in, the less important class yields to the most important.
	in := make([][]int32, len(s.Nodes))
	for i := range s.Links {
		in[s.Links[i].To] = append(in[s.Links[i].To], int32(i))
	}
	for node, links := range in {
		if s.Nodes[node].Junction >= 0 || len(links) < 3 {
			continue
		}
		best := city.Service
		for _, l := range links {
			best = min(best, s.Links[l].Class)
		}
		for _, l := range links {
			w.minor[l], w.major[l] = s.Links[l].Class > best, s.Links[l].Class == best
		}
	}
	for t := range w.movement {
		w.movement[t] = -1
	}
	for j := range c.Signals {
		w.first = append(w.first, int32(len(w.movementYields)))
		r, err := newRules(&c.Signals[j])
		if err != nil {
			return nil, err
		}
		w.rules = append(w.rules, r)
		for m := range c.Signals[j].Movements {
			mv := &c.Signals[j].Movements[m]
			flat := w.first[j] + int32(m)
			for _, t := range mv.Turns {
				w.movement[t] = flat
			}
			var yields []int32
			if mv.Permissive {
				for k := range c.Signals[j].Movements {
					if o := &c.Signals[j].Movements[k]; o.Kind == city.Vehicles && !o.Permissive && c.Signals[j].Intergreen[m][k] > 0 {
						yields = append(yields, w.first[j]+int32(k))
					}
				}
			}
			w.movementYields = append(w.movementYields, yields)
		}
	}
	return w, nil
}

// queueOf returns the queue of a turn: on a one-lane link all share one.
func (w *network) queueOf(s *city.Streets, t *city.Turn) int {
	if s.Links[t.From].Lanes == 1 {
		return 1
	}
	switch t.Kind {
	case city.Left, city.UTurn:
		return 0
	case city.Right:
		return 2
	}
	return 1
}

// turnBetween returns the turn from link a to link b, -1 if there is none.
func (w *network) turnBetween(s *city.Streets, a, b int32) int32 {
	for t := w.turns[a]; t < w.turns[a+1]; t++ {
		if s.Turns[t].To == b {
			return t
		}
	}
	return -1
}

// room returns how many vehicles link l can take now.
func (s *Sim) room(l int32) int {
	return int(s.net.storage[l]) - int(s.st.Count[l]) - int(s.st.Holes[l])
}

// Weights returns the seconds that each link takes now, routing.Closed for shut ones: what a well-informed driver knows.
func (s *Sim) Weights() []float32 {
	w := make([]float32, len(s.st.Travel))
	for l := range w {
		w[l] = s.weight(int32(l))
	}
	return w
}

func (s *Sim) weight(l int32) float32 {
	if s.st.Shut[l] || s.st.Speed[l] < 0.5 {
		return routing.Closed
	}
	t := float32(s.city.Streets.Links[l].Length) / s.st.Speed[l]
	if s.st.Count[l] == 0 {
		return t
	}
	t = max(t, s.st.Travel[l])
	for q := range queues {
		if v := s.st.Head[int(l)*queues+q]; v >= 0 {
			t = max(t, float32(s.st.Now)-s.st.Enter[v]) // whoever still waits there has waited that long
		}
	}
	return t
}
