package server

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/traffic/forecast"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// OpenStreet says that the street's signal is green for a minute from 10 s on, and by the plans for half of it; one car is followed.
func (g *rig) OpenStreet(chain []int32, junctions []int, turns []int32) func(context.Context) ([2]brain.StreetPlay, error) {
	return func(context.Context) (plays [2]brain.StreetPlay, err error) {
		for i := range plays {
			plays[i] = brain.StreetPlay{Led: i == 0, Greens: [][]brain.StageGreen{{{Stage: 1, From: 0, To: 5}, {Stage: 0, From: 10, To: 70 - 30*i}}}, Trails: []brain.Trail{{From: 4, Along: []float64{100, 120, 141}}, {From: 8, Along: []float64{30}}}, Along: brain.Delay{Seconds: 90, Vehicles: 6}}
			plays[i].Delay[brain.ByBus] = brain.Delay{Seconds: 20, Vehicles: 2}
		}
		return plays, nil
	}
}

// OpenReach needs a second for each 10 m of a row of four cells; the last can't be reached.
func (g *rig) OpenReach(at orb.Point, kind string, when time.Time) (func(context.Context) (brain.Reach, error), error) {
	if kind != "ambulance" {
		return nil, fmt.Errorf("%w: no %s here", brain.ErrNoReach, kind)
	}
	return func(context.Context) (brain.Reach, error) {
		return brain.Reach{Grid: city.Grid{North: 1000, Cell: 250, Cols: 4, Rows: 1}, Seconds: []float32{0, 95, 2540, float32(math.Inf(1))}, From: at, Roads: noon}, nil
	}, nil
}

func (g *rig) OpenCoverage(kind string) (func(context.Context) (brain.Coverage, error), error) {
	g.mu.Lock()
	g.coverages++
	g.mu.Unlock()
	if kind == "car" {
		return nil, fmt.Errorf("%w: no unit's", brain.ErrNoReach)
	}
	return func(context.Context) (brain.Coverage, error) {
		return brain.Coverage{Grid: city.Grid{Cell: 1000, Cols: 1, Rows: 1}, Chance: []uint8{87}, Free: 3, Units: 5, Target: 480, Mean: 0.9, Made: noon}, nil
	}, nil
}

// Detail knows one dispatch.
func (g *rig) Detail(id string) (brain.Detail, bool) {
	if id != "dispatch-1" {
		return brain.Detail{}, false
	}
	return brain.Detail{Choices: []brain.ChoiceDetail{{DispatchChoice: brain.DispatchChoice{Unit: "a1-1", ArriveS: 200}, Name: city.Text{En: "North 1"}, Line: orb.LineString{{0, 0}, {100, 0}}}},
		Leaving: &brain.LeavingDetail{Blocks: []brain.BlockLeaving{{At: orb.Point{500, 500}, People: 30, First: noon, Last: noon}}, Roads: []brain.RoadLeaving{{Link: 0, People: 30}}}}, true
}

func refused(t *testing.T, g *rig, want map[string]int) {
	t.Helper()
	for path, status := range want {
		if code, body := g.get(path); code != status || len(body) < 10 {
			t.Errorf("%s: %d %q, want %d with a reason", path, code, body, status)
		}
	}
}

func decode[T any](t *testing.T, g *rig, path string) (x T) {
	t.Helper()
	code, body := g.get(path)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", path, code, body)
	}
	if err := json.Unmarshal(body, &x); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return x
}

// A reach is a byte a cell in steps; what nobody reaches is 255. Bad places, times and kinds are refused with a reason.
func TestReach(t *testing.T) {
	g := start(t)
	x := decode[struct {
		Step float64  `json:"step"`
		Grid gridInfo `json:"grid"`
	}](t, g, "/api/reach?lon=121.505&lat=31.205")
	if got := fmt.Sprint(x.Grid.Values); got != "[0 9 254 255]" || x.Step != 10 {
		t.Errorf("a reach in steps of %v s: %s", x.Step, got)
	}
	refused(t, g, map[string]int{"/api/reach": 400, "/api/reach?lon=x&lat=1": 400, "/api/reach?lon=NaN&lat=31": 400, "/api/reach?lon=121.505&lat=31.205&t=soon": 400, "/api/reach?lon=10&lat=50": 404, "/api/reach?lon=121.505&lat=31.205&kind=zeppelin": 422})
}

// A coverage is worked out once for all who ask within ten seconds of the city.
func TestCoverage(t *testing.T) {
	g := start(t)
	for range 3 {
		if c := decode[coverageInfo](t, g, "/api/coverage"); c.Grid.Values[0] != 87 || c.Free != 3 {
			t.Errorf("coverage: %+v", c)
		}
	}
	if g.coverages != 1 {
		t.Errorf("worked out %d times", g.coverages)
	}
	refused(t, g, map[string]int{"/api/coverage?kind=car": 422})
}

// The detail of a decision has the ways of those who could have gone; without the right to know where calls come from, none.
func TestDetail(t *testing.T) {
	g := start(t)
	ch := twin.Set(exchange.URN("Decision", "dispatch-1"), "Decision", twin.Text("state", "seen", noon))
	old := twin.Set(exchange.URN("Decision", "old"), "Decision", twin.Text("state", "seen", noon))
	ch.Origin, old.Origin = twin.Edit, twin.Edit
	if _, err := g.twin.Main().Apply(ch, old); err != nil {
		t.Fatal(err)
	}
	x := decode[detailInfo](t, g, "/api/detail?id=dispatch-1")
	if len(x.Choices) != 1 || len(x.Choices[0].Line) != 2 || x.Choices[0].Unit != "urn:ngsi-ld:EmergencyVehicle:a1-1" || x.Choices[0].Name.En != "North 1" {
		t.Errorf("choices: %+v", x.Choices)
	}
	if x.Leaving == nil || len(x.Leaving.Blocks) != 1 || len(x.Leaving.Blocks[0].Outline[0]) != 5 || len(x.Leaving.Roads) != 1 {
		t.Errorf("leaving: %+v", x.Leaving)
	}
	refused(t, g, map[string]int{"/api/detail": 400, "/api/detail?id=none": 404, "/api/detail?id=old": 404})
}

// A street has what its signals showed, by what their controllers reported, and what they will, of its own movement alone.
func TestStreet(t *testing.T) {
	g := start(t)
	report := func(before time.Duration, stage float64) {
		t.Helper()
		if _, err := g.twin.Main().Apply(twin.Set("urn:ngsi-ld:TrafficSignal:s1", "TrafficSignal", twin.Number("stage", stage, "", noon.Add(-before)))); err != nil {
			t.Fatal(err)
		}
	}
	g.Server.city.Streets = city.Streets{Nodes: []city.Node{{}, {Junction: 0}, {}}, Links: []city.Link{
		{ID: "l1", From: 0, To: 1, Name: city.Text{En: "Main Street"}, Line: orb.LineString{{0, 100}, {300, 100}}, Length: 300, Speed: 10, Reverse: -1},
		{ID: "l2", From: 1, To: 2, Name: city.Text{En: "Main Street"}, Line: orb.LineString{{300, 100}, {600, 100}}, Length: 300, Speed: 10, Reverse: -1}}, Turns: []city.Turn{{From: 0, To: 1, Junction: 0, Movement: 0}}}
	g.Server.city.Signals[0].Intergreen = [][]uint8{{0, 5}, {5, 0}}
	g.Server.turns = g.Server.city.Streets.IndexTurns()
	for i, s := range []float64{1, 0, 0, 1} {
		report(time.Duration(200-50*i)*time.Second, s)
	}
	x := decode[streetInfo](t, g, "/api/street?id=urn:ngsi-ld:RoadSegment:l2")
	if x.Length != 600 || x.At != 300 || len(x.Signals) != 1 || x.Signals[0].Along != 300 || len(x.Pace) != 1 || x.Pace[0].Seconds != 30 {
		t.Errorf("street: %+v", x)
	}
	if got := fmt.Sprint(x.Signals[0].Greens, x.Signals[0].Known); got != "[[-145 -50]] -200" {
		t.Errorf("its signal was green at, and known since, %s", got)
	}
	if len(x.Plays) != 2 || fmt.Sprint(x.Plays[0].Greens, x.Plays[1].Greens) != "[[[10 70]]] [[[10 40]]]" || x.Plays[0].Delay != 15 || len(x.Plays[0].Modes) != 1 || x.Plays[0].Modes[0] != (modeDelay{"bus", 10, 2}) {
		t.Errorf("what it will show: %+v", x.Plays)
	}
	if len(x.Plays[0].Trails) != 1 || fmt.Sprint(x.Plays[0].Trails[0].Along) != "[[4 100] [6 120] [8 141]]" {
		t.Errorf("trails: %+v", x.Plays[0].Trails)
	}
	refused(t, g, map[string]int{"/api/street": 404, "/api/street?id=urn:ngsi-ld:RoadSegment:no": 404, "/api/street?id=urn:ngsi-ld:Place:l1": 404})
}

// A profile has ground and water along a line, now and forecast, and a creek's its levels.
func TestProfile(t *testing.T) {
	g := start(t)
	g.Server.city.Terrain.Z = []float32{4, 3, 3.5, float32(math.NaN())}
	g.forecastOf("f/new")
	f := *g.now.Load()
	f.water = water(g.Server.city, g.Server.city.Terrain.Grid, func(i int) float64 { return []float64{0.25, 0, 0, 0}[i] })
	g.publish(&f)
	at := func(x, y float64) string { p := g.lonlat(orb.Point{x, y}); return fmt.Sprintf("%.7f,%.7f", p[0], p[1]) }
	x := decode[profileInfo](t, g, "/api/profile?line="+at(100, 750)+"~"+at(900, 750)+"&t="+timeOf(30))
	n := len(x.Along)
	if math.Abs(x.Length-800) > 1 || n < 50 || n > profileMost || len(x.Now) != n || len(x.Median) != n || len(x.P90) != n || x.Issued != noon.Unix() {
		t.Fatalf("a profile of %v m with %d points, issued %d", x.Length, n, x.Issued)
	}
	if *x.Ground[0] != 4 || *x.Ground[n-1] != 3 || x.Now[0] != 0.25 || x.Now[n-1] != 0 || x.Median[0] != 0.6 || x.P90[0] != 0.95 || x.Peak[0] != 0.6 {
		t.Errorf("at its ends: ground %v %v, now %v %v, forecast %v %v %v", *x.Ground[0], *x.Ground[n-1], x.Now[0], x.Now[n-1], x.Median[0], x.P90[0], x.Peak[0])
	}
	if x = decode[profileInfo](t, g, "/api/profile?line="+at(100, 250)+"~"+at(900, 250)); x.Ground[len(x.Ground)-1] != nil {
		t.Errorf("ground outside the terrain: %v", *x.Ground[len(x.Ground)-1])
	}
	k := decode[profileInfo](t, g, "/api/profile?id=urn:ngsi-ld:WaterObserved:k1&t="+timeOf(10))
	if k.Creek == nil || k.Creek.Median == nil || *k.Creek.Median != 2.6 || *k.Creek.Q95 != 2.9 || k.Name.En != "Mill Creek" {
		t.Errorf("creek: %+v", k.Creek)
	}
	long := strings.Repeat("121.5,31.2~", 101)
	refused(t, g, map[string]int{"/api/profile": 404, "/api/profile?line=121.5,31.2": 400, "/api/profile?line=121.5,31.2~x,1": 400, "/api/profile?line=121.5,31.2~121.5,31.2": 400, "/api/profile?line=0,0~121.5,31.2": 400,
		"/api/profile?line=" + long + "121.51,31.2": 400, "/api/profile?id=urn:ngsi-ld:WaterObserved:g1": 404, "/api/profile?id=urn:ngsi-ld:WaterObserved:k1&t=x": 400})
	g.Server.city.Terrain.VerticalError = 5
	refused(t, g, map[string]int{"/api/profile?id=urn:ngsi-ld:WaterObserved:k1": 404})
}

// A branch that holds how fast its streets are shows them.
func TestFrameShowsABranchsStreets(t *testing.T) {
	g := start(t)
	b, err := g.twin.Main().Fork("f/signals", twin.ForkOptions{Kind: twin.Derived})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.SetField(brain.SpeedRatio, "city", noon.Add(5*time.Minute), []float32{0.5}); err != nil {
		t.Fatal(err)
	}
	if code, body := g.get("/api/frame?branch=f/signals&t=" + timeOf(7)); code != 200 || len(body) != 9 || body[0] != msgSpeeds || body[8] != 128 {
		t.Errorf("%d %v", code, body)
	}
}

// The city's own forecast shows the speeds that are expected within its hour; other branches, and later times, have none.
func TestFrameShowsExpectedSpeeds(t *testing.T) {
	g := start(t)
	for _, name := range []string{"f/new", "f/other"} {
		if _, err := g.twin.Main().Fork(name, twin.ForkOptions{Kind: twin.Derived}); err != nil {
			t.Fatal(err)
		}
	}
	const limit = 10
	g.Server.city.Streets.Links[0].Speed = limit
	at := func(minutes int, share float32) forecast.Forecast {
		return forecast.Forecast{Lead: time.Duration(minutes) * time.Minute, Speed: []float32{share * limit}, Low: []float32{0}, High: []float32{limit}}
	}
	g.Server.mu.Lock()
	g.Server.fan = &fanInfo{Issued: noon.Unix(), Branch: "f/new"}
	g.Server.speeds = &brain.SpeedForecast{Issued: noon, Leads: []forecast.Forecast{at(15, 0.4), at(30, 0.8)}}
	g.Server.mu.Unlock()
	for minutes, want := range map[int]byte{5: 102, 15: 102, 20: 136, 30: 204} {
		if code, body := g.get("/api/frame?branch=f/new&t=" + timeOf(minutes)); code != 200 || len(body) != 9 || body[0] != msgSpeeds || body[8] != want {
			t.Errorf("after %d min: %d %v, want %d", minutes, code, body, want)
		}
	}
	dry := [][]uint8{make([]uint8, g.Server.city.Terrain.Cells())}
	g.Server.spreads = []*brain.Spread{{Branch: "f/new", First: noon, Step: time.Hour, Median: dry, P90: dry, Chance: dry}} // water by another statistic comes behind the streets
	if code, body := g.get("/api/frame?branch=f/new&show=median&t=" + timeOf(15)); code != 200 || len(body) < 9 || body[0] != msgSpeeds {
		t.Errorf("the median's frame: %d %v", code, body)
	}
	for _, ask := range []string{"f/new&t=" + timeOf(31), "f/other&t=" + timeOf(15)} {
		if code, body := g.get("/api/frame?branch=" + ask); code != 200 || len(body) != 0 {
			t.Errorf("%s: %d %v", ask, code, body)
		}
	}
}

// Whoever may not know where calls come from gets no ways to them, live or recorded.
func TestWaysAreForWhoMayKnow(t *testing.T) {
	f := &frame{at: noon, status: message(msgStatus, []byte("{}")), plain: message(msgStatus, []byte("{}")), ways: message(msgWays, []byte(`[{"unit":"a"}]`))}
	has := func(list [6][]byte) bool {
		for _, m := range list {
			if len(m) > 0 && m[0] == msgWays {
				return true
			}
		}
		return false
	}
	if !has(f.messages(true)) || has(f.messages(false)) {
		t.Error("ways are for whoever may know places, and for nobody else")
	}
	for _, places := range []bool{true, false} {
		var b strings.Builder
		if err := packed(f).write(&b, places); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), `"unit"`) != places {
			t.Errorf("recorded, for who may know places (%v): %q", places, b.String())
		}
	}
}
