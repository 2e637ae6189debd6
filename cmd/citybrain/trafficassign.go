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
	"strings"
	"time"

	"citybrain/city"
	"citybrain/traffic/meso"
)

// assignRow is what `traffic assign --json` prints.
type assignRow struct {
	Vehicles   int       `json:"vehicles"`
	Arrived    int       `json:"arrived"`
	MeanTravel float64   `json:"mean_travel_s"` // of those who arrived in the last run
	Gap        float64   `json:"gap"`           // by which all together drive longer than on their quickest ways
	Gaps       []float64 `json:"gaps"`          // of every run
	Wall       float64   `json:"wall_s"`
}

// trafficAssignVerb looks for a dynamic user equilibrium.
func trafficAssignVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("traffic assign", "citybrain traffic assign --city demo --iterations 20 --out routes.rou.xml --json", out)
	pack := f.String("city", "", "`folder` of a city pack, or demo: its evening")
	cfg := f.String("sumo", "", "sumocfg `file`")
	runs := f.Int("iterations", 20, "runs of the queues")
	duration := f.Int("duration", hour, "`s` of simulation")
	seed := f.Uint64("seed", 1, "seed of all chance")
	threads := f.Int("threads", 1, "threads; the result is the same for any number")
	to := f.String("out", "", "`file` for the routes, as SUMO reads them; empty: none is written")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if (*pack == "") == (*cfg == "") || *runs < 1 || *duration < 1 || *threads < 1 {
		return fmt.Errorf("%w: give --city FOLDER or --sumo FILE.sumocfg; --iterations, --duration and --threads are 1 or more", errUsage)
	}
	s, err := openStreets(*cfg, *pack, *seed, *duration)
	if err != nil {
		return err
	}
	start := time.Now()
	demand, passes, err := meso.Assign(ctx, s.net, s.demand, meso.Equilibrium{Config: meso.Config{Seed: *seed, Headway: s.headway}, Until: time.Duration(*duration) * time.Second, Iterations: *runs, Threads: *threads})
	if err != nil {
		return err
	}
	last := passes[len(passes)-1]
	row := assignRow{Vehicles: len(demand.Journeys), Arrived: last.Arrived, MeanTravel: round2(last.MeanTravel), Gap: round4(last.Gap), Wall: round2(time.Since(start).Seconds())}
	for _, p := range passes {
		row.Gaps = append(row.Gaps, round4(p.Gap))
	}
	if *to != "" {
		if err := writeRoutes(*to, s.net, demand, s.begin); err != nil {
			return err
		}
	}
	if *asJSON {
		return json.NewEncoder(out).Encode(row)
	}
	fmt.Fprintf(out, "%s: %d journeys, %d arrived, %.1f s each; they drive %.2f %% longer than on their quickest ways (%.2f %% in the first of %d runs)\n",
		s.name, row.Vehicles, row.Arrived, row.MeanTravel, 100*row.Gap, 100*row.Gaps[0], len(passes))
	return nil
}

func round4(x float64) float64 { return math.Round(x*1e4) / 1e4 }

// writeRoutes writes a routed demand as SUMO reads it.
func writeRoutes(path string, n *city.LaneNet, d *city.LaneDemand, begin float64) error {
	type vType struct {
		XMLName  xml.Name `xml:"vType"`
		ID       string   `xml:"id,attr"`
		Length   float64  `xml:"length,attr"`
		Gap      float64  `xml:"minGap,attr"`
		MaxSpeed float64  `xml:"maxSpeed,attr"`
		Accel    float64  `xml:"accel,attr"`
		Decel    float64  `xml:"decel,attr"`
		Sigma    float64  `xml:"sigma,attr"`
		Headway  float64  `xml:"tau,attr"`
	}
	type route struct {
		Edges string `xml:"edges,attr"`
	}
	type vehicle struct {
		XMLName xml.Name `xml:"vehicle"`
		ID      string   `xml:"id,attr"`
		Type    string   `xml:"type,attr"`
		Depart  string   `xml:"depart,attr"`
		Route   route    `xml:"route"`
	}
	file, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write routes: %w", err)
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	enc := xml.NewEncoder(w)
	enc.Indent("    ", "    ")
	fmt.Fprintln(w, "<routes>")
	for i := range d.Types {
		t := &d.Types[i]
		if err := enc.Encode(vType{ID: t.ID, Length: t.Length, Gap: t.Gap, MaxSpeed: t.MaxSpeed, Accel: t.Accel, Decel: t.Decel, Sigma: t.Sigma, Headway: t.Headway}); err != nil {
			return fmt.Errorf("write routes: %w", err)
		}
	}
	for i := range d.Journeys {
		j := &d.Journeys[i]
		edges := make([]string, len(j.Roads))
		for k, r := range j.Roads {
			edges[k] = n.Roads[r].ID
		}
		if err := enc.Encode(vehicle{ID: j.ID, Type: d.Types[j.Type].ID, Depart: fmt.Sprintf("%.2f", begin+j.Depart), Route: route{strings.Join(edges, " ")}}); err != nil {
			return fmt.Errorf("write routes: %w", err)
		}
	}
	fmt.Fprintln(w, "\n</routes>")
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write routes: %w", err)
	}
	return file.Close()
}
