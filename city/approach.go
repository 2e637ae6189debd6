package city

// Approaches returns the links that lead to junction j, in the order of their first movement: detector n of its controller
// is the n-th one's.
func Approaches(j *Junction) []int32 {
	var list []int32
next:
	for m := range j.Movements {
		if j.Movements[m].Kind != Vehicles {
			continue
		}
		for _, l := range list {
			if l == j.Movements[m].From {
				continue next
			}
		}
		list = append(list, j.Movements[m].From)
	}
	return list
}

// A LaneGroup is the lanes of an approach that one loop watches.
type LaneGroup uint8

const (
	AllLanes LaneGroup = iota
	LeftLanes
	StraightLanes
	RightLanes
)

func (g LaneGroup) String() string { return [...]string{"", "Left", "Straight", "Right"}[g] }

// GroupOf returns the lanes of link from which turns of kind k are made: on one lane all are.
func GroupOf(link *Link, k TurnKind) LaneGroup {
	if link.Lanes == 1 {
		return AllLanes
	}
	switch k {
	case Left, UTurn:
		return LeftLanes
	case Right:
		return RightLanes
	}
	return StraightLanes
}

// A Loop is one detector of a controller.
type Loop struct {
	Link  int32
	Lanes LaneGroup
	Turns []int32 // made from those lanes; of all lanes: every turn off the link
}

// Loops returns junction j's detectors in the order of their numbers, which start at 1: at the stop line and its setback one
// for each group of lanes, at a link's entry one for all of them.
func Loops(s *Streets, j *Junction) []Loop {
	var list []Loop
	for _, l := range Approaches(j) {
		link := &s.Links[l]
		if link.Detector == DetectorNone {
			continue
		}
		var of [4]*Loop
		for m := range j.Movements {
			mv := &j.Movements[m]
			if mv.Kind != Vehicles || mv.From != l {
				continue
			}
			g := GroupOf(link, mv.Turn)
			if link.Detector == DetectorEntry {
				g = AllLanes
			}
			if of[g] == nil {
				of[g] = &Loop{Link: l, Lanes: g}
			}
			of[g].Turns = append(of[g].Turns, mv.Turns...)
		}
		for _, k := range of {
			if k != nil {
				list = append(list, *k)
			}
		}
	}
	return list
}
