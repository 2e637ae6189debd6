package policy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"citybrain/twin"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC)

var provides = map[string][]string{"fire-rescue": {"EmergencyCall"}, "traffic-police": {"TrafficDetector", "CitizenRequest"}}

var (
	viewer  = Principal{Name: "vera", Role: Viewer}
	officer = Principal{Name: "otto", Role: DutyOfficer}
	fire    = Principal{Name: "fiona", Role: Department, Department: "fire-rescue"}
	police  = Principal{Name: "pia", Role: Department, Department: "traffic-police"}
	analyst = Principal{Name: "anna", Role: Analyst}
	admin   = Principal{Name: "adam", Role: Administrator}
	nobody  = Principal{}
)

// made is a policy over a twin in memory whose clock moves a second at every write; wall is the policy's.
type made struct {
	*Policy
	twin *twin.Twin
	wall time.Time
}

func make1(opt Options) *made {
	now := t0
	var mu sync.Mutex
	return wrap(twin.New(twin.Options{Clock: func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}}), opt)
}

func wrap(tw *twin.Twin, opt Options) *made {
	m := &made{twin: tw, wall: t0}
	if opt.Provides == nil {
		opt.Provides = provides
	}
	opt.Now, opt.Rounds = func() time.Time { return m.wall }, 2
	m.Policy = New(tw, opt)
	return m
}

// tb is what *testing.T and *rapid.T have in common.
type tb interface {
	Helper()
	Fatal(...any)
}

func ok(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *made) view(t tb, who Principal, why Purpose, branch string) View {
	t.Helper()
	v, err := m.View(who, why, branch)
	ok(t, err)
	return v
}

func TestRoles(t *testing.T) {
	may := map[Role]string{Viewer: "", DutyOfficer: "decide halt fork merge subscribe", Department: "write subscribe", Analyst: "fork subscribe",
		Administrator: "decide halt fork merge write subscribe users", "": "", "root": ""}
	for role, list := range may {
		for _, a := range []Action{Decide, Halt, Fork, Merge, Write, Subscribe, Administer} {
			who := Principal{Name: "x", Role: role}
			err := who.Allow(a)
			if want := slices.Contains(strings.Fields(list), string(a)); (err == nil) != want {
				t.Errorf("%q may %s: %v, want %v", role, a, err, want)
			}
			if d := (*Denied)(nil); err != nil && !errors.As(err, &d) {
				t.Errorf("%q %s: %v is not a Denied", role, a, err)
			}
			if slices.Contains(who.May(), a) != (err == nil) {
				t.Errorf("%q: May and Allow differ on %s", role, a)
			}
		}
	}
}

func TestNobody(t *testing.T) {
	m := make1(Options{})
	if _, err := m.View(nobody, Operation, ""); err == nil || !strings.HasPrefix(err.Error(), "log in first") {
		t.Errorf("a view for nobody: %v", err)
	}
	if _, err := m.Write(nobody, "", func(View) ([]twin.Change, error) { t.Error("asked for a plan"); return nil, nil }); err == nil {
		t.Error("nobody writes")
	}
	if _, err := m.Fork(nobody, "x", "", twin.Edited); err == nil {
		t.Error("nobody forks")
	}
	if _, err := m.Users(nobody); err == nil {
		t.Error("nobody lists users")
	}
	if From(context.Background()) != nobody || From(With(context.Background(), fire)) != fire {
		t.Error("From does not give back what With took")
	}
	if _, known := m.Named("zoe"); known {
		t.Error("there is a zoe")
	}
	if _, in := m.Session("no token"); in {
		t.Error("a session without login")
	}
}

func TestPurpose(t *testing.T) {
	m := make1(Options{})
	for _, c := range []struct {
		who       Principal
		why, want Purpose
	}{{viewer, "", Operation}, {officer, Operation, Operation}, {officer, Analysis, Analysis}, {analyst, Operation, Analysis}, {analyst, "", Analysis}} {
		if v := m.view(t, c.who, c.why, ""); v.Purpose() != c.want || v.Principal() != c.who || v.Branch() != "main" {
			t.Errorf("%v for %q: %q on %s", c.who, c.why, v.Purpose(), v.Branch())
		}
	}
	if _, err := m.View(officer, "curiosity", ""); !errors.Is(err, ErrInvalid) {
		t.Errorf("purpose curiosity: %v", err)
	}
	if _, err := m.View(officer, "", "nowhere"); !errors.Is(err, ErrAbsent) {
		t.Errorf("branch nowhere: %v", err)
	}
}

func call(n int, lon float64, text string) twin.Change {
	return twin.Set(fmt.Sprintf("urn:ngsi-ld:EmergencyCall:%d", n), "EmergencyCall", twin.Point("location", lon, 30), twin.Text("text", text, t0),
		twin.Number("priority", float64(n), "", t0))
}

// What is hidden is absent to every way to read.
func TestHidden(t *testing.T) {
	m := make1(Options{})
	_, err := m.twin.Main().Apply(call(1, 114, "smoke"), call(2, 114.1, "fall"), twin.Set("urn:ngsi-ld:Road:1", "Road", twin.Point("location", 114, 30)))
	ok(t, err)
	_, err = m.Fork(officer, "idea", "", twin.Edited)
	ok(t, err)
	_, err = m.twin.Main().Apply(twin.Set("urn:ngsi-ld:EmergencyCall:1", "EmergencyCall", twin.Text("text", "smoke and fire", t0.Add(time.Minute))))
	ok(t, err)
	for _, c := range []struct {
		who  Principal
		why  Purpose
		sees bool
	}{
		{viewer, Operation, false}, {officer, Operation, true}, {officer, Analysis, false}, {analyst, Operation, false},
		{fire, Operation, true}, {fire, Analysis, false}, {police, Operation, false}, {admin, Operation, true}, {admin, Analysis, false},
	} {
		name := fmt.Sprintf("%s for %s", c.who.Name, c.why)
		v, idea := m.view(t, c.who, c.why, ""), m.view(t, c.who, c.why, "idea")
		e, there := v.Get("urn:ngsi-ld:EmergencyCall:1")
		if !there {
			t.Fatalf("%s: the call is gone as a whole", name)
		}
		_, a := e.Attribute("text")
		_, b := e.Text("text")
		_, _, d := e.Location()
		_, f := e.Attribute("location")
		g := false
		for x := range e.Attributes() {
			g = g || x.Name == "text"
		}
		h := v.Count(Query{Types: []string{"EmergencyCall"}, Near: &twin.Near{Lon: 114, Lat: 30, Max: 1000}}) == 1
		i := v.Count(Query{Within: [][2]float64{{113, 29}, {115, 29}, {115, 31}, {113, 31}}}) == 3
		j := v.Count(Query{Where: func(e *Entity) bool { s, _ := e.Text("text"); return s == "fall" }}) == 1
		list, err := v.History("urn:ngsi-ld:EmergencyCall:1", "text", time.Time{}, time.Time{}, twin.ByRecorded)
		ok(t, err)
		k := len(list) == 2
		l := false
		for range Diff(idea, v) {
			l = true
		}
		if got := []bool{a, b, d, f, g, h, i, j, k, l}; slices.Contains(got, !c.sees) {
			t.Errorf("%s: attribute, text, location, point, list, near, within, where, history, diff: %v, want all %v", name, got, c.sees)
		}
		if p, there := e.Number("priority"); !there || p != 1 {
			t.Errorf("%s: priority %v, %v", name, p, there)
		}
		if n := v.Count(Query{Types: []string{"EmergencyCall"}}); n != 2 {
			t.Errorf("%s: %d calls", name, n)
		}
	}
}

// Users and subscriptions are nobody's to see but administrators', password hashes not even theirs.
func TestHouseTypes(t *testing.T) {
	m := make1(Options{Local: &admin})
	ok(t, m.AddUser(admin, viewer, "long enough"))
	ok(t, m.KeepSubscription(Subscription{ID: "urn:ngsi-ld:Subscription:1", Owner: "vera", Body: json.RawMessage(`{}`)}))
	_, err := m.twin.Main().Apply(twin.Set("urn:ngsi-ld:Road:1", "Road", twin.Text("name", "vera", t0)))
	ok(t, err)
	for _, who := range []Principal{viewer, officer, fire, analyst, admin} {
		v := m.view(t, who, "", "")
		want := map[string]int{"Road": 1}
		if who == admin {
			want["User"] = 1
		}
		if got := v.Types(); fmt.Sprint(got) != fmt.Sprint(want) || v.Len() != len(want) || v.Count(Query{}) != len(want) {
			t.Errorf("%s sees %v, %d, %d", who.Role, got, v.Len(), v.Count(Query{}))
		}
		if _, there := v.Get("urn:ngsi-ld:Subscription:1"); there {
			t.Errorf("%s sees the subscription", who.Role)
		}
		e, there := v.Get(userID("vera"))
		if _, hash := e.hash(there); there != (who == admin) || hash {
			t.Errorf("%s: user %v, hash %v", who.Role, there, hash)
		}
		for _, id := range []string{userID("vera"), "urn:ngsi-ld:Subscription:1"} {
			for _, a := range []string{"passwordHash", "subscription"} {
				if list, err := v.History(id, a, time.Time{}, time.Time{}, twin.ByRecorded); err != nil || len(list) > 0 {
					t.Errorf("%s: history of %s %s: %v, %v", who.Role, id, a, list, err)
				}
			}
		}
	}
	ctx, end := context.WithCancel(context.Background())
	defer end()
	events := m.Watch(ctx, 10, nil)
	ok(t, m.AddUser(admin, officer, "long enough"))
	ok(t, m.DropSubscription("urn:ngsi-ld:Subscription:1"))
	_, err = m.twin.Main().Apply(twin.Delete("urn:ngsi-ld:Road:1"))
	ok(t, err)
	if ev := <-events; len(ev.Changes) != 1 || ev.Changes[0].ID != "urn:ngsi-ld:Road:1" {
		t.Errorf("watch tells of %v", ev)
	}
}

func (e Entity) hash(there bool) (twin.Attribute, bool) {
	if !there {
		return twin.Attribute{}, false
	}
	return e.Attribute("passwordHash")
}

// Two cities that differ only in what is hidden look the same to whom it is hidden from, however they are asked.
func TestHiddenTellsNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := make1(Options{}), make1(Options{})
		both := func(f func(m *made, other bool)) { f(a, false); f(b, true) }
		for range rapid.IntRange(1, 12).Draw(rt, "writes") {
			n, open := rapid.IntRange(0, 3).Draw(rt, "n"), rapid.IntRange(0, 2).Draw(rt, "open")
			secret, lon := rapid.IntRange(0, 2).Draw(rt, "secret"), rapid.Float64Range(113, 115).Draw(rt, "lon")
			attr := rapid.SampledFrom([]string{"text", "caller", "address", "location"}).Draw(rt, "attr")
			both(func(m *made, other bool) {
				id, typ := fmt.Sprintf("urn:ngsi-ld:EmergencyCall:%d", n), "EmergencyCall"
				c := twin.Set(id, typ, twin.Number("open", float64(open), "", time.Time{}))
				switch {
				case other && attr == "location":
					c.Attrs = append(c.Attrs, twin.Point(attr, lon, 30))
				case other && secret > 0:
					c.Attrs = append(c.Attrs, twin.Text(attr, strings.Repeat("x", secret), time.Time{}))
				}
				if _, err := m.twin.Main().Apply(c); err != nil {
					rt.Fatal(err)
				}
			})
			if rapid.Bool().Draw(rt, "fork") {
				both(func(m *made, _ bool) {
					if _, err := m.Fork(officer, fmt.Sprint("b", len(m.twin.Branches())), "", twin.Edited); err != nil {
						rt.Fatal(err)
					}
				})
			}
		}
		who := rapid.SampledFrom([]Principal{viewer, analyst, police}).Draw(rt, "who")
		look := func(m *made) string {
			var s strings.Builder
			show := func(e *Entity) {
				if e == nil {
					s.WriteString(" none;")
					return
				}
				fmt.Fprint(&s, e.ID, e.Types, e.Scope)
				for x := range e.Attributes() {
					fmt.Fprint(&s, " ", x.Name, x.Any(), x.RecordedAt(), e.Created(&x))
				}
				s.WriteString(";")
			}
			v := m.view(rt, who, "", "")
			for e := range v.Query(Query{}) {
				show(&e)
			}
			for e := range v.Query(Query{Near: &twin.Near{Lon: 114, Lat: 30, Max: 50000}, Limit: 2}) {
				show(&e)
			}
			fmt.Fprint(&s, v.Len(), v.Types(), v.Count(Query{Where: func(e *Entity) bool { _, ok := e.Attribute("text"); return ok }}))
			for n := range 4 {
				for _, attr := range []string{"open", "text", "location"} {
					list, err := v.History(fmt.Sprintf("urn:ngsi-ld:EmergencyCall:%d", n), attr, time.Time{}, time.Time{}, twin.ByRecorded)
					fmt.Fprint(&s, len(list), err)
				}
			}
			for _, br := range m.twin.Branches() {
				for d := range Diff(m.view(rt, who, "", br.Name()), v) {
					show(d.A)
					show(d.B)
				}
			}
			return s.String()
		}
		if x, y := look(a), look(b); x != y {
			rt.Fatalf("%s can tell them apart:\n%s\n%s", who.Name, x, y)
		}
	})
}

func TestWrite(t *testing.T) {
	m := make1(Options{})
	_, err := m.twin.Main().Apply(call(1, 114, "smoke"), twin.Set("urn:ngsi-ld:Road:1", "Road"), twin.Set("urn:ngsi-ld:Command:1", "Command"))
	ok(t, err)
	_, err = m.Fork(analyst, "idea", "", twin.Edited)
	ok(t, err)
	_, err = m.Fork(analyst, "guess", "", twin.Derived)
	ok(t, err)
	road := twin.Set("urn:ngsi-ld:Road:1", "Road", twin.Number("width", 7, "MTR", time.Time{}))
	smoke := twin.Set("urn:ngsi-ld:EmergencyCall:1", "", twin.Text("text", "false alarm", time.Time{}))
	smoke.Types = nil
	for _, c := range []struct {
		what   string
		who    Principal
		branch string
		change twin.Change
		origin twin.Origin
		may    bool
	}{
		{"administrator on main", admin, "", road, twin.Edit, true},
		{"duty officer on main", officer, "", road, 0, false},
		{"viewer on main", viewer, "", road, 0, false},
		{"analyst on main", analyst, "", road, 0, false},
		{"department what it provides", fire, "", call(3, 114, "flood"), twin.Observed, true},
		{"department by the entity's type", fire, "", smoke, twin.Observed, true},
		{"department another's", fire, "", road, 0, false},
		{"department with another's entity under its type", police, "", twin.Set("urn:ngsi-ld:EmergencyCall:1", "TrafficDetector"), 0, false},
		{"department on a branch", fire, "idea", call(3, 114, "x"), 0, false},
		{"analyst on a branch", analyst, "idea", road, twin.Edit, true},
		{"viewer on a branch", viewer, "idea", road, 0, false},
		{"anybody on a derived branch", admin, "guess", road, 0, false},
		{"no such branch", admin, "nowhere", road, 0, false},
		{"a command", admin, "", twin.Set("urn:ngsi-ld:Command:1", "Command"), 0, false},
		{"a command by its type", admin, "", twin.Set("urn:x", "Command"), 0, false},
		{"a user by its id", admin, "", twin.Set("urn:ngsi-ld:User:eve", "Road"), 0, false},
		{"hidden from the writer", analyst, "idea", call(1, 114, "x"), 0, false},
		{"delete with hidden attributes", analyst, "idea", twin.Delete("urn:ngsi-ld:EmergencyCall:1"), 0, false},
		{"delete without", analyst, "idea", twin.Delete("urn:ngsi-ld:Road:1"), twin.Edit, true},
	} {
		ctx, end := context.WithCancel(context.Background())
		var events <-chan twin.Event
		if b, err := m.branch(c.branch); err == nil {
			events = b.Watch(ctx, 1, nil)
		}
		_, err := m.Write(c.who, c.branch, func(View) ([]twin.Change, error) { return []twin.Change{c.change}, nil })
		if (err == nil) != c.may {
			t.Errorf("%s: %v, want %v", c.what, err, c.may)
		}
		if err == nil {
			if ev := <-events; ev.Changes[0].Origin != c.origin {
				t.Errorf("%s: origin %v, want %v", c.what, ev.Changes[0].Origin, c.origin)
			}
		}
		end()
	}
}

func TestBranches(t *testing.T) {
	m := make1(Options{})
	for _, name := range []string{"", "-x", "a b", "forecast/x", strings.Repeat("x", 101), "a\x7f"} {
		if _, err := m.Fork(admin, name, "", twin.Edited); !errors.Is(err, ErrInvalid) {
			t.Errorf("fork %q: %v", name, err)
		}
	}
	b, err := m.Fork(analyst, "idea", "", twin.Edited)
	ok(t, err)
	if ForkedBy(b) != "anna" || ForkedBy(m.twin.Main()) != "" {
		t.Errorf("idea is by %q, main by %q", ForkedBy(b), ForkedBy(m.twin.Main()))
	}
	_, err = m.Write(analyst, "idea", func(View) ([]twin.Change, error) {
		return []twin.Change{twin.Set("urn:ngsi-ld:Road:1", "Road", twin.Number("width", 7, "", time.Time{}))}, nil
	})
	ok(t, err)
	if _, err := m.Merge(analyst, "idea", ""); err == nil {
		t.Error("an analyst merges")
	}
	_, err = m.Merge(officer, "idea", "")
	ok(t, err)
	if m.view(t, viewer, "", "").Count(Query{Types: []string{"Road"}}) != 1 {
		t.Error("the merged road is not there")
	}
	_, err = m.twin.Main().Fork("forecast/1", twin.ForkOptions{Kind: twin.Derived})
	ok(t, err)
	if d := (*Denied)(nil); !errors.As(m.Drop(admin, "forecast/1"), &d) {
		t.Error("the brain's forecast is dropped by a person")
	}
	ok(t, m.Drop(analyst, "idea"))
	if err := m.Drop(analyst, "idea"); !errors.Is(err, ErrAbsent) {
		t.Errorf("dropped twice: %v", err)
	}
}
