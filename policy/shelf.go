package policy

import (
	"encoding/json"
	"fmt"
	"strings"

	"citybrain/twin"
)

// A Subscription is what somebody asked to have sent, as it is kept: a logged change of main that no view shows.
type Subscription struct {
	ID    string // urn:ngsi-ld:Subscription:…
	Owner string // the name of who made it: see Named
	Body  json.RawMessage
}

// Subscriptions lists what is kept, by id.
func (p *Policy) Subscriptions() []Subscription {
	var list []Subscription
	for e := range p.twin.Main().Snapshot().Query(twin.Query{Types: []string{shelfType}}) {
		s := Subscription{ID: e.ID}
		s.Owner, _ = e.Text("owner")
		if a, ok := e.Attribute("subscription"); ok {
			s.Body, _ = a.Any().(json.RawMessage)
		}
		list = append(list, s)
	}
	return list
}

// KeepSubscription makes a subscription durable, new or in place of what it was. Its owner must exist: what is kept for a name
// that is gone would be the next one's of this name.
func (p *Policy) KeepSubscription(s Subscription) error {
	if !strings.HasPrefix(s.ID, idPrefix+shelfType+":") {
		return fmt.Errorf("subscription %q: %w: its id begins with %s%s:", s.ID, ErrInvalid, idPrefix, shelfType)
	}
	p.write.Lock()
	defer p.write.Unlock()
	if _, ok := p.Named(s.Owner); !ok {
		return fmt.Errorf("subscription %s: its owner %q %w", s.ID, s.Owner, ErrAbsent)
	}
	c := twin.Set(s.ID, shelfType, twin.JSON("subscription", s.Body), twin.Text("owner", s.Owner, noTime))
	c.Origin = twin.Edit
	if _, err := p.twin.Main().Apply(c); err != nil {
		return fmt.Errorf("subscription %s: %w", s.ID, err)
	}
	return nil
}

// DropSubscription removes a subscription.
func (p *Policy) DropSubscription(id string) error {
	if _, err := p.twin.Main().Apply(twin.Delete(id)); err != nil {
		return fmt.Errorf("subscription %s: %w", id, err)
	}
	return nil
}

// Named returns the principal of a name as it is now: a user, or who acts here without logging in. False if there is none any more.
func (p *Policy) Named(name string) (Principal, bool) {
	if l := p.opt.Local; l != nil && l.Name == name {
		return *l, true
	}
	u, ok := p.user(name)
	return u.Principal, ok
}

// HasSubscription reports whether a subscription is still kept.
func (p *Policy) HasSubscription(id string) bool {
	_, ok := p.twin.Main().Snapshot().Get(id)
	return ok
}
