package world

import (
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/traffic"
)

// A crash takes lanes of a main street away for a while. Every second evening has one. The police hear of it, and that it is cleared, some
// minutes later.
type crash struct {
	id         string
	link       int32
	lanes      int
	from, till time.Duration
	told       time.Duration // how much later the police say so
}

// Of a crash: its chance in each spell of an evening's length, and how long it stands. Clearance times are log-normal
// (Golob, Recker and Leonard 1987, on freeway accidents); a median of 35 min with a spread of 1.5 is an assumption for city streets.
const (
	crashSpell  = 4 * time.Hour
	crashChance = 0.5
	crashMedian = 35.0
	crashSpread = 0.4 // of the logarithm
)

// drawCrashes draws a scenario's crashes: on main streets of two lanes or more, the likelier the longer and wider they are.
func drawCrashes(c *city.City, cfg Config) []crash {
	var on []int32
	acc := []float64{0}
	for l := range c.Streets.Links {
		if k := &c.Streets.Links[l]; k.Class <= city.Secondary && k.Lanes > 1 {
			on, acc = append(on, int32(l)), append(acc, acc[len(acc)-1]+k.Length*float64(k.Lanes))
		}
	}
	if len(on) == 0 {
		return nil
	}
	var list []crash
	draw := chance.New(cfg.Seed, "world/crashes")
	end := time.Duration(cfg.Hours * float64(time.Hour))
	for k := uint64(0); time.Duration(k)*crashSpell < end; k++ {
		if draw.Float(k, 0) >= crashChance {
			continue
		}
		spell := min(crashSpell, end-time.Duration(k)*crashSpell)
		at := time.Duration(k)*crashSpell + time.Duration(draw.Float(k, 1)*float64(spell))
		u, i := draw.Float(k, 2)*acc[len(on)], 0
		for acc[i+1] <= u {
			i++
		}
		lanes := 1
		if n := int(c.Streets.Links[on[i]].Lanes); n > 2 && draw.Float(k, 3) < 0.3 {
			lanes = 2
		}
		stands := time.Duration(crashMedian * math.Exp(crashSpread*draw.Normal(k, 4)) * float64(time.Minute))
		at = at.Truncate(tick)
		told := time.Duration((2 + 4*draw.Float(k, 5)) * float64(time.Minute))
		list = append(list, crash{fmt.Sprintf("A%03d", len(list)+1), on[i], lanes, at, at + stands.Truncate(tick), told.Truncate(tick)})
	}
	return list
}

// block gives the streets the crashes that begin before until: they take events for times ahead of them alone.
func (w *World) block(until time.Duration) error {
	for i := range w.crashes {
		k := &w.crashes[i]
		if k.from < w.now || k.from >= until {
			continue
		}
		if err := w.streets.Input(k.from, traffic.Blockage{Link: k.link, Lanes: k.lanes}); err != nil {
			return err
		}
		if err := w.streets.Input(k.till, traffic.Blockage{Link: k.link}); err != nil {
			return err
		}
	}
	return nil
}

// crashes tells of what the patrols have found, or found cleared.
func (p *patrols) crashes(w *World) {
	for i := range w.crashes {
		k := &w.crashes[i]
		if w.now == k.from+k.told {
			p.push(w, "/incidents", map[string]any{"id": k.id, "link": w.city.Streets.Links[k.link].ID, "lanes": k.lanes})
		}
		if w.now == k.till+k.told {
			p.push(w, "/incidents", map[string]any{"id": k.id, "link": w.city.Streets.Links[k.link].ID, "lanes": 0})
		}
	}
}
