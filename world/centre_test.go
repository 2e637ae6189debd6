package world

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"citybrain/city/riverside"
	"citybrain/emergency"
	"citybrain/wire"
	"citybrain/wire/http1"
)

// hall is a world as its centres' feeds show it.
type hall struct {
	t     *testing.T
	w     *World
	calls map[string]callPush
	units map[string]unitPush
	ward  map[string]hospitalPush
	desk  map[string]deskPush
	said  []int // answers to orders
}

func newHall(t *testing.T, cfg Config) *hall {
	t.Helper()
	c := riverside.City(1)
	c.Terrain = nil // no water: it is slow, and not asked for here
	cfg.Start = time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC)
	w, err := New(c, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &hall{t: t, w: w, calls: map[string]callPush{}, units: map[string]unitPush{}, ward: map[string]hospitalPush{}, desk: map[string]deskPush{}}
}

// step lets time pass and takes in what the centres send.
func (h *hall) step(d time.Duration) {
	h.t.Helper()
	if err := h.w.Step(h.t.Context(), h.w.Now()+d); err != nil {
		h.t.Fatal(err)
	}
	for _, p := range h.w.Send() {
		centre, push := strings.CutSuffix(p.Feed, "/http")
		if !push || centre == "traffic_police" || centre == "meteorology" {
			continue
		}
		m, err := http1.Decode(p.Bytes)
		if err != nil {
			h.t.Fatal(err)
		}
		if m.Method == "" {
			h.said = append(h.said, m.Status)
			continue
		}
		switch m.Target {
		case "/calls":
			var c callPush
			h.read(m.Body, &c)
			h.calls[c.ID] = c
		case "/units":
			var list []unitPush
			h.read(m.Body, &list)
			for _, u := range list {
				h.units[u.ID] = u
			}
		case "/hospitals":
			var list []hospitalPush
			h.read(m.Body, &list)
			for _, x := range list {
				h.ward[x.ID] = x
			}
		case "/desk":
			var d deskPush
			h.read(m.Body, &d)
			h.desk[centre] = d
		default:
			h.t.Errorf("pushed to %s", m.Target)
		}
	}
}

func (h *hall) read(b []byte, v any) {
	h.t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		h.t.Fatal(err)
	}
}

// order sends an order to a centre and returns its answer.
func (h *hall) order(centre, target string, v any) int {
	h.t.Helper()
	b, err := http1.Append(nil, http1.Message{Method: "POST", Target: target, Type: "application/json", Body: marshal(v)})
	if err != nil {
		h.t.Fatal(err)
	}
	h.said = nil
	if err := h.w.Receive(wire.Packet{Feed: centre + "/http", Bytes: b}); err != nil {
		h.t.Fatal(err)
	}
	for _, p := range h.w.Send() {
		if m, err := http1.Decode(p.Bytes); err == nil && p.Feed == centre+"/http" && m.Method == "" {
			return m.Status
		}
	}
	h.t.Fatalf("%s%s was not answered", centre, target)
	return 0
}

// case1 adds a case that rings in ten seconds and has been triaged after a minute.
func (h *hall) case1(c emergency.Call) string {
	c.Ring = h.w.now.Seconds() + 10
	c.OnScene, c.HandOver = 600, 300
	told(&c, 45)
	h.w.arise(c)
	for range 24 {
		h.step(5 * time.Second)
		if h.calls[c.ID].State == "waiting" {
			return c.ID
		}
	}
	h.t.Fatalf("call %s does not wait: %+v", c.ID, h.calls[c.ID])
	return ""
}

// Orders of the centres' protocol: a unit is sent, sent on only from the call that the order names, called off; what is not so is refused.
func TestACentreObeysOrders(t *testing.T) {
	h := newHall(t, Config{Seed: 3, Hours: 1, TripsPerHour: 20})
	h.w.advised = 0 // advice keeps coming: its people wait for it
	h.step(10 * time.Second)
	a := h.case1(emergency.Call{ID: "A", Node: 100, Priority: 3})
	c := h.calls[a]
	if c.PickUp.IsZero() || !c.Located.After(c.PickUp) || !c.Triaged.After(c.Located) || !c.Assigned.IsZero() || len(c.Needs) != 1 || c.Needs[0] != (needPush{"ambulance", 1, 1}) {
		t.Fatalf("call %+v", c)
	}
	unit, engine := "", ""
	for id, u := range h.units {
		if u.Takes == 3 && u.Kind == "ambulance" && (unit == "" || id < unit) {
			unit = id
		}
		if u.Kind == "fire_engine" && (engine == "" || id < engine) {
			engine = id
		}
	}
	type m = map[string]any
	for _, x := range []struct {
		centre, target string
		body           m
		want           int
	}{
		{"ambulance_120", "/assign", m{"call": "none", "unit": unit}, 404},
		{"ambulance_120", "/assign", m{"call": a, "unit": engine}, 404},
		{"fire_119", "/assign", m{"call": a, "unit": engine}, 409},
		{"ambulance_120", "/recall", m{"call": a, "unit": unit}, 409},
		{"ambulance_120", "/assign", m{"call": a, "unit": unit, "from": "B"}, 409},
		{"ambulance_120", "/assign", m{"call": a, "unit": unit}, 200},
		{"ambulance_120", "/assign", m{"call": a, "unit": unit}, 409},
		{"ambulance_120", "/hospital", m{"unit": unit, "hospital": "hospital0"}, 409},
		{"ambulance_120", "/nothing", m{}, 404},
	} {
		if got := h.order(x.centre, x.target, x.body); got != x.want {
			t.Errorf("%s%s %v: %d, want %d", x.centre, x.target, x.body, got, x.want)
		}
	}
	h.step(70 * time.Second)
	if c := h.calls[a]; c.State != "assigned" || c.Unit != unit || c.Needs[0].Missing != 0 || h.units[unit].Call != a {
		t.Errorf("call %+v, unit %+v", c, h.units[unit])
	}
	b := h.case1(emergency.Call{ID: "B", Node: 400, Priority: 1})
	if got := h.order("ambulance_120", "/assign", m{"call": b, "unit": unit, "from": a}); got != 200 {
		t.Errorf("sent on: %d", got)
	}
	h.step(10 * time.Second)
	if h.calls[a].State != "waiting" || h.calls[a].Needs[0].Missing != 1 || h.calls[b].Unit != unit || h.w.Truth().Service.Counts.Diverted != 1 {
		t.Errorf("a %+v, b %+v", h.calls[a], h.calls[b])
	}
	if got := h.order("ambulance_120", "/recall", m{"call": b, "unit": unit}); got != 200 {
		t.Errorf("recalled: %d", got)
	}
	h.step(10 * time.Second)
	if u := h.units[unit]; u.Call != "" || u.Status != "returning" || h.calls[b].State != "waiting" {
		t.Errorf("unit %+v, call %+v", u, h.calls[b])
	}
}

// The neighbour answers after some minutes, and its unit comes over the border; without advice the centre's people do all of it.
func TestANeighbourIsAsked(t *testing.T) {
	h := newHall(t, Config{Seed: 3, Hours: 1, TripsPerHour: 20})
	h.w.advised = 0
	call := emergency.Call{ID: "A", Node: 100, Priority: 1}
	call.Needs[emergency.Ambulance] = 1
	a := h.case1(call)
	ask := map[string]any{"call": a, "kind": "ambulance"}
	if got := h.order("ambulance_120", "/aid", ask); got != 200 {
		t.Fatalf("asked: %d", got)
	}
	if got := h.order("ambulance_120", "/aid", ask); got != 409 {
		t.Errorf("asked twice: %d", got)
	}
	if got := h.order("police_110", "/aid", ask); got != 404 {
		t.Errorf("another centre asked for an ambulance: %d", got)
	}
	for i := range h.w.service.Units() { // nobody of the city's can go
		if u := &h.w.service.Units()[i]; !u.Lent() {
			u.ShiftEnd, u.Range = 1e9, 0
		}
	}
	seen := map[string]bool{}
	for range 240 {
		h.step(10 * time.Second)
		seen[h.calls[a].Aid] = true
	}
	c := h.calls[a]
	if !seen["asked"] || !seen["coming"] || !strings.HasPrefix(c.Unit, "neighbour-") && c.State != "closed" || c.Kerb.IsZero() {
		t.Errorf("aid %v, call %+v", seen, c)
	}
	if r := c.Kerb.Sub(c.Ring); r < 7*time.Minute || r > 35*time.Minute {
		t.Errorf("the neighbour's unit came after %v", r)
	}
}

// In a storm of calls some hang up and ring again; each case still has one record under which it is handled, and no record is forgotten.
func TestHangingUpAndRingingAgain(t *testing.T) {
	h := newHall(t, Config{Seed: 5, Hours: 0.6, TripsPerHour: 20, Silent: false})
	for i := range 20 {
		c := emergency.Call{ID: "X" + string(rune('A'+i/26)) + string(rune('A'+i%26)), Node: int32(10 * i), Priority: 1 + i%3, Ring: 120 + float64(i), OnScene: 300, HandOver: 300}
		told(&c, 60)
		h.w.arise(c)
	}
	for range 75 {
		h.step(time.Minute)
	}
	redialled, held, states := 0, map[string]int{}, map[string]int{}
	for id, c := range h.calls {
		states[c.State]++
		if strings.Contains(id, "R-") {
			redialled++
		}
		if !c.Assigned.IsZero() {
			held[strings.TrimPrefix(strings.SplitN(id, "R-", 2)[0], "S")]++
		}
		if c.State == "ringing" || c.State == "waiting" && c.Needs == nil {
			t.Errorf("an hour on call %s is %s", id, c.State)
		}
	}
	for id, n := range held {
		if n != 1 {
			t.Errorf("case %s was handled under %d numbers", id, n)
		}
	}
	x := h.w.Truth().Service
	if redialled == 0 || x.Redials != redialled || states["merged"] == 0 || states["abandoned"] > 0 || x.Phones[medical].Answers.HungUp == 0 || h.desk["ambulance_120"].Abandoned == 0 {
		t.Errorf("%d rang again of %d, states %v, %+v", redialled, x.Redials, states, x.Phones[medical])
	}
	for _, c := range h.w.service.Calls() {
		if !(c.PickUp > 0) {
			t.Errorf("case %s was never picked up", c.ID)
		}
	}
}

// Two worlds of one seed are one, whatever the number of threads, with all that the service does.
func TestTheServiceIsDeterministic(t *testing.T) {
	var sums [2]strings.Builder
	for i := range sums {
		h := newHall(t, Config{Seed: 8, Hours: 0.5, TripsPerHour: 200, Threads: i + 1})
		h.step(25 * time.Minute)
		if err := h.w.WriteState(&sums[i]); err != nil {
			t.Fatal(err)
		}
		if len(h.units) < 80 || len(h.ward) < 6 || len(h.desk) != centres {
			t.Errorf("%d units, %d hospitals, %d desks are in the feeds", len(h.units), len(h.ward), len(h.desk))
		}
	}
	if sums[0].String() != sums[1].String() {
		t.Error("two runs differ")
	}
}
