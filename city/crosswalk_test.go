package city

import (
	"math"
	"strings"
	"testing"
)

// A crossroads' crosswalks lie before the stop lines over all that cross there, twice where there is an island, and its light gives
// those who walk their seconds and their clearance in the stages of their movement only.
func TestCrosswalksOfACity(t *testing.T) {
	for _, lanes := range []int8{1, 2, 4} {
		c := crossroads(lanes)
		j, err := DesignJunction(&c.Streets, []int32{0}, "j", 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Signals = []Junction{j}
		n, err := c.Lanes()
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		of := []int32{} // movement of each crosswalk
		for m := range j.Movements {
			if mv := &j.Movements[m]; mv.Kind == Walkers {
				of = append(of, int32(m))
				if want++; mv.Island {
					of = append(of, int32(m))
					want++
				}
			}
		}
		if len(n.Crosswalks) != want {
			t.Fatalf("%d lanes: %d crosswalks, the junction has %d", lanes, len(n.Crosswalks), want)
		}
		crossed := map[int32]int{}
		for x := range n.Crosswalks {
			w := &n.Crosswalks[x]
			if w.Clear < w.Length-0.1 {
				t.Errorf("%d lanes: crosswalk %s is %.1f m long, %g s are left to clear it", lanes, w.ID, w.Length, w.Clear)
			}
			for _, o := range w.Over {
				crossed[o.Connection]++
				if k := &n.Connections[o.Connection]; o.Walk < 0 || o.Walk > w.Length || math.Min(o.Path, k.Length-o.Path) > 5 {
					t.Errorf("%d lanes: crosswalk %s of %.1f m lies %.1f m along a path of %.1f m, %.1f m along itself", lanes, w.ID, w.Length, o.Path, k.Length, o.Walk)
				}
			}
		}
		for i := range n.Connections { // the street that it leaves, and the one that it comes to
			if crossed[int32(i)] != 2 {
				t.Errorf("%d lanes: connection %d crosses %d crosswalks", lanes, i, crossed[int32(i)])
			}
		}
		l := &n.Lights[0]
		for x := range n.Crosswalks {
			green, clear := 0.0, 0.0 // s of green, and after it until anybody else begins
			for p, ph := range l.Phases {
				if s := ph.State[n.Crosswalks[x].Index]; s == 'G' {
					green += ph.Duration
				} else if s != 'r' {
					t.Fatalf("crosswalk %d shows %c", x, s)
				} else if before := l.Phases[(p+len(l.Phases)-1)%len(l.Phases)]; before.State[n.Crosswalks[x].Index] == 'G' {
					clear += ph.Duration
				}
			}
			if green < walkTime || clear < n.Crosswalks[x].Clear {
				t.Errorf("%d lanes: movement %d has %g s of green and %g s after it, needs 7 and %g", lanes, of[x], green, clear, n.Crosswalks[x].Clear)
			}
		}
		for _, ph := range l.Phases {
			if len(ph.State) != l.Places || strings.Trim(ph.State, "rygG") != "" {
				t.Errorf("state %q of %d places", ph.State, l.Places)
			}
		}
	}
}
