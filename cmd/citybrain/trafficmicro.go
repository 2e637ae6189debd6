package main

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"citybrain/bench/traffic"
	"citybrain/city"
	"citybrain/city/importer/sumo"
	"citybrain/traffic/control"
	"citybrain/traffic/micro"
)

// ownResult is what `traffic run --json` prints of a run of our own engine. Times are simulated seconds but wall_s.
type ownResult struct {
	Vehicles      int     `json:"vehicles"`
	Finished      int     `json:"finished"`
	NeverInserted int     `json:"never_inserted"`
	MeanTravel    float64 `json:"mean_travel_s"`
	MeanDelay     float64 `json:"mean_delay_s"`
	P95Travel     float64 `json:"p95_travel_s"`
	MaxWait       float64 `json:"max_wait_s"`
	Updates       int64   `json:"vehicle_updates"`
	PerCPU        float64 `json:"updates_per_cpu_s"`
	Wall          float64 `json:"wall_s"`
	Peak          int     `json:"peak_vehicles"`
	Hash          string  `json:"state_hash"`
}

// ownRun is what a run of our own engine is asked for.
type ownRun struct {
	cfg, controller, tripinfo, plan string
	every, duration, threads        int
	seed                            uint64
}

func trafficOwnVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("traffic run", "citybrain traffic run --sumo cologne1.sumocfg --controller fixed --duration 3600 --seed 1 --json", out)
	var r ownRun
	f.StringVar(&r.cfg, "sumo", "", "sumocfg `file`: network, routes, begin")
	model := f.String("model", "own", "own: the microscopic engine of this program")
	f.StringVar(&r.controller, "controller", "fixed", strings.Join(control.Names(), ", ")+"; fixed without a plan: the lights' own programs")
	f.StringVar(&r.plan, "plan", "", "`file` with a plan, of `traffic optimise`")
	f.StringVar(&r.tripinfo, "tripinfo", "", "`file` for the trips in SUMO's tripinfo format; empty: none is kept")
	f.IntVar(&r.every, "decide-every", 0, "`s` between decisions; 0: the controller's own, 1 s for brain, fixed, webster and offline, 10 s for the others")
	f.IntVar(&r.duration, "duration", hour, "`s` of simulation")
	f.Uint64Var(&r.seed, "seed", 1, "seed of all chance")
	f.IntVar(&r.threads, "threads", 1, "threads; the result is the same for any number")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	switch {
	case r.cfg == "":
		return fmt.Errorf("%w: give --sumo FILE.sumocfg", errUsage)
	case *model != "own":
		return fmt.Errorf("%w: --model %q: a SUMO scenario runs with --model own", errUsage, *model)
	case r.every < 0 || r.duration <= 0 || r.threads < 1 || r.threads > 1024:
		return fmt.Errorf("%w: --duration is at least 1 s, --decide-every not negative, --threads from 1 to 1024", errUsage)
	case !slices.Contains(control.Names(), r.controller):
		return fmt.Errorf("%w: --controller %q is none of %s", errUsage, r.controller, strings.Join(control.Names(), ", "))
	}
	x, err := r.run(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(out).Encode(x)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %s, seed %d\t\n", filepath.Base(r.cfg), r.controller, r.seed)
	fmt.Fprintf(w, "vehicles\t%d: %d finished, %d never inserted, at most %d at once\n", x.Vehicles, x.Finished, x.NeverInserted, x.Peak)
	fmt.Fprintf(w, "travel time\tmean %.1f s, 95 %% below %.0f s\n", x.MeanTravel, x.P95Travel)
	fmt.Fprintf(w, "delay\tmean %.1f s; longest standing %.0f s\n", x.MeanDelay, x.MaxWait)
	fmt.Fprintf(w, "computing\t%.2f s; %.0f vehicle updates a CPU second\n", x.Wall, x.PerCPU)
	fmt.Fprintf(w, "state\t%s\n", x.Hash)
	return w.Flush()
}

func (r *ownRun) run(ctx context.Context) (ownResult, error) {
	var x ownResult
	s, err := sumo.Read(r.cfg)
	if err != nil {
		return x, err
	}
	for i, d := range s.Defects {
		if i == 20 {
			fmt.Fprintf(os.Stderr, "… and %d notes more\n", len(s.Defects)-i)
			break
		}
		fmt.Fprintf(os.Stderr, "note: %s: %s\n", d.Element, d.What)
	}
	net, demand := &s.Network.LaneNet, &s.Demand.LaneDemand
	sim, err := micro.New(net, demand, micro.Config{Seed: r.seed, Threads: r.threads})
	if err != nil {
		return x, err
	}
	step := sim.Step
	if r.controller != "fixed" || r.plan != "" {
		d, err := r.drive(sim, net)
		if err != nil {
			return x, err
		}
		step = d.Step
	}
	began, cpu := time.Now(), traffic.ProcessorTime()
	bar := newProgress()
	for t := 0; t < r.duration; {
		t = min(t+60, r.duration)
		if err := step(ctx, time.Duration(t)*time.Second); err != nil {
			bar.done()
			return x, err
		}
		bar.show("traffic run", float64(t)/float64(r.duration))
	}
	bar.done()
	spent, wall := traffic.ProcessorTime()-cpu, time.Since(began)
	f, t := sim.Figures(), sim.Totals()
	x = ownResult{Vehicles: f.Vehicles, Finished: f.Finished, NeverInserted: f.NeverInserted, MeanTravel: round2(f.MeanTravel), MeanDelay: round2(f.MeanDelay), P95Travel: round2(f.P95Travel),
		MaxWait: round2(f.MaxWait), Updates: t.Updates, Wall: round2(wall.Seconds()), Peak: t.Peak, Hash: sim.Hash()}
	if spent > 0 {
		x.PerCPU = math.Round(float64(t.Updates) / spent.Seconds())
	}
	if r.tripinfo == "" {
		return x, nil
	}
	return x, writeTrips(r.tripinfo, sim, net, demand, s.Config.Begin)
}

// drive gives the lights to a controller, by the rules of protocol SUMO-1.
func (r *ownRun) drive(sim *micro.Sim, net *city.LaneNet) (*micro.Drive, error) {
	n, err := control.NewNetwork(net, control.Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		return nil, err
	}
	every := r.every
	if every == 0 {
		every = 10
		switch r.controller {
		case "fixed", "webster", "offline", "brain":
			every = 1
		}
	}
	set := control.Settings{Every: float64(every)}
	if r.plan != "" {
		file, err := os.Open(r.plan)
		if err != nil {
			return nil, fmt.Errorf("read plan: %w", err)
		}
		set.Plan, err = control.ReadPlan(file, n)
		file.Close()
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", r.plan, err)
		}
	}
	ctl, err := control.New(r.controller, n, set)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errUsage, err)
	}
	return micro.NewDrive(sim, n, ctl, every)
}

// tripRow is a trip in SUMO's tripinfo format; times are SUMO's, begin included, −1 where there is none yet.
type tripRow struct {
	XMLName     xml.Name `xml:"tripinfo"`
	ID          string   `xml:"id,attr"`
	Depart      string   `xml:"depart,attr"`
	DepartDelay string   `xml:"departDelay,attr"`
	Arrival     string   `xml:"arrival,attr"`
	Duration    string   `xml:"duration,attr"`
	Length      string   `xml:"routeLength,attr"`
	Waiting     string   `xml:"waitingTime,attr"`
	Loss        string   `xml:"timeLoss,attr"`
	Type        string   `xml:"vType,attr"`
}

// writeTrips writes the trips that entered, in the order of departure.
func writeTrips(path string, sim *micro.Sim, net *city.LaneNet, demand *city.LaneDemand, begin float64) error {
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write tripinfo: %w", err)
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	enc := xml.NewEncoder(w)
	enc.Indent("    ", "")
	fmt.Fprintln(w, "<tripinfos>")
	second := func(x float64) string {
		if math.IsNaN(x) {
			return "-1"
		}
		return fmt.Sprintf("%.2f", x)
	}
	now := sim.Now().Seconds()
	for _, t := range sim.Trips() {
		if math.IsNaN(t.Enter) {
			continue
		}
		j := &demand.Journeys[t.Journey]
		end := t.Arrive
		length := 0.0
		if math.IsNaN(end) {
			end = now
		} else {
			for _, r := range sim.Route(t.Journey) {
				length += net.Roads[r].Length
			}
		}
		row := tripRow{ID: j.ID, Depart: second(t.Enter + begin), DepartDelay: second(t.EntryDelay), Arrival: second(t.Arrive + begin), Duration: second(end - t.Enter),
			Length: second(length), Waiting: second(t.Waiting), Loss: second(t.Loss), Type: demand.Types[j.Type].ID}
		if err := enc.Encode(row); err != nil {
			return fmt.Errorf("write tripinfo: %w", err)
		}
	}
	fmt.Fprintln(w, "\n</tripinfos>")
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write tripinfo: %w", err)
	}
	return file.Close()
}
