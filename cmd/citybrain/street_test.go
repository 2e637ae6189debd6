package main

import (
	"os/exec"
	"path/filepath"
	"testing"

	"citybrain/city"
	"citybrain/traffic/control"
)

// approach is a lane of 120 m to a signal.
func approach(t *testing.T) *control.Network {
	t.Helper()
	n := &city.LaneNet{Nodes: make([]city.LaneNode, 3)}
	for i, id := range []string{"in", "out"} {
		n.Roads = append(n.Roads, city.Road{ID: id, First: int32(i), Lanes: 1, Length: 120, Speed: 10})
		n.Lanes = append(n.Lanes, city.Lane{ID: id + "_0", Road: int32(i), Length: 120, Speed: 10, Allow: city.EveryClass})
	}
	n.Connections = []city.Connection{{From: 0, To: 1, Length: 10, Speed: 10, Light: 0, Index: 0}}
	n.Lights = []city.Light{{ID: "J", Places: 1, Phases: []city.LightPhase{{State: "G", Duration: 30}}}}
	w, err := control.NewNetwork(n, control.Options{Yellow: 3, MinGreen: 5, View: loopAt, Street: &control.Street{}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// What the loops believe: a vehicle counted at 40 m drives to the line and leaves when it crosses; one that was miscounted is corrected at the
// line; a queue that stands on the loop is longer than 40 m.
func TestLoops(t *testing.T) {
	s := newLoops(approach(t), []int32{0, 1})
	s.lane[0].on, s.lane[0].at = true, 40
	p := &s.lane[0]
	s.track(0, []float64{10}, 0, false, false)
	if len(p.between) != 1 || p.between[0].behind != 40 {
		t.Fatalf("%+v", p.between)
	}
	for range 6 {
		s.track(0, nil, 0, false, false)
	}
	if c := p.between[0]; c.behind != 0 || c.speed != 0 || c.waited == 0 {
		t.Errorf("after 6 s: %+v", c)
	}
	s.track(0, nil, 1, false, false)
	if len(p.between) != 0 {
		t.Error("who has crossed the line is still there")
	}
	s.track(0, nil, 0, true, false)
	if len(p.between) != 1 || p.between[0].behind != 0 {
		t.Error("who stands at the line is not there")
	}
	for range 4 {
		s.track(0, nil, 0, false, false)
	}
	if len(p.between) != 0 {
		t.Error("who does not stand at the line is still there")
	}
	for range 60 {
		s.track(0, nil, 0, true, true)
	}
	if n := len(p.between); n != 6 || p.between[n-1].behind < 40 || p.between[n-1].speed != 0 {
		t.Errorf("%+v within 40 m, though somebody stands on the loop", p.between)
	}
	o := control.NewObservation(s.n)
	s.tell(0, o)
	if len(o.Seen[0]) != len(p.between) || o.Seen[0][0].Behind != 0 {
		t.Errorf("told %+v", o.Seen[0])
	}
}

// Ten minutes of real SUMO on a street with crossings: walkers wait for green and nobody longer than 90 s, and what is printed has their delay.
func TestDriveStreet(t *testing.T) {
	if _, err := exec.LookPath("netconvert"); err != nil {
		t.Skip("SUMO is not installed")
	}
	if m, _ := filepath.Glob("/usr/share/sumo/tools/randomTrips.py"); len(m) == 0 {
		t.Skip("SUMO's tools are not installed")
	}
	r := driven(t, "--cfg", filepath.Join(filepath.Dir(filepath.Dir(cologne(t))), "cologne8", "cologne8.sumocfg"), "--controller", "brain", "--street", "--seed", "1", "--duration", "600")
	if r.Person.Walker <= 0 || r.WalkWait <= 0 || r.WalkWait > 90 || r.Finished < r.Trips*2/3 || r.Collisions > 0 {
		t.Errorf("%+v", r)
	}
}
