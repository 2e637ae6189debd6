package cch

// A piece is a connected part of a graph under dissection, with a numbering of its own.
type piece struct {
	links
	node []int32 // of each: its number in the whole
}

// The two sides that a cut parts.
const (
	near  = 0
	far   = 1
	loose = int8(2) // on neither
)

// A cutter finds small sets of nodes that part a piece: FlowCutter's front of cuts, ever larger and better balanced (Hamann
// and Strasser 2018), begun with two far-apart sets (inertial flow, Schild and Sommer 2015; both together: Gottesbüren et al.
// 2019). A unit of flow is a path from one side to the other that shares its nodes with no other path: only what next and
// back say of each node is kept. It is working memory, for one goroutine at a time.
type cutter struct {
	p    piece
	key  []int32 // the nodes along the direction of the cut
	side []int8
	flow [2][]int32 // of a node on a path: the one before it as seen from side 0, from side 1; -1: on none
	size [2]int     // nodes on each side
	cut  int        // paths
	gen  int32
	see  [2]sight
}

// A sight is what one side can reach without or against flow. A node on a path is entered and passed apart from each other:
// those entered and not passed are the cut.
type sight struct {
	gen      int32
	in, out  []int32 // the generation in which a node was entered, passed
	inBy     []int32 // the passed node from which a node was entered, itself if passed before (against flow)
	outBy    []int32 // the entered node by which a node was passed: itself, or the one after it on its path (against flow)
	passed   []int32 // in order
	at       int     // of passed: expanded so far
	front    []int32 // the side's nodes that have neighbours elsewhere
	on       []int32 // entered nodes on paths
	hits     []hit
	spent    []int32 // by node: the generation in which an augmentation led over it
	spentGen int32
}

// A hit is a node of the other side and the passed node beside it.
type hit struct{ node, from int32 }

func grown(s []int32, n int) []int32 {
	if cap(s) < n {
		return make([]int32, n)
	}
	return s[:n]
}

// start puts the nodes that lie first and last along key on the two sides; it reports false where these touch.
func (c *cutter) start(p piece, key []int32, share float64) bool {
	n := p.nodes()
	c.p, c.key, c.cut = p, key, 0
	if cap(c.side) < n {
		c.side = make([]int8, n)
	}
	c.side = c.side[:n]
	for k := range 2 {
		c.flow[k] = grown(c.flow[k], n)
		s := &c.see[k]
		s.in, s.out, s.inBy, s.outBy, s.spent = grown(s.in, n), grown(s.out, n), grown(s.inBy, n), grown(s.outBy, n), grown(s.spent, n)
		clear(s.in)
		clear(s.out)
		clear(s.spent)
		s.spentGen, s.passed, s.on, s.front, s.at = 0, s.passed[:0], s.on[:0], s.front[:0], 0
		c.size[k] = 0
	}
	c.gen = 0
	for v := range c.side {
		c.side[v], c.flow[0][v], c.flow[1][v] = loose, -1, -1
	}
	want := max(1, int(share*float64(n)))
	lo, hi := c.ends(want)
	for v := range int32(n) {
		if key[v] < lo.key || key[v] == lo.key && c.size[near] < lo.below {
			c.side[v] = near
			c.size[near]++
			c.see[near].front = append(c.see[near].front, v)
		}
	}
	for v := int32(n) - 1; v >= 0; v-- {
		if c.side[v] == loose && (key[v] > hi.key || key[v] == hi.key && c.size[far] < hi.below) {
			c.side[v] = far
			c.size[far]++
			c.see[far].front = append(c.see[far].front, v)
		}
	}
	for _, v := range c.see[near].front {
		for _, u := range p.of(v) {
			if c.side[u] == far {
				return false
			}
		}
	}
	return c.size[near] > 0 && c.size[far] > 0
}

// An end is where along key a set stops: those beyond it, and of those at it as many as make the set below large.
type end struct {
	key   int32
	below int
}

// ends finds the keys of the want-th node from either end by counting.
func (c *cutter) ends(want int) (lo, hi end) {
	least, most := c.key[0], c.key[0]
	for _, k := range c.key {
		least, most = min(least, k), max(most, k)
	}
	count := make([]int32, most-least+1)
	for _, k := range c.key {
		count[k-least]++
	}
	for sum, k := 0, 0; ; k++ {
		if sum += int(count[k]); sum >= want {
			lo = end{least + int32(k), want}
			break
		}
	}
	for sum, k := 0, len(count)-1; ; k-- {
		if sum += int(count[k]); sum >= want {
			hi = end{least + int32(k), want}
			break
		}
	}
	return lo, hi
}

// look sees anew from side k and takes note of where it meets the other side, once only when first.
func (c *cutter) look(k int, first bool) {
	s := &c.see[k]
	c.gen++
	s.gen = c.gen
	s.passed, s.on, s.hits, s.at = s.passed[:0], s.on[:0], s.hits[:0], 0
	// The front's nodes are expanded in place; those inside the side never again.
	keep := s.front[:0]
	for _, v := range s.front {
		outer := false
		for _, w := range c.p.of(v) {
			if c.side[w] != int8(k) {
				outer = true
				break
			}
		}
		if outer {
			keep = append(keep, v)
		}
	}
	s.front = keep
	for _, v := range s.front {
		if c.expand(k, v, first) {
			return
		}
	}
	c.goOn(k, first)
}

// goOn expands what was passed and not expanded yet; it reports whether it stopped at the other side.
func (c *cutter) goOn(k int, first bool) bool {
	s := &c.see[k]
	for s.at < len(s.passed) {
		v := s.passed[s.at]
		s.at++
		if c.expand(k, v, first) {
			return true
		}
	}
	return false
}

func (c *cutter) expand(k int, v int32, first bool) bool {
	s := &c.see[k]
	gen := s.gen
	side, flow := c.side, c.flow[k]
	for _, w := range c.p.adj[c.p.first[v]:c.p.first[v+1]] {
		if s.in[w] == gen || side[w] == int8(k) {
			continue
		}
		if side[w] != loose {
			s.hits = append(s.hits, hit{w, v})
			if first {
				return true
			}
			continue
		}
		s.in[w], s.inBy[w] = gen, v
		p := flow[w]
		if p < 0 {
			s.out[w], s.outBy[w] = gen, w
			s.passed = append(s.passed, w)
			continue
		}
		s.on = append(s.on, w)
		if side[p] != int8(k) && s.out[p] != gen {
			s.out[p], s.outBy[p] = gen, w
			s.passed = append(s.passed, p)
		}
	}
	// Against its own flow: from behind a node on a path to before it, and on to the one before.
	if p := flow[v]; p >= 0 && side[v] == loose && s.in[v] != gen {
		s.in[v], s.inBy[v] = gen, v
		s.on = append(s.on, v)
		if side[p] != int8(k) && s.out[p] != gen {
			s.out[p], s.outBy[p] = gen, v
			s.passed = append(s.passed, p)
		}
	}
	return false
}

// augment leads a path to each hit of side k whose way is not spent by one before it, and returns how many.
func (c *cutter) augment(k int) int {
	s := &c.see[k]
	s.spentGen++
	n := 0
	for _, h := range s.hits {
		if c.walk(k, h, false) {
			c.walk(k, h, true)
			n++
		}
	}
	c.cut += n
	return n
}

// walk goes back from a hit to side k; it reports whether no node on the way is spent, and, when asked, turns the flow over.
func (c *cutter) walk(k int, h hit, turn bool) bool {
	s := &c.see[k]
	before, after := c.flow[k], c.flow[1-k]
	next, v := h.node, h.from
	for {
		if !turn {
			if c.side[v] == loose && s.spent[v] == s.spentGen {
				return false
			}
		} else {
			s.spent[v] = s.spentGen
			if c.side[v] == loose {
				after[v] = next
			}
			if c.side[next] == loose {
				before[next] = v
			}
		}
		if c.side[v] != loose {
			return true
		}
		by := s.outBy[v]
		if by == v {
			next, v = v, s.inBy[v]
			continue
		}
		from := s.inBy[by]
		if !turn && s.spent[by] == s.spentGen {
			return false
		} else if turn {
			s.spent[by] = s.spentGen
		}
		for from == by { // it gives way: no path leads over it any more
			to := s.outBy[by]
			if turn {
				before[by], after[by] = -1, -1
			}
			by = to
			from = s.inBy[by]
			if !turn && s.spent[by] == s.spentGen {
				return false
			} else if turn {
				s.spent[by] = s.spentGen
			}
		}
		next, v = by, from
	}
}

// fill leads as many paths as there are; more than limit are of no interest: it reports false.
func (c *cutter) fill(k int, limit int) bool {
	for {
		c.look(k, false)
		if len(c.see[k].hits) == 0 {
			return true
		}
		c.augment(k)
		if c.cut > limit {
			return false
		}
	}
}

// settle gives side k all that it reaches.
func (c *cutter) settle(k int) {
	s := &c.see[k]
	for _, v := range s.passed {
		if c.side[v] == loose {
			c.side[v], c.flow[0][v], c.flow[1][v] = int8(k), -1, -1
			c.size[k]++
			s.front = append(s.front, v)
		}
	}
	s.passed, s.at = s.passed[:0], 0
}

// reach returns the number of nodes that side k holds and reaches.
func (c *cutter) reach(k int) int { return c.size[k] + len(c.see[k].passed) }

// barrier keeps in on the nodes that side k enters and does not pass.
func (c *cutter) barrier(k int) []int32 {
	s := &c.see[k]
	keep := s.on[:0]
	for _, v := range s.on {
		if s.out[v] != s.gen && c.side[v] == loose {
			keep = append(keep, v)
		}
	}
	s.on = keep
	return keep
}

// pierce gives side k one more node of its barrier, if possible one that lets no further path through and else the one that
// lies closest to it along key; it reports false where every choice would make the sides touch.
func (c *cutter) pierce(k int) bool {
	s, o := &c.see[k], &c.see[1-k]
	best, bestFree := int32(-1), false
choices:
	for _, v := range c.barrier(k) {
		for _, u := range c.p.of(v) {
			if c.side[u] == int8(1-k) {
				continue choices
			}
		}
		free := o.in[v] != o.gen
		better := best < 0 || free && !bestFree
		if !better && free == bestFree {
			d := c.key[v] - c.key[best]
			if k == far {
				d = -d
			}
			better = d < 0 || d == 0 && v < best
		}
		if better {
			best, bestFree = v, free
		}
	}
	if best < 0 {
		return false
	}
	v := best
	c.side[v], c.flow[0][v], c.flow[1][v] = int8(k), -1, -1
	c.size[k]++
	s.front = append(s.front, v)
	s.hits = s.hits[:0]
	if stop := c.expand(k, v, true); !stop && !c.goOn(k, true) {
		return true // no further path: what both sides see stands
	}
	c.augment(k)
	return c.again(k)
}

// again leads the remaining paths and looks from both sides.
func (c *cutter) again(k int) bool {
	for {
		c.look(k, true)
		if len(c.see[k].hits) == 0 {
			break
		}
		if c.augment(k) == 0 {
			return false
		}
	}
	c.look(1-k, false)
	return true
}
