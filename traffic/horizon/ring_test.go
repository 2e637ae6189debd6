package horizon

import (
	"testing"

	"citybrain/city"
	"citybrain/city/riverside"
)

// Where many turn left from one side and nobody from the other, one ring goes on to those who drive straight on while the other still turns.
func TestRingsGoOnApart(t *testing.T) {
	c := riverside.City(1)
	j := c.RunRings()[0]
	at := &c.Signals[j]
	rings, _, err := at.Rings()
	if err != nil {
		t.Fatal(err)
	}
	n := NewNetwork(c)
	st := NewState(n)
	st.Now, st.Flow = 1000, city.SaturationFlow
	left, _ := rings.Stage(0)
	turning, straight := rings.Phase(left[1]).Movements, rings.Phase(rings.Group(0, 0)[1]).Movements
	set := func(movements []int32, turn city.TurnKind, vehicles float32) {
		for _, m := range movements {
			if mv := &at.Movements[m]; mv.Kind == city.Vehicles && mv.Turn == turn {
				st.Waiting[Slot(&c.Streets.Links[mv.From], mv.From, turn)] = vehicles
			}
		}
	}
	set(turning, city.Left, 12)
	set(straight, city.Straight, 20)
	light := &st.Lights[j]
	light.Stage, light.Since = 0, 985
	for m := range light.Last {
		light.Last[m] = 980
	}
	for _, m := range at.Stages[0].Movements {
		light.Last[m] = 1000
	}
	n.Changed(j, -1, 0, light.Since, &light.Free)
	want := make([]int, len(c.Signals))
	for k := range want {
		want[k] = -1
	}
	p := NewPlanner(n, Width)
	p.Decide(st, Tick, want)
	if apart := rings.StageOf([]int{rings.Group(0, 0)[1], left[1]}); want[j] != apart {
		t.Errorf("it asks for stage %d, the phases of stage %d were wanted", want[j], apart)
	}
	// The other ring has been at its turn for long, the straight way's green is young: it may go on at once.
	apart := rings.StageOf([]int{rings.Group(0, 0)[1], left[1]})
	n.Changed(j, 0, apart, 1000, &light.Free)
	if ready := n.Ready(j, apart, rings.StageOf([]int{rings.Group(0, 0)[1], rings.Group(1, 0)[1]}), &light.Free); ready > 1000 {
		t.Errorf("the ring that turns may go on at %d s, its green began at 985 s", ready)
	}
	if ready := n.Ready(j, apart, 0, &light.Free); ready < 1000+rings.Phase(rings.Group(0, 0)[1]).Min {
		t.Errorf("a ring that goes back may at %d s, its green began at 1000 s", ready)
	}
	light.Stage, light.Since = apart, 1000
	plan, ok := p.Open(st, j)
	if !ok || len(plan.Greens) == 0 || plan.Greens[0].Stage != apart {
		t.Errorf("opened: %v, %+v", ok, plan.Greens)
	}
	for i, g := range plan.Greens {
		if g.To < g.From || i > 0 && g.From < plan.Greens[i-1].To {
			t.Errorf("green %d of the plan is %+v", i, g)
		}
	}
}
