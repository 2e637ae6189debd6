package sumo

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"math"
	"slices"
	"strings"

	"citybrain/city"
)

func attr(name, value string) xml.Attr { return xml.Attr{Name: xml.Name{Local: name}, Value: value} }

// add turns a vehicle, trip or flow into journeys.
func (r *demandReader) add(f *flight) error {
	id := f.a.get("id")
	what := f.tag + " " + id
	j := city.Journey{ID: id}
	ways := f.ways // to choose from
	if name := f.a.get("route"); name != "" && ways == nil {
		if ways = r.ways[name]; ways == nil {
			k, ok := r.routeNamed(name)
			if !ok {
				r.note(f.line, "%s left out: there is no route %q", what, name)
				return nil
			}
			ways = []choice{{k, 1}}
		}
	}
	switch {
	case ways != nil:
	case f.lost:
		return nil
	default:
		ends := append(append([]string{f.a.get("from")}, strings.Fields(f.a.get("via"))...), f.a.get("to"))
		if ends[0] == "" || ends[len(ends)-1] == "" {
			r.note(f.line, "%s left out: it has neither a route nor from and to edges", what)
			return nil
		}
		for _, e := range ends {
			x, ok := r.roads[e]
			if !ok {
				r.note(f.line, "%s left out: there is no edge %q", what, e)
				return nil
			}
			j.Roads = append(j.Roads, x)
		}
	}
	if _, twice := r.ids[id]; twice {
		r.note(f.line, "%s left out: its id is there twice, first in line %d", what, r.ids[id])
		return nil
	}
	r.ids[id] = f.line
	next := r.each(j, f, ways, what)
	if j = next(); !j.Routed {
		for i := 1; i < len(j.Roads); i++ {
			if !r.reaches(j.Roads[i-1], j.Roads[i], r.d.Types[j.Type].Class) {
				r.note(f.line, "%s left out: no way leads from %s to %s for its class", what, r.net.Roads[j.Roads[i-1]].ID, r.net.Roads[j.Roads[i]].ID)
				return nil
			}
		}
	}
	if f.tag == "flow" {
		return r.flow(f, id, next)
	}
	depart := f.a.get("depart")
	t, err := seconds(depart)
	if err != nil {
		r.note(f.line, "%s left out: its departure %q is no time", what, depart)
		return nil
	}
	return r.put(j, t, f.line)
}

// each returns what makes the next of an element's journeys: its type, and its route where there are some to choose from.
func (r *demandReader) each(j city.Journey, f *flight, ways []choice, what string) func() city.Journey {
	list, among := []city.Journey{j}, []choice{{0, 1}}
	if ways != nil {
		list, among = list[:0], slices.Clone(ways)
		for i := range among {
			x := r.given[among[i].at]
			j.Roads, j.Stops, j.Routed = x.roads, slices.Clone(x.stops), true
			list, among[i].at = append(list, j), int32(i)
		}
	}
	for i := range list {
		list[i].Stops = append(list[i].Stops, f.stops...)
		r.byStops(&list[i], what, f.line)
	}
	told := false
	return func() city.Journey {
		n := len(r.d.Journeys)
		x := list[pick(among, n, stepRoutes)]
		x.Type = r.typeNamed(f.a.get("type"), n, f.line)
		var wrong string
		if x.Start, wrong = r.start(f.a, x.Roads[0], r.d.Types[x.Type].Class); wrong != "" && !told {
			told = true
			r.note(f.line, "%s: %s; it starts as others do", what, wrong)
		}
		return x
	}
}

// start reads how a vehicle comes onto its first road, and says what is wrong with that.
func (r *demandReader) start(a attrs, road int32, class city.VehicleClass) (*city.Start, string) {
	x, wrong := city.Start{Lane: city.FirstLane}, ""
	on := r.net.Roads[road]
	switch v := a.get("departLane"); v {
	case "", "first":
	case "best", "allowed":
		x.Lane = city.BestLane
	case "free":
		x.Lane = city.FreeLane
	case "random":
		x.Lane = city.RandomLane
	default:
		k, err := a.whole("departLane", 0)
		if err != nil || k < 0 || k >= int(on.Lanes) || r.net.Lanes[on.First+int32(k)].Allow&class == 0 {
			wrong = fmt.Sprintf("departLane=%q is no lane of %s that it may use", v, on.ID)
			break
		}
		x.Lane = k
	}
	switch v := a.get("departSpeed"); v {
	case "":
	case "max", "desired", "speedLimit", "last", "avg", "random":
		x.Speed = city.Fastest
	default:
		s, err := a.number("departSpeed", 0)
		if err != nil || s < 0 {
			wrong = fmt.Sprintf("departSpeed=%q is no speed", v)
			break
		}
		x.Speed = s
	}
	switch v := a.get("departPos"); v {
	case "", "base", "last", "stop":
	case "random", "free", "random_free":
		x.At = city.AtRandom
	default:
		p, err := a.number("departPos", 0)
		if err != nil {
			wrong = fmt.Sprintf("departPos=%q is no place", v)
			break
		}
		x.At = within(p, on.Length)
	}
	if x == (city.Start{Lane: city.FirstLane}) {
		return nil, wrong
	}
	if r.starts[x] == nil {
		r.starts[x] = &x
	}
	return r.starts[x], wrong
}

// byStops has a journey pass its stops: a trip's way leads by them, as in SUMO; what lies off a given route is left out.
func (r *demandReader) byStops(j *city.Journey, what string, line int) {
	if len(j.Stops) == 0 {
		return
	}
	if !j.Routed {
		to := j.Roads[len(j.Roads)-1]
		by := slices.Clone(j.Roads[:len(j.Roads)-1])
		for _, s := range j.Stops {
			if road := r.net.Lanes[s.Lane].Road; road != by[len(by)-1] {
				by = append(by, road)
			}
		}
		if len(by) == 1 || to != by[len(by)-1] {
			by = append(by, to)
		}
		j.Roads = by
		return
	}
	at := 0
	keep := j.Stops[:0:0]
	for _, s := range j.Stops {
		road := r.net.Lanes[s.Lane].Road
		k := slices.Index(j.Roads[at:], road)
		if k < 0 {
			r.note(line, "%s: its stop on %s is left out, as its route does not come there (any more)", what, r.net.Lanes[s.Lane].ID)
			continue
		}
		at += k
		keep = append(keep, s)
	}
	j.Stops = keep
}

func (r *demandReader) put(j city.Journey, t float64, line int) error {
	if t < r.begin {
		r.gone.add(line)
		return nil
	}
	if len(r.d.Journeys) >= most {
		return r.refuse(line, "more than %d journeys; split the demand", most)
	}
	j.Depart = t - r.begin
	r.d.Journeys = append(r.d.Journeys, j)
	return nil
}

// spread says when those of a flow depart: evenly. One given by probability departs every 1/probability seconds: a reader draws no chance.
func (r *demandReader) spread(f *flight, id string) (begin, period float64, count int, err error) {
	begin, err1 := seconds(cmp.Or(f.a.get("begin"), fmt.Sprint(r.begin)))
	end, err2 := seconds(cmp.Or(f.a.get("end"), fmt.Sprint(r.begin+86400)))
	number, err3 := f.a.whole("number", -1)
	if err := cmp.Or(err1, err2, err3); err != nil {
		return 0, 0, 0, r.refuse(f.line, "flow %q: %v", id, err)
	}
	for _, k := range []string{"vehsPerHour", "perHour"} {
		if f.a.has(k) {
			x, err := f.a.number(k, 0)
			if err != nil || x <= 0 {
				return 0, 0, 0, r.refuse(f.line, "flow %q: %s=%q is no flow", id, k, f.a.get(k))
			}
			period = 3600 / x
		}
	}
	if p := f.a.get("period"); p != "" {
		if rate, ok := strings.CutPrefix(p, "exp("); ok {
			x, err := attrs{attr("rate", strings.TrimSuffix(rate, ")"))}.number("rate", 0)
			if err != nil || x <= 0 {
				return 0, 0, 0, r.refuse(f.line, "flow %q: period=%q is no period", id, p)
			}
			period = 1 / x
			r.d.Random[id] = true
		} else if x, err := seconds(p); err != nil || x <= 0 {
			return 0, 0, 0, r.refuse(f.line, "flow %q: period=%q is no period", id, p)
		} else {
			period = x
		}
	}
	if f.a.has("probability") {
		x, err := f.a.number("probability", 0)
		if err != nil || x <= 0 || x > 1 {
			return 0, 0, 0, r.refuse(f.line, "flow %q: probability=%q is not between 0 and 1", id, f.a.get("probability"))
		}
		period = 1 / x
		r.d.Random[id] = true
	}
	if r.d.Random[id] {
		r.note(f.line, "%s %s departs at random; our own engines spread it evenly", f.tag, id)
	}
	switch {
	case period == 0 && number <= 0:
		return 0, 0, 0, r.refuse(f.line, "flow %q has neither a number nor a rate", id)
	case period == 0:
		period = (end - begin) / float64(number)
	case number < 0:
		number = math.MaxInt
	}
	if !(period > 0) || end <= begin || (end-begin)/period > most {
		return 0, 0, 0, r.refuse(f.line, "flow %q from %g s to %g s, one each %g s, is none that can be driven", id, begin, end, period)
	}
	for count < number && begin+float64(count)*period < end {
		count++
	}
	return begin, period, count, nil
}

// flow makes the journeys of a flow.
func (r *demandReader) flow(f *flight, id string, next func() city.Journey) error {
	begin, period, count, err := r.spread(f, id)
	if err != nil {
		return err
	}
	for i := range count {
		j := next()
		j.ID = fmt.Sprintf("%s.%d", id, i)
		if err := r.put(j, begin+float64(i)*period, f.line); err != nil {
			return err
		}
	}
	return nil
}

// reaches tells whether a vehicle of the class can get from one road to another.
func (r *demandReader) reaches(from, to int32, class city.VehicleClass) bool {
	if from == to {
		return true
	}
	key := int64(from)<<16 | int64(class)
	seen := r.reach[key]
	if seen == nil {
		seen = make([]uint64, len(r.net.Roads)/64+1)
		open := func(road int32) bool {
			x := &r.net.Roads[road]
			for l := x.First; l < x.First+x.Lanes; l++ {
				if r.net.Lanes[l].Allow&class != 0 {
					return true
				}
			}
			return false
		}
		queue := []int32{from}
		seen[from>>6] |= 1 << (from & 63)
		for len(queue) > 0 {
			a := queue[len(queue)-1]
			queue = queue[:len(queue)-1]
			for _, b := range r.after[a] {
				if seen[b>>6]>>(b&63)&1 == 0 && open(b) {
					seen[b>>6] |= 1 << (b & 63)
					queue = append(queue, b)
				}
			}
		}
		r.reach[key] = seen
	}
	return seen[to>>6]>>(to&63)&1 == 1
}
