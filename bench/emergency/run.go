package emergency

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"citybrain/bench"
	"citybrain/bench/traffic"
	"citybrain/city"
	"citybrain/city/importer/jemss"
	"citybrain/emergency/ems"
)

// Options is what to run.
type Options struct {
	Data     string // the reference data's folder emergency
	City     *city.City
	Seeds    int     // of days that the brain was not tuned on, for each city
	Days     float64 // of each, the first left out
	Evenings int
	Storms   int // paired seeds of green corridors
	// Corridors measures nothing but those.
	Corridors bool
	JSON      bool
}

// Run measures and writes a table or JSON.
func Run(ctx context.Context, o Options, w io.Writer) error {
	rows, err := []bench.Row(nil), error(nil)
	if o.Corridors {
		rows, err = corridorRows(ctx, o.City, o.Storms)
	} else {
		rows, err = Rows(ctx, o)
	}
	if err != nil {
		return err
	}
	return bench.Print(w, rows, o.JSON)
}

// Rows measures every figure of the issue in its order.
func Rows(ctx context.Context, o Options) ([]bench.Row, error) {
	var agree, better []bench.Row
	for _, name := range cities {
		a, b, err := jemssCity(ctx, name, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		agree, better = append(agree, a...), append(better, b...)
	}
	rows := append(agree, better...)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	gains, static, err := Evenings(o.City, 1, o.Evenings)
	if err != nil {
		return nil, err
	}
	mean, half := interval(gains)
	low := mean - half
	note := fmt.Sprintf("%d paired evenings of %s, static %.1f %%, %.2f ± %.2f points", len(gains), o.City.Name.En, static, mean, half)
	rows = append(rows, bench.AtLeast("demo evenings: brain over static, within target", "points", 4, &mean, note),
		above("demo evenings: lower end of the 95 % interval, above", "points", &low, note))
	speed, err := quick(o)
	if err != nil {
		return nil, err
	}
	rows = append(append(rows, speed), queueing(o)...)
	told, err := seattle(o)
	if err != nil {
		return nil, err
	}
	lanes, err := corridorRows(ctx, o.City, o.Storms)
	if err != nil {
		return nil, err
	}
	return append(append(rows, lanes...), told), nil
}

var cities = []string{"auckland", "edmonton"}

// reference is the means of the reference data's README: mean response s, within target %.
var reference = map[string][2]float64{"auckland static": {639.48, 56.379}, "auckland dmexclp": {623.20, 58.749}, "edmonton static": {490.03, 68.072}, "edmonton dmexclp": {474.17, 70.197}}

// run simulates calls under a policy.
func run(m *ems.Model, p ems.Policy, calls []city.EMSCall) ems.Figures {
	s := ems.NewSim(m, p, calls, 0)
	s.Run()
	return s.Figures()
}

// jemssCity compares one city with its references, and the brain with dmexclp and static.
func jemssCity(ctx context.Context, name string, o Options) (agree, better []bench.Row, err error) {
	dir := filepath.Join(o.Data, "jemss", name)
	missing := ""
	if _, err := os.Stat(dir); err != nil {
		missing = "the city is not at " + dir
	}
	rows := func(f [3]ems.Figures, n float64, most int, note string) {
		value := func(x float64) *float64 {
			if missing != "" {
				return nil
			}
			return &x
		}
		if missing != "" {
			note = missing
		}
		s, d, b := f[0], f[1], f[2]
		gain := bench.AtLeast(name+": brain over dmexclp at its best, within target", "points", 1, value((b.Within-d.Within)/n), note)
		aim := 2.0
		gain.Aim = &aim
		better = append(better, gain,
			bench.AtMost(name+": brain's mean response less dmexclp's, at most", "s", 0, value((b.Mean-d.Mean)/n), note),
			bench.AtMost(name+": brain's moves_km over dmexclp's, at most", "×", 1.2, value(b.MovesKm/d.MovesKm), note),
			bench.AtMost(name+": brain's moves a unit and shift, at most", "", 3, value(float64(most)), note),
			bench.AtMost(name+": low priority's 90th percentile, brain less static, at most", "s", 0, value((b.LowP90-s.LowP90)/n), note),
			bench.AtLeast(name+": worst district within target, brain less static", "points", 0, value((b.WorstDistrict-s.WorstDistrict)/n), note))
	}
	if missing != "" {
		for _, p := range []string{"static", "dmexclp 0.25"} {
			agree = append(agree, bench.AtMost(name+" "+p+": mean response off the reference, at most", "%", 0.3, nil, missing),
				bench.AtMost(name+" "+p+": within target off the reference, at most", "points", 0.3, nil, missing))
		}
		rows([3]ems.Figures{}, 1, 0, "")
		return agree, better, nil
	}
	e, err := jemss.Load(dir)
	if err == nil {
		err = jemss.LoadDemand(dir, e)
	}
	if err != nil {
		return nil, nil, err
	}
	calls, _, err := jemss.LoadCalls(filepath.Join(dir, "calls_101days_seed1.csv.gz"), e)
	if err != nil {
		return nil, nil, err
	}
	m, err := ems.New(e)
	if err != nil {
		return nil, nil, err
	}
	best, most := 0.0, -1.0
	for q := 2; q <= 12; q++ { // 0.1 to 0.6
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		busy := float64(q) / 20
		f := run(m, ems.NewDMEXCLP(m, busy), calls)
		if f.Within > most {
			best, most = busy, f.Within
		}
		if q == 5 {
			agree = append(agree, off(name, "dmexclp", f)...)
		}
	}
	agree = append(off(name, "static", run(m, ems.Static{}, calls)), agree...)
	var sum [3]ems.Figures
	moves := 0
	for k := range o.Seeds {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		drawn, err := ems.Generate(e, o.Days, uint64(9001+k))
		if err != nil {
			return nil, nil, err
		}
		for i, p := range []ems.Policy{ems.Static{}, ems.NewDMEXCLP(m, best), ems.NewBrain(m)} {
			f := run(m, p, drawn)
			s := &sum[i]
			s.Within, s.Mean, s.MovesKm, s.LowP90, s.WorstDistrict = s.Within+f.Within, s.Mean+f.Mean, s.MovesKm+f.MovesKm, s.LowP90+f.LowP90, s.WorstDistrict+f.WorstDistrict
			if i == 2 {
				moves = max(moves, f.MovesMost)
			}
		}
	}
	n := float64(o.Seeds)
	rows(sum, n, moves, fmt.Sprintf("%d seeds of %g days; static %.2f %% %.0f s, dmexclp %.2f %.2f %% %.0f s, brain %.2f %% %.0f s", o.Seeds, o.Days,
		sum[0].Within/n, sum[0].Mean/n, best, sum[1].Within/n, sum[1].Mean/n, sum[2].Within/n, sum[2].Mean/n))
	return agree, better, nil
}

// above is the row of a figure that must be above 0.
func above(row, unit string, value *float64, note string) bench.Row {
	r := bench.AtLeast(row, unit, 0, value, note)
	r.OK = value != nil && *value > 0
	return r
}

// off is how far a run is from the reference.
func off(name, policy string, f ems.Figures) []bench.Row {
	r := reference[name+" "+policy]
	mean, within := 100*math.Abs(f.Mean/r[0]-1), math.Abs(f.Within-r[1])
	note := fmt.Sprintf("%.2f s, %.3f %%; reference %.2f s, %.3f %%", f.Mean, f.Within, r[0], r[1])
	return []bench.Row{bench.AtMost(name+" "+policy+": mean response off the reference, at most", "%", 0.3, &mean, note),
		bench.AtMost(name+" "+policy+": within target off the reference, at most", "points", 0.3, &within, note)}
}

// quick measures the processor time of 101 days of Auckland under static, reading included, on one core.
func quick(o Options) (bench.Row, error) {
	const name = "auckland, 101 days, static, one core, with reading, at most"
	dir := filepath.Join(o.Data, "jemss", "auckland")
	if _, err := os.Stat(dir); err != nil {
		return bench.AtMost(name, "s", 3, nil, "the city is not at "+dir), nil
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	runtime.GC()
	began, cpu := time.Now(), traffic.ProcessorTime()
	e, err := jemss.Load(dir)
	if err != nil {
		return bench.Row{}, err
	}
	calls, _, err := jemss.LoadCalls(filepath.Join(dir, "calls_101days_seed1.csv.gz"), e)
	if err != nil {
		return bench.Row{}, err
	}
	m, err := ems.New(e)
	if err != nil {
		return bench.Row{}, err
	}
	f := run(m, ems.Static{}, calls)
	v := (traffic.ProcessorTime() - cpu).Seconds()
	return bench.AtMost(name, "s", 3, &v, fmt.Sprintf("processor time; %.2f s by the clock, %d calls", time.Since(began).Seconds(), f.Calls)), nil
}
