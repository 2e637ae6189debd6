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
	Random   map[string]bool // flows whose departures SUMO draws; here they are spread evenly
	Unsorted bool            // something stands behind what departs later
	Defects  []city.Defect
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
	routes map[string]*route
	ways   map[string][]choice // route distributions …
	given  []*route            // … and what they choose from
	starts map[city.Start]*city.Start
	stops  map[string]stopPlace
	after  [][]int32 // roads that a road leads to
	reach  map[int64][]uint64
	ids    map[string]int       // the line of each vehicle, trip and flow
	feet   map[[2]int32][]int32 // ways on foot
	// the crosswalk of each crossing
	crosswalk map[string]int32
	gone      tally   // before the begin
	unsorted  tally   // behind later ones
	last      float64 // departure
}

// A tally is how many there were, and the line of the first.
type tally struct{ n, first int }

func (t *tally) add(line int) {
	if t.n++; t.n == 1 {
		t.first = line
	}
}

// A route is a way that vehicles name, or that they have of their own.
type route struct {
	roads []int32
	stops []city.JourneyStop
}

// A choice is one of a distribution: a type or a route.
type choice struct {
	at    int32
	share float64
}

// pick returns the choice of the n-th who is to choose: the shares of a long row of them are those of the distribution. step is the row's.
func pick(list []choice, n int, step float64) int32 {
	total := 0.0
	for _, c := range list {
		total += c.share
	}
	x := total * math.Mod(float64(n)*step+0.5, 1)
	for _, c := range list {
		if x -= c.share; x < 0 {
			return c.at
		}
	}
	return list[len(list)-1].at
}

// Steps of two low-discrepancy sequences that know nothing of one another: the golden ratio's, and that of √2.
const (
	stepTypes  = 0.6180339887498949
	stepRoutes = 0.4142135623730951
)

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
	r := &demandReader{net: n, begin: begin, d: &Demand{Random: map[string]bool{}}, roads: map[string]int32{}, lanes: map[string]int32{}, types: map[string]int32{}, choice: map[string][]choice{},
		routes: map[string]*route{}, starts: map[city.Start]*city.Start{}, ways: map[string][]choice{}, stops: map[string]stopPlace{}, reach: map[int64][]uint64{},
		feet: map[[2]int32][]int32{}, ids: map[string]int{}, crosswalk: map[string]int32{}}
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
	tag   string
	a     attrs
	line  int
	edges []string // on foot
	ways  []choice // routes of its own
	lost  bool     // one of them is none
	stops []city.JourneyStop
}

func (r *demandReader) parse(in io.Reader, name string) error {
	r.scanner = newScanner(in, name, &r.d.Defects)
	r.gone, r.unsorted, r.last = tally{}, tally{}, math.Inf(-1)
	var cur *flight
	var walk *stroll
	var way *route // of the file, open
	distribution, routes := "", ""
	depth, root := 0, ""
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
				way = nil
			case "vTypeDistribution":
				distribution = ""
			case "routeDistribution":
				routes = ""
			case "person", "personFlow":
				if walk == nil {
					continue
				}
				r.inOrder(walk.a, walk.line)
				if err := r.walker(walk); err != nil {
					return err
				}
				walk = nil
			case "vehicle", "trip", "flow":
				if cur == nil {
					continue
				}
				r.inOrder(cur.a, cur.line)
				if err := r.add(cur); err != nil {
					return err
				}
				cur = nil
			}
			continue
		}
		if depth++; depth == 1 {
			root = e.Name.Local
		}
		a := attrs(e.Attr)
		if walk != nil {
			if err := r.stride(walk, e.Name.Local, a); err != nil {
				return err
			}
			continue
		}
		switch e.Name.Local {
		case "vType":
			if name := a.get("refId"); name != "" {
				share, err := r.share(a, "probability")
				if err != nil {
					return err
				}
				if k, ok := r.types[name]; ok {
					r.choice[distribution] = append(r.choice[distribution], choice{k, share})
				} else {
					r.note(r.line, "distribution %s: there is no type %q; left out", distribution, name)
				}
				continue
			}
			if err := r.kind(a, distribution); err != nil {
				return err
			}
		case "vTypeDistribution":
			distribution = a.get("id")
			if err := r.named(a, "vTypes", r.choice, func(id string) (int32, bool) { k, ok := r.types[id]; return k, ok }); err != nil {
				return err
			}
		case "routeDistribution":
			if cur != nil {
				continue
			}
			routes = a.get("id")
			if err := r.named(a, "routes", r.ways, r.routeNamed); err != nil {
				return err
			}
		case "vehicle", "trip", "flow":
			cur = &flight{tag: e.Name.Local, a: a, line: r.line}
		case "route":
			id := a.get("id")
			share, err := r.share(a, "probability")
			if err != nil {
				return err
			}
			at, ok := int32(0), false
			if name := a.get("refId"); name != "" {
				if at, ok = r.routeNamed(name); !ok {
					r.note(r.line, "route left out: there is no route %q", name)
				}
			} else {
				what := "route " + id
				if cur != nil {
					what = cur.tag + " " + cur.a.get("id")
				}
				var roads []int32
				if roads, ok = r.path(strings.Fields(a.get("edges")), what, r.line); ok {
					at, way = int32(len(r.given)), &route{roads: roads}
					r.given = append(r.given, way)
				}
			}
			switch {
			case cur != nil && !ok:
				cur.lost = true
			case cur != nil:
				cur.ways = append(cur.ways, choice{at, share})
				way = nil // stops that follow are the vehicle's
			case !ok:
			case routes != "":
				r.ways[routes] = append(r.ways[routes], choice{at, share})
			}
			if ok && id != "" && cur == nil {
				r.routes[id] = r.given[at]
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
			case way != nil:
				way.stops = append(way.stops, st)
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
		return r.cutOff()
	}
	if root == "" {
		return fmt.Errorf("read %s: it is empty; a route or additional file has a root element", r.name)
	}
	if r.gone.n > 0 {
		r.note(r.gone.first, "%d trips depart before the start, %g s, the first of them here; left out, as SUMO does", r.gone.n, r.begin)
	}
	if r.unsorted.n > 0 {
		r.d.Unsorted = true
		r.note(r.unsorted.first, "%d elements stand behind some that depart later, the first of them here; sorted (SUMO by itself would leave them out)", r.unsorted.n)
	}
	return nil
}

// share reads how often one of a distribution is chosen.
func (r *demandReader) share(a attrs, name string) (float64, error) {
	x, err := a.number(name, 1)
	if err != nil || x < 0 {
		return 0, r.refuse(r.line, "%s=%q is no share", name, a.get(name))
	}
	return x, nil
}

// named makes a distribution of what an element names in a list, with probabilities beside it or those that they have of their own.
func (r *demandReader) named(a attrs, list string, all map[string][]choice, find func(string) (int32, bool)) error {
	id, shares := a.get("id"), strings.Fields(a.get("probabilities"))
	for i, name := range strings.Fields(a.get(list)) {
		k, ok := find(name)
		if !ok {
			r.note(r.line, "distribution %s: there is no %q; left out", id, name)
			continue
		}
		c := choice{k, 1}
		if i < len(shares) {
			var err error
			if c.share, err = r.share(attrs{attr("probability", shares[i])}, "probability"); err != nil {
				return err
			}
		}
		all[id] = append(all[id], c)
	}
	return nil
}

func (r *demandReader) routeNamed(id string) (int32, bool) {
	x, ok := r.routes[id]
	return int32(slices.Index(r.given, x)), ok
}

// inOrder notes who stands behind somebody who departs later, even if that one is left out: SUMO reads a file as time goes on.
func (r *demandReader) inOrder(a attrs, line int) {
	when := a.get("depart")
	if !a.has("depart") {
		when = cmp.Or(a.get("begin"), fmt.Sprint(r.begin))
	}
	t, err := seconds(when)
	if err != nil {
		return
	}
	if t < r.last && t >= r.begin {
		r.unsorted.add(line)
	}
	r.last = max(r.last, t)
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
		name         string
		v            *float64
		or, greatest float64
	}{{"length", &t.Length, 5, 1000}, {"maxSpeed", &t.MaxSpeed, 200 / 3.6, fastest}, {"accel", &t.Accel, 2.6, 100}, {"decel", &t.Decel, 4.5, 100}, {"emergencyDecel", &t.Brake, 9, 100},
		{"tau", &t.Headway, 1, 1000}, {"speedFactor", &t.SpeedMean, 1, 100}, {"minGap", &t.Gap, 2.5, 1000}, {"speedDev", &t.SpeedDev, 0, 100}} {
		if *x.v > x.greatest {
			r.note(r.line, "type %s: %s=%g is not possible; taken as %g", id, x.name, *x.v, x.greatest)
			*x.v = x.greatest
		}
		if *x.v <= 0 && x.name != "minGap" && x.name != "speedDev" {
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
		return pick(list, n, stepTypes)
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
// lane loses the 18 s that the HCM 2000 (exhibit 16-7) counts. bay is the same for a bus bay, an assumption.
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
