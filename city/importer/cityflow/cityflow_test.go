package cityflow

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"citybrain/city"
)

// One junction: a road in from the west with two lanes, one out to the east, one out to the north.
const junction = `{
 "intersections": [
  {"id": "w", "point": {"x": -200, "y": 0}, "width": 0, "virtual": true, "roads": [], "roadLinks": []},
  {"id": "e", "point": {"x": 200, "y": 0}, "width": 0, "virtual": true},
  {"id": "n", "point": {"x": 0, "y": 200}, "width": 0, "virtual": true},
  {"id": "mid", "point": {"x": 0, "y": 0}, "width": 10, "virtual": false, "roadLinks": [
    {"type": "go_straight", "startRoad": "in", "endRoad": "east", "laneLinks": [{"startLaneIndex": 1, "endLaneIndex": 0}]},
    {"type": "turn_left", "startRoad": "in", "endRoad": "north", "laneLinks": [
      {"startLaneIndex": 0, "endLaneIndex": 0, "points": [{"x": -10, "y": -2}, {"x": 2, "y": 10}]}]}],
   "trafficLight": {"lightphases": [{"time": 5, "availableRoadLinks": []}, {"time": 30, "availableRoadLinks": [0]}, {"time": 20, "availableRoadLinks": [0, 1]}]}}
 ],
 "more": {"is": ["skipped"]},
 "roads": [
  {"id": "in", "startIntersection": "w", "endIntersection": "mid", "points": [{"x": -200, "y": 0}, {"x": 0, "y": 0}],
   "lanes": [{"width": 4, "maxSpeed": 11}, {"width": 3, "maxSpeed": 12}]},
  {"id": "east", "startIntersection": "mid", "endIntersection": "e", "points": [{"x": 0, "y": 0}, {"x": 200, "y": 0}], "lanes": [{"width": 4, "maxSpeed": 11}]},
  {"id": "north", "startIntersection": "mid", "endIntersection": "n", "points": [{"x": 0, "y": 0}, {"x": 0, "y": 200}], "lanes": [{"width": 4, "maxSpeed": 11}]}
 ]}`

const car = `{"length": 5, "width": 2, "maxPosAcc": 2, "maxNegAcc": 4.5, "usualPosAcc": 1.5, "usualNegAcc": 3, "minGap": 2.5, "maxSpeed": 11, "headwayTime": 2}`

func flowOf(route, times string) string {
	return `[{"vehicle": ` + car + `, "route": ` + route + `, ` + times + `}]`
}

func TestRoadnet(t *testing.T) {
	n, err := ReadRoadnet(strings.NewReader(junction), "x.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Nodes) != 4 || len(n.Roads) != 3 || len(n.Lanes) != 4 || len(n.Connections) != 2 || len(n.Lights) != 1 {
		t.Fatalf("%d nodes, %d roads, %d lanes, %d connections, %d lights", len(n.Nodes), len(n.Roads), len(n.Lanes), len(n.Connections), len(n.Lights))
	}
	// From the kerb: the file's last lane comes first, further to the right.
	kerb, middle := n.Lanes[0], n.Lanes[1]
	if kerb.ID != "in_1" || middle.ID != "in_0" || kerb.Speed != 12 || kerb.Line[0][1] != -5.5 || middle.Line[0][1] != -2 {
		t.Errorf("lanes of the road in: %+v, %+v", kerb, middle)
	}
	if kerb.Length != 190 || kerb.Line[1][0] != -10 || n.Roads[0].Length != 190 {
		t.Errorf("the road in ends at %v, %g m long; the intersection begins at −10", kerb.Line[1], kerb.Length)
	}
	straight, left := n.Connections[0], n.Connections[1]
	if straight.From != 0 || straight.Turn != city.Straight || straight.Index != 0 || left.From != 1 || left.Turn != city.Left || left.Index != 1 {
		t.Errorf("connections: %+v, %+v", straight, left)
	}
	if got := straight.Path; got[0] != kerb.Line[1] || got[len(got)-1] != n.Lanes[2].Line[0] || straight.Length < 20 || straight.Length > 21 {
		t.Errorf("the curve across: %v, %g m", got, straight.Length)
	}
	if math.Abs(left.Length-math.Hypot(12, 12)) > 1e-12 {
		t.Errorf("the left turn's own points give %g m", left.Length)
	}
	l := n.Lights[0]
	if n.Nodes[3].Light != 0 || n.Nodes[0].Light != -1 || l.Places != 2 || len(l.Phases) != 3 || l.Phases[0].State != "rr" || l.Phases[1].State != "Gr" || l.Phases[2].State != "GG" || l.Phases[2].Duration != 20 {
		t.Errorf("light: %+v", l)
	}
}

func TestFlow(t *testing.T) {
	n, err := ReadRoadnet(strings.NewReader(junction), "x.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		times   string
		horizon float64
		departs []float64
	}{
		{`"interval": 1, "startTime": 7, "endTime": 7`, 100, []float64{7}},
		{`"interval": 2.5, "startTime": 10, "endTime": 20`, 100, []float64{10, 12.5, 15, 17.5, 20}},
		{`"interval": 10, "startTime": 0, "endTime": -1`, 35, []float64{0, 10, 20, 30}},
		{`"interval": 10, "startTime": 5`, 25, []float64{5, 15}},
		{`"interval": 1, "startTime": 50, "endTime": 60`, 50, nil},
	} {
		d, err := ReadFlow(strings.NewReader(flowOf(`["in", "north"]`, c.times)), "f.json", n, c.horizon)
		if err != nil {
			t.Errorf("%s: %v", c.times, err)
			continue
		}
		if len(d.Journeys) != len(c.departs) {
			t.Errorf("%s: %d vehicles, want %d", c.times, len(d.Journeys), len(c.departs))
			continue
		}
		for i, j := range d.Journeys {
			if j.Depart != c.departs[i] || len(j.Roads) != 2 || j.Roads[1] != 2 || !j.Routed {
				t.Errorf("%s: vehicle %d: %+v", c.times, i, j)
			}
		}
	}
	d, err := ReadFlow(strings.NewReader(flowOf(`["in", "east"]`, `"interval": 1, "startTime": 0, "endTime": 0`)), "f.json", n, 10)
	if err != nil {
		t.Fatal(err)
	}
	if v := d.Types[0]; v.Length != 5 || v.Gap != 2.5 || v.Accel != 2 || v.UsualAccel != 1.5 || v.Brake != 4.5 || v.Decel != 3 || v.Headway != 2 {
		t.Errorf("vehicle type: %+v", v)
	}
}

// Roads of a route that don't touch are joined by the shortest way.
func TestFlowJoinsRoads(t *testing.T) {
	n := &city.LaneNet{}
	for i, id := range []string{"a", "b", "long", "c"} {
		n.Roads = append(n.Roads, city.Road{ID: id, First: int32(i), Lanes: 1, Length: map[string]float64{"long": 900}[id] + 100})
		n.Lanes = append(n.Lanes, city.Lane{Road: int32(i), Length: 100})
	}
	for _, c := range [][2]int32{{0, 2}, {0, 1}, {1, 3}, {2, 3}} {
		n.Connections = append(n.Connections, city.Connection{From: c[0], To: c[1]})
	}
	d, err := ReadFlow(strings.NewReader(flowOf(`["a", "c"]`, `"interval": 1, "startTime": 0, "endTime": 0`)), "f.json", n, 10)
	if err != nil {
		t.Fatal(err)
	}
	if r := d.Journeys[0].Roads; len(r) != 3 || r[1] != 1 {
		t.Errorf("route %v, want by road 1", r)
	}
}

// A phase with green for two streams that go straight across each other is refused.
func TestConflictingGreens(t *testing.T) {
	text := strings.Replace(junction, `"turn_left", "startRoad": "in", "endRoad": "north"`, `"go_straight", "startRoad": "up", "endRoad": "north"`, 1)
	text = strings.Replace(text, `"startLaneIndex": 0, "endLaneIndex": 0, "points": [{"x": -10, "y": -2}, {"x": 2, "y": 10}]`, `"startLaneIndex": 0, "endLaneIndex": 0, "points": [{"x": 1, "y": -20}, {"x": 2, "y": 10}]`, 1)
	text = strings.Replace(text, `"roads": [
  {"id": "in"`, `"roads": [
  {"id": "up", "startIntersection": "s", "endIntersection": "mid", "points": [{"x": 0, "y": -200}, {"x": 0, "y": 0}], "lanes": [{"width": 4, "maxSpeed": 11}]},
  {"id": "in"`, 1)
	text = strings.Replace(text, ` "intersections": [
`, ` "intersections": [
  {"id": "s", "point": {"x": 0, "y": -200}, "width": 0, "virtual": true},
`, 1)
	_, err := ReadRoadnet(strings.NewReader(text), "x.json")
	if err == nil || !strings.Contains(err.Error(), "x.json: line 7: intersection mid: lightphases[2] gives road links 0 (in to east) and 1 (up to north) green, which go straight across each other") {
		t.Errorf("conflicting greens: %v", err)
	}
	if _, err := ReadRoadnet(strings.NewReader(strings.Replace(text, "[0, 1]}", "[1]}", 1)), "x.json"); err != nil {
		t.Errorf("one after the other: %v", err)
	}
}

// What is wrong is named with the file, the line and the element.
func TestBadInput(t *testing.T) {
	for _, c := range []struct{ old, new, want string }{
		{`"startRoad": "in", "endRoad": "east"`, `"startRoad": "in", "endRoad": "est"`, `x.json: line 6: intersection mid: roadLinks[0]: endRoad "est" does not exist`},
		{`"startRoad": "in", "endRoad": "east"`, `"startRoad": "east", "endRoad": "in"`, "do not meet here"},
		{`"endIntersection": "e"`, `"endIntersection": "f"`, `x.json: line 16: road east: endIntersection "f" does not exist`},
		{`{"x": 0, "y": 0}, {"x": 200, "y": 0}`, `{"x": 0, "y": 0}, {"x": 0, "y": 0}`, "x.json: line 16: road east: points[1] is where points[0] is"},
		{`"width": 10, "virtual"`, `"width": 300, "virtual"`, "nothing of its 200.00 m is left"},
		{`"startLaneIndex": 1`, `"startLaneIndex": 2`, "startLaneIndex: in has 2 lanes"},
		{`"availableRoadLinks": [0, 1]`, `"availableRoadLinks": [0, 2]`, "lightphases[2]: road link 2 of 2"},
		{`"turn_left"`, `"left"`, `type "left"`},
		{`"id": "n"`, `"id": "e"`, "intersection e: it is there twice"},
		{`{"width": 4, "maxSpeed": 11}, {"width"`, `{"width": 0, "maxSpeed": 11}, {"width"`, "road in: lanes[0]: width 0 m"},
		{`"maxSpeed": 12`, `"maxSpeed": 0`, "road in: lanes[1]: maxSpeed 0 m/s"},
		{`"virtual": true, "roads"`, `"roads"`, "intersection w: virtual is missing"},
		{`"roads": [
`, `"roads": {
`, "is expected"},
		{`"more"`, `more`, "invalid character"},
		{`{"x": -10, "y": -2}, {"x": 2, "y": 10}`, `{"x": -10}`, "points: each needs x and y"},
	} {
		if !strings.Contains(junction, c.old) {
			t.Fatalf("the roadnet has no %s", c.old)
		}
		_, err := ReadRoadnet(strings.NewReader(strings.Replace(junction, c.old, c.new, 1)), "x.json")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: %v; want …%s…", c.new, c.old, err, c.want)
		}
	}
	n, err := ReadRoadnet(strings.NewReader(junction), "x.json")
	if err != nil {
		t.Fatal(err)
	}
	const once = `"interval": 1, "startTime": 0, "endTime": 0`
	for _, c := range []struct{ in, want string }{
		{flowOf(`["in", "south"]`, once), `f.json: read flow: line 1: flow[0]: route[1]: road "south" does not exist`},
		{flowOf(`["north", "in"]`, once), "there is no way from road north to road in"},
		{flowOf(`["in"]`, once), "1 roads; it needs at least two"},
		{flowOf(`["in", "in"]`, once), "where it begins"},
		{flowOf(`["in", "east"]`, `"interval": 1, "startTime": -5, "endTime": 3`), "startTime -5 s is before the scenario's start"},
		{flowOf(`["in", "east"]`, `"interval": 1, "startTime": 5, "endTime": 3`), "endTime 3 s is before startTime 5 s"},
		{flowOf(`["in", "east"]`, `"interval": 0, "startTime": 5, "endTime": 9`), "interval 0 s"},
		{flowOf(`["in", "east"]`, `"startTime": 5, "endTime": 5`), "interval is missing"},
		{strings.Replace(flowOf(`["in", "east"]`, once), `"maxSpeed": 11`, `"maxSpeed": 0`, 1), "vehicle: maxSpeed is 0"},
		{`{}`, "is expected"},
		{`[{"vehicle"`, "unexpected EOF"},
	} {
		_, err := ReadFlow(strings.NewReader(c.in), "f.json", n, 3600)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want …%s…", c.in, err, c.want)
		}
	}
	if _, _, err := Load("nowhere.json", "nowhere.json", 1); err == nil {
		t.Error("a file that isn't there is read")
	}
	bad := filepath.Join(t.TempDir(), "bad.json.xz")
	if err := os.WriteFile(bad, []byte("not packed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(bad, bad, 1); err == nil || !strings.Contains(err.Error(), "bad.json.xz") {
		t.Errorf("a broken .xz: %v", err)
	}
}

func TestReferenceFiles(t *testing.T) {
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	dir := filepath.Join(root, "traffic", "cityflow")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("reference data not there: %v (set CITYBRAIN_SHARED to the folder data)", err)
	}
	for _, c := range []struct {
		roadnet, flow    string
		lights, vehicles int
	}{{"jinan_3x4", "jinan1", 12, 6295}, {"hangzhou_4x4", "hangzhou1", 16, 2983}, {"newyork_16x1", "newyork_16x1", 16, 6695}} {
		n, d, err := Load(filepath.Join(dir, c.roadnet+".roadnet.json.xz"), filepath.Join(dir, c.flow+".flow.json.xz"), 3600)
		if err != nil {
			t.Error(err)
			continue
		}
		if len(n.Lights) != c.lights || len(d.Journeys) != c.vehicles || len(n.Lights[0].Phases) != 9 {
			t.Errorf("%s: %d lights, %d vehicles, %d phases", c.flow, len(n.Lights), len(d.Journeys), len(n.Lights[0].Phases))
		}
	}
}

// Whatever the bytes, reading ends in a whole net or an error.
func FuzzRoadnet(f *testing.F) {
	f.Add(junction)
	f.Add(`{"intersections": [], "roads": []}`)
	f.Add(strings.Replace(junction, `"x": 0`, `"x": 1e300`, 1))
	f.Fuzz(func(t *testing.T, in string) {
		n, err := ReadRoadnet(strings.NewReader(in), "x.json")
		if err != nil {
			if !strings.Contains(err.Error(), "x.json") {
				t.Errorf("the error doesn't name the file: %v", err)
			}
			return
		}
		for _, l := range n.Lanes {
			if !(l.Length > 0) || len(l.Line) < 2 || l.Road < 0 || int(l.Road) >= len(n.Roads) {
				t.Fatalf("lane %+v", l)
			}
		}
		for _, c := range n.Connections {
			if c.From < 0 || int(c.From) >= len(n.Lanes) || c.To < 0 || int(c.To) >= len(n.Lanes) || !(c.Length >= 0) || c.Light >= 0 && int(c.Index) >= n.Lights[c.Light].Places {
				t.Fatalf("connection %+v", c)
			}
		}
	})
}

func FuzzFlow(f *testing.F) {
	n, err := ReadRoadnet(strings.NewReader(junction), "x.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(flowOf(`["in", "east"]`, `"interval": 1, "startTime": 0, "endTime": 5`))
	f.Add(flowOf(`["in", "in", "north"]`, `"interval": 0.01, "startTime": 1e300, "endTime": 1e301`))
	f.Fuzz(func(t *testing.T, in string) {
		d, err := ReadFlow(strings.NewReader(in), "f.json", n, 60)
		if err != nil {
			return
		}
		for i, j := range d.Journeys {
			if len(j.Roads) < 2 || j.Depart < 0 || j.Depart >= 60 || int(j.Type) >= len(d.Types) || i > 0 && j.Depart < d.Journeys[i-1].Depart {
				t.Fatalf("journey %d: %+v", i, j)
			}
		}
	})
}
