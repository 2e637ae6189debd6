package account

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
)

func TestSeasonIsVerifiedAndForgeryIsFound(t *testing.T) {
	c := town(4)
	s := Season{City: c, Storms: 1, Seeds: 1, First: 5, Members: 2, Hours: 0.3, Threads: 2, Build: "b1", Work: t.TempDir()}
	r, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Run(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if again.Runs[0].With.WallS != r.Runs[0].With.WallS {
		t.Error("a finished evening was run again")
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Verify(context.Background(), b, c, "b1", 1, nil); err != nil || n != 2 {
		t.Fatalf("%d runs agree: %v", n, err)
	}
	if _, err := Verify(context.Background(), b, c, "b2", 1, nil); !errors.Is(err, ErrOtherBuild) || !strings.Contains(err.Error(), "b1") {
		t.Errorf("another build: %v", err)
	}
	r.Runs[0].With.Trips.MeanS -= 10
	forged, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(context.Background(), forged, c, "b1", 1, nil); !errors.Is(err, ErrDiffers) {
		t.Errorf("a forged figure: %v", err)
	}
	for _, bad := range []string{"", "{}", `{"runs":[{"seed":1}]}`, "nonsense"} {
		if _, err := Verify(context.Background(), []byte(bad), c, "b1", 1, nil); err == nil {
			t.Errorf("%q was verified", bad)
		}
	}
}

func TestNoEffectIsSaidWhereTheIntervalHoldsZero(t *testing.T) {
	lo, hi := bootstrap([]float64{-3, 2, 1, -2, 3, -1, 0.5})
	if v := verdict(lo, hi); v != "no effect shown" {
		t.Errorf("%s for %g … %g", v, *lo, *hi)
	}
	lo, hi = bootstrap([]float64{5, 6, 7, 5.5, 6.2})
	if v := verdict(lo, hi); v != "saved" || math.Abs((*lo+*hi)/2-5.94) > 0.3 {
		t.Errorf("%s for %g … %g", v, *lo, *hi)
	}
	if lo, _ := bootstrap([]float64{5, 6}); lo != nil || verdict(nil, nil) != "no effect shown" {
		t.Error("two pairs made an interval")
	}
}

func TestNonsenseEveningsAreRefused(t *testing.T) {
	for _, e := range []Evening{{Scenario: "snow", Hours: 1}, {Scenario: "storm", Hours: -1}, {Scenario: "storm", Hours: 1000}} {
		e.City = town(3)
		if _, err := e.Run(context.Background()); err == nil {
			t.Errorf("%s for %g h ran", e.Scenario, e.Hours)
		}
	}
}
