package policy

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"time"
)

// Lifetime is how long a session lasts after its login.
const Lifetime = 12 * time.Hour

// Limits of logins that failed, within a window: one name from one address, and one address with any name. Names are not
// limited across addresses: whoever could lock the duty officer out would have half of what they want.
const (
	triesOfName    = 5
	triesOfAddress = 30
	triesWindow    = 15 * time.Minute
	maxTries       = 20_000 // names and addresses that are remembered
	maxSessions    = 10_000
)

// ErrLogin is wrapped by the error of a login whose name or password is wrong; it does not say which.
var ErrLogin = errors.New("name or password is wrong")

// ErrTries is wrapped by the error of a login that was not looked at, after too many that failed.
var ErrTries = errors.New("too many logins failed")

type session struct {
	name  string
	hash  string // the user's password hash at login: another one ends the session
	until time.Time
}

type tries struct {
	count int
	since time.Time
}

// Login returns a session's token for a name and a password. from is the address of who asks.
func (p *Policy) Login(name, password, from string) (token string, who Principal, err error) {
	name = name[:min(len(name), 256)]
	from = network(from)
	keys := []string{"name " + from + " " + name, "from " + from}
	// A try counts before it is looked at: else many at once would all be looked at.
	if err := p.try(keys); err != nil {
		return "", Principal{}, err
	}
	u, ok := p.user(name)
	hash := u.hash
	if !ok {
		hash = p.nobodysHash()
	}
	p.hashing <- struct{}{} // a flood of logins must not take the city's processors
	right := matches(hash, password[:min(len(password), maxPassword+1)])
	<-p.hashing
	if !ok || !right {
		return "", Principal{}, fmt.Errorf("login as %q: %w", name, ErrLogin)
	}
	b := make([]byte, 32)
	rand.Read(b)
	token = base64.RawURLEncoding.EncodeToString(b)
	now := p.opt.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range keys {
		if t := p.tries[k]; t != nil {
			t.count-- // this one was no failure
		}
	}
	delete(p.tries, keys[0])
	for k, s := range p.sessions {
		if !now.Before(s.until) {
			delete(p.sessions, k)
		}
	}
	if len(p.sessions) >= maxSessions {
		return "", Principal{}, fmt.Errorf("login as %q: %d sessions are open; let some end first", name, len(p.sessions))
	}
	p.sessions[sha256.Sum256([]byte(token))] = session{name, u.hash, now.Add(Lifetime)}
	return token, u.Principal, nil
}

// network is what a host's address counts as: of IPv6 its /64, of which one host has all.
func network(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || !a.Is6() || a.Is4In6() {
		return address
	}
	n, err := a.WithZone("").Prefix(64)
	if err != nil {
		return address
	}
	return n.String()
}

func (p *Policy) try(keys []string) error {
	now := p.opt.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tries) >= maxTries {
		for k, t := range p.tries {
			if now.Sub(t.since) >= triesWindow {
				delete(p.tries, k)
			}
		}
		// Room for the newest: whoever has addresses without end must not lock everybody out.
		for k := range p.tries {
			if len(p.tries) < maxTries {
				break
			}
			delete(p.tries, k)
		}
	}
	for i, limit := range []int{triesOfName, triesOfAddress} {
		if t := p.tries[keys[i]]; t != nil && now.Sub(t.since) < triesWindow && t.count >= limit {
			return fmt.Errorf("login: %w from here; try again in %v", ErrTries, (triesWindow - now.Sub(t.since)).Round(time.Second))
		}
	}
	for _, k := range keys {
		t := p.tries[k]
		if t == nil || now.Sub(t.since) >= triesWindow {
			t = &tries{since: now}
			p.tries[k] = t
		}
		t.count++
	}
	return nil
}

// Session returns whose session a token is, as the user is now. False if the token is unknown or its session has ended. The
// token is found by its SHA-256, so that how long a comparison takes tells nothing of the tokens there are.
func (p *Policy) Session(token string) (Principal, bool) {
	key := sha256.Sum256([]byte(token))
	p.mu.Lock()
	s, ok := p.sessions[key]
	p.mu.Unlock()
	if !ok {
		return Principal{}, false
	}
	u, known := p.user(s.name)
	if !known || u.hash != s.hash || !p.opt.Now().Before(s.until) {
		p.Logout(token)
		return Principal{}, false
	}
	return u.Principal, true
}

// Logout ends a session; an unknown token is none.
func (p *Policy) Logout(token string) {
	p.mu.Lock()
	delete(p.sessions, sha256.Sum256([]byte(token)))
	p.mu.Unlock()
}
