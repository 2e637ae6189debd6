package city

import (
	"slices"
	"strings"
	"testing"
)

// dual is a crossroads of two rings: movements 2l and 2l+1 turn left and go straight on from leg l, legs l and l+2 oppose one another.
func dual() (*Junction, RingSpec) {
	j := &Junction{ID: "dual"}
	for range 4 {
		j.Movements = append(j.Movements, Movement{Turn: Left, MinGreen: 5, Yellow: 3}, Movement{Turn: Straight, MinGreen: 10, Yellow: 3})
	}
	for a := range 8 {
		row := make([]uint8, 8)
		for b := range 8 {
			if la, lb := a/2, b/2; la != lb && ((la+lb)%2 == 1 || a%2 != b%2) {
				row[b] = 5
			}
		}
		j.Intergreen = append(j.Intergreen, row)
	}
	spec := RingSpec{Rings: [][][]int{{{0, 1}, {2, 3}}, {{4, 5}, {6, 7}}}}
	for _, m := range []int32{4, 1, 6, 3, 0, 5, 2, 7} { // a left turn and the straight way that it crosses, in each ring
		spec.Phases = append(spec.Phases, RingPhase{Movements: []int32{m}, Min: int(j.Movements[m].MinGreen), Max: 20})
	}
	p, err := NewRingPlan(j, spec)
	if err != nil {
		panic(err)
	}
	for s := range p.stages {
		j.Stages = append(j.Stages, Stage{p.stages[s].movements})
	}
	j.Ring = &spec
	return j, spec
}

// The stages of rings are all sets of phases that may be green together; those of a round serve everybody, and only rings that go on within their group
// change by themselves.
func TestStagesOfRings(t *testing.T) {
	j, _ := dual()
	p, ok, err := j.Rings()
	if err != nil || !ok || p.Stages() != 8 || !slices.Equal(p.Round(), []int{0, 1, 4, 5}) {
		t.Fatalf("%v, %v, %d stages, round %v", ok, err, p.Stages(), p.Round())
	}
	at := func(a, b int) int { return p.StageOf([]int{a, b}) }
	for _, x := range []struct {
		from, to int
		moves    uint8
	}{{at(0, 4), at(1, 4), 1}, {at(0, 4), at(0, 5), 2}, {at(0, 4), at(1, 5), 3}, {at(1, 5), at(0, 5), 3}, {at(1, 4), at(0, 5), 3}, {at(1, 5), at(2, 6), 3}, {at(1, 5), at(1, 5), 0}} {
		if got := p.Moves(x.from, x.to); got != x.moves {
			t.Errorf("from stage %d to %d rings %b change, want %b", x.from, x.to, got, x.moves)
		}
	}
	if s := at(0, 6); s >= 0 {
		t.Errorf("phases on either side of a barrier are stage %d", s)
	}
	j.Stages[2].Movements = j.Stages[1].Movements
	if _, _, err := j.Rings(); err == nil || !strings.Contains(err.Error(), "stage 2") {
		t.Errorf("stages that are not the rings': %v", err)
	}
}

// Rings know nothing of each other: what would need an inter-green between them, or ends with one and begins with the other, is refused.
func TestRingsThatTouchAreRefused(t *testing.T) {
	for what, c := range map[string]struct {
		spoil func(*Junction, *RingSpec)
		says  string
	}{
		"one gives way across the rings": {func(j *Junction, _ *RingSpec) { j.Movements[0].Permissive, j.Intergreen[0][1] = true, 4 }, "change apart"},
		"a movement in both rings": {func(j *Junction, s *RingSpec) {
			j.Movements = append(j.Movements, Movement{Turn: Right, MinGreen: 5, Yellow: 3}) // nobody crosses it
			for m := range j.Intergreen {
				j.Intergreen[m] = append(j.Intergreen[m], 0)
			}
			j.Intergreen = append(j.Intergreen, make([]uint8, 9))
			s.Phases[0].Movements, s.Phases[5].Movements = []int32{4, 8}, []int32{5, 8}
		}, "change apart"},
		"a countdown": {func(j *Junction, _ *RingSpec) { j.Countdown = true }, "count its greens down"},
	} {
		j, spec := dual()
		c.spoil(j, &spec)
		if what == "one gives way across the rings" { // left of leg 0 (phase 4) and straight on of leg 0 (phase 1) run side by side
			j.Intergreen[1][0] = 4
		}
		if _, err := NewRingPlan(j, spec); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A plan by stages and the splits of its phases are the same thing, as far as rings change together or one after the other.
func TestSplitsAreThePlan(t *testing.T) {
	j, _ := dual()
	p, _, err := j.Rings()
	if err != nil {
		t.Fatal(err)
	}
	at := func(a, b int) int { return p.StageOf([]int{a, b}) }
	long := PlanSpec{Offset: 7, Stages: []StageTime{{at(0, 4), 6}, {at(1, 4), 3}, {at(1, 5), 20}, {at(2, 6), 8}, {at(3, 7), 22}}}
	plan, err := NewPlan(j, long)
	if err != nil {
		t.Fatalf("a stage of 3 s between phases that have their least: %v", err)
	}
	splits, err := p.Splits(long)
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{11, 33, 13, 27, 19, 25, 13, 27}; !slices.Equal(splits, want) {
		t.Fatalf("splits %v, want %v", splits, want)
	}
	if sum := splits[0] + splits[1] + splits[2] + splits[3]; sum != plan.Cycle() {
		t.Errorf("a ring's splits are %d s, the cycle %d s", sum, plan.Cycle())
	}
	back, err := p.Pattern(7, splits)
	if err != nil || back.Offset != 7 || !slices.Equal(back.Stages, long.Stages) {
		t.Errorf("back from splits: %+v, %v", back, err)
	}
	short := long
	short.Stages = slices.Clone(long.Stages)
	short.Stages[2].Green = 4 // phase 5 then has 4 s
	if _, err := NewPlan(j, short); err == nil || !strings.Contains(err.Error(), "phase 5 after 4 s") {
		t.Errorf("a phase below its least: %v", err)
	}
	for what, c := range map[string]struct {
		splits []int
		says   string
	}{
		"rings that come to a barrier apart": {[]int{11, 33, 13, 27, 19, 24, 13, 27}, "ring 1 takes 43 s"},
		"changes that overlap":               {[]int{11, 33, 13, 27, 13, 31, 13, 27}, "green together for -3 s"},
		"too few":                            {[]int{11, 33}, "2 splits for 8"},
		"a phase that is none":               {[]int{11, 33, 13, 27, 19, 25, 13, 27, 5}, "phase 8 of 8"},
		"below nothing":                      {[]int{-1, 45, 13, 27, 19, 25, 13, 27}, "-1 s"},
	} {
		if _, err := p.Pattern(0, c.splits); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, stages := range map[string][]StageTime{
		"begins elsewhere": {{at(1, 5), 20}, {at(2, 6), 8}, {at(3, 7), 22}, {at(0, 4), 6}},
		"a ring goes back": {{at(0, 4), 6}, {at(1, 5), 20}, {at(0, 5), 20}, {at(2, 6), 8}, {at(3, 7), 22}},
		"no stage":         {{at(0, 4), 6}, {99, 20}},
	} {
		if _, err := p.Splits(PlanSpec{Stages: stages}); err == nil {
			t.Errorf("%s: splits are made", what)
		}
	}
}
