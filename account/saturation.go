package account

import (
	"cmp"
	"math"
	"slices"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
)

// Saturation flow is what leaves over a stop line while it is green and a queue lasts (HCM 2010, chapter 31). A loop counts in periods of 15 s by
// the clock, so what it counts since green began, in the period in which it did and in those after it as long as a queue stands at the line to their end, is held
// against the seconds of green until then, known by the stages that controllers report: vehicles rise with green by the saturation flow, whatever each green loses
// at its start.
const (
	loopPeriod   = 15.0
	reportEvery  = 5.0 // s: a controller tells of a new stage at the end of the 5 s in which it began
	standsAll    = 0.99
	exitFree     = 0.6 // of an exit's storage: beyond it vehicles may wait for room, not for green
	leastPeriods = 5   // of a stop line, and the least spread of their greens, s
	leastSpread  = 3.0
	tooFar       = 0.4  // of the vehicles of a period, but …
	oneMore      = 1.01 // … one vehicle more or less is chance alone
)

// A discharge is what left over a stop line from the beginning of a green to the end of a loop's period, with a queue at the line all the time.
type discharge struct {
	Line     int32   // which stop line
	Green    float64 // s of it, expected
	Vehicles float64 // per lane
}

// greens is since when movements of a junction have green, as its controller reports its stages.
type greens struct {
	stage int
	begun []time.Time // by movement; zero: red, or not known
}

func (g *greens) report(j *city.Junction, stage int, at time.Time) {
	if stage == g.stage {
		return
	}
	was := g.stage
	g.stage = stage
	for m := range g.begun {
		switch {
		case was < 0 || stage < 0 || !j.InStage(stage, int32(m)):
			g.begun[m] = time.Time{}
		case !j.InStage(was, int32(m)):
			g.begun[m] = at.Add(time.Duration(j.Between(was, stage)) * time.Second)
		}
	}
}

// read takes in what the controller of junction j reports.
func (g *greens) read(c *city.City, j int, snap twin.Snapshot) {
	ent, ok := snap.Get(exchange.URN("TrafficSignal", c.Signals[j].ID))
	if !ok {
		return
	}
	stage, has := ent.Number("stage")
	if mode, _ := ent.Number("mode"); !has || mode >= 0x30 && mode < 0x40 { // flashing, dark or red to all
		stage = -1
	}
	g.report(&c.Signals[j], int(stage), ent.ObservedAt("stage"))
}

// within returns the seconds of green that movement m is expected to have had at the end of a period, at, where its green surely began within that and lasts; else 0. It
// began up to reportEvery before it was reported, at any time alike.
func (g *greens) within(m int32, at time.Time) float64 {
	if d := at.Sub(g.begun[m]).Seconds(); !g.begun[m].IsZero() && d > 0 && d <= loopPeriod-reportEvery {
		return d + reportEvery/2
	}
	return 0
}

// measurable returns the movement of a loop at whose stop line saturation flow can be measured: one that goes under a signal of its own, gives way to
// nobody, and leads to as many lanes as it has; −1: there is none.
func measurable(c *city.City, j int, k *city.Loop) int32 {
	if c.Streets.Links[k.Link].Detector != city.DetectorStopLine {
		return -1
	}
	m := c.Streets.Turns[k.Turns[0]].Movement
	for _, t := range k.Turns {
		turn := &c.Streets.Turns[t]
		if turn.Movement != m || m < 0 || c.Signals[j].Movements[m].Permissive || c.Streets.Links[turn.To].Lanes < turn.Lanes {
			return -1
		}
	}
	return m
}

// free reports whether all the exits of a loop's turns have room.
func free(b *brain.Brain, s *city.Streets, k *city.Loop) bool {
	for _, t := range k.Turns {
		if b.Filled(s.Turns[t].To) > exitFree {
			return false
		}
	}
	return true
}

// saturation is the flow in vehicles/h and lane of all stop lines together, its standard error, and how many stop lines it rests on: least squares of
// vehicles over green with a start-up loss for each stop line. Periods that are too far off its line are left out, by a share of what the line has, so that a full exit is
// seen in a short green as in a long one. The error is by leaving out one stop line after another (jackknife).
func saturation(list []discharge) (flow, se float64, lines int) {
	of := map[int32][]discharge{}
	var order []int32
	for _, d := range list {
		if of[d.Line] == nil {
			order = append(order, d.Line)
		}
		of[d.Line] = append(of[d.Line], d)
	}
	slices.Sort(order)
	slope := city.SaturationFlow // to begin with
	for range 8 {
		var parts [][2]float64
		var xy, xx float64
		for _, l := range order {
			var kept []discharge
			off, begins := residuals(of[l], slope)
			for i, d := range of[l] {
				if math.Abs(off[i]) <= math.Max(oneMore, tooFar*(begins+slope*d.Green)) {
					kept = append(kept, d)
				}
			}
			if spread(kept) {
				y, x := moments(kept)
				parts = append(parts, [2]float64{y, x})
				xy, xx = xy+y, xx+x
			}
		}
		if lines = len(parts); lines < 2 {
			return 0, 0, 0
		}
		slope, se = xy/xx, 0
		n := float64(lines)
		for _, p := range parts {
			d := (xy-p[0])/(xx-p[1]) - slope
			se += d * d * (n - 1) / n
		}
	}
	return 3600 * slope, 3600 * math.Sqrt(se), lines
}

// spread reports whether a stop line's periods tell a slope.
func spread(x []discharge) bool {
	if len(x) < leastPeriods {
		return false
	}
	by := func(a, b discharge) int { return cmp.Compare(a.Green, b.Green) }
	return slices.MaxFunc(x, by).Green-slices.MinFunc(x, by).Green >= leastSpread
}

// residuals are what a stop line's periods have above a line of the slope through their median, and where that begins.
func residuals(x []discharge, slope float64) (r []float64, mid float64) {
	r = make([]float64, len(x))
	for i, d := range x {
		r[i] = d.Vehicles - slope*d.Green
	}
	mid = percentile(r, 0.5)
	for i := range r {
		r[i] -= mid
	}
	return r, mid
}

// moments are the sums of green's deviations times vehicles' and times themselves.
func moments(x []discharge) (xy, xx float64) {
	var g, v float64
	for _, d := range x {
		g, v = g+d.Green/float64(len(x)), v+d.Vehicles/float64(len(x))
	}
	for _, d := range x {
		xy += (d.Green - g) * (d.Vehicles - v)
		xx += (d.Green - g) * (d.Green - g)
	}
	return xy, xx
}
