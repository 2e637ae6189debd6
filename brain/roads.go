package brain

import (
	"context"
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/emergency"
	"citybrain/routing"
	"citybrain/traffic"
)

// moments are those at which the roads ahead are known: an emergency vehicle's arrival is reckoned along them.
var moments = [...]time.Duration{5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

// aheadEvery is how often the roads ahead are thought anew.
const aheadEvery = 10 * time.Minute

// unitProfile and lorryProfile drive at the seconds that they are given.
var (
	unitProfile  = routing.Profile{Name: "ambulance", Height: routing.Ambulance.Height, Wades: emergency.Ambulance.Wades()}
	lorryProfile = routing.Profile{Name: "fire engine", Height: routing.FireEngine.Height, Wades: emergency.FireEngine.Wades()}
)

// roadsAhead is what emergency vehicles will find, by moment and link.
type roadsAhead struct {
	made    time.Time
	seconds [len(moments)][]float32
	depth   [len(moments)][]float32
}

// lookAhead thinks the roads of the next hour: the brain's traffic played on, with the water that the newest forecast expects.
func (b *Brain) lookAhead(ctx context.Context) error {
	if b.halted {
		return nil
	}
	s, made := b.streets.Fork(), b.now
	a := &roadsAhead{made: made}
	for i, m := range moments {
		a.depth[i] = b.depthAhead(made.Add(m))
	}
	return b.ponder(ctx, thought{"roads ahead", func(ctx context.Context) error {
		from := s.Now()
		for i, m := range moments {
			if err := s.Step(ctx, from+m); err != nil {
				return err
			}
			a.seconds[i] = sirenSeconds(s)
		}
		return nil
	}, func() error {
		b.ahead = a
		b.stats.Branches++
		return nil
	}})
}

func sirenSeconds(s *traffic.Sim) []float32 {
	w := make([]float32, len(s.Weights()))
	for l := range w {
		w[l] = float32(s.SirenSeconds(int32(l)))
	}
	return w
}

// depthAhead is the water on each link that the newest forecast expects for a time, nil without one.
func (b *Brain) depthAhead(at time.Time) []float32 {
	if b.fan == nil || b.water == nil {
		return nil
	}
	br, ok := b.twin.Branch(b.fan.Branch)
	if !ok {
		return nil
	}
	field, _, ok := br.Snapshot().FieldAt("waterDepth", "city", at)
	grid := b.water.Grid()
	if !ok || len(field) != grid.Cells() {
		return nil
	}
	return b.depths(func(p [2]float64) float64 {
		if c := grid.Index(p); c >= 0 {
			return float64(field[c])
		}
		return 0
	})
}

// depths is the deepest water on each link that can be wet.
func (b *Brain) depths(at func(p [2]float64) float64) []float32 {
	d := make([]float32, len(b.city.Streets.Links))
	for l := range d {
		link := &b.city.Streets.Links[l]
		if !link.Wet() {
			continue
		}
		for s := 0.0; s <= link.Length; s += 40 {
			p := traffic.At(link, s)
			if c := b.city.Terrain.Index(p); c >= 0 && !b.city.Terrain.River[c] {
				d[l] = max(d[l], float32(at(p)))
			}
		}
	}
	return d
}

// siren is the seconds that links take an emergency vehicle now: by the queues that the detectors and vehicles tell of where there are
// lights, else by the brain's own traffic. Closed streets are closed to it, too.
func (b *Brain) siren() []float32 {
	w := sirenSeconds(b.streets)
	for _, l := range b.est.queues.links {
		link := &b.city.Streets.Links[l]
		rows := 0.0
		for k := range b.est.queues.waiting[l] {
			rows = math.Max(rows, b.est.queues.waiting[l][k]/math.Max(1, float64(link.Lanes)/3))
		}
		w[l] = float32(b.streets.SirenBehind(l, rows))
	}
	for l := range w {
		if b.closed[b.city.Streets.Links[l].ID] {
			w[l] = routing.Closed
		}
	}
	return w
}

// roadsNow is what emergency vehicles find from now on, at most a minute old.
type roadsNow struct {
	at       time.Time
	seconds  []float32
	forecast *routing.Forecast
	to       map[int32]*routing.Tree // ways to nodes that are asked for again
}

// tree is the ways to a node.
func (r *roadsNow) tree(b *Brain, node int32) *routing.Tree {
	t := r.to[node]
	if t == nil {
		t = b.graph.To(node, r.seconds, &b.search)
		r.to[node] = t
	}
	return t
}

// roadsNow is the roads for ambulances and whatever is as low.
func (b *Brain) roadsNow() (*roadsNow, error) { return b.roadsOf(emergency.Ambulance) }

// roadsOf is the roads for units of a kind.
func (b *Brain) roadsOf(k emergency.Kind) (*roadsNow, error) {
	kept, profile := &b.driven, unitProfile
	if k.High() {
		kept, profile = &b.waded, lorryProfile
	}
	if *kept != nil && b.now.Sub((*kept).at) < time.Minute && !(*kept).at.After(b.now) {
		return *kept, nil
	}
	r := &roadsNow{at: b.now, seconds: b.siren(), to: map[int32]*routing.Tree{}}
	depth := []float32(nil)
	if b.water != nil {
		depth = b.depths(func(p [2]float64) float64 {
			if c := b.city.Terrain.Index(p); c >= 0 {
				return b.water.DepthAt(c)
			}
			return 0
		})
		for l, d := range depth {
			if float64(d) > k.Wades() {
				r.seconds[l] = routing.Closed
			}
		}
	}
	at, frames := []time.Duration{0}, []*routing.Weighing{b.roads.Weigh(profile, routing.Conditions{Seconds: r.seconds, Depth: depth})}
	if a := b.ahead; a != nil {
		for i, m := range moments {
			lead := a.made.Add(m).Sub(b.now)
			if lead < time.Minute {
				continue
			}
			s := a.seconds[i]
			at, frames = append(at, lead), append(frames, b.roads.Weigh(profile, routing.Conditions{Seconds: s, Depth: a.depth[i]}))
		}
	}
	f, err := routing.NewForecast(at, frames)
	if err != nil {
		return nil, fmt.Errorf("brain: roads: %w", err)
	}
	r.forecast = f
	*kept = r
	return r, nil
}

// drive is a way along the forecast from a node to another one, with the links that it takes.
func (b *Brain) drive(r *roadsNow, from, to int32, depart time.Duration) (links []int32, seconds float64, ok bool) {
	best := math.Inf(1)
	for _, out := range b.leave[from] {
		for _, in := range b.arrive[to] {
			route := r.forecast.Route(routing.Place{Link: out}, routing.Place{Link: in, Along: 1}, depart)
			if !route.Outcome.Reached() || route.Seconds >= best || len(route.Ways) == 0 {
				continue
			}
			best = route.Seconds
			links = links[:0:0]
			for _, w := range route.Ways {
				l, _ := b.roads.Way(w)
				links = append(links, l)
			}
		}
	}
	if from == to {
		return nil, 0, true
	}
	return links, best, !math.IsInf(best, 1)
}

// arriveBy lists the links that end at each node.
func arriveBy(s *city.Streets) [][]int32 {
	list := make([][]int32, len(s.Nodes))
	for l := range s.Links {
		list[s.Links[l].To] = append(list[s.Links[l].To], int32(l))
	}
	return list
}
