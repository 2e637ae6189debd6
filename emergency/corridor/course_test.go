package corridor

import (
	"testing"

	"citybrain/city"
)

// controller follows what it is asked as equipment does: least greens and inter-greens kept.
type controller struct {
	at    *city.Junction
	light Light
}

func (c *controller) second(asked int) {
	l := &c.light
	switch {
	case l.Next >= 0:
		if l.Left--; l.Left <= 0 {
			l.Stage, l.Next, l.Age = l.Next, -1, 0
		}
	case asked >= 0 && asked != l.Stage && l.Age >= c.at.StageMinGreen(l.Stage):
		l.Next, l.Left = asked, c.at.Between(l.Stage, asked)
	default:
		l.Age++
	}
	for m := range l.Red {
		green := c.at.InStage(l.Stage, int32(m)) && (l.Next < 0 || c.at.InStage(l.Next, int32(m)))
		if l.Red[m]++; green {
			l.Red[m] = 0
		}
	}
	l.Coming = l.Stage
}

// At junctions of the demo city a unit comes in 150 s, from every approach, and mostly finds green; nobody waits longer than
// Longest, then or while the others are served behind it.
func TestCoursesKeepEverybodyWithinTheLongestWait(t *testing.T) {
	c := demo()
	units, greens := 0, 0
	for j := range c.Signals {
		at := &c.Signals[j]
		if !New(c).able[j] || j%4 != 0 {
			continue
		}
		for m := range at.Movements {
			if mv := &at.Movements[m]; mv.Kind != city.Vehicles || mv.Turn != city.Straight {
				continue
			}
			p := New(c)
			eq := controller{at, Light{Next: -1, Age: 20, Red: make([]int, len(at.Movements)), Waiting: make([]float64, len(at.Movements))}}
			for o := range eq.light.Red {
				if !at.InStage(0, int32(o)) {
					eq.light.Red[o] = 10
				}
			}
			asked := -1
			const comes = 150
			units++
			for now := range comes + 200 {
				if now%5 == 0 {
					var runs []Run
					if now < comes {
						runs = []Run{{Unit: "A", Priority: 1, Ahead: []Passage{{j, int32(m), float64(comes - now), 4, 2}}}}
					}
					asked = -1
					for _, r := range plan(p, now, j, eq.light, runs...) {
						asked = r.Stage
					}
				}
				eq.second(asked)
				if now == comes && eq.light.Red[m] == 0 {
					greens++
				}
				for o, red := range eq.light.Red {
					if red > Longest {
						t.Fatalf("junction %d: movement %d red for %d s at second %d while a unit makes movement %d", j, o, red, now, m)
					}
				}
			}
		}
	}
	if units < 50 || greens < units*8/10 {
		t.Errorf("%d of %d units found green", greens, units)
	}
}

func TestALongQueueIsGivenGreenBeforeTheOthersRound(t *testing.T) {
	c := demo()
	p := New(c)
	j, m, l := crossing(t, c, p)
	at := &c.Signals[j]
	l.Stage, l.Coming, l.Age = 0, 0, 10
	for o := range l.Red {
		l.Red[o] = 20
		if at.InStage(0, int32(o)) {
			l.Red[o] = 0
		}
	}
	stage := p.best(at, m, &l)
	if got := p.course(at, &l, stage, 100, 140); got.ask != stage || got.excess > 0 {
		t.Errorf("with 100 s of queue it goes from %d on to %d, %d s too long for somebody", stage, got.ask, got.excess)
	}
	if got := p.course(at, &l, stage, 5, 140); got.excess > 0 {
		t.Errorf("without a queue somebody waits %d s too long", got.excess)
	}
}
