package policy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"citybrain/twin"
)

// Options is how a policy works.
type Options struct {
	Provides map[string][]string // the entity types that each department provides, by the department's id
	Local    *Principal          // who may act without logging in, where the server lets somebody; nil: nobody
	Now      func() time.Time    // the wall clock, for sessions; nil: time.Now
	Rounds   int                 // of PBKDF2; 0: 600,000
}

// A Policy stands between a twin and everybody outside the house. It is safe for concurrent use.
type Policy struct {
	twin *twin.Twin
	opt  Options

	write sync.Mutex // makes looking and then writing one step, among those who write through here

	mu       sync.Mutex // guards the rest
	sessions map[[32]byte]session
	tries    map[string]*tries
	hashing  chan struct{}
}

// New makes the policy of a twin.
func New(t *twin.Twin, opt Options) *Policy {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Rounds == 0 {
		opt.Rounds = rounds
	}
	return &Policy{twin: t, opt: opt, sessions: map[[32]byte]session{}, tries: map[string]*tries{}, hashing: make(chan struct{}, 2)}
}

// Local returns who may act without logging in, nil for nobody.
func (p *Policy) Local() *Principal { return p.opt.Local }

type contextKey struct{}

// With returns a context that carries who asks.
func With(ctx context.Context, who Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, who)
}

// From returns who asks; nobody if the context carries no principal.
func From(ctx context.Context) Principal {
	who, _ := ctx.Value(contextKey{}).(Principal)
	return who
}

func (p *Policy) branch(name string) (*twin.Branch, error) {
	if name == "" {
		return p.twin.Main(), nil
	}
	b, ok := p.twin.Branch(name)
	if !ok {
		return nil, fmt.Errorf("branch %q %w", name, ErrAbsent)
	}
	return b, nil
}

// Write applies changes to a branch ("" is main) in the name of a principal. To main write administrators and, entities of the
// types that they provide, departments; to edited branches analysts, duty officers and administrators; to derived branches
// nobody. A department's values are observations, all others edits. plan sees the branch as the principal does and returns the
// changes; no other Write comes between the two, though a department's feed may.
func (p *Policy) Write(who Principal, branch string, plan func(View) ([]twin.Change, error)) (twin.Position, error) {
	b, err := p.branch(branch)
	if err != nil {
		return 0, err
	}
	action := Fork
	switch {
	case b.Kind() == twin.Derived:
		return 0, &Denied{who, fmt.Sprintf("may not write to branch %s: it is derived, and an engine's; fork main as an edited branch", b.Name())}
	case b == p.twin.Main():
		action = Write
	}
	if err := who.Allow(action); err != nil {
		return 0, err
	}
	p.write.Lock()
	defer p.write.Unlock()
	v, err := p.View(who, Operation, b.Name())
	if err != nil {
		return 0, err
	}
	changes, err := plan(v)
	if err != nil {
		return 0, err
	}
	for i := range changes {
		if err := p.mayWrite(v, &changes[i]); err != nil {
			return 0, err
		}
	}
	return b.Apply(changes...)
}

// ahead is how far a writer's clock may be ahead of the city's.
const ahead = 5 * time.Minute

// mayWrite checks one change and notes where it comes from.
func (p *Policy) mayWrite(v View, c *twin.Change) error {
	types := slices.Clone(c.Types)
	if e, ok := v.snap.Get(c.ID); ok {
		types = append(types, e.Types...)
	}
	if reserved(c.ID) {
		return &Denied{v.who, fmt.Sprintf("may not write %s: the ids of %s are the house's own", c.ID, strings.Join(ours, ", "))}
	}
	c.Origin = twin.Edit
	for i := range c.Attrs {
		// A value from ahead of the city's clock would stand before all that is reported until then.
		if at := c.Attrs[i].ObservedAt(); at.After(v.p.twin.Now().Add(ahead)) {
			return fmt.Errorf("%s of %s: %w: it was observed at %s, and the city's clock is at %s", c.Attrs[i].Name, c.ID, ErrInvalid, at.Format(time.RFC3339), v.p.twin.Now().UTC().Format(time.RFC3339))
		}
	}
	for _, t := range types {
		switch {
		case slices.Contains(ours, t):
			return &Denied{v.who, fmt.Sprintf("may not write entities of type %s: they are the house's own", t)}
		case v.who.Role == Department && !p.provides(v.who, t):
			return &Denied{v.who, fmt.Sprintf("may not write %s on main: department %q provides %s", t, v.who.Department, listed(p.opt.Provides[v.who.Department]))}
		}
		// Whether a hidden attribute is there must not show in what a write answers.
		hidden := p.hiddenAttrs(v.who, v.why, t)
		if c.Op == twin.OpDelete && len(hidden) > 0 {
			return &Denied{v.who, fmt.Sprintf("may not delete entities of type %s: they have attributes that are hidden from this role", t)}
		}
		for _, a := range c.Attrs {
			if slices.Contains(hidden, a.Name) {
				return &Denied{v.who, fmt.Sprintf("may not write %s of %s: it is hidden from this role", a.Name, t)}
			}
		}
	}
	if v.who.Role == Department {
		c.Origin = twin.Observed
	}
	return nil
}

func listed(types []string) string {
	if len(types) == 0 {
		return "nothing"
	}
	return strings.Join(types, ", ")
}

// forkedBy is what a branch's recipe says of who made it.
type forkedBy struct {
	By string `json:"by"`
}

// ForkedBy returns the person who made a branch through Fork, "" if nobody did: the brain's own.
func ForkedBy(b *twin.Branch) string {
	var f forkedBy
	if json.Unmarshal(b.Recipe().Config, &f) != nil {
		return ""
	}
	return f.By
}

// Fork makes a branch off another ("" is main) in the name of a principal.
func (p *Policy) Fork(who Principal, name, from string, kind twin.Kind) (*twin.Branch, error) {
	if err := who.Allow(Fork); err != nil {
		return nil, err
	}
	b, err := p.branch(from)
	if err != nil {
		return nil, err
	}
	if name == "" || len(name) > 100 || name[0] == '-' || strings.HasPrefix(name, "forecast/") || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return nil, fmt.Errorf("branch %q: %w: give up to 100 bytes without blanks that don't begin with - or with forecast/, which is the brain's", name, ErrInvalid)
	}
	config, err := json.Marshal(forkedBy{who.Name})
	if err != nil {
		return nil, err
	}
	return b.Fork(name, twin.ForkOptions{Kind: kind, Recipe: twin.Recipe{Config: config}})
}

// Merge brings a branch's commands and edits into another ("" is main), which it must have been forked from.
func (p *Policy) Merge(who Principal, from, into string) (twin.Position, error) {
	if err := who.Allow(Merge); err != nil {
		return 0, err
	}
	f, err := p.branch(from)
	if err != nil {
		return 0, err
	}
	i, err := p.branch(into)
	if err != nil {
		return 0, err
	}
	p.write.Lock()
	defer p.write.Unlock()
	return twin.Merge(f, i)
}

// Drop ends a branch. A derived branch goes only if a person made it: the brain may still be working on its own.
func (p *Policy) Drop(who Principal, name string) error {
	if err := who.Allow(Fork); err != nil {
		return err
	}
	b, err := p.branch(name)
	if err != nil {
		return err
	}
	if b.Kind() == twin.Derived && ForkedBy(b) == "" {
		return &Denied{who, fmt.Sprintf("may not drop branch %s: the brain made it and drops it itself", name)}
	}
	return p.twin.Drop(b.Name())
}
