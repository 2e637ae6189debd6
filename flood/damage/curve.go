package damage

import "math"

// A Class is a kind of asset with a curve of its own.
type Class uint8

const (
	Residential Class = iota
	Commercial
	Industrial
	Transport
	Roads
	Agriculture
)

// Classes names them as the published table does.
var Classes = [...]string{"residential", "commercial", "industrial", "transport", "infrastructure_roads", "agriculture"}

func (c Class) String() string { return Classes[c] }

// depths and the fraction of the value lost at each, between which the curves are straight.
var (
	depths = [...]float64{0, 0.5, 1, 1.5, 2, 3, 4, 5, 6}
	asia   = [...][9]float64{
		Residential: {0, .327, .494, .617, .721, .870, .931, .984, 1},
		Commercial:  {0, .377, .538, .659, .763, .883, .942, .981, 1},
		Industrial:  {0, .283, .482, .629, .717, .857, .909, .955, 1},
		Transport:   {0, .358, .572, .733, .847, 1, 1, 1, 1},
		Roads:       {0, .214, .373, .604, .710, .808, .887, .969, 1},
		Agriculture: {0, .135, .370, .524, .558, .660, .834, .988, 1},
	}
)

// Least is the depth above the floor in metres below which no damage is counted.
const Least = 0.15

// Uncertainty is the factor by which the curves may be wrong either way.
const Uncertainty = 2.0

// Curve returns the published fraction at depth metres above the floor, without the rule of the least depth; 0 for no depth or none that
// is a number.
func Curve(c Class, depth float64) float64 {
	if !(depth > 0) {
		return 0
	}
	for i := 1; i < len(depths); i++ {
		if depth <= depths[i] {
			f := (depth - depths[i-1]) / (depths[i] - depths[i-1])
			return asia[c][i-1] + f*(asia[c][i]-asia[c][i-1])
		}
	}
	return 1
}

// Fraction returns the share of an asset's value that water of depth metres above its floor destroys.
func Fraction(c Class, depth float64) float64 {
	if !(depth >= Least) {
		return 0
	}
	return Curve(c, depth)
}

// An Interval is an amount in fen with what the curves' uncertainty leaves open.
type Interval struct{ Low, Mean, High float64 }

// Widen returns the interval of an amount, or of the spread of one, under the curves' uncertainty.
func Widen(low, mean, high float64) Interval {
	return Interval{low / Uncertainty, mean, high * Uncertainty}
}

// Garage is the share of a building's value that stands in its underground garage, an asset of its own that floods over a kerb of Least.
const Garage = 0.1

// An Event keeps the deepest water of each asset, so that none is counted twice however often it floods.
type Event struct{ peak []float64 }

// NewEvent starts an event for assets assets.
func NewEvent(assets int) *Event { return &Event{make([]float64, assets)} }

// See notes depth metres above asset i's floor.
func (e *Event) See(i int, depth float64) {
	if depth > e.peak[i] {
		e.peak[i] = depth
	}
}

// Damage returns the event's damage to assets of the given classes and values in fen, each rounded down to a fen.
func (e *Event) Damage(class []Class, fen []int64) (total int64, interval Interval) {
	for i, d := range e.peak {
		total += int64(Fraction(class[i], d) * float64(fen[i]))
	}
	m := float64(total)
	return total, Widen(m, m, m)
}

// Interruption returns how many hours a business is closed by water that stood wet hours at Least or more above its floor and depth metres
// at its deepest: while it stands, and then to clean, dry and repair. The recovery is an assumption: a day below half a metre, three to
// one, a week to two, two weeks beyond.
func Interruption(depth, wet float64) float64 {
	switch {
	case !(depth >= Least):
		return 0
	case depth < 0.5:
		return wet + 24
	case depth < 1:
		return wet + 72
	case depth < 2:
		return wet + 168
	}
	return wet + 336
}

// RoadSpeed returns the speed in m/s at which cars drive a road of limit m/s under depth metres of water; 0 from 0.3 m.
func RoadSpeed(limit, depth float64) float64 {
	if depth >= 0.3 {
		return 0
	}
	if !(depth > 0) {
		return limit
	}
	w := depth * 1000
	return math.Min(limit, (0.0009*w*w-0.5529*w+86.9448)/3.6)
}

// A Hazard is a class of what water does to people, cars and houses, from H1, harmless, to H6.
type Hazard uint8

// HazardOf returns the class of depth m and speed m/s.
func HazardOf(depth, speed float64) Hazard {
	if !(depth > 0) {
		return 1
	}
	for k, l := range [...][3]float64{{0.3, 0.3, 2}, {0.6, 0.5, 2}, {0.6, 1.2, 2}, {1, 2, 2}, {4, 4, 4}} {
		if depth*speed <= l[0] && depth <= l[1] && speed <= l[2] {
			return Hazard(k + 1)
		}
	}
	return 6
}

// AtRisk returns how many of people on foot, of whom frail are children or old, water of depth m and speed m/s endangers: the frail from H3
// on, all from H4 on.
func AtRisk(people, frail, depth, speed float64) float64 {
	switch h := HazardOf(depth, speed); {
	case h >= 4:
		return people
	case h == 3:
		return math.Min(frail, people)
	}
	return 0
}
