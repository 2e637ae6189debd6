package world

import (
	"math"
	"slices"
	"time"

	"citybrain/emergency"
	"citybrain/flood"
	"citybrain/traffic"
)

// Truth is what really happened up to now. Only the account, benchmarks and tests may read it.
type Truth struct {
	Vehicles      int     // trips due so far
	PeakVehicles  int     // on the streets at once
	PeakSpeedKMH  float64 // network's mean speed in its slowest quarter hour; NaN before the first
	TripsFinished int
	TripsOpen     int     // due, not arrived
	TripMeanS     float64 // over every trip due; open ones to now
	TripP95S      float64
	TripDelayH    float64 // beyond the free time, all trips
	Calls         int     // for ambulances, as the next three
	Answered      int     // a unit reached the kerb
	ResponseMeanS float64 // ring to kerb; unanswered ones to now
	WithinTarget  float64 // share of calls whose unit was there in time
	Service       ServiceTruth
	RainMM        float64
	Cells         int
	MaxDepthM     float64
	FloodedCells  int // deeper than 0.15 m at some time
	DamageFen     int64
	MassError     float64
}

// Truth returns what really happened up to now.
func (w *World) Truth() Truth {
	t := Truth{PeakVehicles: w.peakCars, PeakSpeedKMH: w.slowest * 3.6, RainMM: w.rainMM}
	if math.IsInf(w.slowest, 0) {
		t.PeakSpeedKMH = math.NaN()
	}
	now := w.now.Seconds()
	var times []float64
	for i, trip := range w.streets.Trips() {
		if trip.Depart >= w.now {
			break
		}
		t.Vehicles++
		took, ok := w.streets.TripTime(i)
		if ok {
			t.TripsFinished++
		} else {
			t.TripsOpen++
			took = now - trip.Depart.Seconds()
		}
		times = append(times, took)
		t.TripMeanS += took
		if free, ok := w.streets.FreeTime(trip); ok {
			t.TripDelayH += math.Max(0, took-free) / 3600
		}
	}
	if n := len(times); n > 0 {
		t.TripMeanS /= float64(n)
		slices.Sort(times)
		t.TripP95S = times[min(n-1, n*95/100)]
	}
	t.Service = w.serviceTruth()
	for _, k := range t.Service.Kinds {
		if k.Kind == emergency.Medical.String() {
			t.Calls, t.Answered, t.ResponseMeanS, t.WithinTarget = k.Calls, k.Answered, k.ResponseMeanS, k.WithinTarget
		}
	}
	if w.water != nil {
		for i := range w.city.Terrain.Z {
			d := w.water.PeakAt(i)
			if !w.city.Terrain.River[i] && !math.IsNaN(float64(w.city.Terrain.Z[i])) {
				t.Cells++
			}
			t.MaxDepthM = math.Max(t.MaxDepthM, d)
			if d > 0.15 {
				t.FloodedCells++
			}
		}
		t.DamageFen = flood.Damage(w.assets, w.water.PeakAt)
		t.MassError = w.water.MassError()
	}
	return t
}

// Streets returns a copy of the traffic as it truly is, to be tried on. Only the account, benchmarks and tests may ask.
func (w *World) Streets() *traffic.Sim { return w.streets.Fork() }

// Rain returns the rain as it truly falls, mean over the city in mm/h.
func (w *World) Rain() float64 { return w.rainMMH }

// Radar returns what the weather service's radar shows now, and Member what one member of its newest ensemble has for lead from now: what its
// line brings, without the line.
func (w *World) Radar() flood.RainField {
	return w.storm.field(w.storm.rainGrid(coarseCell), w.now.Seconds(), forecastError{gain: 1})
}

func (w *World) Member(k int, lead time.Duration) flood.RainField {
	issue := w.now.Truncate(frameStep)
	return w.storm.field(w.storm.rainGrid(coarseCell), (w.now + lead).Seconds(), w.weather.member(issue.Seconds(), k, (w.now+lead-issue).Seconds()))
}
