package sumo

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"citybrain/city"
)

// most is how many journeys one file may ask for.
const most = 20_000_000

// Demand is what route files hold, and what was wrong with them.
type Demand struct {
	city.LaneDemand
	Defects []city.Defect
}

// A stopPlace is a bus stop, parking area or the like of an additional file.
type stopPlace struct {
	lane       int32
	start, end float64
}

type demandReader struct {
	*scanner
	net    *Network
	begin  float64
	d      *Demand
	roads  map[string]int32
	lanes  map[string]int32
	types  map[string]int32
	choice map[string][]choice // type distributions
	routes map[string][]int32
	rstops map[string][]city.JourneyStop
	stops  map[string]stopPlace
	after  [][]int32 // roads that a road leads to
	reach  map[int64][]uint64
	ids    map[string]int       // the line of each vehicle, trip and flow
	ways   map[[2]int32][]int32 // on foot
	// the crosswalk of each crossing
	crosswalk map[string]int32
	gone      int // trips before the begin
	unsort    int
	last      float64
}

type choice struct {
	kind  int32
	share float64
}

// ReadDemand reads route and additional files in their order; begin is the scenario's start in the files' seconds.
func ReadDemand(n *Network, begin float64, paths ...string) (*Demand, error) {
	r := newDemandReader(n, begin)
	for _, p := range paths {
		f, err := Open(p)
		if err != nil {
			return nil, fmt.Errorf("read demand: %w", err)
		}
		err = r.parse(f, p)
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	return r.done(), nil
}

// ParseDemand reads one route file; name is for messages.
func ParseDemand(n *Network, begin float64, in io.Reader, name string) (*Demand, error) {
	r := newDemandReader(n, begin)
	if err := r.parse(in, name); err != nil {
		return nil, err
	}
	return r.done(), nil
}

func newDemandReader(n *Network, begin float64) *demandReader {
	r := &demandReader{net: n, begin: begin, d: &Demand{}, roads: map[string]int32{}, lanes: map[string]int32{}, types: map[string]int32{}, choice: map[string][]choice{},
		routes: map[string][]int32{}, rstops: map[string][]city.JourneyStop{}, stops: map[string]stopPlace{}, reach: map[int64][]uint64{},
		ways: map[[2]int32][]int32{}, ids: map[string]int{}, crosswalk: map[string]int32{}}
	for i := range n.Crosswalks {
		r.crosswalk[n.Crosswalks[i].ID] = int32(i)
	}
	for i := range n.Roads {
		r.roads[n.Roads[i].ID] = int32(i)
	}
	for i := range n.Lanes {
		r.lanes[n.Lanes[i].ID] = int32(i)
	}
	r.after = make([][]int32, len(n.Roads))
	for i := range n.Connections {
		a, b := n.Lanes[n.Connections[i].From].Road, n.Lanes[n.Connections[i].To].Road
		if !slices.Contains(r.after[a], b) {
			r.after[a] = append(r.after[a], b)
		}
	}
	return r
}

func (r *demandReader) done() *Demand {
	slices.SortStableFunc(r.d.Journeys, func(a, b city.Journey) int { return cmp.Compare(a.Depart, b.Depart) })
	r.sortWalkers()
	return r.d
}

// A flight is a vehicle, trip or flow while its element is open.
type flight struct {
	tag    string
	a      attrs
	line   int
	edges  []string // of its own route
	hasOwn bool
	stops  []city.JourneyStop
}

func (r *demandReader) parse(in io.Reader, name string) error {
	r.scanner = newScanner(in, name, &r.d.Defects)
	r.gone, r.unsort, r.last = 0, 0, math.Inf(-1)
	var cur *flight
	var walk *stroll
	routeID, distribution := "", ""
	depth, firstGone, firstUnsorted := 0, 0, 0
	for {
		e, end, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if e == nil {
			depth--
			switch end {
			case "route":
				routeID = ""
			case "vTypeDistribution":
				distribution = ""
			case "person", "personFlow":
				if walk == nil {
					continue
				}
				gone := r.gone
				if err := r.walker(walk); err != nil {
					return err
				}
				if r.gone > gone && gone == 0 {
					firstGone = walk.line
				}
				walk = nil
			case "vehicle", "trip", "flow":
				if cur == nil {
					continue
				}
				gone, unsorted := r.gone, r.unsort
				if err := r.add(cur); err != nil {
					return err
				}
				if r.gone > gone && gone == 0 {
					firstGone = cur.line
				}
				if r.unsort > unsorted && unsorted == 0 {
					firstUnsorted = cur.line
				}
				cur = nil
			}
			continue
		}
		depth++
		a := attrs(e.Attr)
		if walk != nil {
			if err := r.stride(walk, e.Name.Local, a); err != nil {
				return err
			}
			continue
		}
		switch e.Name.Local {
		case "vType":
			if err := r.kind(a, distribution); err != nil {
				return err
			}
		case "vTypeDistribution":
			distribution = a.get("id")
			for _, id := range strings.Fields(a.get("vTypes")) {
				if k, ok := r.types[id]; ok {
					r.choice[distribution] = append(r.choice[distribution], choice{k, 1})
				}
			}
		case "vehicle", "trip", "flow":
			cur = &flight{tag: e.Name.Local, a: a, line: r.line}
		case "route":
			edges := strings.Fields(a.get("edges"))
			if cur != nil {
				cur.edges, cur.hasOwn = edges, true
				continue
			}
			routeID = a.get("id")
			if roads, ok := r.path(edges, "route "+routeID, r.line); ok {
				r.routes[routeID] = roads
			}
		case "stop":
			st, ok, err := r.stop(a)
			if err != nil {
				return err
			}
			switch {
			case !ok:
			case cur != nil:
				cur.stops = append(cur.stops, st)
			case routeID != "":
				r.rstops[routeID] = append(r.rstops[routeID], st)
			}
		case "busStop", "trainStop", "containerStop", "chargingStation", "parkingArea":
			l, ok := r.lanes[a.get("lane")]
			if !ok {
				r.note(r.line, "%s %s left out: there is no lane %q", e.Name.Local, a.get("id"), a.get("lane"))
				continue
			}
			length := r.net.Lanes[l].Length
			s, err1 := a.number("startPos", 0)
			t, err2 := a.number("endPos", length)
			if err := cmp.Or(err1, err2); err != nil {
				return r.refuse(r.line, "%s %s: %v", e.Name.Local, a.get("id"), err)
			}
			r.stops[a.get("id")] = stopPlace{l, within(s, length), within(t, length)}
		case "person", "personFlow":
			walk = &stroll{flight: flight{tag: e.Name.Local, a: a, line: r.line}}
		case "container", "containerFlow":
			r.note(r.line, "%s %s left out: only vehicles and those on foot are read", e.Name.Local, a.get("id"))
		}
	}
	if depth != 0 {
		return fmt.Errorf("read %s: line %d: the file ends inside an element; it is cut off", r.name, r.line)
	}
	if r.gone > 0 {
		r.note(firstGone, "%d trips depart before the start, %g s, the first of them here; left out, as SUMO does", r.gone, r.begin)
	}
	if r.unsort > 0 {
		r.note(firstUnsorted, "%d trips stand behind later ones, the first of them here; sorted (SUMO would leave them out)", r.unsort)
	}
	return nil
}

// within puts a position along a lane, from its end if negative, onto it.
func within(x, length float64) float64 {
	if x < 0 {
		x += length
	}
	return max(0, min(x, length))
}

// kind reads a vehicle type.
func (r *demandReader) kind(a attrs, distribution string) error {
	id := a.get("id")
	t, known := typeOf(id, a.get("vClass"))
	if !known {
		r.note(r.line, "type %s has the class %q, which is no road user here; taken as a passenger car", id, a.get("vClass"))
		t.Class = city.PassengerCar
	}
	var errs [16]error
	get := func(i int, name string, x *float64) { *x, errs[i] = a.number(name, *x) }
	get(0, "length", &t.Length)
	get(1, "minGap", &t.Gap)
	get(2, "maxSpeed", &t.MaxSpeed)
	get(3, "accel", &t.Accel)
	get(4, "decel", &t.Decel)
	t.Brake = max(t.Brake, t.Decel)
	get(5, "emergencyDecel", &t.Brake)
	get(6, "tau", &t.Headway)
	get(7, "sigma", &t.Sigma)
	get(8, "speedDev", &t.SpeedDev)
	// speedFactor is a number or a distribution norm(mean,dev), normc(mean,dev,least,most)
	if f := a.get("speedFactor"); strings.HasPrefix(f, "norm") {
		_, in, _ := strings.Cut(strings.TrimSuffix(f, ")"), "(")
		p := attrs{}
		for i, v := range strings.Split(in, ",") {
			if i < 2 {
				p = append(p, attr([]string{"mean", "dev"}[i], v))
			}
		}
		t.SpeedMean, errs[9] = p.number("mean", 1)
		t.SpeedDev, errs[10] = p.number("dev", t.SpeedDev)
	} else {
		get(9, "speedFactor", &t.SpeedMean)
	}
	share, err := a.number("probability", 1)
	errs[11] = err
	if err := cmp.Or(errs[:]...); err != nil {
		return r.refuse(r.line, "type %q: %v", id, err)
	}
	for _, x := range []struct {
		name string
		v    *float64
		or   float64
	}{{"length", &t.Length, 5}, {"maxSpeed", &t.MaxSpeed, 200 / 3.6}, {"accel", &t.Accel, 2.6}, {"decel", &t.Decel, 4.5}, {"emergencyDecel", &t.Brake, 9}, {"tau", &t.Headway, 1}, {"speedFactor", &t.SpeedMean, 1}} {
		if *x.v <= 0 {
			r.note(r.line, "type %s: %s=%g is not above zero; taken as %g", id, x.name, *x.v, x.or)
			*x.v = x.or
		}
	}
	t.Sigma = max(0, min(t.Sigma, 1))
	t.Gap, t.SpeedDev, t.Brake = max(t.Gap, 0), max(t.SpeedDev, 0), max(t.Brake, t.Decel)
	if _, twice := r.types[id]; twice {
		r.note(r.line, "type %s is there twice; the later one holds from here on", id)
	}
	k := int32(len(r.d.Types))
	r.d.Types = append(r.d.Types, t)
	r.types[id] = k
	if distribution != "" && share > 0 {
		r.choice[distribution] = append(r.choice[distribution], choice{k, share})
	}
	return nil
}

// typeNamed returns the type of the n-th vehicle that names id: of a distribution, the one whose share lags most (no chance).
func (r *demandReader) typeNamed(id string, n int, line int) int32 {
	if id == "" {
		id = "DEFAULT_VEHTYPE"
	}
	if list := r.choice[id]; len(list) > 0 {
		total := 0.0
		for _, c := range list {
			total += c.share
		}
		x := total * math.Mod(float64(n)*0.6180339887498949+0.5, 1) // low-discrepancy sequence of the golden ratio
		for _, c := range list {
			if x -= c.share; x < 0 {
				return c.kind
			}
		}
		return list[len(list)-1].kind
	}
	k, ok := r.types[id]
	if !ok {
		class := map[string]string{"DEFAULT_BIKETYPE": "bicycle", "DEFAULT_PEDTYPE": "pedestrian", "DEFAULT_TAXITYPE": "taxi"}[id]
		t, _ := typeOf(id, class)
		if !strings.HasPrefix(id, "DEFAULT_") {
			r.note(line, "there is no type %q; taken as SUMO's passenger car", id)
		}
		k = int32(len(r.d.Types))
		r.d.Types, r.types[id] = append(r.d.Types, t), k
	}
	return k
}

// path turns edges into roads and says what is wrong with them.
func (r *demandReader) path(edges []string, what string, line int) ([]int32, bool) {
	var out []int32
	for _, e := range edges {
		x, ok := r.roads[e]
		if !ok {
			r.note(line, "%s left out: there is no edge %q", what, e)
			return nil, false
		}
		out = append(out, x)
	}
	if len(out) == 0 {
		r.note(line, "%s left out: it has no edges", what)
		return nil, false
	}
	for i := 1; i < len(out); i++ {
		if !slices.Contains(r.after[out[i-1]], out[i]) {
			r.note(line, "%s left out: its route is disconnected, no connection leads from %s to %s", what, edges[i-1], edges[i])
			return nil, false
		}
	}
	return out, true
}

// manoeuvre is how long a vehicle stands in the way as it goes into a parking place or comes out of one, s: with those who slow down and start again behind it the
// lane loses the 18 s that the HCM 2000 (ch. 16, adjustment for parking) counts. bay is the same for a bus bay, an assumption.
const manoeuvre, bay = 15, 2

func (r *demandReader) stop(a attrs) (city.JourneyStop, bool, error) {
	var st city.JourneyStop
	lane, at := int32(-1), stopPlace{}
	off := 0.0
	if p := a.get("parking"); p != "" && p != "false" && p != "0" {
		off = bay
	}
	for _, k := range []string{"busStop", "trainStop", "containerStop", "chargingStation", "parkingArea"} {
		if id := a.get(k); id != "" {
			p, ok := r.stops[id]
			if !ok {
				r.note(r.line, "stop left out: there is no %s %q", k, id)
				return st, false, nil
			}
			lane, at = p.lane, p
			if k == "parkingArea" {
				off = manoeuvre
			}
		}
	}
	if lane < 0 {
		id := cmp.Or(a.get("lane"), a.get("edge")+"_0")
		l, ok := r.lanes[id]
		if !ok {
			r.note(r.line, "stop left out: there is no lane %q", id)
			return st, false, nil
		}
		length := r.net.Lanes[l].Length
		e, err1 := a.number("endPos", length)
		e = within(e, length)
		s, err2 := a.number("startPos", max(0, e-2*shortest))
		if err := cmp.Or(err1, err2); err != nil {
			return st, false, r.refuse(r.line, "stop: %v", err)
		}
		lane, at = l, stopPlace{l, within(s, length), e}
	}
	duration, err1 := seconds(cmp.Or(a.get("duration"), "0"))
	until, err2 := seconds(cmp.Or(a.get("until"), "0"))
	if err := cmp.Or(err1, err2); err != nil {
		return st, false, r.refuse(r.line, "stop: %v", err)
	}
	if until > 0 {
		until = max(0, until-r.begin)
	}
	return city.JourneyStop{Lane: lane, Start: at.start, End: at.end, Duration: max(0, duration), Until: until, Off: off}, true, nil
}
