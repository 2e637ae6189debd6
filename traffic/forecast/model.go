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
	speed   [][]float32 // profile: m/s by bin and link
	seen    [][]float32 // s that reporting vehicles spend there, by bin and link
	leads   [len(Leads)]learnt
}

// learnt is what one lead has taught: how far off its profile a link will be, and the square of what is then left over.
type learnt struct {
	mean, square *table // without their rows
	off, left    []tree
	low, high    float32 // quantiles of what is left over what is expected to be
}

// What learning takes of the days.
const (
	sampled  = 500_000 // rows at most
	rounds   = 200
	rounds2  = 40
	notSeen  = 60.0 // s of reports that a link's own profile of a bin needs to outweigh its day's
	coverage = 0.9
	leastV   = 0.3 // m/s
)

// Learn learns from earlier days, which all begin at one time of day. links that nobody reported from have their limit's share of the others'.
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
	m := &Model{streets: newStreets(s)}
	m.profile(days)
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

// at is the bin of the model's day that b falls on; what is before and after has the nearest one's profile.
func (m *Model) at(b int) int { return min(max(b, 0), len(m.speed)-1) }

// profile makes the means of each link, each bin with those beside it.
func (m *Model) profile(days []Day) {
	n, bins := len(m.streets.length), len(days[0].Bins)
	day, share := make([]float64, n), [2]float64{}
	weight := make([]float64, n)
	for d := range days {
		for b := range days[d].Bins {
			r := &days[d].Bins[b]
			for l := range n {
				if s := float64(r.Seen[l]); s > 0 {
					day[l] += s * float64(r.Speed[l])
					weight[l] += s
					share[0] += s * float64(r.Speed[l])
					share[1] += s * float64(m.streets.limit[l])
				}
			}
		}
	}
	usual := share[0] / max(share[1], 1)
	for l := range n {
		day[l] = (day[l] + notSeen*usual*float64(m.streets.limit[l])) / (weight[l] + notSeen)
	}
	for b := range bins {
		speed, seen := make([]float32, n), make([]float32, n)
		for l := range n {
			sum, w := 2*notSeen*day[l], 2*notSeen
			for d := range days {
				seen[l] += days[d].Bins[b].Seen[l] / float32(len(days))
				for _, r := range days[d].Bins[max(0, b-1):min(bins, b+2)] {
					if s := float64(r.Seen[l]); s > 0 {
						sum, w = sum+s*float64(r.Speed[l]), w+s
					}
				}
			}
			speed[l] = float32(sum / w)
		}
		m.speed, m.seen = append(m.speed, speed), append(m.seen, seen)
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
			if o.see(b, &bins[b]); b < slowest || bins[b].Ahead == nil {
				continue
			}
			then := &bins[b+lead]
			o.each(lead, bins[b].Ahead[k], func(l int) bool {
				return then.Seen[l] > 0 && then.Left[l] > 0 && draw.Float(uint64(d)<<32|uint64(b), uint64(l)) < share
			}, func(l int, q *[inputs]float32) {
				x, y, w, known = append(x, *q), append(y, then.Speed[l]-m.speed[m.at(b+lead)][l]), append(w, then.Left[l]), append(known, then.Seen[l])
			})
		}
	}
	return x, y, w, known
}

// slowest is how many bins a day must have been seen for before anything is learnt from it.
const slowest = 6

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
		trees := h.boost(rounds / 2)
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
	out.off = t.boost(rounds)
	out.mean = &table{cuts: t.cuts}
	s := newTable(sx, sy, sw)
	out.left = s.boost(rounds2)
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

// Predict tells the next hour from today's records so far, which begin with the model's first bin and end with one that has a flood forecast.
// everyone is how many vehicles there are for each one that reports: bounds are those of the mean of all.
func (m *Model) Predict(today []Record, everyone float32) ([]Forecast, error) {
	if len(today) == 0 || today[len(today)-1].Ahead == nil {
		return nil, fmt.Errorf("forecast of speeds: %d records of today, the last of which must have a flood forecast", len(today))
	}
	n := len(m.streets.length)
	o := m.outlook()
	for b := range today {
		if err := today[b].check(n); err != nil {
			return nil, fmt.Errorf("forecast of speeds: bin %d of today: %w", b, err)
		}
		o.see(b, &today[b])
	}
	list := make([]Forecast, len(Leads))
	for k, lead := range Leads {
		f := Forecast{time.Duration(lead) * Bin, make([]float32, n), make([]float32, n), make([]float32, n)}
		of, profile, usual := &m.leads[k], m.speed[m.at(o.bin+lead)], m.seen[m.at(o.bin+lead)]
		o.each(lead, o.last.Ahead[k], func(int) bool { return true }, func(l int, x *[inputs]float32) {
			q := of.mean.step(x)
			v := profile[l] + sum(of.off, &q)
			x[4] = max(everyone*usual[l], everyone)
			q = of.square.step(x)
			s := root(sum(of.left, &q))
			f.Speed[l] = min(max(v, leastV), m.streets.limit[l])
			f.Low[l], f.High[l] = min(max(v+of.low*s, 0), f.Speed[l]), max(min(v+of.high*s, m.streets.limit[l]), f.Speed[l])
		})
		list[k] = f
	}
	return list, nil
}
