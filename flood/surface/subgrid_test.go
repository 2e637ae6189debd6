package surface

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city"
)

// plain is flat ground of cols × rows pixels of dx metres.
func plain(cols, rows int, dx, n float64) *Domain {
	d := &Domain{Grid: city.Grid{North: float64(rows) * dx, Cell: dx, Cols: cols, Rows: rows}}
	d.Z, d.Manning = make([]float64, d.Cells()), make([]float64, d.Cells())
	for i := range d.Manning {
		d.Manning[i] = n
	}
	return d
}

func mustBatch(t testing.TB, d *Domain, ratio, members int, cfg Config) *Batch {
	t.Helper()
	g, err := NewSubgrid(d, ratio, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewBatch(g, cfg, members)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func mustRun(t testing.TB, b *Batch, seconds float64) {
	t.Helper()
	if err := b.Step(context.Background(), time.Duration(seconds*1e9)); err != nil {
		t.Fatal(err)
	}
}

func everywhere(mmh float32) *RainField {
	return &RainField{Grid: city.Grid{West: -1e6, North: 1e6, Cell: 2e6, Cols: 1, Rows: 1}, MMH: []float32{mmh}}
}

// A wall of 0.3 m, one pixel thick and in the middle of its cells, keeps what stands 0.12 m deep on one side off the other, straight
// or aslant, and lets over what stands higher.
func TestNothingLeaksThroughAWall(t *testing.T) {
	for _, ratio := range []int{3, 4, 8} {
		for name, east := range map[string]func(r, c int) int{
			"straight": func(_, c int) int { return c - 41 },
			"aslant":   func(r, c int) int { return c + r - 79 },
			"steep":    func(r, c int) int { return 2*c + r - 120 },
		} {
			d := plain(80, 80, 5, 0.03)
			for i := range d.Z {
				// A wall that four-connected water can't pass: every pixel that the line crosses.
				if e := east(i/80, i%80); e == 0 || e == 1 && name != "straight" {
					d.Z[i] = 0.3
				}
			}
			b := mustBatch(t, d, ratio, 1, Config{})
			west := func(i int) bool { return east(i/80, i%80) < 0 }
			volume := func(side bool) (v float64) {
				for i := range d.Z {
					if west(i) == side {
						v += b.Depth(0, i) * 25
					}
				}
				return v
			}
			var cells []int // wholly to the west
			area := 0.0
			for i := range b.grid.Grid.Cells() {
				whole := true
				for _, p := range b.grid.pixels(d, i/b.grid.cols, i%b.grid.cols, nil) {
					whole = whole && west(p)
				}
				if whole {
					cells = append(cells, i)
					area += math.Pow(b.grid.Grid.Cell, 2)
				}
			}
			pour := func(depth float64) {
				for _, i := range cells {
					b.Add(0, i, depth*math.Pow(b.grid.Grid.Cell, 2))
				}
			}
			pour(0.12)
			mustRun(t, b, 1200)
			if leaked := volume(false); leaked > 1e-9 {
				t.Errorf("%s wall, cells of %d: %.3g of %.0f m³ behind it", name, ratio, leaked, volume(true))
			}
			pour(0.3)
			mustRun(t, b, 2400)
			if over := volume(false); over < 0.02*area {
				t.Errorf("%s wall, cells of %d: %.0f m³ behind it with 0.42 m before it", name, ratio, over)
			}
		}
	}
}

// A channel two pixels wide carries what the same channel carries on the full grid.
func TestAChannelOfTwoPixelsIsKept(t *testing.T) {
	const cols, rows, dx = 240, 40, 5.0
	d := plain(cols, rows, dx, 0.03)
	for i := range d.Z {
		r, c := i/cols, i%cols
		d.Z[i] = 10 - 0.001*dx*float64(c)
		if r == 17 || r == 18 {
			d.Z[i] -= 1.5
		}
	}
	const flow = 6.0 // m³/s
	head := func(i int) bool { c := i % cols; return c < 4 && d.Z[i] < 9.5 }
	fine := *d
	fine.Sources = []Source{{Name: "head", At: fine.Centre(17*cols + 1), Flow: Constant(flow)}}
	full := mustNew(t, &fine, Config{})
	b := mustBatch(t, d, 4, 1, Config{Deep: 3})
	var cell int
	for i := range d.Z {
		if head(i) {
			cell = int(b.grid.cell[i]/int32(b.grid.stride)-1)*b.grid.cols + int(b.grid.cell[i])%b.grid.stride - tile
		}
	}
	for k := range 60 {
		at := float64(10 * (k + 1))
		b.Add(0, cell, flow*10)
		mustRun(t, b, at)
		mustStep(t, full, at)
	}
	h := make([]float64, d.Cells())
	full.Depths(h)
	for _, c := range []int{40, 80} {
		i := 17*cols + c
		if got := b.Depth(0, i); math.Abs(got-h[i]) > 0.06 || h[i] < 0.3 {
			t.Errorf("pixel %d down the channel: %.3f m, %.3f on the full grid", c, got, h[i])
		}
	}
	if on := b.Depth(0, 5*cols+60); on > 1e-3 {
		t.Errorf("%.3f m beside a channel that holds its flow", on)
	}
}

// Each member has the bits that it has alone, and those of one thread, in either precision.
func TestMembersAreAsAlone(t *testing.T) {
	for _, p := range precisions {
		d := hills(70, 45)
		d.Edges, d.Sources, d.Rain = nil, nil, Rain{}
		batch := mustBatch(t, d, 4, 3, Config{Precision: p, Threads: 2})
		for m := range 3 {
			batch.SetRain(m, everywhere(30*float32(m+1)))
		}
		mustRun(t, batch, 600)
		mustRun(t, batch, 700)
		for m := range 3 {
			alone := mustBatch(t, d, 4, 1, Config{Precision: p})
			alone.SetRain(0, everywhere(30*float32(m+1)))
			mustRun(t, alone, 600)
			mustRun(t, alone, 700)
			x, y := batch.Snapshot(m), alone.Snapshot(0)
			for k := range x.Fields {
				if !slices.Equal(x.Fields[k], y.Fields[k]) {
					t.Fatalf("%d bits, member %d: field %d differs from the member alone", p, m, k)
				}
			}
			again := mustBatch(t, d, 4, 2, Config{Precision: p})
			again.SetRain(1, everywhere(30*float32(m+1)))
			mustRun(t, again, 600)
			half := again.Snapshot(1)
			if err := again.Restore(0, half); err != nil {
				t.Fatal(err)
			}
			again.SetRain(0, everywhere(30*float32(m+1)))
			mustRun(t, again, 700)
			if z := again.Snapshot(0); !slices.Equal(z.Fields[0], x.Fields[0]) {
				t.Fatalf("%d bits, member %d: restored it runs on otherwise", p, m)
			}
			limit := map[int]float64{64: 1e-12, 32: 1e-6}[p]
			if e := batch.MassError(m); !(e <= limit) || batch.Mass(m).Rain < 100 {
				t.Errorf("%d bits, member %d: mass error %.2g of %+v", p, m, e, batch.Mass(m))
			}
		}
	}
}

// A level that is the same everywhere stays, on any ground, and the cell's volume and level are each other's inverse.
func TestALakeOverTablesRests(t *testing.T) {
	for _, ratio := range []int{1, 3, 4} {
		d := hills(70, 45)
		d.Edges, d.Sources, d.Rain = nil, nil, Rain{}
		b := mustBatch(t, d, ratio, 1, Config{})
		for i := range b.grid.Grid.Cells() {
			at := b.placeOf(i)
			if b.grid.open[at] > 0 {
				b.Add(0, i, b.grid.volume(int(at), 22.1-b.grid.base[at])*math.Pow(b.grid.Grid.Cell, 2))
			}
		}
		mustRun(t, b, 3600)
		for i := range b.grid.Grid.Cells() {
			at := b.placeOf(i)
			if b.grid.open[at] == 0 || b.grid.base[at] > 22.1 {
				continue
			}
			if e := b.grid.base[at] + b.eng.get(0, at, levelValue); math.Abs(e-22.1) > 1e-9 {
				t.Fatalf("ratio %d, cell %d: level %.12f, want 22.1", ratio, i, e)
			}
		}
	}
}

// Steady sheet flow down a plane under rain: depth (n·q/√S)^(3/5) at the foot (kinematic wave; Woolhiser & Liggett 1967).
func TestRainOnAPlaneOverTables(t *testing.T) {
	const slope, n, mmh = 0.01, 0.03, 50.0
	for _, ratio := range []int{1, 4} {
		d := plain(160, 8, 5, n)
		for i := range d.Z {
			d.Z[i] = 20 - slope*5*float64(i%160)
			if c := i % 160; c >= 144 {
				d.Z[i] = 0 // where it goes
			}
		}
		b := mustBatch(t, d, ratio, 1, Config{})
		b.SetRain(0, everywhere(mmh))
		mustRun(t, b, 5400)
		q := mmh / 3.6e6 * 5 * 140
		want := math.Pow(n*q/math.Sqrt(slope), 0.6)
		// On tables the film stands on the lowest pixels of a cell alone.
		if got := b.Depth(0, 4*160+139); math.Abs(got/want-1) > 0.12 {
			t.Errorf("ratio %d: depth %.4f m at the foot, want %.4f", ratio, got, want)
		}
	}
}

func TestSubgridRefuses(t *testing.T) {
	d := plain(9, 9, 5, 0.03)
	for _, ratio := range []int{0, 9} {
		if _, err := NewSubgrid(d, ratio, nil); err == nil {
			t.Errorf("cells of %d pixels were made", ratio)
		}
	}
	if _, err := NewSubgrid(d, 3, make([]float64, 4)); err == nil {
		t.Error("open ground of another grid was taken")
	}
	g, _ := NewSubgrid(d, 3, nil)
	if _, err := NewBatch(g, Config{}, 0); err == nil {
		t.Error("a batch of no members was made")
	}
	b, _ := NewBatch(g, Config{}, 1)
	if err := b.Restore(0, State{}); err == nil {
		t.Error("an empty state was restored")
	}
}
