package drains

import (
	"math"

	"citybrain/city/water"
)

// ground is the state of one catchment.
type ground struct {
	D       [3]float64 // m on it: impervious without store, impervious, pervious
	Horton  float64    // s on the curve
	Taken   float64    // m infiltrated (Green–Ampt, curve number)
	Rained  float64    // m (curve number)
	Pending float64    // m³ of the present step
	next    groundNext
}

type groundNext struct {
	d                     [3]float64
	horton, taken, rained float64
}

// runoff adds the catchments' runoff of dt to their nodes.
func (s *Sim) runoff(dt float64) {
	for k := range s.net.Catchments {
		c := &s.net.Catchments[k]
		g := &s.st.Grounds[k]
		i := c.Rain.Mean(s.st.T, s.st.T+dt) / 3.6e6
		n := &g.next
		*n = groundNext{g.D, g.Horton, g.Taken, g.Rained + i*dt}
		share := [3]float64{c.Impervious * c.NoStore, c.Impervious * (1 - c.NoStore), 1 - c.Impervious}
		store := [3]float64{0, c.StoreI, c.StoreP}
		rough := [3]float64{c.ManningI, c.ManningI, c.ManningP}
		var v float64
		for a := range share {
			if share[a] == 0 {
				continue
			}
			supply := i
			if a == 2 {
				supply -= infiltrate(c, n, i, g.D[2], dt)
			}
			out := 0.0
			n.d[a], out = plane(g.D[a], supply, store[a], rough[a], c, dt)
			v += out * share[a] * c.Area
		}
		g.Pending = v
		if s.nodes[c.Node].fixed {
			continue
		}
		s.base[c.Node] += v
	}
}

// settle takes the catchments' step as done.
func (s *Sim) settle() {
	for k := range s.st.Grounds {
		g := &s.st.Grounds[k]
		g.D, g.Horton, g.Taken, g.Rained = g.next.d, g.next.horton, g.next.taken, g.next.rained
		s.st.Mass.Runoff += g.Pending
		if s.nodes[s.net.Catchments[k].Node].fixed {
			s.st.Mass.Outfalls += g.Pending
		}
	}
}

// plane steps a nonlinear reservoir of depth d m that gets supply m/s: Manning's sheet flow of what stands above its store, over the
// catchment's width, implicitly. It returns the depth and what ran off, in m.
func plane(d, supply, store, n float64, c *water.Catchment, dt float64) (now, off float64) {
	full := math.Max(d+supply*dt, 0)
	x := full - store
	if x <= 0 {
		return full, 0
	}
	if n <= 0 || c.Width <= 0 || c.Slope <= 0 || c.Area <= 0 {
		return store, x // it runs off at once
	}
	alpha := c.Width * math.Sqrt(c.Slope) / (c.Area * n)
	// x = y + α y^(5/3) dt, by Newton from above: convex, so that it closes.
	y := x
	for range 30 {
		p := alpha * dt * math.Pow(y, 2.0/3)
		f := y + p*y - x
		step := f / (1 + 5.0/3*p)
		y -= step
		if math.Abs(step) < 1e-15 {
			break
		}
	}
	y = math.Min(math.Max(y, 0), x)
	return store + y, x - y
}

// infiltrate returns the rate in m/s at which the pervious part takes water in that rains at i m/s and stands d m deep.
func infiltrate(c *water.Catchment, n *groundNext, i, d, dt float64) float64 {
	there := i + d/dt
	switch c.Infiltration {
	case water.Horton:
		// f = last + (first − last) e^(−kt): its integral over the step is what it may take; where less comes, time on the curve moves
		// less, and on dry ground it goes back.
		f := func(t float64) float64 { return c.Last*t + (c.First-c.Last)*(1-math.Exp(-c.Decay*t))/c.Decay }
		if c.Decay <= 0 {
			return math.Min(c.Last, there)
		}
		may := (f(n.horton+dt) - f(n.horton)) / dt
		take := math.Min(may, there)
		if there > 0 {
			if take < may {
				lo, hi := n.horton, n.horton+dt
				for range 40 {
					mid := (lo + hi) / 2
					if f(mid)-f(n.horton) < take*dt {
						lo = mid
					} else {
						hi = mid
					}
				}
				n.horton = hi
			} else {
				n.horton += dt
			}
		} else if c.Dry > 0 {
			n.horton *= math.Exp(-dt * 4 / c.Dry)
		}
		return take
	case water.GreenAmpt:
		// Implicitly: F − F₀ − ψΔθ ln((F+ψΔθ)/(F₀+ψΔθ)) = K dt (Green & Ampt 1911).
		s := c.Suction * c.Deficit
		f := n.taken + c.Conductivity*dt
		for range 40 {
			r := f - n.taken - s*math.Log((f+s)/(n.taken+s+1e-12)) - c.Conductivity*dt
			slope := 1 - s/(f+s)
			if slope < 1e-9 {
				f += math.Sqrt(2 * math.Max(s, 1e-9) * c.Conductivity * dt)
				continue
			}
			step := r / slope
			f -= step
			if f < n.taken {
				f = n.taken + 1e-12
			}
			if math.Abs(step) < 1e-13 {
				break
			}
		}
		take := math.Min(math.Max((f-n.taken)/dt, 0), there)
		n.taken += take * dt
		return take
	case water.CurveNumber:
		// What has infiltrated of the rain P so far is P·S/(P+S), S = 25.4 (1000/CN − 10) mm, without initial loss (which the store is).
		if c.Number <= 0 || c.Number >= 100 {
			return 0
		}
		s := 0.0254 * (1000/c.Number - 10)
		was := n.taken
		n.taken = math.Max(was, n.rained*s/(n.rained+s))
		take := math.Min((n.taken-was)/dt, there)
		n.taken = was + take*dt
		return take
	}
	return 0
}
