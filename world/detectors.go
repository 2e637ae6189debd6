package world

import (
	"math"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

// A DetectorFault is what is wrong with a loop.
type DetectorFault uint8

const (
	Sound  DetectorFault = iota
	Dead                 // it reports an empty street
	Stuck                // it reports a vehicle that stands on it and never leaves
	Drift                // it counts more and more, or less and less, of those who pass
	Double               // it counts most vehicles twice, as a loop does whose wires touch the neighbour's
)

func (f DetectorFault) String() string {
	return [...]string{"sound", "dead", "stuck", "drift", "double"}[f]
}

// DetectorRates are the shares of loops that have a fault in an evening of four hours, each loop by a chance of its own.
type DetectorRates struct{ Dead, Stuck, Drift, Double float64 }

// usualRates are assumptions: of inductive loops in the field about one in fifteen is said to be out of order at any time.
var usualRates = DetectorRates{Dead: 0.025, Stuck: 0.01, Drift: 0.015, Double: 0.015}

// Of faults: half are there when the evening begins. A drift comes to its end within driftTime, at a third of the count or at nearly its
// double; twice is the share of vehicles that a doubling loop counts again.
const (
	driftTime = 40 * time.Minute
	driftLow  = 0.3
	driftHigh = 1.8
	twice     = 0.85
)

// A LoopFault is a loop's fault in a scenario.
type LoopFault struct {
	Junction, Loop int // Loop: index into city.Loops
	Fault          DetectorFault
	From           time.Duration
	PerHour        float64 // vehicles that truly passed it, mean since the start
	gain           float64 // of a drift, in the end
}

// drawFaults draws the faults of junction j's loops.
func drawFaults(cfg Config, j int, loops []city.Loop) []LoopFault {
	r := usualRates
	if cfg.Detectors != nil {
		r = *cfg.Detectors
	}
	draw := chance.New(cfg.Seed, "world/loops")
	list := make([]LoopFault, len(loops))
	for n := range loops {
		id := uint64(loops[n].Link)<<8 | uint64(loops[n].Lanes)
		f := LoopFault{Junction: j, Loop: n, gain: driftLow}
		u := draw.Float(id, 0)
		for k, share := range [...]float64{r.Dead, r.Stuck, r.Drift, r.Double} {
			if u >= 0 && u < share {
				f.Fault = DetectorFault(k + 1)
			}
			u -= share
		}
		if draw.Float(id, 1) < 0.5 {
			f.From = time.Duration(draw.Float(id, 2) * cfg.Hours * float64(time.Hour)).Truncate(tick)
		}
		if draw.Float(id, 3) < 0.5 {
			f.gain = driftHigh
		}
		list[n] = f
	}
	return list
}

// says is what a loop reports of volume vehicles that passed and covered of seconds that it was covered of period.
func (f *LoopFault) says(draw chance.Source, now time.Duration, volume, covered, period int) (int, int) {
	if now < f.From {
		return volume, covered
	}
	id, at := uint64(f.Junction)<<16|uint64(f.Loop), uint64(now/time.Second)
	switch f.Fault {
	case Dead:
		return 0, 0
	case Stuck:
		return 0, period
	case Drift:
		gain := 1 + (f.gain-1)*math.Min(1, (now-f.From).Seconds()/driftTime.Seconds())
		return int(float64(volume)*gain + draw.Float(id, at)), covered
	case Double:
		for i := range volume {
			if draw.Float(id, at<<8|uint64(i)) < twice {
				volume++
			}
		}
	}
	return volume, covered
}

// LoopFaults lists the loops that have a fault in this scenario, of controllers that report at all. Only the account, benchmarks and
// tests may ask.
func (w *World) LoopFaults() []LoopFault {
	var list []LoopFault
	p := w.signals
	for j := range p.faults {
		for n, f := range p.faults[j] {
			if f.PerHour = float64(p.counted[j][n]) / max(w.now.Hours(), 0.1); f.Fault != Sound && !p.broken[j] {
				list = append(list, f)
			}
		}
	}
	return list
}
