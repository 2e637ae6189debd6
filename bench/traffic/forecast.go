package traffic

import (
	"context"
	"fmt"
	"math"
	"time"

	"citybrain/account"
	"citybrain/bench"
	"citybrain/city"
	"citybrain/traffic/forecast"
	"citybrain/world"
)

// Speeds are forecast every five minutes of the demo city's evenings: four hours with their storm, under fair plans, a crash in every second.
const (
	eveningHours = 4
	pastFirst    = 9001 // seeds of the evenings that are learnt from …
	newFirst     = 9101 // … and of those that are predicted
	fewest       = 5    // vehicles that leave a link in the bin
)

// misses are summed flow-weighted misses of one lead.
type misses struct{ ours, now, profile, weight, within float64 }

// add holds f, made after bin b, against what came lead bins later.
func (s *misses) add(day *account.SpeedEvening, b, lead int, f *forecast.Forecast, profile [][]float64) {
	for l, flow := range day.Flow[b+lead] {
		v := float64(day.Speed[b+lead][l])
		if flow < fewest || math.IsNaN(v) {
			continue
		}
		w, now := float64(flow), float64(day.Speed[b][l])
		if math.IsNaN(now) {
			now = profile[b][l]
		}
		s.weight += w
		s.ours += w * math.Abs(float64(f.Speed[l])-v)
		s.now += w * math.Abs(now-v)
		s.profile += w * math.Abs(profile[b+lead][l]-v)
		if v >= float64(f.Low[l]) && v <= float64(f.High[l]) {
			s.within += w
		}
	}
}

// Forecast holds the forecast of five-minute speeds against 'as now' and the day profile, both made of the true speeds of all vehicles, while the
// forecast knows only what is reported. It learns from past evenings and predicts new ones, of other seeds.
func Forecast(ctx context.Context, c *city.City, past, new int) ([]bench.Row, error) {
	plans, err := account.FairPlans(ctx, c, world.Config{Seed: 1, Start: account.EveningStart, Hours: 2}, 2)
	if err != nil {
		return nil, err
	}
	evenings := make([]*account.SpeedEvening, past+new)
	for k := range evenings {
		seed := pastFirst + uint64(k)
		if k >= past {
			seed = newFirst + uint64(k-past)
		}
		if evenings[k], err = account.WatchSpeeds(ctx, c, plans, seed, eveningHours, 2); err != nil {
			return nil, fmt.Errorf("evening of seed %d: %w", seed, err)
		}
	}
	return judge(c, evenings[:past], evenings[past:])
}

// judge learns from past evenings and predicts new ones.
func judge(c *city.City, past, new []*account.SpeedEvening) ([]bench.Row, error) {
	days := make([]forecast.Day, len(past))
	for k := range past {
		days[k] = past[k].Day
	}
	model, err := forecast.Learn(&c.Streets, days, 1)
	if err != nil {
		return nil, err
	}
	profile := meanSpeeds(c, past)
	var sums [len(forecast.Leads)]misses
	for _, day := range new {
		today := model.Today(day.First)
		for b := range day.Bins {
			if err := today.See(day.Bins[b]); err != nil {
				return nil, err
			}
			if b < 5 {
				continue
			}
			list, err := today.Predict(everyone)
			if err != nil {
				return nil, err
			}
			for i, lead := range forecast.Leads {
				if b+lead < len(day.Bins) {
					sums[i].add(day, b, lead, &list[i], profile)
				}
			}
		}
	}
	var rows []bench.Row
	for i, lead := range forecast.Leads {
		s := sums[i]
		better := min(s.now, s.profile)
		less, aim := 100*(1-s.ours/better), 25.0
		row := bench.AtLeast(fmt.Sprintf("forecast of speeds %v ahead: less MAE than the better of as now and profile", time.Duration(lead)*forecast.Bin), "%", 10, &less,
			fmt.Sprintf("%.3f m/s; as now %.3f, day profile %.3f; %.1f %% of true speeds within bounds of 90 %%; %d evenings after %d", s.ours/s.weight, s.now/s.weight, s.profile/s.weight, 100*s.within/s.weight, len(new), len(past)))
		row.Aim = &aim
		rows = append(rows, row)
	}
	return rows, nil
}

// everyone is how many vehicles there are for each that reports, as registrations say.
const everyone = 5

// meanSpeeds is the day profile: by bin and link the mean of the evenings' true speeds, each bin with those beside it.
func meanSpeeds(c *city.City, days []*account.SpeedEvening) [][]float64 {
	n, bins := len(c.Streets.Links), len(days[0].Speed)
	out := make([][]float64, bins)
	for l := range n {
		day, seen := 5*0.6*c.Streets.Links[l].Speed, 5.0
		for _, d := range days {
			for b := range bins {
				if v := float64(d.Speed[b][l]); !math.IsNaN(v) && d.Flow[b][l] > 0 {
					day, seen = day+v, seen+1
				}
			}
		}
		day /= seen
		for b := range bins {
			if out[b] == nil {
				out[b] = make([]float64, n)
			}
			sum, w := 5*day, 5.0
			for _, d := range days {
				for u := max(0, b-1); u < min(bins, b+2); u++ {
					if v := float64(d.Speed[u][l]); !math.IsNaN(v) && d.Flow[u][l] > 0 {
						sum, w = sum+v, w+1
					}
				}
			}
			out[b][l] = sum / w
		}
	}
	return out
}
