package micro

import (
	"testing"

	"citybrain/city"
)

// At a junction of four equal streets each gives way to who comes from its right. Impatient drivers go as they come: where all must stop on streets of one lane, up to
// 1,400 vehicles an hour were counted (Al-Kaisy & Doruk 2023).
func TestEqualStreetsTakeTurns(t *testing.T) {
	n := net(11, [4]int{1, 0, 1, 150}, [4]int{2, 0, 1, 150}, [4]int{3, 0, 1, 150}, [4]int{4, 0, 1, 150}, [4]int{0, 5, 1, 150}, [4]int{0, 6, 1, 150}, [4]int{0, 7, 1, 150}, [4]int{0, 8, 1, 150})
	for i := range int32(4) {
		right, left := (i+1)%4, (i+3)%4
		join(n, i, 4+i, 12, []int32{right}, []int32{min(right, left), max(right, left)})
	}
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	for k := range 300 {
		for i := range int32(4) {
			stream(d, 0, 1, float64(6*k), 0, i, 4+i)
		}
	}
	hourly := map[bool]int{}
	for _, impatient := range []bool{false, true} {
		s := run(t, n, d, Config{Seed: 1, Impatient: impatient})
		for sec := 1; sec <= 1800; sec++ {
			s.to(t, sec)
			s.check(t)
		}
		hourly[impatient] = 2 * s.Totals().Finished
	}
	t.Logf("vehicles an hour: %d, impatient %d", hourly[false], hourly[true])
	if hourly[true] < 1200 || hourly[true] < hourly[false] {
		t.Errorf("vehicles an hour: %d, impatient %d", hourly[false], hourly[true])
	}
}

// Nobody impatient stays across a junction because the short lane behind it is full.
func TestNobodyStandsBeforeAShortExit(t *testing.T) {
	for _, impatient := range []bool{false, true} {
		n := net(11, [4]int{0, 1, 1, 200}, [4]int{1, 2, 1, 14}, [4]int{2, 3, 1, 100}, [4]int{4, 1, 1, 100}, [4]int{1, 5, 1, 100})
		join(n, 0, 1, 30, nil, []int32{2}).KeepClear = true
		join(n, 1, 2, 5, nil, nil)
		join(n, 3, 4, 30, nil, []int32{0})
		signal(n, []city.LightPhase{{State: "r", Duration: 50}, {State: "G", Duration: 10}}, 1)
		d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
		stream(d, 0, 60, 0, 5, 0, 1, 2)
		s := run(t, n, d, Config{Seed: 1, Impatient: impatient})
		stood := 0
		for sec := 1; sec <= 900; sec++ {
			s.to(t, sec)
			s.check(t)
			for _, c := range s.Segments[s.net.lanes] {
				if c.Still > 5 {
					stood++
				}
			}
		}
		t.Logf("impatient %v: %d s stood, %+v", impatient, stood, s.Totals())
		if impatient != (stood == 0) || s.Totals().Finished < 15 {
			t.Errorf("impatient %v: somebody stood in the junction for %d s; %d came through", impatient, stood, s.Totals().Finished)
		}
	}
}

// Who needs another lane only behind the junction does not stand for it on one that leads on, where drivers are impatient.
func TestALaneThatLeadsOnIsNotBlocked(t *testing.T) {
	passed := map[bool]uint32{}
	for _, impatient := range []bool{false, true} {
		// Two lanes, both of which lead on; behind the junction only the kerb's does.
		n := net(14, [4]int{0, 1, 2, 400}, [4]int{1, 2, 2, 150}, [4]int{2, 3, 1, 200})
		join(n, 0, 2, 10, nil, nil)
		join(n, 1, 3, 10, nil, nil)
		join(n, 2, 4, 10, nil, nil)
		signal(n, []city.LightPhase{{State: "rr", Duration: 60}, {State: "GG", Duration: 20}}, 0, 1)
		d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
		stream(d, 0, 400, 0, 3, 0, 1, 2)
		s := run(t, n, d, Config{Seed: 1, Impatient: impatient, Depart: BestLane})
		for sec := 1; sec <= 1200; sec++ {
			s.to(t, sec)
			s.check(t)
		}
		passed[impatient] = s.Passed()[1]
	}
	t.Logf("over the lane that ends later: %d, impatient %d", passed[false], passed[true])
	if passed[true] <= passed[false] {
		t.Errorf("over the lane that ends later: %d, impatient %d", passed[false], passed[true])
	}
}
