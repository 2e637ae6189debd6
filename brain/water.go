package brain

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/flood"
	"github.com/paulmach/orb/planar"
)

// A rainForecast is an issue of the weather service's ensemble: for each member its frames, one every Step from Issue on.
type rainForecast exchange.RainForecast

// An outcome is one member's water over the horizon.
type outcome struct {
	Damage  []float64   // fen, by creek whose district the asset stands in; the last entry: none
	Watched [][]float32 // m, of each watched cell at each frame
	Depths  [][]float32 // m, of each cell of the computing grid, every keep frames
	Creeks  [][]float32 // m, level of each creek at each frame
	Sewers  [][]float32 // m, level of each basin's sewer at each frame
	Sewage  []float64   // m³, by creek: lifted into it before the rain
	Energy  []float64   // kWh, by creek: of its pumps
	// Districts is the damage in fen by the city's districts; what stands in none is in none of them.
	Districts []float64
}

// Total returns the damage over the whole city in fen.
func (o *outcome) Total() float64 {
	var sum float64
	for _, d := range o.Damage {
		sum += d
	}
	return sum
}

// A waterModel forecasts the water of one city.
type waterModel struct {
	city    *city.City
	assets  []flood.Asset
	owner   []int     // of each asset: the creek whose district it stands in, or the number of creeks
	within  []int     // of each asset: the district that it stands in, −1: none
	ground  [][]int32 // of the city's terrain: the cells that are not river in each computing cell
	places  []int     // of the city, that are watched: street gauges and underpasses
	watched []int     // their cells of the city's terrain
	gauges  [][]int   // by basin: which of them are its street gauges
	threads int
	horizon time.Duration
	fine    func() (*flood.Sim, error) // on the terrain's own cells, made when it is first asked for
}

// frame is the seconds between the frames that a forecast keeps.
const frame = 5 * time.Minute

// keep is how many frames apart the whole grid is kept.
const keep = 3

func newWaterModel(c *city.City, s *flood.Sim, horizon time.Duration, threads int) *waterModel {
	m := &waterModel{city: c, assets: flood.Assets(c), threads: threads, horizon: horizon}
	m.fine = sync.OnceValues(func() (*flood.Sim, error) { return flood.New(c, flood.Config{MaxStep: 20 * time.Second}) })
	m.ground = make([][]int32, s.Grid().Cells())
	for i, z := range c.Terrain.Z {
		if k := s.CellOf(i); !c.Terrain.River[i] && !math.IsNaN(float64(z)) {
			m.ground[k] = append(m.ground[k], int32(i))
		}
	}
	creekOf := make([]int, len(c.Drains.Basins))
	for i := range c.Drains.Pumps {
		if p := &c.Drains.Pumps[i]; p.Basin >= 0 {
			creekOf[p.Basin] = int(p.Creek)
		}
	}
	for _, a := range m.assets {
		k := len(c.Drains.Creeks)
		if b := c.Terrain.Basin[a.Cell]; b >= 0 {
			k = creekOf[b]
		}
		m.owner = append(m.owner, k)
		at := c.Terrain.Centre(a.Cell)
		m.within = append(m.within, slices.IndexFunc(c.Districts, func(d city.District) bool { return planar.PolygonContains(d.Outline, at) }))
	}
	m.gauges = make([][]int, len(c.Drains.Basins))
	for i := range c.Places {
		k := c.Places[i].Kind
		if k != city.StreetGauge && k != city.Underpass {
			continue
		}
		cell := c.Terrain.Index(c.Places[i].At)
		if k == city.StreetGauge && cell >= 0 && c.Terrain.Basin[cell] >= 0 {
			basin := c.Terrain.Basin[cell]
			m.gauges[basin] = append(m.gauges[basin], len(m.places))
		}
		m.places, m.watched = append(m.places, i), append(m.watched, cell)
	}
	return m
}

// ensemble runs members of rain from the state of now as one batch, under a schedule; their outcomes don't depend on the number of
// threads.
func (m *waterModel) ensemble(ctx context.Context, now *flood.Sim, at time.Time, rain *rainForecast, members []int, plan schedule) ([]outcome, error) {
	e, err := now.Ensemble(len(members), m.threads)
	if err != nil {
		return nil, err
	}
	out := make([]outcome, len(members))
	start := now.Now()
	for i := range out {
		creeks := len(m.city.Drains.Creeks)
		out[i] = outcome{Damage: make([]float64, creeks+1), Districts: make([]float64, len(m.city.Districts)), Sewage: make([]float64, creeks), Energy: make([]float64, creeks)}
		for k := range plan.blocks {
			for b, t := range plan.blocks[k] {
				if b > 0 && t == plan.blocks[k][b-1] {
					continue
				}
				if err := e.Member(i).Input(start+time.Duration(b)*block, orders(&m.city.Drains, k, t)...); err != nil {
					return nil, err
				}
			}
		}
	}
	moved := make([][]float64, len(members))
	for i := range moved {
		moved[i] = make([]float64, len(m.city.Drains.Pumps))
		for p := range moved[i] {
			moved[i][p] = now.Pump(p).Moved
		}
	}
	wet := make([]bool, len(members))
	for f := range int(m.horizon / frame) {
		for i, member := range members {
			field := rain.field(member, at.Add(time.Duration(f)*frame))
			if err := e.Member(i).Input(start+time.Duration(f)*frame, field); err != nil {
				return nil, err
			}
			wet[i] = wet[i] || slices.ContainsFunc(field.MMH, func(v float32) bool { return v > 0.5 })
		}
		if err := e.Step(ctx, start+time.Duration(f+1)*frame); err != nil {
			return nil, err
		}
		m.each(len(out), func(i int) {
			m.look(&out[i], e.Member(i), (f+1)%keep == 0)
			m.count(&out[i], e.Member(i), moved[i], !wet[i])
		})
	}
	m.each(len(out), func(i int) { m.assess(&out[i], e.Member(i)) })
	return out, nil
}

// each calls f for 0 … n−1, side by side.
func (m *waterModel) each(n int, f func(i int)) {
	var wg sync.WaitGroup
	for part := range m.threads {
		wg.Go(func() {
			for i := part; i < n; i += m.threads {
				f(i)
			}
		})
	}
	wg.Wait()
}

// look keeps what s shows at the end of a frame: its whole grid only if that is asked for.
func (m *waterModel) look(o *outcome, s *flood.Sim, whole bool) {
	depths := make([]float32, len(m.watched))
	for i, c := range m.watched {
		if c >= 0 {
			depths[i] = float32(s.DepthAt(c))
		}
	}
	levels := make([]float32, len(m.city.Drains.Creeks))
	for i := range levels {
		levels[i] = float32(s.CreekLevel(i))
	}
	sewers := make([]float32, len(m.city.Drains.Basins))
	for i := range sewers {
		sewers[i] = float32(s.BasinLevel(i))
	}
	o.Watched, o.Creeks, o.Sewers = append(o.Watched, depths), append(o.Creeks, levels), append(o.Sewers, sewers)
	if whole {
		all := s.Depths()
		grid := make([]float32, len(all))
		for i, h := range all {
			grid[i] = float32(h)
		}
		o.Depths = append(o.Depths, grid)
	}
}

// count adds what the pumps moved since the last frame to what is released and used; moved is what they had by then.
func (m *waterModel) count(o *outcome, s *flood.Sim, moved []float64, dry bool) {
	for i := range moved {
		p := &m.city.Drains.Pumps[i]
		v := s.Pump(i).Moved - moved[i]
		moved[i] += v
		head := s.TideLevel(s.Now()) - s.CreekLevel(int(p.Creek))
		if p.Basin >= 0 {
			head = s.CreekLevel(int(p.Creek)) - s.BasinLevel(int(p.Basin))
			if dry {
				o.Sewage[p.Creek] += v
			}
		}
		const pipes = 1 // m that is lost in them
		o.Energy[p.Creek] += v * (max(head, 0) + pipes) * 9.81 / 3600 / lift
	}
}

// assess is the damage of s's largest depths.
func (m *waterModel) assess(o *outcome, s *flood.Sim) {
	for i := range m.assets {
		a := &m.assets[i]
		if f := flood.DamageFraction(a.Use, s.PeakAt(a.Cell)-a.Floor); f > 0 {
			o.Damage[m.owner[i]] += f * float64(a.ValueFen)
			if k := m.within[i]; k >= 0 {
				o.Districts[k] += f * float64(a.ValueFen)
			}
		}
	}
}

// field returns member's rain at t: dry beyond the last frame.
func (r *rainForecast) field(member int, t time.Time) flood.RainField {
	f := max(0, int(t.Sub(r.Issue)/r.Step))
	if member >= len(r.Members) || f >= len(r.Members[member]) {
		return flood.RainField{}
	}
	return flood.RainField{Grid: r.Grid, MMH: r.Members[member][f]}
}

// dry reports whether no member has rain after t.
func (r *rainForecast) dry(t time.Time) bool {
	for m := range r.Members {
		for f := max(0, int(t.Sub(r.Issue)/r.Step)); f < len(r.Members[m]); f++ {
			for _, v := range r.Members[m][f] {
				if v > 0 {
					return false
				}
			}
		}
	}
	return true
}

// loss is what tactics are compared by: the mean damage and, as much again, the mean of its worst quarter, so that a rare
// disaster counts for more than its share (a mean–CVaR objective; Rockafellar & Uryasev 2000).
func loss(damage []float64) float64 {
	if len(damage) == 0 {
		return 0
	}
	sorted := slices.Clone(damage)
	slices.Sort(sorted)
	worst := max(1, len(sorted)/4)
	var tail float64
	for _, d := range sorted[len(sorted)-worst:] {
		tail += d / float64(worst)
	}
	return (mean(sorted) + tail) / 2
}

func mean(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v
	}
	return sum / math.Max(1, float64(len(x)))
}

// quantile returns the q-quantile of x by linear interpolation; x is not changed. NaN for no values.
func quantile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	s := slices.Clone(x)
	slices.Sort(s)
	at := q * float64(len(s)-1)
	i := int(at)
	if i+1 >= len(s) {
		return s[len(s)-1]
	}
	return s[i] + (at-float64(i))*(s[i+1]-s[i])
}
