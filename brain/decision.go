package brain

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
)

// An Effect is a difference between two branches with its spread; of an alert, the depth that it warns of.
type Effect struct {
	Unit string  `json:"unit"` // fen, s or min (of travel, summed), or m
	Mean float64 `json:"mean"`
	P05  float64 `json:"p05"`
	P95  float64 `json:"p95"`
}

// A Decision is a choice with what was known, what is expected of it and what came.
type Decision struct {
	ID       string      `json:"id"`
	Kind     string      `json:"kind"` // water, signals, closure, alert, dispatch, corridor, unit, evacuation
	Title    city.Text   `json:"title"`
	Why      city.Text   `json:"why"`
	IfNot    city.Text   `json:"ifnot"`
	State    string      `json:"state"` // a command's states
	Made     time.Time   `json:"made"`
	Deadline time.Time   `json:"deadline"`
	By       string      `json:"by"`
	At       *[2]float64 `json:"at,omitempty"` // lon, lat
	Base     string      `json:"base"`         // branch without it
	With     string      `json:"with"`         // branch with it
	Expected *Effect     `json:"expected,omitempty"`
	Came     *Effect     `json:"came,omitempty"`
	Knew     uint64      `json:"knew"` // position of main's log that it was made on
	// Choices of a dispatch: the unit that goes and the two runners-up.
	Choices []DispatchChoice `json:"choices,omitempty"`
	// Leaving is who should leave, of an evacuation.
	Leaving []EvacuationStep `json:"leaving,omitempty"`

	orders  []exchange.Command
	sent    []*exchange.Command
	judge   func(b *Brain, snap twin.Snapshot) *Effect // what came, once Horizon is over
	after   time.Time
	undo    func(b *Brain, by string) // where it can be stopped once it is carried out, in a person's name
	subject string                    // what it is about, so that nothing is asked twice
}

var errNoDecision = errors.New("there is no such decision")

// ErrNotOpen is returned for a verdict on a decision that is not waiting for one.
var ErrNotOpen = errors.New("the decision is not open")

// decide records a decision; what the brain may do alone it carries out at once.
func (b *Brain) decide(d *Decision) {
	b.ids++
	d.ID = fmt.Sprintf("%s-%s-%04d", d.Kind, b.now.UTC().Format("0102T1504"), b.ids)
	d.Made, d.State, d.Knew = b.now, string(exchange.Proposed), uint64(b.main.Position())
	b.decisions = append(b.decisions, d)
	b.byID[d.ID] = d
	if b.level(d.Kind) != Propose && !b.halted {
		b.carryOut(d, ownName)
	}
	b.record(d)
}

// record writes a decision to the twin. It is the brain's own word, and kept as a deliberate edit.
func (b *Brain) record(d *Decision) {
	body, err := json.Marshal(d)
	if err != nil {
		panic("brain: a decision that JSON can't hold: " + err.Error())
	}
	ch := twin.Set(exchange.URN("Decision", d.ID), "Decision", twin.JSON("decision", json.RawMessage(body)), twin.Text("state", d.State, b.now))
	ch.Origin = twin.Edit
	// A decision that can't be recorded is found at the next commit of the exchange, which fails in the same way.
	if _, err := b.main.Apply(ch); err != nil {
		d.Why.En += " (not recorded: " + err.Error() + ")"
	}
}

func (b *Brain) carryOut(d *Decision, by string) {
	d.State, d.By = string(exchange.Approved), by
	for _, o := range d.orders {
		o.Decision, o.Principal = d.ID, by
		d.sent = append(d.sent, b.command(o))
	}
}

// Verdict approves or refuses an open decision in the name of a person. Its commands go out with the next tick.
func (b *Brain) Verdict(id string, approve bool, by string) error {
	d := b.byID[id]
	if d == nil {
		return fmt.Errorf("decision %q: %w", id, errNoDecision)
	}
	if !approve && d.undo != nil && b.level(d.Kind) == Veto && d.State != string(exchange.Rejected) {
		d.undo(b, by)
		d.undo, d.State, d.By = nil, string(exchange.Rejected), by
		b.record(d)
		return nil
	}
	if d.State != string(exchange.Proposed) {
		return fmt.Errorf("decision %q is %s: %w", id, d.State, ErrNotOpen)
	}
	if approve {
		b.carryOut(d, by)
	} else {
		d.State, d.By = string(exchange.Rejected), by
	}
	b.record(d)
	return nil
}

// expire lets what nobody decided lapse at its deadline, and follows the commands of what was decided.
func (b *Brain) expire() {
	for _, d := range b.decisions {
		was := d.State
		switch exchange.CommandState(d.State) {
		case exchange.Proposed:
			if !b.now.Before(d.Deadline) {
				d.State = string(exchange.Expired)
			}
		case exchange.Approved, exchange.Sent, exchange.Acknowledged:
			d.State = furthest(d)
		}
		if d.State != was {
			b.record(d)
		}
	}
}

// furthest is the state of a decision by its commands: the worst end, or the least advanced.
func furthest(d *Decision) string {
	rank := map[exchange.CommandState]int{exchange.Approved: 0, exchange.Sent: 1, exchange.Acknowledged: 2, exchange.Seen: 3}
	least, state := 9, exchange.CommandState(d.State)
	for _, c := range d.sent {
		s, _ := c.State()
		switch s {
		case exchange.Rejected, exchange.Contradicted, exchange.Expired:
			return string(s)
		case "":
			s = exchange.Approved
		}
		if rank[s] < least {
			least, state = rank[s], s
		}
	}
	return string(state)
}

// outcomes asks what came of decisions whose horizon is over.
func (b *Brain) outcomes(snap twin.Snapshot) {
	for _, d := range b.decisions {
		if d.judge == nil || d.Came != nil || b.now.Before(d.after) {
			continue
		}
		switch exchange.CommandState(d.State) {
		case exchange.Seen, exchange.Acknowledged, exchange.Sent:
			if d.Came = d.judge(b, snap); d.Came != nil {
				b.record(d)
			}
		}
		d.judge = nil
	}
}

// Decisions returns all decisions, oldest first. Read them between ticks.
func (b *Brain) Decisions() []*Decision { return b.decisions }

// Open returns the decisions that wait for a person.
func (b *Brain) Open() []*Decision {
	var open []*Decision
	for _, d := range b.decisions {
		if d.State == string(exchange.Proposed) {
			open = append(open, d)
		}
	}
	return open
}

// effect summarises the differences base − with of paired members.
func effect(unit string, base, with []float64) *Effect {
	diff := make([]float64, len(base))
	for i := range base {
		diff[i] = base[i] - with[i]
	}
	return &Effect{Unit: unit, Mean: mean(diff), P05: quantile(diff, 0.05), P95: quantile(diff, 0.95)}
}
