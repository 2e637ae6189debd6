package brain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/flood"
	"citybrain/traffic/forecast"
	"citybrain/twin"
)

// A SpeedForecast is how fast the streets will be driven in the hour from Issued on: m/s by link after each of its leads, and the bounds between
// which it comes nine times in ten.
type SpeedForecast struct {
	Issued time.Time
	Leads  []forecast.Forecast
}

// speedWatch makes a record of what the departments report of the streets each forecast.Bin, and foretells the next hour from them.
type speedWatch struct {
	model   *forecast.Model
	today   *forecast.Today
	rec     *forecast.Recorder
	loops   []loopSum // by link
	newest  *SpeedForecast
	records int
}

// loopSum is what a link's loops told in a bin.
type loopSum struct{ reports, covered, counted float64 }

// mostCounted is a count of one report that no loop makes.
const mostCounted = 1000

// slowProbe is the speed, m/s, below which a reporting vehicle stands.
const slowProbe = 1.5

// newSpeedWatch is nil for a city that has no model of its speeds, or one of streets that have been changed since.
func newSpeedWatch(c *city.City, start time.Time) (*speedWatch, error) {
	if len(c.Speeds) == 0 {
		return nil, nil
	}
	m, err := forecast.Read(bytes.NewReader(c.Speeds), &c.Streets, c.TrafficHash())
	if errors.Is(err, forecast.ErrStreets) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("brain: %w", err)
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	at := start.In(zone)
	since := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	return &speedWatch{model: m, today: m.Today(since), rec: forecast.NewRecorder(&c.Streets), loops: make([]loopSum, len(c.Streets.Links))}, nil
}

// drove takes in that a reporting vehicle was at one place and then at another one.
func (w *speedWatch) drove(was, is probe) {
	if w != nil {
		w.rec.Drive(forecast.Place{Link: was.link, Along: was.along, Stands: was.speed < slowProbe}, forecast.Place{Link: is.link, Along: is.along, Stands: is.speed < slowProbe}, is.at.Sub(was.at).Seconds())
	}
}

// told takes in a report of link l's loops, those that are not believed as NaN; occupied is the most of them.
func (w *speedWatch) told(l int32, count *[3]reading, occupied float64) {
	if w == nil || occupied < 0 {
		return
	}
	s := &w.loops[l]
	s.reports++
	s.covered += min(occupied, 1)
	for k := range count {
		if v := count[k].volume; v >= 0 && v < mostCounted {
			s.counted += v
		}
	}
}

// foretell ends a bin and has the next hour foretold. Without water in the city, or before the first forecast of it, streets are taken to be as dry as they
// are.
func (b *Brain) foretell(ctx context.Context) error {
	w := b.speeds
	if w == nil {
		return nil
	}
	const kind = "speeds"
	for b.pondering(kind) { // it still looks at the day as it was
		if err := b.settle(ctx, true); err != nil {
			return err
		}
	}
	n := len(b.city.Streets.Links)
	occupied, counted := make([]float32, n), make([]float32, n)
	for l := range n {
		s, d := &w.loops[l], b.city.Streets.Links[l].Detector
		occupied[l], counted[l] = -1, -1
		if s.reports > 0 {
			occupied[l] = float32(s.covered / s.reports)
			if d != city.DetectorEntry { // which counts those who come, not those who leave
				counted[l] = float32(s.counted)
			}
		}
		*s = loopSum{}
	}
	mmh, _ := b.RainNow()
	if !(mmh >= 0 && mmh < 1000) {
		mmh = 0
	}
	r := w.rec.Cut(occupied, counted, b.dry(nil), float32(mmh))
	r.Ahead = new([len(forecast.Leads)][]float32)
	for k, lead := range forecast.Leads {
		if depth := b.depthAhead(b.now.Add(time.Duration(lead) * forecast.Bin)); depth != nil {
			r.Ahead[k] = b.dry(depth)
		} else {
			r.Ahead[k] = r.Dry
		}
	}
	if err := w.today.See(r); err != nil {
		return fmt.Errorf("brain: %w", err)
	}
	if w.records++; w.records < forecast.Slowest || b.halted {
		return nil
	}
	f := &SpeedForecast{Issued: b.now}
	return b.ponder(ctx, thought{kind, func(context.Context) (err error) {
		f.Leads, err = w.today.Predict(1 / probeShare)
		return err
	}, func() error {
		w.newest = f
		return b.keepSpeeds(f)
	}})
}

// dry is the share of its limit that the water leaves each link: depth m of it, nil: what the brain believes of now.
func (b *Brain) dry(depth []float32) []float32 {
	out := make([]float32, len(b.city.Streets.Links))
	for l := range out {
		out[l] = 1
	}
	if b.water == nil {
		return out
	}
	if depth == nil {
		depth = b.depths(func(p [2]float64) float64 {
			if c := b.city.Terrain.Index(p); c >= 0 {
				return b.water.DepthAt(c)
			}
			return 0
		})
	}
	for l, d := range depth {
		if d >= 0.05 {
			limit := b.city.Streets.Links[l].Speed
			out[l] = float32(min(1, flood.RoadSpeed(limit, float64(d))/limit))
		}
	}
	return out
}

// speedNames are the attributes of a street that hold its forecast, by lead.
var speedNames = func() (names [len(forecast.Leads)]string) {
	for k, lead := range forecast.Leads {
		names[k] = fmt.Sprintf("speedIn%dMin", lead*int(forecast.Bin/time.Minute))
	}
	return names
}()

// keepSpeeds puts a forecast into the twin: of each street, by lead, the speed with its bounds, m/s, observed when it was made.
func (b *Brain) keepSpeeds(f *SpeedForecast) error {
	changes := make([]twin.Change, 0, len(b.city.Streets.Links))
	for l := range b.city.Streets.Links {
		attrs := make([]twin.Attribute, 0, len(f.Leads))
		for k := range f.Leads {
			x := &f.Leads[k]
			a := twin.Number(speedNames[k], hundredth(x.Speed[l]), "MTS", f.Issued)
			a.Sub = []twin.Attribute{twin.Number("lower90", hundredth(x.Low[l]), "MTS", time.Time{}), twin.Number("upper90", hundredth(x.High[l]), "MTS", time.Time{})}
			attrs = append(attrs, a)
		}
		ch := twin.Set(exchange.URN("RoadSegment", b.city.Streets.Links[l].ID), "RoadSegment", attrs...)
		ch.Origin = twin.Edit
		changes = append(changes, ch)
	}
	if _, err := b.main.Apply(changes...); err != nil {
		return fmt.Errorf("brain: forecast of speeds: %w", err)
	}
	return nil
}

func hundredth(v float32) float64 { return math.Round(float64(v)*100) / 100 }

// Speeds returns the newest forecast of speeds, nil before the first and in a city without a model of them. Don't write to it.
func (b *Brain) Speeds() *SpeedForecast {
	if b.speeds == nil {
		return nil
	}
	return b.speeds.newest
}

// At is the speed of each link, m/s, at a time of the forecast's hour, between leads in proportion; before the first one it is the first one's.
func (f *SpeedForecast) At(at time.Time) (speed []float32, ok bool) {
	ahead := at.Sub(f.Issued)
	last := len(f.Leads) - 1
	if ahead < 0 || ahead > f.Leads[last].Lead {
		return nil, false
	}
	k := 0
	for k < last && f.Leads[k+1].Lead <= ahead {
		k++
	}
	if k == last || ahead <= f.Leads[0].Lead {
		return f.Leads[k].Speed, true
	}
	a, z := &f.Leads[k], &f.Leads[k+1]
	part := float32(ahead-a.Lead) / float32(z.Lead-a.Lead)
	speed = make([]float32, len(a.Speed))
	for l := range speed {
		speed[l] = a.Speed[l] + float32(part*(z.Speed[l]-a.Speed[l]))
	}
	return speed, true
}
