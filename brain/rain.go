package brain

import (
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/flood"
	"citybrain/flood/rain"
	"citybrain/traffic"
)

const (
	gaugeReach = 3000             // m: how far rain gauges tell of one another
	gaugeSpan  = 5 * time.Minute  // over which a gauge adds up
	gaugePast  = 30 * time.Minute // of gauge and radar that their ratio rests on: one image's error is not the radar's
	imagesKept = 5
)

// radarImage is a radar field as it came.
type radarImage struct {
	at    time.Time
	field rain.Field
}

// merge is what radar and gauges together say of a new radar image's time: the radar's pattern, and its amounts as the gauges had them
// beside the radar's own over the past half hour.
func (b *Brain) merge(radar exchange.Radar) (exchange.Radar, error) {
	g := radar.Grid
	field := rain.NewField(g.Cols, g.Rows)
	for i, v := range radar.MMH {
		field.V[i] = float64(v)
	}
	if n := len(b.images); n > 0 && len(b.images[n-1].field.V) != len(field.V) {
		b.images = nil
	}
	b.images = append(b.images, radarImage{radar.At, field})
	if n := len(b.images); n > imagesKept {
		b.images = append([]radarImage(nil), b.images[n-imagesKept:]...)
	}
	var gauges []rain.Gauge
	for i := range b.est.gauges {
		s := &b.est.gauges[i]
		if s.Kind != city.RainInstrument {
			continue
		}
		x, y := (s.At[0]-g.West)/g.Cell-0.5, (g.North-s.At[1])/g.Cell-0.5
		if s.at.After(s.compared) && s.value >= 0 && s.value < 100 {
			if mm, ok := b.radarOver(x, y, s.at.Add(-gaugeSpan), s.at); ok {
				keep := math.Exp(-s.at.Sub(s.compared).Seconds() / gaugePast.Seconds()) // the first time of all: 0
				s.fell, s.seen, s.compared = keep*s.fell+s.value, keep*s.seen+mm, s.at
			}
		}
		now := field.At(x, y)
		if math.IsNaN(now) || b.now.Sub(s.at) >= 2*gaugeSpan || s.same >= stuckAfter {
			continue
		}
		const little = 0.5 // mm: so much says nothing
		rate := now * min(max((s.fell+little)/(s.seen+little), 0.33), 3)
		if rate < 1000 {
			gauges = append(gauges, rain.Gauge{X: x, Y: y, Rate: rate})
		}
	}
	merged, err := rain.Merge(field, gauges, gaugeReach/g.Cell)
	if err != nil {
		return exchange.Radar{}, err
	}
	out := exchange.Radar{At: radar.At, Grid: g, MMH: make([]float32, len(merged.V))}
	for i, v := range merged.V {
		out.MMH[i] = float32(min(v, 999))
	}
	return out, nil
}

// radarOver is what the radar had fall at column x and row y from one time to another, mm; false where its images don't span them.
func (b *Brain) radarOver(x, y float64, from, to time.Time) (mm float64, ok bool) {
	const step = time.Minute
	for t := from.Add(step / 2); t.Before(to); t = t.Add(step) {
		k := 1
		for k < len(b.images) && b.images[k].at.Before(t) {
			k++
		}
		if k >= len(b.images) || b.images[k-1].at.After(t) {
			return 0, false
		}
		p, q := &b.images[k-1], &b.images[k]
		f := t.Sub(p.at).Seconds() / q.at.Sub(p.at).Seconds()
		v := (1-f)*p.field.At(x, y) + f*q.field.At(x, y)
		if math.IsNaN(v) {
			return 0, false
		}
		mm += v * step.Hours()
	}
	return mm, true
}

// corrected is an issue of the weather service's ensemble, corrected by what radar and gauges see now. An issue that is not of about
// the radar's time, or on another grid, stays as it is.
func (b *Brain) corrected(issue exchange.RainForecast) (exchange.RainForecast, error) {
	seen := b.rainSeen
	late := seen.At.Sub(issue.Issue)
	if len(seen.MMH) == 0 || issue.Grid != seen.Grid || issue.Step <= 0 || late < -issue.Step/2 || late > 2*issue.Step {
		return issue, nil
	}
	fieldOf := func(v []float32) rain.Field {
		f := rain.NewField(seen.Grid.Cols, seen.Grid.Rows)
		for i, x := range v {
			f.V[i] = float64(x)
		}
		return f
	}
	var members [][]rain.Field
	var guess []rain.Field
	for _, frames := range issue.Members {
		var list []rain.Field
		for _, f := range frames {
			list = append(list, fieldOf(f))
		}
		if len(list) < 4 {
			return issue, nil
		}
		// Between the frames about the radar's time.
		at := max(0, float64(late)/float64(issue.Step))
		k := int(at)
		g := rain.NewField(seen.Grid.Cols, seen.Grid.Rows)
		for i := range g.V {
			g.V[i] = (1-(at-float64(k)))*list[k].V[i] + (at-float64(k))*list[k+1].V[i]
		}
		members, guess = append(members, list), append(guess, g)
	}
	if err := b.updater.Update(members, guess, fieldOf(seen.MMH)); err != nil {
		return issue, fmt.Errorf("brain: %w", err)
	}
	out := issue
	out.Members = nil
	for m := range members {
		var frames [][]float32
		for _, f := range members[m] {
			v := make([]float32, len(f.V))
			for i, x := range f.V {
				v[i] = float32(min(x, 999))
			}
			frames = append(frames, v)
		}
		out.Members = append(out.Members, frames)
	}
	return out, nil
}

// fall lets what radar and gauges saw fall on the brain's estimate of the water and on its streets, once an image.
func (b *Brain) fall() error {
	_, radar := b.deps.Rain()
	if radar.Grid.Cells() == 0 || len(radar.MMH) != radar.Grid.Cells() || !radar.At.After(b.est.lastRain) {
		return nil
	}
	seen, err := b.merge(radar)
	if err != nil {
		return fmt.Errorf("brain: %w", err)
	}
	b.est.lastRain, b.rainSeen = seen.At, seen
	if err := b.water.Input(b.water.Now(), flood.RainField{Grid: seen.Grid, MMH: seen.MMH}); err != nil {
		return err
	}
	var mean float64
	for _, v := range seen.MMH {
		mean += float64(v) / float64(len(seen.MMH))
	}
	return b.streets.Input(b.streets.Now(), traffic.Weather{RainMMH: mean})
}
