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
		if err := put([]int32{int32(g.Stage), int32(g.Next), g.Since, g.Until, int32(g.Want), g.Lease}); err != nil {
			return fmt.Errorf("state of the signals: %w", err)
		}
	}
	for i, c := range w.service.Calls() {
		if err := put([]float64{float64(i), c.Ring, c.Assigned, c.Rolling, c.Kerb, c.Hospital, c.Clear, float64(c.Unit)}); err != nil {
			return fmt.Errorf("state of the calls: %w", err)
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
