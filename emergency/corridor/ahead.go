package corridor

// follows is the share of a queue that, let go ahead of a unit, drives on along the unit's way and is before it at the next light.
const follows = 0.6

// unled is the seconds that a light costs on average which nobody holds, aRow those past each row of vehicles that stand before it.
const (
	unled = 10
	aRow  = 3.8
)

// Ahead returns the junctions on a unit's route, a sequence of links of which it has driven along metres on the first and goes on in
// wait seconds. seconds is how
// long it takes for a link where nothing stands, queue what is in the lanes of a link's turn to the next, and their number.
func (p *Planner) Ahead(route []int32, along, wait float64, seconds func(l int32) float64, queue func(l, to int32) (vehicles, lanes float64)) []Passage {
	var list []Passage
	t, carry := wait, 0.0
	for i, l := range route {
		link := &p.city.Streets.Links[l]
		share := 1.0
		if i == 0 {
			share = max(0, 1-along/link.Length)
		}
		t += seconds(l) * share
		if i+1 == len(route) || t > horizon {
			return list
		}
		turn := p.turn(l, route[i+1])
		if turn < 0 || p.movement[turn] < 0 {
			continue
		}
		n, lanes := queue(l, route[i+1])
		n += carry
		if !p.able[p.city.Streets.Turns[turn].Junction] {
			t += unled + n/max(1, lanes)*aRow
			continue
		}
		list = append(list, Passage{int(p.city.Streets.Turns[turn].Junction), p.movement[turn], t, n, lanes})
		carry = follows * n
	}
	return list
}

// turn is the turn from link a to link b, -1.
func (p *Planner) turn(a, b int32) int32 {
	for t := p.turns[a]; t < p.turns[a+1]; t++ {
		if p.city.Streets.Turns[t].To == b {
			return t
		}
	}
	return -1
}
