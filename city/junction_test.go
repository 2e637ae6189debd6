package city

import (
	"testing"

	"github.com/paulmach/orb"
)

// Who drives straight on into either of two streets is held against whom each of the two ways meets, not the first alone: people on foot
// across the second are never green with it, as they have no way over who goes straight on.
func TestEveryTurnOfAMovementIsHeldAgainstOthers(t *testing.T) {
	c := crossroads(1)
	s := &c.Streets
	p := orb.Point{100, -173} // a fifth street, 30° beside the way south
	s.Nodes = append(s.Nodes, Node{ID: "e", At: p, Junction: -1, Border: true})
	fifth := int32(len(s.Links))
	s.Links = append(s.Links,
		Link{ID: "in", From: 5, To: 0, Line: orb.LineString{p, {0, 0}}, Length: 200, Lanes: 1, Speed: 14, Class: Secondary, Reverse: fifth + 1},
		Link{ID: "out", From: 0, To: 5, Line: orb.LineString{{0, 0}, p}, Length: 200, Lanes: 1, Speed: 14, Class: Secondary, Reverse: fifth})
	turns := s.Turns
	s.Turns = nil
	for in := range int32(4) { // by link they come from
		for _, turn := range turns {
			if turn.From == 2*in {
				s.Turns = append(s.Turns, turn)
			}
		}
		s.Turns = append(s.Turns, Turn{From: 2 * in, To: fifth + 1, Kind: []TurnKind{Straight, Left, Right, Right}[in], Lanes: 1, Junction: -1, Movement: -1})
	}
	s.Turns = append(s.Turns, Turn{From: fifth, To: 1, Kind: Straight, Lanes: 1, Junction: -1, Movement: -1})
	j, err := DesignJunction(s, []int32{0}, "j", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	straight, walkers := int32(-1), int32(-1)
	for m := range j.Movements {
		switch mv := &j.Movements[m]; {
		case mv.Kind == Vehicles && mv.Turn == Straight && mv.From == 0:
			straight = int32(m)
			if len(mv.Turns) != 2 || len(mv.Paths) != 2 {
				t.Fatalf("straight on from the north are %d turns by %d ways", len(mv.Turns), len(mv.Paths))
			}
		case mv.Kind == Walkers && mv.From == fifth:
			walkers = int32(m)
		}
	}
	if straight < 0 || walkers < 0 || j.Intergreen[straight][walkers] == 0 || j.Intergreen[walkers][straight] == 0 {
		t.Fatalf("movement %d and walkers %d, inter-greens %v", straight, walkers, j.Intergreen)
	}
	for st := range j.Stages {
		if j.InStage(st, straight) && j.InStage(st, walkers) {
			t.Errorf("stage %d lets movement %d go over walkers %d", st, straight, walkers)
		}
	}
}

// Each street of a crossroads may be asked for alone, with its left turns unopposed. Plans run no stage on demand, and none lets go only some of those whom another does.
func TestStagesOnDemand(t *testing.T) {
	c := crossroads(2)
	j, err := DesignJunction(&c.Streets, []int32{0}, "j", 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewPlan(&j, j.Reference); err != nil {
		t.Fatal(err)
	}
	alone := map[int32]bool{}
	for s := range j.Stages {
		for o := range j.Stages {
			if o != s && j.OnDemand(s) && within(j.Stages[s].Movements, j.Stages[o].Movements) {
				t.Errorf("stage %d has all of stage %d", o, s)
			}
		}
		lefts := map[int32]bool{}
		for _, m := range j.Stages[s].Movements {
			if mv := &j.Movements[m]; mv.Kind == Vehicles && mv.Turn == Left {
				lefts[mv.From] = true
			}
		}
		for _, m := range j.Stages[s].Movements {
			if mv := &j.Movements[m]; mv.Kind == Vehicles && mv.Turn == Straight && lefts[mv.From] && len(lefts) == 1 {
				alone[mv.From] = true
				if !j.OnDemand(s) {
					t.Errorf("stage %d has street %d alone in every round", s, mv.From)
				}
			}
		}
	}
	if len(alone) != 4 {
		t.Errorf("streets %v can go alone of 4", alone)
	}
	for _, s := range j.Round() {
		if j.OnDemand(s) {
			t.Errorf("stage %d is of the round and on demand", s)
		}
	}
}
