package brain

import (
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/flood"
)

// A Spread is what the members of the newest forecast say of the water on the ground, at each time kept a byte a cell of the
// city's own terrain, as the console draws it. A branch holds its members' mean for as long as it is kept; a spread is there
// only until a newer forecast takes its place.
type Spread struct {
	Branch string
	First  time.Time     // of the first time kept
	Step   time.Duration // to the next
	Median [][]uint8     // cm, up to 255
	P90    [][]uint8     // cm that nine of ten members don't exceed
	Chance [][]uint8     // % of more than 0.3 m
}

// At returns the index of the time that holds at t, the first one before it, like a field of the twin; −1 if there is none.
func (s *Spread) At(t time.Time) int {
	return min(max(0, int(t.Sub(s.First)/s.Step)), len(s.Median)-1)
}

// film is the mean depth in metres of a computing cell's water that is nowhere worth drawing.
const film = 0.001

// spread takes the quantiles of the members' levels in each computing cell, and lays them over the ground in it: a street in
// a hollow stands deeper than its block does on average. The chance is dressed like that of an alert, so that the map and the
// alert say the same of a place.
func (m *waterModel) spread(s *flood.Sim, branch string, at time.Time, out []outcome) *Spread {
	sp := &Spread{Branch: branch, First: at.Add(keep * frame), Step: keep * frame}
	fine := m.city.Terrain.Cells()
	levels := make([]float64, len(out))
	for f := range out[0].Depths {
		median, p90, chance := make([]uint8, fine), make([]uint8, fine), make([]uint8, fine)
		for c, ground := range m.ground {
			deepest := float32(0)
			for k := range out {
				deepest = max(deepest, out[k].Depths[f][c])
			}
			if deepest < film { // most of the city, most of the time
				continue
			}
			for k := range out {
				levels[k] = s.LevelFrom(c, float64(out[k].Depths[f][c]))
			}
			slices.Sort(levels)
			mid, high := between(levels, 0.5), between(levels, 0.9)
			for _, i := range ground {
				median[i], p90[i] = cm(s.DepthUnder(int(i), mid)), cm(s.DepthUnder(int(i), high))
				var sum float64
				for _, l := range levels {
					sum += 0.5 * math.Erfc((alertDepth-s.DepthUnder(int(i), l))/(kernel*math.Sqrt2))
				}
				chance[i] = uint8(math.Round(100 * sum / float64(len(levels))))
			}
		}
		sp.Median, sp.P90, sp.Chance = append(sp.Median, median), append(sp.P90, p90), append(sp.Chance, chance)
	}
	return sp
}

func cm(m float64) uint8 { return uint8(min(255, math.Round(max(0, m)*100))) }

// between is the q-quantile of sorted values by linear interpolation.
func between(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// A Hydrograph is what was and is forecast of one station: m of water on a street, or the level in m above the terrain's datum.
type Hydrograph struct {
	Median, Q05, Q95 []float64 // at each Step of the forecast from Issued on
	Past             []Foretold
}

// Foretold is what the newest forecast of at least foretell before a time said of it.
type Foretold struct {
	At               time.Time
	Median, Q05, Q95 float64
}

// foretell is how long before its time a forecast of the past was made: what a duty officer could still act on.
const foretell = 30 * time.Minute

// day is how many past values of a station are kept: those of 24 hours.
const day = int(24 * time.Hour / frame)

// hydrographs are what out says of each station, after what old said of the times that no forecast of foretell before them can
// say any more. A list that has been handed out is only added to, or copied.
func (b *Brain) hydrographs(old *Fan, at time.Time, out []outcome) []Hydrograph {
	list := make([]Hydrograph, len(b.est.gauges))
	street, members := 0, make([]float64, len(out))
	for i := range b.est.gauges {
		g := &b.est.gauges[i]
		var value func(o *outcome, frame int) float64
		switch g.Kind {
		case city.StreetInstrument:
			w := street
			street++
			value = func(o *outcome, k int) float64 { return float64(o.Watched[k][w]) }
		case city.SewerInstrument:
			value = func(o *outcome, k int) float64 { return float64(o.Sewers[k][g.Index]) }
		case city.CreekInstrument:
			value = func(o *outcome, k int) float64 { return float64(o.Creeks[k][g.Index]) }
		case city.TideInstrument:
			value = func(_ *outcome, k int) float64 {
				return b.water.TideLevel(at.Add(time.Duration(k+1) * frame).Sub(b.cfg.Start))
			}
		default:
			continue
		}
		h := &list[i]
		for k := range out[0].Watched {
			for m := range out {
				members[m] = value(&out[m], k)
			}
			h.Median = append(h.Median, quantile(members, 0.5))
			h.Q05, h.Q95 = append(h.Q05, quantile(members, 0.05)), append(h.Q95, quantile(members, 0.95))
		}
		if old == nil {
			continue
		}
		was := &old.Hydrographs[i]
		h.Past = was.Past
		if len(h.Past) >= 2*day {
			h.Past = slices.Clone(h.Past[len(h.Past)-day:])
		}
		for k := range was.Median {
			if t := old.Issued.Add(time.Duration(k+1) * old.Step); !t.Before(old.Issued.Add(foretell)) && t.Before(at.Add(foretell)) {
				h.Past = append(h.Past, Foretold{t, was.Median[k], was.Q05[k], was.Q95[k]})
			}
		}
	}
	return list
}
