package account

import (
	"math"
	"time"

	"citybrain/brain"
	"citybrain/traffic/forecast"
)

// A SpeedReport holds the brain's forecasts of speeds of one lead against the true speeds of all vehicles in the five minutes that they were of: on links that
// five vehicles or more left, weighted by them.
type SpeedReport struct {
	LeadMin   float64 `json:"lead_min"`
	MAE       float64 `json:"mae_m_s"`
	AsNow     float64 `json:"as_now_mae_m_s"` // of the true speeds when it was made, which nobody has so well
	WithinPct float64 `json:"within_90_pct"`  // share of true speeds within the bounds
	Forecasts int     `json:"forecasts"`
}

// fewest is how many vehicles must leave a link for its speed to be judged.
const fewest = 5

// A due is a forecast whose time has not come.
type due struct {
	at  time.Time // end of the bin that it is of
	now []float32 // true speeds when it was made
	of  forecast.Forecast
}

// foretold keeps what was forecast of speeds until it comes.
type foretold struct {
	truth  *trueSpeeds
	newest *brain.SpeedForecast
	open   []due
	leads  [len(forecast.Leads)]struct {
		weight, off, asNow, within float64
		forecasts                  int
	}
}

// watchSpeeds takes in where all vehicles are, and holds what was forecast against it at the end of each bin.
func (s *session) watchSpeeds(t time.Duration) {
	f := s.foretold
	if f == nil {
		return
	}
	f.truth.look(s.world.Streets())
	if t%forecast.Bin != 0 {
		return
	}
	speed, flow := f.truth.cut(s.world.Streets())
	kept := f.open[:0]
	for _, d := range f.open {
		if !d.at.After(s.now) {
			f.hold(&d, speed, flow)
		} else {
			kept = append(kept, d)
		}
	}
	f.open = kept
	if n := s.brain.Speeds(); n != nil && n != f.newest {
		f.newest = n
		for k := range n.Leads {
			f.open = append(f.open, due{n.Issued.Add(n.Leads[k].Lead), speed, n.Leads[k]})
		}
	}
}

// hold counts a forecast against what came.
func (f *foretold) hold(d *due, speed, flow []float32) {
	for k, lead := range forecast.Leads {
		if time.Duration(lead)*forecast.Bin != d.of.Lead {
			continue
		}
		x := &f.leads[k]
		x.forecasts++
		for l, n := range flow {
			v, was := float64(speed[l]), float64(d.now[l])
			if n < fewest || math.IsNaN(v) || math.IsNaN(was) {
				continue
			}
			w := float64(n)
			x.weight += w
			x.off += w * math.Abs(float64(d.of.Speed[l])-v)
			x.asNow += w * math.Abs(was-v)
			if v >= float64(d.of.Low[l]) && v <= float64(d.of.High[l]) {
				x.within += w
			}
		}
	}
}

// report is what came of the forecasts by lead; nil where none has come due.
func (f *foretold) report() (list []SpeedReport) {
	if f == nil {
		return nil
	}
	for k, lead := range forecast.Leads {
		if x := &f.leads[k]; x.weight > 0 {
			list = append(list, SpeedReport{(time.Duration(lead) * forecast.Bin).Minutes(), x.off / x.weight, x.asNow / x.weight, 100 * x.within / x.weight, x.forecasts})
		}
	}
	return list
}
