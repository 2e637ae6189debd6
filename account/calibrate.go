package account

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/exchange"
	"citybrain/traffic"
	"citybrain/world"
)

// How a city is calibrated: the first part of an evening fills its streets, the hour after it is what is counted.
const (
	fillTime   = 30 * time.Minute
	countTime  = time.Hour
	priorShare = 0.35 // by which a cell of the prior matrix is uncertain, one standard deviation
	countShare = 0.06 // by which a link's count is, beyond counting itself: vehicles that loops miss, and that the model sends another way
	rounds     = 3    // of assignment and correction: routes change with what is corrected
)

// Calibrate holds a traffic model of the city against a calm evening of its own world: what loops that are believed counted, what reporting vehicles
// took, what discharged at stop lines while a queue stood. The model's trips are a gravity model's, drawn by a seed that the world does not
// have, and corrected between districts by the counts: generalised least squares of prior and counts (Cascetta 1984), with the
// model's own routes. The city is not changed.
func Calibrate(ctx context.Context, c *city.City, seed uint64, threads int, progress func(part float64)) (*city.Calibration, error) {
	if len(c.Signals) == 0 {
		return nil, fmt.Errorf("calibrate: city %s has no signals, and so no detectors", c.Name.En)
	}
	streets := *c
	streets.Terrain, streets.Drains = nil, city.Drains{}
	hours := (fillTime + countTime).Hours()
	e := Evening{City: &streets, Scenario: "calm", Seed: seed, Hours: hours, Brain: true, Members: 1, Threads: threads, PlansOnly: true}
	seen, plans, err := measure(ctx, e, func(p float64) { progress(0.6 * p) })
	if err != nil {
		return nil, err
	}
	m := &model{city: &streets, plans: plans, threads: threads, seed: BrainSeed(seed)}
	demand := traffic.Demand{Seed: m.seed, Start: EveningStart, Hours: hours, PerHour: world.PeakTrips(c), Reach: 4200}
	if m.trips, m.goals, err = demand.Trips(&streets); err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	m.label()
	k := &city.Calibration{Links: len(seen.links), Saturation: seen.saturation, StopLines: seen.stopLines}
	prior := m.total()
	factor := make([]float64, m.cells*m.cells)
	for i := range factor {
		factor[i] = 1
	}
	var sd []float64
	var best *run
	bestGood, bestFactor := -1.0, factor
	for r := range rounds + 1 {
		got, err := m.run(ctx, factor, seen)
		if err != nil {
			return nil, err
		}
		progress(0.6 + 0.4*float64(r+1)/(rounds+1))
		if good := within(seen, got); good > bestGood {
			best, bestGood, bestFactor = got, good, slices.Clone(factor)
		}
		if r < rounds {
			if factor, sd, err = correct(seen, got, factor, prior); err != nil {
				return nil, err
			}
		}
	}
	k.Within = bestGood
	k.Routes, k.RoutesGood = routes(&streets, seen, best)
	for i, n := range prior {
		if n > 0 {
			k.OD = append(k.OD, city.Flow{From: i/m.cells - 1, To: i%m.cells - 1, Prior: n, Trips: n * bestFactor[i], SD: sd[i]})
			k.PerHour += n * bestFactor[i]
		}
	}
	return k, nil
}

// measured is what departments told of the hour.
type measured struct {
	links      []int32 // counted
	counts     []float64
	travel     []float64 // of every link, s; NaN: nobody drove it end to end
	driven     []float64 // m, by reporting vehicles
	saturation float64
	stopLines  int
}

// measure runs the evening and reads what came in over the feeds, as the brain believes it.
func measure(ctx context.Context, e Evening, progress func(float64)) (*measured, []city.PlanSpec, error) {
	s, e, err := e.start(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer s.twin.Close()
	c := e.City
	if err := s.run(ctx, fillTime); err != nil {
		return nil, nil, err
	}
	n := len(c.Streets.Links)
	metres, seconds := make([]float64, n), make([]float64, n)
	for l := range n {
		metres[l], seconds[l] = s.brain.Driven(int32(l))
	}
	type loop struct {
		junction int
		k        city.Loop
		attr     string
		last     time.Time
		sum      float64
		flow     float64
		windows  int
	}
	var loops []loop
	index := map[int][2]int{}
	for j := range c.Signals {
		from := len(loops)
		for _, k := range city.Loops(&c.Streets, &c.Signals[j]) {
			loops = append(loops, loop{junction: j, k: k, attr: k.Lanes.String()})
		}
		index[j] = [2]int{from, len(loops)}
	}
	greens := make([]int, len(loops)) // ticks in a row
	for t := fillTime; t < fillTime+countTime; t += tick {
		if err := s.run(ctx, t+tick); err != nil {
			return nil, nil, err
		}
		progress(float64(t+tick) / float64(fillTime+countTime))
		snap := s.twin.Main().Snapshot()
		for j := range c.Signals {
			stage, _ := s.brain.Junction(j)
			for i := index[j][0]; i < index[j][1]; i++ {
				x := &loops[i]
				m := c.Streets.Turns[x.k.Turns[0]].Movement
				if greens[i]++; stage < 0 || m < 0 || !c.Signals[j].InStage(stage, m) {
					greens[i] = 0
				}
				ent, ok := snap.Get(exchange.URN("TrafficFlowObserved", c.Streets.Links[x.k.Link].ID))
				if !ok {
					continue
				}
				v, has := ent.Number("volume" + x.attr)
				at := ent.ObservedAt("volume" + x.attr)
				if !has || !at.After(x.last) {
					continue
				}
				x.last = at
				x.sum += v
				// Green throughout and a queue that stood all the time: its lanes gave what they can.
				if occ, _ := ent.Number("occupancy" + x.attr); occ >= 0.99 && greens[i] >= 5 && c.Streets.Links[x.k.Link].Detector == city.DetectorStopLine && x.k.Lanes == city.StraightLanes {
					x.flow, x.windows = x.flow+v, x.windows+1
				}
			}
		}
	}
	out := &measured{travel: make([]float64, n), driven: make([]float64, n)}
	var flow, of float64
	for j := range c.Signals {
		states := s.brain.Loops(j)
		whole := map[int32]bool{}
		sum := map[int32]float64{}
		var order []int32
		for i := index[j][0]; i < index[j][1]; i++ {
			x := &loops[i]
			good, known := whole[x.k.Link]
			if !known {
				good = true
				order = append(order, x.k.Link)
			}
			sound := states[i-index[j][0]].State == brain.LoopSound && !x.last.IsZero()
			whole[x.k.Link] = good && sound
			sum[x.k.Link] += x.sum
			if sound && x.windows >= 3 {
				lanes := float64(max(c.Streets.Turns[x.k.Turns[0]].Lanes, 1))
				flow, of = flow+x.flow, of+float64(x.windows)*15*lanes
				out.stopLines++
			}
		}
		for _, l := range order {
			if whole[l] {
				out.links, out.counts = append(out.links, l), append(out.counts, sum[l]/countTime.Hours())
			}
		}
	}
	if of > 0 {
		out.saturation = 3600 * flow / of
	}
	for l := range n {
		m, t := s.brain.Driven(int32(l))
		out.driven[l] = m - metres[l]
		out.travel[l] = math.NaN()
		if t -= seconds[l]; out.driven[l] > 3*c.Streets.Links[l].Length {
			out.travel[l] = c.Streets.Links[l].Length * t / out.driven[l]
		}
	}
	return out, e.Plans, nil
}

// model is the traffic that is calibrated.
type model struct {
	city    *city.City
	plans   []city.PlanSpec
	threads int
	seed    uint64
	trips   []traffic.Trip
	goals   []int32
	cells   int   // districts and, first, the border
	cell    []int // of each trip: from·cells + to
}

// label gives each trip its cell of the matrix.
func (m *model) label() {
	of := make([]int, len(m.city.Streets.Nodes)) // the border
	for i := range of {
		of[i] = -1
	}
	for i := range m.city.Streets.Nodes {
		if m.city.Streets.Nodes[i].Border {
			of[i] = 0
		}
	}
	for i := range m.city.Zones {
		of[m.city.Zones[i].Node] = int(m.city.Zones[i].District) + 1
	}
	m.cells = len(m.city.Districts) + 1
	m.cell = make([]int, len(m.trips))
	for i, t := range m.trips {
		m.cell[i] = max(0, of[t.From])*m.cells + max(0, of[m.goals[t.Goal]])
	}
}

// total is the trips of the counted hour in each cell.
func (m *model) total() []float64 {
	n := make([]float64, m.cells*m.cells)
	for i, t := range m.trips {
		if t.Depart >= fillTime && t.Depart < fillTime+countTime {
			n[m.cell[i]]++
		}
	}
	return n
}

// run is what the model did in the hour.
type run struct {
	counts []float64   // on the links that are counted
	by     [][]float64 // of them by cell
	travel []float64   // of every link, s
}

// run drives the trips, those of each cell more or fewer by its factor.
func (m *model) run(ctx context.Context, factor []float64, seen *measured) (*run, error) {
	draw := chance.New(m.seed, "account/calibrate")
	var trips []traffic.Trip
	var cell []int
	for i, t := range m.trips {
		for k := range int(factor[m.cell[i]] + draw.Float(uint64(i), 0)) {
			if k > 0 {
				t.Depart += time.Duration(draw.Between(uint64(i), uint64(k), 0, 240)) * time.Second
			}
			trips, cell = append(trips, t), append(cell, m.cell[i])
		}
	}
	order := make([]int, len(trips))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(trips[a].Depart - trips[b].Depart) })
	sorted, of := make([]traffic.Trip, len(trips)), make([]int, len(trips))
	for i, k := range order {
		sorted[i], of[i] = trips[k], cell[k]
	}
	s, err := traffic.New(m.city, sorted, m.goals, traffic.Config{Seed: m.seed, Replan: 10 * time.Minute, Threads: m.threads})
	if err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	for j := range m.plans {
		p, err := city.NewPlan(&m.city.Signals[j], m.plans[j])
		if err == nil {
			err = s.Input(0, traffic.PlanDownload{Junction: j, Plan: p})
		}
		if err != nil {
			return nil, fmt.Errorf("calibrate: %w", err)
		}
	}
	if err := s.Step(ctx, fillTime); err != nil {
		return nil, err
	}
	n := len(m.city.Streets.Links)
	counted := make([]int, n)
	for l := range counted {
		counted[l] = -1
	}
	out := &run{counts: make([]float64, len(seen.links)), travel: make([]float64, n)}
	for i, l := range seen.links {
		counted[l] = i
		out.by = append(out.by, make([]float64, m.cells*m.cells))
	}
	// What a link's detector sees: at its entry all who enter, at its end those who cross the stop line.
	idx := m.city.Streets.IndexTurns()
	passed := func(l int) (k uint32) {
		if m.city.Streets.Links[l].Detector == city.DetectorEntry {
			return s.Counts(int32(l)).Entered
		}
		for t := idx[l]; t < idx[l+1]; t++ {
			k += s.Crossed()[t]
		}
		return k
	}
	left, before := make([]uint32, n), make([]uint32, n)
	for l := range n {
		left[l], before[l] = s.Counts(int32(l)).Left, passed(l)
	}
	on, was := make([]float64, n), map[int32]int32{}
	for t := fillTime; t < fillTime+countTime; t += tick {
		if err := s.Step(ctx, t+tick); err != nil {
			return nil, err
		}
		for v := range s.Vehicles() {
			on[v.Link] += tick.Seconds()
			if p, ok := was[v.Trip]; ok && p == v.Link {
				continue
			}
			was[v.Trip] = v.Link
			if i := counted[v.Link]; i >= 0 {
				out.by[i][of[v.Trip]]++
			}
		}
	}
	for l := range n {
		k := float64(s.Counts(int32(l)).Left - left[l])
		out.travel[l] = math.NaN()
		if k > 0 {
			out.travel[l] = on[l] / k
		}
		if i := counted[l]; i >= 0 {
			k = float64(passed(l) - before[l])
			out.counts[i] = k
			// Short links are passed between two looks: what was seen of each cell stands for all.
			if sum := total(out.by[i]); sum > 0 {
				for c := range out.by[i] {
					out.by[i][c] *= k / sum
				}
			}
		}
	}
	return out, nil
}

func total(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}

// within is the share of counted links with GEH below 5: √(2(m − c)²/(m + c)) of hourly flows.
func within(seen *measured, got *run) float64 {
	good := 0
	for i, c := range seen.counts {
		if m := got.counts[i]; m+c == 0 || math.Sqrt(2*(m-c)*(m-c)/(m+c)) < 5 {
			good++
		}
	}
	return float64(good) / float64(max(1, len(seen.counts)))
}

// correct returns the factors on the prior that agree best with it and with the counts, and the standard deviations of the trips.
func correct(seen *measured, got *run, factor, prior []float64) ([]float64, []float64, error) {
	n := len(factor)
	a, b := make([][]float64, n), make([]float64, n)
	for c := range n {
		a[c] = make([]float64, n)
		a[c][c] = 1 / (priorShare * priorShare)
		b[c] = 1 / (priorShare * priorShare) // towards a factor of 1
	}
	for i, count := range seen.counts {
		w := 1 / (count + 10 + countShare*countShare*count*count)
		for c := range n {
			p := got.by[i][c] / factor[c] // by the prior's trips
			if p == 0 {
				continue
			}
			b[c] += w * p * count
			for d := range n {
				a[c][d] += w * p * got.by[i][d] / factor[d]
			}
		}
	}
	// Cholesky: a = l·lᵀ; the inverse's diagonal is the variance of the factors.
	l := make([][]float64, n)
	for i := range n {
		l[i] = make([]float64, n)
		for k := range i + 1 {
			sum := a[i][k]
			for q := range k {
				sum -= l[i][q] * l[k][q]
			}
			if i != k {
				l[i][k] = sum / l[k][k]
				continue
			}
			if sum <= 0 {
				return nil, nil, fmt.Errorf("calibrate: the counts contradict each other beyond what arithmetic bears")
			}
			l[i][i] = math.Sqrt(sum)
		}
	}
	solve := func(y []float64) []float64 {
		x := slices.Clone(y)
		for i := range n {
			for k := range i {
				x[i] -= l[i][k] * x[k]
			}
			x[i] /= l[i][i]
		}
		for i := n - 1; i >= 0; i-- {
			for k := i + 1; k < n; k++ {
				x[i] -= l[k][i] * x[k]
			}
			x[i] /= l[i][i]
		}
		return x
	}
	next, sd := solve(b), make([]float64, n)
	for c := range n {
		next[c] = math.Max(0.2, math.Min(4, next[c]))
		unit := make([]float64, n)
		unit[c] = 1
		sd[c] = math.Sqrt(math.Max(0, solve(unit)[c])) * prior[c]
	}
	return next, sd, nil
}

// routes counts the routes along main streets that reporting vehicles drove, and the share whose modelled time is within 15 % of theirs.
func routes(c *city.City, seen *measured, got *run) (n int, good float64) {
	turns := c.Streets.IndexTurns()
	used := make([]bool, len(c.Streets.Links))
	for l := range c.Streets.Links {
		if link := &c.Streets.Links[l]; used[l] || link.Class > city.Secondary || link.Name == (city.Text{}) {
			continue
		}
		chain, _ := c.Streets.Chain(turns, int32(l), 4000)
		var metres, is, model float64
		for _, x := range chain {
			used[x] = true
			if math.IsNaN(seen.travel[x]) || math.IsNaN(got.travel[x]) {
				continue // of it nothing is known
			}
			metres += c.Streets.Links[x].Length
			is, model = is+seen.travel[x], model+got.travel[x]
		}
		if metres < 1000 {
			continue
		}
		n++
		if math.Abs(model-is) <= 0.15*is {
			good++
		}
	}
	return n, good / float64(max(1, n))
}
