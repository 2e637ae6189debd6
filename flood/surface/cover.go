package surface

import (
	"context"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// A Cover is what rain meets on each cell of a Subgrid before it is water that flows: a film that runs down to where the cell's water
// stands, ground that takes some, and inlets. Every list has a value for each cell of the coarse grid, over the cell's whole area.
type Cover struct {
	Soak  []float64 // m/s that the ground takes of standing water while no rain falls
	Inlet []float64 // m/s that inlets take
	Full  []float64 // m of water that stands on all of the cell's ground
	Slope []float64 // 1/(m^(2/3)·s): two thirds of √slope over n·length of the film's way; 0: films don't run
	Still []float64 // m of film that does not flow
	Basin []int32   // that each cell's inlets lead to, −1: none
	Size  int       // number of basins
}

func (c *Cover) check(cells int) error {
	for _, n := range []int{len(c.Soak), len(c.Inlet), len(c.Full), len(c.Slope), len(c.Still), len(c.Basin)} {
		if n != cells {
			return fmt.Errorf("surface: a cover of %d cells on a grid of %d", n, cells)
		}
	}
	for i, b := range c.Basin {
		if b >= 0 && int(b) >= c.Size || b < 0 && c.Inlet[i] > 0 {
			return fmt.Errorf("surface: cell %d: its inlets lead to basin %d of %d", i, b, c.Size)
		}
	}
	return nil
}

// cover is a Cover in the precision of the fields, by place.
type cover[F Float] struct {
	soak, inlet, full, slope, still, none []F
	by                                    [][]int32 // places whose inlets lead to each basin
}

// layer is the rain that lies on one member's cells.
type layer[F Float] struct {
	film, net, ask []F
	soaks          bool // no rain falls
}

// Crowd returns a batch of members runs in precision bits that go on from b's first member, on cells under c. Their steps of the
// whole length are every long at most. What rounds off while rain falls is not carried: to 1e-5 of the water in single precision.
func (b *Batch) Crowd(members, precision, threads int, c *Cover) (*Batch, error) {
	if err := c.check(b.grid.Grid.Cells()); err != nil {
		return nil, err
	}
	cfg := b.cfg
	cfg.Precision, cfg.Threads = precision, threads
	out, err := NewBatch(b.grid, cfg, members)
	if err != nil {
		return nil, err
	}
	state := b.eng.save(0)
	for m := range members {
		out.eng.load(m, state)
		out.mass[m].Initial = out.eng.stored(m)
	}
	out.t, out.steps = b.t, b.steps
	out.eng.cover(c)
	return out, nil
}

// Wet sets the film of a member's cells, m over each cell's area.
func (b *Batch) Wet(member int, film []float64) { b.eng.wet(member, film) }

// Film writes it to to.
func (b *Batch) Film(member int, to []float64) { b.eng.film(member, to) }

// Fall lets net m/s of rain, less what the ground takes of it, fall on a member's cells from now on; nil: none, and the ground takes what stands.
func (b *Batch) Fall(member int, net []float64) { b.eng.fall(member, net) }

// Shed steps the cover of a member by dt seconds. room is what each basin has left, m³; took is set to what it got.
func (b *Batch) Shed(member int, dt float64, room, took []float64) {
	b.eng.shed(member, dt, room, took)
}

// Water is what stands in cell i of the coarse grid, over the cell's whole area, m.
func (b *Batch) Water(member, i int) float64 { return b.eng.get(member, b.placeOf(i), waterValue) }

// Run computes up to until, every at a time: for each member before, which may change that member alone, and then the waves. It has
// members side by side, each with the bits that it has alone. When ctx ends or before fails it returns the error, and the batch is of
// no more use.
func (b *Batch) Run(ctx context.Context, until, every time.Duration, before func(member int, at, dt float64) error) error {
	var ends []float64
	for t := b.Now(); t < until; {
		t = min(t+every, until)
		ends = append(ends, t.Seconds())
	}
	errs := make([]error, b.members)
	var next atomic.Int64
	work := func() {
		for m := int(next.Add(1)) - 1; m < b.members; m = int(next.Add(1)) - 1 {
			errs[m] = b.run(ctx, m, ends, before)
		}
	}
	var wg sync.WaitGroup
	for range min(b.cfg.Threads, b.members) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	t := b.t
	for _, end := range ends {
		n, _, _ := b.parts(end - t)
		b.steps += n
		t = end
	}
	b.t = t
	return b.well(until)
}

func (b *Batch) run(ctx context.Context, m int, ends []float64, before func(member int, at, dt float64) error) error {
	t, begun := b.t, b.steps
	for _, end := range ends {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := before(m, t, end-t); err != nil {
			return err
		}
		n, dt, deep := b.parts(end - t)
		b.eng.waves(m, dt, n, begun, deep)
		begun += n
		t = end
	}
	return nil
}

// parts divides left seconds into steps, and gives the depth whose waves they carry.
func (b *Batch) parts(left float64) (n int, dt, deep float64) {
	n = int(math.Ceil(left/b.LongestStep().Seconds() - 1e-9))
	dt = left / float64(n)
	c := b.cfg.Courant * b.grid.Grid.Cell / dt
	return n, dt, c * c / gravity
}

func (b *herd[F]) cover(c *Cover) {
	g := b.grid
	spread := func(v []float64) []F {
		out := make([]F, g.size)
		for i := range v {
			out[g.placeOf(i)] = F(v[i])
		}
		return out
	}
	b.over = &cover[F]{soak: spread(c.Soak), inlet: spread(c.Inlet), full: spread(c.Full), slope: spread(c.Slope), still: spread(c.Still), none: make([]F, g.stride), by: make([][]int32, c.Size)}
	for i, k := range c.Basin {
		if k >= 0 && c.Inlet[i] > 0 {
			b.over.by[k] = append(b.over.by[k], int32(g.placeOf(i)))
		}
	}
	b.layers = make([]layer[F], len(b.list))
	for m := range b.layers {
		b.layers[m] = layer[F]{make([]F, g.size), make([]F, g.size), make([]F, g.size), true}
	}
}

func (b *herd[F]) wet(member int, film []float64) {
	l := &b.layers[member]
	for i, v := range film {
		l.film[b.grid.placeOf(i)] = F(v)
	}
}

func (b *herd[F]) film(member int, to []float64) {
	l := &b.layers[member]
	for i := range to {
		to[i] = float64(l.film[b.grid.placeOf(i)])
	}
}

func (b *herd[F]) fall(member int, net []float64) {
	l := &b.layers[member]
	l.soaks = net == nil
	if net == nil {
		clear(l.net)
	}
	for i, v := range net {
		l.net[b.grid.placeOf(i)] = F(v)
	}
}

func (b *herd[F]) shed(member int, dt float64, room, took []float64) {
	g, c, l, p, s := b.grid, b.over, &b.layers[member], b.list[member], step[F]{dt: F(dt)}
	rows := func(f func(k, n int)) {
		for r := range g.Grid.Rows {
			f(g.place(r, 0), g.stride-2*tile)
		}
	}
	rows(func(k, n int) {
		soak := c.none
		if l.soaks {
			soak = c.soak[k:]
		}
		shed(n, &s, l.film[k:], p.v[k:], l.ask[k:], l.net[k:], soak, c.inlet[k:])
	})
	area := g.Grid.Cell * g.Grid.Cell
	for b, places := range c.by {
		var sum float64
		for _, i := range places {
			sum += float64(l.ask[i])
		}
		if sum *= area; sum > room[b] {
			share := F(max(room[b], 0) / sum)
			sum = 0
			for _, i := range places {
				l.ask[i] *= share
				sum += float64(l.ask[i])
			}
			sum *= area
		}
		took[b] = sum
	}
	rows(func(k, n int) {
		seep(n, &s, l.film[k:], p.v[k:], l.ask[k:], c.full[k:], c.slope[k:], p.room[k:], c.still[k:])
	})
}

func (b *herd[F]) waves(member int, dt float64, steps, begun int, deep float64) {
	s := b.stepOf(dt, deep)
	for i := range steps {
		b.list[member].advance(s, (begun+i)%peakEvery == 0)
	}
}
