package traffic

import (
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/riverside"
)

// An emergency vehicle on empty streets over one light: at green it takes what its pace takes, at red sirenLook more, and one
// without siren waits for green. A snapshot in the middle changes nothing.
func TestASirenAtALight(t *testing.T) {
	c := riverside.City(1)
	j, m, from, to := -1, int32(0), int32(0), int32(0)
	for k := range c.Signals {
		for i := range c.Signals[k].Movements {
			mv := &c.Signals[k].Movements[i]
			if mv.Kind == city.Vehicles && mv.Turn == city.Straight && len(mv.Turns) > 0 && j < 0 && len(c.Signals[k].Reference.Stages) == 4 {
				turn := &c.Streets.Turns[mv.Turns[0]]
				j, m, from, to = k, int32(i), turn.From, turn.To
			}
		}
	}
	with, without := -1, -1
	for s := range c.Signals[j].Stages {
		if c.Signals[j].InStage(s, m) && with < 0 {
			with = s
		} else if !c.Signals[j].InStage(s, m) && without < 0 {
			without = s
		}
	}
	drive := func(stage int, urgent, restored bool) (took int) {
		s, err := New(c, nil, []int32{0}, Config{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Input(0, StageRequest{Junction: j, Stage: stage, Lease: 200 * time.Second, Urgent: true}); err != nil {
			t.Fatal(err)
		}
		if err := s.Step(t.Context(), 60*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := s.Input(s.Now(), SirenRoute{ID: 4, Urgent: urgent, Route: []int32{from, to}}); err != nil {
			t.Fatal(err)
		}
		for took = 0; took < 300; took++ {
			if restored && took == 10 {
				st := s.Snapshot()
				if s, err = Restore(c, nil, []int32{0}, Config{Seed: 1}, st); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Step(t.Context(), s.Now()+time.Second); err != nil {
				t.Fatal(err)
			}
			if s.SirenOf(4).Done {
				return took + 1
			}
		}
		return took
	}
	green, red := drive(with, true, false), drive(without, true, false)
	free := (c.Streets.Links[from].FreeTime() + c.Streets.Links[to].FreeTime()) * 0.85
	if d := float64(green) - free; d < 0 || d > 2 {
		t.Errorf("at green %d s, on an empty way %.1f s", green, free)
	}
	if d := red - green; d < sirenLook-1 || d > sirenLook+2 {
		t.Errorf("at red %d s more, want %d", d, sirenLook)
	}
	if again := drive(without, true, true); again != red {
		t.Errorf("restored it takes %d s, else %d s", again, red)
	}
	if slow := drive(without, false, false); slow < red+20 {
		t.Errorf("without siren it passed the red light after %d s", slow)
	}
}

func TestSirensBadRoutes(t *testing.T) {
	c := riverside.City(1)
	s, err := New(c, nil, []int32{0}, Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range [][]int32{nil, {-1}, {int32(len(c.Streets.Links))}, {0, 0}} {
		if s.Input(0, SirenRoute{ID: 1, Route: route}) == nil {
			t.Errorf("route %v was taken", route)
		}
	}
}
