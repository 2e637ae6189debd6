package emergency

import (
	"testing"

	"citybrain/city/riverside"
)

func TestAnEveningPairs(t *testing.T) {
	c := riverside.City(1)
	gains, static, err := Evenings(c, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	mean, half := interval(gains)
	t.Logf("static %.1f %%, gain %.2f ± %.2f", static, mean, half)
	if len(gains) != 2 || static <= 0 || static > 100 {
		t.Errorf("gains %v, static %g", gains, static)
	}
	again, _, err := Evenings(c, 1, 2)
	if err != nil || again[0] != gains[0] || again[1] != gains[1] {
		t.Errorf("again %v, %v", again, err)
	}
}

func TestSeattleRow(t *testing.T) {
	row, err := seattle(Options{Data: "../../../shared/data/emergency"})
	if err != nil {
		t.Fatal(err)
	}
	if row.Value == nil {
		t.Skip(row.Note)
	}
	if !row.OK || *row.Value <= 0 {
		t.Errorf("%+v", row)
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	o := Options{Data: t.TempDir()}
	row, err := seattle(o)
	if err != nil || row.Value != nil || row.Note == "" || row.OK {
		t.Errorf("%+v, %v", row, err)
	}
	agree, better, err := jemssCity(t.Context(), "auckland", o)
	if err != nil || len(agree) != 4 || len(better) != 6 {
		t.Fatalf("%d and %d rows, %v", len(agree), len(better), err)
	}
	for _, r := range append(agree, better...) {
		if r.Value != nil || r.Note == "" || r.OK {
			t.Errorf("%+v", r)
		}
	}
}
