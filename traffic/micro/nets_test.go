package micro

import (
	"context"
	"fmt"
	"testing"
	"time"

	"citybrain/city"
)

// car is SUMO's default car without its chances: no dawdling, everyone at the limit.
var car = city.VehicleType{ID: "car", Class: city.PassengerCar, Length: 5, Gap: 2.5, MaxSpeed: 50, Accel: 2.6, Decel: 4.5, Brake: 9, Headway: 1,
	SpeedMean: 1, People: 1, TurnsHeed: true, LaneChange: true}

// dawdler is SUMO's default car.
func dawdler() city.VehicleType {
	t := car
	t.Sigma, t.SpeedDev = 0.5, 0.1
	return t
}

// net makes a lane net of roads given by (from, to, lanes, metres) between numbered nodes, each m/s fast.
func net(speed float64, roads ...[4]int) *city.LaneNet {
	n := &city.LaneNet{}
	for i, r := range roads {
		for len(n.Nodes) <= max(r[0], r[1]) {
			n.Nodes = append(n.Nodes, city.LaneNode{ID: fmt.Sprint(len(n.Nodes)), Light: -1})
		}
		n.Roads = append(n.Roads, city.Road{ID: fmt.Sprint("r", i), From: int32(r[0]), To: int32(r[1]), First: int32(len(n.Lanes)), Lanes: int32(r[2]), Length: float64(r[3]), Speed: speed})
		for l := range r[2] {
			n.Lanes = append(n.Lanes, city.Lane{ID: fmt.Sprintf("r%d_%d", i, l), Road: int32(i), Length: float64(r[3]), Speed: speed, Allow: city.MotorVehicles})
		}
	}
	return n
}

// join adds a connection; call it in the order of lanes.
func join(n *city.LaneNet, from, to int32, length float64, yields, foes []int32) *city.Connection {
	r := n.Roads[n.Lanes[from].Road]
	n.Connections = append(n.Connections, city.Connection{From: from, To: to, Node: r.To, Length: length, Speed: r.Speed, Light: -1, Index: -1, Yields: yields, Foes: foes})
	return &n.Connections[len(n.Connections)-1]
}

// signal puts a light over the given connections, all in one place.
func signal(n *city.LaneNet, phases []city.LightPhase, conns ...int32) {
	n.Lights = append(n.Lights, city.Light{ID: "light", Places: len(conns), Phases: phases})
	for i, c := range conns {
		n.Connections[c].Light, n.Connections[c].Index = 0, int32(i)
	}
}

func run(t testing.TB, n *city.LaneNet, d *city.LaneDemand, cfg Config) *Sim {
	t.Helper()
	s, err := New(n, d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Sim) to(t testing.TB, second int) {
	t.Helper()
	if err := s.Step(context.Background(), time.Duration(second)*time.Second); err != nil {
		t.Fatal(err)
	}
}

// check fails when vehicles overlap, are out of order, or are not counted right.
func (s *Sim) check(t testing.TB) {
	t.Helper()
	cars, on, inside := 0, make([]int32, len(s.On)), make([]int32, len(s.On))
	for seg, list := range s.Segments {
		for i := range list {
			c := &list[i]
			cars++
			if c.Bits&blocked != 0 {
				cars--
			}
			lane := int32(seg)
			if seg >= s.net.lanes {
				lane = s.net.from[seg-s.net.lanes]
				inside[s.net.road[lane]]++
			}
			on[s.net.road[lane]]++
			if c.V < 0 || c.Pos < 0 || c.Pos > s.net.length[seg] {
				t.Fatalf("second %d: vehicle %d on segment %d at %g of %g m at %g m/s", s.Second, c.ID, seg, c.Pos, s.net.length[seg], c.V)
			}
			if i > 0 {
				if gap := list[i-1].Pos - s.lengthOf(&list[i-1]) - c.Pos; gap < -0.01 {
					t.Fatalf("second %d: vehicle %d is %g m inside vehicle %d on segment %d at %g m, at %g and %g m/s", s.Second, c.ID, -gap, list[i-1].ID, seg, c.Pos, c.V, list[i-1].V)
				}
			} else if seg < s.net.lanes && c.Conn >= 0 {
				if beyond := s.Segments[s.net.lanes+int(c.Conn)]; len(beyond) > 0 {
					o := &beyond[len(beyond)-1]
					if gap := s.net.length[seg] - c.Pos + o.Pos - s.lengthOf(o); gap < -0.01 {
						t.Fatalf("second %d: vehicle %d is %g m inside vehicle %d beyond the stop line", s.Second, c.ID, -gap, o.ID)
					}
				}
			}
		}
	}
	for r := range on {
		if on[r] != s.On[r] || inside[r] != s.Inside[r] {
			t.Fatalf("second %d: road %d counts %d, %d inside; has %d, %d", s.Second, r, s.On[r], s.Inside[r], on[r], inside[r])
		}
	}
	tt := s.Totals()
	if cars += len(s.Lot); cars != tt.Running || tt.Entered != tt.Running+tt.Finished+tt.Towed {
		t.Fatalf("second %d: %d vehicles, %+v", s.Second, cars, tt)
	}
	waits := 0
	for r := range s.Queue {
		for id := s.Queue[r]; id >= 0; id = s.Behind[id] {
			waits++
		}
	}
	if tt.Due != tt.Entered+tt.Unroutable+waits {
		t.Fatalf("second %d: %d wait, %+v", s.Second, waits, tt)
	}
}

// stream is n journeys over a route, every s seconds from begin.
func stream(d *city.LaneDemand, kind int32, n int, begin, every float64, roads ...int32) {
	for i := range n {
		d.Journeys = append(d.Journeys, city.Journey{ID: fmt.Sprint(len(d.Journeys)), Depart: begin + float64(i)*every, Type: kind, Roads: roads, Routed: true})
	}
}
