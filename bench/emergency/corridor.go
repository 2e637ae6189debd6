package emergency

import (
	"context"
	"fmt"
	"math"
	"sort"
	"time"

	"citybrain/account"
	"citybrain/bench"
	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/emergency/corridor"
	"citybrain/routing"
	"citybrain/traffic"
	"citybrain/world"
)

// A storm evening is run up to stormAt, when the cells cross the city and streets are wet; from there each run is driven twice,
// with its corridor and without, on copies of the same streets.
const (
	stormAt    = 80 * time.Minute
	aside      = 15 * time.Minute // after a passage, in which others' loss is counted
	runsEach   = 2                // of a seed
	firstStorm = 6001             // the first seed; the planner was made on those from 5001 on
	leastLit   = 4                // lights on a run's way, for fewer nobody makes a corridor
	emptied    = 0.5              // share of stations without a free unit in the storm
	gaveUp     = 40 * time.Minute
	rethought  = 5 // s between two plans of a corridor: what the live brain has
)

// persons is who is in a vehicle (Shanghai's surveys have 1.4 in a car; a bus in the evening peak), walkers how many an hour come to a
// crossing of a main road.
var persons = [...]float64{traffic.Car: 1.4, traffic.Taxi: 1.7, traffic.Bus: 25, traffic.Truck: 1.2}

const walkers = 240.0

// A side is one drive of a run.
type side struct {
	Free     float64 // s of the route at its pace where nothing stands
	Seconds  float64 // of the unit
	Passages int
	Green    int     // signals that were green for it when it came
	Queue    float64 // vehicles that stood before it, summed over passages
	Cross    float64 // person-seconds that others stood at its junctions …
	People   float64 // … of so many
	Red      int     // s, the longest that a movement was red there by this side's doing
	Reds     map[redSpell]int
	Short    int // clearances, minimum greens or walkers' clearances cut
}

// trial is a run on a seed's streets.
type trial struct {
	city     *city.City
	from     *traffic.Sim
	route    []int32
	planner  *corridor.Planner
	approach map[int]int32 // junction on the route to the link by which the unit comes
}

// storm returns the streets of a seed's storm.
func storm(ctx context.Context, c *city.City, plans []city.PlanSpec, seed uint64) (*traffic.Sim, error) {
	w, err := world.New(c, world.Config{Seed: seed, Start: account.EveningStart, Hours: 2, Threads: 2, Silent: true, Plans: plans})
	if err != nil {
		return nil, err
	}
	if err := w.Step(ctx, stormAt); err != nil {
		return nil, err
	}
	return w.Streets(), nil
}

// corridors drives runs over the same streets with and without a corridor.
func corridors(ctx context.Context, c *city.City, streets *traffic.Sim, seed uint64) (with, without []side, err error) {
	g := routing.NewGraph(&c.Streets)
	leave := routing.LeaveBy(&c.Streets)
	draw := chance.New(seed, "bench/emergency/corridor")
	var stations []int32
	var people []float64 // up to each zone
	for i := range c.Places {
		if p := &c.Places[i]; p.Kind == city.AmbulanceStation && p.Node >= 0 {
			stations = append(stations, p.Node)
		}
	}
	for i, z := range c.Zones {
		people = append(people, z.Population+0.3*z.Jobs)
		if i > 0 {
			people[i] += people[i-1]
		}
	}
	weights := sirenSeconds(c, streets)
	var search routing.Search
	for try := uint64(0); len(with) < runsEach && try < 1000; try++ {
		// The call is drawn by people; the unit that is there first goes.
		u := draw.Float(try, 0) * people[len(people)-1]
		to := c.Zones[sort.SearchFloat64s(people, u)].Node
		tree := g.To(to, weights, &search)
		first, least := int32(-1), float32(math.Inf(1))
		for i, n := range stations {
			if _, s := tree.FromNode(leave[n], weights); n != to && s < least && draw.Float(try, uint64(10+i)) >= emptied {
				first, least = n, s
			}
		}
		if first < 0 {
			continue
		}
		route := way(c, tree, leave[first], weights, to)
		lit := 0
		for _, l := range route[:len(route)-1] {
			if c.Streets.Nodes[c.Streets.Links[l].To].Junction >= 0 {
				lit++
			}
		}
		if lit < leastLit {
			continue
		}
		var windows map[int][2]int
		var on, off side
		for k := range 2 {
			t := &trial{city: c, from: streets, route: route, approach: map[int]int32{}}
			if k == 0 {
				t.planner = corridor.New(c)
			}
			s, win, err := t.drive(ctx, windows)
			if err != nil {
				return nil, nil, err
			}
			if k == 0 {
				on, windows = s, win
			} else {
				off = s
			}
		}
		// What was red already when the corridor began, and longer without it, is not its doing.
		for spell, r := range on.Reds {
			if off.Reds[spell] < r {
				on.Red = max(on.Red, r)
			}
		}
		for _, r := range off.Reds {
			off.Red = max(off.Red, r)
		}
		with, without = append(with, on), append(without, off)
	}
	return with, without, nil
}

// sirenSeconds is how long each link takes a unit without a corridor: the route is chosen by that, the same for both sides.
func sirenSeconds(c *city.City, s *traffic.Sim) []float32 {
	w := make([]float32, len(c.Streets.Links))
	for l := range w {
		w[l] = float32(s.SirenSeconds(int32(l)))
	}
	return w
}

// way lists the links from a node to the goal of a tree.
func way(c *city.City, t *routing.Tree, from []int32, weights []float32, to int32) []int32 {
	l, _ := t.FromNode(from, weights)
	var route []int32
	for l >= 0 && len(route) < 1000 {
		route = append(route, l)
		if c.Streets.Links[l].To == to {
			return route
		}
		l = t.Next(l)
	}
	return nil
}

// drive drives the route once and counts at its junctions. windows are the seconds in which others are counted at each, from when a
// corridor first asked for something to aside after the passage; nil: they are made here.
func (t *trial) drive(ctx context.Context, windows map[int][2]int) (side, map[int][2]int, error) {
	s, c := t.from.Fork(), t.city
	var out side
	turns := c.Streets.IndexTurns()
	movement := map[int]int{}
	for i := 1; i < len(t.route); i++ {
		for k := turns[t.route[i-1]]; k < turns[t.route[i-1]+1]; k++ {
			if turn := &c.Streets.Turns[k]; turn.To == t.route[i] && turn.Junction >= 0 {
				j := int(turn.Junction)
				t.approach[j] = t.route[i-1]
				for m := range c.Signals[j].Movements {
					for _, x := range c.Signals[j].Movements[m].Turns {
						if x == k {
							movement[j] = m
						}
					}
				}
			}
		}
	}
	w := newWatch(c, s, t.approach)
	begin := s.Now()
	for _, l := range t.route {
		out.Free += s.SirenFree(l)
	}
	rolls := begin + turnout*time.Second // its crew is on its way to it; the corridor knows already
	unit := int32(1)                     // by a number that no unit of the evening's own has
	for _, x := range s.Sirens() {
		unit = max(unit, x.ID+1)
	}
	if err := s.Input(rolls, traffic.SirenRoute{ID: unit, Urgent: true, Route: t.route}); err != nil {
		return out, nil, err
	}
	first := map[int]int{}
	passed := map[int]int{}
	end := begin + gaveUp
	arrived := false
	link := t.route[0]
	for s.Now() < end {
		now := int(s.Now() / time.Second)
		x := s.SirenOf(unit)
		if t.planner != nil && (now-int(begin/time.Second))%rethought == 0 {
			var runs []corridor.Run
			if !arrived {
				route, along, wait := t.route, 0.0, (rolls - s.Now()).Seconds()
				if x != nil {
					route, wait = x.Route, 0
					_, along = s.SirenAt(x)
				}
				runs = []corridor.Run{{Unit: "1", Priority: 1, Ahead: t.planner.Ahead(route, along, wait, s.SirenFree,
					func(l, to int32) (float64, float64) { n, _, lanes := s.Bound(l, to); return n, lanes })}}
			}
			for _, r := range t.planner.Plan(now, runs, func(j int) (corridor.Light, bool) { return lightOf(c, s, j), s.Signal(j).Mode == traffic.Lit }) {
				if _, known := first[r.Junction]; !known {
					first[r.Junction] = now
				}
				if err := s.Input(s.Now(), traffic.StageRequest{Junction: r.Junction, Stage: r.Stage, Lease: 2 * rethought * time.Second, Urgent: true}); err != nil {
					return out, nil, err
				}
			}
		}
		if x != nil && len(x.Route) > 1 && float32(now) >= x.Ready-1 && float32(now) < x.Ready {
			if j := c.Streets.Nodes[c.Streets.Links[x.Route[0]].To].Junction; j >= 0 {
				if m, ok := movement[int(j)]; ok {
					_, stand, _ := s.Bound(x.Route[0], x.Route[1])
					out.Passages++
					out.Queue += stand
					if s.Signal(int(j)).Green(m) {
						out.Green++
					}
				}
			}
		}
		if err := s.Step(ctx, s.Now()+time.Second); err != nil {
			return out, nil, err
		}
		w.second(s)
		if x = s.SirenOf(unit); x != nil && !arrived {
			if x.Route[0] != link || x.Done {
				if j := c.Streets.Nodes[c.Streets.Links[link].To].Junction; j >= 0 {
					passed[int(j)] = int(s.Now() / time.Second)
				}
				link = x.Route[0]
			}
			if x.Done {
				arrived = true
				out.Seconds = (s.Now() - rolls).Seconds()
				end = max(s.Now()+aside, windowsEnd(windows))
				if err := s.Input(s.Now(), traffic.SirenEnd{ID: unit}); err != nil {
					return out, nil, err
				}
			}
		}
	}
	if !arrived {
		return out, nil, fmt.Errorf("a run of %d links did not arrive within %v", len(t.route), gaveUp)
	}
	if windows == nil {
		windows = map[int][2]int{}
		for j := range t.approach {
			if at, asked := first[j]; asked { // where nothing was asked nothing was lost
				windows[j] = [2]int{at, passed[j] + int(aside/time.Second)}
			}
		}
	}
	w.count(windows, &out)
	return out, windows, nil
}

func windowsEnd(w map[int][2]int) time.Duration {
	end := 0
	for _, x := range w {
		end = max(end, x[1])
	}
	return time.Duration(end+1) * time.Second
}

// lightOf is what junction j shows and what waits there.
func lightOf(c *city.City, s *traffic.Sim, j int) corridor.Light {
	g, at := s.Signal(j), &c.Signals[j]
	now := int32(s.Now() / time.Second)
	l := corridor.Light{Stage: int(g.Stage), Next: int(g.Next), Age: int(now - g.Since), Left: int(max(0, g.Until-now))}
	seen := rethought
	if at.Countdown { // what it shows is decided so long before
		seen += city.CountdownTime
		if g.End > 0 {
			l.Next, l.Left = int(g.To), int(g.End-now)+at.Between(l.Stage, int(g.To))
		} else if l.Next < 0 {
			l.Age = max(0, min(l.Age, at.StageMinGreen(l.Stage)-city.CountdownTime))
		}
	}
	l.Coming = l.Falls(at, g.Plan, int(now), seen)
	for m := range at.Movements {
		l.Red = append(l.Red, int(g.Red(m, now)))
		w := 0.0
		if mv := &at.Movements[m]; mv.Kind == city.Vehicles {
			w = float64(s.Queue(mv.From, mv.Turn))
		}
		l.Waiting = append(l.Waiting, w)
	}
	return l
}

// corridorRows measures corridors over paired seeds.
func corridorRows(ctx context.Context, c *city.City, seeds int) ([]bench.Row, error) {
	cfg := world.Config{Seed: 1, Start: account.EveningStart, Hours: 2}
	plans, err := account.FairPlans(ctx, c, cfg, 2)
	if err != nil {
		return nil, err
	}
	var saved, loss []float64
	var on, off side
	for k := range seeds {
		seed := uint64(firstStorm + k)
		streets, err := storm(ctx, c, plans, seed)
		if err != nil {
			return nil, err
		}
		a, b, err := corridors(ctx, c, streets, seed)
		if err != nil {
			return nil, fmt.Errorf("corridors: seed %d: %w", seed, err)
		}
		var x, y side
		for i := range a {
			x.add(a[i])
			y.add(b[i])
		}
		saved = append(saved, 100*(1-x.Seconds/y.Seconds))
		if x.People > 0 && y.Cross > 0 { // else nobody else came by
			loss = append(loss, 100*((x.Cross/x.People)/(y.Cross/y.People)-1))
		}
		on.add(x)
		off.add(y)
	}
	n := float64(seeds * runsEach)
	cut := 100 * (1 - on.Seconds/off.Seconds)
	_, half := interval(saved)
	lost := 100 * ((on.Cross/on.People)/(off.Cross/off.People) - 1)
	_, lostHalf := interval(loss)
	red, short := float64(on.Red), float64(on.Short)
	green := 100 * float64(on.Green) / float64(max(1, on.Passages))
	queue := on.Queue / float64(max(1, on.Passages))
	note := fmt.Sprintf("%d seeds of %d runs each: %.0f s without, %.0f s with; ± %.1f over seeds", seeds, runsEach, off.Seconds/n, on.Seconds/n, half)
	return []bench.Row{
		bench.AtLeast("demo storm: corridors cut a run's travel time", "%", 20, &cut, note),
		bench.AtMost("demo storm: cross traffic's and walkers' loss by corridors, at most", "%", 10, &lost, fmt.Sprintf("per person %.1f s with, %.1f s without, from the first request to 15 min after the passage; ± %.1f over seeds", on.Cross/on.People, off.Cross/off.People, lostHalf)),
		bench.AtMost("demo storm: longest wait under corridors, at most", "s", 120, &red, fmt.Sprintf("longest red of any movement, walkers' included, at a junction that was asked for anything; %d s without", off.Red)),
		bench.AtMost("demo storm: clearances and minimum greens cut, at most", "", 0, &short, ""),
		bench.AtLeast("demo storm: signals green when the unit comes", "%", 80, &green, fmt.Sprintf("%.0f %% without; %d passages", 100*float64(off.Green)/float64(max(1, off.Passages)), on.Passages)),
		bench.AtMost("demo storm: vehicles standing before the unit at a passage, at most", "", 1.5, &queue, fmt.Sprintf("%.1f without", off.Queue/float64(max(1, off.Passages)))),
	}, nil
}

func (s *side) add(o side) {
	s.Seconds, s.Passages, s.Green, s.Queue = s.Seconds+o.Seconds, s.Passages+o.Passages, s.Green+o.Green, s.Queue+o.Queue
	s.Cross, s.People, s.Red, s.Short = s.Cross+o.Cross, s.People+o.People, max(s.Red, o.Red), s.Short+o.Short
}
