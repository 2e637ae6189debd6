package traffic

import (
	"testing"

	"github.com/paulmach/orb/planar"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/city/riverside"
)

// Whatever is asked of the demo city's controllers, walkers and cyclists are served within 90 s of any call, near schools and hospitals
// their clearance is longer, and bicycles are across when the stage ends.
func TestWhoWalksOrCyclesIsServedInTime(t *testing.T) {
	c := riverside.City(1)
	c.RunRings()
	draw := chance.New(5, "wishes")
	longest, slow, slowest := map[city.MovementKind]int{}, 0, 0
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
		g := newSignal(rules, p)
		for s := int32(0); s < 3600; s++ {
			// A wish that stays for a random time, as one that wants to starve somebody would; then the plan for a while.
			if k := uint64(s / 50); s%50 == 0 && k%3 > 0 {
				g.Want, g.Lease = int16(draw.Int(uint64(j), k, len(at.Stages))), s+100
			}
			g.Step(s)
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
			longest[mv.Kind] = max(longest[mv.Kind], g.Longest(m))
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
			case mv.Kind != city.Vehicles && g.Longest(m) > max(city.LongestCall, round):
				t.Errorf("junction %s: movement %d of those who walk or cycle waited %d s, all stages at their least take %d s", at.ID, m, g.Longest(m), round)
			}
		}
	}
	t.Logf("longest waits by kind %v; %d junctions near schools, hospitals and care homes, %d too large to serve all in time", longest, slow, slowest)
	if slowest*100 > 3*len(c.Signals) {
		t.Errorf("%d of %d junctions can't serve everybody in time", slowest, len(c.Signals))
	}
	if slow == 0 || longest[city.Cyclists] == 0 {
		t.Error("nobody cycles, or nobody walks slowly")
	}
}
