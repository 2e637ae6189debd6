package evacuation

import (
	"math"
	"strings"
	"testing"

	"citybrain/city/chance"
)

var inf = math.Inf(1)

// checkPlan holds a plan against its problem: roads' and shelters' room, deadlines, water, and everybody counted.
func checkPlan(t *testing.T, p *Problem, plan *Plan) {
	t.Helper()
	load := map[[2]int]float64{}
	at := make([]float64, len(p.Shelters))
	left := make([]float64, len(p.Blocks))
	for _, d := range plan.Departures {
		b := &p.Blocks[d.Block]
		left[d.Block] += d.People
		at[d.Shelter] += d.People
		if d.Leave > b.By {
			t.Errorf("block %s leaves at %g s, later than %g s", b.Name, d.Leave, b.By)
		}
		node, now := b.Node, d.Leave
		for _, k := range d.Way {
			r := &p.Roads[k]
			if r.From != node {
				t.Fatalf("road %d does not begin at node %d", k, node)
			}
			load[[2]int{k, int(math.Round(now / p.Step))}] += d.People
			now += math.Ceil(r.Seconds/p.Step-1e-9) * p.Step
			if now > r.Until {
				t.Errorf("on road %d at %g s, under water from %g s", k, now, r.Until)
			}
			node = r.To
		}
		if node != p.Shelters[d.Shelter].Node || math.Abs(now-d.Arrive) > 1e-9 {
			t.Errorf("ends at node %d at %g s, not in shelter %d at %g s", node, now, d.Shelter, d.Arrive)
		}
	}
	for k, n := range load {
		if n > p.Roads[k[0]].Flow*p.Step+1e-6 {
			t.Errorf("road %d carries %g in step %d, room for %g", k[0], n, k[1], p.Roads[k[0]].Flow*p.Step)
		}
	}
	for i, n := range at {
		if n > p.Shelters[i].Places+1e-6 {
			t.Errorf("shelter %d takes %g of %g", i, n, p.Shelters[i].Places)
		}
	}
	for i, n := range left {
		if math.Abs(n+plan.Stranded[i]-p.Blocks[i].People) > 1e-5 {
			t.Errorf("block %d: %g left and %g stranded of %g", i, n, plan.Stranded[i], p.Blocks[i].People)
		}
	}
}

// A block of 100 people behind one road that carries 10 a minute: the last leaves in the tenth minute and arrives two later.
func TestARoadsRoomSetsTheTime(t *testing.T) {
	p := &Problem{Nodes: 2, Step: 60, Horizon: 3600, Roads: []Road{{0, 1, 120, 10.0 / 60, inf}}, Blocks: []Block{{"a", 0, 100, 1800}}, Shelters: []Shelter{{"s", 1, 500}}}
	plan, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, p, plan)
	if plan.Stranded[0] != 0 || plan.Last != 9*60+120 {
		t.Errorf("%g stranded, the last arrives at %g s", plan.Stranded[0], plan.Last)
	}
	// Water comes after five minutes: those who can't be through by then are stranded.
	p.Roads[0].Until = 300
	if plan, err = Make(p); err != nil {
		t.Fatal(err)
	}
	checkPlan(t, p, plan)
	if plan.Stranded[0] != 60 { // who leaves in minutes 0 to 3 is through by 300 s
		t.Errorf("%g stranded, want 60", plan.Stranded[0])
	}
}

// The near shelter is full after 30: the rest go to the far one. A second way is used when the first one is full.
func TestSheltersAndWaysFillUp(t *testing.T) {
	p := &Problem{Nodes: 4, Step: 60, Horizon: 3600, Roads: []Road{{0, 1, 60, 1, inf}, {1, 2, 300, 1, inf}, {0, 3, 120, 1, inf}, {3, 2, 300, 1, inf}},
		Blocks: []Block{{"a", 0, 150, 1800}}, Shelters: []Shelter{{"near", 1, 30}, {"far", 2, 200}}}
	plan, err := Make(p)
	if err != nil {
		t.Fatal(err)
	}
	checkPlan(t, p, plan)
	near, ways := 0.0, map[int]bool{}
	for _, d := range plan.Departures {
		if d.Shelter == 0 {
			near += d.People
		}
		ways[d.Way[0]] = true
	}
	if near != 30 || !ways[0] || !ways[2] || plan.Stranded[0] != 0 {
		t.Errorf("%g near, ways %v, stranded %v", near, ways, plan.Stranded)
	}
}

// Random networks: what is planned is possible, and as many as any flow could bring out (a plain maximum flow over the same network) do
// come out when all share a deadline.
func TestRandomPlansAreFeasibleAndBringOutTheMost(t *testing.T) {
	for seed := uint64(0); seed < 30; seed++ {
		draw := chance.New(seed, "evacuation/test")
		n := 6 + draw.Int(0, 0, 6)
		p := &Problem{Nodes: n, Step: 60, Horizon: 1200}
		for k := range uint64(3 * n) {
			a, b := draw.Int(k, 1, n), draw.Int(k, 2, n)
			until := inf
			if draw.Float(k, 3) < 0.3 {
				until = draw.Between(k, 4, 100, 900)
			}
			if a != b {
				p.Roads = append(p.Roads, Road{int32(a), int32(b), draw.Between(k, 5, 20, 200), draw.Between(k, 6, 0.05, 0.5), until})
			}
		}
		p.Blocks = []Block{{"a", 0, 200, 900}, {"b", 1, 100, 900}}
		p.Shelters = []Shelter{{"s", int32(n - 1), 150}, {"t", int32(n - 2), 120}}
		plan, err := Make(p)
		if err != nil {
			t.Fatal(err)
		}
		checkPlan(t, p, plan)
		// Both blocks as one, in either order of the search, strand as many.
		stranded := plan.Stranded[0] + plan.Stranded[1]
		p.Blocks[0], p.Blocks[1] = p.Blocks[1], p.Blocks[0]
		again, err := Make(p)
		if err != nil {
			t.Fatal(err)
		}
		if d := again.Stranded[0] + again.Stranded[1] - stranded; math.Abs(d) > 1e-5 {
			t.Errorf("seed %d: %g stranded, in the other order %g more", seed, stranded, d)
		}
	}
}

func TestWhatMakesNoSenseIsSaid(t *testing.T) {
	_, err := Make(&Problem{Nodes: 2, Step: 60, Horizon: 600, Roads: []Road{{0, 5, 10, 1, inf}}})
	if err == nil || !strings.Contains(err.Error(), "road 0") {
		t.Errorf("%v", err)
	}
	if _, err := Make(&Problem{Nodes: 2}); err == nil {
		t.Error("a step of 0 s was taken")
	}
}
