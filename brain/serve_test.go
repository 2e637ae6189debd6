package brain

import (
	"slices"
	"strings"
	"testing"
	"time"

	"citybrain/exchange"
	"github.com/paulmach/orb"
)

// pushed is what a unit's centre says of it besides.
func (o *office) equip(id, kind string, takes int) {
	u := o.units[id]
	u.Kind, u.Takes = kind, &takes
	o.units[id] = u
}

func need(kind string, count, missing int) map[string]any {
	return map[string]any{"kind": kind, "count": count, "missing": missing}
}

// A fire has its whole chain at once, each kind by its own; who ends its shift stays, who is at its meal goes for what is life-threatening.
func TestAFireIsSentItsChain(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	for _, id := range []string{"E-1", "E-2", "E-3"} {
		o.unit(id, far)
		o.equip(id, "fire_engine", 3)
	}
	o.unit("E-4", near)
	o.equip("E-4", "fire_engine", 0)
	o.unit("M-1", near)
	o.equip("M-1", "ambulance", 1)
	m := o.units["M-1"]
	m.Status = "meal"
	o.units["M-1"] = m
	o.tick()
	o.call("f", "waiting", &near, map[string]any{"kind": "fire", "needs": []any{need("fire_engine", 3, 3), need("ambulance", 1, 1), need("police", 1, 1)}})
	o.tick()
	var sent []string
	aid := 0
	for _, a := range o.take(200) {
		switch a.Target {
		case "/assign":
			sent = append(sent, a.Unit)
		case "/aid":
			aid++
		}
	}
	slices.Sort(sent)
	if !slices.Equal(sent, []string{"E-1", "E-2", "E-3", "M-1"}) {
		t.Errorf("sent %v", sent)
	}
	// The police have no car at all: their centre is another feed, which this office does not hear.
	if d := o.b.Decisions(); !slices.ContainsFunc(d, func(d *Decision) bool { return strings.HasPrefix(d.Title.En, "Ask the neighbour for a police car") }) || aid != 0 {
		t.Errorf("nobody was asked for a police car; %d asked of the medical centre", aid)
	}
	// Nothing more is sent while it is under way; growth asks for more.
	o.call("f", "assigned", &near, map[string]any{"kind": "fire", "unit": "E-1", "units": sent, "needs": []any{need("fire_engine", 3, 0), need("ambulance", 1, 0)}})
	o.tick()
	o.tick()
	if got := o.take(200); len(got) != 0 {
		t.Errorf("sent besides %+v", got)
	}
	o.equip("E-4", "fire_engine", 3)
	o.call("f", "on_scene", &near, map[string]any{"kind": "fire", "unit": "E-1", "units": sent, "needs": []any{need("fire_engine", 4, 1), need("ambulance", 1, 0)}})
	o.tick()
	if got := o.take(200); len(got) != 1 || got[0].Unit != "E-4" {
		t.Errorf("after it grew sent %+v", got)
	}
}

// way puts a unit under way to a call, as its centre reports it.
func (o *office) under(id, call string) {
	u := o.units[id]
	u.Status, u.Call = "to_scene", call
	zero := 0
	u.Takes = &zero
	o.units[id] = u
}

// A life-threatening call gets the unit that drives by to one that can wait; the centre hears from which call it comes.
func TestAUnitIsPreempted(t *testing.T) {
	for _, priority := range []int{3, 1} {
		o := newOffice(t)
		near, far := o.spots()
		o.unit("A-1", near)
		o.equip("A-1", "ambulance", 3)
		o.tick()
		o.call("old", "waiting", &far, map[string]any{"priority": priority})
		o.tick()
		if got := o.take(200); len(got) != 1 || got[0].Call != "old" {
			t.Fatalf("asked %+v", got)
		}
		o.under("A-1", "old")
		o.call("old", "assigned", &far, map[string]any{"priority": priority, "unit": "A-1"})
		o.tick()
		o.unit("B-1", orb.Point{far[0] - 900, far[1] - 700}) // far from the new one, fit for the old one
		o.equip("B-1", "ambulance", 3)
		o.tick()
		beside := o.city.Streets.Nodes[o.b.nearestNode(orb.Point{near[0] + 300, near[1]})].At
		o.call("new", "waiting", &beside, nil)
		o.tick()
		got := o.take(200)
		if priority == 1 {
			if len(got) != 1 || got[0].Unit != "B-1" || got[0].From != "" {
				t.Errorf("equally urgent: asked %+v", got)
			}
			continue
		}
		if len(got) != 1 || got[0].Unit != "A-1" || got[0].From != "old" || got[0].Call != "new" || o.b.Stats().Diverted != 1 {
			t.Fatalf("asked %+v", got)
		}
		// The centre still reports it for the old call; it is not taken back.
		o.tick()
		if m := o.b.calls.missions["A-1"]; m == nil || m.call != "new" {
			t.Errorf("mission %+v", m)
		}
		o.under("A-1", "new")
		o.call("new", "assigned", &beside, map[string]any{"unit": "A-1"})
		o.call("old", "waiting", &far, map[string]any{"priority": priority})
		o.tick()
		if got := o.take(200); len(got) != 1 || got[0].Unit != "B-1" || got[0].Call != "old" {
			t.Errorf("the call that it left: asked %+v", got)
		}
	}
}

// A person's veto of a dispatch whose crew has left calls it off, and another unit is sent; once it is there nothing can be called off.
func TestAVetoAfterDepartureRecalls(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	o.unit("A-1", near)
	o.unit("B-1", far)
	o.tick()
	scene := o.city.Streets.Nodes[o.b.nearestNode(orb.Point{near[0] + 900, near[1]})].At
	o.call("c", "waiting", &scene, nil)
	o.tick()
	if got := o.take(200); len(got) != 1 || got[0].Unit != "A-1" {
		t.Fatalf("asked %+v", got)
	}
	o.under("A-1", "c")
	o.call("c", "assigned", &scene, map[string]any{"unit": "A-1"})
	o.tick()
	sent := func(unit string) *Decision {
		for _, d := range o.b.Decisions() {
			if len(d.Choices) > 0 && d.Choices[0].Unit == unit {
				return d
			}
		}
		t.Fatalf("no dispatch of %s", unit)
		return nil
	}
	if err := o.b.Verdict(sent("A-1").ID, false, "chief"); err != nil {
		t.Fatal(err)
	}
	o.tick()
	if got := o.take(200); len(got) != 1 || got[0].Target != "/recall" || got[0].Unit != "A-1" || got[0].Call != "c" {
		t.Fatalf("asked %+v", got)
	}
	u := o.units["A-1"]
	u.Status, u.Call, u.Takes = "returning", "", nil
	o.units["A-1"] = u
	o.call("c", "waiting", &scene, nil)
	o.tick()
	if got := o.take(200); len(got) != 1 || got[0].Unit != "B-1" {
		t.Fatalf("asked %+v", got)
	}
	b := o.units["B-1"]
	b.Status, b.Call = "turnout", "c"
	o.units["B-1"] = b
	o.call("c", "assigned", &scene, map[string]any{"unit": "B-1"})
	o.tick()
	b.Status = "on_scene"
	o.units["B-1"] = b
	o.tick()
	if err := o.b.Verdict(sent("B-1").ID, false, "chief"); err == nil {
		t.Error("a crew that is there was called off")
	}
	for _, d := range o.b.Decisions() {
		if strings.Contains(d.Why.Zh, "A-1") || strings.Contains(d.Why.Zh, "ambulance") {
			t.Errorf("in Chinese: %s", d.Why.Zh)
		}
	}
}

// When no unit can go the neighbour is asked: at once for what is life-threatening, after some minutes for the rest, and not again.
func TestTheNeighbourIsAskedWhenNobodyCanGo(t *testing.T) {
	o := newOffice(t)
	near, far := o.spots()
	o.unit("A-1", near)
	o.equip("A-1", "ambulance", 0)
	o.tick()
	o.call("urgent", "waiting", &near, map[string]any{"priority": 1})
	o.call("other", "waiting", &far, map[string]any{"priority": 3})
	came := map[string]time.Duration{}
	for range 60 {
		o.tick()
		for _, a := range o.take(200) {
			if a.Target != "/aid" || a.Kind != "ambulance" || came[a.Call] > 0 {
				t.Errorf("asked %+v", a)
			}
			came[a.Call] = o.now.Sub(start) - 5*time.Second
		}
	}
	for call, after := range map[string]time.Duration{"urgent": 5 * time.Second, "other": 3 * time.Minute} {
		if came[call] < after || came[call] > after+15*time.Second {
			t.Errorf("%s: asked after %v, want %v", call, came[call], after)
		}
	}
	if len(came) != 2 {
		t.Errorf("asked for %v", came)
	}
}

// The hospital is the one where the patient is handed over first; the crew's own choice is not told.
func TestAPatientGoesWhereABayIsFree(t *testing.T) {
	for _, full := range []bool{false, true} {
		o := newOffice(t)
		near, _ := o.spots()
		o.unit("A-1", near)
		u := o.units["A-1"]
		u.Status, u.Call = "on_scene", "c"
		o.units["A-1"] = u
		type ward struct {
			ID                   string
			Bays, Taken, Waiting int
			Diverts              bool
			Lon, Lat             float64
		}
		var list []ward
		nearest, least := "", 1e9
		for i := range o.city.Places {
			p := &o.city.Places[i]
			if p.Kind != "hospital" {
				continue
			}
			w := ward{ID: p.ID, Bays: 4}
			w.Lon, w.Lat = o.city.Frame.WGS84(p.At)
			list = append(list, w)
			if n := o.b.nearestNode(near); n >= 0 {
				if _, s, ok := o.b.drive(must(o.b.roadsNow()), n, p.Node, 0); ok && s < least {
					nearest, least = p.ID, s
				}
			}
		}
		for i := range list {
			if full && list[i].ID == nearest {
				list[i].Taken, list[i].Waiting = 4, 3
			}
		}
		o.push("/hospitals", list)
		o.call("c", "on_scene", &near, map[string]any{"unit": "A-1", "units": []string{"A-1"}, "needs": []any{need("ambulance", 1, 0)}, "carry": true})
		o.tick()
		got := o.take(200)
		if !full && len(got) != 0 {
			t.Errorf("told %+v, where the nearest has room", got)
		}
		if full && (len(got) != 1 || got[0].Target != "/hospital" || got[0].Unit != "A-1" || got[0].Hospital == nearest || got[0].Hospital == "") {
			t.Errorf("told %+v, where the nearest, %s, is full", got, nearest)
		}
		o.tick()
		if got := o.take(200); len(got) != 0 {
			t.Errorf("told again %+v", got)
		}
		if e, ok := o.twin.Main().Snapshot().Get(exchange.URN("Hospital", nearest)); !ok {
			t.Error("the hospital is not in the twin")
		} else if n, _ := e.Number("bays"); n != 4 {
			t.Errorf("it has %g bays", n)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestNodesAreFoundAsByLookingAtAll(t *testing.T) {
	c := demo()
	x := newNodeIndex(&c.Streets)
	for i := range 3000 {
		p := orb.Point{-3000 + float64(i*7919%14000), -3000 + float64(i*6007%13000)}
		best, least := int32(0), 1e18
		for k := range c.Streets.Nodes {
			n := c.Streets.Nodes[k].At
			if d := (n[0]-p[0])*(n[0]-p[0]) + (n[1]-p[1])*(n[1]-p[1]); d < least {
				best, least = int32(k), d
			}
		}
		got := c.Streets.Nodes[x.nearest(p)].At
		if want := c.Streets.Nodes[best].At; got != want {
			t.Fatalf("nearest to %v is %v, want %v", p, got, want)
		}
	}
}

// Whoever rang first, hung up and was called back repeats the case that the centre has on file, though nobody can go to it yet.
func TestACallBackIsMergedWithTheCase(t *testing.T) {
	o := newOffice(t)
	near, _ := o.spots()
	o.unit("A-1", near)
	o.equip("A-1", "ambulance", 0)
	o.tick()
	o.call("back", "waiting", &near, map[string]any{"kind": "medical"})
	o.call("again", "waiting", &near, map[string]any{"kind": "medical", "ring": o.now.Add(time.Minute), "needs": []any{need("ambulance", 1, 1)}})
	o.tick()
	var merged []asked
	for _, a := range o.take(200) {
		if a.Target == "/handle" {
			merged = append(merged, a)
		}
	}
	if len(merged) != 1 || merged[0].Call != "back" || merged[0].With != "again" {
		t.Errorf("merged %+v", merged)
	}
}
