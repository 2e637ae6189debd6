package micro

import (
	"context"
	"testing"
	"time"

	"citybrain/traffic/control"
)

// A controller that watches its approaches does better than the program on a lopsided crossing, and the street sees yellow between greens.
func TestDrive(t *testing.T) {
	n, d := town(t, 2, 2, true, 0.9, 1200, 3)
	fixed := run(t, n, d, Config{Seed: 3})
	fixed.to(t, 1800)
	s := run(t, n, d, Config{Seed: 3})
	w, err := control.NewNetwork(n, control.Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	ctl, err := control.New("wave", w, control.Settings{Every: 5})
	if err != nil {
		t.Fatal(err)
	}
	v := control.NewDrive(&Controlled{Sim: s, Net: w}, w, ctl, 5)
	last := append([]byte(nil), s.Showing()...)
	changes := 0
	for sec := 1; sec <= 1800; sec++ {
		if err := v.Step(context.Background(), time.Duration(sec)*time.Second); err != nil {
			t.Fatal(err)
		}
		s.check(t)
		for i, x := range s.Showing() {
			if (last[i] == 'g' || last[i] == 'G') && x == 'r' {
				t.Fatalf("second %d: connection %d goes from green to red", sec, i)
			}
			if last[i] == 'y' && x == 'r' {
				changes++
			}
		}
		copy(last, s.Showing())
	}
	a, b := fixed.Figures(), s.Figures()
	if changes < 50 || a.Vehicles != b.Vehicles || b.Finished < b.Vehicles*95/100 || b.MeanDelay > a.MeanDelay {
		t.Errorf("%d changes; delay %.1f s, %d of %d finished; the program: %.1f s, %d", changes, b.MeanDelay, b.Finished, b.Vehicles, a.MeanDelay, a.Finished)
	}
	if a.MeanTravel <= a.MeanDelay || a.P95Travel < a.MeanTravel || a.MaxDelay < a.MeanDelay || a.NeverInserted != 0 {
		t.Errorf("figures %+v", a)
	}
}
