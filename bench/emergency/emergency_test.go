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
