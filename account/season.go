package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

// A Season pairs evenings with the brain and without, each pair under the same chance.
type Season struct {
	City     *city.City
	Storms   int
	Seeds    int // evenings for each storm
	First    uint64
	Members  int
	Hours    float64
	Threads  int
	Build    string
	Work     string // folder in which finished runs are kept, so that a season can go on; "": none
	Progress func(pair, pairs int, done float64)
}

// Interval is a mean with the 5 % and 95 % quantiles of its bootstrap distribution; nil quantiles for fewer than 3 pairs.
type Interval struct {
	Mean float64  `json:"mean"`
	P05  *float64 `json:"p05"`
	P95  *float64 `json:"p95"`
}

// Paired is a figure with the brain and without, and the interval of what was saved.
type Paired struct {
	With     float64  `json:"with"`
	Without  float64  `json:"without"`
	SavedP05 *float64 `json:"saved_p05"`
	SavedP95 *float64 `json:"saved_p95"`
	Calls    *int     `json:"calls,omitempty"`
	Verdict  string   `json:"verdict"` // saved, lost, or no effect shown
}

// A SeasonReport is the object of `citybrain season --json`.
type SeasonReport struct {
	Pairs    int       `json:"pairs"`
	Avoided  *Interval `json:"avoided_damage_cny"`        // null where damage is not put into money …
	Unpriced string    `json:"damage_withheld,omitempty"` // … and why
	Travel   Paired    `json:"mean_travel_s"`
	Response *Paired   `json:"mean_response_s"`
	WallS    float64   `json:"wall_s"`

	// Whether the pack's traffic is calibrated, as city.Calibration says.
	Calibrated bool `json:"calibrated"`

	Terrain string  `json:"terrain"`
	Version string  `json:"city_version"`
	Build   string  `json:"build"`
	Members int     `json:"members"`
	Hours   float64 `json:"hours"`
	Runs    []Pair  `json:"runs"`
}

// A Pair is one evening twice.
type Pair struct {
	Seed    uint64  `json:"seed"`
	With    *Report `json:"with"`
	Without *Report `json:"without"`
}

// Run runs the season. Runs that its work folder holds already, made by the same build for the same city, are not run again.
func (s Season) Run(ctx context.Context) (*SeasonReport, error) {
	began := time.Now()
	if s.Storms < 1 || s.Seeds < 1 {
		return nil, fmt.Errorf("season: %d storms and %d seeds; give at least one of each", s.Storms, s.Seeds)
	}
	if s.Hours == 0 {
		s.Hours = 4
	}
	if s.Threads == 0 {
		s.Threads = runtime.GOMAXPROCS(0)
	}
	n := s.Storms * s.Seeds
	r := &SeasonReport{Pairs: n, Version: s.City.Version, Build: s.Build, Members: s.Members, Hours: s.Hours, Terrain: string(TerrainOf(s.City)), Unpriced: Unpriced(s.City), Calibrated: s.City.Calibrated()}
	for i := range n {
		pair := Pair{Seed: s.First + uint64(i)}
		var plans []city.PlanSpec // both evenings of a pair have the same
		for _, on := range []bool{false, true} {
			part := float64(2*i+btoi(on)) / float64(2*n)
			rep, err := s.one(ctx, pair.Seed, on, &plans, func(sim, of time.Duration) {
				if s.Progress != nil {
					s.Progress(i+1, n, part+float64(sim)/float64(of)/float64(2*n))
				}
			})
			if err != nil {
				return nil, fmt.Errorf("season: seed %d, brain %v: %w", pair.Seed, on, err)
			}
			if on {
				pair.With = rep
			} else {
				pair.Without = rep
			}
		}
		r.Runs = append(r.Runs, pair)
	}
	r.summarise()
	r.WallS = time.Since(began).Seconds()
	return r, nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s Season) one(ctx context.Context, seed uint64, on bool, plans *[]city.PlanSpec, progress func(sim, of time.Duration)) (*Report, error) {
	file := ""
	var err error
	if s.Work != "" {
		if err := os.MkdirAll(s.Work, 0o755); err != nil {
			return nil, err
		}
		file = filepath.Join(s.Work, fmt.Sprintf("%s-%.12s-m%d-h%g-seed%d-%v.json", s.Build, s.City.Version, s.Members, s.Hours, seed, on))
		var b []byte
		if b, err = os.ReadFile(file); err == nil {
			var r Report
			if err := json.Unmarshal(b, &r); err != nil {
				return nil, fmt.Errorf("read %s: %w; delete it to run this evening again", file, err)
			}
			return &r, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	e := Evening{City: s.City, Scenario: "storm", Seed: seed, Hours: s.Hours, Brain: on, Members: s.Members, Threads: s.Threads, Build: s.Build, Progress: progress, Plans: *plans}
	if e.Plans == nil {
		if e.Plans, err = e.Fair(ctx); err != nil {
			return nil, err
		}
		*plans = e.Plans
	}
	r, err := e.Run(ctx)
	if err != nil || file == "" {
		return r, err
	}
	b, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	// Whole or not at all: a half-written file would be taken for a result.
	if err := os.WriteFile(file+".part", b, 0o644); err != nil {
		return nil, err
	}
	return r, os.Rename(file+".part", file)
}

// summarise takes the pairs together.
func (r *SeasonReport) summarise() {
	var damage, travel, response []float64
	var travelWith, travelWithout, respWith, respWithout []float64
	calls := 0
	for _, p := range r.Runs {
		if a, b := p.With.Flood.DamageCNY, p.Without.Flood.DamageCNY; a != nil && b != nil {
			damage = append(damage, *b-*a)
		}
		travelWith, travelWithout = append(travelWith, p.With.Trips.MeanS), append(travelWithout, p.Without.Trips.MeanS)
		travel = append(travel, p.Without.Trips.MeanS-p.With.Trips.MeanS)
		if a, b := p.With.Emergency.ResponseS, p.Without.Emergency.ResponseS; a != nil && b != nil {
			respWith, respWithout, response = append(respWith, *a), append(respWithout, *b), append(response, *b-*a)
			calls += p.With.Emergency.Calls
		}
	}
	if len(damage) > 0 {
		lo, hi := bootstrap(damage)
		r.Avoided = &Interval{average(damage), lo, hi}
	}
	lo, hi := bootstrap(travel)
	r.Travel = Paired{With: average(travelWith), Without: average(travelWithout), SavedP05: lo, SavedP95: hi, Verdict: verdict(lo, hi)}
	if len(response) > 0 {
		lo, hi := bootstrap(response)
		r.Response = &Paired{With: average(respWith), Without: average(respWithout), SavedP05: lo, SavedP95: hi, Calls: &calls, Verdict: verdict(lo, hi)}
	}
}

func verdict(lo, hi *float64) string {
	switch {
	case lo == nil || *lo <= 0 && *hi >= 0:
		return "no effect shown"
	case *lo > 0:
		return "saved"
	}
	return "lost"
}

func average(x []float64) float64 {
	var sum float64
	for _, v := range x {
		sum += v / float64(len(x))
	}
	return sum
}

// bootstrap returns the 5 % and 95 % quantiles of the mean of x (Efron 1979, percentile method, 4,000 resamples), nil for
// fewer than three values, which tell nothing of a spread.
func bootstrap(x []float64) (lo, hi *float64) {
	if len(x) < 3 {
		return nil, nil
	}
	draw := chance.New(1979, "account/bootstrap")
	means := make([]float64, 4000)
	for i := range means {
		for k := range x {
			means[i] += x[draw.Int(uint64(i), uint64(k), len(x))] / float64(len(x))
		}
	}
	a, b := percentile(means, 0.05), percentile(means, 0.95)
	return &a, &b
}
