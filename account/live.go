package account

import (
	"context"
	"fmt"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
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
func (l *Session) Follow(ctx context.Context, speed float64, a Audience) error {
	s := l.s
	end := time.Duration(s.e.Hours*float64(time.Hour)) + drain
	pause := time.Duration(float64(tick) / speed)
	due := time.Now()
	slow := 0.0
	a.Observe(s.brain, s.x, s.now, speed, false)
	for s.world.Now() < end {
		began := time.Now()
		if err := s.run(ctx, s.world.Now()+tick); err != nil {
			return err
		}
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
			if !sleep(ctx, time.Second) {
				return ctx.Err()
			}
			left := time.Until(due)
			ahead := s.now.Add(tick - time.Duration(float64(left)*speed))
			if err := s.brain.Streets().Step(ctx, ahead.Sub(EveningStart)); err != nil {
				return err
			}
			a.Act(s.brain)
			a.Move(s.brain, ahead)
		}
		if !sleep(ctx, time.Until(due)) {
			return ctx.Err()
		}
	}
	<-ctx.Done()
	return nil
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
