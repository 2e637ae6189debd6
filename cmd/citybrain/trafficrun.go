package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	bench "citybrain/bench/traffic"
	"citybrain/city"
	roadnet "citybrain/city/importer/cityflow"
	"citybrain/traffic/cityflow"
	"citybrain/traffic/control"
	"citybrain/traffic/trips"
)

// runRow is what `traffic run --json` prints. Times are simulated seconds but wall_s.
type runRow struct {
	Vehicles      int      `json:"vehicles"`
	Finished      int      `json:"finished"`
	NeverInserted int      `json:"never_inserted"`
	MeanTravel    float64  `json:"mean_travel_s"`
	PapersTravel  *float64 `json:"papers_travel_s"` // null but of a roadnet
	MeanDelay     float64  `json:"mean_delay_s"`
	P95Travel     float64  `json:"p95_travel_s"`
	MaxWait       float64  `json:"max_wait_s"`
	Updates       int64    `json:"vehicle_updates"`
	PerCPU        float64  `json:"updates_per_cpu_s"`
	Wall          float64  `json:"wall_s"`
	Peak          int      `json:"peak_vehicles"`
	Hash          string   `json:"state_hash"`

	Person  *personDelay `json:"person_delay_s,omitempty"` // but of a roadnet
	Walkers *walkRow     `json:"walkers,omitempty"`        // where somebody is on foot
}

// walkRow is what came of those on foot.
type walkRow struct {
	Due     int     `json:"due"`
	Arrived int     `json:"arrived"`
	Mean    float64 `json:"mean_wait_s"` // at crosswalks, of all due
	Longest float64 `json:"longest_wait_s"`
	Call    float64 `json:"longest_call_s"` // from a walker's call at a light to his first step
	Late    int     `json:"late_calls"`     // walkers who waited longer than 90 s at one
}

// trafficRun is what one run is asked for.
type trafficRun struct {
	city, sumo, plan, tripinfo       string
	area, edges                      string
	roadnet, flow, model, controller string
	tracks                           string
	every, duration, threads, sample int
	water                            string
	closures                         []closure
	informed                         float64
	seed                             uint64
	stay                             bool
}

func trafficRunVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("traffic run", "citybrain traffic run --roadnet roadnet.json --flow flow.json --model cityflow --controller brain --duration 3600 --seed 1 --json", out)
	var r trafficRun
	f.StringVar(&r.city, "city", "", "`folder` of a city pack, or demo: its evening")
	f.StringVar(&r.sumo, "sumo", "", "sumocfg `file`")
	f.StringVar(&r.roadnet, "roadnet", "", "CityFlow roadnet `file`, JSON or .xz")
	f.StringVar(&r.flow, "flow", "", "CityFlow flow `file`, JSON or .xz")
	f.StringVar(&r.model, "model", "", "own or meso (streets of a city or of SUMO: microscopic, or queues lane by lane) or cityflow (CityFlow's own rules, a roadnet)")
	f.StringVar(&r.area, "micro-area", "", "`X0,Y0,X1,Y1` in the net's metres: microscopic at the junctions in this rectangle, queues around it")
	f.StringVar(&r.edges, "micro-edges", "", "`ids` of roads, divided by commas: microscopic at the junctions to which they lead, queues around them")
	f.StringVar(&r.plan, "plan", "", "`file` with a plan, of `traffic optimise`; of streets of our own engine")
	f.StringVar(&r.tripinfo, "tripinfo", "", "`file` for the trips in SUMO's format; of streets of our own engine")
	f.StringVar(&r.tracks, "trajectories", "", "`file`.parquet or .csv for where every vehicle is; beside queues those of the microscopic area")
	f.IntVar(&r.sample, "trajectories-every", 1, "`s` between two places of a vehicle")
	f.Func("close", "`EDGE@FROM-TO`, s: nobody may enter this road meanwhile; may be given again", func(text string) error {
		c, err := parseClosure(text)
		r.closures = append(r.closures, c)
		return err
	})
	f.StringVar(&r.water, "water", "", "CSV `file` of time_s,edge,depth_m: how deep water stands on a road from then on")
	f.Float64Var(&r.informed, "informed", 1, "`share` of drivers who hear at once of closed and flooded roads; the others see them")
	f.StringVar(&r.controller, "controller", "brain", strings.Join(runControllers(), ", "))
	f.IntVar(&r.every, "decide-every", 0, "`s` between decisions; 0: the controller's own")
	f.IntVar(&r.duration, "duration", hour, "`s` of simulation")
	f.Uint64Var(&r.seed, "seed", 1, "seed of all chance")
	f.IntVar(&r.threads, "threads", 1, "threads; the result is the same for any number")
	f.BoolVar(&r.stay, "no-lane-change", false, "vehicles stay on their lanes")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	inputs := 0
	for _, x := range []string{r.city, r.sumo, r.roadnet} {
		if x != "" {
			inputs++
		}
	}
	switch {
	case inputs != 1 || r.roadnet != "" && r.flow == "":
		return fmt.Errorf("%w: give --city FOLDER, --sumo FILE.sumocfg, or --roadnet FILE with --flow FILE", errUsage)
	case r.roadnet != "" && r.model != "" && r.model != "cityflow", r.roadnet == "" && r.model != "" && r.model != "own" && r.model != "meso":
		return fmt.Errorf("%w: --model %q: a roadnet runs with cityflow, a city and a SUMO scenario with own or meso", errUsage, r.model)
	case (r.area != "" || r.edges != "") && (r.roadnet != "" || r.model != "" && r.model != "own"):
		return fmt.Errorf("%w: --micro-area and --micro-edges go with --city and --sumo, and with --model own", errUsage)
	case r.area != "" && r.edges != "":
		return fmt.Errorf("%w: give --micro-area or --micro-edges", errUsage)
	case r.roadnet != "" && (r.plan != "" || r.tripinfo != ""):
		return fmt.Errorf("%w: --plan and --tripinfo go with --city and --sumo", errUsage)
	case r.roadnet == "" && (r.flow != "" || r.stay):
		return fmt.Errorf("%w: --flow and --no-lane-change go with --roadnet", errUsage)
	case (r.water != "" || len(r.closures) > 0 || r.informed != 1) && (r.roadnet != "" || r.area != "" || r.edges != "" || r.model == "meso"):
		return fmt.Errorf("%w: --close, --water and --informed go with --city and --sumo and the microscopic engine alone", errUsage)
	case !(r.informed > 0 && r.informed <= 1):
		return fmt.Errorf("%w: --informed %g is above 0 and at most 1", errUsage, r.informed)
	case r.plan != "" && !planned(r.controller):
		return fmt.Errorf("%w: --plan is for fixed, offline and actuated, not for %s", errUsage, r.controller)
	case r.tracks != "" && (r.model == "meso" || !slices.Contains(trackEnds, filepath.Ext(r.tracks))):
		return fmt.Errorf("%w: --trajectories %q: the file ends in %s, and queues have no places", errUsage, r.tracks, strings.Join(trackEnds, " or "))
	case r.sample < 1:
		return fmt.Errorf("%w: --trajectories-every is at least 1 s", errUsage)
	case r.duration <= 0 || r.duration > longestRun || r.every < 0 || r.threads < 1 || r.threads > 1024:
		return fmt.Errorf("%w: --duration is from 1 s to %d s, --decide-every not negative, --threads from 1 to 1024", errUsage, longestRun)
	case r.roadnet != "" && !slices.Contains(runControllers(), r.controller):
		return fmt.Errorf("%w: --controller %q is none of %s", errUsage, r.controller, strings.Join(runControllers(), ", "))
	case r.roadnet == "" && !slices.Contains(control.Names(), r.controller):
		return fmt.Errorf("%w: --controller %q is none of %s; those of papers go with --roadnet", errUsage, r.controller, strings.Join(control.Names(), ", "))
	}
	name, row, err := filepath.Base(r.flow), runRow{}, error(nil)
	switch {
	case r.roadnet != "":
		row, err = r.run(ctx)
	default:
		var s streets
		s, err = openStreets(r.sumo, r.city, r.seed, r.duration)
		if err == nil {
			name = s.name
			row, err = s.run(ctx, &r)
		}
	}
	if err != nil {
		return err
	}
	if *asJSON {
		return json.NewEncoder(out).Encode(row)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %s, seed %d\t\n", name, r.controller, r.seed)
	fmt.Fprintf(w, "vehicles\t%d: %d finished, %d never inserted, at most %d at once\n", row.Vehicles, row.Finished, row.NeverInserted, row.Peak)
	papers := ""
	if row.PapersTravel != nil {
		papers = fmt.Sprintf("; as papers count it %.1f s", *row.PapersTravel)
	}
	fmt.Fprintf(w, "travel time\tmean %.1f s, 95 %% below %.0f s%s\n", row.MeanTravel, row.P95Travel, papers)
	fmt.Fprintf(w, "delay\tmean %.1f s; longest standing %.0f s\n", row.MeanDelay, row.MaxWait)
	if p := row.Person; p != nil {
		fmt.Fprintf(w, "person delay\tcar %.2f s, bus %.2f s, bicycle %.2f s, walker %.2f s, all %.2f s\n", p.Car, p.Bus, p.Bicycle, p.Walker, p.All)
	}
	if p := row.Walkers; p != nil {
		fmt.Fprintf(w, "on foot\t%d: %d arrived; mean wait %.1f s at crosswalks, longest %.0f s, at a light %.0f s (%d longer than %d s)\n", p.Due, p.Arrived, p.Mean, p.Longest, p.Call, p.Late, city.LongestCall)
	}
	fmt.Fprintf(w, "computing\t%.1f s; %.0f vehicle updates a CPU second\n", row.Wall, row.PerCPU)
	fmt.Fprintf(w, "state\t%s\n", row.Hash)
	return w.Flush()
}

// planned reports whether a controller heeds a plan.
func planned(controller string) bool {
	return controller == "fixed" || controller == "offline" || controller == "actuated"
}

// runControllers lists what a roadnet may run under.
func runControllers() []string {
	names := cityflow.Published()
	for _, n := range control.Names() {
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// drive moves an engine on to the end, and writes trajectories if they are wanted; places tells where vehicles are, begin is what the
// scenario's clock shows at its start.
func (r *trafficRun) drive(ctx context.Context, step func(context.Context, time.Duration) error, net *city.LaneNet, demand *city.LaneDemand, begin float64, places func([]trips.Place) []trips.Place) error {
	bar, every := newProgress(), 30
	defer bar.done()
	var file *tracks
	if r.tracks != "" {
		var err error
		if file, err = newTracks(r.tracks, net, demand, begin); err != nil {
			return err
		}
		every = r.sample
	}
	var list []trips.Place
	for t := 0; t < r.duration; {
		t = min(t+every, r.duration)
		err := step(ctx, time.Duration(t)*time.Second)
		if file != nil && err == nil {
			list = places(list[:0])
			err = file.add(float64(t), list)
		}
		if err != nil {
			if file != nil {
				file.drop()
			}
			return err
		}
		if t%30 == 0 {
			bar.show("traffic run", float64(t)/float64(r.duration))
		}
	}
	if file != nil {
		return file.close()
	}
	return nil
}

func (r *trafficRun) run(ctx context.Context) (runRow, error) {
	var row runRow
	net, demand, err := roadnet.Load(r.roadnet, r.flow, float64(r.duration))
	if err != nil {
		return row, err
	}
	sim, err := cityflow.New(net, demand, cityflow.Config{Seed: r.seed, Threads: r.threads, LaneChange: !r.stay})
	if err != nil {
		return row, err
	}
	n, err := cityflow.Network(net, demand)
	if err != nil {
		return row, err
	}
	every := r.every
	var ctl control.Controller
	if slices.Contains(cityflow.Published(), r.controller) {
		if every == 0 {
			every = 30
		}
		ctl, err = cityflow.NewPublished(r.controller, n, float64(every))
	} else {
		if every == 0 {
			every = 5
		}
		ctl, err = control.New(r.controller, n, control.Settings{Every: float64(every)})
	}
	if err != nil {
		return row, fmt.Errorf("%w: %v", errUsage, err)
	}
	d := cityflow.NewDrive(sim, n, ctl, every)
	began, cpu := time.Now(), bench.ProcessorTime().Seconds()
	err = r.drive(ctx, d.Step, net, demand, 0, func(list []trips.Place) []trips.Place {
		var on []cityflow.Vehicle
		for w := range len(net.Lanes) + len(net.Connections) {
			on = sim.OnWay(on[:0], w)
			for _, v := range on {
				p := trips.Place{Journey: v.Trip, Lane: v.Way, Connection: -1, Along: v.Dist, Speed: v.Speed}
				if k := w - len(net.Lanes); k >= 0 {
					p.Lane, p.Connection = net.Connections[k].From, int32(k)
				}
				list = append(list, p)
			}
		}
		return list
	})
	if err != nil {
		return row, err
	}
	x, hash := sim.Result(), sim.Hash()
	papers := round2(x.PapersTravel)
	row = runRow{Vehicles: x.Vehicles, Finished: x.Finished, NeverInserted: x.NeverInserted, MeanTravel: round2(x.MeanTravel), PapersTravel: &papers, MeanDelay: round2(x.MeanDelay),
		P95Travel: x.P95Travel, MaxWait: x.MaxWait, Updates: x.Updates, Wall: round2(time.Since(began).Seconds()), Peak: x.Peak, Hash: hex.EncodeToString(hash[:])}
	if spent := bench.ProcessorTime().Seconds() - cpu; spent > 0 {
		row.PerCPU = round2(float64(x.Updates) / spent)
	}
	return row, nil
}
