package cityflow

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/importer/cityflow"
	"citybrain/traffic/control"

	"github.com/paulmach/orb"
)

// scenario reads a reference set; the test is skipped only when the whole folder is missing.
func scenario(t testing.TB, roadnet, flow string, horizon float64) (*city.LaneNet, *city.LaneDemand) {
	t.Helper()
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	dir := filepath.Join(root, "traffic", "cityflow")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("reference data not there: %v (set CITYBRAIN_SHARED to the folder data)", err)
	}
	net, demand, err := cityflow.Load(filepath.Join(dir, roadnet+".roadnet.json.xz"), filepath.Join(dir, flow+".flow.json.xz"), horizon)
	if err != nil {
		t.Fatal(err)
	}
	return net, demand
}

func driven(t testing.TB, net *city.LaneNet, demand *city.LaneDemand, cfg Config, name string, every int, until time.Duration) *Sim {
	t.Helper()
	s, err := New(net, demand, cfg)
	if err != nil {
		t.Fatal(err)
	}
	n, err := Network(net, demand)
	if err != nil {
		t.Fatal(err)
	}
	ctl, err := NewPublished(name, n, float64(every))
	if err != nil {
		t.Fatal(err)
	}
	if err := NewDrive(s, n, ctl, every).Step(context.Background(), until); err != nil {
		t.Fatal(err)
	}
	return s
}

// What CityFlow itself gave for its scenarios (data/traffic/README.md, protocol CityFlow-1): papers' travel time, its own
// average travel time, and finished trips.
func TestAgreesWithCityFlow(t *testing.T) {
	for _, c := range []struct {
		roadnet, flow, controller string
		every                     int
		papers, engine, finished  float64
		within                    float64
	}{
		{"hangzhou_4x4", "hangzhou1", "fixed", 60, 619.9, 674.1, 2369, 0.005},
		{"hangzhou_4x4", "hangzhou1", "mp4", 30, 325.3, 365.7, 2702, 0.005},
		{"jinan_3x4", "jinan1", "fixed", 30, 434.8, 506.0, 4948, 0.005},
		{"jinan_3x4", "jinan2", "efficient8", 15, 238.8, 286.4, 4149, 0.01},
		{"newyork_16x1", "newyork_16x1", "fixed", 30, 687.9, 1010.0, 2949, 0.005}, // spills back
	} {
		net, demand := scenario(t, c.roadnet, c.flow, 3600)
		r := driven(t, net, demand, Config{Seed: 1, LaneChange: true}, c.controller, c.every, time.Hour).Result()
		for _, x := range []struct {
			what      string
			got, want float64
		}{{"papers' travel time", r.PapersTravel, c.papers}, {"travel time", r.MeanTravel, c.engine}, {"finished", float64(r.Finished), c.finished}} {
			if off := math.Abs(x.got/x.want - 1); !(off <= c.within) {
				t.Errorf("%s, %s each %d s: %s %.1f, CityFlow %.1f: %.2f %% off", c.flow, c.controller, c.every, x.what, x.got, x.want, 100*off)
			}
		}
	}
}

// The same bits for any number of threads, and through a snapshot in the middle; another seed differs on lanes to choose from.
func TestDeterministic(t *testing.T) {
	net, demand := avenue(4, 3, 400)
	run := func(threads int, seed uint64, split bool) [32]byte {
		cfg := Config{Seed: seed, Threads: threads, LaneChange: true}
		s, err := New(net, demand, cfg)
		if err != nil {
			t.Fatal(err)
		}
		s.block = 3 // so that a small net is shared out
		for k := 0; k < 20; k++ {
			for l := range net.Lights {
				if err := s.SetPhase(l, k%2); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Step(context.Background(), time.Duration(k+1)*20*time.Second); err != nil {
				t.Fatal(err)
			}
			if split && k == 9 {
				st := s.Snapshot()
				if err := s.Step(context.Background(), 250*time.Second); err != nil { // must not touch the snapshot
					t.Fatal(err)
				}
				if s, err = Restore(net, demand, cfg, st); err != nil {
					t.Fatal(err)
				}
				s.block = 3
			}
		}
		if s.st.Updates < 10000 {
			t.Fatalf("only %d updates: the run shows nothing", s.st.Updates)
		}
		return s.Hash()
	}
	want := run(1, 1, false)
	for _, threads := range []int{2, 3} {
		if run(threads, 1, false) != want {
			t.Errorf("%d threads differ from one", threads)
		}
	}
	if run(1, 1, true) != want {
		t.Error("through a snapshot differs")
	}
	if run(1, 2, false) == want {
		t.Error("another seed makes no difference")
	}
}

// avenue is a row of lights on a street of lanes lanes, 300 m apart, with a side street at each, and cars along and across.
func avenue(lights int, lanes int32, cars int) (*city.LaneNet, *city.LaneDemand) {
	net := &city.LaneNet{}
	node := func(x, y float64, light int32) int32 {
		net.Nodes = append(net.Nodes, city.LaneNode{At: orb.Point{x, y}, Light: light})
		return int32(len(net.Nodes) - 1)
	}
	road := func(a, b int32, n int32) int32 {
		pa, pb := net.Nodes[a].At, net.Nodes[b].At
		r := city.Road{From: a, To: b, First: int32(len(net.Lanes)), Lanes: n, Length: distance(pa, pb) - 20, Speed: 11}
		ux, uy := (pb[0]-pa[0])/distance(pa, pb), (pb[1]-pa[1])/distance(pa, pb)
		for k := n - 1; k >= 0; k-- { // from the kerb
			off := 4 * (float64(k) + 0.5)
			line := orb.LineString{{pa[0] + 10*ux + uy*off, pa[1] + 10*uy - ux*off}, {pb[0] - 10*ux + uy*off, pb[1] - 10*uy - ux*off}}
			net.Lanes = append(net.Lanes, city.Lane{Road: int32(len(net.Roads)), Length: r.Length, Speed: 11, Line: line})
		}
		net.Roads = append(net.Roads, r)
		return int32(len(net.Roads) - 1)
	}
	at := node(0, 0, -1)
	var along []int32
	var across [][2]int32
	for i := 0; i <= lights; i++ {
		light := int32(i)
		if i == lights {
			light = -1
		}
		to := node(float64(i+1)*300, 0, light)
		along = append(along, road(at, to, lanes))
		at = to
		if i < lights {
			across = append(across, [2]int32{road(node(float64(i+1)*300, -200, -1), to, 1), road(to, node(float64(i+1)*300, 200, -1), 1)})
			net.Lights = append(net.Lights, city.Light{Places: 2, Phases: []city.LightPhase{{State: "Gr"}, {State: "rG"}}})
		}
	}
	link := func(a, b, light, place int32) {
		path := orb.LineString{net.Lanes[a].Line[1], net.Lanes[b].Line[0]}
		net.Connections = append(net.Connections, city.Connection{From: a, To: b, Node: net.Roads[net.Lanes[a].Road].To, Path: path,
			Length: distance(path[0], path[1]), Light: light, Index: place})
	}
	for lane := range net.Lanes { // sorted by the lane that they come from
		for i := range lights {
			for _, p := range [][3]int32{{along[i], along[i+1], 0}, {across[i][0], across[i][1], 1}} {
				if net.Lanes[lane].Road == p[0] {
					for b := net.Roads[p[1]].First; b < net.Roads[p[1]].First+net.Roads[p[1]].Lanes; b++ {
						link(int32(lane), b, int32(i), p[2])
					}
				}
			}
		}
	}
	demand := &city.LaneDemand{Types: []city.VehicleType{{Length: 5, Gap: 2.5, MaxSpeed: 11, Accel: 2, Decel: 4.5, Brake: 4.5, Headway: 1.5}}}
	for i := range cars {
		roads := along
		if i%3 == 2 {
			roads = across[i/3%lights][:]
		}
		demand.Journeys = append(demand.Journeys, city.Journey{Depart: float64(i / 2), Roads: roads, Routed: true})
	}
	return net, demand
}

func TestNoAllocationInAStep(t *testing.T) {
	net, demand := avenue(4, 3, 400)
	s, err := New(net, demand, Config{Seed: 1, LaneChange: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		s.second()
	}
	if n := testing.AllocsPerRun(60, s.second); n > 0 {
		t.Errorf("%g allocations in a step", n)
	}
}

// Every vehicle is waiting, on the road, or finished; none lies on another of its lane; none is faster than it may be.
func TestConservesAndKeepsApart(t *testing.T) {
	net, demand := avenue(3, 2, 300)
	s, err := New(net, demand, Config{Seed: 3, LaneChange: true})
	if err != nil {
		t.Fatal(err)
	}
	var buf []Vehicle
	changes := 0
	for k := range 1200 {
		for l := range net.Lights {
			if err := s.SetPhase(l, k/25%2); err != nil {
				t.Fatal(err)
			}
		}
		s.second()
		running, waiting := 0, 0
		for way := range s.st.First {
			buf = s.OnWay(buf[:0], way)
			running += len(buf)
			for i, v := range buf {
				if v.Speed < 0 || v.Speed > 11+1e-9 || v.Dist < 0 || v.Dist > s.w.length[way]+1e-9 {
					t.Fatalf("%d s: vehicle %d at %g m, %g m/s", k, v.Trip, v.Dist, v.Speed)
				}
				if i > 0 && way < len(net.Lanes) && buf[i-1].Dist-v.Dist < 5-1e-6 {
					t.Fatalf("%d s: vehicles %d and %d are %g m apart, and 5 m long", k, buf[i-1].Trip, v.Trip, buf[i-1].Dist-v.Dist)
				}
			}
		}
		for l := range net.Lanes {
			waiting += s.Queue(l)
			if s.LaneVehicles(l) > len(s.OnWay(nil, l)) {
				changes++
			}
		}
		r := s.Result()
		if running != int(s.st.Running) || running+waiting+r.Finished != r.Vehicles || waiting != r.NeverInserted {
			t.Fatalf("%d s: %d on the road, %d waiting, %d finished of %d", k, running, waiting, r.Finished, r.Vehicles)
		}
	}
	if changes == 0 {
		t.Error("nobody has changed lanes: the run shows nothing of it")
	}
	if r := s.Result(); r.Finished != 300 || r.P95Travel < r.MeanTravel || r.MeanDelay <= 0 {
		t.Errorf("in the end: %+v", r)
	}
}

// A queue discharges at the headway of the follow-up rule: at speed v the gap is headway·v, so v/(length + headway·v) each.
func TestSaturationFlow(t *testing.T) {
	net, demand := avenue(1, 1, 0)
	for i := range 60 {
		demand.Journeys = append(demand.Journeys, city.Journey{Depart: float64(i), Roads: []int32{0, net.Lanes[net.Connections[0].To].Road}, Routed: true})
	}
	s, err := New(net, demand, Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetPhase(0, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Step(context.Background(), 200*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := s.SetPhase(0, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Step(context.Background(), 300*time.Second); err != nil {
		t.Fatal(err)
	}
	first, last := s.st.Left[s.w.legs[5]], s.st.Left[s.w.legs[25]]
	got := float64(last-first) / 20
	want := (5 + 1.5*11) / 11.0
	if math.Abs(got/want-1) > 0.1 {
		t.Errorf("%.2f s between vehicles, the rule gives %.2f", got, want)
	}
	if r := s.Result(); r.MaxWait < 100 {
		t.Errorf("longest wait %g s although the light was red for 200 s", r.MaxWait)
	}
}

// safeSpeed: braking at b after one more second, both stop without meeting.
func TestSafeSpeed(t *testing.T) {
	for _, c := range []struct{ vl, v, gap, keep float64 }{{10, 10, 30, 2}, {0, 10, 40, 2.5}, {5, 8, 12, 0}, {0, 0, 10, 2}} {
		v := safeSpeed(c.vl, 4.5, c.v, 4.5, c.gap, c.keep)
		if v < 0 {
			t.Fatalf("%+v: none", c)
		}
		mine := (c.v+v)/2 + v*v/9
		if its := c.vl * c.vl / 9; mine > c.gap-c.keep+its+1e-9 {
			t.Errorf("%+v: %.3f m/s needs %.3f m of %.3f", c, v, mine, c.gap-c.keep+its)
		}
	}
	if safeSpeed(0, 4.5, 11, 4.5, 1, 0) != -100 {
		t.Error("a wall one metre ahead at 11 m/s leaves a speed")
	}
}

func TestRefusesWhatContradictsItself(t *testing.T) {
	for name, spoil := range map[string]func(*city.LaneNet, *city.LaneDemand){
		"lane without length":   func(n *city.LaneNet, d *city.LaneDemand) { n.Lanes[0].Length = 0 },
		"route of one road":     func(n *city.LaneNet, d *city.LaneDemand) { d.Journeys[0].Roads = d.Journeys[0].Roads[:1] },
		"roads that don't meet": func(n *city.LaneNet, d *city.LaneDemand) { d.Journeys[0].Roads = []int32{1, 0} },
		"departures disordered": func(n *city.LaneNet, d *city.LaneDemand) { d.Journeys[0].Depart = 1e6 },
		"no acceleration":       func(n *city.LaneNet, d *city.LaneDemand) { d.Types[0].Accel = 0 },
		"place out of range":    func(n *city.LaneNet, d *city.LaneDemand) { n.Connections[0].Index = 7 },
		"light without phases":  func(n *city.LaneNet, d *city.LaneDemand) { n.Lights[0].Phases = nil },
		"phase too short":       func(n *city.LaneNet, d *city.LaneDemand) { n.Lights[1].Phases[1].State = "r" },
		"type out of range":     func(n *city.LaneNet, d *city.LaneDemand) { d.Journeys[1].Type = 3 },
		"road out of range":     func(n *city.LaneNet, d *city.LaneDemand) { d.Journeys[1].Roads = []int32{0, 99} },
		"connections unsorted":  func(n *city.LaneNet, d *city.LaneDemand) { n.Connections[0].From = 99 },
	} {
		net, demand := avenue(2, 2, 10)
		spoil(net, demand)
		if _, err := New(net, demand, Config{}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	net, demand := avenue(1, 1, 3)
	s, err := New(net, demand, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if s.SetPhase(0, 2) == nil || s.SetPhase(1, 0) == nil || s.SetPhase(-1, 0) == nil {
		t.Error("a phase or a light that isn't there is taken")
	}
	other, others := avenue(2, 1, 3)
	if _, err := Restore(other, others, Config{}, s.Snapshot()); err == nil {
		t.Error("a snapshot of another net is taken")
	}
	if _, err := Restore(net, demand, Config{}, State{}); err == nil {
		t.Error("a snapshot of no version is taken")
	}
	if _, err := NewPublished("guess", nil, 30); err == nil {
		t.Error("an unknown controller is made")
	}
}

func TestAtFollowsTheLane(t *testing.T) {
	net, demand := avenue(1, 1, 1)
	s, err := New(net, demand, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Step(context.Background(), 12*time.Second); err != nil {
		t.Fatal(err)
	}
	v := s.OnWay(nil, int(net.Roads[0].First))
	if len(v) != 1 {
		t.Fatalf("%d vehicles on the first lane", len(v))
	}
	if p := s.At(v[0]); math.Abs(p[0]-10-v[0].Dist) > 1e-9 || p[1] != -2 {
		t.Errorf("it is at %v, %g m along a lane that begins at (10, −2)", p, v[0].Dist)
	}
}

func BenchmarkJinan(b *testing.B) {
	net, demand := scenario(b, "jinan_3x4", "jinan1", 3600)
	for b.Loop() {
		s := driven(b, net, demand, Config{Seed: 1, LaneChange: true}, "fixed", 30, time.Hour)
		b.ReportMetric(float64(s.st.Updates)*float64(b.N)/b.Elapsed().Seconds(), "updates/s")
	}
}

// The brain, with a decision each 30 s, must stay below what was asked of it on Hangzhou 1: 300 s of papers' travel time (the
// best published pressure gives 305.9), and lets no fewer finish than that pressure (2715).
func TestBrainOnHangzhou(t *testing.T) {
	net, demand := scenario(t, "hangzhou_4x4", "hangzhou1", 3600)
	n, err := Network(net, demand)
	if err != nil {
		t.Fatal(err)
	}
	ctl, err := control.New("brain", n, control.Settings{Every: 30})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(net, demand, Config{Seed: 1, LaneChange: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := NewDrive(s, n, ctl, 30).Step(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if r := s.Result(); r.PapersTravel > 290 || r.MeanTravel > 348.7 || r.Finished < 2715 {
		t.Errorf("papers' travel time %.1f s, travel time %.1f s, %d finished", r.PapersTravel, r.MeanTravel, r.Finished)
	}
}
