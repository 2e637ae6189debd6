package drains

import (
	"math"

	"citybrain/city/water"
)

// other is a link that is no conduit.
type other struct {
	link     int32 // −1: an inlet
	inlet    int32
	from, to int32
}

// prepare finds what holds for a whole step of dt: each reach's area of flow, friction and the part of its velocity that comes of
// advection, from the state that the step begins with.
func (s *Sim) prepare(dt float64) {
	for j := range s.reaches {
		r := &s.reaches[j]
		u := s.st.Speed[j]
		hi, hk := s.eta[r.from]-r.zi, s.eta[r.to]-r.zk
		s.limI[j], s.limK[j] = math.Inf(-1), math.Inf(-1)
		full := r.t.z[len(r.t.z)-1]
		onward := u > 0 || u == 0 && s.eta[r.from] > s.eta[r.to]
		if r.dropK && onward && hk < full && hi > 0 {
			if h := math.Min(r.t.critical(math.Abs(s.st.Flow[j])), math.Min(hi, full)); hk < h && s.eta[r.from] > r.zk+h {
				s.limK[j], hk = r.zk+h, h
			}
		}
		if r.dropI && !onward && hi < full && s.eta[r.to]-r.zk > 0 {
			if h := math.Min(r.t.critical(math.Abs(s.st.Flow[j])), math.Min(s.eta[r.to]-r.zk, full)); hi < h && s.eta[r.to] > r.zi+h {
				s.limI[j], hi = r.zi+h, h
			}
		}
		switch r.normal {
		case 1:
			hk = hi
		case -1:
			hi = hk
		}
		up, down := hi, hk
		if u < 0 || u == 0 && r.zk+hk > r.zi+hi {
			up, down = hk, hi
		}
		if up <= least {
			s.area[j], s.fric[j], s.head[j] = 0, 0, 0
			continue
		}
		if r.closed {
			up, down = math.Min(up, full), math.Min(down, full)
		}
		h := up
		if down > 0 {
			a, w := r.t.width(up)
			fr := math.Abs(u) / math.Sqrt(gravity*a/math.Max(w, 1e-9))
			side := math.Min(math.Max(2*fr-1, 0), 1) // from the mean depth in slow flow to the upper one in fast flow
			h = side*up + (1-side)*(up+down)/2
		}
		a, _ := r.t.width(h)
		rad := math.Max(r.t.radius(h), 1e-6)
		s.area[j] = a
		s.fric[j] = r.n2/math.Pow(rad, 4.0/3) + r.loss/(2*r.length)
		s.head[j] = u - dt*s.advection(j, u, dt)
	}
}

// advection is the upwind acceleration of reach j by the momentum that its neighbours bring, m/s².
func (s *Sim) advection(j int, u, dt float64) float64 {
	r := &s.reaches[j]
	q := s.st.Flow[j]
	if s.area[j] <= 0 {
		return 0
	}
	qi, ui, qk, uk := q, u, q, u
	if r.prev >= 0 {
		if p := s.st.Flow[r.prev]; p+q > 0 {
			qi, ui = (p+q)/2, s.st.Speed[r.prev]
		} else {
			qi = (p + q) / 2
		}
	}
	if r.next >= 0 {
		if p := s.st.Flow[r.next]; p+q < 0 {
			qk, uk = (p+q)/2, s.st.Speed[r.next]
		} else {
			qk = (p + q) / 2
		}
	}
	acc := (qk*uk - qi*ui - u*(qk-qi)) / (s.area[j] * r.length)
	// Explicit: a step too long for the water's speed takes a part of it.
	if c := (math.Abs(u) + math.Abs(ui) + math.Abs(uk)) / 2 * dt / r.length; c > 1 {
		acc /= c
	}
	return acc
}

// linear sets each edge's flow as q0 + qi·η(from) + qk·η(to), the tangent at the present levels.
func (s *Sim) linear(dt float64) {
	for j := range s.reaches {
		r := &s.reaches[j]
		s.q0[j], s.qi[j], s.qk[j] = 0, 0, 0
		a := s.area[j]
		if a <= 0 {
			continue
		}
		ei, ek := s.eta[r.from], s.eta[r.to]
		di, dk := 1.0, 1.0 // whether the ends' levels act
		// A fall's level is never above the water that comes to it.
		if lim := s.limI[j]; lim > ei && ek > ei {
			di = 0
			if ei = lim; lim > ek {
				ei, dk = ek, 0
			}
		} else if lim := s.limK[j]; lim > ek && ei > ek {
			dk = 0
			if ek = lim; lim > ei {
				ek, di = ei, 0
			}
		}
		switch r.normal {
		case 1:
			ek, di, dk = ei-r.zi+r.zk, 0, 0
		case -1:
			ei, di, dk = ek-r.zk+r.zi, 0, 0
		}
		x := s.head[j] - dt*gravity*(ek-ei)/r.length
		c := dt * s.fric[j]
		u := 2 * x / (1 + math.Sqrt(1+4*c*math.Abs(x)))
		slope := dt * gravity / r.length / (1 + 2*c*math.Abs(u)) * a
		q := a * u
		if r.flap && q < 0 {
			continue
		}
		if r.normal == 1 && q > 0 || r.normal == -1 && q < 0 {
			// Uniform flow goes with the depth that it comes from, down to nothing.
			at, z, to := r.from, r.zi, &s.qi[j]
			if q < 0 {
				at, z, to = r.to, r.zk, &s.qk[j]
			}
			area, w := r.t.width(s.eta[at] - z)
			*to = u * w
			s.q0[j] = u*area - *to*s.eta[at]
			continue
		}
		if r.limit > 0 && math.Abs(q) > r.limit {
			at, z, to := r.from, r.zi, &s.qi[j]
			if q < 0 {
				at, z, to = r.to, r.zk, &s.qk[j]
			}
			f := math.Min(math.Max((s.eta[at]-z)/0.02, 0), 1)
			q = math.Copysign(r.limit, q)
			if f < 1 {
				*to = q / 0.02
			}
			s.q0[j] = q*f - *to*s.eta[at]
			continue
		}
		s.qi[j], s.qk[j] = slope*di, -slope*dk
		s.q0[j] = q - s.qi[j]*s.eta[r.from] - s.qk[j]*s.eta[r.to]
	}
	s.structures()
}

// structures does the same for all that is no conduit.
func (s *Sim) structures() {
	n := len(s.reaches)
	for k := range s.others {
		o := &s.others[k]
		if s.held {
			q := s.flow(k, s.st.Level[o.from], s.st.Level[o.to])
			if !s.nodes[o.from].fixed {
				q = math.Min(q, math.Max(s.st.Volume[o.from], 0)/4/s.holdFor)
			}
			if !s.nodes[o.to].fixed {
				q = math.Max(q, -math.Max(s.st.Volume[o.to], 0)/4/s.holdFor)
			}
			s.q0[n+k], s.qi[n+k], s.qk[n+k] = q, 0, 0
			continue
		}
		ei, ek := s.eta[o.from], s.eta[o.to]
		const d = 1e-6
		q := s.flow(k, ei, ek)
		a, b := (s.flow(k, ei+d, ek)-q)/d, (s.flow(k, ei, ek+d)-q)/d
		s.qi[n+k], s.qk[n+k] = math.Max(a, 0), math.Min(b, 0)
		s.q0[n+k] = q - s.qi[n+k]*ei - s.qk[n+k]*ek
	}
}

// root is √(2gh) with a finite slope at 0.
func root(h float64) float64 { return math.Sqrt(2*gravity) * h / math.Sqrt(math.Abs(h)+1e-4) }

// flow returns the flow of structure k between levels a and b.
func (s *Sim) flow(k int, a, b float64) float64 {
	o := &s.others[k]
	if o.inlet >= 0 {
		return inletFlow(&s.net.Inlets[o.inlet], a, b)
	}
	l := &s.net.Links[o.link]
	th := s.throttle[k]
	if th == 0 {
		return 0
	}
	switch l.Kind {
	case water.Pump:
		return th * s.pumpFlow(k, l, a, b)
	case water.GateLink:
		return th * s.opening(o.link) * gateFlow(l, a, b)
	case water.Outlet:
		return th * rated(l, a, b)
	}
	if a < b {
		if l.Flap {
			return 0
		}
		return -th * passage(l, b, a)
	}
	return th * passage(l, a, b)
}

// passage is an orifice's or a weir's flow from the higher level a to the lower b.
func passage(l *water.Link, a, b float64) float64 {
	if l.Kind == water.WeirLink {
		return weirFlow(l, a, b)
	}
	sec := &l.Section
	area := sec.Height * sec.Width
	if sec.Shape == water.Circular {
		area = math.Pi * sec.Height * sec.Height / 4
	}
	if l.Bottom {
		// In a floor: full flow from the depth where it equals that over its rim as a weir.
		h := a - math.Max(b, l.In)
		if h <= 0 {
			return 0
		}
		rim := 2 * (sec.Height + sec.Width)
		if sec.Shape == water.Circular {
			rim = math.Pi * sec.Height
		}
		return math.Min(l.Coefficient*area*root(h), weirShape*rim*h*math.Sqrt(h))
	}
	h := a - l.In
	if h <= 0 {
		return 0
	}
	// Partly full, the wet part of it is the orifice: its free flow goes with h^1.5, as over a weir.
	f := math.Min(h/sec.Height, 1)
	return l.Coefficient * area * f * root(a-math.Max(b, l.In+f*sec.Height/2))
}

// drowned is Villemonte's (1947) reduction of a weir's flow by a tailwater h2 above its crest.
func drowned(h1, h2, n float64) float64 {
	if h2 <= 0 {
		return 1
	}
	x := 1 - math.Pow(math.Min(h2/h1, 1), n)
	if x < 1e-3 { // towards equal levels the power's slope is infinite: a straight line from there
		return math.Pow(1e-3, 0.385) * x / 1e-3
	}
	return math.Pow(x, 0.385)
}

func weirFlow(l *water.Link, a, b float64) float64 {
	h := a - l.In
	if h <= 0 {
		return 0
	}
	tall := l.Section.Height
	over := math.Max(h-tall, 0) // above its top it goes on as an orifice of the same flow there
	hw := math.Min(h, tall)
	width := math.Max(l.Section.Width-0.1*l.Contracted*hw, 0)
	var q, n float64
	switch l.Weir {
	case water.SideFlow:
		q, n = l.Coefficient*math.Pow(width, 0.83)*math.Pow(hw, 1.67), 1.67
	case water.VNotch:
		q, n = l.Coefficient*l.Section.Left*hw*hw*math.Sqrt(hw), 2.5
	case water.Trapezoidal:
		q, n = (l.Coefficient*width+l.Coefficient2*l.Section.Left*hw)*hw*math.Sqrt(hw), 1.5
	default:
		q, n = l.Coefficient*width*hw*math.Sqrt(hw), 1.5
	}
	if over > 0 {
		q *= math.Sqrt((h - tall/2) / (tall / 2))
	}
	return q * drowned(h, b-l.In, n)
}

func rated(l *water.Link, a, b float64) float64 {
	h := a - math.Max(b, l.In)
	if l.ByDepth {
		h = a - l.In
	}
	if h <= 0 {
		return 0
	}
	return l.Rating.At(h)
}

// gateFlow is a sluice's: over its sill as a broad crest while the river is low, drowned under the difference of levels else. None flows inward.
func gateFlow(l *water.Link, a, b float64) float64 {
	h := a - l.In
	if h <= 0 || a <= b {
		return 0
	}
	h = math.Min(h, l.Section.Height)
	q := weirShape * l.Section.Width * h * math.Sqrt(h)
	return math.Min(q, l.Coefficient*l.Section.Width*h*root(a-math.Max(b, l.In)))
}

// inletFlow is what a grate takes in from street level a above node level b, or lets out when the node stands higher: a weir along
// its rim or an orifice through it, whichever is less.
func inletFlow(in *water.Inlet, a, b float64) float64 {
	free := 1 - in.Blocked
	if b > in.Level && b > a {
		return -0.67 * in.Opening * free * root(b-math.Max(a, in.Level))
	}
	d := a - in.Level
	if d <= 0 {
		return 0
	}
	q := math.Min(1.66*in.Perimeter*d*math.Sqrt(d), 0.67*in.Opening*root(d))
	if b > in.Level {
		q = math.Min(q, 0.67*in.Opening*root(a-b))
	}
	return q * free
}

// pumpFlow is what the running units of pump k lift from level a to b. The last 2 cm above its suction or a creek's lowest level bring it to nothing.
func (s *Sim) pumpFlow(k int, l *water.Link, a, b float64) float64 {
	units := float64(s.running(s.others[k].link))
	if units == 0 {
		return 0
	}
	floor := s.nodes[l.From].low
	if c := s.nodes[l.From].creek; c != nil {
		floor = math.Max(floor, c.Low)
	}
	left := math.Min(math.Max((a-floor)/0.02, 0), 1)
	var q float64
	switch l.Pump {
	case water.PumpHead:
		q = l.Rating.At(math.Max(b-a, 0))
	case water.PumpDepth:
		q = l.Rating.At(a - s.nodes[l.From].low)
	case water.PumpStep, water.PumpVolume:
		x := s.st.Level[l.From] - s.nodes[l.From].low
		if l.Pump == water.PumpVolume {
			x = s.st.Volume[l.From]
		}
		q = l.Rating.Y[len(l.Rating.Y)-1]
		for i, z := range l.Rating.X {
			if x <= z {
				q = l.Rating.Y[i]
				break
			}
		}
	case water.PumpIdeal:
		q, left = 10*math.Max(a-floor, 0), 1
	}
	return units * q * left
}
