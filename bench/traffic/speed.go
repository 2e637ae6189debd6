package traffic

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"citybrain/bench"
	"citybrain/city"
	"citybrain/city/grid"
	"citybrain/city/importer/sumo"
	"citybrain/traffic/meso"
	"citybrain/traffic/micro"
	"citybrain/traffic/trips"
)

// The speed grid: 30 × 30 junctions, 300 m apart, 22 vehicles/s.
const (
	gridSide  = 30
	gridBlock = 300
	gridLanes = 4
	gridSpeed = 16.67
	gridRate  = 22
	apart     = 6
	// cityflow is how many times faster CityFlow steps the grid than Debian's SUMO, from a run of both side by side; it stands for
	// CityFlow where it can't be built.
	cityflow = 6.6
	// pairs is how often one thread and two are compared.
	pairs = 12
)

// Speed measures vehicle updates per processor second on the speed grid for so many seconds from its start, one thread, beside SUMO on
// the same net and vehicles, and what a second thread adds. Our run is made before and after SUMO's and the slower one counts.
func Speed(ctx context.Context, dir string, seconds int) ([]bench.Row, error) {
	n, demand, err := speedGrid(ctx, dir, seconds)
	names := [3]string{"speed grid, micro, updates per CPU second beside SUMO", "the same beside CityFlow (6.6 × SUMO)", "the same with 2 threads, updates per second"}
	if errors.Is(err, errNoSUMO) {
		why := err.Error()
		return []bench.Row{bench.AtLeast(names[0], "×", 30, nil, why), bench.AtLeast(names[1], "×", 10, nil, why), bench.AtLeast(names[2], "×", 1.7, nil, why)}, nil
	}
	if err != nil {
		return nil, err
	}
	before, _, err := ownRun(ctx, n, demand, 1, seconds)
	if err != nil {
		return nil, err
	}
	peer, err := sumoCmd(ctx, dir, filepath.Join(dir, "grid.net.xml"), filepath.Join(dir, "grid.rou.xml"), 0, seconds, 1, false)
	if err != nil {
		return nil, err
	}
	after, totals, err := ownRun(ctx, n, demand, 1, seconds)
	if err != nil {
		return nil, err
	}
	slower := before
	if after.cpu > slower.cpu {
		slower = after
	}
	// SUMO makes as many updates, within a few in a thousand; it does not count them
	ratio := peer.CPU.Seconds() / slower.cpu.Seconds()
	rate := float64(totals.Updates) / slower.cpu.Seconds() / 1e6
	note := fmt.Sprintf("%.2f M updates/CPU s (runs of %.2f and %.2f CPU s), SUMO %.1f CPU s for the same %d s, Debian's build with assertions; peak %d vehicles",
		rate, before.cpu.Seconds(), after.cpu.Seconds(), peer.CPU.Seconds(), seconds, totals.Peak)
	who := "SUMO"
	a := bench.AtLeast(names[0], "×", 30, &ratio, note)
	a.Aim, a.Peer, a.Ratio = ptr(100.0), &who, &ratio
	flow := ratio / cityflow
	other := "CityFlow"
	b := bench.AtLeast(names[1], "×", 10, &flow, "not built here: taken as 6.6 × SUMO")
	b.Aim, b.Peer, b.Ratio = ptr(30.0), &other, &flow

	var one, two time.Duration
	for range pairs { // in turns; the quickest of each counts, as others use the machine too
		x, _, err := ownRun(ctx, n, demand, 1, seconds)
		if err != nil {
			return nil, err
		}
		y, _, err := ownRun(ctx, n, demand, 2, seconds)
		if err != nil {
			return nil, err
		}
		if one == 0 || x.wall < one {
			one = x.wall
		}
		if two == 0 || y.wall < two {
			two = y.wall
		}
	}
	gain := one.Seconds() / two.Seconds()
	c := bench.AtLeast(names[2], "×", 1.7, &gain, fmt.Sprintf("%.3f s and %.3f s, quickest of %d in turns; %d processors", one.Seconds(), two.Seconds(), pairs, runtime.NumCPU()))
	c.Aim = ptr(1.9)
	return []bench.Row{a, b, c}, nil
}

func ptr(x float64) *float64 { return &x }

type cost struct{ cpu, wall time.Duration }

// ownRun is our engine's run; the sums are of the stepping alone.
func ownRun(ctx context.Context, n *city.LaneNet, d *city.LaneDemand, threads, seconds int) (cost, trips.Totals, error) {
	s, err := micro.New(n, d, micro.Config{Seed: 1, Threads: threads, Depart: micro.BestLane})
	if err != nil {
		return cost{}, trips.Totals{}, err
	}
	runtime.GC()
	cpu, wall := ProcessorTime(), time.Now()
	if err := s.Step(ctx, time.Duration(seconds)*time.Second); err != nil {
		return cost{}, trips.Totals{}, err
	}
	return cost{ProcessorTime() - cpu, time.Since(wall)}, s.Totals(), nil
}

// speedGrid lays out the grid with SUMO's own generator, so that both drive on the same net, and writes the demand for SUMO.
func speedGrid(ctx context.Context, dir string, seconds int) (*city.LaneNet, *city.LaneDemand, error) {
	if _, err := exec.LookPath("netgenerate"); err != nil {
		return nil, nil, errNoSUMO
	}
	path := filepath.Join(dir, "grid.net.xml")
	cmd := exec.CommandContext(ctx, "netgenerate", "--grid", "--grid.number", fmt.Sprint(gridSide), "--grid.length", fmt.Sprint(gridBlock), "--grid.attach-length", fmt.Sprint(gridBlock),
		"--default.lanenumber", fmt.Sprint(gridLanes), "--default.speed", fmt.Sprint(gridSpeed), "-j", "traffic_light", "--no-turnarounds", "true", "--no-warnings", "-o", path)
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("netgenerate: %w: %s", err, said)
	}
	n, err := sumo.ReadNet(path)
	if err != nil {
		return nil, nil, err
	}
	// the demand is drawn on our own grid of the same shape, whose roads are found in SUMO's by where they lead
	own, err := grid.New(grid.Town{Side: gridSide, Block: gridBlock, Lanes: gridLanes, Speed: gridSpeed, Signal: true})
	if err != nil {
		return nil, nil, err
	}
	d, err := own.Demand(gridRate, seconds, apart, 1)
	if err != nil {
		return nil, nil, err
	}
	at := func(l *city.LaneNet, node int32, dx, dy float64) [2]int {
		p := l.Nodes[node].At
		return [2]int{int((p[0]+dx)/gridBlock + 0.5), int((p[1]+dy)/gridBlock + 0.5)}
	}
	// SUMO's plane begins at the ends of the roads out of the town, as ours does
	road := map[[4]int]int32{}
	for i, r := range n.Roads {
		a, b := at(&n.LaneNet, r.From, 0, 0), at(&n.LaneNet, r.To, 0, 0)
		road[[4]int{a[0], a[1], b[0], b[1]}] = int32(i)
	}
	f, err := os.Create(filepath.Join(dir, "grid.rou.xml"))
	if err != nil {
		return nil, nil, err
	}
	w := bufio.NewWriter(f)
	t := &d.Types[0]
	fmt.Fprintf(w, "<routes>\n<vType id=\"car\" length=\"%g\" minGap=\"%g\" maxSpeed=\"%g\" accel=\"%g\" decel=\"%g\" tau=\"%g\"/>\n", t.Length, t.Gap, t.MaxSpeed, t.Accel, t.Decel, t.Headway)
	for i := range d.Journeys {
		j := &d.Journeys[i]
		ids := make([]string, len(j.Roads))
		for k, r := range j.Roads {
			a, b := at(&own.LaneNet, own.Roads[r].From, 0, 0), at(&own.LaneNet, own.Roads[r].To, 0, 0)
			to, ok := road[[4]int{a[0], a[1], b[0], b[1]}]
			if !ok {
				f.Close()
				return nil, nil, fmt.Errorf("speed grid: netgenerate's net has no road from %v to %v", a, b)
			}
			j.Roads[k] = to
			ids[k] = n.Roads[to].ID
		}
		fmt.Fprintf(w, "<vehicle id=\"%s\" type=\"car\" depart=\"%g\" departLane=\"best\"><route edges=\"%s\"/></vehicle>\n", j.ID, j.Depart, strings.Join(ids, " "))
	}
	fmt.Fprintln(w, "</routes>")
	if err := w.Flush(); err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("write the speed grid's demand: %w", err)
	}
	return &n.LaneNet, d, f.Close()
}

// A whole city: the grid's generator at 116 × 116 junctions, 330 vehicles/s.
const (
	citySide = 116
	cityRate = 330
	cityMany = 300_000
)

// City measures the step with 300,000 vehicles at once: how much faster than the clock, and the process's memory at its largest, which counts what
// ran before in the same process. It runs until there are so many and then for span seconds more.
func City(ctx context.Context, threads, span int) ([]bench.Row, error) {
	names := [2]string{"300,000 vehicles, micro, real-time factor", "300,000 vehicles, micro, memory"}
	defer debug.SetGCPercent(debug.SetGCPercent(5)) // what is made while the town is laid out is much and short-lived
	n, err := grid.New(grid.Town{Side: citySide, Block: gridBlock, Lanes: gridLanes, Speed: gridSpeed, Signal: true})
	if err != nil {
		return nil, err
	}
	d, err := n.Demand(cityRate, 1000+span, apart, 1)
	if err != nil {
		return nil, err
	}
	s, err := micro.New(&n.LaneNet, d, micro.Config{Seed: 1, Threads: threads, Depart: micro.BestLane})
	if err != nil {
		return nil, err
	}
	at := 0
	for ; s.Totals().Running < cityMany; at += 10 {
		if at >= 1000 {
			return nil, fmt.Errorf("city: %d vehicles after %d s", s.Totals().Running, at)
		}
		if err := s.Step(ctx, time.Duration(at+10)*time.Second); err != nil {
			return nil, err
		}
	}
	runtime.GC()
	cpu, wall := ProcessorTime(), time.Now()
	if err := s.Step(ctx, time.Duration(at+span)*time.Second); err != nil {
		return nil, err
	}
	took := time.Since(wall)
	factor := float64(span) / took.Seconds()
	used := (ProcessorTime() - cpu).Seconds()
	t := s.Totals()
	a := bench.AtLeast(names[0], "×", 8, &factor, fmt.Sprintf("%d threads, %d to %d s, %d vehicles at the end; %.1f CPU s in %.1f s; with %d processors of its own, were all of it parallel, %.1f ×", threads, at, at+span, t.Running, used, took.Seconds(), threads,
		float64(span)/used*float64(min(threads, runtime.NumCPU()))))
	a.Aim = ptr(15)
	if peak, ok := peakMemory(); ok {
		mib := float64(peak) / (1 << 20)
		b := bench.AtMost(names[1], "MiB", 1024, &mib, "largest of the process; the net and a demand of "+fmt.Sprint(len(d.Journeys))+" routes are in it")
		b.Aim = ptr(400)
		return []bench.Row{a, b}, nil
	}
	return []bench.Row{a, bench.AtMost(names[1], "MiB", 1024, nil, "this system does not tell")}, nil
}

// Meso measures our mesoscopic engine on the speed grid's first 1,189 s beside SUMO's own with junction control, in processor seconds.
func Meso(ctx context.Context, dir string) (bench.Row, error) {
	const name, seconds = "speed grid, meso, CPU seconds beside SUMO's", 1189
	n, demand, err := speedGrid(ctx, dir, seconds)
	if errors.Is(err, errNoSUMO) {
		return bench.AtLeast(name, "×", 10, nil, err.Error()), nil
	}
	if err != nil {
		return bench.Row{}, err
	}
	var slower time.Duration
	var sim *meso.Sim
	own := func() error {
		if sim, err = meso.New(n, demand, meso.Config{Seed: 1}); err != nil {
			return err
		}
		cpu := ProcessorTime()
		if err := sim.Step(ctx, seconds*time.Second); err != nil {
			return err
		}
		slower = max(slower, ProcessorTime()-cpu)
		return nil
	}
	if err := own(); err != nil {
		return bench.Row{}, err
	}
	peer, err := sumoCmd(ctx, dir, filepath.Join(dir, "grid.net.xml"), filepath.Join(dir, "grid.rou.xml"), 0, seconds, 1, true, "--mesosim", "--meso-junction-control")
	if err != nil {
		return bench.Row{}, err
	}
	if err := own(); err != nil {
		return bench.Row{}, err
	}
	var a, b, both float64
	for _, t := range sim.Trips() {
		x, ok := peer.Trips[demand.Journeys[t.Journey].ID]
		if ok && x.Arrival >= 0 && !math.IsNaN(t.Arrive) {
			a, b, both = a+t.Arrive-t.Enter, b+x.Duration, both+1
		}
	}
	ratio, who := peer.CPU.Seconds()/slower.Seconds(), "SUMO --mesosim --meso-junction-control"
	row := bench.AtLeast(name, "×", 10, &ratio, fmt.Sprintf("%.2f CPU s, SUMO %.2f; the trips finished in both take %.1f s, SUMO's %.1f; %d of ours finished, %d of SUMO's", slower.Seconds(), peer.CPU.Seconds(), a/both, b/both,
		sim.Totals().Finished, len(peer.Trips)))
	row.Aim, row.Peer, row.Ratio = ptr(50.0), &who, &ratio
	return row, nil
}
