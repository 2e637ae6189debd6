package brain

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
	"citybrain/wire"
	"citybrain/wire/http1"
	"github.com/paulmach/orb"
)

// office is an ambulance centre as the brain hears of it: over its feed, through the real exchange.
type office struct {
	t     *testing.T
	city  *city.City
	x     *exchange.Exchange
	b     *Brain
	twin  *twin.Twin
	now   time.Time
	units map[string]pushedUnit
	asked []asked // requests that came and are not answered
}

type pushedUnit struct {
	ID, Kind, Status, Call, Station string
	Takes                           *int `json:",omitempty"`
	Lon, Lat                        float64
}

type asked struct {
	Target                      string
	Call, Unit, Path, With, Why string
	From, Kind, Hospital        string
	Route                       []string
}

const ambulanceFeed = "ambulance_120/http"

func newOffice(t *testing.T) *office {
	t.Helper()
	c := *demo()
	c.Terrain = nil // no water: it is slow, and not asked for here
	o := &office{t: t, city: &c, now: start, units: map[string]pushedUnit{}}
	o.twin = twin.New(twin.Options{Clock: func() time.Time { return o.now }})
	t.Cleanup(func() { o.twin.Close() })
	o.x = exchange.New(&c, o.twin.Main())
	b, err := New(&c, o.twin, o.x, Config{Start: start, Seed: 3, Members: 1, PerHour: 300, Hours: 1, NoSignals: true})
	if err != nil {
		t.Fatal(err)
	}
	o.b = b
	return o
}

func (o *office) push(target string, v any) {
	o.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		o.t.Fatal(err)
	}
	o.say(http1.Message{Method: "POST", Target: target, Type: "application/json", Body: body})
}

func (o *office) say(m http1.Message) {
	o.t.Helper()
	b, err := http1.Append(nil, m)
	if err != nil {
		o.t.Fatal(err)
	}
	if err := o.x.Receive(wire.Packet{Feed: ambulanceFeed, At: o.now, Bytes: b}); err != nil {
		o.t.Fatal(err)
	}
}

// unit reports a unit at a point from now on.
func (o *office) unit(id string, at orb.Point) {
	lon, lat := o.city.Frame.WGS84(at)
	o.units[id] = pushedUnit{ID: id, Status: "at_station", Lon: lon, Lat: lat}
}

func (o *office) call(id, state string, at *orb.Point, more map[string]any) {
	m := map[string]any{"id": id, "ring": o.now, "priority": 1, "state": state}
	if at != nil {
		m["lon"], m["lat"] = o.city.Frame.WGS84(*at)
	}
	for k, v := range more {
		m[k] = v
	}
	o.push("/calls", m)
}

// tick lets five seconds pass.
func (o *office) tick() {
	o.t.Helper()
	o.now = o.now.Add(5 * time.Second)
	var list []pushedUnit
	for _, u := range o.units {
		list = append(list, u)
	}
	o.push("/units", list)
	if err := o.x.Tick(o.now); err != nil {
		o.t.Fatal(err)
	}
	if _, err := o.x.Commit(); err != nil {
		o.t.Fatal(err)
	}
	if err := o.b.Tick(context.Background(), o.now); err != nil {
		o.t.Fatal(err)
	}
	for _, p := range o.x.Send() {
		if p.Feed != ambulanceFeed {
			continue
		}
		m, err := http1.Decode(p.Bytes)
		if err != nil {
			o.t.Fatal(err)
		}
		var a asked
		if err := json.Unmarshal(m.Body, &a); err != nil {
			o.t.Fatal(err)
		}
		a.Target = m.Target
		o.asked = append(o.asked, a)
	}
}

// take returns the requests that came, and answers each.
func (o *office) take(status int) []asked {
	list := o.asked
	o.asked = nil
	for range list {
		o.say(http1.Message{Status: status})
	}
	return list
}

// spot is a node of the city's streets that is about the middle, and another one some way from it.
func (o *office) spots() (near, far orb.Point) {
	s := &o.city.Streets
	mid := o.city.Bounds.Center()
	near = s.Nodes[o.b.nearestNode(mid)].At
	far = s.Nodes[o.b.nearestNode(orb.Point{mid[0] - 1500, mid[1] - 1200})].At
	return near, far
}

func TestCallsWithoutAUnitHaveTheirPath(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	o.unit("A", near)
	o.unit("B", far)
	beyond := orb.Point{o.city.Bounds.Max[0] + 6000, near[1]}
	beside := orb.Point{near[0] + 60, near[1]}
	o.tick()
	o.call("out", "waiting", &beyond, nil)
	o.call("lost", "waiting", nil, nil)
	o.call("first", "assigned", &near, map[string]any{"unit": "A"})
	o.call("again", "waiting", &beside, map[string]any{"ring": o.now.Add(time.Minute)})
	o.tick()
	want := map[string]asked{"out": {Path: "transferred"}, "lost": {Path: "with_human"}, "again": {Path: "merged", With: "first"}}
	got := o.take(200)
	if len(got) != len(want) {
		t.Fatalf("asked %+v", got)
	}
	for _, a := range got {
		if w := want[a.Call]; a.Target != "/handle" || a.Path != w.Path || a.With != w.With {
			t.Errorf("asked %+v, want %+v", a, w)
		}
	}
	o.tick()
	for id, w := range want {
		o.call(id, w.Path, nil, nil)
	}
	o.tick()
	o.tick()
	n := 0
	for _, d := range o.b.Decisions() {
		if d.Kind == "dispatch" && strings.HasPrefix(d.Title.En, "Call ") {
			if n++; d.State != string(exchange.Seen) {
				t.Errorf("%s is %s", d.Title.En, d.State)
			}
		}
	}
	if n != 3 || len(o.asked) != 0 {
		t.Errorf("%d paths decided, asked more: %+v", n, o.asked)
	}
	if q := o.x.Quarantine(); len(q) != 0 {
		t.Errorf("quarantined: %s", q[0].Reason)
	}
}

// The centre says that it is another case: then it has a unit of its own.
func TestACallThatIsNoDuplicateIsServed(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	o.unit("A", far)
	o.tick()
	o.call("first", "on_scene", &near, map[string]any{"unit": "Z"})
	o.call("second", "waiting", &near, map[string]any{"ring": o.now.Add(time.Minute)})
	o.tick()
	if got := o.take(409); len(got) != 1 || got[0].Path != "merged" {
		t.Fatalf("asked %+v", got)
	}
	o.tick()
	o.tick()
	if got := o.take(200); len(got) != 1 || got[0].Target != "/assign" || got[0].Unit != "A" || got[0].Call != "second" {
		t.Errorf("asked %+v", got)
	}
}

func TestALostUnitIsShownAndNotSent(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	o.unit("A", near)
	o.unit("B", far)
	o.tick()
	silent := o.units["A"]
	delete(o.units, "A")
	for range 14 {
		o.tick()
	}
	e, _ := o.twin.Main().Snapshot().Get(exchange.URN("EmergencyVehicle", "A"))
	if state, _ := e.Text("contact"); state != "lost" {
		t.Errorf("contact of a unit that is silent for 70 s is %q", state)
	}
	o.call("c", "waiting", &near, nil)
	o.tick()
	if got := o.take(200); len(got) != 1 || got[0].Unit != "B" {
		t.Fatalf("asked %+v", got)
	}
	o.units["A"] = silent
	o.tick()
	o.tick()
	e, _ = o.twin.Main().Snapshot().Get(exchange.URN("EmergencyVehicle", "A"))
	if state, _ := e.Text("contact"); state != "heard" {
		t.Errorf("contact of a unit that reports again is %q", state)
	}
}

func TestAnOrderThatNoCrewAnswersGoesToTheNext(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	o.unit("A", near)
	o.unit("B", far)
	o.tick()
	o.call("c", "waiting", &near, nil)
	o.tick()
	if got := o.take(202); len(got) != 1 || got[0].Unit != "A" {
		t.Fatalf("asked %+v", got)
	}
	for range 2 {
		o.tick()
		if len(o.asked) != 0 {
			t.Fatalf("asked %+v before the crew's time was over", o.asked)
		}
	}
	o.tick()
	if got := o.take(200); len(got) != 1 || got[0].Unit != "B" {
		t.Errorf("asked %+v", got)
	}
}

// A dispatch says who else could have gone, what that would have cost, and by which way; a person may stop it.
func TestADispatchHasReasonsAndCanBeVetoed(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	mid := orb.Point{(near[0] + far[0]) / 2, (near[1] + far[1]) / 2}
	o.unit("A", near)
	o.unit("B", far)
	o.unit("C", mid)
	scene := o.city.Streets.Nodes[o.b.nearestNode(orb.Point{near[0] + 900, near[1]})].At
	o.tick()
	o.call("c", "waiting", &scene, nil)
	o.tick()
	got := o.take(202)
	if len(got) != 1 || len(got[0].Route) == 0 {
		t.Fatalf("asked %+v", got)
	}
	last := -1
	for _, id := range got[0].Route {
		for l := range o.city.Streets.Links {
			if link := &o.city.Streets.Links[l]; link.ID == id {
				if last >= 0 && o.city.Streets.Links[last].To != link.From {
					t.Errorf("link %s does not follow", id)
				}
				last = l
			}
		}
	}
	if last < 0 || o.city.Streets.Links[last].To != o.b.nearestNode(scene) {
		t.Error("the route does not lead to the call")
	}
	var d *Decision
	for _, x := range o.b.Decisions() {
		if x.Kind == "dispatch" && len(x.Choices) > 0 {
			d = x
		}
	}
	if d == nil || len(d.Choices) != 3 || d.Choices[0].Unit != got[0].Unit || d.Choices[0].CostMore != 0 {
		t.Fatalf("decision %+v", d)
	}
	for i, c := range d.Choices {
		if !(c.EarlyS < c.ArriveS && c.ArriveS < c.LateS) || math.IsInf(c.ArriveS, 0) || i > 0 && c.CostMore < d.Choices[i-1].CostMore {
			t.Errorf("choice %d: %+v", i, c)
		}
	}
	if err := o.b.Verdict(d.ID, false, "chief"); err != nil || d.State != string(exchange.Rejected) || d.By != "chief" {
		t.Fatalf("veto: %v, %s by %s", err, d.State, d.By)
	}
	o.tick()
	if got := o.take(200); len(got) != 1 || got[0].Unit == d.Choices[0].Unit {
		t.Errorf("after the veto asked %+v", got)
	}
}
