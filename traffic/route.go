package traffic

import (
	"slices"
	"sync"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/routing"
)

// signalWait is the seconds that a driver by habit reckons for a signalised approach.
const signalWait = 20

// weights returns what driver group k reckons of each link: group 0 goes by habit (free times and a usual wait at signals), 1
// and 2 by the travel times of late, each with its own idea of every link, ±15 %.
func (s *Sim) weights(k int) []float32 {
	w := make([]float32, len(s.net.free))
	for l := range w {
		live := s.weight(int32(l))
		if live >= routing.Closed {
			w[l] = routing.Closed
			continue
		}
		if k == 0 {
			live = s.net.free[l] * 1.2
			if s.city.Streets.Nodes[s.city.Streets.Links[l].To].Junction >= 0 {
				live += signalWait
			}
		}
		w[l] = live * s.taste[k][l]
	}
	return w
}

// plan makes the route trees of driver group k anew, or, when links are given, only those that the opening or closing of links
// changes.
func (s *Sim) plan(k int, links []int32) {
	m := s.net.graph.Metric(s.weights(k))
	var which []int
	for g := range s.goals {
		if links == nil || m.Stale(s.st.Trees[k][g], links) {
			which = append(which, g)
		}
	}
	trees := slices.Clone(s.st.Trees[k])
	var wg sync.WaitGroup
	part := (len(which) + s.cfg.Threads - 1) / s.cfg.Threads
	for mine := range slices.Chunk(which, max(1, part)) {
		wg.Go(func() {
			goals := make([]int32, len(mine))
			for i, g := range mine {
				goals[i] = s.goals[g]
			}
			for i, t := range m.Trees(goals) {
				trees[mine[i]] = t
			}
		})
	}
	wg.Wait()
	s.st.Trees[k] = trees
}

// group returns the driver group of a trip.
func (s *Sim) group(trip int32) int {
	draw := chance.New(s.cfg.Seed, "route/group")
	if draw.Float(uint64(trip), 0) < s.cfg.Habit {
		return 0
	}
	return 1 + int(draw.Bits(uint64(trip), 1)&1)
}

// choose sets vehicle v's turn at the end of its link, and reports whether there is a way at all.
func (s *Sim) choose(v int32) bool {
	l, trip := s.st.Link[v], s.st.Trip[v]
	t := &s.trips[trip]
	if s.city.Streets.Links[l].To == s.goals[t.Goal] {
		s.st.Turn[v] = -1
		return true
	}
	tree := s.st.Trees[s.group(trip)][t.Goal]
	next := tree.Next(l)
	if next < 0 {
		// No way by this group's map: take any open turn, another link may know better.
		for k := s.net.turns[l]; k < s.net.turns[l+1]; k++ {
			if turn := &s.city.Streets.Turns[k]; !s.st.Shut[turn.To] && turn.Kind != city.UTurn {
				s.st.Turn[v] = k
				return true
			}
		}
		if k := s.net.turns[l]; k < s.net.turns[l+1] {
			s.st.Turn[v] = k
			return true
		}
		s.st.Turn[v] = -1
		return false
	}
	s.st.Turn[v] = s.net.turnBetween(&s.city.Streets, l, next)
	return true
}
