package account

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
	"citybrain/world"
)

// A Session is an evening that goes on against the wall clock. Follow drives it; its twin may be read at any time.
type Session struct{ s *session }

// An Audience watches a session between ticks, and may act on the brain then.
type Audience interface {
	Act(*brain.Brain)
	Observe(b *brain.Brain, x *exchange.Exchange, now time.Time, speed float64, slowed bool)
	Move(b *brain.Brain, now time.Time)
}

// Live prepares the evening for Follow.
func (e Evening) Live(ctx context.Context) (*Session, error) {
	if !e.Brain {
		return nil, fmt.Errorf("the console shows what the brain knows; run without --brain off")
	}
	if e.Plans == nil {
		// A console must not wait for Webster: the reference plans of the pack do for a look.
		for j := range e.City.Signals {
			e.Plans = append(e.Plans, e.City.Signals[j].Reference)
		}
	}
	e.live = true
	s, _, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	return &Session{s}, nil
}

// City returns the brain's copy of the city.
func (l *Session) City() *city.City { return l.s.brain.City() }

// Twin returns the session's twin.
func (l *Session) Twin() *twin.Twin { return l.s.twin }

// Close ends the session's twin.
func (l *Session) Close() error { return l.s.twin.Close() }

// Follow runs the city at speed seconds a second until ctx ends or the evening and its drain are over. When the brain needs
// longer than a tick may take, the city's clock waits for it; no decision is skipped.
//
// The brain thinks longer thoughts beside the clock, and what it may not do alone waits for a person until its deadline.
//
// World and brain speak over sockets of this machine, as they would with real departments: between ticks, what has come is read
// as it comes. Which tick a byte falls into is therefore the network's matter, and two live evenings differ.
func (l *Session) Follow(ctx context.Context, speed float64, a Audience) (err error) {
	s := l.s
	end := time.Duration(s.e.Hours*float64(time.Hour)) + drain
	pause := time.Duration(float64(tick) / speed)
	k, err := connect(s, speed)
	if err != nil {
		return err
	}
	thinking, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		s.brain.Close()
		if e := k.close(); err == nil {
			err = e
		}
	}()
	ctx = thinking
	due := time.Now()
	slow := 0.0
	a.Observe(s.brain, s.x, s.now, speed, false)
	for s.world.Now() < end {
		began := time.Now()
		if err := k.tick(ctx); err != nil {
			return err
		}
		at := s.now
		took := time.Since(began)
		// How much longer than its time a tick took, over the last ones: the clock that people see says so.
		slow = 0.9*slow + 0.1*float64(took)/float64(pause)
		real := speed
		if slow > 1 {
			real = speed / slow
		}
		a.Act(s.brain)
		a.Observe(s.brain, s.x, s.now, real, slow > 1.05)
		due = due.Add(pause)
		if behind := time.Since(due); behind > 0 {
			due = time.Now() // time lost is not caught up with
			continue
		}
		// At low speed the screen still wants every vehicle once a second.
		for time.Until(due) > 900*time.Millisecond {
			if err := k.wait(ctx, time.Second); err != nil {
				return err
			}
			left := time.Until(due)
			ahead := at.Add(tick - time.Duration(float64(left)*speed))
			if err := s.brain.Streets().Step(ctx, ahead.Sub(EveningStart)); err != nil {
				return err
			}
			a.Act(s.brain)
			a.Move(s.brain, ahead)
		}
		if err := k.wait(ctx, time.Until(due)); err != nil {
			return err
		}
	}
	for sleep(ctx, time.Second) {
		a.Act(s.brain) // the evening is over; what people ask is still answered
	}
	return nil
}

// wired is a session whose world and brain speak over sockets.
type wired struct {
	s     *session
	clock *clock
	ends  *world.Sockets
	city  *exchange.Sockets
}

// connect joins world and exchange at free ports of this machine: an exercise reaches nobody else.
func connect(s *session, speed float64) (*wired, error) {
	// A department answers at its next tick at the latest, and a tick with a forecast takes its time.
	timeout := max(30*time.Second, 4*time.Duration(float64(tick)/speed))
	k := &wired{s: s, clock: newClock(s.now, speed)}
	var err error
	if k.ends, err = world.Listen(exchange.Loopback(), k.clock.now, timeout); err != nil {
		return nil, err
	}
	if k.city, err = exchange.Listen(s.x, k.ends.Addresses(), exchange.SocketOptions{Clock: k.clock.now, Timeout: timeout}); err != nil {
		return nil, errors.Join(err, k.ends.Close())
	}
	list := k.city.Addresses()
	if err := errors.Join(k.city.Dial(list), k.ends.Dial(list)); err != nil {
		return nil, errors.Join(err, k.close())
	}
	return k, nil
}

func (k *wired) close() error { return errors.Join(k.city.Close(), k.ends.Close()) }

// tick moves the world on by one tick, then the brain with what has come by then.
func (k *wired) tick(ctx context.Context) error {
	s := k.s
	if err := k.ends.Receive(s.world); err != nil {
		return err
	}
	if err := s.world.Step(ctx, s.world.Now()+tick); err != nil {
		return err
	}
	k.ends.Send(s.world.Send())
	s.at(EveningStart.Add(s.world.Now()))
	if err := k.city.Receive(); err != nil {
		return err
	}
	if err := s.x.Tick(s.now); err != nil {
		return err
	}
	if _, err := s.x.Commit(); err != nil {
		return err
	}
	if err := s.brain.Tick(ctx, s.now); err != nil {
		return err
	}
	k.city.Send()
	k.clock.set(s.now)
	return nil
}

// pump reads what has come in between two ticks, on both sides.
func (k *wired) pump() error {
	s := k.s
	if err := k.ends.Receive(s.world); err != nil {
		return err
	}
	k.ends.Send(s.world.Send())
	if err := k.city.Receive(); err != nil {
		return err
	}
	s.at(k.clock.now())
	if _, err := s.x.Commit(); err != nil {
		return err
	}
	k.city.Send()
	return nil
}

// pumpEvery is how long what has come waits between two ticks.
const pumpEvery = 40 * time.Millisecond

// wait lets d pass, and pumps.
func (k *wired) wait(ctx context.Context, d time.Duration) error {
	for until := time.Now().Add(d); ; {
		left := time.Until(until)
		if left <= 0 {
			return ctx.Err()
		}
		if !sleep(ctx, min(left, pumpEvery)) {
			return ctx.Err()
		}
		if err := k.pump(); err != nil {
			return err
		}
	}
}

// A clock is the city's time between ticks: it runs at speed from the last tick, and stands where the next one is due until
// that is done. Sockets read it from many goroutines.
type clock struct {
	speed float64
	mu    sync.Mutex
	base  time.Time // of the city
	since time.Time // of the wall
}

func newClock(at time.Time, speed float64) *clock {
	return &clock{speed: speed, base: at, since: time.Now()}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Add(min(tick, time.Duration(float64(time.Since(c.since))*c.speed)))
}

func (c *clock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.base, c.since = at, time.Now()
}

func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
