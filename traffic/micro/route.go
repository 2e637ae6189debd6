package micro

import (
	"math"

	"citybrain/city"
)

// horizon is how far ahead along its route a vehicle chooses lanes, m, and most is through how many roads.
const (
	horizon = 1500
	most    = 8
)

// route is the roads of a journey.
func (s *Sim) route(id int32) []int32 {
	if p := s.Path[id]; p >= 0 {
		return s.Paths[p:s.PathEnd[id]]
	}
	return s.demand.Journeys[id].Roads
}

// maxLanes is the greatest number of lanes of a road that vehicles choose among.
const maxLanes = 12

// A survey is how far each lane of a road leads along a route, m from the road's start, and by which connection.
type survey struct {
	reach [maxLanes]float32
	conn  [maxLanes]int32
}

// surveyRoad looks from the road at place at of a vehicle's route over its horizon; lane, where the vehicle is, counts though it be closed.
func (s *Sim) surveyRoad(c *Car, at int, lane int32, v *survey) {
	n := s.net
	route := s.route(c.ID)
	class := s.kinds[c.Kind].class
	last := at
	for sum := float32(0); last < len(route)-1 && last-at < most && sum < horizon; last++ {
		sum += n.length[n.first[route[last]]]
	}
	var ahead [maxLanes]float32
	for i := last; i >= at; i-- {
		r := route[i]
		from, to := n.first[r], min(n.first[r+1], n.first[r]+maxLanes)
		for l := from; l < to; l++ {
			x, by := float32(0), int32(noConn)
			if n.allow[l]&class != 0 && !s.Shut[l] || l == lane {
				x = n.length[l]
				switch {
				case i == len(route)-1:
					by = arriving
				case i == last:
					for o := n.out[l]; o < n.out[l+1]; o++ {
						if n.road[n.to[o]] == route[i+1] && s.open(n.to[o], class) {
							by, x = o, n.length[l]+1
							break
						}
					}
				default:
					next := n.first[route[i+1]]
					best := float32(0)
					for o := n.out[l]; o < n.out[l+1]; o++ {
						if t := n.to[o]; n.road[t] == route[i+1] && t-next < maxLanes && ahead[t-next] > best {
							best, by = ahead[t-next], o
						}
					}
					x += best
				}
			}
			v.reach[l-from], v.conn[l-from] = x, by
		}
		if i == at && c.Bits&halts != 0 {
			s.reachStop(c, &v.reach)
		}
		ahead = v.reach
	}
}

// look sets how far a vehicle gets on lane without a change, which lanes of the road take it farthest, and by which connection it leaves the lane.
func (s *Sim) look(c *Car, lane int32) {
	n := s.net
	route := s.route(c.ID)
	at := int(s.At[c.ID])
	var v survey
	s.surveyRoad(c, at, lane, &v)
	reach, conn := &v.reach, &v.conn
	r := route[at]
	lanes := min(n.first[r+1]-n.first[r], maxLanes)
	best := float32(0)
	for _, x := range reach[:lanes] {
		best = max(best, x)
	}
	me := lane - n.first[r]
	c.Aim, c.Left, c.Right = 0, 0, 0
	if me >= maxLanes {
		c.Conn, c.Aim, c.Until = noConn, -1, n.length[lane]
		return
	}
	c.Conn, c.Until = conn[me], max(reach[me], 0)
	if c.Conn == noConn && c.Bits&halts == 0 {
		c.Until = n.length[lane]
	}
	near := lanes
	for l, x := range reach[:lanes] {
		if d := int32(l) - me; x >= best-0.5 && max(d, -d) < near {
			near = max(d, -d)
			c.Aim = int8(d)
		}
	}
	if me+1 < lanes {
		c.Left = uint16(min(reach[me+1], 65535))
	}
	if me > 0 {
		c.Right = uint16(min(reach[me-1], 65535))
	}
}

// reachStop shortens the reach of the lanes that don't lead to a vehicle's stop on this road.
func (s *Sim) reachStop(c *Car, reach *[maxLanes]float32) {
	p := s.stopOf(c.ID)
	if p == nil {
		return
	}
	from := s.net.first[s.net.road[p.Lane]]
	for l := range reach {
		if from+int32(l) == p.Lane {
			reach[l] = 1e6
		} else if reach[l] > 0 {
			reach[l] = float32(p.End)
		}
	}
}

// stopOf is a journey's next stop, nil: none.
func (s *Sim) stopOf(id int32) *city.JourneyStop {
	if id < 0 {
		return nil
	}
	j := &s.demand.Journeys[id]
	if k := int(s.Stop[id]); k < len(j.Stops) {
		return &j.Stops[k]
	}
	return nil
}

// router finds the quickest ways between roads; its arrays are kept from search to search.
type router struct {
	cost  []float32
	came  []int32
	mark  []int32
	turn  int32
	heap  []entry
	found []int32
}

type entry struct {
	s    float32
	road int32
}

func newRouter(roads int) router {
	return router{cost: make([]float32, roads), came: make([]int32, roads), mark: make([]int32, roads), heap: make([]entry, 0, 256)}
}

// quickest appends to r.found the roads from one to another without the first (Dijkstra 1959) and reports whether there is a way for class.
func (s *Sim) quickest(from, to int32, k *kind, factor float32) bool {
	r, n := &s.router, s.net
	if from == to {
		return true
	}
	r.turn++
	r.heap = r.heap[:0]
	r.cost[from], r.came[from], r.mark[from] = 0, -1, r.turn
	r.push(entry{0, from})
	for len(r.heap) > 0 {
		e := r.pop()
		if e.s > r.cost[e.road] {
			continue
		}
		if e.road == to {
			begin := len(r.found)
			for x := to; x != from; x = r.came[x] {
				r.found = append(r.found, x)
			}
			for i, j := begin, len(r.found)-1; i < j; i, j = i+1, j-1 {
				r.found[i], r.found[j] = r.found[j], r.found[i]
			}
			return true
		}
		for i := n.nextAt[e.road]; i < n.nextAt[e.road+1]; i++ {
			x := &n.next[i]
			if x.allow&k.class == 0 || !s.enterable(x.road, k) {
				continue
			}
			c := e.s + x.late + x.s/factor + s.cost(x.road, k, factor)
			if r.mark[x.road] != r.turn || c < r.cost[x.road] {
				r.cost[x.road], r.came[x.road], r.mark[x.road] = c, e.road, r.turn
				r.push(entry{c, x.road})
			}
		}
	}
	return false
}

// cost is the time that a road takes, s: as driven of late, on empty streets at the least.
func (s *Sim) cost(r int32, k *kind, factor float32) float32 {
	n := s.net
	l := n.first[r]
	for n.allow[l]&k.class == 0 && l+1 < n.first[r+1] {
		l++
	}
	v := min(s.Limit[l]*factor, k.top)
	if s.learns {
		// the limit does not hold a fast driver back more than the traffic does
		if x := s.lateSpeed(r); x < s.Limit[l]*0.999 {
			v = min(v, max(x, 0.1))
		}
	}
	return n.length[l] / v
}

// memoryRate is the weight of a second in the mean speed of a road: that of the middle of the three minutes over which SUMO's routing averages.
const memoryRate = 1.0 / 90

// lateSpeed is the mean speed of late on a road, m/s; without vehicles it goes back to the limit.
func (s *Sim) lateSpeed(r int32) float32 {
	limit := s.Limit[s.net.first[r]]
	if gap := s.Second - s.Seen[r]; gap > 1 {
		return limit - (limit-s.Speeds[r])*float32(math.Pow(1-memoryRate, float64(gap-1)))
	}
	return s.Speeds[r]
}

// learn takes a second's mean speed on a road into its mean of late.
func (s *Sim) learn(r int32) {
	n := s.net
	var sum float32
	m := 0
	for l := n.first[r]; l < n.first[r+1]; l++ {
		for i := range s.Segments[l] {
			sum += s.Segments[l][i].V
			m++
		}
	}
	if m == 0 {
		return
	}
	was := s.lateSpeed(r)
	s.Speeds[r] = was + memoryRate*(sum/float32(m)-was)
	s.Seen[r] = s.Second
}

// enterable reports whether a road has a lane that k may and can drive on.
func (s *Sim) enterable(r int32, k *kind) bool {
	for l := s.net.first[r]; l < s.net.first[r+1]; l++ {
		if s.passable(l, k) {
			return true
		}
	}
	return false
}

func (r *router) push(e entry) {
	h := append(r.heap, e)
	i := len(h) - 1
	for i > 0 {
		p := (i - 1) / 2
		if !less(h[i], h[p]) {
			break
		}
		h[i], h[p] = h[p], h[i]
		i = p
	}
	r.heap = h
}

func (r *router) pop() entry {
	h := r.heap
	top := h[0]
	last := len(h) - 1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		c := 2*i + 1
		if c >= last {
			break
		}
		if c+1 < last && less(h[c+1], h[c]) {
			c++
		}
		if !less(h[c], h[i]) {
			break
		}
		h[i], h[c] = h[c], h[i]
		i = c
	}
	r.heap = h
	return top
}

// less orders by time, then by road, so that ways of equal time are the same on every run.
func less(a, b entry) bool { return a.s < b.s || a.s == b.s && a.road < b.road }

// plan gives a journey its route: through all the roads that it names where it is not routed. It reports whether there is one.
func (s *Sim) planRoute(id int32) bool {
	j := &s.demand.Journeys[id]
	if j.Routed {
		return true
	}
	k := &s.kinds[j.Type]
	factor := s.factor(id, k)
	r := &s.router
	r.found = append(r.found[:0], j.Roads[0])
	for i := 1; i < len(j.Roads); i++ {
		if !s.quickest(j.Roads[i-1], j.Roads[i], k, factor) {
			return false
		}
	}
	s.keepRoute(id)
	return true
}

// keepRoute makes the roads found the route of a journey.
func (s *Sim) keepRoute(id int32) {
	s.Path[id] = int32(len(s.Paths))
	s.Paths = append(s.Paths, s.router.found...)
	s.PathEnd[id] = int32(len(s.Paths))
}
