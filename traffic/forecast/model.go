package forecast

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

// A Model is what the days of a city's streets have taught.
type Model struct {
	streets *streets
	first   time.Duration // after midnight, when its day begins
	bins    int           // of its day
	usual   []profile     // of each slot of its day
	leads   [len(Leads)]learnt
}

// A profile is what links do on their days at one time, by link, as the model's file holds it.
type profile struct {
	speed   []float32 // m/s, mean of vehicles
	seen    []float32 // s that reporting vehicles spend there in a bin
	covered []float32 // share of the bin that loops are covered; −1: none ever told
	counted []float32 // vehicles that loops count in a bin; −1: none ever told
}

// slot is how many bins one profile is of.
const slot = 3

// learnt is what one lead has taught: how far off its profile a link will be, and the square of what is then left over.
type learnt struct {
	mean, square *table // without their rows
	off, left    []tree
	low, high    float32 // quantiles of what is left over what is expected to be
}

// What learning takes of the days.
const (
	fewVehicles = 3.0       // that a link's own speed needs to outweigh the city's share of the limit
	fewInSlot   = 6.0       // that a slot's own speed needs to outweigh what the link's day and the city's hour make likely
	sampled     = 1_000_000 // rows at most
	rounds      = 200
	rounds2     = 40
	coverage    = 0.9
	leastV      = 0.3 // m/s
)

// Learn learns from earlier days, which all begin at one time of day. Links that nobody reported from have their limit's share of the others'.
func Learn(s *city.Streets, days []Day, seed uint64) (*Model, error) {
	if len(days) < 4 {
		return nil, fmt.Errorf("forecast of speeds: %d days to learn from; give four or more", len(days))
	}
	n, bins := len(s.Links), len(days[0].Bins)
	for d := range days {
		if days[d].First != days[0].First || len(days[d].Bins) != bins {
			return nil, fmt.Errorf("forecast of speeds: day %d has %d bins from %v on, day 0 has %d from %v on; all must be alike", d, len(days[d].Bins), days[d].First, bins, days[0].First)
		}
		for b := range days[d].Bins {
			if err := days[d].Bins[b].check(n); err != nil {
				return nil, fmt.Errorf("forecast of speeds: day %d, bin %d: %w", d, b, err)
			}
		}
	}
	if last := Leads[len(Leads)-1]; bins < 2*last {
		return nil, fmt.Errorf("forecast of speeds: days of %d bins; %d or more are needed to look %v ahead", bins, 2*last, time.Duration(last)*Bin)
	}
	m := &Model{streets: newStreets(s), first: days[0].First, bins: bins}
	m.learnUsual(days)
	var wg sync.WaitGroup
	var failed [len(Leads)]error
	for k := range Leads {
		wg.Add(1)
		go func() {
			defer wg.Done()
			m.leads[k], failed[k] = m.learn(days, k, chance.New(seed, "traffic/forecast").Sub(uint64(k)))
		}()
	}
	wg.Wait()
	return m, errors.Join(failed[:]...)
}

// at is the profile of bin b of the model's day; what is before and after has the nearest one's.
func (m *Model) at(b int) *profile { return &m.usual[min(max(b/slot, 0), len(m.usual)-1)] }

// learnUsual makes the profiles: of each slot's bins and those beside them. Speeds count by the vehicles that left, as few vehicles that stand
// long make a street no slower for those who drive there; where few did, the link's day and how fast the city drives at this time speak as well.
func (m *Model) learnUsual(days []Day) {
	n := len(m.streets.length)
	day, left := make([]float64, n), make([]float64, n)
	var all, limits float64
	each := func(from, to int, f func(r *Record)) {
		for d := range days {
			for b := max(0, from); b < min(m.bins, to); b++ {
				f(&days[d].Bins[b])
			}
		}
	}
	each(0, m.bins, func(r *Record) {
		for l := range n {
			if v := float64(r.Left[l]); v > 0 && r.Seen[l] > 0 {
				day[l] += v * float64(r.Speed[l])
				left[l] += v
				all += v * float64(r.Speed[l])
				limits += v * float64(m.streets.limit[l])
			}
		}
	})
	share := all / max(limits, 1)
	for l := range n {
		day[l] = (day[l] + fewVehicles*share*float64(m.streets.limit[l])) / (left[l] + fewVehicles)
	}
	for from := 0; from < m.bins; from += slot {
		var sum, weight, seen, covered, coveredOf, counted, countedOf = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		var hour, hours float64
		bins := 0.0
		each(from-1, from+slot+1, func(r *Record) {
			bins++
			for l := range n {
				seen[l] += float64(r.Seen[l])
				if v := float64(r.Left[l]); v > 0 && r.Seen[l] > 0 {
					sum[l] += v * float64(r.Speed[l])
					weight[l] += v
					hour += v * float64(r.Speed[l])
					hours += v * day[l]
				}
				if r.Occupied[l] >= 0 {
					covered[l], coveredOf[l] = covered[l]+float64(r.Occupied[l]), coveredOf[l]+1
				}
				if r.Counted[l] >= 0 {
					counted[l], countedOf[l] = counted[l]+float64(r.Counted[l]), countedOf[l]+1
				}
			}
		})
		pace := 1.0
		if hours > 0 {
			pace = hour / hours
		}
		p := profile{make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)}
		for l := range n {
			limit := m.streets.limit[l]
			v := (sum[l] + fewInSlot*min(day[l]*pace, float64(limit))) / (weight[l] + fewInSlot)
			p.speed[l] = unpackShare(packShare(float32(v)/limit)) * limit
			p.seen[l] = unpackCount(packCount(float32(seen[l] / bins)))
			p.covered[l], p.counted[l] = -1, -1
			if coveredOf[l] > 0 {
				p.covered[l] = unpackShare(packShare(float32(covered[l] / coveredOf[l])))
			}
			if countedOf[l] > 0 {
				p.counted[l] = unpackCount(packCount(float32(counted[l] / countedOf[l])))
			}
		}
		m.usual = append(m.usual, p)
	}
}

// rows are what came Leads[k] bins after each bin of the days that take is true of: inputs, how far off the profile it was, and the
// seconds that this is known by.
func (m *Model) rows(days []Day, k int, draw chance.Source, take func(d int) bool) (x [][inputs]float32, y, w, known []float32) {
	lead := Leads[k]
	var all float64
	for d := range days {
		for b := range days[d].Bins {
			if days[d].Bins[b].Ahead == nil {
				continue
			}
			for _, n := range days[d].Bins[b].Left {
				if n > 0 {
					all++
				}
			}
		}
	}
	share := min(1, sampled/max(all, 1))
	for d := range days {
		if !take(d) {
			continue
		}
		o, bins := m.outlook(), days[d].Bins
		for b := 0; b+lead < len(bins); b++ {
			if o.see(b, &bins[b]); b < Slowest || bins[b].Ahead == nil {
				continue
			}
			then := &bins[b+lead]
			usual := m.at(b + lead).speed
			o.each(lead, bins[b].Ahead[k], func(l int) bool {
				return then.Seen[l] > 0 && then.Left[l] > 0 && draw.Float(uint64(d)<<32|uint64(b), uint64(l)) < share
			}, func(l int, q *[inputs]float32) {
				x, y, w, known = append(x, *q), append(y, then.Speed[l]-usual[l]), append(w, then.Left[l]), append(known, then.Seen[l])
			})
		}
	}
	return x, y, w, known
}

// Slowest is how many bins a day must have been seen for before anything is learnt or should be told from it.
const Slowest = 6

// learn makes the trees of one lead. What is left over is learnt from days that its own trees have not seen.
func (m *Model) learn(days []Day, k int, draw chance.Source) (out learnt, err error) {
	var sx [][inputs]float32
	var sy, sw, mean []float32
	for half := range 2 {
		hx, hy, hw, _ := m.rows(days, k, draw, func(d int) bool { return d%2 == half })
		if len(hx) == 0 {
			return out, fmt.Errorf("forecast of speeds: on half of the days nobody reported %v after a flood forecast", time.Duration(Leads[k])*Bin)
		}
		h := newTable(hx, hy, hw)
		trees := h.boost(rounds/2, draw.Sub(uint64(1+half)))
		vx, vy, _, vw := m.rows(days, k, draw, func(d int) bool { return d%2 != half })
		for i := range vx {
			q := h.step(&vx[i])
			e := vy[i] - sum(trees, &q)
			// How long reporting vehicles were there is the last thing that the square is asked by: what few of them tell scatters.
			vx[i][4] = vw[i]
			sx, sy, sw, mean = append(sx, vx[i]), append(sy, e*e), append(sw, 1), append(mean, e)
		}
	}
	x, y, w, _ := m.rows(days, k, draw, func(int) bool { return true })
	t := newTable(x, y, w)
	out.off = t.boost(rounds, draw.Sub(3))
	out.mean = &table{cuts: t.cuts}
	s := newTable(sx, sy, sw)
	out.left = s.boost(rounds2, draw.Sub(4))
	out.square = &table{cuts: s.cuts}
	ratio := make([]float32, len(mean))
	for i := range mean {
		ratio[i] = mean[i] / root(sum(out.left, &s.rows[i]))
	}
	slices.Sort(ratio)
	out.low, out.high = ratio[int((1-coverage)/2*float64(len(ratio)))], ratio[int((1+coverage)/2*float64(len(ratio)))]
	return out, nil
}

func root(square float32) float32 { return float32(math.Sqrt(math.Max(0.01, float64(square)))) }

func sum(trees []tree, q *[inputs]uint8) (s float32) {
	for _, t := range trees {
		s += t.at(q)
	}
	return s
}

// A Forecast is the mean speeds of links in the bin that lies Lead ahead of the last one seen, with bounds between which nine of ten come.
type Forecast struct {
	Lead             time.Duration
	Speed, Low, High []float32 // m/s by link
}

// A Today is a day as far as it was seen.
type Today struct {
	m       *Model
	o       *outlook
	next    int // bin
	current Record
}

// Today begins a day at a time after midnight, which may be before or after the model's own day.
func (m *Model) Today(begins time.Duration) *Today {
	return &Today{m: m, o: m.outlook(), next: int((begins - m.first) / Bin)}
}

// See takes in the next bin.
func (t *Today) See(r Record) error {
	if err := r.check(len(t.m.streets.length)); err != nil {
		return fmt.Errorf("forecast of speeds: bin %d of today: %w", t.next, err)
	}
	t.current = r
	t.o.see(t.next, &t.current)
	t.next++
	return nil
}

// Predict tells the next hour after the last bin seen, which must have a flood forecast. everyone is how many vehicles there are for each one
// that reports: bounds are those of the mean of all.
func (t *Today) Predict(everyone float32) ([]Forecast, error) {
	if t.current.Ahead == nil {
		return nil, fmt.Errorf("forecast of speeds: bin %d of today has no flood forecast, or none was seen", t.next-1)
	}
	m, o := t.m, t.o
	n := len(m.streets.length)
	list := make([]Forecast, len(Leads))
	for k, lead := range Leads {
		f := Forecast{time.Duration(lead) * Bin, make([]float32, n), make([]float32, n), make([]float32, n)}
		of, then := &m.leads[k], m.at(o.bin+lead)
		o.each(lead, o.last.Ahead[k], func(int) bool { return true }, func(l int, x *[inputs]float32) {
			q := of.mean.step(x)
			v := then.speed[l] + sum(of.off, &q)
			x[4] = max(everyone*then.seen[l], everyone)
			q = of.square.step(x)
			s := root(sum(of.left, &q))
			f.Speed[l] = min(max(v, leastV), m.streets.limit[l])
			f.Low[l], f.High[l] = min(max(v+of.low*s, 0), f.Speed[l]), max(min(v+of.high*s, m.streets.limit[l]), f.Speed[l])
		})
		list[k] = f
	}
	return list, nil
}
