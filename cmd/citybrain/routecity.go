package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"citybrain/account"
	"citybrain/city"
	"citybrain/routing"
	"citybrain/traffic"
	"citybrain/world"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

// routeRow is what `route --json` prints; positions are longitude, latitude.
type routeRow struct {
	City    string          `json:"city"`
	Profile string          `json:"profile"`
	Outcome routing.Outcome `json:"outcome"`
	From    [2]float64      `json:"from"`
	To      [2]float64      `json:"to"`
	Depart  string          `json:"depart,omitempty"` // with --at
	Arrive  string          `json:"arrive,omitempty"`
	Seconds float64         `json:"seconds"`
	Metres  float64         `json:"metres"`
	Links   []routeLink     `json:"links"`
}

type routeLink struct {
	ID      string  `json:"link"`
	Name    string  `json:"name,omitempty"`
	Against bool    `json:"against,omitempty"` // driven against its direction
	At      float64 `json:"at_s"`              // since departure, at its end or at the goal
}

// offRoad is how far from a street a place may lie, m.
const offRoad = 1000

// routeCityVerb finds the quickest way between two points of a city.
func routeCityVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("route", "citybrain route --from 121.47,31.22 --to 121.50,31.24 --at 17:30 --profile ambulance --json", out)
	dir := f.String("city", "", "`folder` of a city pack; empty: the demo city")
	fromText := f.String("from", "", "`LON,LAT` of the start")
	toText := f.String("to", "", "`LON,LAT` of the goal")
	within := f.Float64("within", 0, "instead of a goal: all that is reached from the start in so many `minutes`, with --at on the streets as they are then")
	atText := f.String("at", "", "`TIME` of departure, 17:30 or 2026-07-14T17:30:00+08:00: along a forecast of an ordinary working day's traffic; empty: on free streets")
	var closed several
	f.Var(&closed, "closed", "`link` that is closed to vehicles, by its id in the pack; may be given again")
	name := f.String("profile", "car", "car, ambulance, fire-engine or pedestrian")
	asJSON := f.Bool("json", false, "print one JSON object")
	asGeo := f.Bool("geojson", false, "print GeoJSON")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *asJSON && *asGeo || *fromText == "" || (*toText == "") == (*within == 0) || *within < 0 {
		return fmt.Errorf("%w: give --from and --to, or --from and --within, and one of --json and --geojson at most", errUsage)
	}
	p, err := routing.ProfileNamed(*name)
	if err != nil {
		return fmt.Errorf("%w: --profile: %v", errUsage, err)
	}
	c, err := loadCity(*dir)
	if err != nil {
		return err
	}
	roads := routing.NewRoads(&c.Streets)
	from, err := placeAt(c, roads, p, "--from", *fromText)
	if err != nil {
		return err
	}
	var depart time.Time
	moments, seconds := []time.Duration{0}, [][]float32{nil}
	if *atText != "" {
		if depart, err = timeAt(c, *atText); err != nil {
			return err
		}
		if moments, seconds, err = ordinaryDay(ctx, c, depart); err != nil {
			return err
		}
	}
	shut, err := linksNamed(c, closed)
	if err != nil {
		return err
	}
	var weighed []*routing.Weighing
	for _, s := range seconds {
		if s == nil && len(shut) > 0 {
			for l := range c.Streets.Links {
				s = append(s, float32(c.Streets.Links[l].FreeTime()))
			}
		}
		for _, l := range shut {
			s[l] = routing.Closed
		}
		weighed = append(weighed, roads.Weigh(p, routing.Conditions{Seconds: s}))
	}
	if *within > 0 {
		return printReach(c, roads, weighed[0].Within(from, *within*60), *asJSON || *asGeo, out)
	}
	to, err := placeAt(c, roads, p, "--to", *toText)
	if err != nil {
		return err
	}
	forecast, err := routing.NewForecast(moments, weighed)
	if err != nil {
		return err
	}
	x := forecast.Route(from, to, 0)
	row := routeRow{City: c.Name.En, Profile: p.Name, Outcome: x.Outcome, Seconds: x.Seconds, Metres: math.Round(x.Metres*10) / 10, Links: []routeLink{}}
	row.From, row.To = pair(*fromText), pair(*toText)
	if !depart.IsZero() {
		row.Depart = depart.Format(time.RFC3339)
		if x.Outcome.Reached() {
			row.Arrive = depart.Add(time.Duration(x.Seconds * float64(time.Second))).Format(time.RFC3339)
		}
	}
	for i, w := range x.Ways {
		l, back := roads.Way(w)
		row.Links = append(row.Links, routeLink{c.Streets.Links[l].ID, c.Streets.Links[l].Name.En, back, x.At[i]})
	}
	switch {
	case *asJSON:
		return json.NewEncoder(out).Encode(row)
	case *asGeo:
		g := geojson.NewFeature(degrees(c, x.Line))
		if len(x.Line) == 0 {
			g = geojson.NewFeature(nil)
		}
		g.Properties = geojson.Properties{"profile": p.Name, "outcome": x.Outcome, "seconds": x.Seconds, "metres": row.Metres}
		if row.Depart != "" {
			g.Properties["depart"], g.Properties["arrive"] = row.Depart, row.Arrive
		}
		all := geojson.NewFeatureCollection()
		return json.NewEncoder(out).Encode(all.Append(g))
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s, %s\n", row.City, p.Name, x.Outcome)
	if x.Outcome.Reached() {
		fmt.Fprintf(w, "takes\t%.0f s, %.0f m\n", x.Seconds, x.Metres)
		if row.Depart != "" {
			fmt.Fprintf(w, "from, to\t%s, %s\n", row.Depart, row.Arrive)
		}
	}
	since, last := 0.0, "\x00"
	for _, l := range row.Links {
		if l.Name != last {
			fmt.Fprintf(w, "%.0f s\t%s (%s)\n", since, l.Name, l.ID)
		}
		since, last = l.At, l.Name
	}
	return w.Flush()
}

// linksNamed finds links by their ids.
func linksNamed(c *city.City, ids []string) ([]int32, error) {
	byID := make(map[string]int32, len(c.Streets.Links))
	for l := range c.Streets.Links {
		byID[c.Streets.Links[l].ID] = int32(l)
	}
	var links []int32
	for _, id := range ids {
		l, ok := byID[id]
		if !ok {
			return nil, fmt.Errorf("%w: --closed %q is no link of %s; route --json names links", errUsage, id, c.Name.En)
		}
		links = append(links, l)
	}
	return links, nil
}

func pair(text string) (p [2]float64) {
	fmt.Sscanf(text, "%g,%g", &p[0], &p[1]) // read before, by placeAt
	return p
}

// placeAt finds the street at a position of the command line.
func placeAt(c *city.City, roads *routing.Roads, p routing.Profile, flag, text string) (routing.Place, error) {
	var lon, lat float64
	var rest string
	if k, _ := fmt.Sscanf(text, "%g,%g%s", &lon, &lat, &rest); k != 2 || !(math.Abs(lon) <= 180 && math.Abs(lat) <= 90) {
		return routing.Place{}, fmt.Errorf("%w: %s %q is not LON,LAT in degrees", errUsage, flag, text)
	}
	x, ok := roads.Nearest(c.Frame.Local(lon, lat), p)
	if !ok {
		return x, fmt.Errorf("%s: %s has no street for a %s", flag, c.Name.En, p.Name)
	}
	if x.Off > offRoad {
		w, s := c.Frame.WGS84(c.Bounds.Min)
		e, n := c.Frame.WGS84(c.Bounds.Max)
		return x, fmt.Errorf("%s %s is %.1f km from the next street of %s, which lies within %.4f,%.4f and %.4f,%.4f", flag, text, x.Off/1000, c.Name.En, w, s, e, n)
	}
	return x, nil
}

// timeAt reads a time, one without a date as of the demo's day.
func timeAt(c *city.City, text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	t, err := time.Parse("15:04", text)
	if err != nil {
		return t, fmt.Errorf("%w: --at %q is neither 17:30 nor 2026-07-14T17:30:00+08:00", errUsage, text)
	}
	day := account.EveningStart.In(zone)
	return time.Date(day.Year(), day.Month(), day.Day(), t.Hour(), t.Minute(), 0, 0, zone), nil
}

// ordinaryDay simulates a working day's traffic from half an hour before a time to an hour after it, without rain, and returns
// the seconds of each link at the forecast's moments.
func ordinaryDay(ctx context.Context, c *city.City, at time.Time) ([]time.Duration, [][]float32, error) {
	const before = 30 * time.Minute
	moments := []time.Duration{0, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
	cfg := world.Config{Seed: demoSeed, Start: at.Add(-before), Hours: 1.5, TripsPerHour: world.PeakTrips(c)}
	trips, goals, err := world.Demand(cfg).Trips(c)
	if err != nil {
		return nil, nil, err
	}
	sim, err := traffic.New(c, trips, goals, traffic.Config{Seed: demoSeed, Replan: 5 * time.Minute, Threads: runtime.GOMAXPROCS(0)})
	if err != nil {
		return nil, nil, err
	}
	bar := newProgress()
	defer bar.done()
	var all [][]float32
	end := before + moments[len(moments)-1]
	for t := time.Duration(0); ; t += time.Minute {
		if err := sim.Step(ctx, t); err != nil {
			return nil, nil, err
		}
		if t-before == moments[len(all)] {
			all = append(all, sim.Weights())
		}
		if t >= end {
			return moments, all, nil
		}
		bar.show("traffic of the hour", float64(t)/float64(end))
	}
}

func degrees(c *city.City, l orb.LineString) orb.LineString {
	out := make(orb.LineString, len(l))
	for i, p := range l {
		lon, lat := c.Frame.WGS84(p)
		out[i] = orb.Point{math.Round(lon*1e7) / 1e7, math.Round(lat*1e7) / 1e7}
	}
	return out
}

// printReach writes an isochrone: GeoJSON, a line for each stretch of street with the seconds at its ends, or for people its length.
func printReach(c *city.City, roads *routing.Roads, reach []routing.Reach, geo bool, out io.Writer) error {
	if geo {
		all := geojson.NewFeatureCollection()
		for _, x := range reach {
			g := geojson.NewFeature(degrees(c, x.Line))
			l, back := roads.Way(x.Way)
			g.Properties = geojson.Properties{"link": c.Streets.Links[l].ID, "against": back, "from_s": x.From, "to_s": x.To}
			all.Append(g)
		}
		return json.NewEncoder(out).Encode(all)
	}
	m, seen := 0.0, map[string]bool{}
	for _, x := range reach {
		for i := 1; i < len(x.Line); i++ {
			m += math.Hypot(x.Line[i][0]-x.Line[i-1][0], x.Line[i][1]-x.Line[i-1][1])
		}
		l, _ := roads.Way(x.Way)
		seen[strings.TrimSpace(c.Streets.Links[l].Name.En)] = true
	}
	_, err := fmt.Fprintf(out, "%s: %.1f km of %d streets, each direction counted\n", c.Name.En, m/1000, len(seen))
	return err
}
