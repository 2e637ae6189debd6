package micro

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/city/grid"
)

// town is a grid with mixed traffic: cars, buses, motorcycles that follow by IDM.
func town(t testing.TB, side, lanes int, signals bool, rate float64, seconds int, seed uint64) (*city.LaneNet, *city.LaneDemand) {
	t.Helper()
	n, err := grid.New(grid.Town{Side: side, Block: 160, Lanes: lanes, Speed: 13.9, Signal: signals})
	if err != nil {
		t.Fatal(err)
	}
	d, err := n.Demand(rate, seconds, 2, seed)
	if err != nil {
		t.Fatal(err)
	}
	bus := dawdler()
	bus.ID, bus.Class, bus.Length, bus.Accel, bus.Decel, bus.Brake, bus.MaxSpeed = "bus", city.BusClass, 12, 1.2, 4, 7, 85/3.6
	moto := dawdler()
	moto.ID, moto.Class, moto.Length, moto.Accel, moto.Decel, moto.Brake = "moto", city.Motorcycle, 2.2, 4, 7, 10
	d.Types = append(d.Types, bus, moto)
	for i := range d.Journeys {
		switch i % 10 {
		case 3:
			d.Journeys[i].Type = 1
		case 7:
			d.Journeys[i].Type = 2
		}
	}
	return &n.LaneNet, d
}

// busy adds to a town what gets in the way: buses that halt, cars that park, walkers at every junction, water, accidents, closed lanes.
func busy(t *testing.T, n *city.LaneNet, d *city.LaneDemand, seed uint64) []timed {
	t.Helper()
	draw := chance.New(seed, "test/busy")
	for i := range d.Journeys {
		j := &d.Journeys[i]
		if len(j.Roads) < 3 || i%4 > 1 {
			continue
		}
		r := &n.Roads[j.Roads[1+draw.Int(uint64(i), 0, len(j.Roads)-2)]]
		at := 20 + draw.Float(uint64(i), 1)*(r.Length-30)
		j.Stops = []city.JourneyStop{{Lane: r.First, Start: at - 15, End: at, Duration: 5 + draw.Float(uint64(i), 2)*60, Off: float64(i%4) * 6}}
	}
	for v := range n.Nodes {
		w := city.Crosswalk{ID: fmt.Sprint(v), Node: int32(v), Light: -1, Index: -1, Length: 10}
		if l := n.Nodes[v].Light; l >= 0 {
			w.Light, w.Index = l, 0
		}
		for c := range n.Connections {
			if n.Connections[c].Node == int32(v) && len(w.Over) < 3 {
				w.Over = append(w.Over, city.Over{Connection: int32(c), Path: n.Connections[c].Length * draw.Float(uint64(v), uint64(c)), Walk: 2 + 3*float64(len(w.Over))})
			}
		}
		if len(w.Over) > 0 {
			n.Crosswalks = append(n.Crosswalks, w)
		}
	}
	for i := range 120 {
		d.Walkers = append(d.Walkers, city.Walker{ID: fmt.Sprint(i), Depart: float64(4 * i), Speed: 1 + draw.Float(uint64(i), 3)/2, Rest: 5,
			Legs: []city.WalkLeg{{Before: 3, Crosswalk: int32(draw.Int(uint64(i), 4, len(n.Crosswalks)))}, {Before: 30, Back: true, Crosswalk: int32(draw.Int(uint64(i), 5, len(n.Crosswalks)))}}})
	}
	var evs []timed
	for i := range 12 {
		at := time.Duration(50+draw.Int(uint64(i), 6, 400)) * time.Second
		l := int32(draw.Int(uint64(i), 7, len(n.Lanes)))
		switch i % 4 {
		case 0:
			evs = append(evs, timed{at, LaneWater{Lane: l, Depth: 0.1 + 0.4*draw.Float(uint64(i), 8)}}, timed{at + 300*time.Second, LaneWater{Lane: l}})
		case 1:
			evs = append(evs, timed{at, Block{Lane: l, At: n.Lanes[l].Length / 2, Length: 6, For: 120 * time.Second}})
		case 2:
			evs = append(evs, timed{at, Closure{Lane: l, Shut: true}}, timed{at + 200*time.Second, Closure{Lane: l}})
		case 3:
			evs = append(evs, timed{at, Water{Road: n.Lanes[l].Road, Depth: 0.25}}, timed{at + 300*time.Second, Water{Road: n.Lanes[l].Road}})
		}
	}
	return evs
}

// The same where much is in the way; and the same bits on two threads and from a snapshot.
func TestNoCollisionWhenBusy(t *testing.T) {
	for seed := range uint64(6) {
		n, d := town(t, 4, 1+int(seed%3), seed%2 == 0, 0.8, 500, seed)
		evs := busy(t, n, d, seed)
		cfg := Config{Seed: seed, IDM: city.Motorcycle, Informed: 0.5}
		make1 := func(threads int) *Sim {
			cfg.Threads = threads
			s := run(t, n, d, cfg)
			for _, e := range evs {
				if err := s.Input(e.At, e.Ev); err != nil {
					t.Fatal(err)
				}
			}
			return s
		}
		s := make1(1)
		var snap State
		for sec := 1; sec <= 3000; sec++ {
			s.to(t, sec)
			s.check(t)
			s.unhurt(t)
			if sec == 333 {
				snap = s.Snapshot()
			}
		}
		x := s.Totals()
		t.Logf("seed %d: %+v, %d stalled", seed, x, s.Stalls)
		if x.Finished+x.Towed < x.Due*9/10 {
			t.Errorf("net %d: only %d of %d have arrived", seed, x.Finished, x.Due)
		}
		b := make1(2)
		b.to(t, 3000)
		c, err := Restore(n, d, cfg, snap)
		if err != nil {
			t.Fatal(err)
		}
		c.to(t, 3000)
		if h := s.Hash(); h != b.Hash() || h != c.Hash() {
			t.Errorf("net %d: two threads or a snapshot give another result", seed)
		}
	}
}

// Nobody ever overlaps, and everybody is somewhere, on nets with and without signals, one to three lanes, dense and sparse.
func TestNoCollision(t *testing.T) {
	for seed := range uint64(8) {
		lanes := 1 + int(seed%3)
		n, d := town(t, 4, lanes, seed%2 == 0, 0.8+float64(seed)*0.3, 600, seed)
		s := run(t, n, d, Config{Seed: seed, IDM: city.Motorcycle, Headway: 1 + float64(seed%2)*0.3})
		for sec := 1; sec <= 1500; sec++ {
			s.to(t, sec)
			s.check(t)
		}
		if tt := s.Totals(); tt.Finished < tt.Due*9/10 {
			t.Errorf("net %d: only %d of %d have arrived", seed, tt.Finished, tt.Due)
		}
	}
}

// The result does not depend on the threads, nor on being stopped, copied and restored in between.
func TestSameBits(t *testing.T) {
	n, d := town(t, 5, 3, true, 3, 400, 1)
	events := func(s *Sim) {
		for _, e := range []struct {
			at int
			ev Event
		}{{100, Block{Lane: 10, At: 60, Length: 8, For: 90 * time.Second}}, {120, Rain{MMH: 20}}, {150, Water{Road: 7, Depth: 0.1}}, {160, Phase{Light: 3, Phase: 2}},
			{200, Closure{Lane: 12, Shut: true}}, {260, Closure{Lane: 12}}} {
			if err := s.Input(time.Duration(e.at)*time.Second, e.ev); err != nil {
				t.Fatal(err)
			}
		}
	}
	cfg := Config{Seed: 5}
	a := run(t, n, d, cfg)
	events(a)
	a.to(t, 500)
	for _, threads := range []int{2, 3} {
		cfg.Threads = threads
		b := run(t, n, d, cfg)
		events(b)
		b.to(t, 500)
		if a.Hash() != b.Hash() {
			t.Errorf("%d threads give another result than one", threads)
		}
	}
	b := run(t, n, d, cfg)
	events(b)
	b.to(t, 170)
	c, err := Restore(n, d, cfg, b.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	b.to(t, 300) // the copy is its own
	c.to(t, 500)
	if a.Hash() != c.Hash() {
		t.Error("restored at 170 s, the run ends differently")
	}
	if d2 := run(t, n, d, Config{Seed: 6}); true {
		events(d2)
		d2.to(t, 500)
		if a.Hash() == d2.Hash() {
			t.Error("another seed gives the same result")
		}
	}
	if err := b.Reset(State{Version: 99}); err == nil {
		t.Error("a state of another version was taken")
	}
}

func TestStepAllocatesNothing(t *testing.T) {
	n, d := town(t, 4, 3, true, 2, 3000, 1)
	s := run(t, n, d, Config{Seed: 1})
	s.to(t, 1200)
	at := 1200
	if a := testing.AllocsPerRun(200, func() {
		at++
		if err := s.Step(context.Background(), time.Duration(at)*time.Second); err != nil {
			t.Fatal(err)
		}
	}); a > 0.2 { // a segment that holds more than ever before takes larger room once
		t.Errorf("%.2f allocations a step", a)
	}
}

func TestCancel(t *testing.T) {
	n, d := town(t, 2, 1, true, 1, 100, 1)
	s := run(t, n, d, Config{})
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if err := s.Step(ctx, time.Hour); !errors.Is(err, context.Canceled) || s.Now() != 0 {
		t.Errorf("%v at %v", err, s.Now())
	}
}

// A bus halts at its stop for its dwell and not before its time, and those behind wait.
func TestStop(t *testing.T) {
	g := net(14, [4]int{0, 1, 2, 500}, [4]int{1, 2, 2, 500})
	join(g, 0, 2, 10, nil, nil)
	join(g, 1, 3, 10, nil, nil)
	bus := car
	bus.Length, bus.Class, bus.LaneChange = 12, city.BusClass, true
	d := &city.LaneDemand{Types: []city.VehicleType{bus}}
	d.Journeys = []city.Journey{{ID: "a", Roads: []int32{0, 1}, Routed: true, Stops: []city.JourneyStop{{Lane: 1, Start: 250, End: 270, Duration: 20}, {Lane: 2, Start: 100, End: 120, Duration: 10, Until: 150}}}}
	s := run(t, g, d, Config{})
	stood := map[int32]int{}
	var left float64
	for sec := 1; sec < 300; sec++ {
		s.to(t, sec)
		for seg, cars := range s.Segments {
			for _, c := range cars {
				if c.V == 0 && c.Pos > 50 {
					stood[int32(seg)]++
					left = float64(sec)
					if math.Abs(float64(c.Pos)-[]float64{0, 270, 120}[seg]) > 1 {
						t.Fatalf("it halts at %g m of lane %d", c.Pos, seg)
					}
				}
			}
		}
	}
	if stood[1] < 20 || stood[1] > 24 || stood[2] < 10 || left < 149 || left > 153 || s.Ended != 1 {
		t.Errorf("stood %v s, left the second stop at %g s, arrived: %d", stood, left, s.Ended)
	}
}

// Vehicles pass what blocks a lane by the other lane, or wait for it to go.
func TestBlock(t *testing.T) {
	for lanes := 1; lanes <= 2; lanes++ {
		g := net(14, [4]int{0, 1, lanes, 600})
		d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
		stream(d, 0, 20, 0, 5, 0)
		s := run(t, g, d, Config{})
		if err := s.Input(0, Block{Lane: 0, At: 300, Length: 10, For: 400 * time.Second}); err != nil {
			t.Fatal(err)
		}
		for sec := 10; sec <= 390; sec += 10 {
			s.to(t, sec)
			s.check(t)
		}
		if got := s.Totals().Finished; lanes == 1 && got != 0 || lanes == 2 && got < 18 {
			t.Errorf("%d lanes: %d of 20 got past", lanes, got)
		}
		s.to(t, 700)
		if got := s.Totals().Finished; got != 20 {
			t.Errorf("%d lanes: %d of 20 arrived after the block went", lanes, got)
		}
	}
}

// Rain and water slow, deep water stops, a closed lane is left in time.
func TestWeatherAndClosure(t *testing.T) {
	time1 := func(ev ...Event) float64 {
		g := net(20, [4]int{0, 1, 2, 800}, [4]int{1, 2, 2, 800})
		join(g, 0, 2, 10, nil, nil)
		join(g, 1, 3, 10, nil, nil)
		d := &city.LaneDemand{Types: []city.VehicleType{car}}
		stream(d, 0, 1, 1, 0, 0, 1)
		s := run(t, g, d, Config{})
		if err := s.Input(0, ev...); err != nil {
			t.Fatal(err)
		}
		s.to(t, 400)
		x := s.Trips()[0]
		return x.Arrive - x.Enter
	}
	dry := time1()
	if rain := time1(Rain{MMH: 25}); rain < dry*1.05 || rain > dry*1.1 {
		t.Errorf("%g s dry, %g s in heavy rain", dry, rain)
	}
	if wet := time1(Water{Road: 1, Depth: 0.15}); wet < dry*1.4 || wet > dry*1.6 {
		t.Errorf("%g s dry, %g s with half a road at half speed", dry, wet)
	}
	if deep := time1(Water{Road: 1, Depth: 0.4}); !math.IsNaN(deep) {
		t.Errorf("a car drove through 0.4 m of water in %g s", deep)
	}
	if shut := time1(Closure{Lane: 2, Shut: true}); math.IsNaN(shut) || shut > dry*1.2 {
		t.Errorf("%g s, with a lane closed %g s", dry, shut)
	}
}

// A commanded phase comes after yellow for those that lose their green, and holds until it is given back.
func TestCommand(t *testing.T) {
	g := net(14, [4]int{0, 2, 1, 200}, [4]int{1, 2, 1, 200}, [4]int{2, 3, 2, 200})
	join(g, 0, 2, 10, nil, []int32{1})
	join(g, 1, 3, 10, nil, []int32{0})
	signal(g, []city.LightPhase{{State: "Gr", Duration: 30}, {State: "yr", Duration: 3}, {State: "rG", Duration: 30}, {State: "ry", Duration: 3}}, 0, 1)
	s := run(t, g, &city.LaneDemand{Types: []city.VehicleType{car}}, Config{})
	show := func(sec int) string { s.to(t, sec); return string(s.Sig) }
	if got := show(29) + show(31) + show(34); got != "Gr"+"yr"+"rG" {
		t.Errorf("the program shows %s", got)
	}
	if err := s.Input(40*time.Second, Phase{Light: 0, Phase: 0, Yellow: 4}); err != nil {
		t.Fatal(err)
	}
	if got := show(41) + show(44) + show(45) + show(500); got != "ry"+"ry"+"Gr"+"Gr" {
		t.Errorf("commanded at 40 s, at 41, 44, 45 and 500 s it shows %s", got)
	}
	if err := s.Input(500*time.Second, Phase{Light: 0, Phase: -1}); err != nil {
		t.Fatal(err)
	}
	if got := show(505) + show(532); got != "Gr"+"yr" {
		t.Errorf("given back, it shows %s", got)
	}
	if err := s.Input(600*time.Second, Phase{Light: 0, Phase: 4}); err == nil {
		t.Error("a phase that is not there was taken")
	}
}

// Journeys without a route take the quickest way that their class may drive, and go round what is jammed.
func TestRoutes(t *testing.T) {
	// 0 leads to 1 (short) and 2 (long), both to 3; 1 is for buses only in the second case
	build := func() *city.LaneNet {
		g := net(14, [4]int{0, 1, 1, 100}, [4]int{1, 2, 1, 200}, [4]int{1, 2, 1, 500}, [4]int{2, 3, 1, 100})
		join(g, 0, 1, 5, nil, nil)
		join(g, 0, 2, 5, nil, nil)
		join(g, 1, 3, 5, nil, nil)
		join(g, 2, 3, 5, nil, nil)
		return g
	}
	way := func(g *city.LaneNet, ev ...Event) string {
		d := &city.LaneDemand{Types: []city.VehicleType{car}, Journeys: []city.Journey{{ID: "x", Depart: 5, Roads: []int32{0, 3}}}}
		s := run(t, g, d, Config{})
		if err := s.Input(0, ev...); err != nil {
			t.Fatal(err)
		}
		s.to(t, 300)
		if s.Totals().Unroutable > 0 {
			return "none"
		}
		if s.Totals().Finished != 1 {
			t.Errorf("%v does not arrive", s.Route(0))
		}
		return fmt.Sprint(s.Route(0))
	}
	if got := way(build()); got != "[0 1 3]" {
		t.Errorf("quickest way %s", got)
	}
	g := build()
	g.Lanes[1].Allow = city.BusClass
	if got := way(g); got != "[0 2 3]" {
		t.Errorf("way for cars %s", got)
	}
	if got := way(build(), Closure{Lane: 1, Shut: true}); got != "[0 2 3]" {
		t.Errorf("way round a closed road %s", got)
	}
	if got := way(build(), Closure{Lane: 1, Shut: true}, Closure{Lane: 2, Shut: true}); got != "none" {
		t.Errorf("no way, and yet %s", got)
	}
}

// Who is on the way when a road is closed goes round it, also from within a junction.
func TestDetour(t *testing.T) {
	for _, at := range []int{3, 14, 15, 16} { // on the first road, about its end and in the junction
		g := net(14, [4]int{0, 1, 1, 100}, [4]int{1, 2, 1, 300}, [4]int{2, 3, 1, 200}, [4]int{2, 3, 1, 500}, [4]int{3, 4, 1, 100})
		join(g, 0, 1, 30, nil, nil)
		join(g, 1, 2, 5, nil, nil)
		join(g, 1, 3, 5, nil, nil)
		join(g, 2, 4, 5, nil, nil)
		join(g, 3, 4, 5, nil, nil)
		d := &city.LaneDemand{Types: []city.VehicleType{car}}
		stream(d, 0, 1, 0, 0, 0, 1, 2, 4)
		s := run(t, g, d, Config{})
		if err := s.Input(time.Duration(at)*time.Second, Closure{Lane: 2, Shut: true}); err != nil {
			t.Fatal(err)
		}
		for sec := 1; sec < 200; sec++ {
			s.to(t, sec)
			s.check(t)
		}
		if s.Ended != 1 || s.Crossed[2] != 1 || s.Crossed[1] != 0 {
			t.Errorf("closed at %d s: arrived %d, by the detour %d", at, s.Ended, s.Crossed[2])
		}
	}
}

// What can't be driven is named.
func TestBadInput(t *testing.T) {
	good := func() (*city.LaneNet, *city.LaneDemand) {
		g := net(14, [4]int{0, 1, 1, 100}, [4]int{1, 2, 1, 100})
		join(g, 0, 1, 5, nil, nil)
		d := &city.LaneDemand{Types: []city.VehicleType{car}}
		stream(d, 0, 2, 0, 1, 0, 1)
		return g, d
	}
	for _, c := range []struct {
		bend func(*city.LaneNet, *city.LaneDemand)
		says string
	}{
		{func(g *city.LaneNet, _ *city.LaneDemand) { g.Lanes[1].Length = 0 }, `lane "r1_0"`},
		{func(g *city.LaneNet, _ *city.LaneDemand) { g.Connections[0].To = 7 }, "connection 0"},
		{func(g *city.LaneNet, _ *city.LaneDemand) { g.Connections[0].Light = 2 }, "light 2"},
		{func(_ *city.LaneNet, d *city.LaneDemand) { d.Journeys[0].Depart = 9 }, "departs before"},
		{func(_ *city.LaneNet, d *city.LaneDemand) { d.Journeys[1].Roads = []int32{0, 9} }, "road 9 of 2"},
		{func(_ *city.LaneNet, d *city.LaneDemand) { d.Journeys[1].Roads = []int32{1, 0} }, "does not lead"},
		{func(_ *city.LaneNet, d *city.LaneDemand) { d.Journeys[1].Roads = nil }, "no roads"},
		{func(_ *city.LaneNet, d *city.LaneDemand) { d.Journeys[1].Type = 3 }, "type 3"},
		{func(_ *city.LaneNet, d *city.LaneDemand) { d.Types[0].Decel = 0 }, `type "car"`},
	} {
		g, d := good()
		c.bend(g, d)
		if _, err := New(g, d, Config{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v, want one that says %s", err, c.says)
		}
	}
	g, d := good()
	s := run(t, g, d, Config{})
	s.to(t, 10)
	for _, ev := range []Event{Block{Lane: 0, At: 500, Length: 5, For: time.Second}, Closure{Lane: 9}, Rain{MMH: math.NaN()}, Water{Road: 4}, Phase{Light: 0}} {
		if err := s.Input(20*time.Second, ev); err == nil {
			t.Errorf("%#v was taken", ev)
		}
	}
	if err := s.Input(5*time.Second, Rain{}); err == nil {
		t.Error("an event of the past was taken")
	}
}

// Phases that last fractions of seconds show from the first second that is not before their time, and the cycle keeps its length.
func TestProgramOfFractions(t *testing.T) {
	g := net(14, [4]int{0, 1, 1, 200}, [4]int{1, 2, 1, 200})
	join(g, 0, 1, 10, nil, nil)
	signal(g, []city.LightPhase{{State: "G", Duration: 2.5}, {State: "y", Duration: 1.2}, {State: "r", Duration: 3.6}}, 0)
	g.Lights[0].Offset = 0.7
	s := run(t, g, &city.LaneDemand{Types: []city.VehicleType{car}}, Config{})
	for sec := 1; sec < 200; sec++ {
		s.to(t, sec)
		at, want := math.Mod(float64(sec-1)-0.7+7.3+1e-9, 7.3), "r"
		if at < 2.5 {
			want = "G"
		} else if at < 3.7 {
			want = "y"
		}
		if string(s.Sig) != want {
			t.Fatalf("in second %d, %.1f s of its cycle of 7.3 s, it shows %s, want %s", sec, at, s.Sig, want)
		}
	}
}

// A light without a program has none to be given back to.
func TestALightWithoutAProgram(t *testing.T) {
	g := net(14, [4]int{0, 1, 1, 200}, [4]int{1, 2, 1, 200})
	join(g, 0, 1, 10, nil, nil)
	signal(g, nil, 0)
	s := run(t, g, &city.LaneDemand{Types: []city.VehicleType{car}}, Config{})
	if err := s.Input(0, Lamps{Light: 0, State: "G"}); err != nil {
		t.Fatal(err)
	}
	for _, phase := range []int{-1, 0} {
		if err := s.Input(time.Second, Phase{Light: 0, Phase: phase}); err == nil {
			t.Errorf("phase %d was taken", phase)
		}
	}
	s.to(t, 5)
	if string(s.Sig) != "G" {
		t.Errorf("it shows %q", s.Sig)
	}
}

// The model never lets a vehicle drive faster than it can stop, whatever the gap.
func TestSafeSpeeds(t *testing.T) {
	draw := chance.New(1, "test/safe")
	for i := range uint64(20000) {
		ty := car
		ty.Decel, ty.Headway = draw.Between(i, 0, 1, 9), draw.Between(i, 1, 1, 2.5)
		k := newKind(&ty, 1, false)
		g := float32(draw.Between(i, 2, 0, 200))
		v := k.halt(g)
		if way := v*k.tau + braking(v, k.decel, k.invB); way > g+0.01*g+0.01 {
			t.Fatalf("decel %.2f tau %.2f: %.3f m/s in %.3f m needs %.3f m", k.decel, k.tau, v, g, way)
		}
		if way := (v+0.1)*k.tau + braking(v+0.1, k.decel, k.invB); way < g {
			t.Fatalf("decel %.2f tau %.2f: %.3f m/s is less than %.3f m allow", k.decel, k.tau, v, g)
		}
		if w := k.before(g); w+braking(w, k.decel, k.invB) > g+0.01*g+0.01 {
			t.Fatalf("decel %.2f: %.3f m/s before a line in %.3f m", k.decel, w, g)
		}
	}
}

// A controller sees vehicles from the stop line back, those in the junction behind the lane among them, and what it says is shown.
func TestSeeAndShow(t *testing.T) {
	n, d := town(t, 3, 2, true, 2, 300, 2)
	s := run(t, n, d, Config{Seed: 2})
	s.to(t, 200)
	far, inside := 0, 0
	for l := range int32(len(n.Lanes)) {
		all := s.See(l, 1e9, nil)
		on, standing := s.Count(l)
		still := 0
		for i, v := range all {
			if i > 0 && v.Behind < all[i-1].Behind {
				t.Fatalf("lane %d: vehicle %d is %g m from the line, the one before %g", l, i, v.Behind, all[i-1].Behind)
			}
			if v.Behind > n.Lanes[l].Length {
				inside++
				continue
			}
			if v.Speed < 0.1 {
				still++
			}
			if v.Next >= 0 && n.Roads[v.Next].From != n.Roads[n.Lanes[l].Road].To {
				t.Fatalf("lane %d: next road %d does not follow", l, v.Next)
			}
			if v.Next < 0 {
				far++
			}
		}
		if len(all) < on || still != standing {
			t.Fatalf("lane %d: sees %d, %d standing; %d are there, %d standing", l, len(all), still, on, standing)
		}
		if near := s.See(l, 50, nil); len(near) > len(all) || len(near) > 0 && near[len(near)-1].Behind > 50 {
			t.Fatalf("lane %d: within 50 m it sees %v", l, near)
		}
	}
	if far == 0 || inside == 0 {
		t.Errorf("%d vehicles end on their road, %d are inside junctions; the test sees nothing", far, inside)
	}
	off := strings.Repeat("r", n.Lights[0].Places)
	if err := s.Input(200*time.Second, Lamps{Light: 0, State: off}); err != nil {
		t.Fatal(err)
	}
	s.to(t, 290)
	before := append([]uint32(nil), s.Passed()...)
	s.to(t, 330)
	for i, c := range n.Connections {
		if c.Light == 0 && (s.Showing()[i] != 'r' || s.Passed()[i] != before[i]) {
			t.Errorf("connection %d shows %c, %d passed", i, s.Showing()[i], s.Passed()[i]-before[i])
		}
	}
	if err := s.Input(330*time.Second, Lamps{Light: 0, State: "r"}); err == nil {
		t.Error("a state with too few letters was taken")
	}
}

// With a share of drivers informed those go round a closed road from the start, the others when they come to it; both arrive.
func TestInformed(t *testing.T) {
	for _, share := range []float64{0.3, 1} {
		// the way forks at once (3) and again before the closed road 2 (4)
		g := net(14, [4]int{0, 1, 1, 150}, [4]int{1, 2, 1, 300}, [4]int{2, 3, 1, 100}, [4]int{1, 3, 1, 600}, [4]int{2, 3, 1, 500}, [4]int{3, 4, 1, 100})
		join(g, 0, 1, 10, nil, nil)
		join(g, 0, 3, 10, nil, nil)
		join(g, 1, 2, 10, nil, nil)
		join(g, 1, 4, 10, nil, nil)
		join(g, 2, 5, 10, nil, nil)
		join(g, 3, 5, 10, nil, nil)
		join(g, 4, 5, 10, nil, nil)
		d := &city.LaneDemand{Types: []city.VehicleType{car}}
		stream(d, 0, 200, 0, 5, 0, 1, 2, 5)
		run1 := func(threads int) *Sim {
			s := run(t, g, d, Config{Informed: share, Threads: threads})
			if err := s.Input(2*time.Second, Closure{Lane: 2, Shut: true}); err != nil {
				t.Fatal(err)
			}
			s.to(t, 1400)
			s.check(t)
			return s
		}
		s := run1(1)
		if b := run1(2); s.Hash() != b.Hash() {
			t.Error("two threads give another result")
		}
		if s.Crossed[2] != 0 || s.Ended != 200 {
			t.Fatalf("share %g: %d through the closed road, %d arrived", share, s.Crossed[2], s.Ended)
		}
		if got := float64(s.Crossed[1]) / 200; math.Abs(got-share) > 0.1 {
			t.Errorf("%g of drivers go round at once, %g are informed", got, share)
		}
	}
	if _, err := New(net(1, [4]int{0, 1, 1, 10}), &city.LaneDemand{}, Config{Informed: 2}); err == nil {
		t.Error("a share of 2 is taken")
	}
}
