package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"citybrain/account"
	"citybrain/city"
	"citybrain/city/importer/sumo"
	"citybrain/traffic"
	"citybrain/traffic/control"
	"citybrain/traffic/micro"
	"citybrain/world"
)

// streets is a scenario for the microscopic engine: a lane net, who drives on it, and the rules of the place.
type streets struct {
	name    string
	net     *city.LaneNet
	demand  *city.LaneDemand
	rules   control.Options
	headway float64 // factor on drivers' headways
	pace    int     // s between the brain's decisions: a city of hundreds of junctions leaves it less time for each
}

// sumoStreets reads a SUMO scenario.
func sumoStreets(path string) (streets, error) {
	s, err := sumo.Read(path)
	if err != nil {
		return streets{}, err
	}
	note(s.Defects)
	return streets{path, &s.Network.LaneNet, &s.Demand.LaneDemand, control.Options{Yellow: 3, MinGreen: 5}, 1, 1}, nil
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

// cityStreets makes the working day's evening of a city pack. Lanes carry 1,600 vehicles an hour, as city.SaturationFlow says.
func cityStreets(dir string, seed uint64, seconds int) (streets, error) {
	c, err := loadCity(dir)
	if err != nil {
		return streets{}, err
	}
	net, err := c.Lanes()
	if err != nil {
		return streets{}, err
	}
	trips, goals, err := world.Demand(world.Config{Seed: seed, Start: account.EveningStart, Hours: float64(seconds) / 3600, TripsPerHour: world.PeakTrips(c)}).Trips(c)
	if err != nil {
		return streets{}, err
	}
	name := dir
	if name == "" {
		name = c.Name.En
	}
	return streets{name, net, traffic.LaneDemand(c, trips, goals), control.Options{Yellow: 3, AllRed: 2, MinGreen: 7}, 1.35, 5}, nil
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

// driver prepares an engine and what moves it on under a controller: fixed is the lights' own program.
func (s *streets) driver(controller string, every int, seed uint64, threads int, plan *control.Plan) (*micro.Sim, func(context.Context, time.Duration) error, error) {
	sim, err := micro.New(s.net, s.demand, micro.Config{Seed: seed, Threads: threads, Headway: s.headway})
	if err != nil {
		return nil, nil, err
	}
	if controller == "fixed" && plan == nil {
		return sim, sim.Step, nil
	}
	n, err := control.NewNetwork(s.net, s.rules)
	if err != nil {
		return nil, nil, err
	}
	ctl, err := control.New(controller, n, control.Settings{Every: float64(every), Plan: plan})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %v", errUsage, err)
	}
	return sim, control.NewDrive(&micro.Controlled{Sim: sim, Net: n}, n, ctl, every).Step, nil
}

// run drives the scenario and prints the row of `traffic run`. What did not arrive counts until the end.
func (s *streets) run(ctx context.Context, r *trafficRun) (runRow, error) {
	every := r.every
	if every == 0 {
		every = s.decideEvery(r.controller)
	}
	sim, step, err := s.driver(r.controller, every, r.seed, r.threads, nil)
	if err != nil {
		return runRow{}, err
	}
	began, cpu := time.Now(), cpuSeconds()
	bar := newProgress()
	for t := 0; t < r.duration; {
		t = min(t+30, r.duration)
		if err := step(ctx, time.Duration(t)*time.Second); err != nil {
			bar.done()
			return runRow{}, err
		}
		bar.show("traffic run", float64(t)/float64(r.duration))
	}
	bar.done()
	x := sim.Totals()
	row := runRow{Vehicles: x.Due - x.Unroutable, Finished: x.Finished, Updates: x.Updates, Wall: round2(time.Since(began).Seconds()), Peak: x.Peak, Hash: sim.Hash()}
	if spent := cpuSeconds() - cpu; spent > 0 {
		row.PerCPU = round2(float64(x.Updates) / spent)
	}
	var travel []float64
	for _, t := range sim.Trips() {
		if t.Lost {
			continue
		}
		end := t.Arrive
		if math.IsNaN(end) {
			end = float64(r.duration)
		}
		if math.IsNaN(t.Enter) {
			row.NeverInserted++
		}
		travel = append(travel, end-t.Depart)
		row.MeanDelay += t.Loss + t.EntryDelay
		row.MaxWait = max(row.MaxWait, t.Waiting)
	}
	if n := float64(len(travel)); n > 0 {
		slices.Sort(travel)
		sum := 0.0
		for _, v := range travel {
			sum += v
		}
		row.MeanTravel, row.MeanDelay, row.P95Travel = round2(sum/n), round2(row.MeanDelay/n), round2(travel[len(travel)*95/100])
	}
	return row, nil
}
