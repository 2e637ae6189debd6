package world

import (
	"math"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/flood"
	"github.com/paulmach/orb"
)

// A storm is a set of rain cells that drift over the city, grow and decay.
type storm struct {
	bounds orb.Bound
	cells  []rainCell
}

// rainCell is one convective cell: a Gaussian in space that is strongest at its peak time.
type rainCell struct {
	x, y   float64 // m, where its centre is at its peak
	vx, vy float64 // m/s
	peak   float64 // s since the scenario's start
	life   float64 // s, standard deviation of its strength in time
	size   float64 // m, standard deviation in space
	mmh    float64 // at its centre and peak
}

// newStorm draws the storm of a seed: a line of cells from the south-west that crosses the city between the second and third
// hour of the evening. calm has no rain at all.
func newStorm(b orb.Bound, seed uint64, calm bool) *storm {
	s := &storm{bounds: b}
	if calm {
		return s
	}
	draw := chance.New(seed, "world/storm")
	w, h := b.Max[0]-b.Min[0], b.Max[1]-b.Min[1]
	start := 2400 + 1500*draw.Float(0, 0)
	heading := (30 + 30*draw.Float(0, 1)) * math.Pi / 180
	speed := 2.5 + 2*draw.Float(0, 2)
	strength := 0.85 + 0.45*draw.Float(0, 3)
	n := 7 + draw.Int(0, 4, 4)
	for i := range uint64(n) {
		v := speed * (0.8 + 0.4*draw.Float(i, 10))
		a := heading + 0.3*(draw.Float(i, 11)-0.5)
		s.cells = append(s.cells, rainCell{
			x: b.Min[0] + w*draw.Float(i, 12), y: b.Min[1] + h*draw.Float(i, 13),
			vx: v * math.Cos(a), vy: v * math.Sin(a),
			peak: start + 900 + float64(i)*5400/float64(n) + 600*draw.Normal(i, 14),
			life: 1100 + 700*draw.Float(i, 15), size: 1300 + 1300*draw.Float(i, 16),
			mmh: strength * (45 + 60*draw.Float(i, 17)),
		})
	}
	return s
}

// at returns the rain in mm/h at p, t seconds into the scenario.
func (s *storm) at(p orb.Point, t float64) float64 { return s.with(p, t, forecastError{gain: 1}) }

// forecastError is how a forecast differs from what comes.
type forecastError struct {
	late   float64 // s
	dx, dy float64 // m
	gain   float64
}

func (s *storm) with(p orb.Point, t float64, e forecastError) float64 {
	var sum float64
	for i := range s.cells {
		c := &s.cells[i]
		dt := t - e.late - c.peak
		if math.Abs(dt) > 3.5*c.life {
			continue
		}
		x, y := p[0]-e.dx-c.x-c.vx*dt, p[1]-e.dy-c.y-c.vy*dt
		d := (x*x + y*y) / (c.size * c.size)
		if d < 18 {
			sum += c.mmh * math.Exp(-d/2-dt*dt/(2*c.life*c.life))
		}
	}
	if sum *= e.gain; sum >= 0.1 {
		return sum
	}
	return 0
}

// rainGrid returns a grid of cell metres over the city with a margin of one cell.
func (s *storm) rainGrid(cell float64) city.Grid {
	b := s.bounds
	return city.Grid{West: b.Min[0] - cell, North: b.Max[1] + cell, Cell: cell,
		Cols: int(math.Ceil((b.Max[0]-b.Min[0])/cell)) + 2, Rows: int(math.Ceil((b.Max[1]-b.Min[1])/cell)) + 2}
}

func (s *storm) field(g city.Grid, t float64, e forecastError) flood.RainField {
	f := flood.RainField{Grid: g, MMH: make([]float32, g.Cells())}
	for i := range f.MMH {
		f.MMH[i] = float32(s.with(g.Centre(i), t, e))
	}
	return f
}

// forecaster issues the weather service's ensembles. Each issue has an error that its members share, and which changes slowly
// from issue to issue; members scatter around it, more with lead time.
type forecaster struct {
	storm *storm
	seed  uint64
}

// member returns member m's error for lead seconds ahead in the forecast issued at second issue.
func (f forecaster) member(issue float64, m int, lead float64) forecastError {
	shared := chance.New(f.seed, "world/forecast/shared")
	own := chance.New(f.seed, "world/forecast/member").Sub(uint64(issue))
	// The shared error interpolates between draws an hour apart, so that one issue's error tells of the next one's.
	k := math.Floor(issue / 3600)
	x := issue/3600 - k
	slow := func(part uint64) float64 {
		a, b := shared.Normal(uint64(int64(k)+1000), part), shared.Normal(uint64(int64(k)+1001), part)
		return (a*(1-x) + b*x) / math.Sqrt((1-x)*(1-x)+x*x)
	}
	grow := math.Sqrt(math.Min(1, 0.1+lead/7200))
	id := uint64(m)
	return forecastError{
		late: grow * (480*slow(0) + 420*own.Normal(id, 0)),
		dx:   grow * (700*slow(1) + 600*own.Normal(id, 1)),
		dy:   grow * (700*slow(2) + 600*own.Normal(id, 2)),
		gain: math.Exp(grow * (0.22*slow(3) + 0.22*own.Normal(id, 3))),
	}
}
