package ngsild

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"citybrain/policy"
	"citybrain/twin"
)

// Bounds of what subscriptions may hold.
const (
	maxWaiting       = 1000 // entities of one subscription
	maxOfOwner       = 100  // subscriptions
	maxSubscriptions = 500
	watchBuffer      = 1024 // batches of changes
	maxNotification  = 8 << 20
)

// subscriptions serves what is subscribed to: one goroutine looks at the changes and never waits, one for each subscription posts.
type subscriptions struct {
	policy *policy.Policy
	cfg    Config
	post   *messenger
	ctx    context.Context
	end    context.CancelFunc
	count  atomic.Int32 // len(all), for the writers' side
	work   sync.WaitGroup

	edit sync.Mutex // makes looking and then keeping one step

	mu  sync.Mutex // guards all; no writer of the twin ever takes it
	all map[string]*served
}

// served is one subscription at work.
type served struct {
	id, owner string
	end       context.CancelFunc
	wake      chan struct{}

	mu       sync.Mutex
	spec     *spec
	who      policy.Principal // the owner when the waiting entities were read: as another, they may not be seen
	waiting  map[string]policy.Entity
	order    []string // their ids as they came
	failures int      // in a row
	counters
}

func newSubscriptions(ctx context.Context, p *policy.Policy, cfg Config) *subscriptions {
	ss := &subscriptions{policy: p, cfg: cfg, post: newMessenger(cfg.Notify, p.Local()), all: map[string]*served{}}
	ss.ctx, ss.end = context.WithCancel(ctx)
	// First watch, then read: nothing that changes between the two is missed.
	events := p.Watch(ss.ctx, watchBuffer, func(c *twin.Change) bool { return c.Op == twin.OpSet && ss.count.Load() > 0 })
	for _, k := range p.Subscriptions() {
		var body kept
		err := json.Unmarshal(k.Body, &body)
		if err == nil {
			var s *spec
			if s, err = readSpec(body); err == nil {
				err = ss.serve(k.ID, k.Owner, s)
			}
		}
		if err != nil { // an older or newer release may have taken what this one does not
			cfg.Log.Warn("ngsi-ld subscription is kept, and not served", "id", k.ID, "err", err)
		}
	}
	ss.work.Go(func() {
		defer ss.end() // the twin was closed: nothing will change any more
		ss.watch(events)
	})
	return ss
}

// serve begins to serve a new subscription.
func (ss *subscriptions) serve(id, owner string, s *spec) error {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if ss.ctx.Err() != nil {
		return newProblem(http.StatusServiceUnavailable, "", "the server is about to end")
	}
	ctx, end := context.WithCancel(ss.ctx)
	x := &served{id: id, owner: owner, end: end, wake: make(chan struct{}, 1), spec: s, waiting: map[string]policy.Entity{}}
	ss.all[id] = x
	ss.count.Add(1)
	ss.work.Go(func() { ss.deliver(ctx, x) })
	return nil
}

// forget ends the service of a subscription.
func (ss *subscriptions) forget(id string) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	if x := ss.all[id]; x != nil {
		x.end()
		delete(ss.all, id)
		ss.count.Add(-1)
	}
}

// list returns what is served, by id.
func (ss *subscriptions) list() []*served {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	var list []*served
	for _, id := range slices.Sorted(maps.Keys(ss.all)) {
		list = append(list, ss.all[id])
	}
	return list
}

func (ss *subscriptions) get(id string) *served {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	return ss.all[id]
}

// owner returns who a subscription is served for; false if nobody, or somebody who may not subscribe any more.
func (ss *subscriptions) owner(name string) (policy.Principal, bool) {
	who, ok := ss.policy.Named(name)
	return who, ok && who.Allow(policy.Subscribe) == nil
}

func (ss *subscriptions) watch(events <-chan twin.Event) {
	for ev := range events {
		now := ss.cfg.Now()
		views := map[string]policy.View{} // by owner
		for _, x := range ss.list() {
			s := x.current()
			if s.status(now) != "active" {
				continue
			}
			if ev.Gap() {
				x.gap()
				continue
			}
			for i := range ev.Changes {
				c := &ev.Changes[i]
				if !s.concerns(c) {
					continue
				}
				v, known := views[x.owner]
				if !known {
					if who, ok := ss.owner(x.owner); ok {
						v, _ = ss.policy.View(who, policy.Operation, "") // the error is about branches and purposes, which there are
					}
					views[x.owner] = v
				}
				if v.Principal().Role == "" {
					break
				}
				if e, ok := v.Get(c.ID); ok && s.matches(&e, c) {
					x.offer(e, v.Principal())
				}
			}
		}
	}
}

func (x *served) current() *spec {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.spec
}

func (x *served) change(s *spec) {
	x.mu.Lock()
	x.spec = s
	x.failures = 0
	x.mu.Unlock()
	x.nudge()
}

func (x *served) gap() {
	x.mu.Lock()
	x.gaps++
	x.mu.Unlock()
}

func (x *served) nudge() {
	select {
	case x.wake <- struct{}{}:
	default:
	}
}

// offer lets an entity wait for the next notification.
func (x *served) offer(e policy.Entity, who policy.Principal) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if who != x.who {
		x.lose()
		x.who = who
	}
	_, there := x.waiting[e.ID]
	switch {
	case there:
		x.merged++
	case len(x.order) == maxWaiting:
		x.lost++
		return
	default:
		x.order = append(x.order, e.ID)
	}
	x.waiting[e.ID] = e
	x.nudge()
}

// lose gives up what waits; mu is held.
func (x *served) lose() {
	x.lost += len(x.order)
	x.order = nil
	clear(x.waiting)
}

// delay is how long the next notification has to wait.
func (x *served) delay(now time.Time) time.Duration {
	x.mu.Lock()
	defer x.mu.Unlock()
	if len(x.order) == 0 || x.last.IsZero() {
		return 0
	}
	return max(x.spec.throttling, pause(x.failures)) - now.Sub(x.last)
}

// deliver posts notifications, one after the other, until ctx ends.
func (ss *subscriptions) deliver(ctx context.Context, x *served) {
	var later <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-x.wake:
		case <-later:
		}
		later = nil
		if d := x.delay(ss.cfg.Now()); d > 0 {
			later = time.After(d)
			continue
		}
		ss.notify(ctx, x)
	}
}

// notify posts what waits, if it may still be posted.
func (ss *subscriptions) notify(ctx context.Context, x *served) {
	who, ok := ss.owner(x.owner)
	now := ss.cfg.Now()
	x.mu.Lock()
	s := x.spec
	if !ok || who != x.who || s.status(now) != "active" {
		x.lose()
	}
	var list []policy.Entity
	for _, id := range x.order {
		list = append(list, x.waiting[id])
	}
	x.order = nil
	clear(x.waiting)
	x.mu.Unlock()
	if !ss.policy.HasSubscription(x.id) { // it went with its owner
		ss.forget(x.id)
		return
	}
	if len(list) == 0 {
		return
	}
	body, n, err := notification(x.id, s, now, list)
	if err == nil {
		if err = ss.post.mayNotify(who, s.endpoint); err == nil {
			err = ss.post.post(ctx, s.endpoint, s.ld, body)
		}
	}
	if err != nil && ctx.Err() != nil {
		return
	}
	x.record(ss.cfg.Log, now, len(list), n, err)
}

// record counts what became of a post of n of all entities. Only the first failure in a row is worth a line in the log.
func (x *served) record(log *slog.Logger, at time.Time, all, n int, err error) {
	x.mu.Lock()
	x.lost += all - n
	x.sent++
	x.last = at
	was := x.failures
	if err == nil {
		x.success, x.failures = at, 0
	} else {
		x.failure, x.failures = at, x.failures+1
		x.failed++
		x.lost += n
	}
	x.mu.Unlock()
	switch {
	case err != nil && was == 0:
		log.Warn("ngsi-ld notification", "subscription", x.id, "owner", x.owner, "err", err)
	case err == nil && was > 0:
		log.Info("ngsi-ld notification goes through again", "subscription", x.id, "owner", x.owner, "failures", was)
	}
}

// notification is the body of a post (clause 5.3.1), with the first n entities: as many as there is room for.
func notification(id string, s *spec, at time.Time, list []policy.Entity) (body []byte, n int, err error) {
	data, size := []json.RawMessage{}, 0
	for i := range list {
		m, _ := s.shape.entity(&list[i])
		b, err := json.Marshal(m)
		if err != nil {
			return nil, 0, err
		}
		if size += len(b); size > maxNotification {
			break
		}
		data = append(data, b)
	}
	m := map[string]any{"id": "urn:ngsi-ld:Notification:" + rand.Text(), "type": "Notification", "subscriptionId": id, "notifiedAt": at.UTC().Format(timeFormat), "data": data}
	if s.ld {
		m["@context"] = coreContext
	}
	body, err = json.Marshal(m)
	return body, len(data), err
}

// Wait returns when everything that New began has ended, after its ctx.
func (a *API) Wait() { a.subs.work.Wait() }

// mine returns a subscription that the one who asks may see: the maker and administrators.
func (a *API) mine(q *request) (*served, error) {
	id := q.PathValue("id")
	x := a.subs.get(id)
	if x != nil && !a.policy.HasSubscription(id) {
		a.subs.forget(id)
		x = nil
	}
	if x == nil || x.owner != q.who.Name && q.who.Role != policy.Administrator {
		return nil, notFound("there is no subscription %s", id)
	}
	return x, nil
}

func (a *API) onMain(q *request) error {
	if q.branch != "" && q.branch != "main" {
		return badRequest("citybrain-branch %q: subscriptions are to main", q.branch)
	}
	return nil
}

func (a *API) createSubscription(q *request) error {
	if err := q.only(); err != nil {
		return err
	}
	if err := a.onMain(q); err != nil {
		return err
	}
	if err := q.who.Allow(policy.Subscribe); err != nil {
		return err
	}
	m, t, err := q.body()
	if err != nil {
		return err
	}
	id := subscriptionPrefix + rand.Text()
	if raw, ok := m["id"]; ok {
		if json.Unmarshal(raw, &id) != nil || !uri.MatchString(id) || len(id) > 512 || len(id) <= len(subscriptionPrefix) || id[:len(subscriptionPrefix)] != subscriptionPrefix {
			return badData("subscription: id %.80s; give a URI that begins with %s, or none", raw, subscriptionPrefix)
		}
		delete(m, "id")
	}
	now := a.cfg.Now().UTC()
	k := kept{Made: now, Changed: now, Terms: t, Members: m}
	s, err := readSpec(k)
	if err != nil {
		return err
	}
	if s.status(now) == "expired" {
		return badData("subscription: expiresAt %s is past", s.expires.Format(timeFormat))
	}
	if err := a.subs.post.mayNotify(q.who, s.endpoint); err != nil {
		return err
	}
	a.subs.edit.Lock()
	defer a.subs.edit.Unlock()
	all, own := a.policy.Subscriptions(), 0
	for _, x := range all {
		if x.ID == id {
			return newProblem(http.StatusConflict, "AlreadyExists", "there is a subscription %s", id)
		}
		if x.Owner == q.who.Name {
			own++
		}
	}
	if own >= maxOfOwner || len(all) >= maxSubscriptions {
		return newProblem(http.StatusForbidden, "", "there are %d subscriptions of yours and %d in all; up to %d and %d are served", own, len(all), maxOfOwner, maxSubscriptions)
	}
	if err := a.keep(id, q.who.Name, k); err != nil {
		return err
	}
	a.subs.forget(id) // of a user who was removed, perhaps
	if err := a.subs.serve(id, q.who.Name, s); err != nil {
		return err
	}
	a.wrote(q, id)
	q.w.Header().Set("Location", "/ngsi-ld/v1/subscriptions/"+id)
	q.w.WriteHeader(http.StatusCreated)
	return nil
}

func (a *API) keep(id, owner string, k kept) error {
	body, err := json.Marshal(k)
	if err != nil {
		return err
	}
	return a.policy.KeepSubscription(policy.Subscription{ID: id, Owner: owner, Body: body})
}

func (a *API) listSubscriptions(q *request) error {
	if err := q.only("limit", "offset", "count", "options"); err != nil {
		return err
	}
	if err := a.onMain(q); err != nil {
		return err
	}
	sysAttrs, err := q.sysAttrs()
	if err != nil {
		return err
	}
	p, err := q.page()
	if err != nil {
		return err
	}
	list, total := []map[string]any{}, 0
	for _, x := range a.subs.list() {
		if x.owner != q.who.Name && q.who.Role != policy.Administrator || !a.policy.HasSubscription(x.id) {
			continue
		}
		if total++; p.holds(total - 1) {
			list = append(list, x.answer(a.cfg.Now(), sysAttrs))
		}
	}
	q.pages(p, total)
	return q.answer(http.StatusOK, list)
}

func (q *request) sysAttrs() (bool, error) {
	switch o := q.query.Get("options"); o {
	case "":
		return false, nil
	case "sysAttrs":
		return true, nil
	default:
		return false, badRequest("options %q: there is sysAttrs", o)
	}
}

func (x *served) answer(now time.Time, sysAttrs bool) map[string]any {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.spec.answer(x.id, now, sysAttrs, x.counters)
}

func (a *API) retrieveSubscription(q *request) error {
	if err := q.only("options"); err != nil {
		return err
	}
	if err := a.onMain(q); err != nil {
		return err
	}
	sysAttrs, err := q.sysAttrs()
	if err != nil {
		return err
	}
	x, err := a.mine(q)
	if err != nil {
		return err
	}
	return q.answer(http.StatusOK, x.answer(a.cfg.Now(), sysAttrs))
}

// updateSubscription replaces the members that are given, each as a whole; null takes one away.
func (a *API) updateSubscription(q *request) error {
	if err := q.only(); err != nil {
		return err
	}
	if err := a.onMain(q); err != nil {
		return err
	}
	if err := q.who.Allow(policy.Subscribe); err != nil {
		return err
	}
	m, t, err := q.body()
	if err != nil {
		return err
	}
	a.subs.edit.Lock()
	defer a.subs.edit.Unlock()
	x, err := a.mine(q)
	if err != nil {
		return err
	}
	k := x.current().kept
	k.Changed, k.Members, k.Terms = a.cfg.Now().UTC(), maps.Clone(k.Members), maps.Clone(k.Terms)
	if k.Terms == nil {
		k.Terms = terms{}
	}
	for term, full := range t {
		if was, ok := k.Terms[term]; ok && was != full {
			return badData("@context: %q is %s in this subscription, and what it says can't become %s", term, was, full)
		}
		k.Terms[term] = full
	}
	for member, raw := range m {
		switch v := string(raw); {
		case member == "id" && v != `"`+x.id+`"`:
			return badData("the body is about %s, the address about %s", raw, x.id)
		case member == "id":
		case v == "null" || v == `"`+null+`"`:
			delete(k.Members, member)
		default:
			k.Members[member] = raw
		}
	}
	s, err := readSpec(k)
	if err != nil {
		return err
	}
	// Whoever changes it must not have more sent, or elsewhere, than its owner may.
	owner, ok := a.subs.owner(x.owner)
	if !ok {
		owner = q.who
	}
	if err := a.subs.post.mayNotify(owner, s.endpoint); err != nil {
		return err
	}
	if _, given := m["expiresAt"]; given && s.status(k.Changed) == "expired" {
		return badData("subscription: expiresAt %s is past", s.expires.Format(timeFormat))
	}
	if err := a.keep(x.id, x.owner, k); err != nil {
		return err
	}
	x.change(s)
	a.wrote(q, x.id)
	return q.done()
}

func (a *API) deleteSubscription(q *request) error {
	if err := q.only(); err != nil {
		return err
	}
	if err := a.onMain(q); err != nil {
		return err
	}
	a.subs.edit.Lock()
	defer a.subs.edit.Unlock()
	x, err := a.mine(q)
	if err != nil {
		return err
	}
	if err := a.policy.DropSubscription(x.id); err != nil {
		return err
	}
	a.subs.forget(x.id)
	a.wrote(q, x.id)
	return q.done()
}
