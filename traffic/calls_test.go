package traffic

import (
	"testing"

	"github.com/paulmach/orb/planar"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/city/riverside"
)

// Whatever is asked of the demo city's controllers, walkers and cyclists are served within 90 s of any call, by stages also vehicles within 120 s, near schools and hospitals
// their clearance is longer, and bicycles are across when the stage ends.
func TestWhoWalksOrCyclesIsServedInTime(t *testing.T) {
	c := riverside.City(1)
	c.RunRings()
	draw := chance.New(5, "wishes")
	byKind, slow, slowest := map[city.MovementKind]int{}, 0, 0
	for j := range c.Signals {
		at := &c.Signals[j]
		p, err := city.NewPlan(at, at.Reference)
		if err != nil {
			t.Fatal(err)
		}
		rules, err := newRules(at)
		if err != nil {
			t.Fatal(err)
		}
		// A wish that stays for a while, as one that wants to starve somebody would; then the plan.
		longest := make([]int, len(at.Movements))
		for k := range 4 {
			g, hold := newSignal(rules, p), int32(22+28*k)
			for s := int32(0); s < 3600; s++ {
				if n := uint64(s / hold); s%hold == 0 && n%3 > 0 {
					g.Want, g.Lease = int16(draw.Int(uint64(j), uint64(k)<<32|n, len(at.Stages))), s+2*hold
				}
				g.Step(s)
			}
			for m := range longest {
				longest[m] = max(longest[m], g.Longest(m))
			}
		}
		round := at.LeastRound()
		if round > city.LongestCall {
			slowest++
		}
		walking := city.WalkingSpeed(c.Places, at.At)
		if walking < 1 {
			slow++
		}
		for m := range at.Movements {
			mv := &at.Movements[m]
			byKind[mv.Kind] = max(byKind[mv.Kind], longest[m])
			across := 0.0
			for _, path := range mv.Paths {
				across = max(across, planar.Length(path))
			}
			if mv.Island {
				across /= 2
			}
			switch {
			case mv.Kind == city.Walkers && (mv.MinGreen < 7 || float64(mv.Clearance) < across/walking-1e-6):
				t.Errorf("junction %s: walkers have %d s and %d s to clear %.1f m at %g m/s", at.ID, mv.MinGreen, mv.Clearance, across, walking)
			case mv.Kind == city.Cyclists && float64(mv.Clearance) < across/4:
				t.Errorf("junction %s: cyclists have %d s to clear %.1f m", at.ID, mv.Clearance, across)
			case mv.Kind == city.Vehicles && at.Ring == nil && longest[m] > max(city.LongestRed, round):
				t.Errorf("junction %s: vehicles' movement %d waited %d s, all stages at their least take %d s", at.ID, m, longest[m], round)
			case mv.Kind != city.Vehicles && longest[m] > max(city.LongestCall, round):
				t.Errorf("junction %s: movement %d of those who walk or cycle waited %d s, all stages at their least take %d s", at.ID, m, longest[m], round)
			}
		}
	}
	t.Logf("longest waits by kind %v; %d junctions near schools, hospitals and care homes, %d too large to serve all in time", byKind, slow, slowest)
	if slowest*100 > 3*len(c.Signals) {
		t.Errorf("%d of %d junctions can't serve everybody in time", slowest, len(c.Signals))
	}
	if slow == 0 || byKind[city.Cyclists] == 0 {
		t.Error("nobody cycles, or nobody walks slowly")
	}
}
