package operation

import (
	"context"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/water"
	"citybrain/flood/drains"
)

func TestScore(t *testing.T) {
	s := score([]float64{0, 0, 0, 0, 0, 0, 0, 0, 10, 30}, 0.15, 0.5)
	// The worst 15 % are all of the 30 and half of the 10.
	if s.Mean != 4 || math.Abs(s.CVaR-35/1.5) > 1e-12 || math.Abs(s.Value-(2+35/3.0)) > 1e-12 {
		t.Errorf("%+v", s)
	}
}

func TestLimits(t *testing.T) {
	pump := Unit{ID: "p", Levels: []float64{0, 1, 2}, MinRun: 3, MinRest: 2, MaxStarts: 2, Hour: 12, Feeder: 1}
	q := &Problem{Units: []Unit{pump, {ID: "r", Levels: []float64{0, 2}, Feeder: 1}}, Blocks: 14, Feeders: map[int]float64{1: 3}, Members: 1}
	rest := make([]uint8, 14)
	for _, x := range []struct {
		p    []uint8
		r    []uint8
		want string
	}{
		{[]uint8{1, 1, 1, 0, 0, 1, 2, 1, 0, 0, 0, 0, 1, 1}, rest, ""},
		{[]uint8{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, rest, "stops after a run of 2 blocks; at least 3"},
		{[]uint8{1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0}, rest, "starts after a rest of 1 blocks; at least 2"},
		{[]uint8{1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1}, rest, "block 11: more than 2 starts in 12 blocks"},
		{[]uint8{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, append([]uint8{0, 0, 0, 1}, make([]uint8, 10)...), "r: block 4: feeder 1 carries 4, at most 3"},
	} {
		err := q.Check(Plan{x.p, x.r})
		if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
			t.Errorf("%v: %v; want %q", x.p, err, x.want)
		}
	}
	fall := Unit{ID: "creek", Levels: []float64{1, 2, 3}, Now: 2, MostDown: 1}
	if err := fall.check([]uint8{0, 0}, 2); err == nil || !strings.Contains(err.Error(), "falls by 2, at most 1") {
		t.Errorf("drawdown: %v", err)
	}
}

// The plan found is the best there is, where all can be tried.
func TestOptimiseFindsTheBest(t *testing.T) {
	// A tank of 3 units, filled by each member's rain; the pump of 0–2 units has to be paid for, an overflow costs much more.
	rain := [][]float64{{0, 1, 3, 2, 0}, {0, 0, 1, 0, 0}, {1, 3, 4, 1, 0}, {0, 0, 0, 0, 0}}
	q := &Problem{Units: []Unit{{ID: "p", Levels: []float64{0, 1, 2}, MinRun: 2}}, Blocks: 5, Members: 4, Weight: 0.5, Tail: 0.25,
		Model: each(4, func(p Plan, m int) (l Loss) {
			level := 1.0
			for b, k := range p[0] {
				level += rain[m][b]
				out := math.Min(float64(k), level)
				level -= out
				l.Energy += 0.3 * float64(k)
				if level > 3 {
					l.Damage += 10 * (level - 3)
					level = 3
				}
			}
			return l
		})}
	value := func(p Plan) float64 {
		s, err := q.Score(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		return s[0].Value
	}
	best := math.Inf(1)
	for code := range 243 {
		p := Plan{make([]uint8, 5)}
		for b, c := 0, code; b < 5; b, c = b+1, c/3 {
			p[0][b] = uint8(c % 3)
		}
		if q.Check(p) == nil {
			best = math.Min(best, value(p))
		}
	}
	p, s, err := q.Optimise(context.Background(), 500)
	if err != nil {
		t.Fatal(err)
	}
	if s[0].Value > best+1e-9 || q.Check(p) != nil || s[0].Value != value(p) {
		t.Errorf("plan %v costs %.3f, the best %.3f", p, s[0].Value, best)
	}
	again, _, _ := q.Optimise(context.Background(), 500)
	if !reflect.DeepEqual(p, again) {
		t.Error("the same search finds another plan")
	}
	if value(q.Hold()) <= s[0].Value {
		t.Error("doing nothing is as good")
	}
}

// A creek that a tide shuts in for the time of the storm is drawn down before, where the forecast is of much rain; where little comes,
// it is left, because what the creek holds is not clean.
func TestPreDrawdownOfACreek(t *testing.T) {
	ctx := context.Background()
	run := func(storm float64) (Plan, Loss, Loss) {
		net := func(member int) *water.Network {
			q := storm * (0.8 + 0.2*float64(member))
			return &water.Network{
				Nodes: []water.Node{
					{ID: "creek", Kind: water.Storage, Invert: 0, Ground: 4, Plan: water.Curve{X: []float64{0}, Y: []float64{20000}}, Depth: 2.5, Inflow: []water.Series{{T: []float64{0, 7200, 7201, 14400, 14401}, V: []float64{0, 0, q, q, 0}}}, Creek: &water.Creek{Low: 1.5, Ceiling: 3.8, Drop: 0.3 / 3600}},
					{ID: "river", Kind: water.Outfall, OutfallEnd: water.OutfallEnd{End: water.GivenLevel, Level: water.Series{T: []float64{0, 5400, 7200, 18000}, V: []float64{1, 1.5, 4, 4}}}}},
				Links: []water.Link{{ID: "gate", Kind: water.GateLink, From: 0, To: 1, In: 0.5, Section: water.Section{Shape: water.RectOpen, Height: 4, Width: 6}, Coefficient: 0.9}}}
		}
		q := &Problem{Units: []Unit{{ID: "gate", Levels: []float64{0, 0.25, 1}}}, Blocks: 4, Members: 3, Weight: 0.3, Tail: 0.34,
			Model: each(3, func(p Plan, m int) (l Loss) {
				s, err := drains.New(net(m), drains.Config{MaxStep: 30 * time.Second})
				if err != nil {
					t.Fatal(err)
				}
				for b, k := range p[0] {
					if err := s.Order(0, []float64{0, 0.25, 1}[k]); err != nil {
						t.Fatal(err)
					}
					if err := s.Step(ctx, time.Duration(b+1)*time.Hour); err != nil {
						t.Fatal(err)
					}
					if b == 1 {
						l.Sewage = s.Mass().Outfalls * 50 // fen a cubic metre
					}
				}
				l.Damage = math.Max(s.PeakLevel(0)-3.6, 0) * 1e7
				return l
			})}
		p, _, err := q.Optimise(ctx, 60)
		if err != nil {
			t.Fatal(err)
		}
		with, err := q.Model(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		without, err := q.Model(ctx, q.Hold())
		if err != nil {
			t.Fatal(err)
		}
		return p, with[2][0], without[2][0]
	}
	p, with, without := run(4)
	if p[0][0] == 0 && p[0][1] == 0 || with.Damage >= without.Damage/2 || with.Sewage <= 0 {
		t.Errorf("a storm: plan %v, %+v; without it %+v", p, with, without)
	}
	if p, with, _ := run(0.2); p[0][0] != 0 || p[0][1] != 0 || with.Sewage != 0 {
		t.Errorf("a shower: plan %v, %+v", p, with)
	}
}

// each makes a model of all members of one of each.
func each(members int, of func(p Plan, m int) Loss) func(context.Context, Plan) ([][]Loss, error) {
	return func(_ context.Context, p Plan) ([][]Loss, error) {
		out := make([][]Loss, members)
		for m := range out {
			out[m] = []Loss{of(p, m)}
		}
		return out, nil
	}
}

// Groups that don't touch each other are planned at once: as well as one by one, with the evaluations of the longest search.
func TestGroupsAreSearchedSideBySide(t *testing.T) {
	want := [][]uint8{{0, 1, 1, 0}, {2, 2, 0, 0}, {0, 0, 0, 0}}
	n := 0
	problem := func(groups ...int) *Problem {
		q := &Problem{Blocks: 4, Members: 1, Groups: len(groups), Model: func(_ context.Context, p Plan) ([][]Loss, error) {
			n++
			out := make([]Loss, len(groups))
			for k, g := range groups {
				out[k].Delay = 1
				for b, v := range want[g] {
					out[k].Delay += math.Abs(float64(v) - float64(p[k][b]))
				}
			}
			return [][]Loss{out}, nil
		}}
		for k := range groups {
			q.Units = append(q.Units, Unit{ID: "u", Levels: []float64{0, 1, 2}, Group: k})
		}
		return q
	}
	longest := 0
	for g := range want {
		n = 0
		if p, _, err := problem(g).Optimise(context.Background(), 1000); err != nil || !reflect.DeepEqual(p[0], want[g]) {
			t.Errorf("group %d: %v, %v; want %v", g, p, err, want[g])
		}
		longest = max(longest, n)
	}
	n = 0
	p, s, err := problem(0, 1, 2).Optimise(context.Background(), 1000)
	if err != nil || !reflect.DeepEqual([][]uint8(p), want) || n > longest {
		t.Errorf("%v, %v, %d evaluations; want %v and %d", p, err, n, want, longest)
	}
	for g := range s {
		if s[g].Value != 1 {
			t.Errorf("group %d is expected to lose %g", g, s[g].Value)
		}
	}
	// What is in force stays where a change is not worth it.
	q := problem(0, 1)
	q.Least = 10
	force := Plan{{0, 0, 0, 0}, {1, 1, 1, 1}}
	if p, _, _ := q.Optimise(context.Background(), 50, force); !p.equal(force) {
		t.Errorf("%v in place of what is in force", p)
	}
}

func TestClose(t *testing.T) {
	depth := [][]float64{{0, 0, 0.1, 0.3, 0.4, 0.2, 0}, {0, 0, 0, 0.25, 0.3, 0.3, 0.1}, {0, 0, 0, 0.1, 0.1, 0, 0}}
	c, err := Close(depth, 0.5, 100, 10000, 1, 0.1, 0.5)
	if err != nil || c.From != 3 || c.To != 6 || math.Abs(c.Chance-2.0/3) > 1e-12 || c.Score.Mean != 150 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, _ = Close(depth, 0.5, 1e6, 10, 1, 0.1, 0.5); c.From != c.To {
		t.Errorf("closed though it costs more than it saves: %+v", c)
	}
	if c, _ = Close(depth, 0.5, 100, 10000, 4, 0.1, 0.5); c.From != 4 {
		t.Errorf("closed before it can be: %+v", c)
	}
	if _, err := Close([][]float64{{1}, {1, 2}}, 1, 1, 1, 0, 0.1, 0.5); err == nil {
		t.Error("members of unequal length are taken")
	}
}

func TestWarn(t *testing.T) {
	place := city.Text{En: "Renmin Road", Zh: "人民路"}
	depth := make([][]float64, 10)
	for m := range depth {
		depth[m] = make([]float64, 12)
		if m < 7 {
			for k := 4; k < 9; k++ {
				depth[m][k] = 0.35
			}
		}
	}
	w := Warn(place, depth, 5*time.Minute, 0)
	if w == nil || w.Grade != 1 || w.Probability != 0.7 || w.Lead != 20*time.Minute || w.End != 45*time.Minute || w.Certainty != "Likely" || w.Urgency != "Expected" || w.Severity != "Moderate" {
		t.Fatalf("%+v", w)
	}
	if w.Headline.Zh != "人民路预计20分钟后出现轻度积水(概率70%)" || !strings.Contains(w.Text.En, "About 35 cm of water is expected at Renmin Road, with a probability of 70 % of 30 cm or more, from 20 to 45 min") {
		t.Errorf("%q, %q", w.Headline.Zh, w.Text.En)
	}
	if Warn(place, depth, 5*time.Minute, 0.8) != nil || Warn(place, nil, time.Minute, 0) != nil {
		t.Error("a warning of what is not likely")
	}
}
