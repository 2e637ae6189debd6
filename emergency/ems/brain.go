package ems

import (
	"cmp"
	"math"
	"slices"

	"citybrain/city"
)

// Settings are what the brain weighs; one set serves every city.
type Settings struct {
	Busy    float64 // chance that a free unit is away when the call after next needs it
	Spread  float64 // s: how much a drive within a district differs from the one to its middle
	Hour    float64 // what an hour of response counts beside one call within target
	Ahead   float64 // s ahead at which places are judged
	Future  float64 // how many future calls a change of coverage counts for
	Swap    float64 // least gain of a call taken over
	Move    float64 // least gain in coverage of a move
	PerKm   float64 // what a km driven costs in coverage
	PerUnit int     // most moves of a unit in a shift
}

// DefaultSettings serve every city.
var DefaultSettings = Settings{Busy: 0.3, Spread: 60, Hour: 0.6, Ahead: 1500, Future: 1, Swap: 0.02, Move: 0.03, PerKm: 0.0001, PerUnit: 3}

// places is how many points stand for all demand, at least.
const places = 300

// Brain is our policy. One value, what the free units cover, decides everything: where a unit goes after a call, which unit is
// sent, which call is taken over by a unit that has come free nearer by, and which move mends the coverage.
//
// The value is the worth of the next call's drive, over all districts: a unit is away with probability Busy, then the next
// nearest comes (as DMEXCLP has it). But a drive's worth falls smoothly with its time, past the target too; units on the road
// count where they will be in Ahead seconds; and a dispatch is worth its own call's outcome less Future times the coverage that
// it takes away, so that it looks one call ahead.
type Brain struct {
	m        *Model
	set      Settings
	weight   []float64 // of each place that stands for demand, sum 1
	node     []int32
	off      []float64 // km
	district []int32   // the station whose district it lies in
	period   int64     // that what follows is for
	mode     int32
	from     [][]float32 // station to district, s
	ratio    []float64   // of each priority: its drives' times beside the first one's
	worth    []float32   // of drives, in steps

	// That the first, second, … nearest unit is the one that comes, and that none so far does. Beyond deep of them the rest
	// hardly counts.
	comes, nobody []float32
	deep          int

	// Of the moment.
	own   [][]float32 // of each unit: s to each district from where it is …
	ownAt []int32     // … which was before this node
	rows  [][]float32 // of each unit: s to each district as the value has it
	who   []int32     // the free units
	near  []reach     // of each district: the first wide of who by time
	wide  int
	value float64
	last  []bool // of each unit: free at the end of the last review …
	fresh []bool // … free since then
	later []float32
}

// NewBrain prepares the policy with the settings that serve every city, and tries it on believed days: how busy units will be, and
// so that no district is left worse off than the worst under Static.
func NewBrain(m *Model) *Brain {
	b := NewBrainWith(m, DefaultSettings)
	b.believe()
	return b
}

// NewBrainWith prepares the policy, untried.
func NewBrainWith(m *Model, set Settings) *Brain {
	b := &Brain{m: m, set: set, mode: -1, period: -1}
	for _, p := range m.gather(places) {
		b.weight, b.node, b.off = append(b.weight, p.weight), append(b.node, p.node), append(b.off, p.km)
		b.district = append(b.district, int32(m.district(p.x, p.y)))
	}
	n := len(m.Units)
	b.own, b.ownAt = make([][]float32, n), make([]int32, n)
	for u := range b.own {
		b.own[u], b.ownAt[u] = make([]float32, len(b.node)), -1
	}
	b.rows = make([][]float32, n)
	for u := range b.rows {
		b.rows[u] = make([]float32, len(b.node))
	}
	b.expect(set.Busy)
	b.later, b.last, b.fresh = make([]float32, len(b.node)), make([]bool, n), make([]bool, n)
	return b
}

// expect sets Busy and what follows from it.
func (b *Brain) expect(busy float64) {
	b.set.Busy, b.comes, b.nobody, b.deep = busy, b.comes[:0], b.nobody[:0], 0
	p := 1.0
	for ; p >= 0.01 && b.deep < 20; p *= busy {
		b.comes, b.nobody = append(b.comes, float32(p*(1-busy))), append(b.nobody, float32(p))
		b.deep++
	}
	b.nobody = append(b.nobody, float32(p))
}

// worthStep is the width of the table of worths, s.
const worthStep = 5

// tune makes what depends on the hour ready: travel times and the worth of a drive.
func (b *Brain) tune(v *View) {
	m, now := b.m, v.s.now
	tp, dp := city.At(m.Modes, now), city.At(m.Demand.Modes, now)
	key := int64(tp.Start)*1e6 + int64(dp.Start)
	if key == b.period {
		return
	}
	b.period = key
	if mode := m.mode(0, now); mode != b.mode {
		b.mode = mode
		for u := range b.ownAt {
			b.ownAt[u] = -1
		}
		b.from = make([][]float32, len(m.stations))
		for s := range b.from {
			b.from[s] = make([]float32, len(b.node))
			b.fill(b.from[s], m.stations[s].node, m.off(mode, m.stations[s].km))
		}
	}
	b.ratio = b.ratio[:0]
	for p := range m.Priorities {
		a, c := 0.0, 0.0
		other := m.mode(int32(p), now)
		for d := range b.node {
			x := m.times(b.mode).Between(m.stations[0].node, b.node[d])
			y := m.times(other).Between(m.stations[0].node, b.node[d])
			if x < never && y < never {
				a, c = a+float64(x), c+float64(y)
			}
		}
		b.ratio = append(b.ratio, c/max(a, 1))
	}
	total := 0.0
	for p := range m.Priorities {
		total += m.Demand.Rates[dp.Choose[p]]
	}
	total = max(total, 1e-9)
	b.worth = make([]float32, 2*3600/worthStep)
	for k := range b.worth {
		t := float64(k) * worthStep
		w := 0.0
		for p := range m.Priorities {
			x := t * b.ratio[p]
			in := 0.5 * math.Erfc((x-m.Priorities[p].Cover)/(b.set.Spread*math.Sqrt2))
			w += m.Demand.Rates[dp.Choose[p]] / total * (in - b.set.Hour*x/3600)
		}
		b.worth[k] = float32(w)
	}
}

func (b *Brain) worthOf(t float32) float32 {
	return b.worth[max(0, min(int(t/worthStep), len(b.worth)-1))]
}

// fill sets the seconds from a node, wait s away, to every district.
func (b *Brain) fill(row []float32, node int32, wait float64) {
	l := b.m.times(b.mode)
	for d, n := range b.node {
		row[d] = float32(wait + float64(l.Between(node, n))/1000 + b.m.off(b.mode, b.off[d]))
	}
}

// look takes in where the units are.
func (b *Brain) look(v *View) {
	b.tune(v)
	s := v.s
	b.who = b.who[:0]
	for u := range s.units {
		if x := &s.units[u]; x.status == standing || x.status == returning {
			b.place(v, int32(u), x)
			b.who = append(b.who, int32(u))
		}
	}
	// One more than count, so that one may be left out.
	b.wide = min(len(b.who), b.deep+1)
	b.near = slices.Grow(b.near[:0], b.wide*len(b.node))[:b.wide*len(b.node)]
	for d := range b.node {
		list := b.near[d*b.wide : (d+1)*b.wide]
		n := 0
		for i, u := range b.who {
			t := b.rows[u][d]
			if n == b.wide && t >= list[n-1].s {
				continue
			}
			k := min(n, b.wide-1)
			for ; k > 0 && list[k-1].s > t; k-- {
				list[k] = list[k-1]
			}
			list[k] = reach{s: t, unit: int32(i)}
			n = min(n+1, b.wide)
		}
		for k := range list {
			list[k].worth = b.worthOf(list[k].s)
		}
	}
	b.value = b.without(-1)
}

// place sets the row of a unit: its times Ahead seconds from now.
func (b *Brain) place(v *View, u int32, x *unit) {
	row := b.rows[u]
	if x.status == standing {
		copy(row, b.from[x.station])
		return
	}
	b.mix(v, row, u, x, x.station, max(0, x.until-v.s.now))
}

// mix sets row to times from where u is on its way to a station that it reaches in left seconds.
func (b *Brain) mix(v *View, row []float32, u int32, x *unit, station int32, left float64) {
	part := float32(1)
	if left > b.set.Ahead {
		part = float32(b.set.Ahead / left)
	}
	if part == 1 {
		copy(row, b.from[station])
		return
	}
	b.here(v, u, x)
	for d := range row {
		row[d] = b.own[u][d] + part*(b.from[station][d]-b.own[u][d])
	}
}

// here makes own[u] the times from where u is now.
func (b *Brain) here(v *View, u int32, x *unit) {
	node, wait, _ := v.s.ahead(x, b.mode)
	if b.ownAt[u] != node {
		b.fill(b.own[u], node, wait)
		b.ownAt[u] = node
	}
}

// A reach is a unit's drive to a district.
type reach struct {
	s, worth float32
	unit     int32 // index of who
}

// without returns the value of all units of who but one; -1: of all.
func (b *Brain) without(i int32) float64 {
	none := b.worth[len(b.worth)-1]
	sum := 0.0
	for d, weight := range b.weight {
		w, k := float32(0), 0
		for _, c := range b.near[d*b.wide : (d+1)*b.wide] {
			if c.unit == i {
				continue
			}
			w += b.comes[k] * c.worth
			if k++; k == b.deep {
				break
			}
		}
		sum += weight * float64(w+b.nobody[k]*none)
	}
	return sum
}

// with returns the value of all units of who but i with one more at row.
func (b *Brain) with(i int32, row []float32) float64 {
	none := b.worth[len(b.worth)-1]
	sum := 0.0
	for d, weight := range b.weight {
		w, k, t, in := float32(0), 0, row[d], false
		for _, c := range b.near[d*b.wide : (d+1)*b.wide] {
			if c.unit == i {
				continue
			}
			if !in && t <= c.s {
				in = true
				w += b.comes[k] * b.worthOf(t)
				if k++; k == b.deep {
					break
				}
			}
			w += b.comes[k] * c.worth
			if k++; k == b.deep {
				break
			}
		}
		if !in && k < b.deep {
			w += b.comes[k] * b.worthOf(t)
			k++
		}
		sum += weight * float64(w+b.nobody[k]*none)
	}
	return sum
}

// index returns where unit u is in who, -1 if it is not free.
func (b *Brain) index(u int32) int32 {
	for i, w := range b.who {
		if w == u {
			return int32(i)
		}
	}
	return -1
}

// reward is what it is worth to reach call c in eta seconds from now.
func (b *Brain) reward(v *View, c int32, eta float64) float64 {
	k := &v.s.calls[c]
	r := v.s.now - k.arrive + eta
	w := -b.set.Hour * r / 3600
	if r <= b.m.Priorities[k.priority].Target {
		w++
	}
	return w
}

// Dispatch is Policy's: the unit whose going is worth most, the coverage that it leaves counted.
func (b *Brain) Dispatch(v *View, c int32) int32 {
	b.look(v)
	best, most := int32(-1), math.Inf(-1)
	for u := range v.s.units {
		x := &v.s.units[u]
		if !v.free(int32(u), v.s.calls[c].priority) {
			continue
		}
		w := b.reward(v, c, v.eta(int32(u), c))
		if x.status == toCall { // its own call will need another unit
			w -= b.reward(v, x.call, x.until-v.s.now) - b.second(v, x.call)
		} else {
			w -= b.set.Future * (b.value - b.without(b.index(int32(u))))
		}
		if w > most {
			best, most = int32(u), w
		}
	}
	return best
}

// second is the reward of call c with the best free unit, its coverage counted.
func (b *Brain) second(v *View, c int32) float64 {
	most := b.reward(v, c, 3600)
	for i, u := range b.who {
		if w := b.reward(v, c, v.eta(u, c)) - b.set.Future*(b.value-b.without(int32(i))); w > most {
			most = w
		}
	}
	return most
}

// Station is Policy's: where the unit adds most, the km counted.
func (b *Brain) Station(v *View, u int32) int32 {
	b.look(v)
	x := &v.s.units[u]
	mode := v.s.m.quiet(v.s.now)
	node, wait, _ := v.s.ahead(x, mode)
	i := b.index(u) // -1: it is not counted yet
	best, most := v.home[u], math.Inf(-1)
	b.ownAt[u] = -1
	for st := range b.from {
		tr := v.s.m.tree(mode, int32(st))
		left := wait + float64(tr.ms[node])/1000
		b.mix(v, b.later, u, x, int32(st), left)
		if w := b.with(i, b.later) - b.set.PerKm*tr.km[node]; w > most {
			best, most = int32(st), w
		}
	}
	return best
}

// Review is Policy's: calls that another unit reaches sooner, then moves that mend the coverage.
func (b *Brain) Review(v *View) (Order, bool) {
	s := v.s
	changed, more, way := false, false, false
	for u := range s.units {
		st := s.units[u].status
		free := st == standing || st == returning
		b.fresh[u] = free && !b.last[u]
		changed, more, way = changed || free != b.last[u], more || b.fresh[u], way || st == toCall
	}
	if !changed {
		return Order{}, false
	}
	if way && more {
		if o, ok := b.takeOver(v); ok {
			return o, true
		}
	}
	if o, ok := b.move(v); ok {
		return o, true
	}
	for u := range s.units {
		st := s.units[u].status
		b.last[u] = st == standing || st == returning
	}
	return Order{}, false
}

// takeOver looks for a call on its way that one of the units just free serves better.
func (b *Brain) takeOver(v *View) (Order, bool) {
	s := v.s
	b.look(v)
	best, most := Order{}, b.set.Swap
	for u := range s.units {
		if !b.fresh[u] {
			continue
		}
		i := b.index(int32(u))
		for o := range s.units {
			x := &s.units[o]
			if x.status != toCall {
				continue
			}
			gain := b.reward(v, x.call, v.eta(int32(u), x.call)) - b.reward(v, x.call, x.until-s.now)
			if gain <= most {
				continue
			}
			// The other one is free instead, where it is.
			b.ownAt[o] = -1
			b.here(v, int32(o), x)
			gain += b.set.Future * (b.with(i, b.own[o]) - b.value)
			b.ownAt[o] = -1
			if gain > most {
				best, most = Order{Unit: int32(u), Call: x.call}, gain
			}
		}
	}
	return best, most > b.set.Swap
}

// candidates is how many units and how many stations a move is looked for among.
const candidates = 4

// move looks for the unit whose change of station gains most, among the units that are missed least and the stations where
// one more would add most.
func (b *Brain) move(v *View) (Order, bool) {
	if b.set.PerUnit == 0 {
		return Order{}, false
	}
	s := v.s
	b.look(v)
	mode := s.m.quiet(s.now)
	var units, stations []ranked
	for i, u := range b.who {
		if s.units[u].moves < b.set.PerUnit {
			units = append(units, ranked{int32(i), b.value - b.without(int32(i))})
		}
	}
	if len(units) == 0 {
		return Order{}, false
	}
	for st := range b.from {
		stations = append(stations, ranked{int32(st), b.value - b.with(-1, b.from[st])})
	}
	units, stations = least(units), least(stations)
	best, most := Order{}, b.set.Move
	for _, k := range units {
		u := b.who[k.index]
		x := &s.units[u]
		node, wait, _ := s.ahead(x, mode)
		for _, q := range stations {
			st := q.index
			if st == x.station {
				continue
			}
			tr := s.m.tree(mode, st)
			b.mix(v, b.later, u, x, st, wait+float64(tr.ms[node])/1000)
			if gain := b.with(k.index, b.later) - b.value - b.set.PerKm*tr.km[node]; gain > most {
				best, most = Order{Unit: u, Station: st, Call: -1}, gain
			}
		}
	}
	return best, most > b.set.Move
}

// A ranked is a choice and what it costs.
type ranked struct {
	index int32
	cost  float64
}

// least returns the cheapest candidates of list.
func least(list []ranked) []ranked {
	slices.SortFunc(list, func(a, b ranked) int {
		if c := cmp.Compare(a.cost, b.cost); c != 0 {
			return c
		}
		return cmp.Compare(a.index, b.index)
	})
	return list[:min(candidates, len(list))]
}
