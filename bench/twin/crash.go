package twin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"citybrain/bench/twin/faultfs"
	"citybrain/twin"
)

// childEnv names the folder that a child process writes a twin in until it is killed.
const childEnv = "CITYBRAIN_BENCH_TWIN_CHILD"

const (
	crashWriters = 4
	crashBatch   = 20
)

// Child does the work of the child process that Run kills, and does not return, if this process is one; call it first in main
// (and in TestMain). Otherwise it returns at once.
func Child() {
	dir := os.Getenv(childEnv)
	if dir == "" {
		return
	}
	err := child(dir, os.Stdout)
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// child writes batches for ever and says which were acknowledged, a line each: the writer and the batch's number.
func child(dir string, out io.Writer) error {
	t, err := twin.Open(dir, crashOptions())
	if err != nil {
		return err
	}
	var mu sync.Mutex
	errs := make(chan error, crashWriters)
	first := t.Main().Position()
	fmt.Fprintln(out, "open")
	for w := range crashWriters {
		go func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("%d-%d-%d", first, w, i)
				_, err := t.Main().Apply(crashChanges(name)...)
				if err == nil {
					mu.Lock()
					_, err = fmt.Fprintln(out, name)
					mu.Unlock()
				}
				if err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

func crashOptions() twin.Options {
	return twin.Options{Clock: func() time.Time { return time.Now().UTC() }, CheckpointBytes: 64 << 10, SegmentBytes: 256 << 10}
}

func crashID(name string, i int) string { return fmt.Sprintf("urn:ngsi-ld:Crash:%s-%d", name, i) }

func crashChanges(name string) []twin.Change {
	batch := make([]twin.Change, crashBatch)
	for i := range batch {
		batch[i] = twin.Set(crashID(name, i), "Crash", twin.Number("value", float64(i), "", time.Unix(1, 0)))
	}
	return batch
}

// lost counts the acknowledged batches that a twin has not whole, and the others that it has in part.
func lost(t *twin.Twin, acked []string) int {
	n := 0
	s := t.Main().Snapshot()
	for _, name := range acked {
		for i := range crashBatch {
			if e, ok := s.Get(crashID(name, i)); !ok {
				n++
				break
			} else if v, ok := e.Number("value"); !ok || v != float64(i) {
				n++
				break
			}
		}
	}
	if s.Len()%crashBatch != 0 {
		n++
	}
	return n
}

// Kills ends a child with SIGKILL at n random moments, each time on the folder that the last one left, and returns how many
// acknowledged batches are lost, and how many there were.
func Kills(ctx context.Context, dir string, n int, rng *rand.Rand) (missing, total int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, 0, err
	}
	var acked []string
	for k := range n {
		got, err := kill(ctx, self, dir, time.Duration(20+rng.IntN(400))*time.Millisecond)
		if err != nil {
			return 0, 0, fmt.Errorf("kill %d: %w", k+1, err)
		}
		acked = append(acked, got...)
		t, err := twin.Open(dir, crashOptions())
		if err != nil {
			return 0, 0, fmt.Errorf("open after kill %d: %w", k+1, err)
		}
		missing = max(missing, lost(t, acked))
		if err := t.Close(); err != nil {
			return 0, 0, fmt.Errorf("close after kill %d: %w", k+1, err)
		}
	}
	return missing, len(acked), nil
}

func kill(ctx context.Context, self, dir string, after time.Duration) (acked []string, err error) {
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), childEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "open" {
		_ = cmd.Process.Kill()
		return nil, fmt.Errorf("the child did not start: %q, %w; does main call bench/twin.Child first?", lines.Text(), errors.Join(lines.Err(), cmd.Wait()))
	}
	timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // an error says that it has ended, which Wait reports
	defer timer.Stop()
	for lines.Scan() {
		// A line cut short by the end of the process would name a batch that was acknowledged all the same, or none.
		if strings.Count(lines.Text(), "-") == 2 {
			acked = append(acked, lines.Text())
		}
	}
	err = cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && errors.As(err, &exit) && !exit.Exited() {
		err = ctx.Err() // killed, as it should be
	} else if err == nil {
		err = errors.New("the child ended by itself")
	}
	return acked, err
}

// Cuts fails the power of a file layer at n random calls, each time on the disk that the last one left.
func Cuts(ctx context.Context, n int, rng *rand.Rand) (missing, total int, err error) {
	fs := faultfs.New()
	var acked []string
	for k := range n {
		fs.CutAfter(1 + rng.IntN(400))
		opt := crashOptions()
		opt.FS = fs
		t, err := twin.Open("/twin", opt)
		if err == nil {
			var mu sync.Mutex
			var wg sync.WaitGroup
			for w := range crashWriters {
				wg.Go(func() {
					for i := 0; ctx.Err() == nil; i++ {
						name := strconv.Itoa(k) + "-" + strconv.Itoa(w) + "-" + strconv.Itoa(i)
						if _, err := t.Main().Apply(crashChanges(name)...); err != nil {
							return
						}
						mu.Lock()
						acked = append(acked, name)
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			_ = t.Close() // its disk has no power any more
		} else if !errors.Is(err, faultfs.ErrCut) {
			return 0, 0, fmt.Errorf("open after cut %d: %w", k, err)
		}
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		fs = fs.Reboot(rng)
		opt.FS = fs
		if t, err = twin.Open("/twin", opt); err != nil {
			return 0, 0, fmt.Errorf("open after cut %d: %w", k+1, err)
		}
		missing = max(missing, lost(t, acked))
		if err := t.Close(); err != nil {
			return 0, 0, fmt.Errorf("close after cut %d: %w", k+1, err)
		}
	}
	return missing, len(acked), nil
}
