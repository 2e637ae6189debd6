package horizon

import (
	"slices"

	"citybrain/city"
)

// Of the search, chosen on calm evenings of the demo city (seeds 101 to 103) whose streets were seen as they were.
const (
	Horizon = 90  // s of prediction
	Longest = 120 // … for who opens a junction
	step    = 5   // s, the least block of the search
	Width   = 1   // nodes kept for each stage and block where all junctions decide; four do no better in the mean of three evenings …
	deep    = 4   // … and are kept where one is opened

	startLoss = 1 // s after its green's start that a queue begins to leave
	gapNeed   = 2 // s without anybody whose way one crosses that a turn which gives way needs
	gapShare  = 0.1
	crowding  = 2.0  // by how much more a second counts when a queue is as long as its lanes
	nobody    = 0.02 // vehicles expected over the horizon below which a junction's stage stays: who is not seen to wait may be there, where few are expected
	debtShare = 0.7  // of the time that stages which will have to be served take from those who wait at the end
)

// Tick is the seconds between decisions: who can change before the next one is planned for.
const Tick = 5

// Ahead is for how many seconds State.Coming tells who comes.
const Ahead = 60

// A State is what is believed of the streets at one moment. Slices are by queue (Slot), link, turn or junction.
type State struct {
	Now     int       // s on the controllers' clock
	Waiting []float32 // by queue: vehicles that stand
	Coming  []float32 // by queue and second: those under way who will be at its end then, [queue*Ahead+second]
	Rate    []float32 // by link: vehicles/s that come onto it of late, over no other link
	Scale   []float32 // by link: what is expected of other junctions times this comes to its end
	Share   []float32 // by turn: of those who leave its link
	Room    []float32 // by link: vehicles that it takes now; +Inf: as many as come
	Gain    []float32 // by link: vehicles/s by which that grows
	Flow    float32   // vehicles/s of a lane at saturation
	Lights  []Light
}

// A Light is what a controller shows.
type Light struct {
	Stage int                // green now, or about to be; −1: not known, or not to be changed: it is not planned for
	Since int                // s, when its green began, or will begin
	Last  []int              // s, when each movement was last green
	Free  [city.MaxRings]int // of rings: s, when each may end its green; by stages Since says it
}

// NewState makes an empty state for a city.
func NewState(n *Network) *State {
	slots, links := Slots(n.city), len(n.city.Streets.Links)
	s := &State{Waiting: make([]float32, slots), Coming: make([]float32, slots*Ahead), Rate: make([]float32, links), Scale: make([]float32, links), Share: make([]float32, len(n.city.Streets.Turns)), Room: make([]float32, links), Gain: make([]float32, links), Lights: make([]Light, len(n.junctions))}
	for l := range links {
		s.Scale[l], s.Room[l] = 1, inf
	}
	for j := range s.Lights {
		s.Lights[j] = Light{Stage: -1, Last: make([]int, len(n.city.Signals[j].Movements))}
	}
	return s
}

// Clone returns a copy.
func (s *State) Clone() *State {
	c := *s
	for _, p := range []*[]float32{&c.Waiting, &c.Coming, &c.Rate, &c.Scale, &c.Share, &c.Room, &c.Gain} {
		*p = slices.Clone(*p)
	}
	c.Lights = slices.Clone(c.Lights)
	for j := range c.Lights {
		c.Lights[j].Last = slices.Clone(c.Lights[j].Last)
	}
	return &c
}

// A Green is a stage's green in a plan, s from when it was made.
type Green struct{ Stage, From, To int }

// A Plan is what a junction means to show, and why.
type Plan struct {
	Stage  int // to ask for
	Greens []Green
	// Costs are, by stage, the vehicle-seconds of the best plan that begins with it, until all who are known of have left; NaN where its
	// controller would not give it.
	Costs []float64
}
