package ems

import (
	"math"
	"slices"
)

// A tally counts what units do without a call, from the second day on.
type tally struct {
	moves, most int
	shift       []int // of each unit: moves in the shift …
	which       []int // … of this number
	km          float64
}

func (t *tally) init(s *Sim) {
	t.shift, t.which = make([]int, len(s.units)), make([]int, len(s.units))
}

// drove counts a drive to a station that ends, or is broken off, at second end.
func (t *tally) drove(s *Sim, x *unit, end float64) {
	if end <= s.warm {
		return
	}
	km := s.driven(x, end)
	if x.route.start < s.warm {
		km -= s.driven(x, s.warm)
	}
	t.km += km
}

func (t *tally) move(s *Sim, u int32) {
	if s.now < s.warm {
		return
	}
	t.moves++
	if k := int(s.now / shift); t.which[u] != k {
		t.which[u], t.shift[u] = k, 0
	}
	t.shift[u]++
	t.most = max(t.most, t.shift[u])
}

// Figures are a run's results. Calls of the first day count in none of them.
type Figures struct {
	Calls         int     `json:"calls"`
	Mean          float64 `json:"mean_response_s"`
	Within        float64 `json:"within_target_pct"`
	P90           float64 `json:"p90_response_s"` // nine calls of ten are reached within it
	LowP90        float64 `json:"low_priority_p90_s"`
	WorstDistrict float64 `json:"worst_district_within_pct"`
	Moves         int     `json:"moves"`
	MovesKm       float64 `json:"moves_km"`
	MovesMost     int     `json:"moves_per_unit_shift_max"`
}

// leastDistrict is how many calls a district must have to be compared.
const leastDistrict = 200

// Figures returns the results so far; NaN where there is no call to judge.
func (s *Sim) Figures() Figures {
	f := Figures{Moves: s.tally.moves, MovesKm: s.tally.km, MovesMost: s.tally.most, WorstDistrict: math.NaN()}
	var all, low []float64
	in := 0.0
	calls, within := make([]float64, len(s.m.Stations)), make([]float64, len(s.m.Stations))
	for i := range s.out {
		c := &s.future[i]
		if c.Arrive < s.warm || s.out[i].Unit < 0 {
			continue
		}
		r := s.out[i].Response
		all = append(all, r)
		if int(c.Priority) == len(s.m.Priorities)-1 {
			low = append(low, r)
		}
		d := s.m.district(c.X, c.Y)
		calls[d]++
		if r <= s.m.Priorities[c.Priority].Target {
			in++
			within[d]++
		}
	}
	f.Calls = len(all)
	sum := 0.0
	for _, r := range all {
		sum += r
	}
	f.Mean, f.Within = sum/float64(len(all)), 100*in/float64(len(all))
	f.P90, f.LowP90 = ninth(all), ninth(low)
	for d := range calls {
		if calls[d] >= leastDistrict {
			if w := 100 * within[d] / calls[d]; !(f.WorstDistrict <= w) {
				f.WorstDistrict = w
			}
		}
	}
	return f
}

// district is the station nearest to a point in a straight line, the lowest number among equals.
func (m *Model) district(x, y float64) int {
	best, least := 0, math.Inf(1)
	for i, p := range m.Stations {
		if d := m.Straight(x, y, p.X, p.Y); d < least {
			best, least = i, d
		}
	}
	return best
}

// ninth returns the least value that nine tenths don't exceed.
func ninth(v []float64) float64 {
	if len(v) == 0 {
		return math.NaN()
	}
	slices.Sort(v)
	return v[(9*len(v)+9)/10-1]
}

// Outcomes returns what became of each call, as the Sim's own slice.
func (s *Sim) Outcomes() []Outcome { return s.out }
