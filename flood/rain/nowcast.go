package rain

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"citybrain/city/chance"
)

const (
	earlier = 5      // images before an image that its features look back on
	least   = 8      // images that a nowcast needs
	samples = 150000 // pairs of what was seen and what came, a lead
	inners  = 4      // of its likely error
	bins    = 24     // of forecast, each with its outcomes
	steps   = 40     // quantiles kept of each
)

// scales of the cascade in cells, as multiples of the first: what is smaller dies first.
var scales = [...]float64{1, 2.5, 6, 15}

// A Config is what a nowcast is made with. Zero values take the default.
type Config struct {
	Leads   int    // images ahead, 12
	Members int    // 20
	Seed    uint64 // of what is drawn
	Plain   bool   // Lagrangian persistence: the field as it is, with its own past errors
}

func (c Config) withDefaults() (Config, error) {
	if c.Leads == 0 {
		c.Leads = 12
	}
	if c.Members == 0 {
		c.Members = 20
	}
	if c.Leads < 0 || c.Members < 1 {
		return c, fmt.Errorf("nowcast: %d leads, %d members", c.Leads, c.Members)
	}
	return c, nil
}

// A Model is what earlier storms teach of each lead.
type Model struct {
	cfg  Config
	lead []lesson
}

// A lesson turns what is seen into what may come.
type lesson struct {
	first, second forest
	edges         []float64   // of bins of the first forecast
	inner         [][]float64 // of each, edges of its bins of the second one
	q             [][]float64 // outcomes of each bin, inner ones side by side, mm/h
	at            []int       // of each bin's first inner one in q
}

// A Forecast is a nowcast of the images to come.
type Forecast struct {
	Motion     Motion
	Cols, Rows int
	cfg        Config
	model      *Model
	bin        [][]int16 // of each lead and cell, into the lesson's q; none: outside what was seen
}

const none = -1

// A frame is an image with what is seen in it.
type frame struct {
	log  Field // ln(1 + rate)
	seen [len(scales)]Field
}

func newFrame(f Field) frame {
	fr := frame{log: NewField(f.Cols, f.Rows)}
	for i, v := range f.V {
		if v > 0 {
			fr.log.V[i] = math.Log1p(v)
		}
	}
	for k, s := range scales {
		fr.seen[k] = fr.log.Smooth(s)
	}
	return fr
}

const features = 16

// look writes what is known at x, y of frame s: its rate at each scale, how it came about along the motion, and how much rain the
// surroundings have had on average. It reports whether the place was seen.
func look(frames []frame, s int, m *Motion, x, y float64, to *[features]float64) bool {
	f := &frames[s]
	v := f.log.At(x, y)
	if math.IsNaN(v) {
		return false
	}
	var was [earlier + 1][len(scales)]float64 // by images back
	for _, back := range [...]int{0, 1, 3, 5} {
		px, py := m.Back(x, y, float64(back))
		for k := range scales {
			v := frames[s-back].seen[k].At(px, py)
			if math.IsNaN(v) { // from outside: as it was last seen
				v = was[max(back-2, 0)][k]
			}
			was[back][k] = v
		}
	}
	mean := func(k int, backs ...int) float64 {
		sum := 0.0
		for _, b := range backs {
			sum += was[b][k]
		}
		return sum / float64(len(backs))
	}
	now := &was[0]
	*to = [features]float64{v, now[0], now[1], now[2], now[3], now[0] - was[1][0], now[0] - was[3][0], was[5][0], now[1] - was[3][1],
		mean(1, 1, 3, 5), mean(2, 0, 1, 3, 5), mean(3, 0, 1, 3, 5), now[2] - was[5][2], was[3][0], mean(1, 3, 5), was[5][2]}
	return true
}

// An Archive is earlier storms: series of images of equal step, prepared to learn from.
type Archive struct {
	storms [][]Field
	frames [][]frame
	ways   [][]Motion
}

// NewArchive prepares storms, which are not copied.
func NewArchive(storms [][]Field) (*Archive, error) {
	a := &Archive{storms: storms}
	for k, images := range storms {
		if err := sound(images); err != nil {
			return nil, fmt.Errorf("storm %d: %w", k+1, err)
		}
		var frames []frame
		var ways []Motion
		for i, f := range images {
			frames = append(frames, newFrame(f))
			ways = append(ways, Track(images[max(0, i-past):i+1]))
		}
		a.frames, a.ways = append(a.frames, frames), append(a.ways, ways)
	}
	return a, nil
}

// Train learns from pairs of what was seen and what came after each lead.
func (a *Archive) Train(cfg Config) (*Model, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Model{cfg: cfg}
	for lead := 1; lead <= cfg.Leads; lead++ {
		var x [][features]float64
		var y []float64
		for k, images := range a.storms {
			x, y = pairs(images, a.frames[k], a.ways[k], lead, max(samples/len(a.storms), 1), chance.New(cfg.Seed, "rain/pairs").Sub(uint64(k)), x, y)
		}
		l, err := learn(x, y, cfg)
		if err != nil {
			return nil, fmt.Errorf("lead %d: %w", lead, err)
		}
		m.lead = append(m.lead, *l)
	}
	return m, nil
}

// past is how many images before the newest the motion is found from.
const past = 4

func sound(images []Field) error {
	n := len(images)
	if n < least {
		return fmt.Errorf("nowcast: %d images; want at least %d", n, least)
	}
	cols, rows := images[n-1].Cols, images[n-1].Rows
	for i, f := range images {
		if f.Cols != cols || f.Rows != rows || len(f.V) != cols*rows || cols < 8 || rows < 8 {
			return fmt.Errorf("nowcast: image %d has %d × %d cells, the last one %d × %d; want one size of at least 8 × 8", i+1, f.Cols, f.Rows, cols, rows)
		}
	}
	return nil
}

// pairs draws count pairs of what was seen and what came lead images later.
func pairs(images []Field, frames []frame, ways []Motion, lead, count int, draw chance.Source, x [][features]float64, y []float64) ([][features]float64, []float64) {
	bases := len(images) - lead - earlier
	if bases < 1 {
		return x, y
	}
	cells := images[0].Cols * images[0].Rows
	for k := range count {
		s := earlier + draw.Int(uint64(k), uint64(2*lead), bases)
		at := draw.Int(uint64(k), uint64(2*lead+1), cells)
		px, py := ways[s].Back(float64(at%images[0].Cols), float64(at/images[0].Cols), float64(lead))
		var f [features]float64
		if out := images[s+lead].V[at]; !math.IsNaN(out) && look(frames, s, &ways[s], px, py, &f) {
			x, y = append(x, f), append(y, out)
		}
	}
	return x, y
}

func learn(x [][features]float64, y []float64, cfg Config) (*lesson, error) {
	if len(x) < 100 {
		return nil, fmt.Errorf("nowcast: %d pairs to learn from", len(x))
	}
	l := &lesson{}
	if !cfg.Plain {
		t := make([]float64, len(y))
		for i, v := range y {
			t[i] = math.Log1p(v)
		}
		l.first = grow(x, t, cfg.Seed)
		for i := range t {
			t[i] = math.Abs(t[i] - l.first.at(&x[i]))
		}
		l.second = grow(x, t, cfg.Seed+1)
	}
	a, b := make([]float64, len(x)), make([]float64, len(x))
	for i := range x {
		a[i], b[i] = l.see(&x[i])
	}
	all := make([]int, len(x))
	for i := range all {
		all[i] = i
	}
	outer, edges := sortInto(all, a, bins)
	l.edges = edges
	for _, in := range outer {
		n := 1
		if !cfg.Plain {
			n = inners
		}
		parts, e := sortInto(in, b, n)
		l.inner, l.at = append(l.inner, e), append(l.at, len(l.q))
		for _, p := range parts {
			v := make([]float64, len(p))
			for i, k := range p {
				v[i] = y[k]
			}
			sort.Float64s(v)
			q := make([]float64, steps)
			for k := range q {
				q[k] = v[min(int((float64(k)+0.5)/steps*float64(len(v))), len(v)-1)]
			}
			l.q = append(l.q, q)
		}
	}
	return l, nil
}

// see returns the two numbers that outcomes are sorted by: the forecast, and how wrong such ones are.
func (l *lesson) see(f *[features]float64) (a, b float64) {
	if l.first.trees == nil {
		return f[0], 0
	}
	return l.first.at(f), l.second.at(f)
}

// sortInto sorts indices into n parts of equal number by value, equal values together, and returns the parts and the edges between.
func sortInto(list []int, value []float64, n int) (parts [][]int, edges []float64) {
	order := slices.Clone(list)
	sort.Slice(order, func(a, b int) bool {
		if value[order[a]] != value[order[b]] {
			return value[order[a]] < value[order[b]]
		}
		return order[a] < order[b]
	})
	was := 0
	for b := 1; b <= n; b++ {
		f := float64(b) / float64(n)
		if n >= bins { // wet forecasts are few: half the bins are for the upper tenth
			if f *= 1.8; f > 0.9 {
				f = 0.9 + (f-0.9)/9
			}
		}
		c := int(f*float64(len(order)) + 0.5)
		for c < len(order) && c > 0 && value[order[c]] == value[order[c-1]] {
			c++
		}
		if c <= was {
			continue
		}
		if was > 0 {
			edges = append(edges, value[order[was-1]])
		}
		parts = append(parts, order[was:c])
		was = c
	}
	return parts, edges
}

// Nowcast forecasts from images of equal step, the newest last, at least eight of them.
func (m *Model) Nowcast(images []Field) (*Forecast, error) {
	if err := sound(images); err != nil {
		return nil, err
	}
	n := len(images)
	fc := &Forecast{Motion: Track(images[n-1-past:]), Cols: images[0].Cols, Rows: images[0].Rows, cfg: m.cfg, model: m}
	var frames []frame
	for _, f := range images[n-1-earlier:] {
		frames = append(frames, newFrame(f))
	}
	for lead := 1; lead <= m.cfg.Leads; lead++ {
		l := &m.lead[lead-1]
		bin := make([]int16, fc.Cols*fc.Rows)
		for i := range bin {
			var f [features]float64
			px, py := fc.Motion.Back(float64(i%fc.Cols), float64(i/fc.Cols), float64(lead))
			if !look(frames, earlier, &fc.Motion, px, py, &f) {
				bin[i] = none
				continue
			}
			a, b := l.see(&f)
			k, _ := slices.BinarySearch(l.edges, a)
			j, _ := slices.BinarySearch(l.inner[k], b)
			bin[i] = int16(l.at[k] + j)
		}
		fc.bin = append(fc.bin, bin)
	}
	return fc, nil
}

// Quantiles returns the outcomes in mm/h that the cell at index i may have at a lead, from 1 on, equally likely and rising; nil where the
// water comes from outside what was seen.
func (fc *Forecast) Quantiles(lead, i int) []float64 {
	b := fc.bin[lead-1][i]
	if b == none {
		return nil
	}
	return fc.model.lead[lead-1].q[b]
}
