package micro

import (
	"cmp"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

// On a ring flow follows density as Krauss's model says: at the limit while 1/k ≥ length + gap + v·tau, else v = (1/k − length − gap)/tau.
func TestFundamentalDiagram(t *testing.T) {
	const parts, part, speed = 10, 100, 15.0
	for _, kind := range []struct {
		name string
		idm  city.VehicleClass
	}{{"Krauss", 0}, {"IDM", city.PassengerCar}} {
		for _, n := range []int{10, 30, 50, 80, 110} {
			var roads [][4]int
			for i := range parts {
				roads = append(roads, [4]int{i, (i + 1) % parts, 1, part})
			}
			g := net(speed, roads...)
			for i := range int32(parts) {
				join(g, i, (i+1)%parts, 0.1, nil, nil)
			}
			// a red everywhere until all have entered
			signal(g, []city.LightPhase{{State: "rrrrrrrrrr", Duration: 200}, {State: "GGGGGGGGGG", Duration: 5000}}, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
			d := &city.LaneDemand{Types: []city.VehicleType{car}}
			for at := range n {
				round := make([]int32, 1000)
				for i := range round {
					round[i] = int32((i + at) % parts)
				}
				stream(d, 0, 1, 0, 0, round...)
			}
			s := run(t, g, d, Config{IDM: kind.idm})
			s.to(t, 1200)
			s.check(t)
			if s.Running != int32(n) {
				t.Fatalf("%s: %d of %d vehicles on the ring", kind.name, s.Running, n)
			}
			var sum float64
			const over = 300
			for i := range over {
				s.to(t, 1200+i+1)
				for _, seg := range s.Segments {
					for _, c := range seg {
						sum += float64(c.V)
					}
				}
			}
			v := sum / over / float64(n)
			room := parts*(part+0.1)/float64(n) - car.Length - car.Gap
			if kind.idm != 0 && n > 100 {
				continue // unstable: stop and go
			}
			want := min(speed, room/car.Headway)
			if kind.idm != 0 {
				// Treiber et al. (2000): s = (s0 + v·T)/sqrt(1 − (v/v0)⁴)
				want = bisect(func(v float64) float64 {
					return (car.Gap+v*car.Headway)/math.Sqrt(1-math.Pow(v/speed, 4)) - car.Gap - room
				}, 0, speed-1e-6)
			}
			if math.Abs(v-want) > 0.04*want+0.05 {
				t.Errorf("%s, %d vehicles/km: %.2f m/s, the model's equilibrium is %.2f", kind.name, n, v, want)
			}
		}
	}
}

func bisect(f func(float64) float64, lo, hi float64) float64 {
	for range 60 {
		if mid := (lo + hi) / 2; f(mid) < 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// discharge returns the seconds at which vehicles of a long queue cross a stop line after green comes at second 200, and the second at which
// each begins to move with where it stood.
func discharge(t *testing.T, kind city.VehicleType, headway float64, weather ...Event) (cross []float64, begins, stood []float64) {
	t.Helper()
	g := net(50/3.6, [4]int{0, 1, 1, 600}, [4]int{1, 2, 1, 800})
	join(g, 0, 1, 10, nil, nil)
	signal(g, []city.LightPhase{{State: "r", Duration: 200}, {State: "G", Duration: 2000}}, 0)
	d := &city.LaneDemand{Types: []city.VehicleType{kind}}
	stream(d, 0, 60, 0, 1, 0, 1)
	s := run(t, g, d, Config{Headway: headway})
	if err := s.Input(200*time.Second, weather...); err != nil {
		t.Fatal(err)
	}
	s.to(t, 200)
	for _, c := range s.Segments[0] {
		stood = append(stood, float64(c.Pos))
		begins = append(begins, math.NaN())
	}
	first := s.Segments[0][0].ID
	last := uint32(0)
	for sec := 200; sec < 400; sec++ {
		s.to(t, sec+1)
		for _, c := range s.Segments[0] {
			if i := c.ID - first; int(i) < len(begins) && math.IsNaN(begins[i]) && c.V > 0.5 {
				begins[i] = float64(sec + 1 - 200)
			}
		}
		for ; last < s.Crossed[0]; last++ {
			// the moment within the second at which the line was crossed
			cross = append(cross, float64(sec+1-200))
		}
		s.check(t)
	}
	return cross, begins, stood
}

// Saturation flow and start-up lost time as measured in the field: the mean headway from the fifth vehicle on, and what the first four lose
// (HCM 2010, ch. 31: base saturation flow 1,900 pc/h, lost time about 2 s). Headway 1.35 gives a Chinese lane's 1,500 to 1,700.
func TestSaturationFlow(t *testing.T) {
	for _, c := range []struct{ headway, lo, hi float64 }{{1, 1750, 2000}, {1.35, 1480, 1700}} {
		var flow, lost float64
		cross, _, _ := discharge(t, dawdler(), c.headway)
		h := (cross[39] - cross[3]) / 36
		flow = 3600 / h
		lost = cross[3] - 4*h
		if flow < c.lo || flow > c.hi {
			t.Errorf("headway factor %g: saturation flow %.0f vehicles/h, want %g to %g", c.headway, flow, c.lo, c.hi)
		}
		if lost < 0.3 || lost > 3.5 {
			t.Errorf("headway factor %g: start-up lost time %.1f s", c.headway, lost)
		}
	}
}

// Heavy rain takes 14 % of a lane's flow (HCM 2010, exhibit 10-15), and water of 0.15 m on the lane behind the line, which halves its speed, as much as a
// flow at that speed is less by Krauss's model: v/(v·tau + length + gap).
func TestSaturationFlowInWeather(t *testing.T) {
	flow := func(weather ...Event) float64 {
		cross, _, _ := discharge(t, car, 1, weather...)
		return 3600 * 26 / (cross[29] - cross[3])
	}
	dry := flow()
	if share := flow(Rain{MMH: 25}) / dry; math.Abs(share-0.86) > 0.05 {
		t.Errorf("heavy rain leaves %.2f of the flow, want 0.86", share)
	}
	at := func(v float64) float64 { return v / (v*car.Headway + car.Length + car.Gap) }
	slow := 50 / 3.6 / 2
	if share, want := flow(Water{Road: 0, Depth: 0.15}, Water{Road: 1, Depth: 0.15})/dry, at(slow)/at(50/3.6); math.Abs(share-want) > 0.12 {
		t.Errorf("0.15 m of water leave %.2f of the flow, want %.2f", share, want)
	}
}

// The wave of starting runs back through a queue with the spacing of standing vehicles over the reaction time (Newell 2002): 7.5 m in a
// second.
func TestStartingWave(t *testing.T) {
	_, begins, stood := discharge(t, car, 1)
	n := 0
	for i := range begins {
		if !math.IsNaN(begins[i]) && i >= 5 && i < 40 {
			n = i
		}
	}
	if n < 30 {
		t.Fatalf("only %d vehicles of the queue began to move", n)
	}
	w := (stood[5] - stood[n]) / (begins[n] - begins[5])
	want := (car.Length + car.Gap) / car.Headway
	if math.Abs(w-want) > 0.15*want {
		t.Errorf("wave of %.2f m/s, want %.2f", w, want)
	}
}

// The tail of a queue that forms at a red light moves back with the speed of the shock between arrival and jam (Lighthill & Whitham 1955):
// q/(kj − q/v).
func TestQueueShock(t *testing.T) {
	const speed, every = 15.0, 4.0
	g := net(speed, [4]int{0, 1, 1, 1500}, [4]int{1, 2, 1, 500})
	join(g, 0, 1, 10, nil, nil)
	signal(g, []city.LightPhase{{State: "r", Duration: 5000}}, 0)
	d := &city.LaneDemand{Types: []city.VehicleType{car}}
	stream(d, 0, 200, 0, every, 0, 1)
	s := run(t, g, d, Config{})
	tail := func(sec int) float64 {
		s.to(t, sec)
		back := 1500.0
		for _, c := range s.Segments[0] {
			if c.V < 0.1 && float64(c.Pos) < back {
				back = float64(c.Pos)
			}
		}
		return back
	}
	a := tail(250)
	b := tail(550)
	w := (a - b) / 300
	q, jam := 1/every, 1/(car.Length+car.Gap)
	if want := q / (jam - q/speed); math.Abs(w-want) > 0.1*want {
		t.Errorf("the queue's tail moves back at %.3f m/s, the shock at %.3f", w, want)
	}
}

// A minor movement's capacity follows gap-acceptance theory (HCM 2010, ch. 19, potential capacity) with one critical gap tc and one follow-up
// time tf at all flows of the major stream. Vehicles enter the major road as the output of a queue with a service time, for which the
// formula is Tanner's (1962): q(1 − qΔ)·exp(−q(tc − Δ))/(1 − exp(−q·tf)); Siegloch's, which the HCM prints, is that with Δ = 0.
func TestGapAcceptance(t *testing.T) {
	measure := func(perHour float64) float64 {
		// r0 is major, r1 minor, both into r2; connections: 0 major, 1 minor
		g := net(14, [4]int{0, 2, 1, 800}, [4]int{1, 2, 1, 400}, [4]int{2, 3, 2, 400})
		join(g, 0, 3, 12, nil, []int32{1})
		join(g, 1, 2, 12, []int32{0}, []int32{0})
		k := car
		k.LaneChange = false
		d := &city.LaneDemand{Types: []city.VehicleType{k}}
		at, draw := 0.0, chance.New(7, "test/arrivals")
		for i := uint64(0); at < 4000 && perHour > 0; i++ {
			at += draw.Exp(i, 0) * 3600 / perHour
			stream(d, 0, 1, at, 0, 0, 2)
		}
		stream(d, 0, 2000, 0, 1, 1, 2)
		slices.SortStableFunc(d.Journeys, func(a, b city.Journey) int { return cmp.Compare(a.Depart, b.Depart) })
		s := run(t, g, d, Config{})
		s.to(t, 400)
		from := s.Crossed[1]
		s.to(t, 4000)
		return float64(s.Crossed[1]-from) / 3600
	}
	const least = 2.5 // s between two that enter from a stand
	tanner := func(perHour, tc, tf float64) float64 {
		q := perHour / 3600
		return q * (1 - q*least) * math.Exp(-q*(tc-least)) / (1 - math.Exp(-q*tf))
	}
	// tc and tf are taken at two flows and must hold between and beyond them
	low, high := measure(400), measure(1000)
	critical := func(tf float64) float64 {
		return bisect(func(tc float64) float64 { return low - tanner(400, tc, tf) }, 0, 15)
	}
	tf := bisect(func(tf float64) float64 { return tanner(1000, critical(tf), tf) - high }, 1, 6)
	tc := critical(tf)
	if tf < 1.7 || tf > 3.6 || tc < 4 || tc > 7.1 {
		t.Errorf("critical gap %.2f s and follow-up time %.2f s; the HCM has 4.1 to 7.1 and 2.2 to 3.5", tc, tf)
	}
	for _, perHour := range []float64{600, 800, 1200} {
		got, want := measure(perHour), tanner(perHour, tc, tf)
		if math.Abs(got-want) > 0.1*want {
			t.Errorf("against %.0f vehicles/h %.0f cross, the formula has %.0f (tc %.2f s, tf %.2f s)", perHour, got*3600, want*3600, tc, tf)
		}
	}
	t.Logf("critical gap %.2f s, follow-up time %.2f s", tc, tf)
}

// TestAllWayStop: where everybody stops, who has stood longest goes first, and nobody waits for those who still have to stop: two streams of 360
// vehicles/h each, which the HCM 2010 (chapter 20) has no queue for, cross without one.
func TestAllWayStop(t *testing.T) {
	g := net(14, [4]int{0, 1, 1, 300}, [4]int{2, 1, 1, 300}, [4]int{1, 3, 1, 300}, [4]int{1, 4, 1, 300})
	join(g, 0, 2, 12, []int32{1}, []int32{1}).Stop = true
	join(g, 1, 3, 12, []int32{0}, []int32{0}).Stop = true
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	stream(d, 0, 120, 0, 10, 0, 2)
	stream(d, 0, 120, 3, 10, 1, 3)
	sortByDeparture(d)
	s := run(t, g, d, Config{})
	for sec := 1; sec <= 1320; sec++ {
		s.to(t, sec)
		s.check(t)
	}
	if f := s.Figures(); f.Finished != 240 || f.MeanDelay > 20 {
		t.Errorf("%d of 240 got over, with %.1f s of delay", f.Finished, f.MeanDelay)
	}
}
