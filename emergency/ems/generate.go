package ems

import (
	"errors"
	"math"
	"sort"

	"citybrain/city"
	"citybrain/city/chance"
)

// Generate draws the calls of days as the city's model says (Draws), the first at second 0. Places follow the demand's points,
// anywhere in a point's cell. Other seeds give other days.
func Generate(e *city.EMS, days float64, seed uint64) ([]city.EMSCall, error) {
	d := e.Draws
	if d == nil {
		return nil, errors.New("draw calls: the model does not say how its calls are drawn: gen_config_test.xml is missing")
	}
	at := make([]float64, len(e.Demand.Weight)+1)
	for i, w := range e.Demand.Weight {
		at[i+1] = at[i] + w
	}
	src := chance.New(seed, "ems/calls")
	gap, delay, scene, hand := src.Sub(1), src.Sub(2), src.Sub(3), src.Sub(4)
	pick := src.Sub(5)
	var calls []city.EMSCall
	t := 0.0
	for id := uint64(0); ; id++ {
		t += draw(d.Gap, gap, id) * day
		if t >= days*day {
			return calls, nil
		}
		p, u := 0, pick.Float(id, 0)
		for p < len(d.Priority)-1 && u >= d.Priority[p] {
			u -= d.Priority[p]
			p++
		}
		x := pick.Float(id, 1) * at[len(at)-1]
		k := min(sort.Search(len(at)-1, func(i int) bool { return at[i+1] > x }), len(at)-2)
		c := city.EMSCall{
			Priority: int32(p), Arrive: t, Delay: draw(d.Delay, delay, id) * day, OnScene: draw(d.OnScene, scene, id) * day, Hospital: -1,
			X: e.Demand.X[k] + (pick.Float(id, 2)-0.5)*e.Demand.CellX, Y: e.Demand.Y[k] + (pick.Float(id, 3)-0.5)*e.Demand.CellY,
		}
		if pick.Float(id, 4) < d.Transport {
			c.Transport, c.HandOver = true, draw(d.HandOver, hand, id)*day
		}
		calls = append(calls, c)
	}
}

// draw returns a duration, never negative.
func draw(d city.Draw, s chance.Source, id uint64) float64 {
	switch d.Name {
	case "exponential":
		return d.A * s.Exp(id, 0)
	case "normal":
		if d.B == 0 {
			return max(0, d.A)
		}
		return max(0, d.A+d.B*s.Normal(id, 0))
	case "lognormal":
		return math.Exp(d.A + d.B*s.Normal(id, 0))
	case "weibull":
		return d.B * math.Pow(s.Exp(id, 0), 1/d.A)
	case "uniform":
		return s.Between(id, 0, d.A, d.B)
	case "gamma":
		return d.B * gamma(d.A, s, id)
	}
	panic("ems: distribution " + d.Name)
}

// gamma draws with scale 1 (Marsaglia and Tsang 2000).
func gamma(shape float64, s chance.Source, id uint64) float64 {
	boost := 1.0
	if shape < 1 {
		boost = math.Exp(-s.Exp(id, 1) / shape)
		shape++
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for k := uint64(2); ; k += 2 {
		x := s.Normal(id, k)
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		if -s.Exp(id, k+1) < x*x/2+d-d*v+d*math.Log(v) {
			return boost * d * v
		}
	}
}
