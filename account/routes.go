package account

import (
	"math"

	"citybrain/brain"
	"citybrain/city"
)

// Of routes: a part counts as driven that leastDriven reporting vehicles drove, a route from leastRoute metres of such parts on that are leastPart of it, if its
// time is known to a standard error of mostRouteSE of it.
const (
	leastDriven = 5
	leastRoute  = 1000
	leastPart   = 0.5
	mostRouteSE = 0.1
)

// A route is a main street driven in one direction as far as it goes on straight under its name: the sum, over its links, of the mean times of those who came in
// at the link's beginning and went on to the street's next link.
type route struct {
	name      city.Text
	metres    float64 // known of it
	is, model float64 // s
}

// routes lists the routes that reporting vehicles drove.
func routes(c *city.City, seen, got []brain.Passage) (list []route) {
	turns := c.Streets.IndexTurns()
	used := make([]bool, len(c.Streets.Links))
	for l := range c.Streets.Links {
		if link := &c.Streets.Links[l]; used[l] || link.Class > city.Secondary || link.Name == (city.Text{}) {
			continue
		}
		chain, _ := c.Streets.Chain(turns, int32(l), 4000)
		r := route{name: c.Streets.Links[l].Name}
		whole, v := 0.0, 0.0
		for i, x := range chain[:len(chain)-1] {
			used[x] = true
			whole += c.Streets.Links[x].Length
			t := turns[x]
			for c.Streets.Turns[t].To != chain[i+1] {
				t++
			}
			if seen[t].Vehicles < leastDriven || got[t].Vehicles < leastDriven {
				continue
			}
			m := seen[t].Mean()
			r.metres += c.Streets.Links[x].Length
			r.is, r.model = r.is+m, r.model+got[t].Mean()
			v += math.Max(0, seen[t].Squares/seen[t].Vehicles-m*m) / seen[t].Vehicles
		}
		used[chain[len(chain)-1]] = true
		if r.metres >= leastRoute && r.metres >= leastPart*whole && math.Sqrt(v) <= mostRouteSE*r.is {
			list = append(list, r)
		}
	}
	return list
}

// nearEnough is the share of routes whose modelled times are within 15 % of the measured ones, and the share with those within a minute.
func nearEnough(list []route) (within15, tag float64) {
	n := float64(max(1, len(list)))
	for _, r := range list {
		off := math.Abs(r.model - r.is)
		if off <= 0.15*r.is {
			within15 += 1 / n
		}
		if off <= math.Max(60, 0.15*r.is) {
			tag += 1 / n
		}
	}
	return within15, tag
}
