package drains

import (
	"fmt"
	"math"
	"time"

	"citybrain/city/water"
)

// Config is how a Sim computes. Zero values take the default.
type Config struct {
	MaxStep time.Duration // 5 s
	Reach   float64       // m: conduits longer than this are cut into equal reaches about as long, 20 m
	Dry     bool          // without the network's catchments: the rain falls on the surface above
}

const (
	manhole   = 1.167 // m² of plan area, 1.22 m across
	spillRim  = 30.0  // m of rim over which water leaves the net for good where nothing holds it above
	weirShape = 1.7   // m^0.5/s, broad crest
	least     = 1e-3  // m of depth that carries nothing
)

// node is a node's fixed part. Nodes of the network come first, then those between reaches, then streets above inlets.
type node struct {
	low    float64 // m, its bottom
	own    *table  // manhole, storage or street; nil between reaches
	from   int32   // its parts in Sim.parts
	to     int32
	spill  float64 // m: above it water leaves the net; +Inf: never
	widest float64 // m: below it the plan only widens
	sill   float64 // m² of plan a millimetre above the bottom
	fixed  bool    // an outfall
	creek  *water.Creek
}

// part is a stretch of conduit that lies at a node.
type part struct {
	t      *table
	length float64
	low    float64
}

// reach is a stretch of conduit between two nodes.
type reach struct {
	link       int32
	from, to   int32
	t          *table
	length     float64
	zi, zk     float64 // m, inverts
	n2         float64 // g·n²
	loss       float64 // velocity heads lost
	prev, next int32   // reaches of the same conduit, −1
	dropI      bool    // its end stands free above the node's bottom, so that water may fall
	dropK      bool
	flap       bool
	limit      float64
	closed     bool
	normal     int8 // +1: its far end runs at normal depth, −1: its near end
}

// Sim steps one network.
type Sim struct {
	net     *water.Network
	cfg     Config
	nodes   []node
	parts   []part
	reaches []reach
	others  []other // structures, then inlets
	solver  *solver
	spots   []spot // of reaches, then others, in the matrix

	st State

	// Of the present step.
	base, eta, res   []float64
	held             bool
	holdFor          float64
	slack            []float64 // m³ that each balance may be off
	misfit           float64   // m³, the sum of all
	from, at, touch  []float64
	lost, narrow     []float64
	q0, qi, qk       []float64
	area, head, fric []float64
	limI, limK       []float64 // m: water falls from the reach's end to there; −Inf where it does not
	throttle         []float64
	ruled            []float64 // priority of the rule that orders each link
	first            []int32   // reaches of each link, −1
	last             []int32
	street, cells    []int32 // nodes of the streets above inlets, and their cells
	inflow           []float64
}

// spot is where an edge's coefficients go in the matrix; −1: an end has no row.
type spot struct {
	a, b     int32 // nodes
	ab       int32
	abUpper  bool
	coupling bool
}

// New prepares a run of n, which is not copied and must not change.
func New(n *water.Network, cfg Config) (*Sim, error) {
	if err := n.Check(); err != nil {
		return nil, fmt.Errorf("drains: %w", err)
	}
	if cfg.MaxStep == 0 {
		cfg.MaxStep = n.MaxStep
	}
	if cfg.MaxStep == 0 {
		cfg.MaxStep = 5 * time.Second
	}
	if cfg.Reach == 0 {
		cfg.Reach = 20
	}
	if cfg.MaxStep < 0 || !(cfg.Reach > 0) {
		return nil, fmt.Errorf("drains: largest step %v, reaches of %g m", cfg.MaxStep, cfg.Reach)
	}
	s := &Sim{net: n, cfg: cfg}
	hasInlet := make([]bool, len(n.Nodes))
	for _, in := range n.Inlets {
		hasInlet[in.Node] = true
	}
	for i := range n.Nodes {
		s.nodes = append(s.nodes, newNode(&n.Nodes[i], hasInlet[i]))
	}
	s.cut()
	for i := range n.Links {
		if l := &n.Links[i]; l.Kind != water.Conduit {
			s.others = append(s.others, other{link: int32(i), from: l.From, to: l.To, inlet: -1})
		}
	}
	// Inlets of one cell share the water that stands on it.
	pools := map[int32]int32{}
	for k, in := range n.Inlets {
		at, ok := pools[in.Cell]
		if !ok {
			at = int32(len(s.nodes))
			s.nodes = append(s.nodes, node{low: in.Level, own: plan([]float64{0, 1}, []float64{in.Plan, in.Plan}, in.Plan), spill: math.Inf(1)})
			s.street, s.cells = append(s.street, at), append(s.cells, in.Cell)
			pools[in.Cell] = at
		}
		s.others = append(s.others, other{link: -1, from: at, to: in.Node, inlet: int32(k)})
	}
	s.gather()
	s.allocate()
	s.begin()
	return s, nil
}

// plan is a table of areas by height.
func plan(z, w []float64, top float64) *table {
	t := &table{z: z, w: w, top: top}
	t.finish()
	return t
}

func newNode(d *water.Node, inlet bool) node {
	x := node{low: d.Invert, fixed: d.Kind == water.Outfall, spill: math.Inf(1), creek: d.Creek}
	if x.fixed {
		return x
	}
	rim := d.Ground - d.Invert
	var z, w []float64
	if d.Kind == water.Storage {
		z, w = append(z, 0), append(w, math.Max(d.Plan.At(0), 1e-3))
		for k, h := range d.Plan.X {
			if h > 0 && h < rim {
				z, w = append(z, h), append(w, math.Max(d.Plan.Y[k], 1e-3))
			}
		}
		z, w = append(z, rim), append(w, math.Max(d.Plan.At(rim), 1e-3))
	} else {
		z, w = []float64{0, rim}, []float64{manhole, manhole}
	}
	top := w[len(w)-1]
	switch {
	case inlet: // above the rim its shaft stands under the street's water
	case d.Ponded > 0:
		if d.Seal > 0 {
			z, w = append(z, rim+d.Seal), append(w, top)
		}
		top = math.Max(d.Ponded, top)
		z, w = append(z, z[len(z)-1]+0.01), append(w, top)
	default:
		x.spill = d.Ground + d.Seal
	}
	x.own = plan(z, w, top)
	return x
}

// cut divides conduits into reaches.
func (s *Sim) cut() {
	n := s.net
	s.first, s.last = make([]int32, len(n.Links)), make([]int32, len(n.Links))
	for i := range n.Links {
		s.first[i], s.last[i] = -1, -1
		l := &n.Links[i]
		if l.Kind != water.Conduit {
			continue
		}
		t := newSection(&l.Section, l.Barrels)
		count := max(1, int(math.Round(l.Length/s.cfg.Reach)))
		at := l.From
		for k := range count {
			to := l.To
			f0, f1 := float64(k)/float64(count), float64(k+1)/float64(count)
			r := reach{link: int32(i), from: at, t: t, length: l.Length / float64(count), zi: l.In + (l.Out-l.In)*f0, zk: l.In + (l.Out-l.In)*f1,
				n2: gravity * l.Manning * l.Manning, loss: l.LossAvg / float64(count), prev: -1, next: -1, flap: l.Flap, limit: l.Limit, closed: !l.Section.Open()}
			if k < count-1 {
				to = int32(len(s.nodes))
				s.nodes = append(s.nodes, node{low: r.zk, spill: math.Inf(1)})
				r.next = int32(len(s.reaches) + 1)
			} else {
				r.loss += l.LossOut
				r.dropK = s.falls(l.To, l.Out)
				if n.Nodes[l.To].Kind == water.Outfall {
					r.flap = r.flap || n.Nodes[l.To].Flap
					if n.Nodes[l.To].End == water.NormalDepth {
						r.normal = 1
					}
				}
				s.last[i] = int32(len(s.reaches))
			}
			if k > 0 {
				r.prev = int32(len(s.reaches) - 1)
			} else {
				r.loss += l.LossIn
				r.dropI = s.falls(l.From, l.In)
				if n.Nodes[l.From].Kind == water.Outfall && n.Nodes[l.From].End == water.NormalDepth {
					r.normal = -1
				}
				s.first[i] = int32(len(s.reaches))
			}
			r.to = to
			at = to
			s.reaches = append(s.reaches, r)
		}
	}
}

// falls reports whether a conduit that ends at level z can fall freely into node i.
func (s *Sim) falls(i int32, z float64) bool {
	return s.net.Nodes[i].Kind == water.Outfall || z > s.net.Nodes[i].Invert+0.01
}

// gather lists the parts of reaches at each node and prepares the matrix.
func (s *Sim) gather() {
	lists := make([][]part, len(s.nodes))
	put := func(i int32, t *table, length, low float64) {
		if s.nodes[i].fixed {
			return
		}
		for k := range lists[i] {
			if p := &lists[i][k]; p.t == t && p.low == low {
				p.length += length
				return
			}
		}
		lists[i] = append(lists[i], part{t, length, low})
	}
	var edges [][2]int32
	for _, r := range s.reaches {
		// What lies at an outfall belongs to the reach's other end.
		half := r.length / 2
		a, b := half, half
		if s.nodes[r.from].fixed {
			b = r.length
		}
		if s.nodes[r.to].fixed {
			a = r.length
		}
		put(r.from, r.t, a, r.zi)
		put(r.to, r.t, b, r.zk)
		edges = append(edges, [2]int32{r.from, r.to})
	}
	for _, o := range s.others {
		edges = append(edges, [2]int32{o.from, o.to})
	}
	free := make([]bool, len(s.nodes))
	for i := range s.nodes {
		free[i] = !s.nodes[i].fixed
		s.nodes[i].from = int32(len(s.parts))
		s.parts = append(s.parts, lists[i]...)
		s.nodes[i].to = int32(len(s.parts))
		s.nodes[i].widest = s.widest(i)
		_, s.nodes[i].sill = s.volume(i, s.nodes[i].low+1e-3)
	}
	s.solver = newSolver(len(s.nodes), edges, free)
	for _, e := range edges {
		x := spot{a: e[0], b: e[1]}
		if free[e[0]] && free[e[1]] {
			x.coupling = true
			x.ab, x.abUpper = s.solver.find(e[0], e[1])
		}
		s.spots = append(s.spots, x)
	}
}

func (s *Sim) allocate() {
	n, r, e := len(s.nodes), len(s.reaches), len(s.reaches)+len(s.others)
	for _, x := range []struct {
		to *[]float64
		n  int
	}{{&s.base, n}, {&s.eta, n}, {&s.res, n}, {&s.slack, n}, {&s.from, n}, {&s.touch, n}, {&s.at, n}, {&s.lost, n}, {&s.narrow, n}, {&s.q0, e}, {&s.qi, e}, {&s.qk, e}, {&s.area, r}, {&s.head, r}, {&s.fric, r}, {&s.limI, r}, {&s.limK, r},
		{&s.throttle, len(s.others)}, {&s.inflow, len(s.net.Nodes)}, {&s.ruled, len(s.net.Links)}} {
		*x.to = make([]float64, x.n)
	}
	s.st = State{Version: stateVersion, Volume: make([]float64, n), Level: make([]float64, n), Speed: make([]float64, r), Flow: make([]float64, e)}
}

// volume returns what node i holds at level eta, and its plan area there.
func (s *Sim) volume(i int, eta float64) (v, w float64) { return s.over(i, eta, (*table).width) }

// narrowing returns how much narrowing takes off what node i would hold at level eta, and off its plan.
func (s *Sim) narrowing(i int, eta float64) (v, w float64) { return s.over(i, eta, (*table).falling) }

// over sums what of says at level eta over all that lies at node i.
func (s *Sim) over(i int, eta float64, of func(t *table, h float64) (v, w float64)) (v, w float64) {
	d := &s.nodes[i]
	if d.own != nil {
		v, w = of(d.own, eta-d.low)
	}
	for k := d.from; k < d.to; k++ {
		p := &s.parts[k]
		a, b := of(p.t, eta-p.low)
		v += a * p.length
		w += b * p.length
	}
	return v, w
}

// levelOf returns the level at which node i holds v.
func (s *Sim) levelOf(i int, v float64) float64 {
	d := &s.nodes[i]
	if v <= 0 {
		return d.low
	}
	if d.own == nil && d.to-d.from == 1 {
		p := &s.parts[d.from]
		return p.low + p.t.level(v/p.length)
	}
	if d.own != nil && d.from == d.to {
		return d.low + d.own.level(v)
	}
	lo, hi := d.low, d.low+1
	for {
		if a, _ := s.volume(i, hi); a >= v || hi > d.low+1e6 {
			break
		}
		lo, hi = hi, hi+2*(hi-d.low)
	}
	for range 200 {
		mid := (lo + hi) / 2
		if a, _ := s.volume(i, mid); a < v {
			lo = mid
		} else {
			hi = mid
		}
		if hi-lo < 1e-12*(1+math.Abs(hi)) {
			break
		}
	}
	return (lo + hi) / 2
}

// widest returns the level up to which node i's plan only widens.
func (s *Sim) widest(i int) float64 {
	d := &s.nodes[i]
	z := math.Inf(1)
	if d.own != nil {
		z = d.low + d.own.widest()
	}
	for k := d.from; k < d.to; k++ {
		z = math.Min(z, s.parts[k].low+s.parts[k].t.widest())
	}
	return z
}
