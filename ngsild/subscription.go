package ngsild

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"citybrain/policy"
	"citybrain/twin"
)

// subscriptionPrefix begins every subscription's id: package policy hides what begins so.
const subscriptionPrefix = "urn:ngsi-ld:Subscription:"

// kept is a subscription as the log has it: what its maker said, to be read again at the next start.
type kept struct {
	Made    time.Time                  `json:"made"`
	Changed time.Time                  `json:"changed"`
	Terms   terms                      `json:"terms,omitempty"` // of the maker's context
	Members map[string]json.RawMessage `json:"members"`
}

// A spec is what a subscription asks for; immutable.
type spec struct {
	kept
	entities   []selector // any of them; nil: all
	watched    []string   // nil: every attribute
	q          filter
	geo        *geoQuery
	throttling time.Duration
	expires    time.Time
	active     bool
	endpoint   *url.URL
	ld         bool // application/ld+json is what the endpoint takes
	shape      representation
}

// A selector picks entities by type and, if there are any, ids or a pattern of ids.
type selector struct {
	types, ids []string
	pattern    *regexp.Regexp
}

func (s *selector) takes(id string) bool {
	return (s.ids == nil || slices.Contains(s.ids, id)) && (s.pattern == nil || s.pattern.MatchString(id))
}

// members reads the members of an object into what into has for them, and refuses all others, and null.
func members(raw json.RawMessage, what string, into map[string]any) error {
	m, err := object(raw, what)
	if err != nil {
		return err
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		to, ok := into[k]
		if !ok {
			return badData("%s: member %q is not offered here; there are %s", what, k, strings.Join(slices.Sorted(maps.Keys(into)), ", "))
		}
		if err := json.Unmarshal(m[k], to); err != nil || bytes.Equal(m[k], []byte("null")) {
			return badData("%s: %s can't be %.40s", what, k, m[k])
		}
	}
	return nil
}

// texts is a string, or an array of them.
type texts []string

func (t *texts) UnmarshalJSON(b []byte) error {
	if b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(t))
	}
	*t = texts{""}
	return json.Unmarshal(b, &(*t)[0])
}

func expandAll(list []string, t terms) ([]string, error) {
	var out []string
	for _, name := range list {
		n, err := t.expand(name)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// maxThrottling is about a year, in seconds.
const maxThrottling = 3.2e7

func readSpec(k kept) (*spec, error) {
	s := &spec{kept: k, active: true}
	all, err := json.Marshal(k.Members)
	if err != nil {
		return nil, err
	}
	var typ, name, q string
	var throttling float64
	var entities []json.RawMessage
	var expires, geoQ, notification json.RawMessage
	err = members(all, "subscription", map[string]any{"type": &typ, "subscriptionName": &name, "description": &name, "entities": &entities, "watchedAttributes": &s.watched,
		"q": &q, "geoQ": &geoQ, "throttling": &throttling, "expiresAt": &expires, "isActive": &s.active, "notification": &notification})
	switch {
	case err != nil:
		return nil, err
	case typ != "Subscription":
		return nil, badData("subscription: its type is Subscription, not %q", typ)
	case entities == nil && s.watched == nil:
		return nil, badData("subscription: give entities, watchedAttributes or both")
	case entities != nil && len(entities) == 0, s.watched != nil && len(s.watched) == 0:
		return nil, badData("subscription: entities and watchedAttributes are not empty")
	case !(throttling >= 0 && throttling <= maxThrottling):
		return nil, badData("subscription: throttling of %g s; give 0 to %g", throttling, maxThrottling)
	case notification == nil:
		return nil, badData("subscription: notification is missing")
	}
	s.throttling = time.Duration(throttling * float64(time.Second))
	if expires != nil {
		if s.expires, err = readTime(expires); err != nil {
			return nil, badData("subscription: expiresAt %v", err)
		}
	}
	for _, raw := range entities {
		e, err := readSelector(raw, k.Terms)
		if err != nil {
			return nil, err
		}
		s.entities = append(s.entities, e)
	}
	if s.watched, err = expandAll(s.watched, k.Terms); err != nil {
		return nil, err
	}
	if _, has := k.Members["q"]; has {
		if s.q, err = parseFilter(q, k.Terms); err != nil {
			return nil, err
		}
	}
	if geoQ != nil {
		if s.geo, err = readGeoQ(geoQ, k.Terms); err != nil {
			return nil, err
		}
	}
	return s, s.readNotification(notification)
}

func readSelector(raw json.RawMessage, t terms) (selector, error) {
	var s selector
	var ids texts
	var typ, pattern string
	err := members(raw, "entities", map[string]any{"id": &ids, "idPattern": &pattern, "type": &typ})
	switch {
	case err != nil:
		return s, err
	case typ == "":
		return s, badData("entities: type is missing")
	case ids != nil && (len(ids) == 0 || slices.ContainsFunc(ids, func(id string) bool { return !uri.MatchString(id) })):
		return s, badData("entities: id %q is not one or more URIs", ids)
	}
	if s.ids = ids; pattern != "" {
		if s.pattern, err = readPattern(pattern); err != nil {
			return s, err
		}
	}
	s.types, err = readTypes(typ, t)
	return s, err
}

// readGeoQ reads a GeoQuery, whose coordinates are an array, or the array as a string.
func readGeoQ(raw json.RawMessage, t terms) (*geoQuery, error) {
	var geometry, georel, property string
	var coordinates json.RawMessage
	err := members(raw, "geoQ", map[string]any{"geometry": &geometry, "georel": &georel, "coordinates": &coordinates, "geoproperty": &property})
	if err != nil {
		return nil, err
	}
	var text string
	if json.Unmarshal(coordinates, &text) == nil {
		coordinates = json.RawMessage(text)
	}
	return newGeoQuery(georel, geometry, coordinates, property, t)
}

func (s *spec) readNotification(raw json.RawMessage) error {
	var attrs []string
	var address, accept string
	var endpoint json.RawMessage
	format := "normalized"
	err := members(raw, "notification", map[string]any{"attributes": &attrs, "format": &format, "endpoint": &endpoint, "sysAttrs": &s.shape.sysAttrs})
	switch {
	case err != nil:
		return err
	case attrs != nil && len(attrs) == 0:
		return badData("notification: attributes is not empty")
	case endpoint == nil:
		return badData("notification: endpoint is missing")
	}
	switch format {
	case "normalized":
	case "keyValues", "simplified":
		s.shape.keyValues = true
	default:
		return badData("notification: format %q; there are normalized and keyValues (simplified)", format)
	}
	if s.shape.attrs, err = expandAll(attrs, s.Terms); err != nil {
		return err
	}
	if err := members(endpoint, "endpoint", map[string]any{"uri": &address, "accept": &accept}); err != nil {
		return err
	}
	switch accept {
	case "", "application/json":
	case "application/ld+json":
		s.ld = true
	default:
		return badData("endpoint: accept %q; there are application/json and application/ld+json", accept)
	}
	s.endpoint, err = readEndpoint(address)
	return err
}

// status is what the subscription is at a time: active, paused or expired.
func (s *spec) status(now time.Time) string {
	switch {
	case !s.expires.IsZero() && !now.Before(s.expires):
		return "expired"
	case !s.active:
		return "paused"
	}
	return "active"
}

// concerns tells, without looking at the entity, whether a change may be one that was asked for.
func (s *spec) concerns(c *twin.Change) bool {
	if s.watched != nil && !slices.ContainsFunc(c.Attrs, func(a twin.Attribute) bool { return slices.Contains(s.watched, a.Name) }) {
		return false
	}
	return s.entities == nil || slices.ContainsFunc(s.entities, func(x selector) bool { return x.takes(c.ID) })
}

// matches reports whether an entity is one to notify of after a change. Of what is hidden from the reader, and of a late value,
// nothing has changed.
func (s *spec) matches(e *policy.Entity, c *twin.Change) bool {
	changed := slices.ContainsFunc(c.Attrs, func(x twin.Attribute) bool {
		now, ok := e.Instance(x.Name, x.Dataset)
		return ok && !now.RecordedAt().Before(x.RecordedAt()) && !earlier(&now, &x) && (s.watched == nil || slices.Contains(s.watched, x.Name))
	})
	if !changed || s.q != nil && !s.q.matches(e) || s.geo != nil && !s.geo.matches(e) {
		return false
	}
	return s.entities == nil || slices.ContainsFunc(s.entities, func(x selector) bool {
		return x.takes(e.ID) && slices.ContainsFunc(x.types, func(t string) bool { return slices.Contains(e.Types, t) })
	})
}

// earlier reports whether x is a late value beside now, which was recorded in the same instant.
func earlier(now, x *twin.Attribute) bool {
	return now.RecordedAt().Equal(x.RecordedAt()) && !x.ObservedAt().IsZero() && x.ObservedAt().Before(now.ObservedAt())
}

// answer returns the subscription as it is answered, with names as the twin has them.
func (s *spec) answer(id string, now time.Time, sysAttrs bool, c counters) map[string]any {
	m := map[string]any{"id": id, "status": s.status(now), "isActive": s.active}
	for k, raw := range s.Members {
		m[k] = raw
	}
	if s.entities != nil {
		list := []map[string]any{}
		for _, x := range s.entities {
			e := map[string]any{"type": strings.Join(x.types, ",")}
			if len(x.ids) == 1 {
				e["id"] = x.ids[0]
			} else if x.ids != nil {
				e["id"] = x.ids
			}
			if x.pattern != nil {
				e["idPattern"] = x.pattern.String()
			}
			list = append(list, e)
		}
		m["entities"] = list
	}
	if s.watched != nil {
		m["watchedAttributes"] = s.watched
	}
	if sysAttrs {
		m["createdAt"], m["modifiedAt"] = s.Made.Format(timeFormat), s.Changed.Format(timeFormat)
	}
	accept, format := "application/json", "normalized"
	if s.ld {
		accept = "application/ld+json"
	}
	if s.shape.keyValues {
		format = "keyValues"
	}
	n := map[string]any{"endpoint": map[string]any{"uri": s.endpoint.String(), "accept": accept}, "format": format}
	if s.shape.attrs != nil {
		n["attributes"] = s.shape.attrs
	}
	if s.shape.sysAttrs {
		n["sysAttrs"] = true
	}
	c.into(n)
	m["notification"] = n
	return m
}

// counters tell what became of a subscription's notifications since the process began.
type counters struct {
	sent, failed           int // posts
	merged, lost, gaps     int // entities, entities, times that changes were not seen
	last, success, failure time.Time
}

func (c *counters) into(n map[string]any) {
	n["timesSent"], n["timesFailed"] = c.sent, c.failed
	n["entitiesMerged"], n["entitiesLost"], n["gaps"] = c.merged, c.lost, c.gaps
	for name, t := range map[string]time.Time{"lastNotification": c.last, "lastSuccess": c.success, "lastFailure": c.failure} {
		if !t.IsZero() {
			n[name] = t.UTC().Format(timeFormat)
		}
	}
	if !c.last.IsZero() {
		n["status"] = "ok"
		if c.failure.After(c.success) {
			n["status"] = "failed"
		}
	}
}

// pause is how long an endpoint is left alone after it failed: a second, then twice as long each time, up to a minute or so.
func pause(failures int) time.Duration {
	if failures == 0 {
		return 0
	}
	return time.Duration(math.Exp2(float64(min(failures-1, 6)))) * time.Second
}
