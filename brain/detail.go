package brain

import (
	"cmp"
	"slices"
	"time"

	"citybrain/city"
	"github.com/paulmach/orb"
)

// A Detail is what a decision rests on, to be drawn.
type Detail struct {
	Choices []ChoiceDetail // of a dispatch: the unit that goes, then the runners-up
	Leaving *LeavingDetail // of an evacuation
}

// A ChoiceDetail is a unit that could have gone, and its way.
type ChoiceDetail struct {
	DispatchChoice
	Name city.Text
	Kind string
	Line orb.LineString // none where only its time was reckoned
}

// A LeavingDetail is who leaves for where by which road.
type LeavingDetail struct {
	Blocks   []BlockLeaving
	Shelters []ShelterTaking
	Roads    []RoadLeaving // the busiest first
}

// A BlockLeaving is the people of a block who should leave.
type BlockLeaving struct {
	Name        city.Text // its district's
	At          orb.Point // its middle; a block is Block metres wide
	People      float64
	First, Last time.Time // departures
	Shelters    []int     // of LeavingDetail.Shelters
}

// A ShelterTaking is a place that takes people in.
type ShelterTaking struct {
	Name     city.Text
	At       orb.Point
	People   float64
	Capacity int
	Last     time.Time // arrival
}

// A RoadLeaving is a link and the people who leave over it.
type RoadLeaving struct {
	Link   int32
	People float64
}

// Block is the side in metres of the square by which a block is looked at.
const Block = 300

// Detail returns what decision id rests on; false if there is no such decision. Read it between ticks.
func (b *Brain) Detail(id string) (Detail, bool) {
	d := b.byID[id]
	if d == nil {
		return Detail{}, false
	}
	var x Detail
	for _, c := range d.Choices {
		x.Choices = append(x.Choices, ChoiceDetail{c, b.unitName(c.Unit), b.unitKind(c.Unit), b.course(c.route, 0)})
	}
	if len(d.Leaving) > 0 {
		x.Leaving = b.leaving(d)
	}
	return x, true
}

func (b *Brain) leaving(d *Decision) *LeavingDetail {
	x := &LeavingDetail{}
	blocks, shelters, roads := map[int]int{}, map[int]int{}, map[int32]float64{}
	for i := range d.Leaving {
		s := &d.Leaving[i]
		k, known := shelters[s.place]
		if !known {
			p := &b.city.Places[s.place]
			k = len(x.Shelters)
			shelters[s.place] = k
			x.Shelters = append(x.Shelters, ShelterTaking{Name: p.Name, At: p.At, Capacity: p.Capacity})
		}
		to := &x.Shelters[k]
		to.People += s.People
		if t := d.Made.Add(seconds(s.ArriveS)); t.After(to.Last) {
			to.Last = t
		}
		n, known := blocks[s.zone]
		if !known {
			z := &b.city.Zones[s.zone]
			n = len(x.Blocks)
			blocks[s.zone] = n
			x.Blocks = append(x.Blocks, BlockLeaving{Name: b.districtName(z.District), At: z.At, First: d.Made.Add(seconds(s.LeaveS))})
		}
		from, t := &x.Blocks[n], d.Made.Add(seconds(s.LeaveS))
		from.People += s.People
		if t.Before(from.First) {
			from.First = t
		}
		if t.After(from.Last) {
			from.Last = t
		}
		if !slices.Contains(from.Shelters, k) {
			from.Shelters = append(from.Shelters, k)
		}
		for _, l := range s.way {
			roads[l] += s.People
		}
	}
	for l, n := range roads {
		x.Roads = append(x.Roads, RoadLeaving{l, n})
	}
	slices.SortFunc(x.Roads, func(a, c RoadLeaving) int {
		return cmp.Or(cmp.Compare(c.People, a.People), cmp.Compare(a.Link, c.Link))
	})
	return x
}

func (b *Brain) districtName(i int32) city.Text {
	if i < 0 || int(i) >= len(b.city.Districts) {
		return city.Text{}
	}
	return b.city.Districts[i].Name
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
