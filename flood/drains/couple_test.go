package drains

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strconv"
	"testing"
	"time"

	"citybrain/city/water"
)

// street is a row of flat cells that share no water: enough of a ground to count what goes where.
type street struct {
	area  float64
	depth []float64
	rain  float64 // m/s
	now   time.Duration
}

func (g *street) Step(_ context.Context, until time.Duration) error {
	for i := range g.depth {
		g.depth[i] += g.rain * (until - g.now).Seconds()
	}
	g.now = until
	return nil
}

func (g *street) Volumes(cells []int32, to []float64) {
	for k, c := range cells {
		to[k] = g.depth[c] * g.area
	}
}

func (g *street) Exchange(cells []int32, add []float64) {
	for k, c := range cells {
		was := g.depth[c]
		g.depth[c] = math.Max(was+add[k]/g.area, 0)
		add[k] = (g.depth[c] - was) * g.area
	}
}

// sewer is a line of manholes down a slope, an inlet at each, to a held level.
func sewer(manholes int, slope, diameter, outer float64) *water.Network {
	n := &water.Network{}
	for i := range manholes {
		z := float64(manholes-i)*50*slope + 1
		n.Nodes = append(n.Nodes, water.Node{ID: "m", Invert: z, Ground: z + 2.5})
		n.Inlets = append(n.Inlets, water.Inlet{Node: int32(i), Cell: int32(i), Level: z + 2.5, Plan: 400, Perimeter: 2.4, Opening: 0.3, Blocked: 0.3})
	}
	n.Nodes = append(n.Nodes, fixed("o", 1, outer))
	for i := range manholes {
		to := n.Nodes[i+1].Invert
		n.Links = append(n.Links, water.Link{ID: "p", From: int32(i), To: int32(i + 1), In: n.Nodes[i].Invert, Out: to, Length: 50, Manning: 0.014, Barrels: 1, Section: circular(diameter)})
	}
	return n
}

func TestStreetAndSewerKeepVolume(t *testing.T) {
	for _, outer := range []float64{0, 5} { // 5 m of tide push the sewer's water up into the lower streets
		n := sewer(8, 0.004, 0.5, outer)
		s, err := New(n, Config{})
		if err != nil {
			t.Fatal(err)
		}
		g := &street{area: 400, depth: make([]float64, 8), rain: 100.0 / 3.6e6}
		c := Couple(s, g, 5*time.Second)
		var worst, taken, given float64
		for at := time.Minute; at <= 2*time.Hour; at += time.Minute {
			if at > time.Hour {
				g.rain = 0
			}
			before := s.Mass().Street
			if err := c.Step(context.Background(), at); err != nil {
				t.Fatal(err)
			}
			if d := s.Mass().Street - before; d > 0 {
				taken += d
			} else {
				given -= d
			}
			var on float64
			for _, h := range g.depth {
				on += h * g.area
			}
			in := s.Mass().Initial + min(at, time.Hour).Seconds()*100/3.6e6*400*8
			worst = math.Max(worst, math.Abs(in-on-s.Stored()-s.Owed()-s.Mass().Outfalls)/in)
		}
		if worst > 1e-11 || outer == 0 && taken < 10 {
			t.Errorf("outer %g: volume lost %g, %g m³ taken in", outer, worst, taken)
		}
		if outer == 5 && !(g.depth[7] > 0.3) {
			t.Errorf("a tide over the street's level leaves it %g m deep", g.depth[7])
		}
	}
}

func TestSnapshotAndNoAllocation(t *testing.T) {
	build := func() *Sim {
		n := sewer(20, 0.003, 0.6, 3)
		n.Nodes[0].Inflow = []water.Series{{T: []float64{0, 600, 1200}, V: []float64{0, 0.8, 0}}}
		s, err := New(n, Config{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ctx := context.Background()
	a, b := build(), build()
	a.Step(ctx, 10*time.Minute)
	st := a.Snapshot()
	a.Step(ctx, 30*time.Minute)
	if err := b.Restore(st); err != nil {
		t.Fatal(err)
	}
	b.Step(ctx, 30*time.Minute)
	if !reflect.DeepEqual(a.Snapshot(), b.Snapshot()) {
		t.Error("a run from a snapshot differs")
	}
	if st.T != 600 {
		t.Errorf("the snapshot moved on to %g s", st.T)
	}
	at := 30 * time.Minute
	if got := testing.AllocsPerRun(20, func() { at += 5 * time.Second; b.Step(ctx, at) }); got > 0 {
		t.Errorf("%g allocations a step", got)
	}
	if err := b.Restore(State{Version: 1}); err == nil {
		t.Error("a snapshot of nothing is taken")
	}
}

// Any net of pipes of any slope and size, filled, drowned and emptied, keeps its water and comes to an end.
func TestAnyNetKeepsItsWater(t *testing.T) {
	seeds := 60
	if v, err := strconv.Atoi(os.Getenv("NETS")); err == nil {
		seeds = v
	}
	for seed := range seeds {
		g := rand.New(rand.NewPCG(uint64(seed), 5))
		between := func(lo, hi float64) float64 { return lo + (hi-lo)*g.Float64() }
		one := func(lo, hi int) int { return lo + g.IntN(hi-lo+1) }
		count := one(2, 12)
		n := &water.Network{}
		for range count {
			z := between(0, 4)
			d := water.Node{ID: "n", Invert: z, Ground: z + between(0.5, 6), Depth: between(0, 0.4)}
			switch one(0, 3) {
			case 0:
				d.Ponded = 500
			case 1:
				d.Kind, d.Plan = water.Storage, water.Curve{X: []float64{0, 1, 2}, Y: []float64{20, 100, 40}}
			}
			d.Inflow = []water.Series{{T: []float64{0, 300, 600}, V: []float64{0, between(0, 2), 0}}}
			n.Nodes = append(n.Nodes, d)
		}
		n.Nodes = append(n.Nodes, water.Node{ID: "o", Kind: water.Outfall, Invert: -1, OutfallEnd: water.OutfallEnd{End: water.OutfallKind(one(0, 2)), Level: water.Series{T: []float64{0, 900}, V: []float64{0, 4}}, Flap: (g.IntN(2) == 0)}})
		link := func(i, k int) {
			a, b := n.Nodes[i].Invert, n.Nodes[k].Invert
			l := water.Link{ID: "l", From: int32(i), To: int32(k), In: a + between(0, 0.5), Out: b, Length: between(5, 200), Manning: 0.013, Barrels: 1}
			switch one(0, 5) {
			case 0:
				l.Section = water.Section{Shape: water.RectClosed, Height: 1, Width: 1.5}
			case 1:
				l.Section = water.Section{Shape: water.TrapezoidalOpen, Height: 2, Width: 1, Left: 1, Right: 2}
			case 2:
				l.Kind, l.Coefficient, l.Section = water.Orifice, 0.6, circular(0.4)
			case 3:
				l.Kind, l.Coefficient, l.Section = water.WeirLink, 1.8, water.Section{Shape: water.RectOpen, Height: 1, Width: 2}
			default:
				l.Section = circular(between(0.2, 2))
			}
			if l.Kind == water.Conduit && l.Length < 1.1*math.Abs(l.In-l.Out) {
				l.Length = 1.1*math.Abs(l.In-l.Out) + 5
			}
			n.Links = append(n.Links, l)
		}
		for i := range count {
			link(i, one(i+1, count))
		}
		s, err := New(n, Config{})
		if err != nil {
			t.Fatal(err)
		}
		for at := time.Minute; at <= 30*time.Minute; at += time.Minute {
			if err := s.Step(context.Background(), at); err != nil {
				t.Fatalf("net %d: %v", seed, err)
			}
			if e := s.MassError(); e > 1e-9 {
				t.Fatalf("net %d at %v: mass error %g", seed, at, e)
			}
		}
		for i := range s.st.Volume {
			if s.st.Volume[i] < -1e-3 {
				t.Fatalf("net %d: node %d holds %g m³", seed, i, s.st.Volume[i])
			}
		}
		if st := s.Stats(); st.Steps+st.Halved > 20000 {
			t.Errorf("net %d: %d steps, %d halved", seed, st.Steps, st.Halved)
		}
	}
}
