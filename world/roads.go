package world

import (
	"context"
	"time"

	"citybrain/emergency"
	"citybrain/routing"
	"citybrain/traffic"
)

// roads is the streets as emergency vehicles find them: they drive in the traffic engine, past its queues and over its lights.
type roads struct {
	w  *World
	at [2]time.Duration // of low kinds and of high ones
	s  [2][]float32
}

// Weights are the seconds of each link under siren, as things stand.
func (r *roads) Weights(k emergency.Kind) []float32 {
	h := btoi(k.High())
	s := r.s[h]
	if s != nil && r.w.now-r.at[h] < 10*time.Second {
		return s
	}
	r.at[h] = r.w.now
	if s == nil {
		s = make([]float32, len(r.w.city.Streets.Links))
		r.s[h] = s
	}
	for l := range s {
		s[l] = float32(r.w.streets.SirenSeconds(int32(l)))
		if r.w.shut(int32(l)) {
			s[l] = routing.Closed
		}
	}
	for i := range r.w.wet {
		if x := &r.w.wet[i]; x.depth > k.Wades() {
			s[x.link] = routing.Closed
		}
	}
	return s
}

// Drive is emergency.Roads's.
func (r *roads) Drive(unit int, route []int32, urgent bool) {
	if err := r.w.streets.Input(r.w.streets.Now(), traffic.SirenRoute{ID: int32(unit), Urgent: urgent, Route: route}); err != nil {
		panic("world: " + err.Error())
	}
}

// Where is emergency.Roads's.
func (r *roads) Where(unit int, _ float64) (link int32, along float64, done bool) {
	x := r.w.streets.SirenOf(int32(unit))
	link, along = r.w.streets.SirenAt(x)
	return link, along, x.Done
}

// Park is emergency.Roads's.
func (r *roads) Park(unit int) {
	if err := r.w.streets.Input(r.w.streets.Now(), traffic.SirenEnd{ID: int32(unit)}); err != nil {
		panic("world: " + err.Error())
	}
}

// drive moves streets and units on to until, second by second side by side.
func (w *World) drive(ctx context.Context, until time.Duration) error {
	for t := w.streets.Now(); t < until; {
		t += time.Second
		if err := w.streets.Step(ctx, t); err != nil {
			return err
		}
		if err := w.signals.guard(w, t-time.Second); err != nil {
			return err
		}
		w.service.Step(t, &w.roads)
	}
	return nil
}
