package city

import "math"

// Chain returns the links of the street that link l is part of, in its direction, and l's index among them: those that go on straight
// under the same name, no further than reach metres from l either way. A street without a name is followed by its course alone.
func (s *Streets) Chain(turns TurnIndex, l int32, reach float64) (links []int32, at int) {
	into := func(x int32) int32 { // the link before x
		best, least := int32(-1), straightest
		for k := range s.Links {
			y := int32(k)
			if s.Links[y].To != s.Links[x].From || s.Links[y].Name != s.Links[x].Name {
				continue
			}
			for t := turns[y]; t < turns[y+1]; t++ {
				if s.Turns[t].To == x && s.bend(y, x) < least {
					best, least = y, s.bend(y, x)
				}
			}
		}
		return best
	}
	out := func(x int32) int32 { // the link after x
		best, least := int32(-1), straightest
		for t := turns[x]; t < turns[x+1]; t++ {
			if y := s.Turns[t].To; s.Links[y].Name == s.Links[x].Name && s.bend(x, y) < least {
				best, least = y, s.bend(x, y)
			}
		}
		return best
	}
	seen := map[int32]bool{l: true}
	follow := func(next func(int32) int32) (list []int32) {
		metres := 0.0
		for x := next(l); x >= 0 && !seen[x] && metres < reach; x = next(x) {
			seen[x] = true
			metres += s.Links[x].Length
			list = append(list, x)
		}
		return list
	}
	before := follow(into)
	for i := len(before) - 1; i >= 0; i-- {
		links = append(links, before[i])
	}
	at = len(links)
	return append(append(links, l), follow(out)...), at
}

// straightest is the bend in radians from which a link is not the street's next one.
const straightest = math.Pi / 4

// bend is the angle in radians between the end of link a and the start of link b.
func (s *Streets) bend(a, b int32) float64 {
	la, lb := s.Links[a].Line, s.Links[b].Line
	if len(la) < 2 || len(lb) < 2 {
		return 0
	}
	d := math.Abs(heading(la[len(la)-2], la[len(la)-1]) - heading(lb[0], lb[1]))
	return math.Min(d, 2*math.Pi-d)
}
