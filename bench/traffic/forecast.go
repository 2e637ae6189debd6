package traffic

import (
	"context"
	"fmt"
	"math"
	"time"

	"citybrain/account"
	"citybrain/bench"
	"citybrain/city"
	"citybrain/flood"
	"citybrain/traffic"
	"citybrain/traffic/forecast"
	"citybrain/world"
)

// Speeds are forecast every five minutes of the demo city's evenings: four hours with their storm, under fair plans, a crash in every second.
const (
	eveningHours = 4
	pastFirst    = 9001 // seeds of the evenings that are learnt from …
	newFirst     = 9101 // … and of those that are predicted
	rainMembers  = 3    // of the ensemble that water is forecast with
	looksEvery   = 5 * time.Second
	reportsEvery = 15 * time.Second
	fewest       = 5 // vehicles that leave a link in the bin
)

// An evening is a day of records beside what truly was.
type evening struct {
	forecast.Day
	speed [][]float32 // m/s by bin and link, of all vehicles; NaN: none were there
	flow  [][]float32 // vehicles that left, by bin and link
}

// watcher keeps what departments would report of one world.
type watcher struct {
	city           *city.City
	rec            *forecast.Recorder
	loops          []city.Loop
	covered        []float32
	all            *forecast.Recorder // of every vehicle, at every look
	left           []uint32
	reported, seen map[int32]forecast.Place // by trip
	water          *flood.Sim               // the believed one
	wet            [][]int                  // by link: the cells of the terrain that it runs over
}

func newWatcher(c *city.City, seed uint64) (*watcher, error) {
	n := len(c.Streets.Links)
	w := &watcher{city: c, rec: forecast.NewRecorder(&c.Streets), covered: make([]float32, n), all: forecast.NewRecorder(&c.Streets), left: make([]uint32, n), reported: map[int32]forecast.Place{}, seen: map[int32]forecast.Place{}, wet: make([][]int, n)}
	for j := range c.Signals {
		w.loops = append(w.loops, city.Loops(&c.Streets, &c.Signals[j])...)
	}
	believed := account.BelievedCity(c, account.BrainSeed(seed))
	var err error
	if w.water, err = flood.New(believed, flood.Config{Start: account.EveningStart, Coarsen: 3, MaxStep: 20 * time.Second}); err != nil {
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
	trips := s.Trips()
	for v := range s.Vehicles() {
		at := forecast.Place{Link: v.Link, Along: v.Along}
		if was, ok := w.seen[v.Trip]; ok {
			w.all.Drive(was, at, looksEvery.Seconds())
		}
		w.seen[v.Trip] = at
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
	occupied := make([]float32, n)
	all := w.all.Cut(nil, nil, 0)
	speed, flow = all.Speed, make([]float32, n)
	for l := range n {
		if all.Seen[l] == 0 {
			speed[l] = float32(math.NaN())
		}
		if occupied[l] = w.covered[l] / float32(forecast.Bin/looksEvery); w.city.Streets.Links[l].Detector == city.DetectorNone {
			occupied[l] = -1
		}
		left := s.Counts(int32(l)).Left
		flow[l] = float32(left - w.left[l])
		w.left[l] = left
	}
	clear(w.covered)
	return w.rec.Cut(occupied, w.dry(w.water), float32(rain)), speed, flow
}

// watch runs the evening of a seed and keeps what was reported and what was.
func watch(ctx context.Context, c *city.City, plans []city.PlanSpec, seed uint64) (*evening, error) {
	w, err := world.New(c, world.Config{Seed: seed, Start: account.EveningStart, Hours: eveningHours, Threads: 2, Silent: true, Plans: plans})
	if err != nil {
		return nil, err
	}
	see, err := newWatcher(c, seed)
	if err != nil {
		return nil, err
	}
	out := &evening{Day: forecast.Day{First: 17 * time.Hour}}
	rain := 0.0
	for now := looksEvery; now <= eveningHours*time.Hour; now += looksEvery {
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
		out.Bins, out.speed, out.flow = append(out.Bins, r), append(out.speed, speed), append(out.flow, flow)
	}
	return out, nil
}

// misses are summed flow-weighted misses of one lead.
type misses struct{ ours, now, profile, weight, within float64 }

// add holds f, made after bin b, against what came lead bins later.
func (s *misses) add(day *evening, b, lead int, f *forecast.Forecast, profile [][]float64) {
	for l, flow := range day.flow[b+lead] {
		v := float64(day.speed[b+lead][l])
		if flow < fewest || math.IsNaN(v) {
			continue
		}
		w, now := float64(flow), float64(day.speed[b][l])
		if math.IsNaN(now) {
			now = profile[b][l]
		}
		s.weight += w
		s.ours += w * math.Abs(float64(f.Speed[l])-v)
		s.now += w * math.Abs(now-v)
		s.profile += w * math.Abs(profile[b+lead][l]-v)
		if v >= float64(f.Low[l]) && v <= float64(f.High[l]) {
			s.within += w
		}
	}
}

// Forecast holds the forecast of five-minute speeds against 'as now' and the day profile, both made of the true speeds of all vehicles, while the
// forecast knows only what is reported. It learns from past evenings and predicts new ones, of other seeds.
func Forecast(ctx context.Context, c *city.City, past, new int) ([]bench.Row, error) {
	plans, err := account.FairPlans(ctx, c, world.Config{Seed: 1, Start: account.EveningStart, Hours: 2}, 2)
	if err != nil {
		return nil, err
	}
	evenings := make([]*evening, past+new)
	for k := range evenings {
		seed := pastFirst + uint64(k)
		if k >= past {
			seed = newFirst + uint64(k-past)
		}
		if evenings[k], err = watch(ctx, c, plans, seed); err != nil {
			return nil, fmt.Errorf("evening of seed %d: %w", seed, err)
		}
	}
	return judge(c, evenings[:past], evenings[past:])
}

// judge learns from past evenings and predicts new ones.
func judge(c *city.City, past, new []*evening) ([]bench.Row, error) {
	days := make([]forecast.Day, len(past))
	for k := range past {
		days[k] = past[k].Day
	}
	model, err := forecast.Learn(&c.Streets, days, 1)
	if err != nil {
		return nil, err
	}
	profile := meanSpeeds(c, past)
	var sums [len(forecast.Leads)]misses
	for _, day := range new {
		for b := 5; b < len(day.Bins); b++ {
			list, err := model.Predict(day.Bins[:b+1], everyone)
			if err != nil {
				return nil, err
			}
			for i, lead := range forecast.Leads {
				if b+lead < len(day.Bins) {
					sums[i].add(day, b, lead, &list[i], profile)
				}
			}
		}
	}
	var rows []bench.Row
	for i, lead := range forecast.Leads {
		s := sums[i]
		better := min(s.now, s.profile)
		less, aim := 100*(1-s.ours/better), 25.0
		row := bench.AtLeast(fmt.Sprintf("forecast of speeds %v ahead: less MAE than the better of as now and profile", time.Duration(lead)*forecast.Bin), "%", 10, &less,
			fmt.Sprintf("%.3f m/s; as now %.3f, day profile %.3f; %.1f %% of true speeds within bounds of 90 %%; %d evenings after %d", s.ours/s.weight, s.now/s.weight, s.profile/s.weight, 100*s.within/s.weight, len(new), len(past)))
		row.Aim = &aim
		rows = append(rows, row)
	}
	return rows, nil
}

// everyone is how many vehicles there are for each that reports, as registrations say.
const everyone = 5

// meanSpeeds is the day profile: by bin and link the mean of the evenings' true speeds, each bin with those beside it.
func meanSpeeds(c *city.City, days []*evening) [][]float64 {
	n, bins := len(c.Streets.Links), len(days[0].speed)
	out := make([][]float64, bins)
	for l := range n {
		day, seen := 5*0.6*c.Streets.Links[l].Speed, 5.0
		for _, d := range days {
			for b := range bins {
				if v := float64(d.speed[b][l]); !math.IsNaN(v) && d.flow[b][l] > 0 {
					day, seen = day+v, seen+1
				}
			}
		}
		day /= seen
		for b := range bins {
			if out[b] == nil {
				out[b] = make([]float64, n)
			}
			sum, w := 5*day, 5.0
			for _, d := range days {
				for u := max(0, b-1); u < min(bins, b+2); u++ {
					if v := float64(d.speed[u][l]); !math.IsNaN(v) && d.flow[u][l] > 0 {
						sum, w = sum+v, w+1
					}
				}
			}
			out[b][l] = sum / w
		}
	}
	return out
}
