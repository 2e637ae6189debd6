package cityflow

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// The elements of a roadnet file. Pointers tell an absent field from a zero.
type (
	point struct {
		X *float64 `json:"x"`
		Y *float64 `json:"y"`
	}
	intersection struct {
		line      int
		ID        string     `json:"id"`
		Point     point      `json:"point"`
		Width     float64    `json:"width"`
		Virtual   *bool      `json:"virtual"`
		RoadLinks []roadLink `json:"roadLinks"`
		Light     struct {
			Phases []struct {
				Time  float64 `json:"time"`
				Links []int   `json:"availableRoadLinks"`
			} `json:"lightphases"`
		} `json:"trafficLight"`
	}
	roadLink struct {
		Type  string     `json:"type"`
		From  string     `json:"startRoad"`
		To    string     `json:"endRoad"`
		Links []laneLink `json:"laneLinks"`
	}
	laneLink struct {
		From   *int    `json:"startLaneIndex"`
		To     *int    `json:"endLaneIndex"`
		Points []point `json:"points"`
	}
	road struct {
		line   int
		ID     string  `json:"id"`
		Points []point `json:"points"`
		From   string  `json:"startIntersection"`
		To     string  `json:"endIntersection"`
		Lanes  []struct {
			Width float64 `json:"width"`
			Speed float64 `json:"maxSpeed"`
		} `json:"lanes"`
	}
)

var turns = map[string]city.TurnKind{"go_straight": city.Straight, "turn_left": city.Left, "turn_right": city.Right}

// A reader turns the elements of one roadnet file into a LaneNet.
type reader struct {
	name    string
	line    int // of the element at hand; 0: none
	net     *city.LaneNet
	nodes   map[string]int32
	roads   map[string]int32
	virtual []bool
	middle  []orb.LineString // of each road, cut where its intersections begin
	widths  [][]float64      // of each road's lanes, from the middle
}

func (r *reader) errorf(format string, a ...any) error {
	if r.line > 0 {
		return fmt.Errorf("%s: line %d: %w", r.name, r.line, fmt.Errorf(format, a...))
	}
	return fmt.Errorf("%s: %w", r.name, fmt.Errorf(format, a...))
}

// ReadRoadnet reads a roadnet; name is the file's, for errors. Every intersection that is not virtual gets a Light whose
// places are its road links, in the file's order, and whose phases are the file's, 0 the first.
func ReadRoadnet(in io.Reader, name string) (*city.LaneNet, error) {
	r := &reader{name: name, net: &city.LaneNet{}, nodes: map[string]int32{}, roads: map[string]int32{}}
	var crossings []intersection
	var roads []road
	at := &lines{r: in}
	err := members(json.NewDecoder(at), func(key string, dec *json.Decoder) (bool, error) {
		switch key {
		case "intersections":
			return true, elements(dec, func(i int) error {
				var x intersection
				line, err := at.next(dec, &x)
				if err != nil {
					return fmt.Errorf("line %d: intersections[%d]: %w", line, i, err)
				}
				x.line = line
				crossings = append(crossings, x)
				return nil
			})
		case "roads":
			return true, elements(dec, func(i int) error {
				var x road
				line, err := at.next(dec, &x)
				if err != nil {
					return fmt.Errorf("line %d: roads[%d]: %w", line, i, err)
				}
				x.line = line
				roads = append(roads, x)
				return nil
			})
		}
		return false, nil
	})
	if err != nil {
		return nil, r.errorf("read roadnet: %w", err)
	}
	if len(crossings) == 0 || len(roads) == 0 {
		return nil, r.errorf("%d intersections and %d roads: a roadnet needs both (is this a roadnet file?)", len(crossings), len(roads))
	}
	for i := range crossings {
		r.line = crossings[i].line
		if err := r.node(i, &crossings[i]); err != nil {
			return nil, err
		}
	}
	for i := range roads {
		r.line = roads[i].line
		if err := r.road(i, &roads[i]); err != nil {
			return nil, err
		}
	}
	for i := range crossings {
		r.line = crossings[i].line
		if err := r.links(int32(i), &crossings[i]); err != nil {
			return nil, err
		}
	}
	r.line = 0
	c := r.net.Connections
	slices.SortFunc(c, func(a, b city.Connection) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	for i := 1; i < len(c); i++ {
		if c[i].From == c[i-1].From && c[i].To == c[i-1].To {
			return nil, r.errorf("lane link from %s to %s: it is there twice", r.net.Lanes[c[i].From].ID, r.net.Lanes[c[i].To].ID)
		}
	}
	return r.net, nil
}

func (r *reader) node(i int, x *intersection) error {
	if x.ID == "" {
		return r.errorf("intersections[%d]: no id", i)
	}
	if _, twice := r.nodes[x.ID]; twice {
		return r.errorf("intersection %s: it is there twice", x.ID)
	}
	at, ok := x.Point.at()
	if !ok {
		return r.errorf("intersection %s: point: x and y must be numbers", x.ID)
	}
	if x.Virtual == nil {
		return r.errorf("intersection %s: virtual is missing: true or false", x.ID)
	}
	if x.Width < 0 || x.Width > 1e4 {
		return r.errorf("intersection %s: width %g m", x.ID, x.Width)
	}
	n := city.LaneNode{ID: x.ID, At: at, Width: x.Width, Light: -1}
	if *x.Virtual {
		n.Width = 0
	}
	r.nodes[x.ID] = int32(len(r.net.Nodes))
	r.net.Nodes = append(r.net.Nodes, n)
	r.virtual = append(r.virtual, *x.Virtual)
	return nil
}

func (r *reader) road(i int, x *road) error {
	if x.ID == "" {
		return r.errorf("roads[%d]: no id", i)
	}
	if _, twice := r.roads[x.ID]; twice {
		return r.errorf("road %s: it is there twice", x.ID)
	}
	from, ok := r.nodes[x.From]
	if !ok {
		return r.errorf("road %s: startIntersection %q does not exist", x.ID, x.From)
	}
	to, ok := r.nodes[x.To]
	if !ok {
		return r.errorf("road %s: endIntersection %q does not exist", x.ID, x.To)
	}
	line, ok := lineOf(x.Points)
	if !ok || len(line) < 2 {
		return r.errorf("road %s: points: at least two are needed, each with x and y", x.ID)
	}
	for k := 1; k < len(line); k++ {
		if line[k] == line[k-1] {
			return r.errorf("road %s: points[%d] is where points[%d] is", x.ID, k, k-1)
		}
	}
	if len(x.Lanes) == 0 || len(x.Lanes) > 64 {
		return r.errorf("road %s: %d lanes", x.ID, len(x.Lanes))
	}
	cut, ok := shorten(line, r.net.Nodes[from].Width, r.net.Nodes[to].Width)
	if !ok {
		return r.errorf("road %s: nothing of its %.2f m is left between intersections %s and %s of widths %.2f and %.2f m: make them smaller",
			x.ID, length(line), x.From, x.To, r.net.Nodes[from].Width, r.net.Nodes[to].Width)
	}
	n := city.Road{ID: x.ID, From: from, To: to, First: int32(len(r.net.Lanes)), Lanes: int32(len(x.Lanes)), Length: length(cut)}
	offset, lanes, widths := 0.0, make([]city.Lane, len(x.Lanes)), make([]float64, len(x.Lanes))
	for k, l := range x.Lanes {
		if !(l.Width > 0 && l.Width < 100) {
			return r.errorf("road %s: lanes[%d]: width %g m", x.ID, k, l.Width)
		}
		if !(l.Speed > 0 && l.Speed < 1000) {
			return r.errorf("road %s: lanes[%d]: maxSpeed %g m/s", x.ID, k, l.Speed)
		}
		at := aside(cut, offset+l.Width/2)
		long := length(at)
		if !(long > 0.01 && long < 1e7) {
			return r.errorf("road %s: lanes[%d]: its length is %g m", x.ID, k, long)
		}
		lanes[len(lanes)-1-k] = city.Lane{ID: fmt.Sprintf("%s_%d", x.ID, k), Road: int32(len(r.net.Roads)), Length: long, Speed: l.Speed,
			Line: at, Allow: city.MotorVehicles}
		n.Speed = max(n.Speed, l.Speed)
		widths[k] = l.Width
		offset += l.Width
	}
	r.roads[x.ID] = int32(len(r.net.Roads))
	r.net.Roads = append(r.net.Roads, n)
	r.net.Lanes = append(r.net.Lanes, lanes...)
	r.middle, r.widths = append(r.middle, cut), append(r.widths, widths)
	return nil
}

// lane returns the index of a road's lane by the file's count, from the middle.
func (r *reader) lane(road int32, k int) int32 {
	n := &r.net.Roads[road]
	return n.First + n.Lanes - 1 - int32(k)
}

func (r *reader) links(node int32, x *intersection) error {
	if r.virtual[node] {
		return nil
	}
	light := int32(len(r.net.Lights))
	l := city.Light{ID: x.ID, Places: len(x.RoadLinks)}
	for i, p := range x.Light.Phases {
		if !(p.Time >= 0 && p.Time < 1e6) {
			return r.errorf("intersection %s: lightphases[%d]: time %g s", x.ID, i, p.Time)
		}
		state := []byte(strings.Repeat("r", l.Places))
		for _, k := range p.Links {
			if k < 0 || k >= l.Places {
				return r.errorf("intersection %s: lightphases[%d]: road link %d of %d", x.ID, i, k, l.Places)
			}
			state[k] = 'G'
		}
		l.Phases = append(l.Phases, city.LightPhase{State: string(state), Duration: p.Time})
	}
	if len(l.Phases) == 0 && l.Places > 0 {
		return r.errorf("intersection %s: its trafficLight has no lightphases: add one in which all road links are available, or make it virtual", x.ID)
	}
	if l.Places == 0 {
		light = -1
	} else {
		r.net.Nodes[node].Light = light
		r.net.Lights = append(r.net.Lights, l)
	}
	for i := range x.RoadLinks {
		if err := r.roadLink(node, light, i, x); err != nil {
			return r.errorf("intersection %s: roadLinks[%d]: %w", x.ID, i, err)
		}
	}
	return r.conflicts(&l, x)
}

// conflicts refuses a phase in which two streams that go straight on cross each other: neither gives way to the other.
func (r *reader) conflicts(l *city.Light, x *intersection) error {
	first := len(r.net.Connections)
	for first > 0 && r.net.Connections[first-1].Node == r.nodes[x.ID] {
		first--
	}
	mine := r.net.Connections[first:]
	for i := range mine {
		for k := range i {
			a, b := &mine[k], &mine[i]
			if a.Turn != city.Straight || b.Turn != city.Straight || x.RoadLinks[a.Index].From == x.RoadLinks[b.Index].From || !meet(a.Path, b.Path) {
				continue
			}
			for p := range l.Phases {
				if s := l.Phases[p].State; s[a.Index] == 'G' && s[b.Index] == 'G' {
					return r.errorf("intersection %s: lightphases[%d] gives road links %d (%s to %s) and %d (%s to %s) green, which go straight across each other: take one of them out", x.ID, p,
						a.Index, x.RoadLinks[a.Index].From, x.RoadLinks[a.Index].To, b.Index, x.RoadLinks[b.Index].From, x.RoadLinks[b.Index].To)
				}
			}
		}
	}
	return nil
}

func (r *reader) roadLink(node, light int32, i int, x *intersection) error {
	rl := &x.RoadLinks[i]
	turn, ok := turns[rl.Type]
	if !ok {
		return fmt.Errorf("type %q: go_straight, turn_left or turn_right", rl.Type)
	}
	from, ok := r.roads[rl.From]
	if !ok {
		return fmt.Errorf("startRoad %q does not exist", rl.From)
	}
	to, ok := r.roads[rl.To]
	if !ok {
		return fmt.Errorf("endRoad %q does not exist", rl.To)
	}
	if r.net.Roads[from].To != node || r.net.Roads[to].From != node {
		return fmt.Errorf("%s to %s do not meet here", rl.From, rl.To)
	}
	for k, ll := range rl.Links {
		if ll.From == nil || *ll.From < 0 || *ll.From >= int(r.net.Roads[from].Lanes) {
			return fmt.Errorf("laneLinks[%d]: startLaneIndex: %s has %d lanes", k, rl.From, r.net.Roads[from].Lanes)
		}
		if ll.To == nil || *ll.To < 0 || *ll.To >= int(r.net.Roads[to].Lanes) {
			return fmt.Errorf("laneLinks[%d]: endLaneIndex: %s has %d lanes", k, rl.To, r.net.Roads[to].Lanes)
		}
		a, b := r.lane(from, *ll.From), r.lane(to, *ll.To)
		path, ok := lineOf(ll.Points)
		if !ok {
			return fmt.Errorf("laneLinks[%d]: points: each needs x and y", k)
		}
		if len(path) < 2 {
			path = curve(r.net.Lanes[a].Line, r.net.Lanes[b].Line, x.Width)
		}
		long := length(path)
		if !(long < 1e5) {
			return fmt.Errorf("laneLinks[%d]: its length is %g m", k, long)
		}
		r.net.Connections = append(r.net.Connections, city.Connection{From: a, To: b, Turn: turn, Node: node, Path: path,
			Length: long, Speed: math.Min(r.net.Lanes[a].Speed, r.net.Lanes[b].Speed), Light: light, Index: int32(i)})
	}
	return nil
}

// lines is a reader that knows on which line each byte stands.
type lines struct {
	r    io.Reader
	read int64
	ends []int64 // the byte behind each line
}

func (l *lines) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i, c := range p[:n] {
		if c == '\n' {
			l.ends = append(l.ends, l.read+int64(i)+1)
		}
	}
	l.read += int64(n)
	return n, err
}

// next reads the next value into x and returns the line on which it begins, or up to which it could be read.
func (l *lines) next(dec *json.Decoder, x any) (int, error) {
	var raw json.RawMessage
	err := dec.Decode(&raw)
	k, found := slices.BinarySearch(l.ends, dec.InputOffset()-int64(len(raw)))
	if found {
		k++
	}
	if err == nil {
		err = json.Unmarshal(raw, x)
	}
	return k + 1, err
}

// members calls take for each member of the object that follows; where take declines a member's value, it is skipped.
func members(dec *json.Decoder, take func(key string, dec *json.Decoder) (bool, error)) error {
	if err := expect(dec, '{'); err != nil {
		return err
	}
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		taken, err := take(key, dec)
		if err == nil && !taken {
			var skip json.RawMessage
			err = dec.Decode(&skip)
		}
		if err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// elements calls take for each element of the array that follows; take must consume it.
func elements(dec *json.Decoder, take func(i int) error) error {
	if err := expect(dec, '['); err != nil {
		return err
	}
	for i := 0; dec.More(); i++ {
		if err := take(i); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func expect(dec *json.Decoder, d json.Delim) error {
	t, err := dec.Token()
	if err != nil {
		return err
	}
	if t != d {
		return fmt.Errorf("byte %d: %v where %v is expected", dec.InputOffset(), t, d)
	}
	return nil
}
