package city

import "slices"

// What rings are designed with: the longest greens of those who go straight on and of turns, s, shortened until a cycle is legal.
const (
	ringThrough = 45
	ringTurn    = 25
)

// RunRings has a controller by stages run two rings instead: opposing left turns lead, each in one ring with the straight way that it crosses,
// so that a ring may go on to it while the other turn still has traffic (Signal Timing Manual 2015, 4.2). Where left turns give way each ring has an
// approach. Who walks goes with the straight way of the ring whose left turn crosses his. It returns false and changes nothing where the streets are not two opposing
// pairs, one with left turns of their own at least, where greens are counted down, or where no safe plan exists.
func (j *Junction) RunRings() bool {
	pairs, ok := j.opposing()
	if !ok || j.Countdown {
		return false
	}
	x := *j
	var spec RingSpec
	spec.Rings = [][][]int{nil, nil}
	turns := false
	var phases [2][][][]int32 // by ring and group
	for _, pair := range pairs {
		protected := false
		for _, l := range pair {
			if m := j.movement(l, Vehicles, Left); m >= 0 && !j.Movements[m].Permissive {
				protected = true
			}
		}
		turns = turns || protected
		var groups [2][][]int32
		for r, l := range pair {
			through := j.ofApproach(l)
			if protected {
				through = slices.DeleteFunc(through, func(m int32) bool { return j.Movements[m].Kind == Vehicles && j.Movements[m].Turn == Left })
				if m := j.movement(pair[1-r], Vehicles, Left); m >= 0 {
					left := []int32{m}
					if right := j.movement(l, Vehicles, Right); right >= 0 && j.Together(m, right) {
						left = insert(left, right)
					}
					groups[r] = append(groups[r], left)
				}
			}
			groups[r] = append(groups[r], through)
		}
		if !j.walksBeside(pair, &groups, protected) {
			return false
		}
		for r := range phases {
			phases[r] = append(phases[r], groups[r])
		}
	}
	if !turns {
		return false
	}
	for r := range phases {
		for _, group := range phases[r] {
			var numbers []int
			for k, ms := range group {
				ph := RingPhase{Movements: ms, Max: ringThrough}
				if k == 0 && len(group) > 1 {
					ph.Max = ringTurn
				}
				for _, m := range ms {
					ph.Min = max(ph.Min, int(j.Movements[m].MinGreen)+int(j.Movements[m].Clearance))
				}
				numbers = append(numbers, len(spec.Phases))
				spec.Phases = append(spec.Phases, ph)
			}
			spec.Rings[r] = append(spec.Rings[r], numbers)
		}
	}
	for less := 0; less <= ringThrough; less += 5 {
		try := spec
		try.Phases = slices.Clone(spec.Phases)
		for i := range try.Phases {
			try.Phases[i].Max = max(try.Phases[i].Min, try.Phases[i].Max-less)
		}
		p, err := NewRingPlan(j, try)
		if err != nil {
			continue
		}
		x.Ring, x.Stages = &try, nil
		for s := range p.stages {
			x.Stages = append(x.Stages, Stage{p.stages[s].movements})
		}
		if x.LeastRound() > max(LongestCall, j.LeastRound()) || x.referencePlan() != nil {
			return false
		}
		*j = x
		return true
	}
	return false
}

// opposing lists the two pairs of approaches that go together, false where the junction is no crossroads of such.
func (j *Junction) opposing() (pairs [][2]int32, ok bool) {
	links := Approaches(j)
	if len(links) != 4 {
		return nil, false
	}
	used := map[int32]bool{}
	for i, a := range links {
		ma := j.movement(a, Vehicles, Straight)
		if used[a] || ma < 0 {
			continue
		}
		for _, b := range links[i+1:] {
			mb := j.movement(b, Vehicles, Straight)
			if used[b] || mb < 0 || j.Intergreen[ma][mb]+j.Intergreen[mb][ma] > 0 {
				continue
			}
			pairs, used[a], used[b] = append(pairs, [2]int32{a, b}), true, true
			break
		}
	}
	return pairs, len(pairs) == 2
}

// movement is the movement of a kind and turn from a link, −1 if there is none.
func (j *Junction) movement(from int32, kind MovementKind, turn TurnKind) int32 {
	for m := range j.Movements {
		if x := &j.Movements[m]; x.Kind == kind && x.From == from && x.Turn == turn {
			return int32(m)
		}
	}
	return -1
}

// ofApproach lists who drives or cycles from a link, ascending.
func (j *Junction) ofApproach(from int32) (list []int32) {
	for m := range j.Movements {
		if x := &j.Movements[m]; x.Kind != Walkers && x.From == from {
			list = append(list, int32(m))
		}
	}
	return list
}

// walksBeside gives those who cross the streets beside a pair of opposing approaches to the straight way, the last phase, of one of them.
func (j *Junction) walksBeside(pair [2]int32, groups *[2][][]int32, protected bool) bool {
	for m := range j.Movements {
		if x := &j.Movements[m]; x.Kind != Walkers || x.From == pair[0] || x.From == pair[1] {
			continue
		}
		given := false
		for r := range groups {
			last := len(groups[r]) - 1
			fits := j.fits(groups[r][last], int32(m))
			for _, other := range groups[1-r] {
				for _, o := range other {
					fits = fits && j.Together(o, int32(m)) && !(protected && j.Intergreen[m][o]+j.Intergreen[o][int32(m)] > 0)
				}
			}
			if fits {
				groups[r][last], given = insert(groups[r][last], int32(m)), true
				break
			}
		}
		if !given {
			return false
		}
	}
	return true
}

// RunRings has the city's controllers on NTCIP 1202 run rings where they can, without countdowns, as rings don't know beforehand when a green ends. It
// returns their junctions. Junctions that others share are copied; what was measured and learnt of the city before is no longer of it.
func (c *City) RunRings() (list []int) {
	c.Calibration, c.Speeds = nil, nil
	c.Signals = slices.Clone(c.Signals)
	for j := range c.Signals {
		if x := c.Signals[j]; x.NTCIP {
			if x.Countdown = false; x.RunRings() {
				c.Signals[j] = x
				list = append(list, j)
			}
		}
	}
	return list
}
