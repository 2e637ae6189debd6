package micro

import (
	"math"
	"testing"

	"citybrain/city"
)

// A fast road takes in as many as it carries if they come onto it at speed, and half of them if each starts from a stand.
func TestStartsAtSpeed(t *testing.T) {
	entered := func(start *city.Start) (int, float32) {
		g := net(33, [4]int{0, 1, 1, 3000})
		d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
		stream(d, 0, 600, 0, 2, 0)
		for i := range d.Journeys {
			d.Journeys[i].Start = start
		}
		s := run(t, g, d, Config{})
		least := float32(math.Inf(1))
		for sec := 1; sec <= 1200; sec++ {
			s.to(t, sec)
			s.check(t)
			if cars := s.Segments[0]; sec > 60 && len(cars) > 0 {
				least = min(least, cars[len(cars)-1].V)
			}
		}
		in := 0
		for i := range d.Journeys {
			if s.Enter[i] >= 0 {
				in++
			}
		}
		return in, least
	}
	fast, v := entered(&city.Start{Lane: city.FirstLane, Speed: city.Fastest})
	slow, _ := entered(nil)
	if fast < 590 || v < 15 || slow > 520 {
		t.Errorf("%d of 600 at speed, the slowest new one at %.1f m/s; %d from a stand", fast, v, slow)
	}
	if own, _ := entered(&city.Start{Lane: city.FirstLane, Speed: 5}); own > fast || own < slow/2 {
		t.Errorf("%d at 5 m/s", own)
	}
}

// Starts on each lane, at each place and speed: where they say, without a collision, and with the same bits on two threads.
func TestStarts(t *testing.T) {
	for seed := range uint64(4) {
		n, d := town(t, 4, 2, seed%2 == 0, 0.8, 300, seed)
		kinds := []*city.Start{nil, {Lane: 1}, {Lane: city.BestLane, Speed: city.Fastest}, {Lane: city.FreeLane, Speed: city.Fastest, At: city.AtRandom}, {Lane: city.RandomLane, At: city.AtRandom}, {Lane: city.FirstLane, Speed: 8, At: 40}}
		for i := range d.Journeys {
			d.Journeys[i].Start = kinds[i%len(kinds)]
		}
		var hashes [2]string
		for k := range hashes {
			s := run(t, n, d, Config{Seed: seed, Threads: k + 1})
			on := [2]int{}
			for sec := 1; sec <= 900; sec++ {
				s.to(t, sec)
				s.check(t)
				for r := range n.Roads {
					for l := range n.Roads[r].Lanes {
						for _, c := range s.Segments[n.Roads[r].First+l] {
							if s.Enter[c.ID] != s.Second-1 || s.At[c.ID] != 0 {
								continue
							}
							switch c.ID % 6 {
							case 4:
								on[l]++
							case 5:
								if c.Pos < 40 {
									t.Fatalf("started at %g m, wanted 40", c.Pos)
								}
							}
						}
					}
				}
			}
			if on[0] == 0 || on[1] == 0 {
				t.Errorf("seed %d: %v on the lanes where any will do", seed, on)
			}
			hashes[k] = s.Hash()
		}
		if hashes[0] != hashes[1] {
			t.Errorf("seed %d: two threads end in another state than one", seed)
		}
	}
}
