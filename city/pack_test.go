package city

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/paulmach/orb"
)

// crossroads is four two-way streets of lanes lanes that meet at a right angle at the origin, 200 m long.
func crossroads(lanes int8) *City {
	c := &City{Name: Text{En: "Cross", Zh: "十字"}, Bounds: orb.Bound{Min: orb.Point{-200, -200}, Max: orb.Point{200, 200}}}
	s := &c.Streets
	s.Nodes = []Node{{ID: "n0", Junction: -1}}
	ends := []orb.Point{{0, 200}, {200, 0}, {0, -200}, {-200, 0}}
	for i, p := range ends {
		s.Nodes = append(s.Nodes, Node{ID: "e", At: p, Junction: -1, Border: true})
		for k := range 2 {
			l := Link{ID: "l", From: int32(i + 1), To: 0, Line: orb.LineString{p, {0, 0}}, Length: 200, Lanes: lanes, Speed: 14, Class: Secondary, Reverse: int32(2*i + 1 - k)}
			if k == 1 {
				l.From, l.To, l.Line = 0, int32(i+1), orb.LineString{{0, 0}, p}
			}
			s.Links = append(s.Links, l)
		}
	}
	for a := range 4 {
		for b := range 4 {
			if kind := []TurnKind{UTurn, Left, Straight, Right}[(b-a+4)%4]; a != b {
				s.Turns = append(s.Turns, Turn{From: int32(2 * a), To: int32(2*b + 1), Kind: kind, Lanes: 1, Junction: -1, Movement: -1})
			}
		}
	}
	return c
}

// By hand: at crossing straight movements of one-lane streets the conflict point lies 14 + 1.75 m behind the stop line of the
// one and 14 − 1.75 m behind that of the other: 3 + (15.75 + 6)/10 − 12.25/11.1 = 4.07 s and 3 + (12.25 + 6)/10 − 15.75/11.1 =
// 3.41 s, rounded up 5 and 4 s.
func TestInterGreenByHand(t *testing.T) {
	c := crossroads(1)
	j, err := DesignJunction(&c.Streets, []int32{0}, "j", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[uint8]int{}
	for a := range j.Movements {
		for b := range j.Movements {
			x, y := &j.Movements[a], &j.Movements[b]
			if x.Kind == Vehicles && y.Kind == Vehicles && x.Turn == Straight && y.Turn == Straight && j.Intergreen[a][b] > 0 {
				got[j.Intergreen[a][b]]++
			}
		}
	}
	if !reflect.DeepEqual(got, map[uint8]int{5: 4, 4: 4}) {
		t.Errorf("inter-greens of crossing straight movements: %v", got)
	}
	for m := range j.Movements {
		if mv := &j.Movements[m]; mv.Kind == Walkers && (mv.Clearance != 7 || mv.MinGreen != 7) {
			t.Errorf("walkers over 7 m have %d s and clear in %d s", mv.MinGreen, mv.Clearance)
		}
	}
}

func TestUnsafePlansCantBeMade(t *testing.T) {
	c := crossroads(2)
	j, err := DesignJunction(&c.Streets, []int32{0}, "j", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	good := j.Reference
	if _, err := NewPlan(&j, good); err != nil {
		t.Fatal(err)
	}
	short := PlanSpec{Stages: append([]StageTime(nil), good.Stages...)}
	short.Stages[0].Green = j.StageMinGreen(short.Stages[0].Stage) - 1
	long := PlanSpec{Stages: append([]StageTime(nil), good.Stages...)}
	long.Stages[0].Green = MaxCycle
	for name, spec := range map[string]PlanSpec{"none": {}, "short": short, "long": long, "one stage only": {Stages: good.Stages[:1]}, "no such stage": {Stages: []StageTime{{Stage: 99, Green: 30}}}} {
		if p, err := NewPlan(&j, spec); err == nil {
			t.Errorf("%s: a plan of %d s was made", name, p.Cycle())
		}
	}
	// Second by second, no two conflicting movements are green within their inter-green of each other, unless one gives way.
	p, _ := NewPlan(&j, good)
	end := make([]int, len(j.Movements))
	for m := range end {
		end[m] = -1000
	}
	for at := range 3 * p.Cycle() {
		stage, green := p.At(at)
		for m := range j.Movements {
			if !green || !j.InStage(stage, int32(m)) {
				continue
			}
			for o := range j.Movements {
				if need := int(j.Intergreen[o][m]); need > 0 && !j.Together(int32(o), int32(m)) && at-end[o] <= need {
					t.Fatalf("second %d: movement %d is green %d s after %d, which needs %d", at, m, at-end[o], o, need)
				}
			}
		}
		for m := range j.Movements {
			if green && j.InStage(stage, int32(m)) {
				end[m] = at
			}
		}
	}
}

func TestPackRoundTripAndDamage(t *testing.T) {
	c := crossroads(2)
	c.Speeds = []byte{0, 1, 255}
	j, err := DesignJunction(&c.Streets, []int32{0}, "j", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	c.Signals = []Junction{j}
	dir := t.TempDir()
	if err := Save(dir, c); err != nil {
		t.Fatal(err)
	}
	back, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if back.Version != c.Version || !reflect.DeepEqual(back.Streets, c.Streets) || !reflect.DeepEqual(back.Signals, c.Signals) {
		t.Error("the pack came back different")
	}
	b, err := os.ReadFile(filepath.Join(dir, "pack.json"))
	if err != nil {
		t.Fatal(err)
	}
	// Each damage comes on top of those before it, so that what a pack is refused for is what pack.json says first.
	replaced := func(old, by string) func() {
		return func() {
			changed := strings.Replace(string(b), old, by, 1)
			if changed == string(b) {
				t.Fatalf("pack.json has no %s", old)
			}
			os.WriteFile(filepath.Join(dir, "pack.json"), []byte(changed), 0o644)
		}
	}
	for _, x := range []struct {
		name   string
		damage func()
		says   string
	}{
		{"another version", replaced(`"version": "`, `"version": "0`), "version"},
		{"another format", replaced(fmt.Sprintf(`"format": %d`, PackFormat), `"format": 9`), "format 9"},
		{"a cut file", func() {
			os.WriteFile(filepath.Join(dir, "pack.json"), b, 0o644)
			os.Truncate(filepath.Join(dir, "signals.json.gz"), 40)
		}, "signals.json"},
		{"a missing file", func() { os.Remove(filepath.Join(dir, "signals.json.gz")) }, "signals.json"},
	} {
		x.damage()
		if _, err := Load(dir); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v; it should say %q", x.name, err, x.says)
		}
	}
}
