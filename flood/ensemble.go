package flood

import (
	"context"
	"fmt"
	"math"
	"time"

	"citybrain/flood/surface"
)

// An Ensemble is several futures of one city's water, side by side in one batch: they share the terrain and differ in their rain and
// orders. A member has the same bits in an ensemble of any size whose inputs come at the same times, and for any number of threads.
// Members are in single precision, and no account is kept of their rain.
type Ensemble struct {
	flow *surface.Batch
	list []*Sim // the drains of each; their surface is a member of flow
	step time.Duration
	room [][]float64
	took [][]float64
	net  [][]float64
}

// Ensemble returns members futures that go on from s's state, their largest depths from the water that stands now.
func (s *Sim) Ensemble(members, threads int) (*Ensemble, error) {
	s.flow.SetWaters(0, s.w)
	flow, err := s.flow.Crowd(members, 32, threads, s.cover())
	if err != nil {
		return nil, fmt.Errorf("flood: %w", err)
	}
	e := &Ensemble{flow: flow, step: s.cfg.MaxStep}
	for m := range members {
		if s.st.Film != nil {
			flow.Wet(m, s.st.Film)
		}
		flow.ForgetPeaks(m)
		f := &Sim{city: s.city, cfg: s.cfg, net: s.net, flow: flow, member: m, rainCol: make([]int32, s.net.Grid.Cols), st: s.st.clone()}
		f.st.Film = nil
		f.fell = true // the rain that falls now is not yet in the batch
		e.list = append(e.list, f)
		e.room, e.took = append(e.room, make([]float64, len(f.st.Basins))), append(e.took, make([]float64, len(f.st.Basins)))
		e.net = append(e.net, make([]float64, s.net.Grid.Cells()))
	}
	return e, nil
}

// cover is what rain meets on s's cells.
func (s *Sim) cover() *surface.Cover {
	g, n := s.net, s.net.Grid.Cells()
	cell := g.Grid.Cell * g.Grid.Cell
	c := &surface.Cover{Soak: make([]float64, n), Inlet: make([]float64, n), Full: g.full, Slope: make([]float64, n), Still: make([]float64, n), Basin: g.basin, Size: len(s.city.Drains.Basins)}
	for i := range n {
		c.Soak[i], c.Inlet[i] = s.cfg.Infiltration*(1-g.runoff[i])*g.Open(i), g.inlet[i]/cell
		if g.area[i] == 0 {
			c.Inlet[i] = 0
		}
		if g.rough != nil && g.rough[i] > 0 {
			c.Slope[i], c.Still[i] = 2/(3*g.rough[i]), still*g.Open(i)
		}
	}
	return c
}

// Members is how many there are.
func (e *Ensemble) Members() int { return len(e.list) }

// Member returns one of them, to give it inputs and to read its depths and levels. It is stepped with the others, by the ensemble.
func (e *Ensemble) Member(m int) *Sim { return e.list[m] }

// Step computes all members up to until. When ctx ends it returns its error, and the ensemble is of no more use.
func (e *Ensemble) Step(ctx context.Context, until time.Duration) error {
	for {
		now, end := e.list[0].st.Time, until
		for _, s := range e.list { // inputs take effect at their time
			s.applyDue()
			if len(s.st.Pending) > 0 {
				end = min(end, s.st.Pending[0].At)
			}
		}
		if now >= until {
			return nil
		}
		if err := e.flow.Run(ctx, end, e.step, e.drain); err != nil {
			return fmt.Errorf("flood: %w", err)
		}
		for _, s := range e.list {
			s.st.Time = end
		}
	}
}

// drain takes what is not waves through a step of dt seconds for one member.
func (e *Ensemble) drain(m int, at, dt float64) error {
	s := e.list[m]
	s.st.Time = time.Duration(math.Round(at * 1e9))
	if s.fell {
		s.fell = false
		e.flow.Fall(m, s.netRain(e.net[m]))
	}
	for b := range s.st.Basins {
		e.room[m][b] = s.city.Drains.Basins[b].Volume - s.st.Basins[b]
	}
	e.flow.Shed(m, dt, e.room[m], e.took[m])
	for b, v := range e.took[m] {
		s.st.Basins[b] += v
	}
	s.pump(dt)
	s.gates(dt)
	s.banks(dt)
	return nil
}
