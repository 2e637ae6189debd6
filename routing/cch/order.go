package cch

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
)

// Order returns the nodes 0…n-1 of the graph with the given arcs from the least important to the most, by nested dissection:
// small sets of nodes that part the graph go last, and so on within the parts. at has the nodes' coordinates, nil: none, and
// then the graph's own distances serve. The order is the same for any number of threads.
func Order(n int, tail, head []int32, at [][2]float64, threads int) []int32 {
	g := undirected(n, tail, head)
	order, next := reduce(g)
	d := &dissection{whole: next, at: at, inside: make([]int32, n), free: make(chan struct{}, max(0, threads-1))}
	for range cap(d.free) {
		d.free <- struct{}{}
	}
	rest := make([]int32, 0, n-len(order))
	for v := range next {
		if next[v] != nil {
			rest = append(rest, int32(v))
		}
	}
	slots := make([]int32, len(rest))
	d.parts(rest, slots)
	return append(order, slots...)
}

// A dissection is one under way.
type dissection struct {
	whole  [][]int32 // neighbours, of every node
	at     [][2]float64
	inside []int32 // by node of the whole: its number in the piece that it is in, plus one; pieces at work share no node
	free   chan struct{}
	pool   sync.Pool
	leaf   sync.Pool
}

// both runs two tasks, side by side if a thread is free.
func (d *dissection) both(a, b func()) {
	select {
	case <-d.free:
		done := make(chan struct{})
		go func() {
			a()
			close(done)
		}()
		b()
		<-done
		d.free <- struct{}{}
	default:
		a()
		b()
	}
}

// parts orders nodes, whose neighbours outside go later, into slots.
func (d *dissection) parts(nodes, slots []int32) {
	pieces := d.split(nodes)
	d.each(pieces, slots)
}

func (d *dissection) each(pieces []piece, slots []int32) {
	switch len(pieces) {
	case 0:
		return
	case 1:
		d.piece(pieces[0], slots)
		return
	}
	// Halve by nodes.
	total := 0
	for i := range pieces {
		total += len(pieces[i].node)
	}
	k, sum := 0, 0
	for k < len(pieces)-1 && (k == 0 || 2*(sum+len(pieces[k].node)) <= total) {
		sum += len(pieces[k].node)
		k++
	}
	a, b := func() { d.each(pieces[:k], slots[:sum]) }, func() { d.each(pieces[k:], slots[sum:]) }
	if total < 2000 {
		a()
		b()
		return
	}
	d.both(a, b)
}

// split parts nodes into connected pieces. Nodes get their numbers in the order of a breadth-first search, so that neighbours
// lie close in memory.
func (d *dissection) split(nodes []int32) []piece {
	const waits = -1
	for _, v := range nodes {
		d.inside[v] = waits
	}
	var pieces []piece
	seen := make([]int32, 0, len(nodes))
	for _, v := range nodes {
		if d.inside[v] != waits {
			continue
		}
		from := len(seen)
		d.inside[v] = 1
		seen = append(seen, v)
		degrees := 0
		for k := from; k < len(seen); k++ {
			for _, u := range d.whole[seen[k]] {
				if d.inside[u] == waits {
					seen = append(seen, u)
					d.inside[u] = int32(len(seen) - from)
				}
				if d.inside[u] > 0 {
					degrees++
				}
			}
		}
		mine := seen[from:len(seen):len(seen)]
		p := piece{node: mine, links: links{first: make([]int32, len(mine)+1), adj: make([]int32, 0, degrees)}}
		for i, v := range mine {
			for _, u := range d.whole[v] {
				if k := d.inside[u]; k > 0 {
					p.adj = append(p.adj, k-1)
				}
			}
			p.first[i+1] = int32(len(p.adj))
		}
		for _, v := range mine {
			d.inside[v] = 0
		}
		pieces = append(pieces, p)
	}
	return pieces
}

func (d *dissection) piece(p piece, slots []int32) {
	n := p.nodes()
	if n <= leafNodes {
		s, _ := d.leaf.Get().([]int32) // not inside: a leaf's neighbours may be those of another one at work
		if s == nil {
			s = make([]int32, len(d.inside))
		}
		copy(slots, greedy(d.whole, p.node, s))
		d.leaf.Put(s)
		return
	}
	c := d.cut(p)
	if c == nil { // nothing parts it: as good as complete
		copy(slots, p.node)
		return
	}
	rest := make([]int32, 0, n)
	last := n
	for v := n - 1; v >= 0; v-- {
		if c.part[v] == loose {
			last--
			slots[last] = p.node[v]
		}
	}
	for k := range int8(2) {
		for v := range n {
			if c.part[v] == k {
				rest = append(rest, p.node[v])
			}
		}
	}
	d.parts(rest, slots[:last])
}

// A cut parts a piece.
type cut struct {
	part  []int8  // of each node: near, far, or loose: of the cut
	score float64 // the less the better
}

// directions is how many cuts compete.
const directions = 4

// cut finds the best cut of p, nil if none parts it.
func (d *dissection) cut(p piece) *cut {
	keys := d.keys(p)
	found := make([]*cut, len(keys))
	var bound bound
	bound.store(math.Inf(1))
	try := func(i int) {
		c, _ := d.pool.Get().(*cutter)
		if c == nil {
			c = new(cutter)
		}
		found[i] = c.best(p, keys[i], &bound)
		d.pool.Put(c)
	}
	var run func(from, to int)
	run = func(from, to int) {
		if to-from > 1 {
			mid := (from + to) / 2
			d.both(func() { run(from, mid) }, func() { run(mid, to) })
			return
		}
		try(from)
	}
	if p.nodes() >= 2000 {
		run(0, len(keys))
	} else {
		for i := range keys {
			try(i)
		}
	}
	var best *cut
	for _, c := range found {
		if c != nil && (best == nil || c.score < best.score) {
			best = c
		}
	}
	return best
}

// A cut begins with startShare of the nodes on either side, and leaves leastShare of them there.
const (
	startShare = 0.2
	leastShare = 0.25
	patience   = 1500 // searches of a piece; streets need a few hundred, graphs without small cuts would never end
)

// A bound is the least score found so far, by any direction: what can't reach it is given up, which does not change the best.
type bound struct{ bits atomic.Uint64 }

func (b *bound) load() float64   { return math.Float64frombits(b.bits.Load()) }
func (b *bound) store(x float64) { b.bits.Store(math.Float64bits(x)) }

func (b *bound) lower(x float64) {
	for {
		old := b.bits.Load()
		if math.Float64frombits(old) <= x || b.bits.CompareAndSwap(old, math.Float64bits(x)) {
			return
		}
	}
}

// best follows the front of cuts along key.
func (c *cutter) best(p piece, key []int32, bound *bound) *cut {
	n := p.nodes()
	share := startShare
	for !c.start(p, key, share) {
		if int(share*float64(n)) <= 1 {
			return nil
		}
		share /= 2
	}
	var best *cut
	if !c.fill(near, bound.cuts(n)) {
		return nil
	}
	c.look(far, false)
	for {
		for k := range 2 {
			a := c.reach(k)
			b := n - a - c.cut
			if least := min(a, b); float64(least) >= leastShare*float64(n) || best == nil {
				score := float64(c.cut) / float64(least)
				if float64(least) < leastShare*float64(n) {
					score += 1e6
				}
				if best == nil || score < best.score {
					best = c.keep(k, best)
					best.score = score
					bound.lower(score)
				}
			}
		}
		k := near
		if c.reach(far) < c.reach(near) {
			k = far
		}
		if 2*c.reach(k) >= n-c.cut || 2*float64(c.cut)/float64(n) > bound.load() {
			return best
		}
		c.settle(k)
		if c.gen > patience || !c.pierce(k) {
			return best
		}
	}
}

// keep notes the cut that side k sees, in old's memory.
func (c *cutter) keep(k int, old *cut) *cut {
	n := c.p.nodes()
	if old == nil {
		old = &cut{part: make([]int8, n)}
	}
	for v := range old.part {
		old.part[v] = int8(1 - k)
		if c.side[v] == int8(k) {
			old.part[v] = int8(k)
		}
	}
	for _, v := range c.see[k].passed {
		old.part[v] = int8(k)
	}
	for _, v := range c.barrier(k) {
		old.part[v] = loose
	}
	return old
}

// keys are the directions to cut p along: coordinates, or how much closer a node is to one of two far-apart nodes than to the
// other.
func (d *dissection) keys(p piece) [][]int32 {
	n := p.nodes()
	keys := make([][]int32, 0, directions)
	if d.at != nil {
		pos := make([]float64, n)
		for k := range directions {
			sin, cos := math.Sincos(math.Pi * float64(k) / directions)
			least, most := math.Inf(1), math.Inf(-1)
			for v, u := range p.node {
				pos[v] = float64(d.at[u][0]*cos) + float64(d.at[u][1]*sin)
				least, most = min(least, pos[v]), max(most, pos[v])
			}
			key := make([]int32, n)
			if most > least {
				for v := range key {
					key[v] = int32((pos[v] - least) / (most - least) * float64(4*n))
				}
			}
			keys = append(keys, key)
		}
		return keys
	}
	var queue []int32
	far := func(from int32) ([]int32, int32) {
		dist := make([]int32, n)
		for v := range dist {
			dist[v] = -1
		}
		dist[from] = 0
		queue = append(queue[:0], from)
		for k := 0; k < len(queue); k++ {
			v := queue[k]
			for _, u := range p.of(v) {
				if dist[u] < 0 {
					dist[u] = dist[v] + 1
					queue = append(queue, u)
				}
			}
		}
		return dist, queue[len(queue)-1]
	}
	// Ends of long ways: the first two as far apart as may be, the others far from those before.
	_, a := far(0)
	da, b := far(a)
	db, _ := far(b)
	least := slices.Clone(da)
	lower := func(d []int32) (most int32) {
		for v := range least {
			least[v] = min(least[v], d[v])
			if least[v] > least[most] {
				most = int32(v)
			}
		}
		return most
	}
	c := lower(db)
	dc, _ := far(c)
	e := int32(0)
	{
		// opposite c, as seen along a–b
		for v := range dc {
			if dc[v]-abs(da[v]-db[v]) > dc[e]-abs(da[e]-db[e]) {
				e = int32(v)
			}
		}
	}
	de, _ := far(e)
	mix := func(f func(v int) int32) {
		key := make([]int32, n)
		for v := range key {
			key[v] = f(v)
		}
		keys = append(keys, key)
	}
	mix(func(v int) int32 { return da[v] - db[v] })
	mix(func(v int) int32 { return dc[v] - de[v] })
	mix(func(v int) int32 { return da[v] - db[v] + dc[v] - de[v] })
	mix(func(v int) int32 { return da[v] - db[v] - dc[v] + de[v] })
	return keys
}

func abs(x int32) int32 { return max(x, -x) }

// cuts is the largest cut of n nodes that may still be the best.
func (b *bound) cuts(n int) int { return int(min(b.load()*float64(n)/2, float64(n))) }
