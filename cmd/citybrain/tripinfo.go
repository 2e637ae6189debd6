package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"citybrain/city"
	"citybrain/city/importer/sumo"
)

// A tripResult is what SUMO says of one trip.
type tripResult struct {
	id, kind                             string
	depart, arrival, loss, late, waiting float64
}

// readTrips reads a tripinfo file: what came of vehicles, and the time loss of every walk.
func readTrips(path string) (out []tripResult, walks []float64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read tripinfo: %w", err)
	}
	defer f.Close()
	d := xml.NewDecoder(f)
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			return out, walks, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read tripinfo %s: %w", path, err)
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "tripinfo" && e.Name.Local != "walk" {
			continue
		}
		r := tripResult{arrival: -1}
		for _, a := range e.Attr {
			var x *float64
			switch a.Name.Local {
			case "id":
				r.id = a.Value
			case "vType":
				r.kind = a.Value
			case "depart":
				x = &r.depart
			case "arrival":
				x = &r.arrival
			case "timeLoss":
				x = &r.loss
			case "departDelay":
				x = &r.late
			case "waitingTime":
				x = &r.waiting
			}
			if x != nil {
				if *x, err = strconv.ParseFloat(a.Value, 64); err != nil {
					line, _ := d.InputPos()
					return nil, nil, fmt.Errorf("read tripinfo %s: line %d: %s=%q is no number", path, line, a.Name.Local, a.Value)
				}
			}
		}
		if e.Name.Local == "walk" {
			walks = append(walks, max(0, r.loss)) // −1: it has not begun
		} else {
			out = append(out, r)
		}
	}
}

// personDelay is mean seconds by mode, weighted by the people on board; modes that nobody uses are 0.
type personDelay struct {
	Car     float64 `json:"car"`
	Bus     float64 `json:"bus"`
	Bicycle float64 `json:"bicycle"`
	Walker  float64 `json:"walker"`
	All     float64 `json:"all"`
}

// byMode sums up people's delays: by car, bus and bicycle, on foot, all.
type byMode struct{ delays, people [5]float64 }

func (b *byMode) add(mode int, people, delay float64) {
	for _, m := range []int{mode, 4} {
		b.delays[m] += people * delay
		b.people[m] += people
	}
}

// ride adds those in a vehicle, at least one.
func (b *byMode) ride(t *city.VehicleType, delay float64) {
	k := 0
	switch {
	case t.Class&city.BusClass != 0:
		k = 1
	case t.Class&(city.Bicycle|city.EBike) != 0:
		k = 2
	case t.Class&city.Pedestrian != 0:
		k = 3
	}
	b.add(k, max(t.People, 1), delay)
}

func (b *byMode) walk(delay float64) { b.add(3, 1, delay) }

// delay is the means, 0 where there is nobody.
func (b *byMode) delay() personDelay {
	mean := func(k int) float64 {
		if b.people[k] == 0 {
			return 0
		}
		return round2(b.delays[k] / b.people[k])
	}
	return personDelay{mean(0), mean(1), mean(2), mean(3), mean(4)}
}

// driveResult is what drive-sumo prints. Delay is rule 4's: timeLoss + departDelay of those inserted, end − scheduled departure
// of those never inserted.
type driveResult struct {
	Trips         int         `json:"trips"`
	Finished      int         `json:"finished"`
	Running       int         `json:"running"`
	NeverInserted int         `json:"never_inserted"`
	Mean          float64     `json:"mean_delay_s"`
	P95           float64     `json:"p95_delay_s"`
	Max           float64     `json:"max_delay_s"`
	MaxWait       float64     `json:"max_wait_s"` // the longest that one vehicle stood on one approach of a signal
	Teleports     int         `json:"teleports"`
	Collisions    int         `json:"collisions"`
	Person        personDelay `json:"person_delay_s"`
	WalkWait      float64     `json:"max_walker_wait_s,omitempty"` // with --street: from a walker's call to green, the longest
	Every         float64     `json:"decide_every_s"`
	Wall          float64     `json:"wall_s"`
}

// queued is a vehicle that waited to enter when a run ended, and when it was due at the earliest, s.
type queued struct {
	id  string
	due float64
}

// judge computes the delays of all trips due in [0, horizon), and of walks, from what SUMO wrote: of the demand's and of those that only SUMO
// knows, as it draws the departures of some flows itself.
func (r *driveResult) judge(d *sumo.Demand, trips []tripResult, waiting []queued, walks []float64, begin, horizon float64) {
	got := make(map[string]*tripResult, len(trips))
	for i := range trips {
		got[trips[i].id] = &trips[i]
	}
	kinds := map[string]*city.VehicleType{}
	for i := range d.Types {
		kinds[d.Types[i].ID] = &d.Types[i]
	}
	car := &city.VehicleType{Class: city.PassengerCar, People: 1.3}
	var delays []float64
	var people byMode
	known := map[string]bool{}
	count := func(id string, depart float64, kind *city.VehicleType) {
		if depart >= horizon {
			return
		}
		r.Trips++
		t := got[id]
		delay := horizon - depart
		if t != nil && t.kind != "" && kinds[t.kind] != nil {
			kind = kinds[t.kind]
		}
		switch {
		case t == nil || t.depart < 0:
			r.NeverInserted++
		case t.arrival < 0:
			r.Running++
			delay = t.loss + t.late
		default:
			r.Finished++
			delay = t.loss + t.late
		}
		delays = append(delays, delay)
		people.ride(kind, delay)
	}
	for i := range d.Journeys {
		j := &d.Journeys[i]
		if flow, _, ok := cutLast(j.ID, "."); ok && d.Random[flow] {
			continue
		}
		known[j.ID] = true
		count(j.ID, j.Depart, &d.Types[j.Type])
	}
	for i := range trips {
		if t := &trips[i]; !known[t.id] {
			known[t.id] = true
			count(t.id, t.depart-t.late-begin, car)
		}
	}
	for _, q := range waiting {
		if !known[q.id] {
			count(q.id, q.due, car)
		}
	}
	for _, loss := range walks {
		people.walk(loss)
	}
	r.Person = people.delay()
	if len(delays) == 0 {
		return
	}
	total := 0.0
	for _, x := range delays {
		total += x
	}
	slices.Sort(delays)
	r.Mean, r.P95, r.Max = round2(total/float64(len(delays))), round2(delays[len(delays)*95/100]), round2(delays[len(delays)-1])
}

// cutLast cuts s at the last sep.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func round2(x float64) float64 { return math.Round(x*100) / 100 }
