package control

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/planar"
)

// The discharge model's constants, s, calibrated against queues that SUMO's Krauss drivers (1 s reaction) discharge.
const (
	reaction  = 1.05 // of a driver who follows another over the line
	queueGap  = 2.0  // m between the two
	crossing0 = 10.0 // m/s, the most at which a queue crosses the line
	startLoss = 1.0  // from green to the first vehicle over the line
	overrun   = 1.0  // of yellow that is still driven through
	gapAhead  = 6.5  // to the next vehicle with right of way that one from the stop line needs
	gapInside = 5.0  // that one waiting inside the junction needs
	accel     = 2.0  // m/s², mean of a vehicle gathering speed
)

// vehicleRoom is the metres that a standing car takes, its gap included.
const vehicleRoom = 7.0

// A link is a signalised connection as the model sees it.
type link struct {
	conn  int32
	place int
	lane  int     // index into the junction's lanes
	exit  int     // index into its exits
	hold  int     // vehicles that may wait inside the junction, out of the lane's way
	slot  int     // index among the links with hold > 0, −1
	speed float64 // m/s at which a queue crosses the line
	react float64 // s, of its drivers
	foes  []int   // links to which it gives way
	lanes []int   // lanes of those, each once
	bars  []bar   // who waits inside in its way
	rate  float64 // vehicles/s, of late
}

// A bar is as many vehicles of the same lane, waiting inside the junction for their own way, as leave no room beside them.
type bar struct{ slot, least int }

// A crossroad is one junction's model: what does not change with the traffic, and what has been learnt of it.
type crossroad struct {
	n     *Network
	j     *Junction
	lanes []int32
	links []link
	exits []int32 // lanes
	slots int
	rows  [][]byte   // of each phase: a letter for each link, then for each crossing
	yel   [][][]byte // from each phase to each: letters during the change; nil: none is needed
	chg   [][]change
	lost  float64 // s that a change costs, mean of all
	of    [][]int // links of each lane
	cross []int32 // crossings: indexes into Street.Crossings
}

// bar finds who waits inside in whose way: ways from one lane run on together until they are apart by a lane's width, and who stands there is
// passed by nobody.
func (x *crossroad) bar() {
	for i := range x.links {
		k := &x.links[i]
		if k.slot < 0 {
			continue
		}
		w := &x.n.Connections[k.conn]
		for m := range x.links {
			o := &x.links[m]
			if m == i || o.lane != k.lane {
				continue
			}
			apart := w.Length
			for s := 0.0; s < w.Length; s++ {
				if planar.DistanceFrom(x.n.Connections[o.conn].Path, along(w.Path, s)) > beside {
					apart = s
					break
				}
			}
			for n := 1; n <= k.hold; n++ {
				if rear := w.Wait - float64(n-1)*vehicleRoom - (vehicleRoom - queueGap); rear < apart {
					o.bars = append(o.bars, bar{k.slot, n})
					break
				}
			}
		}
	}
}

// beside is how many metres two ways are apart where a vehicle passes another that waits.
const beside = 2.8

// along is the point d metres along a line.
func along(l orb.LineString, d float64) orb.Point {
	for i := 1; i < len(l); i++ {
		step := planar.Distance(l[i-1], l[i])
		if d < step {
			return orb.Point{l[i-1][0] + (l[i][0]-l[i-1][0])*d/step, l[i-1][1] + (l[i][1]-l[i-1][1])*d/step}
		}
		d -= step
	}
	return l[len(l)-1]
}

// change is a Change in whole seconds of the search.
type change struct{ yellow, red int }

func newCrossroad(n *Network, j *Junction) *crossroad {
	x := &crossroad{n: n, j: j, lanes: j.Lanes, cross: j.Crossings}
	at := map[int32]int{}
	for i, c := range j.Links {
		at[c] = i
	}
	x.of = make([][]int, len(x.lanes))
	for i, c := range j.Links {
		k := &n.Connections[c]
		l := link{conn: c, place: int(k.Index), lane: slices.Index(x.lanes, k.From), exit: slices.Index(x.exits, k.To), slot: -1, speed: min(crossing0, k.Speed), react: n.Reaction}
		if l.exit < 0 {
			l.exit = len(x.exits)
			x.exits = append(x.exits, k.To)
		}
		if l.hold = int((k.Wait + 1) / vehicleRoom); l.hold > 0 {
			l.slot = x.slots
			x.slots++
		}
		for _, y := range k.Yields {
			if f, ok := at[y]; ok && n.Lanes[n.Connections[y].From].Road != n.Lanes[k.From].Road {
				l.foes = append(l.foes, f)
			}
		}
		x.of[l.lane] = append(x.of[l.lane], i)
		x.links = append(x.links, l)
	}
	for i := range x.links {
		for _, f := range x.links[i].foes {
			if ln := x.links[f].lane; !slices.Contains(x.links[i].lanes, ln) {
				x.links[i].lanes = append(x.links[i].lanes, ln)
			}
		}
	}
	x.bar()
	row := func(state string) []byte {
		r := make([]byte, len(x.links), len(x.links)+len(x.cross))
		for i := range x.links {
			r[i] = state[x.links[i].place]
		}
		for _, k := range x.cross {
			r = append(r, state[n.Street.Crossings[k].Place])
		}
		return r
	}
	for p := range j.Phases {
		x.rows = append(x.rows, row(j.Phases[p].State))
	}
	changes := 0
	for p := range j.Phases {
		var to [][]byte
		var chg []change
		for q := range j.Phases {
			c, r := n.Change(int(j.Light), p, q), x.between(p, q, row)
			if r != nil {
				x.lost += c.Total() + startLoss
				changes++
			}
			to, chg = append(to, r), append(chg, change{int(math.Ceil(c.Yellow)), int(math.Ceil(c.AllRed))})
		}
		x.yel, x.chg = append(x.yel, to), append(x.chg, chg)
	}
	x.lost /= math.Max(1, float64(changes))
	return x
}

// between is what the links see between phases p and q; nil: nobody is stopped.
func (x *crossroad) between(p, q int, row func(string) []byte) []byte {
	if p == q {
		return nil
	}
	if x.n.Clearance {
		return row(x.j.Clear)
	}
	r, ends := slices.Clone(x.rows[p]), false
	for i := range r {
		if x.rows[q][i] == 'r' && r[i] != 'r' {
			if r[i], ends = 'y', true; i >= len(x.links) {
				r[i] = 'r'
			}
		}
	}
	if !ends {
		return nil
	}
	return r
}

// travel is the time in s to drive d metres from speed v up to most.
func travel(d, v, most float64) float64 {
	if d <= 0 {
		return 0
	}
	v = min(v, most)
	up := (most*most - v*v) / (2 * accel) // m until most is reached
	if up >= d {
		return (math.Sqrt(v*v+2*accel*d) - v) / accel
	}
	return (most-v)/accel + (d-up)/most
}

// An arrival is a vehicle that the model expects at a stop line.
type arrival struct {
	at     float64 // s from now, at the line if nothing held it up
	link   int
	weight float64 // what a second of its waiting costs
	far    float64 // m before the line; +Inf: beyond sight
	waited float64 // s
	head   float64 // s behind the one before it, out of a queue
	still  bool    // it stands
	guess  bool    // it is supposed to stand, and was not seen
	places uint8   // vehicles' room that it takes behind the junction
	stood  bool    // it is supposed to stand already, however likely that is
}

// A stream is everything that is expected at one junction, lane by lane, first come first.
type stream struct {
	list  [][]arrival
	room  []float64    // of each exit: vehicles that it still takes now; +Inf: as many as come
	gain  []float64    // vehicles/s by which that grows
	out   [][]float32  // of each exit: vehicles that leave it in each second, if one too many sent there blocks the junction; nil: it doesn't
	on    []float32    // of each exit with out: vehicles on it now; room is how many it holds
	free  []float64    // of each lane: s from now before which nothing leaves
	walk  []float64    // of each crossing: what a second of its walkers' waiting costs
	least []int        // s of green of each phase
	clear int          // s from now before which nothing that walkers cross may turn yellow
	hold  [2][]float64 // the same by green that goes first, by green that gives way
}

// follows is the headway of a vehicle of length metres over link k, s.
func (k *link) follows(length float64) float64 { return k.react + (length+queueGap)/k.speed }
