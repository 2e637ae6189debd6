package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"citybrain/city"
	"citybrain/twin"
)

// A Command is an order to a department's equipment or staff: exactly one of the orders is set.
type Command struct {
	ID        string
	Decision  string    // the decision that it carries out
	Principal string    // who answers for it: a person, or the brain within its envelope
	Until     time.Time // it holds, or may be carried out, until then; afterwards equipment is left to itself

	Pump     *PumpOrder     `json:",omitempty"`
	Gate     *GateOrder     `json:",omitempty"`
	Stage    *StageOrder    `json:",omitempty"`
	Plan     *PlanOrder     `json:",omitempty"`
	Dispatch *DispatchOrder `json:",omitempty"`
	Handle   *HandleOrder   `json:",omitempty"`
	Station  *StationOrder  `json:",omitempty"`
	Recall   *RecallOrder   `json:",omitempty"`
	Bring    *BringOrder    `json:",omitempty"`
	Aid      *AidOrder      `json:",omitempty"`
	Closure  *ClosureOrder  `json:",omitempty"`
	Alert    *AlertOrder    `json:",omitempty"`
	Repair   *RepairOrder   `json:",omitempty"`

	state   CommandState
	reason  string
	sent    time.Time
	renewed time.Time
}

// The orders. IDs are the city pack's; junctions are indexes into City.Signals.
type (
	PumpOrder struct {
		ID    string
		Units int
		Local bool // give it back to its own switch levels
	}
	GateOrder struct {
		ID      string
		Opening float64 // 0–1
		Local   bool
	}
	StageOrder struct {
		Junction, Stage int
		Urgent          bool `json:",omitempty"` // for a unit on its way
	}
	PlanOrder struct {
		Junction int
		Spec     city.PlanSpec
	}
	DispatchOrder struct {
		Call, Unit string
		Route      []string // IDs of the links that it is to take, none: its own choice
		From       string   `json:",omitempty"` // the less urgent call that it is under way to and leaves
	}
	// A HandleOrder gives a call that no unit of the city is sent to its path.
	HandleOrder struct {
		Call string
		Path CallPath
		With string // of a merged call: the open one
	}
	StationOrder struct{ Unit, Station string }  // where a free unit waits
	RecallOrder  struct{ Unit, Call string }     // a unit that is under way is called off
	BringOrder   struct{ Unit, Hospital string } // where an ambulance takes its patient: advice
	// An AidOrder has a centre ask the neighbour city's for a unit of a kind.
	AidOrder struct {
		Centre     string // department
		Call, Kind string
	}
	ClosureOrder struct {
		Link   string
		Closed bool
	}
	RepairOrder struct{ Junction string } // the traffic police have a controller mended
	AlertOrder  struct {
		Headline, Text city.Text
		Severity       string // CAP: Extreme, Severe, Moderate, Minor
		Certainty      string // CAP: Observed, Likely, Possible
		Urgency        string // CAP: Immediate, Expected, Future
		Instruction    city.Text
		Onset, Expires time.Time
		Area           [][2]float64 // closed ring of lon, lat
		AreaName       city.Text
	}
)

// CallPath is what becomes of a call without a unit of its own; it is the call's status once its centre has done so.
type CallPath string

const (
	ToNeighbour CallPath = "transferred" // it rings outside the city
	ToHuman     CallPath = "with_human"  // nobody knows where: a person asks
	Merged      CallPath = "merged"      // somebody has called for it already
)

// CommandState is where a command is in its life.
type CommandState string

const (
	Proposed     CommandState = "proposed"
	Approved     CommandState = "approved"
	Sent         CommandState = "sent"
	Acknowledged CommandState = "acknowledged"
	Seen         CommandState = "seen"
	Rejected     CommandState = "refused"
	Expired      CommandState = "expired"
	Contradicted CommandState = "contradicted"
)

// State returns where the command is in its life, and why it ended there if it went wrong.
func (c *Command) State() (CommandState, string) { return c.state, c.reason }

// ended reports whether nothing more is awaited of the command.
func (c *Command) ended() bool {
	switch c.state {
	case Seen, Rejected, Expired, Contradicted:
		return true
	}
	return false
}

// patience is how long a command may stay without an answer, and how long until it must show in the feed.
const patience = 3 * time.Minute

// entity is the command as the twin has it.
func (x *Exchange) entity(c *Command) twin.Change {
	body, err := json.Marshal(c)
	if err != nil {
		panic("exchange: a command that JSON can't hold: " + err.Error())
	}
	// Stage requests go by the thousand: each junction has one entity for them, whose history has them all.
	id := c.ID
	if c.Stage != nil {
		id = "stage-" + x.city.Signals[c.Stage.Junction].ID
	}
	ch := twin.Set(URN("Command", id), "Command", twin.JSON("order", json.RawMessage(body)), twin.Text("state", string(c.state), x.now), twin.Text("reason", c.reason, x.now),
		twin.Text("principal", c.Principal, x.now), twin.Text("decision", c.Decision, x.now))
	ch.Origin = twin.Command
	return ch
}

// Order takes approved commands. They are durable in the twin, as approved, before the first byte of any of them is on its
// way: when Order returns an error nothing was sent.
func (x *Exchange) Order(now time.Time, list ...*Command) error {
	if len(list) == 0 {
		return nil
	}
	x.now = now
	changes := make([]twin.Change, 0, len(list))
	for _, c := range list {
		if c.ID == "" || x.commands[c.ID] != nil {
			return fmt.Errorf("command %q: its id is empty or was used before", c.ID)
		}
		if c.Stage != nil && (c.Stage.Junction < 0 || c.Stage.Junction >= len(x.city.Signals)) {
			return fmt.Errorf("command %s: no junction %d", c.ID, c.Stage.Junction)
		}
		c.state = Approved
		changes = append(changes, x.entity(c))
	}
	if _, err := x.main.Apply(changes...); err != nil {
		return fmt.Errorf("command %s: not sent, because it could not be made durable: %w", list[0].ID, err)
	}
	for _, c := range list {
		x.commands[c.ID] = c
		x.open = append(x.open, c)
		taken := false
		for _, f := range x.order {
			ok, err := f.send(x, f, c)
			if !ok {
				continue
			}
			taken = true
			if err != nil {
				x.end(c, Rejected, err.Error())
			} else {
				c.sent = now
				x.move(c, Sent)
			}
			break
		}
		if !taken {
			x.end(c, Rejected, "no connected department takes this order")
		}
	}
	return nil
}

// Command returns a command by its id, nil if there is none.
func (x *Exchange) Command(id string) *Command { return x.commands[id] }

func (x *Exchange) move(c *Command, s CommandState) {
	c.state = s
	// Of a stage request only the order and where it ends are written down.
	if c.Stage == nil || c.ended() {
		x.changes = append(x.changes, x.entity(c))
	}
}

func (x *Exchange) end(c *Command, s CommandState, reason string) {
	if c.ended() {
		return
	}
	c.reason = reason
	x.move(c, s)
}

// acknowledge notes a department's answer: nil is yes.
func (x *Exchange) acknowledge(c *Command, err error) {
	if c == nil || c.ended() {
		return
	}
	if err != nil {
		x.end(c, Rejected, err.Error())
	} else if c.state == Sent {
		x.move(c, Acknowledged)
	}
}

// followUp looks for what commands achieved in the feeds, and ends those that time has overtaken.
func (x *Exchange) followUp() error {
	snap := x.main.Snapshot()
	kept := x.open[:0]
	for _, c := range x.open {
		if !c.ended() {
			switch seen, contrary := x.shows(snap, c); {
			case seen:
				x.end(c, Seen, "")
			case contrary && x.now.Sub(c.sent) > patience:
				x.end(c, Contradicted, "the feed shows another state")
			case !x.now.Before(c.Until):
				x.end(c, Expired, "not seen in the feed in time")
			}
		}
		if !c.ended() {
			kept = append(kept, c)
		} else if c.Stage != nil {
			delete(x.commands, c.ID)
		}
	}
	x.open = kept
	return nil
}

// shows reports whether the feed shows what c ordered, and whether it shows, since c was sent, something else.
func (x *Exchange) shows(s twin.Snapshot, c *Command) (seen, contrary bool) {
	number := func(urn, attr string, want float64) (bool, bool) {
		e, ok := s.Get(urn)
		if !ok {
			return false, false
		}
		v, ok := e.Number(attr)
		if !ok || !e.ObservedAt(attr).After(c.sent) {
			return false, false
		}
		return v == want, v != want
	}
	text := func(urn, attr, want string) (bool, bool) {
		e, ok := s.Get(urn)
		if !ok {
			return false, false
		}
		v, ok := e.Text(attr)
		if !ok || !e.ObservedAt(attr).After(c.sent) {
			return false, false
		}
		return v == want, v != want
	}
	switch {
	case c.Pump != nil:
		want := float64(c.Pump.Units)
		if c.Pump.Local {
			want = -1
		}
		return number(URN("PumpStation", c.Pump.ID), "order", want)
	case c.Gate != nil:
		want := c.Gate.Opening
		if c.Gate.Local {
			want = -1
		}
		return number(URN("FloodGate", c.Gate.ID), "order", want)
	case c.Stage != nil:
		return number(URN("TrafficSignal", x.city.Signals[c.Stage.Junction].ID), "stage", float64(c.Stage.Stage))
	case c.Dispatch != nil:
		return text(URN("EmergencyVehicle", c.Dispatch.Unit), "call", c.Dispatch.Call)
	case c.Recall != nil:
		leaves, stays := text(URN("EmergencyVehicle", c.Recall.Unit), "call", c.Recall.Call)
		return stays, leaves // any other call than that, or none
	case c.Bring != nil:
		return text(URN("EmergencyVehicle", c.Bring.Unit), "hospital", c.Bring.Hospital)
	case c.Aid != nil:
		asked, other := text(URN("EmergencyCall", c.Aid.Call), "aid", "asked")
		return asked || other, false // or answered already
	case c.Handle != nil:
		return text(URN("EmergencyCall", c.Handle.Call), "status", string(c.Handle.Path))
	case c.Station != nil:
		return text(URN("EmergencyVehicle", c.Station.Unit), "station", c.Station.Station)
	case c.Closure != nil:
		want := 0.0
		if c.Closure.Closed {
			want = 1
		}
		return number(URN("RoadClosure", c.Closure.Link), "closed", want)
	case c.Plan != nil, c.Alert != nil, c.Repair != nil:
		return c.state == Acknowledged, false // the answer is all that the protocol has
	}
	return false, false
}

var errRefused = errors.New("the department refused it")
