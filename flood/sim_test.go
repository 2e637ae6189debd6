package flood

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city"
)

// valley is a small polder: ground that slopes to a creek, one sewer basin, a drainage pump, a gate and a boundary pump.
func valley(cols, rows int) *city.City {
	g := city.Grid{West: 0, North: float64(rows) * 20, Cell: 20, Cols: cols, Rows: rows}
	n := g.Cells()
	t := &city.Terrain{Grid: g, Z: make([]float32, n), Manning: make([]float32, n), Built: make([]float32, n), Impervious: make([]float32, n), River: make([]bool, n), Basin: make([]int16, n), Datum: "local", VerticalError: 0.05, Source: city.TerrainGenerated}
	for i := range n {
		r, c := i/cols, i%cols
		t.Z[i] = float32(3 + 0.01*float64(c) + 0.05*math.Sin(float64(r*7+c*3)))
		t.Manning[i], t.Impervious[i] = 0.03, 0.8
		if (r+c)%5 == 0 {
			t.Built[i] = 0.5
		}
	}
	t.Z[rows/2*cols+cols/2] = 0 // an underpass
	var banks []int32
	for r := range rows {
		banks = append(banks, int32(r*cols))
	}
	return &city.City{Name: city.Text{En: "Valley"}, Terrain: t, Drains: city.Drains{
		Basins: []city.Basin{{ID: "b0", Inlet: 1e-5, Volume: 3000, Invert: 0, Ground: 3}},
		Creeks: []city.Creek{{ID: "c0", Area: 8000, Bed: 0, Normal: 2.2, Low: 1.5, Bank: 2.9, Cells: banks, Drop: 1e-3}},
		Pumps: []city.Pump{
			{ID: "p0", Basin: 0, Creek: 0, Units: 3, UnitFlow: 0.5, Start: 1, Stop: 0.3, MinRun: 300, MinRest: 300, MaxStarts: 4},
			{ID: "p1", Basin: -1, Creek: 0, Units: 2, UnitFlow: 1, Start: 2.4, Stop: 2.1, MinRun: 300, MinRest: 300, MaxStarts: 4}},
		Gates: []city.Gate{{ID: "g0", Creek: 0, Width: 4, Sill: 1}},
		Tide:  city.Tide{Mean: 2.2, Parts: []city.Harmonic{{Name: "M2", Amplitude: 1.6, PeriodS: 44714}}, Wall: 5},
	}}
}

func storm(g city.Grid, mmh float32) RainField {
	f := RainField{Grid: city.Grid{West: g.West, North: g.North, Cell: g.Cell * 7, Cols: g.Cols/7 + 1, Rows: g.Rows/7 + 1}}
	f.MMH = make([]float32, f.Grid.Cells())
	for i := range f.MMH {
		f.MMH[i] = mmh * (0.5 + float32(i%5)/4)
	}
	return f
}

func newTest(t testing.TB, c *city.City, cfg Config) *Sim {
	t.Helper()
	s, err := New(c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func step(t testing.TB, s *Sim, until time.Duration) {
	t.Helper()
	if err := s.Step(context.Background(), until); err != nil {
		t.Fatal(err)
	}
}

func TestEveryCubicMetreIsAccountedFor(t *testing.T) {
	for _, k := range []int{1, 3} {
		s := newTest(t, valley(50, 37), Config{Coarsen: k})
		s.Input(0, storm(s.Grid(), 90))
		s.Input(time.Hour, RainField{}, PumpOrder{0, 0}, GateOrder{0, 1})
		s.Input(2*time.Hour, PumpOrder{0, Auto}, DepthCorrection{Cell: 18*50 + 25, Depth: 0.4, Radius: 90}, CreekCorrection{0, 2.5})
		for h := range 40 {
			step(t, s, time.Duration(h+1)*6*time.Minute)
			if e := s.MassError(); e > 1e-9 {
				t.Fatalf("coarsen %d: mass error %.2e after %v", k, e, s.Now())
			}
		}
		if m := s.Mass(); m.Rain == 0 || m.River == 0 || m.Infiltration == 0 || m.Corrected == 0 {
			t.Errorf("coarsen %d: a path carried no water: %+v", k, m)
		}
	}
}

func TestLakeAtRestStaysAtRest(t *testing.T) {
	c := valley(30, 30)
	c.Drains = city.Drains{}
	for i := range c.Terrain.Basin {
		c.Terrain.Basin[i] = -1
	}
	s := newTest(t, c, Config{Infiltration: 1e-30})
	for i := range s.w {
		s.w[i] = s.net.Volume(i, 3.3)
	}
	step(t, s, time.Hour)
	for i, z := range c.Terrain.Z {
		h := s.DepthAt(i)
		if want := math.Max(0, 3.3-float64(z)); math.Abs(h-want) > 1e-9 {
			t.Fatalf("cell %d: depth %.12f, want %.12f", i, h, want)
		}
	}
}

// Steady sheet flow down a plane under constant rain follows Manning's law: the unit discharge at the foot of a slope of
// length L is rain·L, and its depth (n·q/√S)^(3/5) (kinematic wave; Woolhiser & Liggett 1967).
func TestRainOnAPlaneReachesManningDepth(t *testing.T) {
	const cols, slope, n, mmh = 60, 0.01, 0.03, 50.0
	g := city.Grid{North: 3 * 10, Cell: 10, Cols: cols, Rows: 3}
	z, fill := make([]float32, g.Cells()), func(v float32) []float32 {
		s := make([]float32, g.Cells())
		for i := range s {
			s[i] = v
		}
		return s
	}
	river := make([]bool, g.Cells())
	for i := range z {
		z[i] = float32(10 - slope*10*float64(i%cols))
	}
	c := &city.City{Terrain: &city.Terrain{Grid: g, Z: z, Manning: fill(n), Built: fill(0), Impervious: fill(1), River: river, Basin: make([]int16, g.Cells())}}
	for i := range c.Terrain.Basin {
		c.Terrain.Basin[i] = -1
	}
	// The last column is a deep creek that takes all that arrives.
	var foot []int32
	for r := range 3 {
		foot = append(foot, int32(r*cols+cols-1))
	}
	c.Drains.Creeks = []city.Creek{{Area: 1e6, Bed: -100, Normal: -100, Low: -100, Bank: -50, Cells: foot}}
	s := newTest(t, c, Config{})
	s.Input(0, RainField{Grid: city.Grid{North: 30, Cell: 600, Cols: 1, Rows: 1}, MMH: []float32{mmh}})
	step(t, s, 2*time.Hour)
	for _, col := range []int{20, 40, 50} {
		q := mmh / 3.6e6 * (float64(col) + 1) * 10 // what leaves the cell
		want := math.Pow(n*q/math.Sqrt(slope), 0.6)
		if got := s.DepthAt(cols + col); math.Abs(got/want-1) > 0.02 {
			t.Errorf("column %d: depth %.4f m, Manning's %.4f m", col, got, want)
		}
	}
}

func TestSnapshotRestoresEveryBit(t *testing.T) {
	c := valley(40, 30)
	run := func(split bool) State {
		s := newTest(t, c, Config{Coarsen: 2})
		s.Input(0, storm(s.Grid(), 80))
		s.Input(70*time.Minute, RainField{})
		step(t, s, 37*time.Minute)
		if split {
			st := s.Snapshot()
			step(t, s, 50*time.Minute) // going on must not touch the copy
			r, err := Restore(c, Config{Coarsen: 2}, st)
			if err != nil {
				t.Fatal(err)
			}
			s = r
		}
		step(t, s, 2*time.Hour)
		return s.Snapshot()
	}
	a, b := run(false), run(true)
	if !slices.Equal(a.Surface.Fields[0], b.Surface.Fields[0]) || !slices.Equal(a.Creeks, b.Creeks) || !slices.Equal(a.Surface.Fields[2], b.Surface.Fields[2]) || a.Mass != b.Mass {
		t.Fatal("restoring in the middle of the run changed its result")
	}
}

func TestRestoreRefusesAnotherCity(t *testing.T) {
	s := newTest(t, valley(40, 30), Config{})
	if _, err := Restore(valley(41, 30), Config{}, s.Snapshot()); err == nil {
		t.Fatal("a state of another size was accepted")
	}
}

func TestPumpsKeepTheirLimits(t *testing.T) {
	s := newTest(t, valley(20, 20), Config{MaxStep: 5 * time.Second})
	s.Input(0, storm(s.Grid(), 60))
	last := make([]UnitState, 3)
	copy(last, s.st.Pumps[0].Units)
	var starts [3][]time.Duration
	for i := range 1440 {
		now := time.Duration(i) * 5 * time.Second
		s.Input(now, PumpOrder{0, []int{0, 3, 1, 2}[i/13%4]}) // a restless operator
		step(t, s, now+5*time.Second)
		for u, un := range s.st.Pumps[0].Units {
			if un.On == last[u].On {
				continue
			}
			if ran := now - last[u].Since; ran < 300*time.Second {
				t.Fatalf("unit %d switched after %v", u, ran)
			}
			if un.On {
				starts[u] = append(starts[u], now)
			}
			last[u] = un
		}
	}
	for u, at := range starts {
		if len(at) == 0 {
			t.Errorf("unit %d never ran", u)
		}
		for i := 4; i < len(at); i++ {
			if at[i]-at[i-4] < time.Hour {
				t.Errorf("unit %d: 5 starts within %v", u, at[i]-at[i-4])
			}
		}
	}
}

func TestTideLockKeepsTheRiverOut(t *testing.T) {
	c := valley(10, 10)
	s := newTest(t, c, Config{})
	s.Input(0, GateOrder{0, 1}, PumpOrder{1, 0})
	open, shut := 0, 0
	for i := range 26 * 12 {
		step(t, s, time.Duration(i+1)*5*time.Minute)
		tide := s.TideLevel(s.Now())
		if s.Gate(0).Flow < 0 {
			t.Fatal("the river came in")
		}
		if s.Gate(0).Flow > 0 {
			open++
			if s.CreekLevel(0) < tide-0.05 {
				t.Fatalf("gate open with the creek at %.2f and the river at %.2f", s.CreekLevel(0), tide)
			}
		} else {
			shut++
		}
	}
	if open == 0 || shut == 0 {
		t.Fatalf("open %d, shut %d: the tide never turned", open, shut)
	}
}

// More rain never leaves less water anywhere that counts: a relation that must hold whatever the parameters.
func TestMoreRainMoreWater(t *testing.T) {
	var before float64
	for _, mmh := range []float32{0, 20, 60, 120} {
		s := newTest(t, valley(30, 30), Config{})
		s.Input(0, storm(s.Grid(), mmh))
		step(t, s, time.Hour)
		if w := s.stored() + s.st.Mass.River; w < before {
			t.Fatalf("%v mm/h: %.1f m³, less than with less rain (%.1f)", mmh, w, before)
		} else {
			before = w
		}
	}
}

func TestBadInputIsRefused(t *testing.T) {
	s := newTest(t, valley(10, 10), Config{})
	for name, ev := range map[string]Event{
		"negative rain":       RainField{Grid: city.Grid{Cell: 10, Cols: 1, Rows: 1}, MMH: []float32{-1}},
		"NaN rain":            RainField{Grid: city.Grid{Cell: 10, Cols: 1, Rows: 1}, MMH: []float32{float32(math.NaN())}},
		"short rain":          RainField{Grid: city.Grid{Cell: 10, Cols: 2, Rows: 1}, MMH: []float32{1}},
		"no such pump":        PumpOrder{7, 1},
		"too many units":      PumpOrder{0, 9},
		"half a gate too far": GateOrder{0, 1.5},
		"no such cell":        DepthCorrection{Cell: -1},
	} {
		if s.Input(0, ev) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	step(t, s, time.Minute)
	if s.Input(0, RainField{}) == nil {
		t.Error("an input for the past was accepted")
	}
	if _, err := New(&city.City{}, Config{}); err == nil {
		t.Error("a city without terrain was accepted")
	}
}

func TestRoadSpeed(t *testing.T) {
	for _, c := range []struct{ mm, kmh float64 }{{100, 40.66}, {150, 24.26}, {299.999, 2.07}, {300, 0}} {
		if got := RoadSpeed(100, c.mm/1000) * 3.6; math.Abs(got-c.kmh) > 0.02 {
			t.Errorf("%g mm: %.2f km/h, want %.2f", c.mm, got, c.kmh)
		}
	}
}

func TestDamageFraction(t *testing.T) {
	for _, c := range []struct {
		use   city.BuildingUse
		depth float64
		want  float64
	}{{city.Residential, 0.14, 0}, {city.Residential, 0.5, 0.327}, {city.Commercial, 0.75, 0.4575}, {city.Industrial, 7, 1}, {city.Residential, math.NaN(), 0}} {
		if got := DamageFraction(c.use, c.depth); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("use %d at %g m: %g, want %g", c.use, c.depth, got, c.want)
		}
	}
}

func BenchmarkStormHour(b *testing.B) {
	c := valley(300, 160)
	for range b.N {
		s := newTest(b, c, Config{Coarsen: 3, MaxStep: 20 * time.Second})
		s.Input(0, storm(s.Grid(), 60))
		step(b, s, time.Hour)
	}
}
