package account

import (
	"citybrain/brain"
	"citybrain/city"
	"citybrain/traffic"
)

// passing follows every vehicle of a Sim from link to link, looked at each second, and sums up how long each took for whole links, as
// brain.Passages does of those that report.
type passing struct {
	streets *city.Streets
	turns   city.TurnIndex
	link    []int32 // by trip, −1: not seen yet
	since   []float64
	sums    []brain.Passage // by turn
}

func newPassing(s *city.Streets, trips int) *passing {
	p := &passing{streets: s, turns: s.IndexTurns(), link: make([]int32, trips), since: make([]float64, trips), sums: make([]brain.Passage, len(s.Turns))}
	for i := range p.link {
		p.link[i] = -1
	}
	return p
}

// look takes in where all are. on, if not nil, hears of each vehicle that comes onto a link.
func (p *passing) look(s *traffic.Sim, on func(trip, link int32)) {
	now := s.Now().Seconds()
	for v := range s.Vehicles() {
		was := p.link[v.Trip]
		if was == v.Link {
			continue
		}
		p.link[v.Trip] = v.Link
		since := p.since[v.Trip]
		p.since[v.Trip] = now
		if on != nil {
			on(v.Trip, v.Link)
		}
		if was < 0 {
			p.since[v.Trip] = -1 // a journey's first link is not driven whole
			continue
		}
		if since < 0 {
			continue
		}
		for t := p.turns[was]; t < p.turns[was+1]; t++ {
			if p.streets.Turns[t].To == v.Link {
				p.sums[t].Add(now - since)
				break
			}
		}
	}
}
