package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"citybrain/city/importer/jemss"
	"citybrain/emergency/ems"
	"citybrain/emergency/siting"
)

// sited is what `emergency siting --json` prints. Value and bound are seconds of the mean drive (median) or the share of demand
// that a free unit reaches in its cover time (cover); gap is how far the value is from the bound at most. Today is the value of
// the city's own units.
type sited struct {
	Objective string      `json:"objective"`
	Sites     []sitedUnit `json:"sites"`
	Value     float64     `json:"value"`
	Bound     float64     `json:"bound"`
	Gap       float64     `json:"gap_pct"`
	Today     float64     `json:"today"`
}

type sitedUnit struct {
	Station int     `json:"station,omitempty"` // from 1; 0: a new site
	Lon     float64 `json:"lon"`
	Lat     float64 `json:"lat"`
	Units   int     `json:"units"`
}

func emergencySiting(_ context.Context, args []string, out io.Writer) error {
	f := flags("emergency siting", "citybrain emergency siting --jemss auckland --objective cover --busy 0.4 --json", out)
	dir := f.String("jemss", "", "`folder` of a JEMSS city")
	objective := f.String("objective", "cover", "cover (maximal expected coverage) or median (least mean drive)")
	busy := f.Float64("busy", 0.4, "cover: the share of time that a unit is busy; 0: maximal covering")
	n := f.Int("units", 0, "how many units (cover) or sites (median); 0: as many units as the city has, or sites that hold one")
	anywhere := f.Bool("anywhere", false, "a site may be at any place of demand, not at stations only")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *dir == "" || *objective != "cover" && *objective != "median" || *n < 0 {
		return fmt.Errorf("%w: give --jemss FOLDER and --objective cover or median", errUsage)
	}
	e, err := jemss.Load(*dir)
	if err == nil {
		err = jemss.LoadDemand(*dir, e)
	}
	if err != nil {
		return err
	}
	m, err := ems.New(e)
	if err != nil {
		return err
	}
	share, at, seconds := m.Drives(300)
	if !*anywhere {
		seconds = seconds[:len(e.Stations)]
	}
	own := map[int]bool{}
	for _, s := range e.Units {
		own[int(s)] = true
	}
	row := sited{Objective: *objective}
	var sol *siting.Solution
	if *objective == "median" {
		if *n == 0 {
			*n = len(own)
		}
		sol, err = siting.Median(share, seconds, *n)
		for i, w := range share {
			least := math.Inf(1)
			for s := range e.Stations {
				if own[s] {
					least = min(least, seconds[s][i])
				}
			}
			row.Today += w * least
		}
	} else {
		if *n == 0 {
			*n = len(e.Units)
		}
		covers := make([][]int, len(seconds))
		for s := range seconds {
			for i, t := range seconds[s] {
				if t <= e.Priorities[0].Cover {
					covers[s] = append(covers[s], i)
				}
			}
		}
		sol, err = siting.Cover(share, covers, *n, *n, *busy)
		count := make([]int, len(share))
		for _, s := range e.Units {
			for _, i := range covers[s] {
				count[i]++
			}
		}
		for i, k := range count {
			row.Today += share[i] * (1 - math.Pow(*busy, float64(k)))
		}
	}
	if err != nil {
		return err
	}
	for i, s := range sol.Sites {
		if i > 0 && sol.Sites[i-1] == s {
			row.Sites[len(row.Sites)-1].Units++
			continue
		}
		u := sitedUnit{Units: 1}
		if s < len(e.Stations) {
			u.Station, u.Lon, u.Lat = s+1, e.Stations[s].X, e.Stations[s].Y
		} else {
			u.Lon, u.Lat = at[s-len(e.Stations)][0], at[s-len(e.Stations)][1]
		}
		row.Sites = append(row.Sites, u)
	}
	row.Value, row.Bound, row.Gap = sol.Value, sol.Bound, 100*math.Abs(sol.Bound-sol.Value)/sol.Value
	if *asJSON {
		return json.NewEncoder(out).Encode(row)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%.5g, no choice beats %.5g (gap %.2f %%); today %.5g\n", row.Objective, row.Value, row.Bound, row.Gap, row.Today)
	for _, s := range row.Sites {
		name := "new site"
		if s.Station > 0 {
			name = fmt.Sprint("station ", s.Station)
		}
		fmt.Fprintf(w, "%s\t%d at %.5f, %.5f\n", name, s.Units, s.Lon, s.Lat)
	}
	return w.Flush()
}
