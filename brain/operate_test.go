package brain

import (
	"context"
	"slices"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/flood"
)

func TestScheduleMovesOn(t *testing.T) {
	s := schedule{from: start, blocks: [][]tactic{{both, both, local, drawdown}, {local, sewers, local, local}}}
	if s.until(0) != 2*block || s.until(1) != block || s.idle() {
		t.Errorf("stands for %v and %v", s.until(0), s.until(1))
	}
	later := s.shifted(start.Add(40 * time.Minute))
	if want := [][]tactic{{both, local, drawdown, drawdown}, {sewers, local, local, local}}; !slices.Equal(later.blocks[0], want[0]) || !slices.Equal(later.blocks[1], want[1]) || !later.from.Equal(start.Add(40*time.Minute)) {
		t.Errorf("forty minutes later %v", later.blocks)
	}
	if s.at(0, start.Add(-time.Hour)) != both || s.at(0, start.Add(9*time.Hour)) != drawdown {
		t.Error("before its start the first tactic holds, after its end the last one")
	}
	if !idle(start, 2, 100*time.Minute).idle() || len(idle(start, 1, 100*time.Minute).blocks[0]) != 4 {
		t.Error("an idle schedule orders something, or is too short")
	}
}

// The schedule found is the one that the members' losses ask for: a creek drawn down for its first half hour, another left alone because
// what it would save is not worth an order, a third that stays as it is in force.
func TestOperateFindsTheSchedule(t *testing.T) {
	d := &city.Drains{Creeks: make([]city.Creek, 3), Pumps: []city.Pump{{Creek: 0, Basin: -1, Units: 2, MinRun: 300, MinRest: 300, MaxStarts: 4}}}
	want := [][]tactic{{drawdown, local, local, local}, {local, local, local, local}, {sewers, sewers, sewers, sewers}}
	worth := []float64{1e9, 1e5, 1e9} // fen a block
	run := func(s schedule) ([]outcome, error) {
		out := make([]outcome, 2)
		for m := range out {
			out[m] = outcome{Damage: make([]float64, 4), Sewage: make([]float64, 3), Energy: make([]float64, 3)}
			for k := range want {
				out[m].Damage[k] = 1e8
				for b, t := range want[k] {
					if k == 1 {
						t = both
					}
					if s.blocks[k][b] != t {
						out[m].Damage[k] += worth[k]
					}
				}
			}
		}
		return out, nil
	}
	force := idle(start, 3, 2*time.Hour)
	force.blocks[2] = slices.Clone(want[2])
	base, _ := run(idle(start, 3, 2*time.Hour))
	got, err := operate(context.Background(), d, force, run, base)
	if err != nil {
		t.Fatal(err)
	}
	for k := range want {
		if !slices.Equal(got.blocks[k], want[k]) {
			t.Errorf("creek %d: %v, want %v", k, got.blocks[k], want[k])
		}
	}
}

// What sewers give off before the rain is counted as sewage, in rain it is not; pumps take power in both.
func TestSewageAndPowerAreCounted(t *testing.T) {
	b, _ := newBrain(t, 1)
	for i := range b.city.Drains.Basins {
		x := &b.city.Drains.Basins[i]
		if err := b.water.Input(0, flood.BasinCorrection{Basin: i, Level: (x.Invert + x.Ground) / 2}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.water.Step(context.Background(), 0); err != nil {
		t.Fatal(err)
	}
	for _, mmh := range []float64{0, 20} {
		issue := cloudburst(b.city, mmh, 2)
		r := rainForecast(issue)
		s := idle(start, len(b.city.Drains.Creeks), b.model.horizon)
		for k := range s.blocks {
			for i := range s.blocks[k] {
				s.blocks[k][i] = sewers
			}
		}
		out, err := b.model.ensemble(context.Background(), b.water, start, &r, []int{0, 1}, s)
		if err != nil {
			t.Fatal(err)
		}
		var sewage, power float64
		for k := range out[1].Sewage {
			sewage, power = sewage+out[1].Sewage[k], power+out[1].Energy[k]
		}
		if (mmh == 0) != (sewage > 1000) || power <= 0 {
			t.Errorf("%g mm/h: %g m³ of sewage, %g kWh", mmh, sewage, power)
		}
	}
}

// What the brain believes of the rain to come is what the service says, corrected by what radar and gauges see.
func TestRainIsCorrectedByWhatIsSeen(t *testing.T) {
	b, _ := newBrain(t, 1)
	issue := cloudburst(b.city, 60, 12)
	same, err := b.corrected(issue)
	if err != nil || &same.Members[0][0][0] != &issue.Members[0][0][0] {
		t.Fatalf("nothing was seen, and the issue is another one: %v", err)
	}
	b.rainSeen.At, b.rainSeen.Grid = start.Add(time.Minute), issue.Grid
	b.rainSeen.MMH = slices.Repeat([]float32{85}, issue.Grid.Cells())
	mean := func(frame int, members [][][]float32) (sum float64) {
		for m := range members {
			sum += float64(members[m][frame][0]) / float64(len(members))
		}
		return sum
	}
	after, err := b.corrected(issue)
	if err != nil {
		t.Fatal(err)
	}
	for _, frame := range []int{0, 6, 11} {
		if was, is := mean(frame, issue.Members), mean(frame, after.Members); is < was+0.6*(85-was) || is > 90 {
			t.Errorf("frame %d: %.1f mm/h became %.1f; 85 are seen", frame, was, is)
		}
	}
	b.rainSeen.At = start.Add(time.Hour)
	if late, err := b.corrected(issue); err != nil || &late.Members[0][0][0] != &issue.Members[0][0][0] {
		t.Error("an image of another time corrects it")
	}
}
