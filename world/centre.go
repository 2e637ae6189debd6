package world

import (
	"bytes"
	"encoding/json"
	"math"
	"time"

	"citybrain/city/chance"
	"citybrain/emergency"
	"citybrain/wire/http1"
	"github.com/paulmach/orb"

	"citybrain/traffic"
)

// centre is one emergency centre's own dispatch computer: it pushes calls, units and how its call-takers stand over HTTP, takes orders,
// and its people do by themselves what nobody has ordered in time.
type centre struct {
	line
	which int
	buf   []byte
	draw  chance.Source
	deaf  map[[2]int]bool // calls and units whose crew did not answer the order
}

// centreNames are the feeds and departments of the centres.
var centreNames = [centres]string{medical: "ambulance_120", rescue: "fire_119", police: "police_110"}

type callPush struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind"` // medical, fire, crash, trapped, flooding
	Ring     time.Time  `json:"ring"`
	Lon      *float64   `json:"lon,omitempty"` // none: its place is not known (yet)
	Lat      *float64   `json:"lat,omitempty"`
	Priority int        `json:"priority"`
	State    string     `json:"state"` // ringing, abandoned, answered, waiting, assigned, on_scene, closed; transferred, with_human, merged
	Unit     string     `json:"unit,omitempty"`
	Units    []string   `json:"units,omitempty"`
	Needs    []needPush `json:"needs,omitempty"`
	Carry    bool       `json:"carry,omitempty"` // somebody goes on to a hospital, as the crew at the patient says
	Aid      string     `json:"aid,omitempty"`   // of the neighbour: asked, coming, refused
	With     string     `json:"with,omitempty"`
	PickUp   time.Time  `json:"pickUp,omitzero"`
	Located  time.Time  `json:"located,omitzero"`
	Triaged  time.Time  `json:"triaged,omitzero"`
	Assigned time.Time  `json:"assigned,omitzero"`
	Rolling  time.Time  `json:"rolling,omitzero"`
	Kerb     time.Time  `json:"kerb,omitzero"`
	Patient  time.Time  `json:"patient,omitzero"`
	Full     time.Time  `json:"full,omitzero"`
	Hospital time.Time  `json:"hospital,omitzero"`
	Clear    time.Time  `json:"clear,omitzero"`
}

// needPush is how many units of a kind a call needs, and how many of them nobody has sent.
type needPush struct {
	Kind    string `json:"kind"`
	Count   int    `json:"count"`
	Missing int    `json:"missing"`
}

type unitPush struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Status   string    `json:"status"`
	Lon      float64   `json:"lon"`
	Lat      float64   `json:"lat"`
	Call     string    `json:"call,omitempty"`
	Station  string    `json:"station"` // neighbour: the neighbour city's
	Takes    int       `json:"takes"`   // least urgent priority that its crew takes now, 0: none
	ShiftEnd time.Time `json:"shiftEnd,omitzero"`
	RangeKM  float64   `json:"rangeKM"`
	Until    time.Time `json:"until,omitzero"` // end of a meal, a shift's change or fetching fuel
	Hospital string    `json:"hospital,omitempty"`
}

type hospitalPush struct {
	ID      string  `json:"id"`
	Bays    int     `json:"bays"`
	Taken   int     `json:"taken"`
	Waiting int     `json:"waiting"` // ambulances
	Diverts bool    `json:"diverts"`
	Lon     float64 `json:"lon"`
	Lat     float64 `json:"lat"`
}

// deskPush is how a centre's call-takers stand.
type deskPush struct {
	Takers    int     `json:"takers"`
	Ringing   int     `json:"ringing"`
	LongestS  float64 `json:"longestS"`
	Answered  int     `json:"answered"` // since the start, as the next three
	Abandoned int     `json:"abandoned"`
	Back      int     `json:"calledBack"`
	MeanWaitS float64 `json:"meanWaitS"`
}

// unheard is the share of orders that a crew does not acknowledge: out of the vehicle, or out of coverage.
const unheard = 0.02

// grace is how long the centre waits for an advised assignment of a call that has been triaged, while advice keeps coming: as long as
// the brain takes to see that a first unit does not answer and to send a second.
const (
	grace     = 30 * time.Second
	advisedBy = 30 * time.Minute
)

func newCentre(w *World, which int) *centre {
	purpose := "world/cad"
	if which != medical {
		purpose += "/" + centreNames[which]
	}
	return &centre{line: newLine(w.cfg.Seed, centreNames[which]+"/http", 0.3, 0, 0), which: which, draw: chance.New(w.cfg.Seed, purpose), deaf: map[[2]int]bool{}}
}

func (c *centre) tick(w *World) {
	for i := range w.phones.records {
		if r := &w.phones.records[i]; r.centre == c.which && !r.asks && !r.over && r.ring <= w.now.Seconds() {
			c.tickRecord(w, i)
		}
	}
	if w.now%(10*time.Second) == 0 {
		c.tickUnits(w)
	}
	if w.now%(30*time.Second) == 0 {
		d := w.phones.desks[c.which]
		p := deskPush{Takers: d.Takers(), Answered: d.Answers.PickedUp, Abandoned: d.Answers.HungUp, Back: d.Answers.CalledBack}
		p.Ringing, p.LongestS = d.Ringing(w.now.Seconds())
		if p.Answered > 0 {
			p.MeanWaitS = math.Round(d.Answers.WaitS / float64(p.Answered))
		}
		c.push(w, "/desk", p)
		if c.which == medical {
			c.tickHospitals(w)
		}
	}
}

// tickRecord reports a phone call as it stands, if that is new.
func (c *centre) tickRecord(w *World, i int) {
	r := &w.phones.records[i]
	now := w.now.Seconds()
	r.Ring = w.clock(r.ring)
	located, triaged := r.pickup+r.locate, r.pickup+r.locate+r.triage // NaN: never
	k, known := w.phones.cases[r.of]
	holder, held := w.phones.holder[r.of]
	switch {
	case r.pickup <= now && triaged > now:
		r.State = "answered"
	case triaged <= now && known && held && holder == i:
		c.fill(w, &r.callPush, k)
	case triaged <= now:
		c.stray(w, r, now-triaged)
	case r.hungUp:
		r.State = "abandoned"
	default:
		r.State = "ringing"
	}
	if r.pickup <= now {
		r.PickUp = w.clock(r.pickup)
	}
	if located <= now {
		r.Located = w.clock(located)
		if r.placed {
			r.Lon, r.Lat = &r.lon, &r.lat
		}
	}
	if triaged <= now {
		r.Triaged = w.clock(triaged)
	}
	switch r.State {
	case "closed", "transferred", "with_human", "merged":
		r.over = true
	}
	body := marshal(r.callPush)
	if !bytes.Equal(body, r.shown) {
		r.shown = body
		c.post(w, "/calls", body)
	}
}

// fill is what is on file of the service's call k.
func (c *centre) fill(w *World, p *callPush, k int) {
	x := &w.service.Calls()[k]
	p.State = "waiting"
	if len(x.Units) > 0 {
		p.State = "assigned"
	}
	if !math.IsNaN(x.Kerb) {
		p.State = "on_scene"
	}
	if !math.IsNaN(x.Clear) {
		p.State = "closed"
	}
	p.Unit, p.Units = "", nil
	if u := w.service.Unit(x); u >= 0 {
		p.Unit = w.service.Units()[u].ID
	}
	for _, u := range x.Units {
		p.Units = append(p.Units, w.service.Units()[u].ID)
	}
	p.Needs = nil
	missing := x.Missing()
	for kind, n := range x.Needs {
		if n > 0 {
			p.Needs = append(p.Needs, needPush{emergency.Kind(kind).String(), int(n), int(missing[kind])})
		}
	}
	p.Carry = x.Carry && !x.Carried && x.Patient <= w.now.Seconds()
	p.Aid = w.aid.state(k)
	now := w.now.Seconds()
	at := func(t float64) time.Time {
		if t <= now { // NaN is not
			return w.clock(t)
		}
		return time.Time{}
	}
	p.Assigned, p.Rolling, p.Kerb, p.Patient = at(x.Assigned), at(x.Rolling), at(x.Kerb), at(x.Patient)
	p.Full, p.Hospital, p.Clear = at(x.Full), at(x.Hospital), at(x.Clear)
}

// stray lets the centre's people find the path of a call to which no unit goes, after a while.
func (c *centre) stray(w *World, r *record, since float64) {
	switch {
	case r.State == "transferred" || r.State == "with_human" || r.State == "merged":
	case since < ownPace:
		r.State = "waiting"
	default:
		holder, held := w.phones.holder[r.of]
		switch {
		case held:
			r.State, r.With = "merged", w.phones.records[holder].ID
		case r.placed:
			r.State = "transferred"
		default:
			r.State = "with_human"
		}
	}
}

func (c *centre) tickUnits(w *World) {
	var units []unitPush
	for i := range w.service.Units() {
		u := &w.service.Units()[i]
		if serving[u.Kind] != c.which || u.Status == emergency.Away || u.Lent() && u.Status == emergency.Turnout {
			continue // not in the city
		}
		if c.which != medical && u.Status == emergency.AtStation && w.now%(30*time.Second) != 0 {
			continue // who stands still says so less often
		}
		p := unitPush{ID: u.ID, Kind: u.Kind.String(), Status: u.Status.String(), Takes: w.service.Takes(u), RangeKM: math.Round(u.Range / 1000), Station: "neighbour"}
		p.Lon, p.Lat = w.city.Frame.WGS84(w.unitAt(u))
		if u.Call >= 0 {
			p.Call = w.service.Calls()[u.Call].ID
		}
		if !u.Lent() {
			p.Station, p.ShiftEnd = w.city.Places[u.Station].ID, w.clock(u.ShiftEnd)
		}
		switch u.Status {
		case emergency.Meal, emergency.Refuel, emergency.ShiftChange:
			p.Until = w.clock(u.Until)
		}
		if u.Bound >= 0 {
			p.Hospital = w.city.Places[w.service.Hospitals()[u.Bound].Place].ID
		}
		units = append(units, p)
	}
	if units != nil {
		c.push(w, "/units", units)
	}
}

func (c *centre) tickHospitals(w *World) {
	var list []hospitalPush
	for i := range w.service.Hospitals() {
		h := &w.service.Hospitals()[i]
		p := hospitalPush{ID: w.city.Places[h.Place].ID, Bays: h.Bays, Taken: h.Walk + h.Inside, Waiting: h.Waiting, Diverts: h.Diverts}
		p.Lon, p.Lat = w.city.Frame.WGS84(w.city.Places[h.Place].At)
		list = append(list, p)
	}
	if list != nil {
		c.push(w, "/hospitals", list)
	}
}

func (w *World) unitAt(u *emergency.Unit) orb.Point {
	if l, along := w.service.At(u); l >= 0 {
		return traffic.At(&w.city.Streets.Links[l], along)
	}
	return w.city.Streets.Nodes[u.Node].At
}

// clock turns seconds since the start into time, to the millisecond as the centre's computer keeps it.
func (w *World) clock(s float64) time.Time {
	return w.cfg.Start.Add(time.Duration(s*1000) * time.Millisecond)
}

func marshal(v any) []byte {
	body, err := json.Marshal(v)
	if err != nil {
		panic("world: " + err.Error())
	}
	return body
}

func (l *line) push(w *World, target string, v any) { l.post(w, target, marshal(v)) }

func (l *line) post(w *World, target string, body []byte) {
	l.message(w, http1.Message{Method: "POST", Target: target, Type: "application/json", Body: body}, false)
}

func (l *line) message(w *World, m http1.Message, reply bool) {
	b, err := http1.Append(nil, m)
	if err != nil {
		panic("world: " + err.Error())
	}
	l.send(w, b, reply)
}

// requests hands the requests that are complete in buf to handle and sends its answers.
func (l *line) requests(w *World, buf, b []byte, handle func(http1.Message) http1.Message) []byte {
	buf = append(buf, b...)
	for {
		frame, _, n := http1.Split(buf)
		buf = buf[n:]
		if frame == nil {
			return buf
		}
		m, err := http1.Decode(frame)
		if err != nil {
			l.message(w, http1.Message{Status: 400}, true)
		} else if m.Method != "" {
			l.message(w, handle(m), true)
		}
	}
}
