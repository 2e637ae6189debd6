package forecast

import (
	"fmt"
	"math"
)

// A History is counts of calls. Slot 0 begins at second Start of a week (0: Monday 0:00) and on day YearDay of a year.
type History struct {
	Step       float64 // s, a divisor or a multiple of a day
	Start      float64
	YearDay    float64
	Cells      int
	Counts     []int32     // slot by slot, of each cell
	Covariates [][]float64 // by slot; all as long
	Events     []Event
}

// An Event may bring calls to a cell during slots From to To, To not included. Kinds count from 0.
type Event struct {
	Cell, From, To, Kind int
}

const (
	day   = 86400.0
	week  = 7 * day
	year  = 365.25
	ridge = 1.0  // of the regression's coefficients but the first
	few   = 50.0 // expected calls at which a factor of slot or cell is believed by half
	fewer = 10.0 // the same for a kind of event
	parts = 4    // of a day
)

// A Model is fitted to a history and goes on learning the level by Observe.
type Model struct {
	step, start, yearDay float64
	cells, covariates    int
	yearly               bool // the history is long enough to tell the year from what came by chance
	beta                 []float64
	slots                []float64   // factor of each slot of the week
	share                [][]float64 // [part of day][cell]
	kinds                []float64
	discount             float64 // of a slot
	seen, expected       float64 // of the level, discounted
	size                 float64 // of the negative binomial, of a cell and slot
	events               map[[2]int][]int
}

// Slots returns how many slots h has.
func (h *History) Slots() int { return len(h.Counts) / max(1, h.Cells) }

func (h *History) check() error {
	switch n := h.Slots(); {
	case h.Cells < 1 || n*h.Cells != len(h.Counts):
		return fmt.Errorf("forecast: %d counts are no whole number of slots of %d cells", len(h.Counts), h.Cells)
	case !(h.Step > 0) || math.Mod(day, h.Step) != 0 && math.Mod(h.Step, day) != 0:
		return fmt.Errorf("forecast: a step of %g s is neither a divisor nor a multiple of a day", h.Step)
	case float64(n)*h.Step < 2*week:
		return fmt.Errorf("forecast: a history of %.1f days, want two weeks at least", float64(n)*h.Step/day)
	case h.Covariates != nil && len(h.Covariates) != n:
		return fmt.Errorf("forecast: covariates of %d slots, counts of %d", len(h.Covariates), n)
	}
	for i, x := range h.Covariates {
		if len(x) != len(h.Covariates[0]) {
			return fmt.Errorf("forecast: slot %d has %d covariates, slot 0 %d", i, len(x), len(h.Covariates[0]))
		}
	}
	for i, e := range h.Events {
		if e.Cell < 0 || e.Cell >= h.Cells || e.Kind < 0 || e.Kind > 1000 || e.From < 0 || e.To < e.From {
			return fmt.Errorf("forecast: event %d: %+v is outside the history's %d cells", i, e, h.Cells)
		}
	}
	for i, c := range h.Counts {
		if c < 0 {
			return fmt.Errorf("forecast: slot %d: a count of %d", i/h.Cells, c)
		}
	}
	return nil
}

// features of a slot; x is appended to to.
func (m *Model) features(slot int, x []float64, to []float64) []float64 {
	t := m.start + float64(slot)*m.step
	to = append(to, 1)
	dow := int(math.Mod(t, week) / day)
	for d := 1; d < 7; d++ {
		v := 0.0
		if d == dow {
			v = 1
		}
		to = append(to, v)
	}
	if m.step < day {
		free := 0.0
		if dow >= 5 {
			free = 1
		}
		at := 2 * math.Pi * math.Mod(t+m.step/2, day) / day
		for k := 1.0; k <= 5; k++ {
			s, c := math.Sincos(k * at)
			to = append(to, s, c, s*free, c*free)
		}
	}
	for k := 1.0; k <= 2 && m.yearly; k++ {
		s, c := math.Sincos(k * 2 * math.Pi * (m.yearDay + (t-m.start)/day) / year)
		to = append(to, s, c)
	}
	return append(to, x...)
}

// week returns the slot of the week and the part of the day.
func (m *Model) week(slot int) (inWeek, part int) {
	t := m.start + float64(slot)*m.step
	inWeek = int(math.Mod(t, week) / m.step)
	if m.step < day {
		part = int(math.Mod(t, day) / day * parts)
	}
	return inWeek, part
}

// Fit returns the model of a history.
func Fit(h *History) (*Model, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	m := &Model{step: h.Step, start: h.Start, yearDay: h.YearDay, cells: h.Cells, yearly: float64(h.Slots())*h.Step > 1.5*year*day}
	if h.Covariates != nil {
		m.covariates = len(h.Covariates[0])
	}
	m.index(h.Events)
	n := h.Slots()
	total := make([]float64, n)
	rows := make([][]float64, n)
	for i := range n {
		for _, c := range h.Counts[i*h.Cells : (i+1)*h.Cells] {
			total[i] += float64(c)
		}
		var x []float64
		if h.Covariates != nil {
			x = h.Covariates[i]
		}
		rows[i] = m.features(i, x, nil)
	}
	m.regress(rows, total)
	rate := make([]float64, n)
	for i := range n {
		rate[i] = math.Exp(dot(m.beta, rows[i]))
	}
	// Factors of the slots of the week: what the regression's smooth day misses.
	slots := max(1, int(week/m.step))
	seen, expected := make([]float64, slots), make([]float64, slots)
	for i := range n {
		k, _ := m.week(i)
		seen[k], expected[k] = seen[k]+total[i], expected[k]+rate[i]
	}
	m.slots = make([]float64, slots)
	for k := range m.slots {
		m.slots[k] = (seen[k] + few) / (expected[k] + few)
	}
	// Shares of the cells, by part of day shrunk towards those of all day.
	all := make([]float64, h.Cells)
	by := make([][]float64, parts)
	for p := range by {
		by[p] = make([]float64, h.Cells)
	}
	sum := 0.0
	for i := range n {
		_, p := m.week(i)
		for c, k := range h.Counts[i*h.Cells : (i+1)*h.Cells] {
			all[c], by[p][c], sum = all[c]+float64(k), by[p][c]+float64(k), sum+float64(k)
		}
	}
	m.share = make([][]float64, parts)
	for p := range by {
		inPart := 0.0
		for _, k := range by[p] {
			inPart += k
		}
		m.share[p] = make([]float64, h.Cells)
		for c := range all {
			whole := (all[c] + 0.5) / (sum + 0.5*float64(h.Cells))
			// A cell with few calls keeps its share of the whole day.
			m.share[p][c] = (by[p][c] + few*10*whole) / (inPart + few*10)
		}
	}
	m.fitEvents(h, rate)
	m.fitLevel(h, rate, total)
	return m, nil
}

// index finds events by slot and cell; without an end within reason they would be endless.
func (m *Model) index(events []Event) {
	m.events = map[[2]int][]int{}
	for _, e := range events {
		for s := e.From; s < min(e.To, e.From+100_000); s++ {
			m.events[[2]int{s, e.Cell}] = append(m.events[[2]int{s, e.Cell}], e.Kind)
		}
	}
}

// Plan adds events that are to come.
func (m *Model) Plan(events []Event) {
	for _, e := range events {
		for s := e.From; s < min(e.To, e.From+100_000); s++ {
			m.events[[2]int{s, e.Cell}] = append(m.events[[2]int{s, e.Cell}], e.Kind)
		}
	}
}

// regress fits beta by Newton's method on the penalised Poisson likelihood.
func (m *Model) regress(rows [][]float64, y []float64) {
	p := len(rows[0])
	m.beta = make([]float64, p)
	mean := 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	m.beta[0] = math.Log(max(mean, 1e-6))
	g, h := make([]float64, p), make([][]float64, p)
	for i := range h {
		h[i] = make([]float64, p)
	}
	for range 30 {
		clear(g)
		for i := range h {
			clear(h[i])
		}
		for r, x := range rows {
			mu := math.Exp(min(20, dot(m.beta, x)))
			d := y[r] - mu
			for i, v := range x {
				if v == 0 {
					continue
				}
				g[i] += d * v
				w := mu * v
				for j := 0; j <= i; j++ {
					h[i][j] += w * x[j]
				}
			}
		}
		for i := 1; i < p; i++ {
			g[i] -= ridge * m.beta[i]
			h[i][i] += ridge
		}
		h[0][0] += 1e-9
		step := solve(h, g)
		most := 0.0
		for i, s := range step {
			s = max(-2, min(2, s))
			m.beta[i] += s
			most = max(most, math.Abs(s))
		}
		if most < 1e-8 {
			return
		}
	}
}

// solve returns x of h x = g for the positive definite h whose lower half is given (Cholesky); h is overwritten.
func solve(h [][]float64, g []float64) []float64 {
	n := len(g)
	x := make([]float64, n)
	for i := range n {
		for j := 0; j <= i; j++ {
			s := h[i][j]
			for k := range j {
				s -= h[i][k] * h[j][k]
			}
			if i == j {
				h[i][i] = math.Sqrt(max(s, 1e-12))
			} else {
				h[i][j] = s / h[j][j]
			}
		}
	}
	for i := range n {
		s := g[i]
		for k := range i {
			s -= h[i][k] * x[k]
		}
		x[i] = s / h[i][i]
	}
	for i := n - 1; i >= 0; i-- {
		s := x[i]
		for k := i + 1; k < n; k++ {
			s -= h[k][i] * x[k]
		}
		x[i] = s / h[i][i]
	}
	return x
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// fitEvents fits each kind's factor by what came while it was on.
func (m *Model) fitEvents(h *History, rate []float64) {
	for _, e := range h.Events {
		for len(m.kinds) <= e.Kind {
			m.kinds = append(m.kinds, 1)
		}
	}
	seen, expected := make([]float64, len(m.kinds)), make([]float64, len(m.kinds))
	for _, e := range h.Events {
		for i := e.From; i < min(e.To, h.Slots()); i++ {
			k, p := m.week(i)
			seen[e.Kind] += float64(h.Counts[i*h.Cells+e.Cell])
			expected[e.Kind] += rate[i] * m.slots[k] * m.share[p][e.Cell]
		}
	}
	for k := range m.kinds {
		m.kinds[k] = (seen[k] + fewer) / (expected[k] + fewer)
	}
}

// fitLevel chooses how fast the level forgets by how well it would have told each next slot, and the dispersion by what is left.
func (m *Model) fitLevel(h *History, rate, total []float64) {
	best := math.Inf(-1)
	means := make([]float64, m.cells)
	for _, days := range []float64{3, 7, 15, 30, 60, 120, 1e9} {
		f := math.Exp2(-m.step / day / days)
		seen, expected, ll := few*4, few*4, 0.0
		for i := range total {
			k, _ := m.week(i)
			mu := rate[i] * m.slots[k]
			l := seen / expected
			if float64(i)*m.step > week {
				ll += total[i]*math.Log(max(l*mu, 1e-12)) - l*mu
			}
			// The level is drawn back to 1 as it forgets.
			seen, expected = f*seen+(1-f)*few*4+total[i], f*expected+(1-f)*few*4+mu
		}
		if ll > best {
			best, m.discount = ll, f
		}
	}
	m.seen, m.expected = few*4, few*4
	var extra, square float64 // moments of what is left
	for i := range total {
		var x []float64
		if h.Covariates != nil {
			x = h.Covariates[i]
		}
		m.Mean(i, x, means)
		for c, mu := range means {
			d := float64(h.Counts[i*h.Cells+c]) - mu
			extra += d*d - mu
			square += mu * mu
		}
		m.observe(i, x, total[i], means)
	}
	m.size = 1e6
	if extra > 0 {
		m.size = max(0.2, min(1e6, square/extra))
	}
}
