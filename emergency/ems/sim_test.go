package ems

import (
	"math"
	"testing"

	"citybrain/city"
	"citybrain/city/chance"
)

func TestNearestNodeAgainstAll(t *testing.T) {
	e := town(0)
	for i := range e.OffRoad {
		e.OffRoad[i] = i%3 != 0
	}
	q := newNearest(e)
	draw := chance.New(1, "nearest")
	for i := range uint64(500) {
		// Also outside the town.
		x, y := draw.Between(i, 0, -0.1, 0.2), draw.Between(i, 1, -0.1, 0.2)
		best, least := int32(-1), math.Inf(1)
		for n, ok := range e.OffRoad {
			if d := e.Straight(x, y, e.NodeX[n], e.NodeY[n]); ok && d < least {
				best, least = int32(n), d
			}
		}
		if s := q.spot(x, y); s.node != best && math.Abs(s.km-least) > 1e-12 {
			t.Fatalf("at %g, %g: node %d in %g km, want %d in %g", x, y, s.node, s.km, best, least)
		}
	}
}

// at is a call at a node of town.
func at(e *city.EMS, node int, arrive float64, priority int32) city.EMSCall {
	return city.EMSCall{X: e.NodeX[node], Y: e.NodeY[node], Arrive: arrive, Delay: 10, OnScene: 600, Hospital: -1, Priority: priority}
}

func TestAnUrgentCallTakesTheUnitOfAnother(t *testing.T) {
	e := town(1)
	calls := []city.EMSCall{at(e, 399, 0, 1), at(e, 0, 100, 0), at(e, 20, 110, 0), at(e, 21, 120, 1)}
	s := NewSim(mustModel(t, e), Static{}, calls, 0)
	s.Run()
	o := s.Outcomes()
	if o[0].Bumps != 1 || !o[0].Queued || o[1].Bumps != 0 || o[1].Queued || !o[2].Queued || !o[3].Queued {
		t.Fatalf("%+v", o)
	}
	arrive := func(i int) float64 { return calls[i].Arrive + o[i].Response }
	// The urgent one first, then the urgent one that waits, then the low ones in order of their ring.
	if !(arrive(1) < arrive(2) && arrive(2) < arrive(0) && arrive(0) < arrive(3)) {
		t.Errorf("arrivals at %g, %g, %g, %g", arrive(0), arrive(1), arrive(2), arrive(3))
	}
	e.Divert[1][0] = false
	s = NewSim(mustModel(t, e), Static{}, calls, 0)
	s.Run()
	if o := s.Outcomes(); o[0].Bumps != 0 || !o[1].Queued {
		t.Errorf("diverted although it may not be: %+v", o)
	}
}

// TestTheRoadAheadIsWhereItIs holds a unit's place on the road, at any second of a drive, against the drive's own times.
func TestTheRoadAheadIsWhereItIs(t *testing.T) {
	e := town(0)
	m := mustModel(t, e)
	s := NewSim(m, Static{}, nil, 0)
	s.drive(0, 0, m.near.spot(e.NodeX[387]+0.001, e.NodeY[387]), -1)
	x := &s.units[0]
	r := x.route
	for now := 0.0; now <= r.end+100; now += 7.3 {
		s.now = now
		node, wait, km := s.ahead(x, 0)
		left := wait + float64(m.times(0).Between(node, r.to))/1000
		switch {
		case now < r.offRoad && math.Abs(now+left-r.offRoad) > 1e-6:
			t.Fatalf("at %g s: %g s to the last node, want %g", now, left, r.offRoad-now)
		case now >= r.offRoad && now < r.end && math.Abs(left-(now-r.offRoad)) > 1e-6:
			t.Fatalf("at %g s, past the last node: %g s back", now, left)
		case now >= r.end && math.Abs(left-m.off(0, r.kmOut)) > 1e-6:
			t.Fatalf("at the end: %g s back to the road", left)
		}
		if km < 0 || km > 0.6 {
			t.Fatalf("at %g s: %g km to the next node", now, km)
		}
	}
}

func TestTravelTimesByTheHour(t *testing.T) {
	e := town(1)
	slow := make([]uint32, len(e.From))
	for i, ms := range e.Millis[0] {
		slow[i] = 2 * ms
	}
	e.Millis, e.OffRoadSpeed = append(e.Millis, slow), append(e.OffRoadSpeed, 0.01)
	e.Modes = append(e.Modes, city.EMSPeriod{Start: 5000, Choose: []int32{2, 1}})
	calls := []city.EMSCall{at(e, 399, 0, 0), at(e, 399, 20_000, 0)}
	s := NewSim(mustModel(t, e), Static{}, calls, 0)
	s.Run()
	o := s.Outcomes()
	if a, b := o[0].Response-10, o[1].Response-10; math.Abs(b-2*a) > 1e-6 {
		t.Errorf("%g s of driving, then %g on roads at half the speed", a, b)
	}
}
