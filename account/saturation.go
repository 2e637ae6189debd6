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
// the clock, so what it counts is held against the seconds of green in the period, known by the stages that controllers report: over
// periods in which a queue stood at the line to their end, vehicles rise with green by the saturation flow, whatever each green loses at its start.
const (
	loopPeriod   = 15.0
	reportEvery  = 5.0 // s: a controller tells of a new stage at the end of the 5 s in which it began
	standsAll    = 0.99
	exitFree     = 0.6 // of an exit's storage: beyond it vehicles may wait for room, not for green
	leastPeriods = 5   // of a stop line, and the least spread of their greens, s
	leastSpread  = 3.0
	outlier      = 2.5 // standard deviations of the vehicles of a period
)

// A discharge is one period of a loop with a queue at its stop line all the time.
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

// since returns the seconds of green, of the seconds before at, that movement m is expected to have had without a break until at.
func (g *greens) since(m int32, at time.Time, seconds float64) float64 {
	if g.begun[m].IsZero() {
		return 0
	}
	d := at.Sub(g.begun[m]).Seconds()
	if d <= 0 {
		return 0
	}
	// It began up to reportEvery before it was reported, at any time alike: the mean of min(seconds, d + u) for u in 0 to reportEvery.
	if over := d + reportEvery - seconds; over > 0 {
		over = math.Min(over, reportEvery)
		if d >= seconds {
			return seconds
		}
		return d + reportEvery/2 - over*over/(2*reportEvery)
	}
	return d + reportEvery/2
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
// vehicles over green with a start-up loss for each stop line, periods that lie off left out; the error is by leaving out one stop line after another (jackknife).
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
	var use [][]discharge
	for _, l := range order {
		if spread(of[l]) {
			use = append(use, of[l])
		}
	}
	if len(use) < 2 {
		return 0, 0, 0
	}
	// Exits that are full all the same, and loops that stick, lie far below: the first fit is by medians.
	slopes := make([]float64, 0, len(use))
	for _, x := range use {
		slopes = append(slopes, theilSen(x))
	}
	slope := percentile(slopes, 0.5)
	for range 4 {
		var off []float64
		for _, x := range use {
			for _, r := range residuals(x, slope) {
				off = append(off, math.Abs(r))
			}
		}
		limit := outlier * math.Max(0.3, 1.4826*percentile(off, 0.5))
		var kept [][]discharge
		for _, x := range use {
			var k []discharge
			for i, r := range residuals(x, slope) {
				if math.Abs(r) <= limit {
					k = append(k, x[i])
				}
			}
			if spread(k) {
				kept = append(kept, k)
			}
		}
		if len(kept) < 2 {
			return 0, 0, 0
		}
		lines = len(kept)
		var xy, xx float64
		parts := make([][2]float64, len(kept))
		for i, k := range kept {
			parts[i][0], parts[i][1] = moments(k)
			xy, xx = xy+parts[i][0], xx+parts[i][1]
		}
		slope = xy / xx
		var v float64
		n := float64(len(kept))
		for _, p := range parts {
			d := (xy-p[0])/(xx-p[1]) - slope
			v += d * d * (n - 1) / n
		}
		se = math.Sqrt(v)
	}
	return 3600 * slope, 3600 * se, lines
}

// spread reports whether a stop line's periods tell a slope.
func spread(x []discharge) bool {
	if len(x) < leastPeriods {
		return false
	}
	by := func(a, b discharge) int { return cmp.Compare(a.Green, b.Green) }
	return slices.MaxFunc(x, by).Green-slices.MinFunc(x, by).Green >= leastSpread
}

// residuals are what a stop line's periods have above a line of the slope through their median.
func residuals(x []discharge, slope float64) []float64 {
	r := make([]float64, len(x))
	for i, d := range x {
		r[i] = d.Vehicles - slope*d.Green
	}
	mid := percentile(r, 0.5)
	for i := range r {
		r[i] -= mid
	}
	return r
}

// theilSen is the median slope between two of a stop line's periods (Theil 1950, Sen 1968).
func theilSen(x []discharge) float64 {
	var s []float64
	for i := range x {
		for k := range i {
			if d := x[i].Green - x[k].Green; math.Abs(d) >= leastSpread {
				s = append(s, (x[i].Vehicles-x[k].Vehicles)/d)
			}
		}
	}
	return percentile(s, 0.5)
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
