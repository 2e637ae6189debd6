package brain

import (
	"context"
	"errors"
	"math"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/city/riverside"
	"citybrain/exchange"
	"citybrain/traffic"
	"citybrain/twin"
)

var start = time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC)

var demo = sync.OnceValue(func() *city.City { return riverside.City(1) })

// departments keeps the orders that it gets and has the rain that a test gives it.
type departments struct {
	orders   []*exchange.Command
	released []string
	rain     exchange.RainForecast
}

func (d *departments) Order(_ time.Time, list ...*exchange.Command) error {
	d.orders = append(d.orders, list...)
	return nil
}
func (d *departments) Release(principal string) { d.released = append(d.released, principal) }
func (d *departments) Rain() (exchange.RainForecast, exchange.Radar) {
	return d.rain, exchange.Radar{}
}

// members of an ensemble: one for each variant of the demand.
const members = len(demandVariants)

func evening(threads int) Config {
	return Config{Start: start, Seed: 3, Members: members, Horizon: 30 * time.Minute, PerHour: 6000, Hours: 2, Threads: threads}
}

func newBrain(t testing.TB, threads int) (*Brain, *departments) {
	t.Helper()
	tw := twin.New(twin.Options{Clock: func() time.Time { return start }})
	t.Cleanup(func() { tw.Close() })
	d := &departments{}
	b, err := New(demo(), tw, d, evening(threads))
	if err != nil {
		t.Fatal(err)
	}
	b.now = start
	return b, d
}

// cloudburst is an issue of members members: an hour of rain of about mmh on every cell, each with its own strength.
func cloudburst(c *city.City, mmh float64, members int) exchange.RainForecast {
	g := city.Grid{West: c.Bounds.Min[0], North: c.Bounds.Max[1], Cell: 4000, Cols: 1, Rows: 1}
	for float64(g.Cols)*g.Cell < c.Bounds.Max[0]-c.Bounds.Min[0] {
		g.Cols++
	}
	for float64(g.Rows)*g.Cell < c.Bounds.Max[1]-c.Bounds.Min[1] {
		g.Rows++
	}
	r := exchange.RainForecast{Issue: start, Step: 5 * time.Minute, Grid: g}
	draw := chance.New(1, "cloudburst")
	for m := range members {
		var frames [][]float32
		for range 12 {
			f := make([]float32, g.Cells())
			for i := range f {
				f[i] = float32(mmh * draw.Between(uint64(m), 0, 0.5, 1.5))
			}
			frames = append(frames, f)
		}
		r.Members = append(r.Members, frames)
	}
	return r
}

// A stormy is a brain that had a cloudburst forecast, and what the forecast led to.
type stormy struct {
	*Brain
	programme
}

// downpour is its rain, mm/h.
const downpour = 135

// storm is made once: tests that use it read it only.
func storm(t *testing.T) *stormy {
	t.Helper()
	b, err := theStorm()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var theStorm = sync.OnceValues(func() (*stormy, error) {
	if !demo().Priced() {
		return nil, errors.New("the demo city's calibration is of other streets: the test of city/riverside says what to do")
	}
	b, err := New(demo(), twin.New(twin.Options{Clock: func() time.Time { return start }}), &departments{}, evening(2))
	if err != nil {
		return nil, err
	}
	b.now = start
	o := b.outlook(cloudburst(b.city, downpour, members))
	p, err := o.plan(context.Background(), members)
	if err != nil {
		return nil, err
	}
	return &stormy{b, p}, b.conclude(context.Background(), o, p)
})

// What is chosen is never worse than doing nothing, it orders equipment, and names both branches.
func TestForecastDecides(t *testing.T) {
	b := storm(t)
	if loss(totals(b.base)) == 0 {
		t.Fatal("the downpour does no damage: nothing to decide on")
	}
	if loss(totals(b.best)) > loss(totals(b.base)) {
		t.Errorf("what was chosen loses %g, doing nothing %g", loss(totals(b.best)), loss(totals(b.base)))
	}
	kinds := map[string]int{}
	for _, d := range b.decisions {
		kinds[d.Kind]++
		for _, name := range []string{d.Base, d.With} {
			br, ok := b.twin.Branch(name)
			if !ok {
				t.Fatalf("%s rests on branch %q, which is not there", d.ID, name)
			}
			if e, ok := br.Snapshot().Get(exchange.URN("Forecast", "water")); !ok {
				t.Errorf("branch %s has no forecast", name)
			} else if v, ok := e.Number("damageCNY"); !ok || v <= 0 {
				t.Errorf("branch %s expects a damage of %v", name, v)
			}
		}
		if d.Expected == nil || !(d.Expected.P05 <= d.Expected.Mean && d.Expected.Mean <= d.Expected.P95) {
			t.Errorf("%s expects %+v", d.ID, d.Expected)
		}
		if d.Kind == "water" && d.State != string(exchange.Approved) || d.Kind == "closure" && d.State != string(exchange.Proposed) {
			t.Errorf("%s is %s", d.ID, d.State)
		}
	}
	if kinds["water"] == 0 || kinds["closure"] == 0 {
		t.Errorf("decisions %v", kinds)
	}
}

// Half an hour without rain is decided by one member and asks for nothing.
func TestDryForecastAsksForNothing(t *testing.T) {
	b, d := newBrain(t, 2)
	if err := b.forecast(context.Background(), cloudburst(b.city, 0, members)); err != nil {
		t.Fatal(err)
	}
	if len(b.decisions) != 0 || len(d.orders) != 0 || b.stats.Branches != 1 {
		t.Errorf("%d decisions, %d orders, %d branches", len(b.decisions), len(d.orders), b.stats.Branches)
	}
	if f := b.Fan(); f == nil || len(f.Median) != 6 || slices.Max(f.Rain) != 0 {
		t.Errorf("fan %+v", f)
	}
}

func TestVerdicts(t *testing.T) {
	b, d := newBrain(t, 2)
	propose := func() *Decision {
		x := &Decision{Kind: "closure", Deadline: b.now.Add(10 * time.Minute), orders: []exchange.Command{{Closure: &exchange.ClosureOrder{Link: b.city.Streets.Links[0].ID, Closed: true}}}}
		b.decide(x)
		return x
	}
	yes, no, late := propose(), propose(), propose()
	if len(b.Open()) != 3 || len(b.pending) != 0 {
		t.Fatalf("%d open, %d orders on their way before anybody said yes", len(b.Open()), len(b.pending))
	}
	if err := b.Verdict(yes.ID, true, "Li Wei"); err != nil {
		t.Fatal(err)
	}
	if err := b.Verdict(no.ID, false, "Li Wei"); err != nil {
		t.Fatal(err)
	}
	if err := b.Verdict(yes.ID, false, "Li Wei"); !errors.Is(err, ErrNotOpen) {
		t.Errorf("a second verdict: %v", err)
	}
	if err := b.Verdict("closure-none", true, "Li Wei"); err == nil {
		t.Error("a verdict on nothing is taken")
	}
	if err := b.flush(); err != nil {
		t.Fatal(err)
	}
	if len(d.orders) != 1 || d.orders[0].Principal != "Li Wei" || d.orders[0].Decision != yes.ID {
		t.Errorf("orders %+v", d.orders)
	}
	b.now = b.now.Add(11 * time.Minute)
	b.expire()
	if no.State != string(exchange.Rejected) || late.State != string(exchange.Expired) || no.By != "Li Wei" {
		t.Errorf("refused: %s by %s; undecided: %s", no.State, no.By, late.State)
	}
	e, ok := b.main.Snapshot().Get(exchange.URN("Decision", no.ID))
	if state, _ := e.Text("state"); !ok || state != string(exchange.Rejected) {
		t.Errorf("the twin has it as %q", state)
	}
	if err := b.Halt(true, "Li Wei"); err != nil {
		t.Fatal(err)
	}
	if e, ok := b.main.Snapshot().Get(exchange.URN("Automation", "city")); !ok {
		t.Error("nobody can see who halted")
	} else if by, _ := e.Text("by"); by != "Li Wei" {
		t.Errorf("halted by %q", by)
	}
	b.command(exchange.Command{Stage: &exchange.StageOrder{}})
	again := propose()
	if err := b.Verdict(again.ID, true, "Li Wei"); err != nil {
		t.Fatal(err)
	}
	if err := b.flush(); err != nil || len(d.orders) != 2 || d.orders[1].Decision != again.ID || !slices.Equal(d.released, []string{"brain"}) {
		t.Errorf("halted: orders %+v went out (%v), let go of were those of %v", d.orders, err, d.released)
	}
	restarted, err := New(b.city, b.twin, d, b.cfg)
	if err != nil || !restarted.Halted() {
		t.Errorf("a brain that starts on a halted city acts (%v)", err)
	}
}

// More vehicles than the model has make its future fuller, fewer emptier, and neither without bounds.
func TestCorrectDemand(t *testing.T) {
	b, _ := newBrain(t, 2)
	if err := b.streets.Step(context.Background(), 20*time.Minute); err != nil {
		t.Fatal(err)
	}
	all, begun, then := len(b.streets.Trips()), b.streets.Totals(), b.streets
	for _, seen := range []float64{0.5, 0.81, 1, 1.21, 5} {
		b.streets = then.Fork()
		b.est.vehicles = seen * float64(begun.Running)
		b.correctDemand()
		due := float64(all - begun.Finished - begun.Running - begun.Waiting)
		got := float64(len(b.streets.Trips())-begun.Finished-begun.Running-begun.Waiting) / due
		if want := math.Max(1/correctMost, math.Min(correctMost, math.Sqrt(seen))); math.Abs(got-want) > 0.03 {
			t.Errorf("%g of the vehicles are seen: the trips to come change by %.3f, want %.3f", seen, got, want)
		}
	}
}

// From counts, stages and every fifth vehicle, queues are estimated closely enough to choose stages by: what is believed to
// wait follows what waits.
func TestQueuesFollowTheTruth(t *testing.T) {
	c := demo()
	trips, goals, err := traffic.Demand{Seed: 8, Start: start, Hours: 2, PerHour: 20000, Reach: 4200}.Trips(c)
	if err != nil {
		t.Fatal(err)
	}
	world, err := traffic.New(c, trips, goals, traffic.Config{Seed: 8, Replan: 10 * time.Minute, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	q := newQueues(c)
	stage := make([]lamp, len(c.Signals))
	before := slices.Clone(world.Crossed())
	covered := make([][3]float64, len(c.Streets.Links))
	var x, y, xx, yy, xy, off, n float64
	for sec := time.Duration(0); sec < 30*time.Minute; sec += 5 * time.Second {
		if err := world.Step(context.Background(), sec+5*time.Second); err != nil {
			t.Fatal(err)
		}
		for j := range stage {
			stage[j] = lamp{int(world.Signal(j).Stage), 5, -1, 0, -1}
		}
		now := start.Add(sec + 5*time.Second)
		q.tick(5, stage, func(l int32) float64 { return math.Min(1, float64(world.On(l))/float64(world.Storage(l))) })
		for _, l := range q.links {
			for k, turn := range []city.TurnKind{city.Left, city.Straight, city.Right} {
				if world.Queue(l, turn) > 0 {
					covered[l][k] += 1.0 / 3
				}
			}
			if c.Streets.Links[l].Detector != city.DetectorStopLine || int(sec/time.Second)%15 != 10 {
				continue
			}
			var of [3]reading
			for t := range c.Streets.Turns {
				if c.Streets.Turns[t].From == l {
					of[kindOf(c.Streets.Turns[t].Kind)].volume += float64(world.Crossed()[t] - before[t])
				}
			}
			for k := range of {
				of[k].occupied = covered[l][k]
			}
			if q.one(l) {
				q.countAll(l, now, reading{of[0].volume + of[1].volume + of[2].volume, covered[l][1]})
			} else {
				q.count(l, now, of)
			}
			covered[l] = [3]float64{}
		}
		if int(sec/time.Second)%15 == 10 {
			copy(before, world.Crossed())
			seen, back := make([][3]float64, len(c.Streets.Links)), make([][3]float64, len(c.Streets.Links))
			for v := range world.Vehicles() {
				if v.Waiting && v.Trip%5 == 0 {
					at := c.Streets.Links[v.Link].Length - v.Along
					for k, of := range q.belongs(v.Link, stander{back: at, stood: at, since: q.greens[v.Link]}) {
						if seen[v.Link][k] += of; of > 0.9 {
							back[v.Link][k] = math.Max(back[v.Link][k], at)
						}
					}
				}
			}
			for _, l := range q.links {
				q.stand(l, seen[l], back[l])
			}
		}
		if sec < 15*time.Minute {
			continue
		}
		for _, l := range q.links {
			if c.Streets.Links[l].Detector != city.DetectorStopLine || q.one(l) {
				continue
			}
			for k, turn := range []city.TurnKind{city.Left, city.Straight, city.Right} {
				if q.serves[l][k] < 0 {
					continue
				}
				truth, guess := float64(world.Queue(l, turn)), q.waiting[l][k]
				x, y, xx, yy, xy, n = x+truth, y+guess, xx+truth*truth, yy+guess*guess, xy+truth*guess, n+1
				off += math.Abs(truth - guess)
			}
		}
	}
	r := (n*xy - x*y) / math.Sqrt((n*xx-x*x)*(n*yy-y*y))
	t.Logf("%.0f queues of %.2f vehicles on average, believed %.2f; mean error %.2f, correlation %.2f", n, x/n, y/n, off/n, r)
	if r < 0.6 || off/n > 0.9*x/n {
		t.Errorf("correlation %.2f, mean error %.2f of %.2f vehicles", r, off/n, x/n)
	}
}

// Branches go when their time is over, those of decisions later: each holds the whole city as it was.
func TestBranchesAreDropped(t *testing.T) {
	b, _ := newBrain(t, 1)
	names := func() (list []string) {
		for _, br := range b.twin.Branches() {
			list = append(list, br.Name())
		}
		return list
	}
	for range 2 {
		if _, _, err := b.branches(b.moment(), "water", nil, nil); err != nil {
			t.Fatal(err)
		}
		b.now = b.now.Add(time.Minute)
	}
	b.decide(&Decision{Kind: "closure", Base: b.forked[0], With: b.forked[1], Deadline: b.now.Add(time.Hour)})
	for _, x := range []struct {
		after time.Duration
		want  int
	}{{keepForecast / 2, 5}, {keepForecast, 3}, {keepDecision, 1}} {
		b.now = start.Add(x.after + 3*time.Minute)
		if err := b.dropOld(); err != nil {
			t.Fatal(err)
		}
		if got := names(); len(got) != x.want {
			t.Errorf("after %v: %v, want %d", x.after, got, x.want)
		}
	}
}

// A junction that is opened looks two minutes ahead on a copy: the brain's own streets stay as they are, greens follow each other
// without overlap, and where the brain leads there is a runner-up with what it would cost.
func TestOpenJunctionLooksAhead(t *testing.T) {
	b, _ := newBrain(t, 1)
	ctx := context.Background()
	if err := b.streets.Step(ctx, 10*time.Minute); err != nil {
		t.Fatal(err)
	}
	b.now = b.cfg.Start.Add(10 * time.Minute)
	for _, l := range b.est.queues.links {
		b.est.queues.waiting[l][1] = float64(3 + l%9)
	}
	before := b.streets.Snapshot()
	found, counting := false, 0
	for j := range b.city.Signals {
		b.ruling, b.est.centre[j], b.est.stage[j] = true, true, 0
		b.lead.stage[j], b.lead.since[j] = 0, 540
		for m := range b.lead.last[j] {
			b.lead.last[j][m] = 596
		}
		now, ahead := b.OpenJunction(j)
		if len(now.Queues) != len(b.city.Signals[j].Movements) {
			t.Fatalf("junction %d: %+v", j, now)
		}
		a, err := ahead(ctx)
		if err != nil {
			t.Fatal(err)
		}
		end := 0
		for _, g := range a.Greens {
			if g.From < end || g.To <= g.From || g.To > 120 {
				t.Errorf("junction %d: greens %v", j, a.Greens)
			}
			end = g.To
		}
		if end == 0 {
			t.Errorf("junction %d shows no green within two minutes", j)
		}
		if len(a.More) != len(b.city.Signals[j].Stages) {
			t.Fatalf("junction %d: costs %v", j, a.More)
		}
		if !now.Led || now.Fixed || a.Begins < 0 || a.More[a.Begins] != 0 {
			t.Errorf("junction %d: led %v, fixed %v, begins with %d of %v", j, now.Led, now.Fixed, a.Begins, a.More)
		}
		found = found || a.RunnerUp >= 0 && a.Cost > 0 && a.Cost == a.More[a.RunnerUp]
		// Where displays count down and a change is asked for, nothing is to be chosen, and it says so.
		if b.city.Signals[j].Countdown {
			was := b.wants[j]
			b.wants[j].stage, b.wants[j].at = 1, b.now
			now, ahead := b.OpenJunction(j)
			if a, err := ahead(ctx); err != nil || !now.Fixed || a.More != nil || len(a.Greens) == 0 {
				t.Errorf("junction %d counts down: fixed %v, costs %v: %v", j, now.Fixed, a.More, err)
			}
			b.wants[j] = was
			counting++
		}
		b.ruling = false
		if now, ahead = b.OpenJunction(j); true {
			if a, err := ahead(ctx); err != nil || a.RunnerUp != -1 || a.Begins != -1 || now.Led {
				t.Errorf("junction %d has a runner-up where its plan rules: %+v, %v", j, a, err)
			}
		}
		if j >= 3 && counting > 0 || j > 15 {
			break
		}
	}
	if counting == 0 {
		t.Error("no junction counts down")
	}
	if !found {
		t.Error("no junction had a runner-up")
	}
	if after := b.streets.Snapshot(); !reflect.DeepEqual(before.Count, after.Count) || before.Now != after.Now {
		t.Error("looking ahead moved the brain's own streets")
	}
}
