package world

import (
	"encoding/binary"
	"fmt"
	"io"
)

// WriteState writes the world's canonical state: equal bytes for equal worlds of one build and architecture.
func (w *World) WriteState(out io.Writer) error {
	put := func(v any) error { return binary.Write(out, binary.LittleEndian, v) }
	s := w.streets.Snapshot()
	for _, v := range []any{s.Now, s.Trip, s.Link, s.Enter, s.Ready, s.Turn, s.Count, s.Entered, s.Left, s.Speed, s.Arrived, s.Metres, s.Seconds} {
		if err := put(v); err != nil {
			return fmt.Errorf("state of the streets: %w", err)
		}
	}
	for j := range s.Signals {
		g := &s.Signals[j]
		if err := put([]int32{int32(g.Stage), int32(g.Next), g.Since, g.Until, int32(g.Want), g.Lease, g.End, int32(g.To), int32(g.Mode), int32(g.Fault)}); err != nil {
			return fmt.Errorf("state of the signals: %w", err)
		}
		if g.RingPlan() != nil {
			if err := put(g.Rings); err != nil {
				return fmt.Errorf("state of the signals: %w", err)
			}
		}
	}
	calls := w.service.Calls()
	for i := range calls {
		c := &calls[i]
		if err := put([]float64{float64(i), c.Ring, c.PickUp, c.Triaged, c.Assigned, c.Rolling, c.Kerb, c.Full, c.Hospital, c.Clear, float64(w.service.Unit(c))}); err != nil {
			return fmt.Errorf("state of the calls: %w", err)
		}
	}
	for i := range w.service.Units() {
		u := &w.service.Units()[i]
		if err := put([]float64{float64(u.Status), float64(u.Call), float64(u.Link), u.Along, u.Until, u.Range}); err != nil {
			return fmt.Errorf("state of the units: %w", err)
		}
	}
	if w.water == nil {
		return nil
	}
	f := w.water.Snapshot()
	parts := []any{f.Basins, f.Creeks, f.Mass}
	for _, v := range f.Surface.Fields {
		parts = append(parts, v)
	}
	for _, v := range parts {
		if err := put(v); err != nil {
			return fmt.Errorf("state of the water: %w", err)
		}
	}
	return nil
}
