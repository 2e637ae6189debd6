package exchange

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"citybrain/wire"
	"citybrain/wire/http1"
)

// A caller asks one department over HTTP: one request after the other, so that orders arrive as they were given, and exactly
// one answer for each, in their order, whatever happens.
type caller struct {
	feed    string
	net     *wire.Sockets
	clock   func() time.Time
	timeout time.Duration
	client  *http.Client
	stop    context.CancelFunc
	ctx     context.Context
	done    sync.WaitGroup

	mu    sync.Mutex
	wake  *sync.Cond
	queue [][]byte // requests; nil is one that found the queue full
	base  string   // "http://host:port"; "" before Dial
	state wire.Link
	wait  time.Duration
	until time.Time // nobody is asked before; the wall clock's
}

// Bounds of a caller: requests that wait, and the pause after a department was not there.
const (
	maxQueued  = 1024
	firstPause = 100 * time.Millisecond
	maxPause   = 5 * time.Second
)

func newCaller(n *wire.Sockets, feed string, o SocketOptions) *caller {
	c := &caller{feed: feed, net: n, clock: o.Clock, timeout: o.Timeout, state: wire.Link{Down: true, Since: o.Clock(), Reason: "the department has no address"}}
	c.ctx, c.stop = context.WithCancel(context.Background())
	c.wake = sync.NewCond(&c.mu)
	c.client = &http.Client{Timeout: o.Timeout, Transport: &http.Transport{MaxConnsPerHost: 1, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 64 << 10, DisableCompression: true,
		DialContext: (&net.Dialer{Timeout: o.Timeout}).DialContext},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	c.done.Add(1)
	go c.work()
	return c
}

// to sets whom to ask. That the department is there shows when it is asked.
func (c *caller) to(a wire.Address) error {
	host, err := a.Host()
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base = "http://" + host
	c.state.Down, c.state.Since, c.state.Reason = false, c.clock(), "not asked so far"
	return nil
}

// ask queues a request; it never waits.
func (c *caller) ask(b []byte) {
	c.mu.Lock()
	if len(c.queue) >= maxQueued {
		b = nil // its answer has a place among the others all the same
		c.state.Dropped++
	}
	c.queue = append(c.queue, b)
	c.mu.Unlock()
	c.wake.Signal()
}

func (c *caller) work() {
	defer c.done.Done()
	for {
		c.mu.Lock()
		for len(c.queue) == 0 && c.ctx.Err() == nil {
			c.wake.Wait()
		}
		if c.ctx.Err() != nil {
			c.mu.Unlock()
			return
		}
		b := c.queue[0]
		c.queue = c.queue[1:]
		base, until, reason := c.base, c.until, c.state.Reason
		c.mu.Unlock()
		var answer []byte
		switch {
		case b == nil:
			answer = text(503, fmt.Sprintf("not sent: %d requests wait already", maxQueued))
		case base == "":
			answer = text(503, "not sent: the department has no address")
		case time.Now().Before(until):
			c.dropped()
			answer = text(503, "not sent: "+reason)
		default:
			answer = c.do(base, b)
		}
		c.net.Put(c.feed, answer)
	}
}

// do asks and returns the answer.
func (c *caller) do(base string, b []byte) []byte {
	m, err := http1.Decode(b)
	if err != nil {
		return text(503, "own request: "+err.Error())
	}
	req, err := http.NewRequestWithContext(c.ctx, m.Method, base+m.Target, bytes.NewReader(m.Body))
	if err != nil {
		return text(503, "own request: "+err.Error())
	}
	if m.Type != "" {
		req.Header.Set("Content-Type", m.Type)
	}
	// The client repeats a POST only where not one byte of it had left on an idle connection that was closed.
	res, err := c.client.Do(req)
	if err != nil {
		return c.failed(err)
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, http1.MaxBody+1))
	if e := res.Body.Close(); err == nil {
		err = e
	}
	if err == nil && len(body) > http1.MaxBody {
		err = fmt.Errorf("an answer of more than %d bytes", http1.MaxBody)
	}
	if err != nil {
		return c.failed(err)
	}
	answer, err := http1.Append(nil, http1.Message{Status: res.StatusCode, Type: res.Header.Get("Content-Type"), Body: body})
	if err != nil {
		return c.failed(err)
	}
	c.mu.Lock()
	c.wait, c.until = 0, time.Time{}
	if c.state.Up == 0 {
		c.state.Up, c.state.Reason = 1, ""
		if c.state.Down {
			c.state.Down, c.state.Since = false, c.clock()
		}
	}
	c.mu.Unlock()
	return answer
}

// failed notes that the department was not there, and returns the answer in its place: 503 where it can't have had the request,
// 504 where it may have.
func (c *caller) failed(err error) []byte {
	status := 504
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		status = 503
	} else if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
		err = fmt.Errorf("no answer within %v: %w", c.timeout, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.state.Down {
		c.state.Down, c.state.Since = true, c.clock()
	}
	c.state.Ended += c.state.Up
	c.state.Up, c.state.Reason = 0, err.Error()
	c.state.Dropped++
	c.wait = min(maxPause, max(firstPause, 2*c.wait))
	c.until = time.Now().Add(c.wait)
	return text(status, err.Error())
}

func (c *caller) dropped() {
	c.mu.Lock()
	c.state.Dropped++
	c.mu.Unlock()
}

// addTo adds how the calls stand to how the feed's other connections stand.
func (c *caller) addTo(l *wire.Link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l.Up += c.state.Up
	l.Ended += c.state.Ended
	l.Dropped += c.state.Dropped
	if c.state.Down || !l.Down {
		l.Down, l.Since, l.Reason = c.state.Down, c.state.Since, c.state.Reason
	}
}

func (c *caller) close() {
	c.stop()
	c.mu.Lock()
	c.wake.Broadcast()
	c.mu.Unlock()
	c.done.Wait()
	c.client.CloseIdleConnections()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.state.Down {
		c.state.Down, c.state.Since, c.state.Reason = true, c.clock(), "this side closed"
	}
	c.state.Up = 0
}
