package drains

import (
	"context"
	"fmt"
	"time"

	"citybrain/city/water"
)

// A Record is a run's levels and flows at its reports.
type Record struct {
	Times []float64   // s
	Level [][]float64 // m, of each node at each report
	Flow  [][]float64 // m³/s, of each link
	Error float64     // largest mass error at a report
	Sim   *Sim
}

// Run runs a network alone for d, with a report each every.
func Run(ctx context.Context, n *water.Network, cfg Config, d, every time.Duration) (*Record, error) {
	if d <= 0 || every <= 0 {
		return nil, fmt.Errorf("drains: a run of %v with a report each %v", d, every)
	}
	s, err := New(n, cfg)
	if err != nil {
		return nil, err
	}
	r := &Record{Sim: s}
	r.Report()
	for at := time.Duration(0); at < d; {
		at = min(at+every, d)
		if err := s.Step(ctx, at); err != nil {
			return r, err
		}
		r.Report()
	}
	return r, nil
}

// Report adds the present state to the record.
func (r *Record) Report() {
	s := r.Sim
	level, flow := make([]float64, len(s.net.Nodes)), make([]float64, len(s.net.Links))
	for i := range level {
		level[i] = s.Level(i)
	}
	for i := range flow {
		flow[i] = s.Flow(i)
	}
	r.Times, r.Level, r.Flow = append(r.Times, s.st.T), append(r.Level, level), append(r.Flow, flow)
	r.Error = max(r.Error, s.MassError())
}
