package ngsild

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"citybrain/policy"
)

// postTimeout is how long an endpoint has for one notification, connecting included.
const postTimeout = 10 * time.Second

// A messenger posts notifications, and only to where its process may be made to.
type messenger struct {
	named  []string          // hosts that may be notified whatever they resolve to
	local  *policy.Principal // who sits at this machine; nil: nobody
	client *http.Client
}

func newMessenger(named []string, local *policy.Principal) *messenger {
	m := &messenger{local: local}
	for _, h := range named {
		m.named = append(m.named, plainHost(strings.Trim(h, "[]")))
	}
	m.client = &http.Client{
		Timeout: postTimeout,
		// No proxy, which would connect in our place; no connection is kept, so that each is looked at and none outlives ctx.
		Transport:     &http.Transport{DialContext: m.dial, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return m
}

func plainHost(h string) string { return strings.ToLower(strings.TrimSuffix(h, ".")) }

// readEndpoint reads an endpoint's address; where it may lie is for mayNotify to say.
func readEndpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, badData("endpoint: %v", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" || len(text) > 2048 {
		return nil, badData("endpoint %q: give http://HOST/PATH or https://HOST/PATH without a name, a password or a fragment", text)
	}
	return u, nil
}

// mayNotify refuses endpoints to which a principal may not make this process speak. Services on the loopback trust whoever
// reaches them, this server perhaps among them: only who sits here and administrators, who command it anyway, may have them called.
func (m *messenger) mayNotify(who policy.Principal, u *url.URL) error {
	host := plainHost(u.Hostname())
	if slices.Contains(m.named, host) {
		return nil
	}
	addr, err := netip.ParseAddr(host)
	loopback := err == nil && addr.Unmap().IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
	switch {
	case !loopback:
		return newProblem(http.StatusForbidden, "", "endpoint: host %s is not among those that may be notified; the server's configuration names them", host)
	case who.Role != policy.Administrator && (m.local == nil || who != *m.local):
		return newProblem(http.StatusForbidden, "", "endpoint: %s is the server's own machine; administrators may have it notified, or the server's configuration names it", host)
	}
	return nil
}

// dial connects to hosts that are named, and otherwise to loopback only, whatever a name resolves to by now.
func (m *messenger) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{}
	if host, _, err := net.SplitHostPort(address); err != nil || !slices.Contains(m.named, plainHost(host)) {
		d.Control = func(_, resolved string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(resolved)
			if err != nil || !a.Addr().Unmap().IsLoopback() {
				return fmt.Errorf("%s resolves to %s, which is not loopback", address, resolved)
			}
			return nil
		}
	}
	return d.DialContext(ctx, network, address)
}

// post sends one notification, once.
func (m *messenger) post(ctx context.Context, u *url.URL, ld bool, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", "citybrain")
	if r.Header.Set("Content-Type", "application/json"); ld {
		r.Header.Set("Content-Type", "application/ld+json")
	} else {
		r.Header.Set("Link", coreLink)
	}
	answer, err := m.client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	io.CopyN(io.Discard, answer.Body, 4096)
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("%s answers %s", u.Host, answer.Status)
	}
	return nil
}
