package city

import "math"

// An EMS is an ambulance service with the roads it drives on, as a model of one describes it: not a city pack, but what a
// dispatch policy can be judged on. Points are degrees (x longitude, y latitude), lengths km along x·ScaleX, y·ScaleY, times
// seconds, arc times whole milliseconds so that sums are exact in any order.
type EMS struct {
	ScaleX, ScaleY float64 // km a degree
	NodeX, NodeY   []float64
	OffRoad        []bool // of each node: whether one may leave the road there
	From, To       []int32
	Km             []float64   // of each arc
	Millis         [][]uint32  // by travel mode, of each arc
	OffRoadSpeed   []float64   // km/s, by travel mode
	Modes          []EMSPeriod // which travel mode each priority takes from when on
	Stations       []EMSPlace
	Hospitals      []EMSPlace
	Units          []int32 // station of each ambulance at the start
	Priorities     []EMSPriority
	Divert         [][]bool // [from][to]: a unit bound for a call of priority from may be sent to one of priority to instead
	Demand         EMSDemand
	Draws          *EMSDraws // nil if the model does not say how its calls are drawn
}

// An EMSPlace is a station or a hospital.
type EMSPlace struct {
	X, Y float64
	Name string
}

// An EMSPeriod is a choice for each priority, valid from Start s until the next one.
type EMSPeriod struct {
	Start  float64
	Choose []int32
}

// An EMSPriority is a class of calls, the most urgent first.
type EMSPriority struct {
	Name   string
	Target float64 // s from the call's arrival to the unit's
	Cover  float64 // s of driving within which a station covers a point for it
	Drive  int32   // the priority that the way to it is driven with
}

// An EMSDemand is where and how often calls are expected. Rates is calls a day by mode; Modes says which mode each priority has
// from when on; Points with their Weight (of no unit) share a rate out.
type EMSDemand struct {
	Rates        []float64
	Modes        []EMSPeriod
	X, Y, Weight []float64
	CellX, CellY float64 // degrees, of the cell around each point
	Rows, Cols   int     // points that stand for a cell
}

// An EMSCall is one call as it came.
type EMSCall struct {
	Priority  int32 // index into EMS.Priorities
	X, Y      float64
	Arrive    float64 // s
	Delay     float64 // s from arrival to dispatch
	OnScene   float64 // s
	Transport bool
	Hospital  int32   // index, -1: the nearest by time
	HandOver  float64 // s at the hospital
}

// EMSDraws is how a model's calls are drawn.
type EMSDraws struct {
	Gap, Delay, OnScene, HandOver Draw // days
	Priority                      []float64
	Transport                     float64
}

// A Draw is a named distribution with its parameters, as EMSDraws has them: exponential (mean), normal (mean, deviation),
// lognormal (of the logarithm: mean, deviation), gamma (shape, scale), weibull (shape, scale), uniform (from, to).
type Draw struct {
	Name string
	A, B float64
}

// Straight returns the straight length in km between two points of e.
func (e *EMS) Straight(x1, y1, x2, y2 float64) float64 {
	return math.Hypot((x1-x2)*e.ScaleX, (y1-y2)*e.ScaleY)
}

// At returns the period that holds at second t; the first one holds before it, too.
func At(periods []EMSPeriod, t float64) *EMSPeriod {
	k := 0
	for k+1 < len(periods) && periods[k+1].Start <= t {
		k++
	}
	return &periods[k]
}

// Priority returns the index of the priority of that name, -1 if there is none.
func (e *EMS) Priority(name string) int32 {
	for i := range e.Priorities {
		if e.Priorities[i].Name == name {
			return int32(i)
		}
	}
	return -1
}
