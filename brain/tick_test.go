package brain

import (
	"fmt"
	"testing"

	"github.com/paulmach/orb"
)

// One turn of the loop is a tick with 100 units, 12 open calls and 150 closed ones.
func BenchmarkTickWithCalls(b *testing.B) {
	o := newOffice(&testing.T{})
	near, _ := o.spots()
	for i := range 100 {
		id := fmt.Sprintf("U-%d", i)
		o.unit(id, orb.Point{near[0] + float64(i%10)*300 - 1500, near[1] + float64(i/10)*250 - 1200})
		o.equip(id, []string{"ambulance", "fire_engine", "police"}[i%3], 0)
	}
	for i := range 150 {
		o.call(fmt.Sprintf("old%d", i), "closed", &near, nil)
	}
	o.tick()
	for i := range 12 {
		at := orb.Point{near[0] + float64(i)*150 - 900, near[1] + float64(i)*90 - 500}
		o.call(fmt.Sprintf("c%d", i), "assigned", &at, map[string]any{"priority": 1 + i%3, "needs": []any{need("ambulance", 2, 1)}, "units": []string{"x"}})
	}
	o.tick()
	b.ResetTimer()
	for b.Loop() {
		o.tick()
	}
}
