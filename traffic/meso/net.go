package meso

import (
	"fmt"
	"math"

	"citybrain/city"
)

// waveSpeed is the speed in m/s at which the room that a departure makes travels back through a queue: a standing vehicle's length over
// the time between two that start to move.
const waveSpeed = 5.0

// coming is how many vehicles more than it holds may be on their way to a lane that nothing holds up.
const coming = 4

// network is what a step reads of a city.LaneNet, in narrow numbers.
type network struct {
	length, speed []float32 // by lane
	road          []int32
	first         []int32   // by road and one more: its first lane
	room          []int32   // by lane and one more: where its ring of vehicles begins
	holds         []uint32  // vehicles by lane
	free          []bool    // by lane: no lamp stands at its end
	wave          []float32 // s by lane
	out           []int32   // by lane and one more: its first connection
	to            []int32   // by connection: the road that it leads to
	from          []int32   // by connection: the lane
	over          []float32 // s that the path takes, by connection
	flow          []float32 // m/s, the most at which a queue crosses into it
	light, place  []int32   // by connection
	wait          []bool    // by connection: one vehicle may wait inside the junction for its gap
	yields        [][]int32 // by connection: connections to which it gives way
	minor         []bool    // by connection: it gives way and no signal rules it
	controlled    [][]int32 // connections by light
	allow         []city.VehicleClass
}

// newNetwork reads n; spacing is the metres that a standing vehicle takes.
func newNetwork(n *city.LaneNet, spacing float64) (*network, error) {
	lanes, conns := len(n.Lanes), len(n.Connections)
	w := &network{length: make([]float32, lanes), speed: make([]float32, lanes), road: make([]int32, lanes), first: make([]int32, len(n.Roads)+1), room: make([]int32, lanes+1), holds: make([]uint32, lanes), free: fill(lanes, true),
		wave: make([]float32, lanes), out: make([]int32, lanes+1), to: make([]int32, conns), from: make([]int32, conns), over: make([]float32, conns), flow: make([]float32, conns),
		light: make([]int32, conns), place: make([]int32, conns), wait: make([]bool, conns), yields: make([][]int32, conns), minor: make([]bool, conns),
		controlled: make([][]int32, len(n.Lights)), allow: make([]city.VehicleClass, lanes)}
	for r := range n.Roads {
		x := &n.Roads[r]
		if x.First != w.first[r] || x.Lanes < 1 || int(x.First+x.Lanes) > lanes {
			return nil, fmt.Errorf("road %q: its lanes %d to %d don't follow those of the road before; order lanes by road", x.ID, x.First, x.First+x.Lanes)
		}
		w.first[r+1] = x.First + x.Lanes
	}
	for i := range n.Lanes {
		x := &n.Lanes[i]
		if !(x.Length > 0) || !(x.Speed > 0) {
			return nil, fmt.Errorf("lane %q: length %g m and speed %g m/s; both must be above 0", x.ID, x.Length, x.Speed)
		}
		w.length[i], w.speed[i], w.road[i], w.allow[i] = float32(x.Length), float32(x.Speed), x.Road, x.Allow
		holds := max(1, math.Round(x.Length/spacing))
		w.holds[i] = uint32(holds)
		w.wave[i] = float32(holds * spacing / waveSpeed)
	}
	for i := range n.Connections {
		x := &n.Connections[i]
		if x.From < 0 || int(x.From) >= lanes || x.To < 0 || int(x.To) >= lanes || i > 0 && x.From < n.Connections[i-1].From {
			return nil, fmt.Errorf("connection %d from lane %d to lane %d of %d: sort connections by lane", i, x.From, x.To, lanes)
		}
		speed := x.Speed
		if !(speed > 0) {
			speed = math.Min(n.Lanes[x.From].Speed, n.Lanes[x.To].Speed)
		}
		w.out[x.From+1]++
		w.to[i], w.from[i], w.over[i] = n.Lanes[x.To].Road, x.From, float32(x.Length/speed)
		w.flow[i] = float32(math.Min(speed, queueSpeed))
		w.light[i], w.place[i], w.wait[i], w.yields[i] = x.Light, x.Index, x.Wait > 0, x.Yields
		w.minor[i] = x.Light < 0 && len(x.Yields) > 0
		if x.Light >= 0 {
			w.free[x.From] = false
			w.controlled[x.Light] = append(w.controlled[x.Light], int32(i))
		}
	}
	for l := range lanes {
		w.out[l+1] += w.out[l]
		ring := int32(w.holds[l])
		if w.free[l] {
			ring += coming
		}
		w.room[l+1] = w.room[l] + ring
	}
	return w, nil
}

// leads reports whether a lane leads to a road.
func (w *network) leads(lane, road int32) bool {
	for c := w.out[lane]; c < w.out[lane+1]; c++ {
		if w.to[c] == road {
			return true
		}
	}
	return false
}
