package micro

import "citybrain/city"

type vehicleClass = city.VehicleClass

const (
	lineGap    = 1   // m that a vehicle leaves to the stop line
	seeFoes    = 4.5 // m before the line from which a driver who gives way sees what comes (SUMO's default visibility)
	lookBack   = 120 // m up the foe's way that a driver who gives way looks
	impatience = 60  // s at a stand after which one without a signal counts on others to slow down for it
	startTime  = 3   // s after green within which a standing vehicle counts as about to go
	takeTurns  = 2   // s at a stand after which one without a signal goes before who comes on a street of equal rank and can still stop
	shortExit  = 30  // m of a lane behind a junction into which no more are let than it holds, whether they stand or not
)

// mayGo decides at the stop line of a connection, dist m ahead: whether the vehicle may plan beyond it, and the speed to which the line holds
// it in either case. near: it is on the lane before the line.
func (s *Sim) mayGo(conn int32, c *Car, k *kind, dist, v float32, near bool) (bool, float32) {
	n := s.net
	sig := s.Sig[conn]
	t := n.trait[conn]
	line := max(dist-lineGap, 0)
	halt := k.before(line)
	can := dist >= braking(c.V, k.decel, k.invB)
	switch sig {
	case 'r':
		return false, min(v, halt)
	case 'y':
		if can {
			return false, min(v, halt)
		}
		return true, v // too near to stop: it goes on, whatever else
	}
	if !s.open(n.to[conn], k.class) || s.tooDeep(n.to[conn], k, c.ID) || t&leaves != 0 && !s.roomAway(conn, c) {
		return false, min(v, halt)
	}
	if !can && c.V > 0 && halt < c.V-k.brake {
		return true, v
	}
	if t&walked != 0 {
		var pass bool
		if pass, v = s.walkersAhead(conn, c, k, dist, v, halt); !pass {
			return false, v
		}
	}
	if t&crosses != 0 {
		if s.crossing(conn, c, k, dist) {
			return false, min(v, halt)
		}
		if t&keepClear != 0 && !s.roomBeyond(conn, k, c) {
			return false, min(v, halt)
		}
	}
	if t&yields == 0 || sig == 'G' {
		return true, v
	}
	if t&stops != 0 && sig == '-' && c.Still == 0 && near {
		return false, min(v, halt)
	}
	if n.wait[conn] > 0 {
		// it may wait inside; it still comes on so slowly that it can
		if d := dist - seeFoes; d > 0 {
			v = min(v, k.slow(d, k.before(seeFoes)))
		}
		return true, v
	}
	if d := dist - seeFoes; d > 0 {
		v = min(v, max(k.slow(d, k.before(seeFoes)), halt))
		if v <= halt {
			return false, v
		}
	}
	if !s.gapFor(conn, c, k, dist, n.length[int32(n.lanes)+conn], false) {
		return false, min(v, halt)
	}
	return true, v
}

// crossing reports whether vehicles on crossing connections are in the room that a vehicle's path shares with theirs, or drive towards it, and
// will not have left it when the vehicle, dist m before the line, comes there.
func (s *Sim) crossing(conn int32, c *Car, k *kind, dist float32) bool {
	n := s.net
	for i := n.foeAt[conn]; i < n.foeAt[conn+1]; i++ {
		f := &n.foes[i]
		cars := s.Segments[int32(n.lanes)+f.conn]
		if len(cars) == 0 || f.merge() || n.wait[conn] > 0 && f.mine() >= n.wait[conn] {
			continue // where this one waits inside it will see
		}
		wait := n.wait[f.conn]
		for j := range cars {
			o := &cars[j]
			ok := &s.kinds[o.Kind]
			way := f.end() + ok.length - o.Pos
			if way <= 0 {
				continue
			}
			if wait > 0 && o.Pos <= wait+0.1 && !f.yield() {
				continue // it waits for this one
			}
			if during(way, o.V, ok.accel, s.turnLimit(f.conn, o, ok)) < during(dist+f.mine(), c.V, k.accel, s.turnLimit(conn, c, k)) && o.V > 0.1 {
				continue
			}
			return true
		}
	}
	return false
}

// roomBeyond reports whether a vehicle could leave the junction on its other side: the room up to the last one that stands there, less what
// the vehicles that are on their way take.
func (s *Sim) roomBeyond(conn int32, k *kind, c *Car) bool {
	n := s.net
	lane := n.to[conn]
	cars := s.Segments[lane]
	taken := float32(0)
	stands := false
	room := n.length[lane]
	for j := len(cars) - 1; j >= 0; j-- {
		o := &cars[j]
		l := s.lengthOf(o)
		if o.V < 0.1 {
			room, stands = o.Pos-l, true
			break
		}
		if o.Pos-l-taken > 40 {
			return true
		}
		taken += l + s.kinds[o.Kind].gap
	}
	if !stands && !(s.cfg.Impatient && n.length[lane] < shortExit) {
		return true
	}
	for i := n.inAt[lane]; i < n.inAt[lane+1]; i++ {
		for j := range s.Segments[int32(n.lanes)+n.in[i]] {
			o := &s.Segments[int32(n.lanes)+n.in[i]][j]
			if w := n.wait[n.in[i]]; w > 0 && o.Pos <= w && o.V < 0.1 && n.in[i] != conn {
				continue
			}
			taken += s.kinds[o.Kind].length + s.kinds[o.Kind].gap
		}
	}
	return room-taken >= k.length+k.gap || taken == 0 && !stands
}

// gapFor reports whether a vehicle that gives way on a connection, dist m before the line or the place where it waits and with length m of path
// behind it, can go before everyone to whom it gives way: who comes while it crosses, and up to the gap after, is in its way. Who waits inside
// the junction can't tell where those on a lane that may cross its way will turn, and lets them all pass.
func (s *Sim) gapFor(conn int32, c *Car, k *kind, dist, length float32, inside bool) bool {
	n := s.net
	top := s.turnLimit(conn, c, k)
	enter := during(dist, c.V, k.accel, top)
	leave := during(dist+length+k.length, c.V, k.accel, top)
	q := query{c: c, conn: conn, any: inside, enter: enter, leave: leave + s.gap}
	for i := n.foeAt[conn]; i < n.foeAt[conn+1]; i++ {
		f := &n.foes[i]
		if !f.yield() {
			continue
		}
		for j := range s.Segments[int32(n.lanes)+f.conn] {
			o := &s.Segments[int32(n.lanes)+f.conn][j]
			ok := &s.kinds[o.Kind]
			if f.merge() {
				if w := n.wait[f.conn]; w > 0 && o.Pos <= w && o.V < 0.1 {
					continue
				}
				if n.length[int32(n.lanes)+f.conn]-o.Pos > dist+length-k.length-k.gap-o.V {
					return false
				}
			} else if o.Pos-ok.length < f.end() && (o.V >= 0.1 || o.Pos > f.begin()) {
				// it clears before this one is there, or not
				if during(f.end()+ok.length-o.Pos, o.V, ok.accel, s.turnLimit(f.conn, o, ok)) > enter {
					return false
				}
			}
		}
		sig := s.Sig[f.conn]
		if sig == 'r' {
			continue
		}
		q.foe, q.road, q.sig = f.conn, n.road[n.to[f.conn]], sig
		q.path = n.length[int32(n.lanes)+f.conn]
		if !s.clear(&q, n.from[f.conn], 0, 0) {
			return false
		}
	}
	return true
}

// A query asks whether the foe's way is free between enter and leave.
type query struct {
	c            *Car
	conn, foe    int32
	road         int32 // to which the foe leads
	sig          byte
	any          bool // whoever comes on the lane of the foe counts
	enter, leave float32
	path         float32
}

// clear looks for vehicles that take the foe from lane, whose end is back m before the foe's line; depth counts the lanes between.
func (s *Sim) clear(q *query, lane int32, back float32, depth int) bool {
	n := s.net
	cars := s.Segments[lane]
	for j := range cars {
		o := &cars[j]
		d := back + n.length[lane] - o.Pos
		if d > lookBack {
			return true
		}
		if o.Bits&stands != 0 || !s.takes(o, q, depth) {
			continue
		}
		if !s.passes(q, o, d) {
			return false
		}
	}
	back += n.length[lane]
	if back > lookBack || depth == 3 {
		return true
	}
	for i := n.inAt[lane]; i < n.inAt[lane+1]; i++ {
		p := n.in[i]
		ps := int32(n.lanes) + p
		if p == q.conn || p == q.foe {
			continue
		}
		for j := range s.Segments[ps] {
			o := &s.Segments[ps][j]
			if s.takes(o, q, depth+1) && !s.passes(q, o, back+n.length[ps]-o.Pos) {
				return false
			}
		}
		if s.Sig[p] == 'r' {
			continue
		}
		if !s.clear(q, n.from[p], back+n.length[ps], depth+1) {
			return false
		}
	}
	return true
}

// takes reports whether a vehicle, depth lanes before the foe's, goes on over the foe.
func (s *Sim) takes(o *Car, q *query, depth int) bool {
	if depth == 0 {
		return o.Conn == q.foe || q.any && o.Conn >= 0 && s.Sig[o.Conn] != 'r'
	}
	route := s.route(o.ID)
	at := int(s.At[o.ID]) + depth
	return at+1 < len(route) && route[at] == s.net.road[s.net.from[q.foe]] && route[at+1] == q.road
}

// passes reports whether a vehicle that comes on the foe's way, d m before its line, leaves the asking one its gap.
func (s *Sim) passes(q *query, o *Car, d float32) bool {
	k := &s.kinds[o.Kind]
	if q.sig == 'y' && d >= braking(o.V, k.decel, k.invB) {
		return true // it stops
	}
	if q.sig == '-' && s.net.trait[q.foe]&stops != 0 && o.Still == 0 {
		return true // it stops first, and then looks who has stood longer
	}
	if o.Still >= 2 && !s.aboutToGo(q, o, d, k) {
		return true
	}
	if s.cfg.Impatient && q.sig == '-' && (q.c.Still >= impatience || q.c.Still >= takeTurns && s.equals(q)) && d >= braking(o.V, k.decel, k.invB)+lineGap+o.V {
		return true // it lets in who has waited too long, or was first
	}
	top := s.turnLimit(q.foe, o, k)
	top = max(top, min(s.Limit[s.net.from[q.foe]]*o.Factor, k.top))
	arrives := during(d, o.V, k.accel, top)
	if arrives > q.leave {
		return true
	}
	return during(d+q.path+k.length, o.V, k.accel, top) < q.enter
}

// equals reports whether the streets of a query and its foe are of one rank: then drivers go as they come.
func (s *Sim) equals(q *query) bool {
	roads := s.lanes.Roads
	return roads[s.net.road[s.net.from[q.foe]]].Priority == roads[s.net.road[s.net.from[q.conn]]].Priority
}

// aboutToGo reports whether a vehicle that stands on the foe's way, d m before its line, must be expected to go: it has just got green, it is
// first at the line and goes first, or it has waited longer than the asking one of two that each give way.
func (s *Sim) aboutToGo(q *query, o *Car, d float32, k *kind) bool {
	if q.sig == 'G' || q.sig == 'g' {
		if s.sinceGreen(q.foe) <= startTime {
			return true
		}
	}
	if d > lineGap+1.5 {
		return false // behind others, or blocked on the way
	}
	if s.net.trait[q.foe]&yields == 0 || q.sig == 'G' {
		return q.sig != 'y' && s.roomBeyond(q.foe, k, o)
	}
	return o.Still > q.c.Still || o.Still == q.c.Still && q.foe < q.conn
}
