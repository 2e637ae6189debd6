package twin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"citybrain/bench"
	"citybrain/twin"
)

// Options is what to measure; zero values are the default.
type Options struct {
	Entities int           // 1,000,000
	Forks    int           // forks made and dropped: 10,000
	Kills    int           // SIGKILLs; none when 0
	Cuts     int           // power cuts; none when 0
	For      time.Duration // of each figure by the second: 3 s
	Dir      string        // a folder for the twins on disk: a temporary one
	Seed     uint64
	JSON     bool
	Progress func(what string) // called before each part; may be nil
}

// Result holds the figures. Those not measured are 0.
type Result struct {
	ForkUS        float64 `json:"fork_us"`
	ForkBytes     float64 `json:"fork_bytes"`
	Write1000MS   float64 `json:"write1000_ms"`
	Write1000Size float64 `json:"write1000_bytes"`
	Diff1000MS    float64 `json:"diff1000_ms"`
	UpdatesPerS   float64 `json:"updates_per_s"`
	DurablePerS   float64 `json:"durable_per_s"`
	RestartS      float64 `json:"restart_s"`
	Lost          int     `json:"lost"`

	// What explains the figures.
	Entities     int     `json:"entities"`
	LeftBytes    float64 `json:"forks_left_bytes"`    // heap that the dropped forks did not give back, all of them together
	HeapBytes    float64 `json:"heap_bytes"`          // of the twin in memory
	SingleMS     float64 `json:"write1000_single_ms"` // the 1,000 writes, each in a batch of its own
	ReadsPerS    float64 `json:"reads_per_s"`         // by the four readers, beside the updates
	BusyUpdates  float64 `json:"busy_updates_per_s"`  // the same beside four readers that never wait
	BusyReads    float64 `json:"busy_reads_per_s"`
	CheckpointS  float64 `json:"checkpoint_s"`
	SyncMS       float64 `json:"sync_ms"` // one batch of one change at a time: what the disk's fsync takes
	KillsBatches int     `json:"kills_batches"`
	CutsBatches  int     `json:"cuts_batches"`

	Rows []bench.Row `json:"rows"`
}

var epoch = time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC)

func clock() time.Time { return time.Now().UTC() }

func id(i int) string { return fmt.Sprintf("urn:ngsi-ld:Device:%07d", i) }

// fill makes n entities in batches of 1,000.
func fill(ctx context.Context, b *twin.Branch, n int) error {
	for i := 0; i < n; {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch := make([]twin.Change, 0, 1000)
		for ; i < n && len(batch) < cap(batch); i++ {
			batch = append(batch, twin.Set(id(i), "Device",
				twin.Number("waterLevel", float64(i%1000)/100, "MTR", epoch),
				twin.Point("location", 118+float64(i%1000)/1000, 24+float64(i/1000)/1000)))
		}
		if _, err := b.Apply(batch...); err != nil {
			return err
		}
	}
	return nil
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// Run measures, and prints a table or JSON on w.
func Run(ctx context.Context, o Options, w io.Writer) (r Result, err error) {
	if o.Entities <= 0 {
		o.Entities = 1_000_000
	}
	if o.Forks <= 0 {
		o.Forks = 10_000
	}
	if o.For <= 0 {
		o.For = 3 * time.Second
	}
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	if o.Dir == "" {
		if o.Dir, err = os.MkdirTemp("", "citybrain-bench-twin-"); err != nil {
			return r, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(o.Dir)) }()
	}
	r.Entities = o.Entities
	rng := rand.New(rand.NewPCG(o.Seed, 0x7477696e))
	for _, part := range []struct {
		name string
		run  func(context.Context, Options, *rand.Rand, *Result) error
	}{{"in memory", inMemory}, {"on disk", onDisk}, {"kills and cuts", crashes}} {
		o.Progress(part.name)
		if err := part.run(ctx, o, rng, &r); err != nil {
			return r, fmt.Errorf("bench twin: %s: %w", part.name, err)
		}
	}
	r.Rows = r.rows()
	return r, r.print(w, o.JSON)
}

func inMemory(ctx context.Context, o Options, rng *rand.Rand, r *Result) error {
	before := heap()
	t := twin.New(twin.Options{Clock: clock})
	main := t.Main()
	if err := fill(ctx, main, o.Entities); err != nil {
		return err
	}
	full := heap()
	r.HeapBytes = full - before
	if err := forks(t, o, full, r); err != nil {
		return err
	}
	var err error
	if r.Write1000MS, r.Write1000Size, r.Diff1000MS, err = scattered(t, o, rng, false); err != nil {
		return err
	}
	if r.SingleMS, _, _, err = scattered(t, o, rng, true); err != nil {
		return err
	}
	if r.UpdatesPerS, r.ReadsPerS, err = updates(ctx, main, o, rng, time.Millisecond, epoch.Add(2*time.Hour)); err != nil {
		return err
	}
	if r.BusyUpdates, r.BusyReads, err = updates(ctx, main, o, rng, 0, epoch.Add(1000*time.Hour)); err != nil {
		return err
	}
	return t.Close()
}

func forks(t *twin.Twin, o Options, full float64, r *Result) error {
	start := time.Now()
	for i := range o.Forks {
		if _, err := t.Main().Fork(fmt.Sprint("fork/", i), twin.ForkOptions{Kind: twin.Derived}); err != nil {
			return err
		}
	}
	r.ForkUS = float64(time.Since(start).Microseconds()) / float64(o.Forks)
	r.ForkBytes = (heap() - full) / float64(o.Forks)
	for i := range o.Forks {
		if err := t.Drop(fmt.Sprint("fork/", i)); err != nil {
			return err
		}
	}
	r.LeftBytes = heap() - full
	return nil
}

// scattered writes 1,000 entities far apart on a fork, in one batch or each in its own, five times on five forks; median ms, B, ms.
func scattered(t *twin.Twin, o Options, rng *rand.Rand, single bool) (write, size, diff float64, err error) {
	var writes, sizes, diffs []float64
	for k := range 5 {
		f, err := t.Main().Fork("scattered", twin.ForkOptions{Kind: twin.Derived})
		if err != nil {
			return 0, 0, 0, err
		}
		batches := make([]twin.Change, min(1000, o.Entities))
		for i, e := range rng.Perm(o.Entities)[:len(batches)] {
			batches[i] = twin.Set(id(e), "Device", twin.Number("waterLevel", -float64(k+1), "MTR", epoch.Add(time.Hour)))
			batches[i].Origin = twin.Simulated
		}
		was := heap()
		start := time.Now()
		if single {
			for i := range batches {
				if _, err := f.Apply(batches[i]); err != nil {
					return 0, 0, 0, err
				}
			}
		} else if _, err := f.Apply(batches...); err != nil {
			return 0, 0, 0, err
		}
		writes = append(writes, float64(time.Since(start).Nanoseconds())/1e6)
		a, b, n := t.Main().Snapshot(), f.Snapshot(), 0
		start = time.Now()
		for range twin.Diff(a, b) {
			n++
		}
		diffs = append(diffs, float64(time.Since(start).Nanoseconds())/1e6)
		sizes = append(sizes, heap()-was)
		if n != len(batches) {
			return 0, 0, 0, fmt.Errorf("the difference has %d entities, %d were changed", n, len(batches))
		}
		if err := t.Drop("scattered"); err != nil {
			return 0, 0, 0, err
		}
	}
	return median(writes), median(sizes), median(diffs), nil
}

// updates writes batches of 100 while each of four readers reads 100 entities of a new snapshot, waits and goes on.
func updates(ctx context.Context, b *twin.Branch, o Options, rng *rand.Rand, wait time.Duration, at time.Time) (written, read float64, err error) {
	var reads atomic.Int64
	var stop atomic.Bool
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			own := rand.New(rand.NewPCG(o.Seed, uint64(k)))
			for !stop.Load() {
				s := b.Snapshot()
				for range 100 {
					if _, ok := s.Get(id(own.IntN(o.Entities))); ok {
						reads.Add(1)
					}
				}
				if wait > 0 {
					time.Sleep(wait)
				}
			}
		})
	}
	defer func() { stop.Store(true); wg.Wait() }()
	n := 0
	start := time.Now()
	batch := make([]twin.Change, 100)
	for time.Since(start) < o.For && ctx.Err() == nil {
		at = at.Add(time.Second)
		for i := range batch {
			batch[i] = twin.Set(id(rng.IntN(o.Entities)), "Device", twin.Number("waterLevel", float64(n+i), "MTR", at))
		}
		if _, err := b.Apply(batch...); err != nil {
			return 0, 0, err
		}
		e, _ := b.Snapshot().Get(batch[99].ID)
		if v, _ := e.Number("waterLevel"); v != float64(n+99) {
			return 0, 0, fmt.Errorf("%s is %g, just written as %d", e.ID, v, n+99)
		}
		n += len(batch)
	}
	took := time.Since(start).Seconds()
	return float64(n) / took, float64(reads.Load()) / took, ctx.Err()
}

func onDisk(ctx context.Context, o Options, _ *rand.Rand, r *Result) error {
	dir := filepath.Join(o.Dir, "twin")
	opt := twin.Options{Clock: clock}
	t, err := twin.Open(dir, opt)
	if err != nil {
		return err
	}
	if err := fill(ctx, t.Main(), o.Entities); err != nil {
		return errors.Join(err, t.Close())
	}
	start := time.Now()
	if _, err := t.Checkpoint(); err != nil {
		return errors.Join(err, t.Close())
	}
	r.CheckpointS = time.Since(start).Seconds()
	const singles = 50
	start = time.Now()
	for i := range singles {
		if _, err := t.Main().Apply(twin.Set(id(0), "Device", twin.Number("waterLevel", float64(i), "MTR", epoch.Add(time.Minute)))); err != nil {
			return errors.Join(err, t.Close())
		}
	}
	r.SyncMS = float64(time.Since(start).Microseconds()) / 1e3 / singles
	if err := durable(ctx, t.Main(), o, r); err != nil {
		return errors.Join(err, t.Close())
	}
	n := t.Main().Snapshot().Len()
	if err := t.Close(); err != nil {
		return err
	}
	t = nil
	runtime.GC()
	start = time.Now()
	if t, err = twin.Open(dir, opt); err != nil {
		return err
	}
	r.RestartS = time.Since(start).Seconds()
	if is := t.Main().Snapshot().Len(); is != n {
		return errors.Join(fmt.Errorf("%d entities after the restart, %d before", is, n), t.Close())
	}
	return t.Close()
}

// durable writes batches of 100 changes of one attribute from eight writers.
func durable(ctx context.Context, b *twin.Branch, o Options, r *Result) error {
	var n atomic.Int64
	var wg sync.WaitGroup
	errs := make(chan error, 8)
	start := time.Now()
	for w := range cap(errs) {
		wg.Go(func() {
			own := rand.New(rand.NewPCG(o.Seed, uint64(100+w)))
			batch := make([]twin.Change, 100)
			for at := epoch.Add(time.Hour); time.Since(start) < o.For && ctx.Err() == nil; {
				at = at.Add(time.Second)
				for i := range batch {
					batch[i] = twin.Set(id(own.IntN(o.Entities)), "Device", twin.Number("waterLevel", float64(i), "MTR", at))
				}
				if _, err := b.Apply(batch...); err != nil {
					errs <- err
					return
				}
				n.Add(100)
			}
		})
	}
	wg.Wait()
	r.DurablePerS = float64(n.Load()) / time.Since(start).Seconds()
	select {
	case err := <-errs:
		return err
	default:
		return ctx.Err()
	}
}

func crashes(ctx context.Context, o Options, rng *rand.Rand, r *Result) error {
	var a, b int
	var err error
	if o.Kills > 0 {
		if a, r.KillsBatches, err = Kills(ctx, filepath.Join(o.Dir, "kills"), o.Kills, rng); err != nil {
			return err
		}
	}
	if o.Cuts > 0 {
		if b, r.CutsBatches, err = Cuts(ctx, o.Cuts, rng); err != nil {
			return err
		}
	}
	r.Lost = a + b
	return nil
}

func (r *Result) rows() []bench.Row {
	most := func(name string, v, limit float64, unit string) bench.Row {
		return bench.AtMost(name, unit, limit, &v, "")
	}
	least := func(name string, v, limit float64, unit string) bench.Row {
		return bench.AtLeast(name, unit, limit, &v, "")
	}
	return []bench.Row{
		most("fork", r.ForkUS, 1000, "µs"),
		most("memory of a fork", r.ForkBytes, 16<<10, "B"),
		most("1,000 scattered writes", r.Write1000MS, 5, "ms"),
		most("memory of 1,000 scattered writes", r.Write1000Size, 16<<20, "B"),
		most("memory left by dropped forks", max(0, r.LeftBytes), 1<<20, "B"),
		most("difference of 1,000 changes", r.Diff1000MS, 2, "ms"),
		least("updates in batches of 100, four readers", r.UpdatesPerS, 200_000, "1/s"),
		least("durable changes in batches of 100", r.DurablePerS, 50_000, "1/s"),
		most("acknowledged batches lost", float64(r.Lost), 0, "batches"),
		most("restart", r.RestartS, 10, "s"),
	}
}

func (r *Result) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	if err := bench.Print(w, r.Rows, false); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "heap %.0f MB; 1,000 writes in as many batches %.2f ms; %.0f reads/s beside the updates; %.0f updates/s beside four readers that never wait (%.0f reads/s); one synced change %.2f ms; checkpoint %.1f s; %d batches acknowledged before kills, %d before cuts\n",
		r.HeapBytes/1e6, r.SingleMS, r.ReadsPerS, r.BusyUpdates, r.BusyReads, r.SyncMS, r.CheckpointS, r.KillsBatches, r.CutsBatches)
	return err
}
