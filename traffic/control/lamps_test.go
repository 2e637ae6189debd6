package control

import (
	"strings"
	"testing"

	"citybrain/city"
)

// fourWays is one junction of four single lanes: straight on from each, the two of one street against the two of the other, and a
// program of two greens, in the second of which one link gives way.
func fourWays(t *testing.T, o Options) *Network {
	t.Helper()
	n := &city.LaneNet{Nodes: []city.LaneNode{{ID: "x", Light: 0}}}
	for i := range 8 { // 0–3 lead in, 4–7 out
		n.Roads = append(n.Roads, city.Road{ID: string(rune('a' + i)), First: int32(i), Lanes: 1, Length: 100, Speed: 10})
		n.Lanes = append(n.Lanes, city.Lane{Road: int32(i), Length: 100, Speed: 10})
	}
	for i := range 4 {
		foes := []int32{int32((i + 1) % 4), int32((i + 3) % 4)}
		n.Connections = append(n.Connections, city.Connection{From: int32(i), To: int32(4 + i), Length: 15, Speed: 10, Light: 0, Index: int32(i), Foes: foes})
	}
	n.Lights = []city.Light{{ID: "x", Places: 4, Phases: []city.LightPhase{{State: "GrGr", Duration: 30}, {State: "yryr", Duration: 3}, {State: "rGrg", Duration: 30}, {State: "ryry", Duration: 3}, {State: "Grrr", Duration: 10}}}}
	w, err := NewNetwork(n, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Whatever is wished, at whatever second: who stops shows yellow for as long as it must and then red for as long, who crosses starts
// no earlier, and a green lasts its minimum. All wishes of ten seconds are tried.
func TestNoWishMakesLampsUnsafe(t *testing.T) {
	for _, o := range []Options{{Yellow: 3, MinGreen: 5}, {Yellow: 3, AllRed: 2, MinGreen: 4}} {
		n := fourWays(t, o)
		phases := len(n.Junctions[0].Phases)
		if phases != 3 {
			t.Fatalf("%d phases to choose from", phases)
		}
		// A wish every 2 s for 20 s: 3^10 sequences.
		const wishes = 10
		total := 1
		for range wishes {
			total *= phases
		}
		for code := range total {
			lamps := NewLamps(n)
			green, yellow, red := [4]int{}, [4]int{}, [4]int{9, 9, 9, 9}
			want := []int{0}
			rest := code
			before := "GrGr" // the first phase, which may end at once
			for now := range 2 * wishes {
				if now%2 == 0 {
					want[0], rest = rest%phases, rest/phases
				}
				lamps.Step(float64(now), want, nil)
				state, dark := string(lamps.State(0)), red
				for i := range state {
					was := before[i]
					switch c := state[i]; {
					case strings.IndexByte("gG", c) >= 0:
						if was == 'r' {
							for _, f := range n.Connections[i].Foes {
								if state[f] != 'r' || dark[f] < int(o.AllRed) {
									t.Fatalf("wishes %d, second %d: %s after %s: link %d is green beside %d, which has been red for %d s", code, now, state, before, i, f, dark[f])
								}
							}
						}
						green[i], red[i], yellow[i] = green[i]+1, 0, 0
					case c == 'y':
						if was != 'y' && was != 'r' && now > 5 && float64(green[i]) < o.MinGreen {
							t.Fatalf("wishes %d, second %d: link %d was green for %d s", code, now, i, green[i])
						}
						if was == 'r' {
							t.Fatalf("wishes %d, second %d: link %d goes from red to yellow", code, now, i)
						}
						green[i], yellow[i] = 0, yellow[i]+1
					default:
						if was == 'g' || was == 'G' {
							t.Fatalf("wishes %d, second %d: link %d goes from green to red without yellow", code, now, i)
						}
						if was == 'y' && float64(yellow[i]) != o.Yellow {
							t.Fatalf("wishes %d, second %d: link %d was yellow for %d s", code, now, i, yellow[i])
						}
						green[i], yellow[i], red[i] = 0, 0, red[i]+1
					}
				}
				before = state
			}
		}
	}
}

// A light that has no green to choose goes on by itself: nobody tells it anything, whoever is in control.
func TestALightWithoutGreenGoesOnByItself(t *testing.T) {
	n := &city.LaneNet{Lights: []city.Light{{ID: "off", Places: 1, Phases: []city.LightPhase{{State: "o", Duration: 5}, {State: "y", Duration: 5}}}}}
	w, err := NewNetwork(n, Options{Yellow: 3})
	if err != nil || !w.Junctions[0].Own {
		t.Fatalf("%v, %+v", err, w)
	}
	for _, name := range Names() {
		c, err := New(name, w, Settings{Every: 1, Plan: Shipped(w)})
		if err != nil {
			t.Fatal(err)
		}
		lamps, obs, want := NewLamps(w), NewObservation(w), []int{-1}
		for k := range 20 {
			obs.Time = float64(k)
			lamps.Fill(obs)
			c.Decide(obs, want)
			if lamps.Step(obs.Time, want, nil); lamps.Changed(0) {
				t.Errorf("%s tells it to show %s", name, lamps.State(0))
			}
		}
	}
}

// A change that walkers hold up has not begun: it may be taken back, and nobody else is let onto the crossing meanwhile.
func TestWalkersHoldAChange(t *testing.T) {
	w := avenue(t)
	lamps, calls, want := NewLamps(w), []float64{0, -1}, []int{0}
	step := func(now int) string {
		lamps.Step(float64(now), want, calls)
		return string(lamps.State(0))
	}
	if s := step(0); s != "GrGr" {
		t.Fatalf("shows %s", s)
	}
	want[0] = 1
	for now := 1; now < 15; now++ {
		if s := step(now); s[:2] != "Gr" || now >= 7 && s[2] != 'r' {
			t.Fatalf("at %d s, with walkers on the road until 23 s, shows %s", now, s)
		}
	}
	want[0], calls[0] = 0, -1
	for now := 15; now < 40; now++ {
		if s := step(now); s[:2] != "Gr" {
			t.Fatalf("at %d s, though the wish was taken back, shows %s", now, s)
		}
	}
	want[0] = 1
	if s := step(40); s[:2] != "yr" {
		t.Fatalf("at 40 s, when nobody is on the road, shows %s", s)
	}
}
