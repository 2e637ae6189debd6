package cityflow

import (
	"fmt"
	"math"

	"citybrain/traffic/control"
)

// Published lists the controllers that papers on CityFlow compare with, by the names that NewPublished knows: fixed times, and
// the pressure of Varaiya 2013 as those papers count it, on four phases or on all.
func Published() []string {
	return []string{"fixed", "mp4", "efficient4", "efficient8", "advanced4", "advanced8"}
}

// reach is how far before the stop line a moving vehicle still counts for the running phase: 15 s at 11.11 m/s, m.
const reach = 167

// pressure chooses the phase with the greatest pressure: vehicles waiting on the lanes that it lets go less those waiting
// where they go to, all of that road's lanes together or (efficient: Wu et al. 2021, "Efficient pressure") their mean.
// Advanced (Zhang et al. 2022, "Expression might be enough"): the running phase stays while more vehicles drive up to it.
type pressure struct {
	n         *control.Network
	mean      bool
	advanced  bool
	movements [][][]movement // of each junction and phase
}

// movement is a lane and the road that one of its links leads to.
type movement struct{ lane, road int32 }

// cyclic shows the first four phases in turn.
type cyclic struct {
	n     *control.Network
	every float64
}

func (c cyclic) Decide(o *control.Observation, want []int) {
	for j := range want {
		want[j] = int(math.Floor(o.Time/c.every)) % min(4, len(c.n.Junctions[j].Phases))
	}
}

// NewPublished makes one of the controllers that Published lists; every is the seconds between decisions, and of each phase
// of fixed times.
func NewPublished(name string, n *control.Network, every float64) (control.Controller, error) {
	p := &pressure{n: n}
	most := 4
	switch name {
	case "fixed":
		return cyclic{n, every}, nil
	case "mp4":
	case "efficient4", "efficient8":
		p.mean = true
	case "advanced4", "advanced8":
		p.mean, p.advanced = true, true
	default:
		return nil, fmt.Errorf("controller %q is none of %v", name, Published())
	}
	if name[len(name)-1] == '8' {
		most = 8
	}
	for j := range n.Junctions {
		jn := &n.Junctions[j]
		phases := jn.Phases[:min(most, len(jn.Phases))]
		all := make([][]movement, len(phases))
		for i, ph := range phases {
			for _, c := range jn.Links {
				k := &n.Connections[c]
				m := movement{k.From, n.Lanes[k.To].Road}
				if ph.State[k.Index] != 'r' && !always(phases, k.Index) && (len(all[i]) == 0 || all[i][len(all[i])-1] != m) {
					all[i] = append(all[i], m)
				}
			}
		}
		p.movements = append(p.movements, all)
	}
	return p, nil
}

// always tells whether a place is green in every phase.
func always(phases []control.Phase, place int32) bool {
	for _, p := range phases {
		if p.State[place] == 'r' {
			return false
		}
	}
	return true
}

func (p *pressure) Decide(o *control.Observation, want []int) {
	for j := range want {
		best, most := 0, math.Inf(-1)
		for i, ms := range p.movements[j] {
			sum := 0.0
			for _, m := range ms {
				sum += float64(o.Halted[m.lane]) - p.beyond(o, m.road)
			}
			if sum > most {
				best, most = i, sum
			}
		}
		if p.advanced && want[j] >= 0 {
			driving := 0
			for _, m := range p.movements[j][want[j]] {
				for _, v := range o.Seen[m.lane] {
					if v.Behind <= reach && v.Speed > slow {
						driving++
					}
				}
			}
			if float64(driving) >= most {
				continue
			}
		}
		want[j] = best
	}
}

func (p *pressure) beyond(o *control.Observation, road int32) float64 {
	r := &p.n.Roads[road]
	sum := 0.0
	for l := r.First; l < r.First+r.Lanes; l++ {
		sum += float64(o.Halted[l])
	}
	if p.mean {
		return sum / float64(r.Lanes)
	}
	return sum
}
