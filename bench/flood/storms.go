package flood

import (
	"math"

	"citybrain/city/chance"
	"citybrain/flood/rain"
)

// A storm is a made one: cells that are born in moving clusters, grow, and die after 15 to 40 minutes, on the way of a wind that differs
// a little from cell to cell. Kilometres and minutes.
type storm struct {
	cells []rainCell
	areas []rainArea
	noise chance.Source
}

// A rainArea is the widespread rain that a cluster's cells stand in.
type rainArea struct {
	mid, long        float64        // min
	x, y, u, v, wide float64        // at mid
	top              float64        // mm/h
	wave             [12][4]float64 // its texture: waves of some kilometres that come and go within the hour
}

type rainCell struct {
	born, life float64
	x, y, u, v float64 // at birth; km/min
	a, b, turn float64 // km, half axes and their direction
	top        float64 // mm/h
}

// newStorm makes a storm over size km for minutes.
func newStorm(seed uint64, size, minutes float64) *storm {
	d := chance.New(seed, "bench/storm")
	of := func(k int, c uint64) float64 { return d.Float(uint64(k), c) }
	wind, dir := 0.3+0.6*of(0, 1), 2*math.Pi*of(0, 2) // 5–15 m/s
	shear := 0.002 * (of(0, 3) - 0.5)
	s := &storm{noise: d.Sub(9)}
	clusters := 3 + int(4*of(0, 4))
	id := 1
	for c := range clusters {
		k := 1000000 + c
		// A cluster's core goes with the wind through the middle at some time, and lasts one to four hours.
		mid := minutes * of(k, 1)
		cx, cy := size*(0.15+0.7*of(k, 2)), size*(0.15+0.7*of(k, 3))
		long := 60 + 180*of(k, 4)
		wide := 8 + 12*of(k, 5)
		rate := 0.25 + 0.5*of(k, 6) // cells a minute at its best
		area := rainArea{mid: mid, long: long, x: cx, y: cy, u: wind * math.Cos(dir), v: wind * math.Sin(dir), wide: 1.2 * wide, top: 3 + 6*of(k, 7)}
		for w := range area.wave {
			at := uint64(100 + 4*w)
			turn, length := 2*math.Pi*of(k, at), 8+22*of(k, at+1)
			area.wave[w] = [4]float64{2 * math.Pi / length * math.Cos(turn), 2 * math.Pi / length * math.Sin(turn), 2 * math.Pi / (60 + 120*of(k, at+2)), 2 * math.Pi * of(k, at+3)}
		}
		s.areas = append(s.areas, area)
		for t := mid - long; t < mid+long; t++ {
			n := d.Poisson(uint64(k), uint64(1000+int(t-mid+long)), rate*math.Exp(-math.Pow((t-mid)/long*1.5, 2)))
			for range n {
				id++
				gx, gy := d.Normal(uint64(id), 1)*wide, d.Normal(uint64(id), 2)*wide
				u, v := wind*math.Cos(dir), wind*math.Sin(dir)
				x := cx + u*(t-mid) + gx
				y := cy + v*(t-mid) + gy
				s.cells = append(s.cells, rainCell{born: t, life: 15 + 25*of(id, 3), x: x, y: y,
					u: u - shear*(y-size/2) + 0.06*d.Normal(uint64(id), 4), v: v + shear*(x-size/2) + 0.06*d.Normal(uint64(id), 5),
					a: 1.8 + 2.5*of(id, 6), b: 1.5 + 1.5*of(id, 7), turn: math.Pi * of(id, 8), top: 12 * math.Exp(0.7*d.Normal(uint64(id), 9))})
			}
		}
	}
	return s
}

// at returns the rain at t minutes on size × size cells of 1 km, as a radar sees it: with a tenth of error from cell to cell.
func (s *storm) at(t float64, size int) rain.Field {
	f := rain.NewField(size, size)
	for i := range s.cells {
		c := &s.cells[i]
		age := (t - c.born) / c.life
		if age <= 0 || age >= 1 {
			continue
		}
		top := c.top * math.Pow(math.Sin(math.Pi*age), 2)
		x, y := c.x+c.u*(t-c.born), c.y+c.v*(t-c.born)
		cos, sin := math.Cos(c.turn), math.Sin(c.turn)
		reach := 3.5 * math.Max(c.a, c.b)
		for r := max(0, int(y-reach)); r <= min(size-1, int(y+reach)); r++ {
			for q := max(0, int(x-reach)); q <= min(size-1, int(x+reach)); q++ {
				dx, dy := float64(q)-x, float64(r)-y
				p, o := (dx*cos+dy*sin)/c.a, (dy*cos-dx*sin)/c.b
				f.V[r*size+q] += top * math.Exp(-(p*p+o*o)/2)
			}
		}
	}
	for k := range s.areas {
		a := &s.areas[k]
		d := t - a.mid
		life := math.Exp(-math.Pow(d/a.long*1.5, 2))
		for i := range f.V {
			x, y := float64(i%size)-a.x-a.u*d, float64(i/size)-a.y-a.v*d
			far := (x*x + y*y) / (a.wide * a.wide)
			if far > 9 {
				continue
			}
			sum := 0.0
			for _, w := range a.wave {
				sum += math.Cos(w[0]*x + w[1]*y + w[2]*d + w[3])
			}
			// Waves sum up to a standard deviation of √6; a third of the area is dry.
			if v := 1 + 0.8*sum/math.Sqrt(6) - 0.6*far; v > 0 {
				f.V[i] += a.top * life * v * math.Exp(-far/2)
			}
		}
	}
	for i, v := range f.V {
		if v < 0.1 {
			f.V[i] = 0
		} else {
			f.V[i] = v * math.Exp(0.1*s.noise.Normal(uint64(i), uint64(t)))
		}
	}
	return f
}
