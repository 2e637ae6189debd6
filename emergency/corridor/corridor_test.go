package corridor

import (
	"sync"
	"testing"

	"citybrain/city"
	"citybrain/city/riverside"
)

var demo = sync.OnceValue(func() *city.City { return riverside.City(1) })

// crossing is a junction of c with four stages that come round in time, its straight movement of stage 0, and a light that shows
// stage 2 with everybody else served a while ago.
func crossing(t *testing.T, c *city.City, p *Planner) (j int, m int32, l Light) {
	t.Helper()
	for j = range c.Signals {
		at := &c.Signals[j]
		if len(at.Reference.Stages) != 4 || !p.able[j] {
			continue
		}
		for _, m := range at.Stages[0].Movements {
			if mv := &at.Movements[m]; mv.Kind == city.Vehicles && mv.Turn == city.Straight && !at.InStage(2, m) {
				l = Light{Stage: 2, Next: -1, Age: 60, Coming: 2, Red: make([]int, len(at.Movements)), Waiting: make([]float64, len(at.Movements))}
				for o := range at.Movements {
					if !at.InStage(2, int32(o)) {
						l.Red[o] = 20
					}
				}
				return j, m, l
			}
		}
	}
	t.Fatal("the demo city has no such junction")
	return 0, 0, l
}

func plan(p *Planner, now, j int, l Light, runs ...Run) []Request {
	return p.Plan(now, runs, func(k int) (Light, bool) { return l, k == j })
}

func TestGreenStartsInTimeForTheQueue(t *testing.T) {
	c := demo()
	p := New(c)
	j, m, l := crossing(t, c, p)
	at := &c.Signals[j]
	begins := func(queue float64) int {
		p := New(c)
		for arrive := 150; arrive > 0; arrive-- {
			for _, r := range plan(p, 1000-arrive, j, l, Run{Unit: "A", Priority: 1, Ahead: []Passage{{j, m, float64(arrive), queue, 2}}}) {
				if r.Why == Hold && at.InStage(r.Stage, m) {
					return arrive
				}
			}
		}
		t.Fatal("never held")
		return 0
	}
	none, some := begins(0), begins(20)
	if gain := some - none; gain < 15 || gain > 25 { // 20 vehicles in two lanes need 20/(2·0.5) = 20 s
		t.Errorf("held %d s before with a queue of 20, %d s without", some, none)
	}
	if least := startLoss + at.Between(2, 0); none < least {
		t.Errorf("held %d s before the unit comes; the change alone takes %d s", none, least)
	}
}

func TestNobodyIsMadeToWaitTooLong(t *testing.T) {
	c := demo()
	p := New(c)
	j, m, l := crossing(t, c, p)
	at := &c.Signals[j]
	var late int32 = -1
	for _, o := range at.Stages[3].Movements {
		if !at.InStage(0, o) && !at.InStage(2, o) {
			late = o
		}
	}
	if late < 0 {
		t.Fatal("stage 3 has nothing of its own")
	}
	l.Red[late] = 100
	got := plan(p, 0, j, l, Run{Unit: "A", Priority: 1, Ahead: []Passage{{j, m, 5, 0, 2}}})
	if len(got) != 1 || got[0].Why == Hold || !at.InStage(got[0].Stage, late) {
		t.Errorf("asked %+v with movement %d red for 100 s", got, late)
	}
}

func TestTheMoreUrgentOfTwoUnitsComesFirst(t *testing.T) {
	c := demo()
	p := New(c)
	j, m, l := crossing(t, c, p)
	at := &c.Signals[j]
	var other int32 = -1
	for _, o := range at.Stages[2].Movements {
		if mv := &at.Movements[o]; mv.Kind == city.Vehicles && mv.Turn == city.Straight && !at.InStage(0, o) {
			other = o
		}
	}
	a := Run{Unit: "A", Priority: 2, Ahead: []Passage{{j, m, 8, 0, 2}}}
	b := Run{Unit: "B", Priority: 1, Ahead: []Passage{{j, other, 12, 0, 2}}}
	for _, runs := range [][]Run{{a, b}, {b, a}} {
		got := plan(New(c), 0, j, l, runs...)
		if len(got) != 1 || got[0].Unit != "B" || !at.InStage(got[0].Stage, other) {
			t.Errorf("asked %+v", got)
		}
	}
	// Behind B it is A's turn.
	plan(p, 0, j, l, a, b)
	if got := plan(p, 13, j, l, a); len(got) != 1 || got[0].Unit != "A" || !at.InStage(got[0].Stage, m) {
		t.Errorf("behind B asked %+v", got)
	}
}

func TestBehindTheUnitOthersAreServed(t *testing.T) {
	c := demo()
	p := New(c)
	j, m, l := crossing(t, c, p)
	at := &c.Signals[j]
	run := Run{Unit: "A", Priority: 1, Ahead: []Passage{{j, m, 3, 0, 2}}}
	plan(p, 0, j, l, run)
	if unit, held := p.Holds(j); !held || unit != "A" {
		t.Fatalf("held for %q, %v", unit, held)
	}
	// The unit is through; in stage 2 twelve wait.
	l.Stage, l.Coming, l.Age = 0, 0, 40
	for o := range l.Red {
		l.Red[o] = 0
		if at.InStage(2, int32(o)) && !at.InStage(0, int32(o)) {
			l.Waiting[o], l.Red[o] = 12, 30
		}
	}
	got := plan(p, 5, j, l)
	if len(got) != 1 || got[0].Why != After || got[0].Stage != 2 {
		t.Errorf("behind the unit asked %+v", got)
	}
	if _, held := p.Holds(j); held {
		t.Error("still held")
	}
	for now := 10; now < 5+regain+watch+20; now += 5 {
		l.Waiting = make([]float64, len(l.Waiting))
		for o := range l.Red {
			l.Red[o] = 0
		}
		got = plan(p, now, j, l)
	}
	if len(got) != 0 || len(p.held) != 0 {
		t.Errorf("%+v asked and %d junctions kept long after", got, len(p.held))
	}
}

func TestACorridorGivenUpIsBehind(t *testing.T) {
	c := demo()
	p := New(c)
	j, m, l := crossing(t, c, p)
	plan(p, 0, j, l, Run{Unit: "A", Priority: 1, Ahead: []Passage{{j, m, 3, 0, 2}}})
	p.Drop("A", 1)
	if _, held := p.Holds(j); held {
		t.Error("held for a unit that needs it no more")
	}
}
