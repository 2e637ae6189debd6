package main

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"citybrain/account"
	bench "citybrain/bench/traffic"
	"citybrain/city"
	"citybrain/city/importer/sumo"
	"citybrain/traffic"
	"citybrain/traffic/control"
	"citybrain/traffic/meso"
	"citybrain/traffic/micro"
	"citybrain/traffic/trips"
	"citybrain/traffic/zone"
	"citybrain/world"
)

// streets is a scenario for the microscopic engine: a lane net, who drives on it, and the rules of the place.
type streets struct {
	name     string
	net      *city.LaneNet
	demand   *city.LaneDemand
	rules    control.Options
	headway  float64 // factor on drivers' headways
	begin    float64 // s that the scenario's clock shows at its start
	pace     int     // s between the brain's decisions: a city of hundreds of junctions leaves it less time for each
	informed float64 // share of drivers who hear of closed roads; 0: all
	city     bool    // a city pack: drivers know their way about, and go round what is locked
}

// openStreets reads the scenario that one of two flags names.
func openStreets(cfg, pack string, seed uint64, seconds int) (streets, error) {
	if cfg != "" {
		return sumoStreets(cfg)
	}
	return cityStreets(pack, seed, seconds)
}

// sumoStreets reads a SUMO scenario.
func sumoStreets(path string) (streets, error) {
	s, err := sumo.Read(path)
	if err != nil {
		return streets{}, err
	}
	note(s.Defects)
	return streets{path, &s.Network.LaneNet, &s.Demand.LaneDemand, control.Options{Yellow: 3, MinGreen: 5}, 1, s.Config.Begin, 1, 0, false}, nil
}

// note tells of what was mended in an input.
func note(defects []city.Defect) {
	for i, x := range defects {
		if i == 20 {
			fmt.Fprintf(os.Stderr, "… and %d notes more\n", len(defects)-i)
			return
		}
		fmt.Fprintf(os.Stderr, "note: %s: %s\n", x.Element, x.What)
	}
}

// cityStreets makes the working day's evening of a city pack, from empty streets on. Lanes carry 1,600 vehicles an hour, as city.SaturationFlow says.
func cityStreets(dir string, seed uint64, seconds int) (streets, error) {
	c, err := namedCity(dir)
	if err != nil {
		return streets{}, err
	}
	net, err := c.Lanes()
	if err != nil {
		return streets{}, err
	}
	evening := world.Demand(world.Config{Seed: seed, Start: account.EveningStart, Hours: float64(seconds) / 3600, TripsPerHour: world.PeakTrips(c)})
	evening.Cold = true
	trips, goals, err := evening.Trips(c)
	if err != nil {
		return streets{}, err
	}
	name := dir
	if dir == "" || dir == demoCity {
		name = c.Name.En
	}
	demand := traffic.LaneDemand(c, trips, goals)
	demand.Walkers = evening.Walkers(c, net)
	return streets{name, net, demand, control.Options{Yellow: 3, AllRed: 2, MinGreen: 7, Street: control.StreetOf(net)}, 1.35, 0, 5, 0, true}, nil
}

// decideEvery is the seconds between a controller's decisions where nobody says.
func (s *streets) decideEvery(controller string) int {
	switch controller {
	case "fixed", "webster", "offline":
		return 1
	case "brain":
		return s.pace
	}
	return 10
}

// controller makes a controller of the scenario's lights; nil where their own program runs.
func (s *streets) controller(name string, every int, plan string) (*control.Network, control.Controller, error) {
	if name == "fixed" && plan == "" && s.rules.Street == nil {
		return nil, nil, nil // the lights' own programs run; on a street it is kept to the limits of waiting
	}
	n, err := control.NewNetwork(s.net, s.rules)
	if err != nil {
		return nil, nil, err
	}
	set := control.Settings{Every: float64(every)}
	if set.Plan, err = readPlan(plan, n); err != nil {
		return nil, nil, err
	}
	ctl, err := control.New(name, n, set)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %v", errUsage, err)
	}
	return n, ctl, nil
}

// micro is how the microscopic engine runs the scenario.
func (s *streets) micro(seed uint64, threads int) micro.Config {
	return micro.Config{Seed: seed, Threads: threads, Headway: s.headway, Impatient: s.city, Informed: s.informed}
}

// habits is the runs of the queues after which drivers keep the routes that they have found.
const habits = 6

// settle gives all drivers the routes that they take day by day: near equilibrium under the lights' own plans.
func (s *streets) settle(ctx context.Context, seed uint64, seconds, threads int) error {
	demand, _, err := meso.Assign(ctx, s.net, s.demand, meso.Equilibrium{Config: meso.Config{Seed: seed, Headway: s.headway}, Until: time.Duration(seconds) * time.Second, Iterations: habits, Threads: threads})
	if err == nil {
		s.demand = demand
	}
	return err
}

// driver prepares an engine and what moves it on under a controller: fixed is the lights' own program.
func (s *streets) driver(controller string, every int, seed uint64, threads int, plan string) (*micro.Sim, func(context.Context, time.Duration) error, error) {
	sim, err := micro.New(s.net, s.demand, s.micro(seed, threads))
	if err != nil {
		return nil, nil, err
	}
	n, ctl, err := s.controller(controller, every, plan)
	if err != nil || ctl == nil {
		return sim, sim.Step, err
	}
	return sim, control.NewDrive(&micro.Controlled{Sim: sim, Net: n}, n, ctl, every).Step, nil
}

// moved is an engine that has moved vehicles.
type moved interface {
	Now() time.Duration
	Totals() trips.Totals
	Figures() trips.Figures
	Trips() []trips.Trip
	Route(journey int) []int32
	Hash() string
}

// queues prepares the mesoscopic engine and what moves it on under a controller.
func (s *streets) queues(r *trafficRun, every int) (moved, func(context.Context, time.Duration) error, error) {
	sim, err := meso.New(s.net, s.demand, meso.Config{Seed: r.seed, Headway: s.headway})
	if err != nil {
		return nil, nil, err
	}
	n, ctl, err := s.controller(r.controller, every, r.plan)
	if err != nil || ctl == nil {
		return sim, sim.Step, err
	}
	return sim, control.NewDrive(&meso.Controlled{Sim: sim, Net: n}, n, ctl, every).Step, nil
}

// both prepares the microscopic engine in the area that r names with queues around it, and what moves them on.
func (s *streets) both(r *trafficRun, every int) (moved, func(context.Context, time.Duration) error, error) {
	inside, err := s.area(r)
	if err != nil {
		return nil, nil, err
	}
	sim, err := zone.New(s.net, s.demand, inside, s.micro(r.seed, r.threads), meso.Config{Seed: r.seed, Headway: s.headway})
	if err != nil {
		return nil, nil, err
	}
	n, ctl, err := s.controller(r.controller, every, r.plan)
	if err != nil || ctl == nil {
		return sim, sim.Step, err
	}
	return sim, control.NewDrive(&zone.Controlled{Sim: sim, Net: n}, n, ctl, every).Step, nil
}

// area is the nodes that r wants to be microscopic.
func (s *streets) area(r *trafficRun) ([]bool, error) {
	if r.edges != "" {
		return zone.To(s.net, strings.Split(r.edges, ","))
	}
	var x [4]float64
	parts := strings.Split(r.area, ",")
	for i := range parts {
		var err error
		if i == len(x) {
			break
		}
		if x[i], err = strconv.ParseFloat(strings.TrimSpace(parts[i]), 64); err != nil {
			return nil, fmt.Errorf("%w: --micro-area %q: %q is no number", errUsage, r.area, parts[i])
		}
	}
	if len(parts) != len(x) || !(x[0] < x[2]) || !(x[1] < x[3]) {
		return nil, fmt.Errorf("%w: --micro-area %q: give X0,Y0,X1,Y1 in metres with X0 < X1 and Y0 < Y1; the net reaches %s", errUsage, r.area, s.reach())
	}
	in := zone.In(s.net, orb.Bound{Min: orb.Point{x[0], x[1]}, Max: orb.Point{x[2], x[3]}})
	if !slices.Contains(in, true) {
		return nil, fmt.Errorf("%w: --micro-area %q: no junction lies in it; the net reaches %s", errUsage, r.area, s.reach())
	}
	return in, nil
}

// reach is the rectangle in which the net's nodes lie.
func (s *streets) reach() string {
	var at orb.MultiPoint
	for i := range s.net.Nodes {
		at = append(at, s.net.Nodes[i].At)
	}
	b := at.Bound()
	return fmt.Sprintf("from %.0f,%.0f to %.0f,%.0f", b.Min[0], b.Min[1], b.Max[0], b.Max[1])
}

// run drives the scenario and prints the row of `traffic run`. What did not arrive counts until the end.
func (s *streets) run(ctx context.Context, r *trafficRun) (runRow, error) {
	every := r.every
	if every == 0 {
		every = s.decideEvery(r.controller)
	}
	var sim moved
	var step func(context.Context, time.Duration) error
	var err error
	apart := r.area != "" || r.edges != ""
	if s.city || r.model == "meso" || apart {
		if err := s.settle(ctx, r.seed, r.duration, r.threads); err != nil {
			return runRow{}, err
		}
	}
	switch {
	case r.model == "meso":
		sim, step, err = s.queues(r, every)
	case apart:
		sim, step, err = s.both(r, every)
	default:
		s.informed = r.informed
		var m *micro.Sim
		if m, step, err = s.driver(r.controller, every, r.seed, r.threads, r.plan); err == nil {
			sim, err = m, r.happens(s.net, m)
		}
	}
	if err != nil {
		return runRow{}, err
	}
	began, cpu := time.Now(), bench.ProcessorTime().Seconds()
	var places func([]trips.Place) []trips.Place
	if x, ok := sim.(interface {
		Places([]trips.Place) []trips.Place
	}); ok {
		places = x.Places
	}
	if err := r.drive(ctx, step, s.net, s.demand, s.begin, places); err != nil {
		return runRow{}, err
	}
	x := sim.Totals()
	row := runRow{Vehicles: x.Due, Finished: x.Finished, Updates: x.Updates, Wall: round2(time.Since(began).Seconds()), Peak: x.Peak, Hash: sim.Hash()}
	if spent := bench.ProcessorTime().Seconds() - cpu; spent > 0 {
		row.PerCPU = round2(float64(x.Updates) / spent)
	}
	f := sim.Figures()
	row.NeverInserted, row.MeanTravel, row.P95Travel, row.MeanDelay, row.MaxWait = f.NeverInserted, round2(f.MeanTravel), round2(f.P95Travel), round2(f.MeanDelay), round2(f.MaxWait)
	var people byMode
	for _, t := range sim.Trips() {
		people.ride(&s.demand.Types[s.demand.Journeys[t.Journey].Type], t.EntryDelay+t.Loss)
	}
	if x, ok := sim.(interface{ Walked() []trips.Walk }); ok {
		walks := x.Walked()
		row.Walkers = onFoot(walks)
		for _, w := range walks {
			people.walk(w.Waited)
		}
	}
	delay := people.delay()
	row.Person = &delay
	if r.tripinfo == "" {
		return row, nil
	}
	return row, writeTrips(r.tripinfo, sim, s.net, s.demand, s.begin)
}

// onFoot sums up ways on foot; nil: there are none.
func onFoot(list []trips.Walk) *walkRow {
	if len(list) == 0 {
		return nil
	}
	row := walkRow{Due: len(list)}
	for _, w := range list {
		if !math.IsNaN(w.Arrive) {
			row.Arrived++
		}
		row.Mean += w.Waited
		row.Longest, row.Call = max(row.Longest, w.Longest), max(row.Call, w.Called)
		if w.Called > city.LongestCall {
			row.Late++
		}
	}
	row.Mean, row.Longest, row.Call = round2(row.Mean/float64(len(list))), round2(row.Longest), round2(row.Call)
	return &row
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
func writeTrips(path string, sim moved, net *city.LaneNet, demand *city.LaneDemand, begin float64) error {
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
