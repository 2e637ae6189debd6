package surface

import (
	"time"

	"citybrain/city/water"
)

// PumpUnit is the state of one unit of a Pumping.
type PumpUnit struct {
	On     bool
	Since  time.Duration    // when it was last switched
	Starts [4]time.Duration // its last starts as time + 1, newest first; 0: none yet
	Count  int
}

// startable reports whether it may start at now.
func (u *PumpUnit) startable(p *water.Pumping, now time.Duration) bool {
	n := 0
	for _, at := range u.Starts {
		if at != 0 && at-1 > now-time.Hour {
			n++
		}
	}
	return !u.On && now-u.Since >= p.MinRest && n < p.MaxStarts
}

// pumping is a Pumping's cells in the fields and its units.
type pumping struct {
	from, to []int
	units    []PumpUnit
}

func (c *core[F]) placePumps() {
	for k := range c.dom.Pumps {
		p := &c.dom.Pumps[k]
		places := func(at [2]float64) (list []int) {
			for _, i := range c.dom.CellsOf(&water.Source{At: at, Radius: p.Radius}) {
				list = append(list, c.at(i/c.cols, i%c.cols))
			}
			return list
		}
		x := pumping{from: places(p.A), units: make([]PumpUnit, p.Units)}
		if !p.Away {
			x.to = places(p.B)
		}
		for u := range x.units {
			x.units[u].Since = -time.Hour
		}
		c.pumpings = append(c.pumpings, x)
	}
}

// level is that of the highest water on cells, m, or of the lowest ground where all are dry.
func (c *core[F]) level(cells []int) float64 {
	high, low := -beyond*1.0, beyond*1.0
	for _, i := range cells {
		low = min(low, float64(c.z[i]))
		if c.h[i] > 0 {
			high = max(high, c.levelAt(i))
		}
	}
	if high == -beyond {
		return low
	}
	return high
}

// pump switches and runs the pumps for a step.
func (c *core[F]) pump(t, dt float64, m *flows) {
	now := time.Duration(t * 1e9)
	for k := range c.pumpings {
		p, x := &c.dom.Pumps[k], &c.pumpings[k]
		level, run := c.level(x.from), 0
		for u := range x.units {
			if x.units[u].On {
				run++
			}
		}
		want := run
		if level >= p.Start {
			want = max(run, min(p.Units, 1+int((level-p.Start)/water.Stagger)))
		}
		there := t >= p.From && t < p.To
		if level <= p.Stop || !there {
			want = 0
		}
		for u := range x.units {
			if un := &x.units[u]; run < want && un.startable(p, now) {
				un.On, un.Since = true, now
				copy(un.Starts[1:], un.Starts[:])
				un.Starts[0] = now + 1
				un.Count++
				run++
			}
		}
		for u := len(x.units) - 1; u >= 0; u-- {
			if un := &x.units[u]; run > want && un.On && (now-un.Since >= p.MinRun || !there) {
				un.On, un.Since = false, now
				run--
			}
		}
		if run == 0 {
			continue
		}
		up := p.Outfall
		if !p.Away {
			up = c.level(x.to)
		}
		var has float64
		for _, i := range x.from {
			has += float64(c.h[i]) * c.area
		}
		v := min(float64(run)*p.Rating.At(max(up-level, 0))*dt, has*(1-1e-6))
		if v <= 0 {
			continue
		}
		share := v / has // of what each cell holds
		var took float64
		for _, i := range x.from {
			was := c.depth(i)
			c.change(i, -share*float64(c.h[i]))
			took += was - c.depth(i)
		}
		if p.Away {
			m.drains += took * c.area
			continue
		}
		for _, i := range x.to {
			c.change(i, took/float64(len(x.to)))
		}
	}
}
