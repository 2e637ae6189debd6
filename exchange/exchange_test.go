package exchange

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/riverside"
	"citybrain/twin"
	"citybrain/wire"
	"citybrain/wire/http1"
	"citybrain/wire/sl651"
)

var start = time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC)

// demo is the demo city; nobody writes to it.
var demo = sync.OnceValue(func() *city.City { return riverside.City(1) })

func connect(t *testing.T) (*city.City, *twin.Twin, *Exchange) {
	t.Helper()
	c := demo()
	tw := twin.New(twin.Options{Clock: func() time.Time { return start }})
	return c, tw, New(c, tw.Main())
}

func report(t *testing.T, station string, serial uint16, level float64) []byte {
	t.Helper()
	el, err := sl651.Number(sl651.Stage, level)
	if err != nil {
		t.Fatal(err)
	}
	f, err := sl651.Compose(sl651.Frame{Center: 1, Station: sl651.Address(station), Func: sl651.TimedReport, End: sl651.ETX},
		sl651.Body{Serial: serial, Sent: start.In(sl651.Beijing), Content: sl651.Report{{Station: sl651.Address(station), Class: 'H', Observed: start.In(sl651.Beijing), Elements: []sl651.Element{el}}}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := sl651.Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func creekStation(c *city.City) city.Instrument {
	for _, in := range city.Instruments(c) {
		if in.Kind == city.CreekInstrument {
			return in
		}
	}
	panic("no creek")
}

func TestGarbageGoesToTheQuarantineAndHoldsNothingUp(t *testing.T) {
	c, tw, x := connect(t)
	st := creekStation(c)
	bad := report(t, st.Station, 2, 2.9)
	bad[len(bad)/2] ^= 0x40
	stream := append([]byte("noise"), report(t, st.Station, 1, 2.41)...)
	stream = append(stream, bad...)
	stream = append(stream, report(t, st.Station, 5, 2.55)...)
	stream = append(stream, report(t, "0099999999", 6, 1)...)
	stream = append(stream, report(t, st.Station, 7, 2.60)...)
	for i := 0; i < len(stream); i += 11 { // as a network cuts it
		if err := x.Receive(wire.Packet{Feed: "water/sl651", At: start.Add(time.Minute), Bytes: stream[i:min(len(stream), i+11)]}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := x.Commit(); err != nil {
		t.Fatal(err)
	}
	e, _ := tw.Main().Snapshot().Get(URN("WaterObserved", st.ID))
	if v, ok := e.Number("waterLevel"); !ok || v != 2.60 {
		t.Errorf("level %g %v", v, ok)
	}
	s := x.Feeds()[0]
	if s.Received < 4 || s.Rejected < 3 || s.Lost < 3 {
		t.Errorf("received %d, rejected %d, lost %d", s.Received, s.Rejected, s.Lost)
	}
	for _, q := range x.Quarantine() {
		if q.Reason == "" || len(q.Bytes) == 0 {
			t.Errorf("quarantined without a reason or bytes: %+v", q)
		}
	}
	if x.Receive(wire.Packet{Feed: "moon/http"}) == nil {
		t.Error("a feed that nobody connected was read")
	}
}

// answer replies to what the exchange sent on a feed.
func answer(t *testing.T, x *Exchange, feed string, status int) []wire.Packet {
	t.Helper()
	var sent []wire.Packet
	for _, p := range x.Send() {
		if p.Feed != feed {
			continue
		}
		sent = append(sent, p)
		b, err := http1.Append(nil, http1.Message{Status: status})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Receive(wire.Packet{Feed: feed, At: start.Add(time.Second), Bytes: b}); err != nil {
			t.Fatal(err)
		}
	}
	return sent
}

func push(t *testing.T, x *Exchange, feed, target, body string, at time.Time) {
	t.Helper()
	b, err := http1.Append(nil, http1.Message{Method: "POST", Target: target, Body: []byte(body)})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Receive(wire.Packet{Feed: feed, At: at, Bytes: b}); err != nil {
		t.Fatal(err)
	}
}

func state(c *Command) CommandState { s, _ := c.State(); return s }

// What the twin can't hold is refused alone: the rest of its batch is written.
func TestAnIdThatIsNoneHoldsNothingUp(t *testing.T) {
	c, tw, x := connect(t)
	lon, lat := c.Frame.WGS84(c.Signals[0].At)
	call := func(id string) string {
		return fmt.Sprintf(`{"ID":%q,"Priority":1,"State":"waiting","Lon":%g,"Lat":%g,"Ring":"2026-07-14T09:00:00Z"}`, id, lon, lat)
	}
	push(t, x, "ambulance_120/http", "/calls", call("C1"), start)
	push(t, x, "ambulance_120/http", "/calls", call("a b"), start)
	push(t, x, "ambulance_120/http", "/calls", call("C2"), start)
	if _, err := x.Commit(); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"C1", "C2"} {
		if _, ok := tw.Main().Snapshot().Get(URN("EmergencyCall", id)); !ok {
			t.Errorf("%s is lost", id)
		}
	}
	if q := x.Quarantine(); len(q) != 1 || !strings.Contains(q[0].Reason, "not a URI") {
		t.Errorf("quarantine %+v", q)
	}
}

// A value from ahead of the clock would stand before all that follow.
func TestAValueFromAheadIsRefused(t *testing.T) {
	_, _, x := connect(t)
	f := x.feeds["water/sl651"]
	if err := x.observe(f, start, start.Add(time.Hour), "urn:x:1", "WaterObserved", twin.Number("waterLevel", 1, "MTR", start.Add(time.Hour))); err == nil {
		t.Error("a value of the next hour is taken")
	}
	if err := x.observe(f, start, start.Add(time.Minute), "urn:x:1", "WaterObserved", twin.Number("waterLevel", 1, "MTR", start.Add(time.Minute))); err != nil {
		t.Error(err)
	}
}

func TestALostAnswerIsNoRefusal(t *testing.T) {
	c, _, x := connect(t)
	shut := &Command{ID: "c1", Until: start.Add(20 * time.Minute), Closure: &ClosureOrder{Link: c.Streets.Links[0].ID, Closed: true}}
	if err := x.Order(start, shut); err != nil {
		t.Fatal(err)
	}
	answer(t, x, "traffic_police/http", 504)
	if state(shut) != Sent {
		t.Errorf("an order that may have arrived is %s", state(shut))
	}
}

func TestTheLifeOfACommand(t *testing.T) {
	c, tw, x := connect(t)
	link := c.Streets.Links[0].ID
	shut := &Command{ID: "c1", Principal: "officer", Until: start.Add(20 * time.Minute), Closure: &ClosureOrder{Link: link, Closed: true}}
	if err := x.Order(start, shut); err != nil {
		t.Fatal(err)
	}
	if e, ok := tw.Main().Snapshot().Get(URN("Command", "c1")); !ok {
		t.Fatal("it was sent before it was in the twin")
	} else if who, _ := e.Text("principal"); who != "officer" {
		t.Errorf("in the name of %q", who)
	}
	if state(shut) != Sent {
		t.Fatalf("state %s", state(shut))
	}
	if n := len(answer(t, x, "traffic_police/http", 202)); n != 1 {
		t.Fatalf("%d requests", n)
	}
	if state(shut) != Acknowledged {
		t.Fatalf("after the answer %s", state(shut))
	}
	// An acknowledgement is a word; the feed is what counts.
	push(t, x, "traffic_police/http", "/closures", `{"link":"`+link+`","closed":true}`, start.Add(4*time.Minute))
	if _, err := x.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := x.Tick(start.Add(4 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if state(shut) != Seen {
		t.Fatalf("after the feed showed it %s", state(shut))
	}

	refused := &Command{ID: "c2", Until: start.Add(time.Hour), Dispatch: &DispatchOrder{Call: "C1", Unit: "u1"}}
	never := &Command{ID: "c3", Until: start.Add(10 * time.Minute), Closure: &ClosureOrder{Link: c.Streets.Links[2].ID, Closed: true}}
	nowhere := &Command{ID: "c4", Until: start.Add(time.Hour), Closure: &ClosureOrder{Link: "no such street"}}
	if err := x.Order(start.Add(5*time.Minute), refused, never, nowhere); err != nil {
		t.Fatal(err)
	}
	answer(t, x, "ambulance_120/http", 409)
	if err := x.Tick(start.Add(11 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if state(refused) != Rejected || state(never) != Expired || state(nowhere) != Rejected {
		t.Errorf("refused %s, never seen %s, nowhere %s", state(refused), state(never), state(nowhere))
	}
	if x.Order(start, &Command{ID: "c1"}) == nil {
		t.Error("an id was used twice")
	}
}

func TestNothingIsSentThatCouldNotBeMadeDurable(t *testing.T) {
	c, tw, x := connect(t)
	_ = tw
	bad := &Command{ID: "has blanks in it", Until: start.Add(time.Hour), Closure: &ClosureOrder{Link: c.Streets.Links[0].ID, Closed: true}}
	if x.Order(start, bad) == nil {
		t.Fatal("a command that the twin refuses was taken")
	}
	if n := len(x.Send()); n != 0 {
		t.Errorf("%d packets were sent", n)
	}
}

func TestASilentFeedIsSeen(t *testing.T) {
	_, _, x := connect(t)
	s := x.Feeds()[0]
	if s.State(start) != "silent" {
		t.Errorf("before the first message: %s", s.State(start))
	}
	s.Last = start
	for after, want := range map[time.Duration]string{time.Minute: "ok", 12*time.Minute + time.Second: "silent"} {
		if got := s.State(start.Add(after)); got != want {
			t.Errorf("%v after the last message: %s, want %s", after, got, want)
		}
	}
}

// Each centre's calls and units are in the twin with all that it says of them, and orders go to the centre whose unit or call it is.
func TestThreeCentres(t *testing.T) {
	c, tw, x := connect(t)
	lon, lat := c.Frame.WGS84(c.Bounds.Center())
	unit := func(id, kind string) string {
		return fmt.Sprintf(`[{"id":%q,"kind":%q,"status":"at_station","lon":%g,"lat":%g,"station":"s","takes":2,"rangeKM":310,"shiftEnd":"2026-07-14T11:00:00Z"}]`, id, kind, lon, lat)
	}
	push(t, x, "ambulance_120/http", "/units", unit("a1", "ambulance"), start)
	push(t, x, "fire_119/http", "/units", unit("f1", "fire_engine"), start)
	push(t, x, "fire_119/http", "/calls", fmt.Sprintf(`{"id":"F1","kind":"fire","ring":"2026-07-14T09:00:00Z","lon":%g,"lat":%g,"priority":1,"state":"waiting","needs":[{"kind":"fire_engine","count":3,"missing":2}],"units":["f1"],"pickUp":"2026-07-14T09:00:06Z","located":"2026-07-14T09:00:20Z"}`, lon, lat), start)
	push(t, x, "fire_119/http", "/calls", `{"id":"F2","ring":"2026-07-14T09:00:00Z","priority":1,"state":"waiting","needs":[{"kind":"fire_engine","count":1,"missing":2}]}`, start)
	push(t, x, "ambulance_120/http", "/hospitals", fmt.Sprintf(`[{"id":"h","bays":4,"taken":3,"waiting":1,"diverts":true,"lon":%g,"lat":%g}]`, lon, lat), start)
	push(t, x, "fire_119/http", "/desk", `{"takers":3,"ringing":2,"longestS":40,"answered":7,"abandoned":1}`, start)
	if _, err := x.Commit(); err != nil {
		t.Fatal(err)
	}
	snap := tw.Main().Snapshot()
	for urn, want := range map[string]map[string]float64{
		URN("EmergencyCall", "F1"):    {"pickUp": 1784019606, "located": 1784019620, "priority": 1},
		URN("EmergencyVehicle", "f1"): {"takes": 2, "rangeKM": 310, "shiftEnd": 1784026800, "until": 0},
		URN("Hospital", "h"):          {"bays": 4, "taken": 3, "waiting": 1, "diverts": 1},
		URN("CallDesk", "fire_119"):   {"takers": 3, "ringing": 2, "longestS": 40, "abandoned": 1},
	} {
		e, ok := snap.Get(urn)
		if !ok {
			t.Errorf("no %s", urn)
			continue
		}
		for name, v := range want {
			if got, ok := e.Number(name); !ok || got != v {
				t.Errorf("%s: %s is %v, want %v", urn, name, got, v)
			}
		}
	}
	if _, ok := snap.Get(URN("EmergencyCall", "F2")); ok || len(x.Quarantine()) != 1 {
		t.Errorf("a call that misses more than it needs was taken; quarantined %d", len(x.Quarantine()))
	}
	until := start.Add(time.Hour)
	x.Send()
	if err := x.Order(start.Add(time.Minute), &Command{ID: "1", Until: until, Dispatch: &DispatchOrder{Call: "F1", Unit: "f1"}}, &Command{ID: "2", Until: until, Dispatch: &DispatchOrder{Call: "F1", Unit: "a1", From: "C9"}},
		&Command{ID: "3", Until: until, Handle: &HandleOrder{Call: "F1", Path: Merged, With: "F0"}}, &Command{ID: "4", Until: until, Recall: &RecallOrder{Unit: "f1", Call: "F1"}},
		&Command{ID: "5", Until: until, Aid: &AidOrder{Centre: "police_110", Call: "F1", Kind: "police"}}, &Command{ID: "6", Until: until, Bring: &BringOrder{Unit: "a1", Hospital: "h"}},
		&Command{ID: "7", Until: until, Dispatch: &DispatchOrder{Call: "F1", Unit: "nobody"}}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range x.Send() {
		m, err := http1.Decode(p.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Feed+m.Target)
		if m.Target == "/assign" && strings.Contains(string(m.Body), "a1") && !strings.Contains(string(m.Body), `"from":"C9"`) {
			t.Errorf("the order says %s", m.Body)
		}
	}
	want := []string{"fire_119/http/assign", "ambulance_120/http/assign", "fire_119/http/handle", "fire_119/http/recall", "police_110/http/aid", "ambulance_120/http/hospital", "ambulance_120/http/assign"}
	if !slices.Equal(got, want) {
		t.Errorf("orders went to %v, want %v", got, want)
	}
	// A unit that the feed shows elsewhere has been called off.
	push(t, x, "fire_119/http", "/units", strings.Replace(unit("f1", "fire_engine"), `"station"`, `"call":"","station"`, 1), start.Add(2*time.Minute))
	if _, err := x.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := x.Tick(start.Add(2 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if s, _ := x.Command("4").State(); s != Seen {
		t.Errorf("the recall is %s", s)
	}
}
