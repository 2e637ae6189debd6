package brain

import (
	"context"
	"time"

	"citybrain/city"
	"citybrain/traffic"
	"citybrain/traffic/horizon"
)

// streetAhead is how far a street is played on; mostTrails is how many vehicles of it are followed.
const (
	streetAhead = 180 * time.Second
	mostTrails  = 300
	trailStep   = 2 // s
)

// A StreetPlay is a street as it is expected.
type StreetPlay struct {
	Led       bool           // by the brain, else by the plans
	Greens    [][]StageGreen // of each junction
	Trails    []Trail
	Delay     [4]Delay // by Mode, at all its junctions, of all that come to them
	Along     Delay    // of those who go along the street
	Movements [][]Delay
}

// A Trail is where a vehicle is on a street, every few seconds.
type Trail struct {
	Mode  Mode
	From  int       // s from now
	Along []float64 // m from the street's start, every trailStep s
}

// TrailStep is the seconds between the places of a trail.
const TrailStep = trailStep

// OpenStreet returns a function that plays the streets on and notes what becomes of one, a chain of links, and of junctions on it, with
// the turns from link to link through them (−1: none): as it will be led, and the other way, led or by the plans. It works on copies.
func (b *Brain) OpenStreet(chain []int32, junctions []int, turns []int32) func(context.Context) ([2]StreetPlay, error) {
	c, from, lead, net := b.city, b.streets.Fork(), b.ruling && !b.halted && !b.cfg.NoSignals, b.lead.net
	return func(ctx context.Context) (both [2]StreetPlay, err error) {
		for i, led := range [2]bool{lead, !lead} {
			if both[i], err = playStreet(ctx, c, net, from.Fork(), chain, junctions, turns, led); err != nil {
				return both, err
			}
		}
		return both, nil
	}
}

func playStreet(ctx context.Context, c *city.City, net *horizon.Network, s *traffic.Sim, chain []int32, junctions []int, turns []int32, lead bool) (StreetPlay, error) {
	p := StreetPlay{Led: lead, Greens: make([][]StageGreen, len(junctions))}
	d, trips, start := newDelays(c, s, junctions), s.Trips(), s.Now()
	policy := newSimLead(c, net, s)
	followed := map[int32]int{}
	for t := time.Duration(0); t < streetAhead; t += time.Second {
		if t%(5*time.Second) == 0 && lead {
			if err := policy.ask(s); err != nil {
				return p, err
			}
		}
		if err := s.Step(ctx, start+t+time.Second); err != nil {
			return p, err
		}
		sec := int(t / time.Second)
		d.second(s)
		for i, j := range junctions {
			if g := s.Signal(j); g.Next < 0 {
				p.Greens[i] = noteGreen(p.Greens[i], int(g.Stage), sec)
			}
		}
		if sec%trailStep > 0 {
			continue
		}
		offset := 0.0
		for _, l := range chain {
			for v := range s.OnLink(l) {
				k, known := followed[v.Trip]
				if !known {
					if len(p.Trails) == mostTrails {
						continue
					}
					k = len(p.Trails)
					followed[v.Trip] = k
					p.Trails = append(p.Trails, Trail{Mode: modeOf(trips[v.Trip].Kind), From: sec})
				}
				// One that left the street and came back has no trail between.
				if x := &p.Trails[k]; x.From+len(x.Along)*trailStep == sec {
					x.Along = append(x.Along, offset+v.Along)
				}
			}
			offset += c.Streets.Links[l].Length
		}
	}
	p.Delay = d.byMode()
	for i := range junctions {
		of := d.byMovement(s, i)
		p.Movements = append(p.Movements, of)
		if t := turns[i]; t >= 0 {
			x := d.of(s, t)
			p.Along.Seconds, p.Along.Vehicles = p.Along.Seconds+x.Seconds, p.Along.Vehicles+x.Vehicles
		}
	}
	return p, nil
}

// noteGreen adds a second of a stage's green.
func noteGreen(list []StageGreen, stage, sec int) []StageGreen {
	if n := len(list); n > 0 && list[n-1].Stage == stage && list[n-1].To == sec {
		list[n-1].To++
		return list
	}
	return append(list, StageGreen{stage, sec, sec + 1})
}
