package micro

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"

	"citybrain/city"
)

// A segment is what vehicles drive on in order: lane i is segment i, connection j is segment lanes+j.

// network is the part of a city.LaneNet that a step reads, in narrow numbers.
type network struct {
	lanes, conns int
	length       []float32 // m, by segment
	free         []float32 // m/s, dry limit, by segment
	road         []int32   // by lane
	first        []int32   // by road and one more: its first lane
	out          []int32   // by lane and one more: its first connection
	from, to     []int32   // lanes, by connection
	in           []int32   // connections by the lane that they lead to, those of lane l from inAt[l] on
	inAt         []int32
	foes         []foe // of connection c from foeAt[c] on
	foeAt        []int32
	wait         []float32 // m of the path, by connection; 0: none
	trait        []uint8   // by connection
	next         []step    // between roads, those of road r from nextAt[r] on
	nextAt       []int32
	allow        []city.VehicleClass // by lane
	controlled   [][]int32           // connections by light
	place        []int32             // in the light's states, by connection
	light        []int32             // by connection, −1: none
	away         []bool              // by road: another engine drives it; nil: none
	over         []over              // crosswalks over connection c from overAt[c] on; nil: there are none
	overAt       []int32
	walks        []walk    // crosswalks
	litWalks     [][]int32 // crosswalks by light
}

// A foe is another connection of the same node whose path crosses or merges with this one's.
type foe struct {
	conn  int32
	flags uint16
	// in decimetres, to keep a big city small: of this path where the shared room begins, and of the foe's path between which it uses it
	mineDm, beginDm, endDm uint16
}

const (
	yieldTo = 1 << iota // this connection gives way to it
	merging             // both lead to the same lane
)

func (f *foe) yield() bool    { return f.flags&yieldTo != 0 }
func (f *foe) merge() bool    { return f.flags&merging != 0 }
func (f *foe) mine() float32  { return float32(f.mineDm) * 0.1 }
func (f *foe) begin() float32 { return float32(f.beginDm) * 0.1 }
func (f *foe) end() float32   { return float32(f.endDm) * 0.1 }

func decimetres(m float32) uint16 { return uint16(max(0, min(m*10, 65535))) }

// traits of a connection
const (
	yields    = 1 << iota // it gives way to some other
	merges                // another connection leads to its lane
	keepClear             // who can't leave the junction waits before it
	stops                 // a stop sign
	crosses               // it has foes
	minor                 // it gives way and no signal rules it
	leaves                // it leads to a road of another engine
	walked                // a crosswalk lies over it
)

// A step leads from a road to another: s at the limit on the connection, late s where it gives way.
type step struct {
	road  int32
	s     float32
	late  float32
	allow city.VehicleClass
}

// minorPenalty is what routes count for giving way, s (the default of SUMO's option weights.minor-penalty).
const minorPenalty = 1.5

// half is half the width that a vehicle sweeps on its path, m.
const half = 1.2

func newNetwork(n *city.LaneNet) (*network, error) {
	l, c := len(n.Lanes), len(n.Connections)
	w := &network{lanes: l, conns: c, length: make([]float32, l+c), free: make([]float32, l+c), road: make([]int32, l), first: make([]int32, len(n.Roads)+1),
		out: make([]int32, l+1), from: make([]int32, c), to: make([]int32, c), inAt: make([]int32, l+1), in: make([]int32, c), foeAt: make([]int32, c+1),
		wait: make([]float32, c), trait: make([]uint8, c), allow: make([]city.VehicleClass, l), controlled: make([][]int32, len(n.Lights)),
		place: make([]int32, c), light: make([]int32, c)}
	for r := range n.Roads {
		x := &n.Roads[r]
		if x.First != w.first[r] || x.Lanes < 1 || int(x.First+x.Lanes) > l {
			return nil, fmt.Errorf("road %q: its lanes %d to %d don't follow those of the road before; order lanes by road", x.ID, x.First, x.First+x.Lanes)
		}
		w.first[r+1] = x.First + x.Lanes
	}
	if int(w.first[len(n.Roads)]) != l {
		return nil, fmt.Errorf("lane net: %d lanes belong to no road", l-int(w.first[len(n.Roads)]))
	}
	for i := range n.Lanes {
		x := &n.Lanes[i]
		if !(x.Length > 0) || !(x.Speed > 0) {
			return nil, fmt.Errorf("lane %q: length %g m and speed %g m/s; both must be above 0", x.ID, x.Length, x.Speed)
		}
		w.length[i], w.free[i], w.road[i], w.allow[i] = float32(x.Length), float32(x.Speed), x.Road, x.Allow
	}
	for i := range n.Connections {
		x := &n.Connections[i]
		if i > 0 && (x.From < n.Connections[i-1].From || x.From == n.Connections[i-1].From && x.To < n.Connections[i-1].To) {
			return nil, fmt.Errorf("connection %d: sort connections by lane from and lane to", i)
		}
		if x.From < 0 || int(x.From) >= l || x.To < 0 || int(x.To) >= l {
			return nil, fmt.Errorf("connection %d: lanes %d to %d; the net has %d", i, x.From, x.To, l)
		}
		w.length[l+i] = float32(max(x.Length, 0.1))
		w.free[l+i] = float32(x.Speed)
		if !(x.Speed > 0) {
			w.free[l+i] = min(w.free[x.From], w.free[x.To])
		}
		w.from[i], w.to[i], w.light[i], w.place[i] = x.From, x.To, x.Light, x.Index
		w.out[x.From+1]++
		w.inAt[x.To+1]++
		w.foeAt[i+1] = w.foeAt[i] + int32(len(x.Foes))
		if x.Light >= 0 {
			if int(x.Light) >= len(n.Lights) || x.Index < 0 || int(x.Index) >= n.Lights[x.Light].Places {
				return nil, fmt.Errorf("connection %d: place %d of light %d is not there", i, x.Index, x.Light)
			}
			w.controlled[x.Light] = append(w.controlled[x.Light], int32(i))
		}
		if x.Wait > 0 && x.Wait < x.Length {
			w.wait[i] = float32(x.Wait)
		}
	}
	for i := range l {
		w.out[i+1] += w.out[i]
		w.inAt[i+1] += w.inAt[i]
	}
	fill := append([]int32(nil), w.inAt...)
	for i := range n.Connections {
		to := n.Connections[i].To
		w.in[fill[to]] = int32(i)
		fill[to]++
	}
	w.foes = make([]foe, 0, w.foeAt[c])
	for i := range n.Connections {
		x := &n.Connections[i]
		var t uint8
		if x.KeepClear {
			t |= keepClear
		}
		if x.Stop {
			t |= stops
		}
		if len(x.Foes) > 0 {
			t |= crosses
		}
		if w.inAt[x.To+1]-w.inAt[x.To] > 1 {
			t |= merges
		}
		y := 0
		for _, f := range x.Foes {
			o := &n.Connections[f]
			e := foe{conn: f}
			if o.To == x.To {
				e.flags |= merging
			}
			for y < len(x.Yields) && x.Yields[y] < f {
				y++
			}
			if y < len(x.Yields) && x.Yields[y] == f {
				e.flags |= yieldTo
				t |= yields
				if x.Light < 0 {
					t |= minor
				}
			}
			mine, begin, end := shared(x, o, w.length[l+i], w.length[l+int(f)])
			e.mineDm, e.beginDm, e.endDm = decimetres(mine), decimetres(begin), decimetres(end)
			w.foes = append(w.foes, e)
		}
		w.trait[i] = t
	}
	w.joinRoads(n)
	return w, w.addWalks(n)
}

// shared returns where the room that two paths share begins on a's path, and its begin and end on b's: where their middles cross, or where
// nothing is known of their shapes, the middle third.
func shared(a, b *city.Connection, la, lb float32) (mine, begin, end float32) {
	if a.To == b.To {
		return max(0, la-4), max(0, lb-4), lb
	}
	pa, pb := a.Path, b.Path
	var da float64
	for i := 1; i < len(pa); i++ {
		var db float64
		sa := math.Hypot(pa[i][0]-pa[i-1][0], pa[i][1]-pa[i-1][1])
		for j := 1; j < len(pb); j++ {
			sb := math.Hypot(pb[j][0]-pb[j-1][0], pb[j][1]-pb[j-1][1])
			if t, u, ok := cross(pa[i-1], pa[i], pb[j-1], pb[j]); ok {
				x, y := float32(da+t*sa), float32(db+u*sb)
				return max(0, x-half), max(0, y-half), min(lb, y+half)
			}
			db += sb
		}
		da += sa
	}
	return la / 3, lb / 3, lb * 2 / 3
}

// cross returns where two lines of points cross, as shares of each.
func cross(a, b, c, d orb.Point) (t, u float64, ok bool) {
	rx, ry, sx, sy := b[0]-a[0], b[1]-a[1], d[0]-c[0], d[1]-c[1]
	k := rx*sy - ry*sx
	if k == 0 {
		return 0, 0, false
	}
	t = ((c[0]-a[0])*sy - (c[1]-a[1])*sx) / k
	u = ((c[0]-a[0])*ry - (c[1]-a[1])*rx) / k
	return t, u, t >= 0 && t <= 1 && u >= 0 && u <= 1
}

// joinRoads sets which roads follow which: for each pair the first connection's time, and the classes that any lets through. Who gives way
// without a signal, or waits inside the junction, takes longer.
func (w *network) joinRoads(n *city.LaneNet) {
	w.nextAt = make([]int32, len(n.Roads)+1)
	for r := range n.Roads {
		begin := len(w.next)
		for c := w.out[w.first[r]]; c < w.out[w.first[r+1]]; c++ {
			to, from := w.to[c], w.from[c]
			s := w.length[w.lanes+int(c)] / w.free[w.lanes+int(c)]
			late := float32(0)
			if w.trait[c]&minor != 0 {
				late += minorPenalty
			}
			if w.wait[c] > 0 && w.trait[c]&yields != 0 {
				late += minorPenalty
			}
			allow, seen := w.allow[from]&w.allow[to], false
			for i := begin; i < len(w.next); i++ {
				if w.next[i].road == w.road[to] {
					w.next[i].allow, seen = w.next[i].allow|allow, true
				}
			}
			if !seen {
				w.next = append(w.next, step{w.road[to], s, late, allow})
			}
		}
		w.nextAt[r+1] = int32(len(w.next))
	}
}

// segments is the number of lanes and connections.
func (w *network) segments() int { return w.lanes + w.conns }
