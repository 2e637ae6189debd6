package drains

import (
	"context"
	"math"
	"time"
)

// A Surface is the ground above a network: what a coupled run needs of a two-dimensional solver.
type Surface interface {
	// Step computes up to until.
	Step(ctx context.Context, until time.Duration) error
	// Volumes writes what stands on each of cells to to, m³.
	Volumes(cells []int32, to []float64)
	// Exchange adds add m³ to the water on each of cells (negative: takes, never more than is there) and writes to add what it
	// did, so that no rounding is lost.
	Exchange(cells []int32, add []float64)
}

// Coupled is a network under a surface. Both run side by side for an interval; then inlets have given and taken what they did. What
// rounding leaves between the two waits in the street's pools, which are part of the network's state.
type Coupled struct {
	Drains *Sim
	Ground Surface
	every  time.Duration
	there  []float64
	add    []float64
	given  float64 // m³ to the ground, less what was taken
}

// Lost is what the ground's account of the exchange and the network's differ by, m³.
func (c *Coupled) Lost() float64 {
	return math.Abs(c.given + c.Drains.st.Mass.Street + c.Drains.Owed())
}

// Couple joins a network to the ground above its inlets; every is the time between exchanges.
func Couple(d *Sim, g Surface, every time.Duration) *Coupled {
	return &Coupled{Drains: d, Ground: g, every: every, there: make([]float64, len(d.cells)), add: make([]float64, len(d.cells))}
}

// Step computes both up to until.
func (c *Coupled) Step(ctx context.Context, until time.Duration) error {
	d := c.Drains
	for now := d.Now(); now < until; now = d.Now() {
		to := min(now+c.every, until)
		if err := c.Ground.Step(ctx, to); err != nil {
			return err
		}
		c.Ground.Volumes(d.cells, c.there)
		for k, i := range d.street {
			d.st.Volume[i] += c.there[k]
			d.st.Level[i] = d.levelOf(int(i), d.st.Volume[i])
		}
		if err := d.Step(ctx, to); err != nil {
			return err
		}
		for k, i := range d.street {
			c.add[k] = math.Max(d.st.Volume[i], 0) - c.there[k]
		}
		c.Ground.Exchange(d.cells, c.add)
		for k, i := range d.street {
			d.st.Volume[i] -= c.there[k] + c.add[k]
			c.given += c.add[k]
		}
	}
	return nil
}

// Owed is the water that rounding left between the street and the network, m³.
func (s *Sim) Owed() float64 {
	var sum float64
	for _, i := range s.street {
		sum += s.st.Volume[i]
	}
	return sum
}
