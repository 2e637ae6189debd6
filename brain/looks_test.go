package brain

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"citybrain/routing"
	"github.com/paulmach/orb"
)

// A grid's times are those of the roads at its streets, grow on foot beside them, and leave the river alone.
func TestGroundTimes(t *testing.T) {
	c := demo()
	g, r := newGround(c), routing.NewRoads(&c.Streets)
	w := r.Weigh(unitProfile, routing.Conditions{})
	from, ok := r.Nearest(c.Bounds.Center(), unitProfile)
	if !ok {
		t.Fatal("no street in the middle of the city")
	}
	times := g.times(r, w, from)
	begin, end := make([]float32, r.Ways()), make([]float32, r.Ways())
	w.Times(from, begin, end)
	reached := 0
	for l, cells := range g.links {
		for _, x := range cells {
			s := begin[l] + x.along*(end[l]-begin[l])
			if end[l] >= routing.Closed {
				continue
			}
			if reached++; times[x.cell] > max(s, -s)+0.01 {
				t.Fatalf("cell %d takes %v s, its street %v s", x.cell, times[x.cell], s)
			}
		}
	}
	if reached < 1000 {
		t.Fatalf("%d places on streets are reached", reached)
	}
	away := 0
	for i, s := range times {
		if !g.near[i] && !math.IsInf(float64(s), 1) {
			t.Fatalf("cell %d lies apart from all streets and takes %v s", i, s)
		}
		if !g.near[i] {
			away++
		}
	}
	if away == 0 || away == len(times) {
		t.Errorf("%d of %d cells lie apart", away, len(times))
	}
}

// What a brain is asked of reach, coverage, a street and a junction it answers on copies; what it can't answer it says.
func TestBrainIsLookedAt(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	o.unit("A", near)
	o.unit("B", far)
	scene := o.city.Streets.Nodes[o.b.nearestNode(orb.Point{near[0] + 900, near[1]})].At
	o.tick()
	o.call("c", "waiting", &scene, nil)
	o.tick()
	b, at := o.b, o.city.Bounds.Center()
	// The unit that was sent is under way, and its decision has both ways to the call.
	ways := b.Ways()
	if len(ways) != 1 || ways[0].Call != "c" || len(ways[0].Line) < 3 || !(ways[0].Early < ways[0].Eta && ways[0].Eta < ways[0].Late) {
		t.Fatalf("under way: %+v", ways)
	}
	if end := ways[0].Line[len(ways[0].Line)-1]; math.Hypot(end[0]-scene[0], end[1]-scene[1]) > 1 {
		t.Errorf("its way ends at %v, the call is at %v", end, scene)
	}
	for _, d := range b.Decisions() {
		x, ok := b.Detail(d.ID)
		if !ok || len(x.Choices) != len(d.Choices) {
			t.Errorf("%s: %d choices of %d", d.ID, len(x.Choices), len(d.Choices))
		}
		for _, c := range x.Choices {
			if len(c.Line) < 3 || c.Kind != "ambulance" {
				t.Errorf("choice %+v", c)
			}
		}
	}
	if _, ok := b.Detail("none"); ok {
		t.Error("a decision that was never made has details")
	}
	for _, kind := range Travellers() {
		f, err := b.OpenReach(at, kind, time.Time{})
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		r, err := f(context.Background())
		if err != nil || len(r.Seconds) != r.Cells() {
			t.Fatalf("%s: %d cells of %d: %v", kind, len(r.Seconds), r.Cells(), err)
		}
		if i := r.Index(r.From); i >= 0 && r.Seconds[i] > 120 {
			t.Errorf("%s: its own start is %v s away", kind, r.Seconds[i])
		}
	}
	for what, x := range map[string]struct {
		kind string
		when time.Time
	}{"an unknown kind": {"zeppelin", time.Time{}}, "yesterday": {"car", b.now.Add(-24 * time.Hour)}, "tomorrow": {"ambulance", b.now.Add(24 * time.Hour)}} {
		if _, err := b.OpenReach(at, x.kind, x.when); !errors.Is(err, ErrNoReach) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := b.OpenReach(orb.Point{1e6, 1e6}, "car", time.Time{}); !errors.Is(err, ErrNoReach) {
		t.Errorf("far away: %v", err)
	}
	f, err := b.OpenCoverage("ambulance")
	if err != nil {
		t.Fatal(err)
	}
	c, err := f(context.Background())
	if err != nil || c.Free == 0 || c.Mean <= 0 || c.Mean > 1 {
		t.Errorf("coverage: %d free of %d, mean %v, %v", c.Free, c.Units, c.Mean, err)
	}
	for i, p := range c.Chance {
		if p > 100 && p != NoStreet {
			t.Fatalf("cell %d has a chance of %d %%", i, p)
		}
	}
	if f, err = b.OpenCoverage("fire_engine"); err != nil {
		t.Fatal(err)
	}
	if c, err := f(context.Background()); err != nil || c.Units != 0 || c.Mean != 0 {
		t.Errorf("coverage by engines, of which there are none: %+v, %v", c.Units, err)
	}
	if _, err := b.OpenCoverage("car"); !errors.Is(err, ErrNoReach) {
		t.Errorf("coverage by cars: %v", err)
	}
	// A street with signals, both ways: as led and by the plans, greens in order and no trail backwards.
	turns := b.city.Streets.IndexTurns()
	for l := range b.city.Streets.Links {
		chain, _ := b.city.Streets.Chain(turns, int32(l), 800)
		var junctions []int
		var through []int32
		for i := 1; i < len(chain); i++ {
			for k := turns[chain[i-1]]; k < turns[chain[i-1]+1]; k++ {
				if x := b.city.Streets.Turns[k]; x.To == chain[i] && x.Junction >= 0 {
					junctions, through = append(junctions, int(x.Junction)), append(through, k)
				}
			}
		}
		if len(junctions) < 3 {
			continue
		}
		plays, err := b.OpenStreet(chain, junctions, through)(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if plays[0].Led == plays[1].Led || len(plays[0].Greens) != len(junctions) {
			t.Errorf("plays: led %v and %v, %d signals of %d", plays[0].Led, plays[1].Led, len(plays[0].Greens), len(junctions))
		}
		for _, p := range plays {
			for _, greens := range p.Greens {
				for i, x := range greens {
					if x.To <= x.From || i > 0 && x.From < greens[i-1].To {
						t.Fatalf("greens %v", greens)
					}
				}
			}
			if p.Delay[OnFoot].Mean() <= 0 || p.Along.Mean() < 0 {
				t.Errorf("delay on foot %v, along %v", p.Delay[OnFoot], p.Along)
			}
			for _, x := range p.Trails {
				for i := 1; i < len(x.Along); i++ {
					if x.Along[i] < x.Along[i-1]-1 {
						t.Fatalf("a trail goes back: %v", x.Along)
					}
				}
			}
		}
		break
	}
}

// A trial of signals leaves on both its branches how fast each street was, every five minutes; a junction opened tells who waits.
func TestATrialOfSignalsKeepsItsStreets(t *testing.T) {
	o := newOffice(t)
	b := o.b
	b.cfg.NoSignals = false
	b.ruling = true // and does well beyond doubt on streets so empty: the usual variant is enough
	o.tick()
	if err := b.trySignals(context.Background()); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, name := range b.forked {
		br, ok := b.twin.Branch(name)
		if !ok {
			t.Fatalf("branch %s is gone", name)
		}
		for k := range int(trial / footageEvery) {
			ratio, _, ok := br.Snapshot().FieldAt(SpeedRatio, "city", b.now.Add(time.Duration(k+1)*footageEvery))
			if !ok || len(ratio) != len(b.city.Streets.Links) {
				t.Fatalf("%s after %v: %d links", name, time.Duration(k+1)*footageEvery, len(ratio))
			}
			for l, r := range ratio {
				if r < 0 || r > 1 {
					t.Fatalf("%s: link %d is at %v of its limit", name, l, r)
				}
			}
		}
		kept++
	}
	if kept != 2 {
		t.Errorf("%d branches", kept)
	}
	_, ahead := b.OpenJunction(0)
	a, err := ahead(context.Background())
	if err != nil || len(a.Movements) != len(b.city.Signals[0].Movements) || a.Modes[OnFoot].Mean() <= 0 || a.Modes[OnFoot].Mean() > 120 {
		t.Errorf("junction: %d movements, on foot %v: %v", len(a.Movements), a.Modes[OnFoot], err)
	}
}
