package traffic

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"citybrain/bench"
	"citybrain/city/importer/sumo"
	"citybrain/traffic/micro"
)

// A scenario is one of the reference scenarios.
type scenario struct {
	name  string
	begin int
}

var scenarios = []scenario{{"cologne1", 25200}, {"cologne8", 25200}, {"ingolstadt1", 57600}, {"ingolstadt21", 57600}}

// hour is what the scenarios last, s.
const hour = 3600

// Agree compares our engine with SUMO under the shipped plans on the scenarios below data, trip by trip, over seeds: what each gives is a mean
// over all seeds, as one seed's luck is its own. dir is for scratch files.
func Agree(ctx context.Context, data, dir string, seeds int) ([]bench.Row, error) {
	var rows []bench.Row
	for _, sc := range scenarios {
		row, err := agree(ctx, sc, data, dir, seeds)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func agree(ctx context.Context, sc scenario, data, dir string, seeds int) (bench.Row, error) {
	name := "agreement with SUMO, mean duration, " + sc.name
	net, demand, err := unpack(filepath.Join(data, sc.name, sc.name), dir)
	if errors.Is(err, os.ErrNotExist) {
		return bench.AtMost(name, "%", 10, nil, "the scenario is not below "+data), nil
	}
	if err != nil {
		return bench.Row{}, err
	}
	n, err := sumo.ReadNet(net)
	if err != nil {
		return bench.Row{}, err
	}
	d, err := sumo.ReadDemand(n, float64(sc.begin), demand)
	if err != nil {
		return bench.Row{}, err
	}
	var own, peer, both, least, most float64
	least = math.Inf(1)
	finished, theirs := 0, 0
	for seed := 1; seed <= seeds; seed++ {
		run, err := sumoCmd(ctx, dir, net, demand, sc.begin, sc.begin+hour, seed, true)
		if errors.Is(err, errNoSUMO) {
			return bench.AtMost(name, "%", 10, nil, err.Error()), nil
		}
		if err != nil {
			return bench.Row{}, err
		}
		s, err := micro.New(&n.LaneNet, &d.LaneDemand, micro.Config{Seed: uint64(seed)})
		if err != nil {
			return bench.Row{}, err
		}
		if err := s.Step(ctx, hour*time.Second); err != nil {
			return bench.Row{}, err
		}
		var a, b, c float64
		for _, t := range s.Trips() {
			x, ok := run.Trips[d.Journeys[t.Journey].ID]
			if ok && x.Arrival >= 0 && !math.IsNaN(t.Arrive) {
				a, b, c = a+t.Arrive-t.Enter, b+x.Duration, c+1
			}
		}
		finished, theirs = finished+s.Totals().Finished, theirs+len(run.Trips)
		own, peer, both = own+a, peer+b, both+c
		least, most = min(least, b/c), max(most, b/c)
	}
	off := 100 * math.Abs(own/peer-1)
	row := bench.AtMost(name, "%", 10, &off, fmt.Sprintf("%.1f s, SUMO %.1f (%.1f to %.1f over %d seeds); %.0f trips finished in both a run, own %d, SUMO %d", own/both, peer/both, least, most, seeds,
		both/float64(seeds), finished/seeds, theirs/seeds))
	aim, who := 5.0, "SUMO"
	row.Aim, row.Peer = &aim, &who
	return row, nil
}

// unpack makes plain copies of base.net.xml and base.rou.xml in dir.
func unpack(base, dir string) (net, demand string, err error) {
	var out [2]string
	for i, ext := range []string{".net.xml", ".rou.xml"} {
		in, err := sumo.Open(base + ext)
		if err != nil {
			return "", "", err
		}
		out[i] = filepath.Join(dir, filepath.Base(base)+ext)
		f, err := os.Create(out[i])
		if err != nil {
			in.Close()
			return "", "", err
		}
		_, err = io.Copy(f, in)
		in.Close()
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			return "", "", fmt.Errorf("unpack %s: %w", base+ext, err)
		}
	}
	return out[0], out[1], nil
}
