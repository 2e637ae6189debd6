package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"citybrain/exchange"
	"citybrain/policy"
	"citybrain/twin"
)

// cookie holds a session's token. A script can't read it, and no other site's page can send it.
const cookie = "citybrain_session"

// Provides lists the entity types that each connected department provides, for policy.Options.
func Provides() map[string][]string {
	m := map[string][]string{}
	for _, c := range exchange.Contracts() {
		m[c.Department] = nil
	}
	for typ, feed := range reporters {
		dep, _, _ := strings.Cut(feed, "/")
		m[dep] = append(m[dep], typ)
	}
	return m
}

// Accounts reports whether a twin has users: from the first one on, everybody logs in.
func Accounts(p *policy.Policy) bool {
	list, err := p.Users(policy.Principal{Name: "citybrain", Role: policy.Administrator})
	return err != nil || len(list) > 0
}

var errNobody = errors.New("log in first (POST /api/login)")

// who returns who makes a request: whose session it carries or, while there are no users, who sits at this machine.
func (s *Server) who(r *http.Request) (policy.Principal, error) {
	if token := token(r); token != "" {
		if who, ok := s.policy.Session(token); ok {
			return who, nil
		}
	}
	local := s.policy.Local()
	if local == nil || Accounts(s.policy) {
		return policy.Principal{}, errNobody
	}
	// A page of another site can have its name resolved to this machine (DNS rebinding): then the request comes from here, but
	// not by a name of here. What a proxy passes on comes from somebody else.
	if !loopback(r.RemoteAddr) || !loopback(r.Host) || r.Header.Get("Forwarded") != "" || r.Header.Get("X-Forwarded-For") != "" {
		return policy.Principal{}, fmt.Errorf("%s asks from %s: without users, only this machine is answered, as localhost; add a user: citybrain user add", r.Host, r.RemoteAddr)
	}
	return *local, nil
}

func token(r *http.Request) string {
	if h := r.Header.Get("Authorization"); h != "" {
		t, _ := strings.CutPrefix(h, "Bearer ")
		return t
	}
	if c, err := r.Cookie(cookie); err == nil {
		return c.Value
	}
	return ""
}

// loopback reports whether an address, with or without a port, is this machine's by itself.
func loopback(addr string) bool {
	host := addr
	if h, _, err := net.SplitHostPort(addr); err == nil {
		host = h
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && ip.IsLoopback()
}

// known lets through who may be told anything, with their name in the request's context.
func (s *Server) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := s.who(r)
		switch {
		case err == nil:
		case r.URL.Path == "/metrics" && loopback(r.RemoteAddr) && loopback(r.Host): // counts, for a collector on this machine
		case errors.Is(err, errNobody):
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		default:
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r.WithContext(policy.With(r.Context(), who)))
	})
}

type person struct {
	policy.Principal
	May   []policy.Action `json:"may"`
	Token string          `json:"token,omitempty"`
}

// login opens a session: a cookie for browsers, the same token in the answer for others.
func (s *Server) login(w http.ResponseWriter, r *http.Request) {
	var q struct{ Name, Password string }
	if !read(w, r, &q) {
		return
	}
	from, _, _ := net.SplitHostPort(r.RemoteAddr)
	t, who, err := s.policy.Login(q.Name, q.Password, from)
	if err != nil {
		s.cfg.Log.Warn("login refused", "from", from) // no name: people type passwords there
		fail(w, err)
		return
	}
	s.cfg.Log.Info("login", "name", who.Name, "role", who.Role, "from", from)
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: t, Path: "/", MaxAge: int(policy.Lifetime.Seconds()), HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
	answer(w, person{who, who.May(), t})
}

func (s *Server) logout(w http.ResponseWriter, r *http.Request) {
	s.policy.Logout(token(r))
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil})
	w.WriteHeader(http.StatusNoContent)
}

// me answers who is logged in; 404 where nobody needs to.
func (s *Server) me(w http.ResponseWriter, r *http.Request) {
	if !Accounts(s.policy) {
		http.Error(w, "there are no users: whoever sits at this machine may do everything", http.StatusNotFound)
		return
	}
	who := policy.From(r.Context())
	answer(w, person{Principal: who, May: who.May()})
}

// read takes a request's JSON; it answers what can't be read itself.
func read(w http.ResponseWriter, r *http.Request, v any) bool {
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<10))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		http.Error(w, r.URL.Path+": the body: "+err.Error(), http.StatusBadRequest)
		return false
	}
	return true
}

// fail answers an error with the status that it stands for.
func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var denied *policy.Denied
	var conflict *twin.ConflictError
	switch {
	case errors.As(err, &denied) && denied.Who.Role == "", errors.Is(err, policy.ErrLogin):
		status = http.StatusUnauthorized
	case errors.As(err, &denied):
		status = http.StatusForbidden
	case errors.Is(err, policy.ErrTries):
		status = http.StatusTooManyRequests
	case errors.Is(err, policy.ErrAbsent):
		status = http.StatusNotFound
	case errors.Is(err, policy.ErrInvalid):
		status = http.StatusBadRequest
	case errors.Is(err, policy.ErrTaken), errors.Is(err, twin.ErrBranch), errors.As(err, &conflict):
		status = http.StatusConflict
	}
	http.Error(w, err.Error(), status)
}
