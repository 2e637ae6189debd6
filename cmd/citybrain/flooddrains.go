package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"citybrain/city/importer/swmm"
	"citybrain/city/water"
	"citybrain/flood/drains"
	"citybrain/flood/surface"
)

// drainReport is what a run of a drain network says.
type drainReport struct {
	NodeCount    int         `json:"node_count"`
	LinkCount    int         `json:"link_count"`
	Datum        string      `json:"datum"`
	DurationS    float64     `json:"duration_s"`
	Steps        int         `json:"steps"`
	WallS        float64     `json:"wall_s"`
	InitialM3    float64     `json:"initial_m3"`
	InflowM3     float64     `json:"inflow_m3"`
	RunoffM3     float64     `json:"runoff_m3"`
	StreetM3     float64     `json:"street_m3"` // taken in from streets less what came out
	OutflowM3    float64     `json:"outflow_m3"`
	SpilledM3    float64     `json:"spilled_m3"`
	StoredM3     float64     `json:"stored_m3"`
	MassErrorRel float64     `json:"mass_error_rel"`
	Nodes        []drainNode `json:"nodes"`
	Links        []drainLink `json:"links"`
	Notes        []string    `json:"notes"`
}

type drainNode struct {
	ID          string  `json:"id"`
	Kind        string  `json:"kind"`
	InvertM     float64 `json:"invert_m"`
	MaxDepthM   float64 `json:"max_depth_m"`
	MaxLevelM   float64 `json:"max_level_m"`
	FinalDepthM float64 `json:"final_depth_m"`
	FinalLevelM float64 `json:"final_level_m"`
	AboveM      float64 `json:"above_ground_m"` // largest
}

type drainLink struct {
	ID        string  `json:"id"`
	Kind      string  `json:"kind"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	MaxFlow   float64 `json:"max_flow_m3_s"`
	FinalFlow float64 `json:"final_flow_m3_s"`
	Starts    *int    `json:"starts,omitempty"` // of a pump
}

func reportDrains(n *water.Network, s *drains.Sim, massError float64) drainReport {
	m := s.Mass()
	r := drainReport{NodeCount: len(n.Nodes), LinkCount: len(n.Links), Datum: n.Datum, DurationS: s.Now().Seconds(), Steps: s.Stats().Steps, InitialM3: m.Initial, InflowM3: m.Inflow, RunoffM3: m.Runoff,
		StreetM3: m.Street, OutflowM3: m.Outfalls, SpilledM3: m.Spilled, StoredM3: s.Stored(), MassErrorRel: massError, Nodes: []drainNode{}, Links: []drainLink{}, Notes: append([]string{}, n.Notes...)}
	for i := range n.Nodes {
		d := &n.Nodes[i]
		x := drainNode{ID: d.ID, Kind: d.Kind.String(), InvertM: d.Invert, MaxLevelM: s.PeakLevel(i), FinalLevelM: s.Level(i)}
		x.MaxDepthM, x.FinalDepthM = x.MaxLevelM-d.Invert, x.FinalLevelM-d.Invert
		if d.Kind != water.Outfall {
			x.AboveM = max(x.MaxLevelM-d.Ground, 0)
		}
		r.Nodes = append(r.Nodes, x)
	}
	for i := range n.Links {
		l := &n.Links[i]
		x := drainLink{ID: l.ID, Kind: l.Kind.String(), From: n.Nodes[l.From].ID, To: n.Nodes[l.To].ID, MaxFlow: s.PeakFlow(i), FinalFlow: s.Flow(i)}
		if l.Kind == water.Pump {
			k := s.Starts(i)
			x.Starts = &k
		}
		r.Links = append(r.Links, x)
	}
	return r
}

// floodDrainsVerb runs a drain network alone.
func floodDrainsVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("flood drains FILE.inp", "citybrain flood drains network.inp --out out/drains --json", out)
	hours := f.Float64("hours", 0, "how long to run; 0: what the file says, else 6")
	report := f.Duration("report", 0, "between the values of the series; 0: what the file says, else 5m")
	step := f.Duration("step", 0, "longest step; 0: 5s")
	uphill := f.Bool("uphill", false, "take conduits that run uphill")
	dir := f.String("out", "", "folder for levels.csv, flows.csv and a long profile (profile.png)")
	along := f.String("profile", "", "conduits or nodes the long profile runs between, FROM,TO; empty: from the node furthest from an outfall")
	asJSON := f.Bool("json", false, "print JSON")
	file, err := oneFile(f, args)
	if err != nil {
		return err
	}
	switch {
	case !(*hours >= 0 && *hours <= 1e6):
		return fmt.Errorf("%w: --hours %g is not in 0–1,000,000", errUsage, *hours)
	case *report < 0 || *report > 0 && *report < time.Second:
		return fmt.Errorf("%w: --report %v is neither 0 nor a second at least", errUsage, *report)
	case *step < 0 || *step > 0 && *step < 10*time.Millisecond:
		return fmt.Errorf("%w: --step %v is neither 0 nor 10ms at least", errUsage, *step)
	case *along != "" && *dir == "":
		return fmt.Errorf("%w: --profile needs --out", errUsage)
	}
	n, err := swmm.Read(file, swmm.Options{Uphill: *uphill})
	if err != nil {
		return err
	}
	d := n.Duration
	if *hours > 0 {
		d = time.Duration(*hours * float64(time.Hour))
	} else if d == 0 {
		d = 6 * time.Hour
	}
	every := *report
	if every == 0 {
		every = n.Every
	}
	if every == 0 {
		every = 5 * time.Minute
	}
	began := time.Now()
	rec, err := drains.Run(ctx, n, drains.Config{MaxStep: *step}, d, min(every, d))
	if err != nil {
		return err
	}
	r := reportDrains(n, rec.Sim, rec.Error)
	r.WallS = time.Since(began).Seconds()
	if *dir != "" {
		if err := writeDrains(*dir, n, rec, *along); err != nil {
			return err
		}
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	fmt.Fprintf(out, "%s: %v, %d nodes, %d links, %d steps in %.1f s\ninflow %.1f, runoff %.1f, out %.1f, spilled %.1f, stored %.1f m³; mass error %.1e\n", n.Name, d, r.NodeCount, r.LinkCount, r.Steps, r.WallS, r.InflowM3, r.RunoffM3, r.OutflowM3, r.SpilledM3, r.StoredM3, r.MassErrorRel)
	for _, x := range r.Nodes {
		if x.AboveM > 0 {
			fmt.Fprintf(out, "  %s stood %.2f m above its ground\n", x.ID, x.AboveM)
		}
	}
	for _, s := range r.Notes {
		fmt.Fprintln(out, "  note:", s)
	}
	return nil
}

// writeDrains writes the series of a run to dir.
func writeDrains(dir string, n *water.Network, rec *drains.Record, along string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	name := func(k int, node bool) string {
		if node {
			return n.Nodes[k].ID
		}
		return n.Links[k].ID
	}
	for _, x := range []struct {
		file string
		node bool
		v    [][]float64
	}{{"levels.csv", true, rec.Level}, {"flows.csv", false, rec.Flow}} {
		var b strings.Builder
		w := csv.NewWriter(&b)
		head := []string{"time_s"}
		for k := range x.v[0] {
			head = append(head, name(k, x.node))
		}
		w.Write(head)
		for i, t := range rec.Times {
			line := []string{strconv.FormatFloat(t, 'f', -1, 64)}
			for _, v := range x.v[i] {
				line = append(line, strconv.FormatFloat(v, 'f', 6, 64))
			}
			w.Write(line)
		}
		w.Flush()
		if err := os.WriteFile(filepath.Join(dir, x.file), []byte(b.String()), 0o644); err != nil {
			return err
		}
	}
	return writeProfile(filepath.Join(dir, "profile.png"), n, rec, along)
}

// coupledDrains is a network under the case's ground.
type coupledDrains struct {
	sim    *drains.Sim
	both   *drains.Coupled
	lost   float64 // largest mass error of both together, at a report
	record drains.Record
}

// exchangeEvery is the time between exchanges of street and sewer.
const exchangeEvery = 5 * time.Second

// with joins the network to the ground, for surface.RunWith.
func (c *coupledDrains) with(n *water.Network) func(*surface.Sim) (func(context.Context, time.Duration) error, error) {
	return func(g *surface.Sim) (func(context.Context, time.Duration) error, error) {
		s, err := drains.New(n, drains.Config{Dry: true})
		if err != nil {
			return nil, err
		}
		c.sim, c.both = s, drains.Couple(s, g, exchangeEvery)
		c.record.Sim = s
		c.record.Report()
		return func(ctx context.Context, until time.Duration) error {
			if err := c.both.Step(ctx, until); err != nil {
				return err
			}
			if in := g.Mass().Initial + g.Mass().Rain + g.Mass().Inflow + s.Mass().Initial + s.Mass().Inflow; in > 0 {
				c.lost = max(c.lost, c.both.Lost()/in, s.MassError())
			}
			return nil
		}, nil
	}
}

// oneFile parses flags that a file stands before or behind.
func oneFile(f *flag.FlagSet, args []string) (string, error) {
	var file string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		file, args = args[0], args[1:]
	}
	if err := parse(f, args); err != nil {
		return "", err
	}
	switch {
	case file == "" && f.NArg() == 1:
		return f.Arg(0), nil
	case file == "" || f.NArg() > 0:
		return "", fmt.Errorf("%w: one file, got %q", errUsage, strings.Join(append([]string{file}, f.Args()...), " "))
	}
	return file, nil
}
