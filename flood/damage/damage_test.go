package damage

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestCurvesAreThePublishedOnes(t *testing.T) {
	b, err := os.ReadFile("../../../shared/data/flood/damage/jrc2017_asia.csv")
	if os.IsNotExist(err) {
		t.Skip("no ../shared/data/flood/damage")
	} else if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for c := range Class(len(Classes)) {
		col := -1
		for k, head := range rows[0] {
			if head == c.String() {
				col = k
			}
		}
		if col < 0 {
			t.Fatalf("no column %s", c)
		}
		for _, row := range rows[1:] {
			d, _ := strconv.ParseFloat(row[0], 64)
			want, _ := strconv.ParseFloat(row[col], 64)
			if got := Curve(c, d); math.Abs(got-want) > 1e-12 {
				t.Errorf("%s at %g m: %g, want %g", c, d, got, want)
			}
		}
	}
}

func TestRules(t *testing.T) {
	for _, x := range []struct{ depth, want float64 }{{math.NaN(), 0}, {-1, 0}, {0.1499, 0}, {0.15, 0.3 * .327}, {0.25, .1635}, {7, 1}} {
		if got := Fraction(Residential, x.depth); math.Abs(got-x.want) > 1e-12 {
			t.Errorf("fraction at %g m: %g, want %g", x.depth, got, x.want)
		}
	}
	e := NewEvent(2)
	for _, d := range []float64{0.5, 1, 0.7, 1} {
		e.See(0, d)
	}
	e.See(1, 0.1)
	total, in := e.Damage([]Class{Commercial, Residential}, []int64{1000, 1000})
	if total != 538 || in.Low != 269 || in.High != 1076 {
		t.Errorf("an asset flooded twice: %d fen, %v", total, in)
	}
	for _, x := range []struct{ mm, kmh float64 }{{100, 40.66}, {150, 24.26}, {300, 0}, {0, 100}} {
		if got := RoadSpeed(100/3.6, x.mm/1000) * 3.6; math.Abs(got-x.kmh) > 0.02 {
			t.Errorf("road under %g mm: %.2f km/h, want %.2f", x.mm, got, x.kmh)
		}
	}
	for _, x := range []struct {
		d, v float64
		want Hazard
	}{{0.2, 1, 1}, {0.4, 0.5, 2}, {0.6, 0.5, 3}, {1.5, 0.5, 4}, {0.2, 3, 5}, {5, 0, 6}, {0, 9, 1}} {
		if got := HazardOf(x.d, x.v); got != x.want {
			t.Errorf("%g m at %g m/s: H%d, want H%d", x.d, x.v, got, x.want)
		}
	}
	if AtRisk(100, 30, 0.6, 0.5) != 30 || AtRisk(100, 30, 1.5, 0.5) != 100 || AtRisk(100, 30, 0.2, 0.5) != 0 {
		t.Error("people at risk")
	}
	if Interruption(0.1, 5) != 0 || Interruption(0.3, 5) != 29 || Interruption(3, 10) != 346 {
		t.Error("interruption")
	}
}
