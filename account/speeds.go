package account

import (
	"context"
	"math"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/flood"
	"citybrain/traffic"
	"citybrain/traffic/forecast"
	"citybrain/world"
)

// Of evenings whose speeds are learnt from.
const (
	rainMembers  = 3 // of the ensemble that water is forecast with
	looksEvery   = 5 * time.Second
	reportsEvery = 15 * time.Second
)

// A SpeedEvening is a day of records of the streets' speeds, as departments would have reported them, beside what truly was.
type SpeedEvening struct {
	forecast.Day
	Speed [][]float32 // m/s by bin and link, of all vehicles; NaN: none were there
	Flow  [][]float32 // vehicles that left, by bin and link
}

// watcher keeps what departments would report of one world.
type watcher struct {
	city     *city.City
	rec      *forecast.Recorder
	loops    []city.Loop
	covered  []float32
	truth    *trueSpeeds
	bin      uint64
	reported map[int32]forecast.Place // by trip
	draw     chance.Source            // of vehicles that loops miss
	water    *flood.Sim               // the believed one
	wet      [][]int                  // by link: the cells of the terrain that it runs over
}

func newWatcher(c *city.City, seed uint64) (*watcher, error) {
	n := len(c.Streets.Links)
	w := &watcher{city: c, draw: chance.New(seed, "account/loops"), rec: forecast.NewRecorder(&c.Streets), covered: make([]float32, n), truth: newTrueSpeeds(c), reported: map[int32]forecast.Place{}, wet: make([][]int, n)}
	for j := range c.Signals {
		w.loops = append(w.loops, city.Loops(&c.Streets, &c.Signals[j])...)
	}
	believed := BelievedCity(c, BrainSeed(seed))
	var err error
	if w.water, err = flood.New(believed, flood.Config{Start: EveningStart, Coarsen: 3, MaxStep: 20 * time.Second}); err != nil {
		return nil, err
	}
	for l := range c.Streets.Links {
		link := &c.Streets.Links[l]
		if !link.Wet() {
			continue
		}
		for s := 0.0; s <= link.Length; s += 40 {
			if k := believed.Terrain.Index(traffic.At(link, s)); k >= 0 && !believed.Terrain.River[k] {
				w.wet[l] = append(w.wet[l], k)
			}
		}
	}
	return w, nil
}

// look takes in the streets as they are.
func (w *watcher) look(s *traffic.Sim, now time.Duration) {
	w.truth.look(s)
	trips := s.Trips()
	for v := range s.Vehicles() {
		at := forecast.Place{Link: v.Link, Along: v.Along, Stands: v.Waiting}
		if trips[v.Trip].Kind == traffic.Car || (now/looksEvery+time.Duration(v.Trip))%(reportsEvery/looksEvery) != 0 {
			continue
		}
		if was, ok := w.reported[v.Trip]; ok {
			w.rec.Drive(was, at, reportsEvery.Seconds())
		}
		w.reported[v.Trip] = at
	}
	last := int32(-1)
	for i := range w.loops { // those of one link stand together
		if k := &w.loops[i]; k.Link != last && w.queueOn(s, k) {
			w.covered[k.Link]++
			last = k.Link
		}
	}
}

// queueOn reports whether a queue stands on loop k of link, as its place has it.
func (w *watcher) queueOn(s *traffic.Sim, k *city.Loop) bool {
	link, turn := &w.city.Streets.Links[k.Link], &w.city.Streets.Turns[k.Turns[0]]
	metres := func(n int, lanes int8) float64 { return float64(n) * city.JamSpacing / float64(max(lanes, 1)) }
	switch link.Detector {
	case city.DetectorEntry:
		n := 0
		for v := range s.OnLink(k.Link) {
			if v.Waiting {
				n++
			}
		}
		return metres(n, link.Lanes) > link.Length-20
	case city.DetectorStopLine:
		return s.Queue(k.Link, turn.Kind) > 0
	}
	return metres(s.Queue(k.Link, turn.Kind), turn.Lanes) > 40
}

// dry is the share of their limits that the water of s leaves the links.
func (w *watcher) dry(s *flood.Sim) []float32 {
	out := make([]float32, len(w.wet))
	for l, cells := range w.wet {
		depth := 0.0
		for _, k := range cells {
			depth = max(depth, s.DepthAt(k))
		}
		if out[l] = 1; depth >= 0.05 {
			limit := w.city.Streets.Links[l].Speed
			out[l] = float32(flood.RoadSpeed(limit, depth) / limit)
		}
	}
	return out
}

// ahead is what the water forecast has for dry after each lead, mean over members.
func (w *watcher) ahead(ctx context.Context, of *world.World) (*[len(forecast.Leads)][]float32, error) {
	var out [len(forecast.Leads)][]float32
	for k := range out {
		out[k] = make([]float32, len(w.wet))
	}
	for m := range rainMembers {
		s := w.water.Fork()
		from, lead := s.Now(), time.Duration(0)
		for k := range forecast.Leads {
			for ; lead < time.Duration(forecast.Leads[k])*forecast.Bin; lead += forecast.Bin {
				if err := s.Input(from+lead, of.Member(m, lead)); err != nil {
					return nil, err
				}
				if err := s.Step(ctx, from+lead+forecast.Bin); err != nil {
					return nil, err
				}
			}
			for l, v := range w.dry(s) {
				out[k][l] += v / rainMembers
			}
		}
	}
	return &out, nil
}

// cut ends a bin.
func (w *watcher) cut(s *traffic.Sim, rain float64) (r forecast.Record, speed, flow []float32) {
	n := len(w.wet)
	occupied, counted := make([]float32, n), make([]float32, n)
	speed, flow = w.truth.cut(s)
	for l := range n {
		if occupied[l] = w.covered[l] / float32(forecast.Bin/looksEvery); w.city.Streets.Links[l].Detector == city.DetectorNone {
			occupied[l] = -1
		}
		if d := w.city.Streets.Links[l].Detector; d == city.DetectorNone || d == city.DetectorEntry {
			counted[l] = -1
			continue
		}
		for k := range uint64(flow[l]) {
			if w.draw.Float(w.bin<<32|uint64(l), k) < loopCounts {
				counted[l]++
			}
		}
	}
	w.bin++
	clear(w.covered)
	return w.rec.Cut(occupied, counted, w.dry(w.water), float32(rain)), speed, flow
}

// loopCounts is the share of vehicles that sound loops count.
const loopCounts = 0.98

// WatchSpeeds runs a storm evening of the city's world under plans, without the brain, and keeps what would have been reported and what was: one vehicle
// in five each 15 s, loops, rain, the water of a believed city, now and under the weather service's ensemble.
func WatchSpeeds(ctx context.Context, c *city.City, plans []city.PlanSpec, seed uint64, hours, threads int) (*SpeedEvening, error) {
	w, err := world.New(c, world.Config{Seed: seed, Start: EveningStart, Hours: float64(hours), Threads: threads, Silent: true, Plans: plans})
	if err != nil {
		return nil, err
	}
	see, err := newWatcher(c, seed)
	if err != nil {
		return nil, err
	}
	out := &SpeedEvening{Day: forecast.Day{First: 17 * time.Hour}}
	rain := 0.0
	for now := looksEvery; now <= time.Duration(hours)*time.Hour; now += looksEvery {
		if before := now - looksEvery; before%forecast.Bin == 0 {
			if err := see.water.Input(before, w.Radar()); err != nil {
				return nil, err
			}
			rain = w.Rain()
		}
		if err := w.Step(ctx, now); err != nil {
			return nil, err
		}
		see.look(w.Streets(), now)
		if now%forecast.Bin != 0 {
			continue
		}
		if err := see.water.Step(ctx, now); err != nil {
			return nil, err
		}
		r, speed, flow := see.cut(w.Streets(), rain)
		if r.Ahead, err = see.ahead(ctx, w); err != nil {
			return nil, err
		}
		out.Bins, out.Speed, out.Flow = append(out.Bins, r), append(out.Speed, speed), append(out.Flow, flow)
	}
	return out, nil
}

// trueSpeeds keeps how fast all vehicles drive.
type trueSpeeds struct {
	rec  *forecast.Recorder
	seen map[int32]forecast.Place // by trip
	left []uint32
}

func newTrueSpeeds(c *city.City) *trueSpeeds {
	return &trueSpeeds{forecast.NewRecorder(&c.Streets), map[int32]forecast.Place{}, make([]uint32, len(c.Streets.Links))}
}

// look takes in where all are, each looksEvery.
func (t *trueSpeeds) look(s *traffic.Sim) {
	for v := range s.Vehicles() {
		at := forecast.Place{Link: v.Link, Along: v.Along, Stands: v.Waiting}
		if was, ok := t.seen[v.Trip]; ok {
			t.rec.Drive(was, at, looksEvery.Seconds())
		}
		t.seen[v.Trip] = at
	}
}

// cut ends a bin: mean speeds, NaN where nobody was, and the vehicles that left.
func (t *trueSpeeds) cut(s *traffic.Sim) (speed, flow []float32) {
	r := t.rec.Cut(nil, nil, nil, 0)
	speed, flow = r.Speed, make([]float32, len(t.left))
	for l := range flow {
		if r.Seen[l] == 0 {
			speed[l] = float32(math.NaN())
		}
		left := s.Counts(int32(l)).Left
		flow[l] = float32(left - t.left[l])
		t.left[l] = left
	}
	return speed, flow
}
