package ngsild

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"citybrain/policy"
)

// Config is how the API works.
type Config struct {
	Notify []string         // hosts (name or address, without port) that may be notified besides this machine's loopback
	Log    *slog.Logger     // nil: slog.Default()
	Now    func() time.Time // the wall clock, for subscriptions; nil: time.Now
}

// An API answers NGSI-LD requests below /ngsi-ld/v1/.
type API struct {
	policy *policy.Policy
	cfg    Config
	mux    *http.ServeMux
	subs   *subscriptions
}

// maxBody bounds a request's body.
const maxBody = 1 << 20

// New makes the API over a policy's twin, reads the subscriptions that are kept and begins to serve them, until ctx ends or
// the twin is closed.
func New(ctx context.Context, p *policy.Policy, cfg Config) *API {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &API{policy: p, cfg: cfg, mux: http.NewServeMux()}
	a.subs = newSubscriptions(ctx, p, cfg)
	routes := map[string]func(*request) error{
		"POST /ngsi-ld/v1/entities":                     a.createEntity,
		"GET /ngsi-ld/v1/entities":                      a.queryEntities,
		"GET /ngsi-ld/v1/entities/{id}":                 a.retrieveEntity,
		"DELETE /ngsi-ld/v1/entities/{id}":              a.deleteEntity,
		"POST /ngsi-ld/v1/entities/{id}/attrs":          a.appendAttributes,
		"PATCH /ngsi-ld/v1/entities/{id}/attrs":         a.updateAttributes,
		"PATCH /ngsi-ld/v1/entities/{id}/attrs/{attr}":  a.updateAttribute,
		"DELETE /ngsi-ld/v1/entities/{id}/attrs/{attr}": a.deleteAttribute,
		"GET /ngsi-ld/v1/types":                         a.listTypes,
		"POST /ngsi-ld/v1/subscriptions":                a.createSubscription,
		"GET /ngsi-ld/v1/subscriptions":                 a.listSubscriptions,
		"GET /ngsi-ld/v1/subscriptions/{id}":            a.retrieveSubscription,
		"PATCH /ngsi-ld/v1/subscriptions/{id}":          a.updateSubscription,
		"DELETE /ngsi-ld/v1/subscriptions/{id}":         a.deleteSubscription,
	}
	for pattern, h := range routes {
		a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			q := &request{Request: r, w: w, who: policy.From(r.Context()), query: r.URL.Query()}
			err := q.prepare()
			if err == nil {
				err = h(q)
			}
			if err != nil {
				a.fail(w, r, err)
			}
		})
	}
	a.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		offered := slices.Sorted(maps.Keys(routes))
		a.fail(w, r, newProblem(http.StatusUnprocessableEntity, "OperationNotSupported", "%s %s is not offered; there are: %s", r.Method, r.URL.Path, strings.Join(offered, ", ")))
	})
	return a
}

func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }

// A request is one request with what all routes want to know of it.
type request struct {
	*http.Request
	w      http.ResponseWriter
	who    policy.Principal
	query  url.Values
	branch string
	ld     bool // the answer is application/ld+json
}

func (q *request) prepare() error {
	if q.who.Role == "" {
		return newProblem(http.StatusUnauthorized, "", "log in first")
	}
	if q.Header.Get("NGSILD-Tenant") != "" {
		return newProblem(http.StatusNotImplemented, "NoMultiTenantSupport", "there are no tenants here; citybrain-branch names a branch")
	}
	if _, err := url.ParseQuery(q.URL.RawQuery); err != nil {
		return badRequest("query: %v", err)
	}
	if q.branch = q.query.Get("citybrain-branch"); q.branch == "" {
		q.branch = q.Header.Get("citybrain-branch")
	}
	accept := q.Header.Get("Accept")
	switch {
	case accept == "", strings.Contains(accept, "application/json"):
	case strings.Contains(accept, "application/ld+json"):
		q.ld = true
	case !strings.Contains(accept, "*/*") && !strings.Contains(accept, "application/*"):
		return newProblem(http.StatusNotAcceptable, "", "Accept: %s; there are application/json and application/ld+json", accept)
	}
	return nil
}

// only refuses parameters that a route does not know: a filter that is not applied answers what was not asked.
func (q *request) only(known ...string) error {
	for k, v := range q.query {
		if k != "citybrain-branch" && k != "local" && !slices.Contains(known, k) {
			return badRequest("parameter %q is not offered here; there are %s", k, strings.Join(known, ", "))
		}
		if len(v) > 1 {
			return badRequest("parameter %q is given %d times", k, len(v))
		}
	}
	return nil
}

// body reads the request's body as a JSON object, and its context.
func (q *request) body() (map[string]json.RawMessage, terms, error) {
	kind, _, _ := strings.Cut(q.Header.Get("Content-Type"), ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if kind != "application/json" && kind != "application/ld+json" && kind != "application/merge-patch+json" {
		return nil, nil, newProblem(http.StatusUnsupportedMediaType, "", "Content-Type %q; give application/json or application/ld+json", kind)
	}
	b, err := io.ReadAll(http.MaxBytesReader(q.w, q.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, nil, newProblem(http.StatusRequestEntityTooLarge, "", "a body of more than %d bytes", maxBody)
	} else if err != nil {
		return nil, nil, badRequest("body: %v", err)
	}
	m, err := object(b, "the body")
	if err != nil {
		return nil, nil, err
	}
	links, err := linkContext(q.Header.Values("Link"))
	if err != nil {
		return nil, nil, err
	}
	inline, has := m["@context"]
	switch {
	case kind == "application/ld+json" && !has:
		return nil, nil, badData("application/ld+json without @context")
	case kind != "application/ld+json" && has:
		return nil, nil, badData("@context in %s; it belongs into a Link header, or the body is application/ld+json", kind)
	case has:
		delete(m, "@context")
		t, err := readContext(inline)
		return m, t, err
	}
	return m, links, nil
}

// view reads the branch of the request as its principal may.
func (a *API) view(q *request) (policy.View, error) {
	return a.policy.View(q.who, policy.Purpose(q.Header.Get("citybrain-purpose")), q.branch)
}

// answer writes an entity, or a list of them, or whatever has members, with its context in the body or in a Link.
func (q *request) answer(status int, v any) error {
	if q.ld {
		switch v := v.(type) {
		case map[string]any:
			v["@context"] = coreContext
		case []map[string]any:
			for _, m := range v {
				m["@context"] = coreContext
			}
		}
		q.w.Header().Set("Content-Type", "application/ld+json")
	} else {
		q.w.Header().Add("Link", coreLink)
		q.w.Header().Set("Content-Type", "application/json")
	}
	q.w.Header().Set("Cache-Control", "no-store")
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	q.w.WriteHeader(status)
	q.w.Write(b)
	return nil
}

func (q *request) done() error {
	q.w.WriteHeader(http.StatusNoContent)
	return nil
}

// options reads the parameters options and format.
func (q *request) representation(t terms) (*representation, error) {
	r := &representation{}
	for _, name := range []string{"options", "format"} {
		for o := range strings.SplitSeq(q.query.Get(name), ",") {
			switch {
			case o == "" || o == "normalized":
			case o == "keyValues" || o == "simplified":
				r.keyValues = true
			case o == "sysAttrs" && name == "options":
				r.sysAttrs = true
			default:
				return nil, badRequest("%s %q: there are keyValues (simplified), normalized and, of options, sysAttrs", name, o)
			}
		}
	}
	if !q.query.Has("attrs") {
		return r, nil
	}
	var err error
	r.attrs, err = names(q.query.Get("attrs"), t)
	return r, err
}

// names expands a list of names.
func names(list string, t terms) ([]string, error) {
	var out []string
	for name := range strings.SplitSeq(list, ",") {
		n, err := t.expand(name)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}
