package world

import (
	"fmt"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/traffic"
	"citybrain/wire/gb20999"
)

// A conflictMonitor is the second pair of eyes in a controller's cabinet (in the manner of NEMA TS 2's malfunction management unit). It sees the lamps
// alone, and knows nothing of plans, stages and wishes: which movements may never be green together, how long one must have been off
// before another begins, and how long each yellow is, it has from its programme card.
type conflictMonitor struct {
	apart  []uint64  // by movement: those that may not be lit with it
	clear  [][]uint8 // s, as the card has it: from the end of one's green to the start of the other's
	yellow []uint8
	was    []traffic.Lamp
	off    []int32 // s, when each movement's green last ended
	amber  []int32 // s, when its yellow began; −1: it shows none
	primed bool
}

// A violation is what a monitor saw.
type violation struct {
	kind uint8 // of the fault log, GB/T 20999, table A.14
	what string
}

// Types of the fault log: greens that conflict, a red and a green at once or in too short a time, and a lamp that does not do what it should.
const (
	greenConflict = 0x10
	redGreen      = 0x11
	lampFault     = 0x20
)

// newConflictMonitor makes a junction's monitor from its matrix. A turn that gives way may be lit with those it gives way to, and walkers with
// turns into the street that they cross: else their greens are apart.
func newConflictMonitor(j *city.Junction) *conflictMonitor {
	n := len(j.Movements)
	m := &conflictMonitor{apart: make([]uint64, n), clear: j.Intergreen, yellow: make([]uint8, n), was: make([]traffic.Lamp, n), off: make([]int32, n), amber: make([]int32, n)}
	for a := range n {
		m.yellow[a] = j.Movements[a].Yellow
		for b := range n {
			if j.Intergreen[a][b]+j.Intergreen[b][a] == 0 {
				continue
			}
			x, y := &j.Movements[a], &j.Movements[b]
			if y.Kind == city.Walkers {
				x, y = y, x
			}
			if x.Kind == city.Walkers {
				if y.Kind == city.Vehicles && y.Turn != city.Straight && y.From != x.From {
					continue
				}
			} else if x.Permissive || y.Permissive {
				continue
			}
			m.apart[a] |= 1 << b
		}
	}
	return m
}

// forget has the monitor begin anew: what is shown next has no past.
func (m *conflictMonitor) forget() { m.primed = false }

// watch looks at the lamps in second t, and says what is wrong with them.
func (m *conflictMonitor) watch(t int32, lamp func(int) traffic.Lamp) (v violation, ok bool) {
	var green uint64
	changed := !m.primed
	for a := range m.was {
		is, was := lamp(a), m.was[a]
		if is == traffic.GreenLamp {
			green |= 1 << a
		}
		if !m.primed {
			m.off[a], m.amber[a] = t-1000, -1
			m.was[a] = is
			continue
		}
		if is == was {
			continue
		}
		changed = true
		if was == traffic.GreenLamp {
			m.off[a] = t
			if is != traffic.YellowLamp && m.yellow[a] > 0 {
				v, ok = violation{lampFault, fmt.Sprintf("movement %d went dark or red without a yellow", a)}, true
			}
		}
		if was == traffic.YellowLamp && t-m.amber[a] < int32(m.yellow[a]) {
			v, ok = violation{lampFault, fmt.Sprintf("movement %d showed yellow for %d s of %d s", a, t-m.amber[a], m.yellow[a])}, true
		}
		m.amber[a] = -1
		if is == traffic.YellowLamp {
			m.amber[a] = t
		}
	}
	if changed {
		for b := range m.was {
			if green&(1<<b) == 0 {
				continue
			}
			if green&m.apart[b] != 0 {
				v, ok = violation{greenConflict, fmt.Sprintf("movement %d is green with one that it conflicts with", b)}, true
			}
			if !m.primed || m.was[b] == traffic.GreenLamp {
				continue
			}
			for a := range m.was {
				if green&(1<<a) == 0 && t-m.off[a] < int32(m.clear[a][b]) {
					v, ok = violation{redGreen, fmt.Sprintf("movement %d is green %d s after movement %d, %d s are due", b, t-m.off[a], a, m.clear[a][b])}, true
				}
			}
		}
		for a := range m.was {
			m.was[a] = lamp(a)
		}
	}
	m.primed = true
	return v, ok
}

// Controllers fail, in an evening of four hours, with a chance of failing each: an assumption, high enough that a city of three hundred has
// one. A crew that was asked for comes within half an hour to an hour; nobody asked, and somebody finds it after patrolFinds.
const (
	failing     = 0.004
	failSpell   = 4 * time.Hour
	patrolFinds = 2 * time.Hour
)

// A cabinet is what goes wrong in a controller, and what is done about it.
type cabinet struct {
	fails    time.Duration // 0: it does not
	fault    traffic.Fault
	movement int
	flashing bool
	why      violation
	since    time.Duration
	crew     time.Duration // when it has mended it; 0: none is on its way
	unsaid   bool          // the fault is not reported yet
}

// drawCabinets draws which controllers fail, when and how.
func drawCabinets(c *city.City, cfg Config) []cabinet {
	list := make([]cabinet, len(c.Signals))
	draw, rate := chance.New(cfg.Seed, "world/cabinets"), failing
	if cfg.Failing != nil {
		rate = *cfg.Failing
	}
	for j := range list {
		id := uint64(j)
		if draw.Float(id, 0) >= rate*max(1, cfg.Hours/failSpell.Hours()) {
			continue
		}
		k := &list[j]
		k.fails = time.Duration(draw.Float(id, 1)*cfg.Hours*float64(time.Hour)).Truncate(tick) + tick
		k.fault = traffic.StuckGreen + traffic.Fault(draw.Int(id, 2, 3))
		k.movement = draw.Int(id, 3, len(c.Signals[j].Movements))
	}
	return list
}

// guard lets the monitors look at the lamps in second t.
func (p *controllers) guard(w *World, t time.Duration) error {
	sec := int32(t / time.Second)
	for j := range p.monitors {
		g, k := w.streets.Signal(j), &p.cabinets[j]
		if g.Mode != traffic.Lit {
			p.monitors[j].forget()
			continue
		}
		v, bad := p.monitors[j].watch(sec, func(m int) traffic.Lamp { return g.Lamp(m, sec) })
		if !bad {
			continue
		}
		p.monitors[j].forget()
		k.flashing, k.unsaid, k.why, k.since, k.crew = true, true, v, t, 0
		if err := w.streets.Input(w.streets.Now(), traffic.Flash{Junction: j, On: true}); err != nil {
			return err
		}
	}
	return nil
}

// cabinetsTick breaks what is to break, has crews mend what they have come to, and reports what the monitors have seen.
func (p *controllers) cabinetsTick(w *World) {
	put := func(evs ...traffic.Event) {
		if err := w.streets.Input(w.now, evs...); err != nil {
			panic("world: " + err.Error())
		}
	}
	for j := range p.cabinets {
		k := &p.cabinets[j]
		if k.fails == w.now {
			put(traffic.Malfunction{Junction: j, Fault: k.fault, Movement: k.movement})
		}
		if k.unsaid {
			if k.unsaid = false; w.cfg.Silent || w.city.Signals[j].NTCIP {
				continue
			}
			p.event(w, j, append(gb20999.Fault{Number: 1, Type: k.why.kind, At: w.at(k.since).In(beijing), Action: 0x10}.Values(), p.runState(w, j).Values()...))
		}
		if k.flashing && (k.crew > 0 && w.now >= k.crew || w.now-k.since >= patrolFinds) {
			k.flashing, k.crew = false, 0
			put(traffic.Malfunction{Junction: j, Fault: traffic.NoFault}, traffic.Flash{Junction: j})
		}
	}
}

// repair sends a crew to junction id; false: there is no such junction.
func (p *controllers) repair(w *World, id string) bool {
	for j := range w.city.Signals {
		if w.city.Signals[j].ID == id {
			if k := &p.cabinets[j]; k.flashing && k.crew == 0 {
				k.crew = w.now + time.Duration(p.wear.Between(uint64(j), uint64(w.now/time.Second), 30, 60)*float64(time.Minute))
			}
			return true
		}
	}
	return false
}

// A MonitorTruth is what the monitors did.
type MonitorTruth struct {
	Failed   int // controllers whose cabinet has a fault by now, or had one
	Tripped  int // of which their monitor took the junction to flashing
	Flashing int // now
}

// Monitors returns what the conflict monitors did. Only the account, benchmarks and tests may ask.
func (w *World) Monitors() (t MonitorTruth) {
	for j := range w.signals.cabinets {
		k := &w.signals.cabinets[j]
		if k.fails > 0 && k.fails <= w.now {
			t.Failed++
		}
		if k.why.kind > 0 {
			t.Tripped++
		}
		if k.flashing {
			t.Flashing++
		}
	}
	return t
}

// LongestWaits returns the longest red in seconds that each movement of junction j has had so far. Only the account, benchmarks and tests may ask.
func (w *World) LongestWaits(j int) []int {
	list := make([]int, len(w.city.Signals[j].Movements))
	for m := range list {
		list[m] = w.streets.Signal(j).Longest(m)
	}
	return list
}
