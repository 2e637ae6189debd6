package world

import (
	"math"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/wire/sl651"
)

// telemetry is the water authority's hydrological stations on SL 651-2014.
type telemetry struct {
	line
	stations []city.Instrument
	noise    chance.Source
	serials  []uint16  // of each station: its messages so far
	rain     []float64 // mm at each station since its last report
	stuck    []bool    // a gauge that shows what it showed first
	shown    []float64
}

func newTelemetry(w *World) *telemetry {
	t := &telemetry{line: newLine(w.cfg.Seed, "water/sl651", 1.5, 0.004, 0.01), stations: city.Instruments(w.city), noise: chance.New(w.cfg.Seed, "world/gauges")}
	t.serials = make([]uint16, len(t.stations))
	t.rain, t.shown, t.stuck = make([]float64, len(t.stations)), make([]float64, len(t.stations)), make([]bool, len(t.stations))
	for i := range t.stations {
		t.stuck[i] = t.stations[i].Kind != city.TideInstrument && t.noise.Float(uint64(i), 1<<40) < 0.02
	}
	return t
}

func (t *telemetry) receive(*World, []byte) {} // mode M1: stations report and await nothing

func (t *telemetry) tick(w *World) {
	for i := range t.stations {
		st := &t.stations[i]
		if st.Kind == city.RainInstrument {
			t.rain[i] += w.storm.at(st.At, w.now.Seconds()) * 5 / 3600
		}
		// Reports are staggered over five minutes; a street gauge under water reports every minute as well.
		phase := time.Duration(i%60) * 5 * time.Second
		timed := w.now%(5*time.Minute) == phase
		extra := st.Kind == city.StreetInstrument && w.now%time.Minute == phase%time.Minute && w.streetDepth(st.Index) > 0.05
		if timed || extra {
			t.report(w, i, timed)
		}
	}
}

func (t *telemetry) report(w *World, i int, timed bool) {
	st := &t.stations[i]
	n := t.noise.Normal(uint64(i), uint64(w.now/time.Second))
	var id sl651.ID
	var v float64
	class := byte('H')
	switch st.Kind {
	case city.RainInstrument:
		id, v, class = sl651.Rain5min, math.Max(0, t.rain[i]*(1+0.05*n)), 'P'
		t.rain[i] = 0
	case city.StreetInstrument:
		id, v = sl651.Stage, math.Max(0, w.streetDepth(st.Index)+0.008*n)
	case city.SewerInstrument:
		id, v, class = sl651.Stage, w.water.BasinLevel(st.Index)+0.02*n, 'D'
	case city.CreekInstrument:
		id, v = sl651.Stage, w.water.CreekLevel(st.Index)+0.01*n
	case city.TideInstrument:
		id, v, class = sl651.Stage, w.water.TideLevel(w.now)+0.015*n, 'T'
	}
	if t.stuck[i] {
		if w.now < 10*time.Minute {
			t.shown[i] = v
		}
		v = t.shown[i]
	}
	el, err := sl651.Number(id, v)
	if err != nil {
		t.lost++ // a value that the station's display can't hold is not sent
		return
	}
	fn := sl651.TimedReport
	if !timed {
		fn = sl651.ExtraReport
	}
	t.serials[i] = t.serials[i]%65535 + 1
	now := w.at(w.now).In(beijing)
	f, err := sl651.Compose(sl651.Frame{Center: 1, Station: sl651.Address(st.Station), Password: 0x1234, Func: fn, End: sl651.ETX},
		sl651.Body{Serial: t.serials[i], Sent: now, Content: sl651.Report{{Station: sl651.Address(st.Station), Class: class, Observed: now.Truncate(time.Minute), Elements: []sl651.Element{el}}}})
	if err == nil {
		var b []byte
		if b, err = sl651.Append(nil, f); err == nil {
			t.send(w, b, false)
			return
		}
	}
	panic("world: a station composed a report that its own protocol refuses: " + err.Error())
}

var beijing = time.FixedZone("UTC+8", 8*3600)

// streetDepth is the water over the street at place i, m.
func (w *World) streetDepth(i int) float64 {
	if w.water == nil {
		return 0
	}
	cell := w.city.Terrain.Index(w.city.Places[i].At)
	if cell < 0 {
		return 0
	}
	return w.water.DepthAt(cell)
}
