package traffic

import "citybrain/city"

// MaxRed is the longest time in seconds that a controller lets a movement wait, whatever it is asked for.
const MaxRed = 120

// A Signal is one controller at work. Whoever commands it, it keeps inter-greens, minimum greens and pedestrian clearances,
// serves every movement within MaxRed and the time the stages before it need, and falls back on its plan when a request's
// lease ends.
type Signal struct {
	Plan      city.Plan
	Stage     int16 // green now, or ending
	Next      int16 // the stage that its inter-green leads to, -1: none under way
	Since     int32 // s, when Stage's green began
	Until     int32 // s, end of the inter-green under way
	Want      int16 // stage asked for
	Lease     int32 // s, until when Want counts
	lastGreen []int32
}

func newSignal(j *city.Junction, p city.Plan) Signal {
	stage, _ := p.At(0)
	return Signal{Plan: p, Stage: int16(stage), Next: -1, lastGreen: make([]int32, len(j.Movements))}
}

// Green reports whether movement m shows green.
func (g *Signal) Green(j *city.Junction, m int) bool {
	return j.InStage(int(g.Stage), int32(m)) && (g.Next < 0 || j.InStage(int(g.Next), int32(m)))
}

// Red returns the seconds since movement m was last green, at second t.
func (g *Signal) Red(m int, t int32) int32 { return t - g.lastGreen[m] }

// Step advances the controller to second t.
func (g *Signal) Step(j *city.Junction, t int32) {
	if g.Next >= 0 && t >= g.Until {
		g.Stage, g.Next, g.Since = g.Next, -1, t
	}
	for m := range g.lastGreen {
		if g.Green(j, m) {
			g.lastGreen[m] = t
		}
	}
	if g.Next >= 0 || int(t-g.Since) < j.StageMinGreen(int(g.Stage)) {
		return
	}
	want := int(g.Want)
	if t >= g.Lease {
		want, _ = g.Plan.At(int(t))
	}
	if starved := g.starved(j, t); starved >= 0 {
		want = starved
	}
	if want != int(g.Stage) {
		g.Next, g.Until = int16(want), t+int32(j.Between(int(g.Stage), want))
		if g.Until == t {
			g.Stage, g.Next, g.Since = g.Next, -1, t
		}
	}
}

// starved returns the stage of the movement that has waited longest beyond MaxRed, -1 if none has.
func (g *Signal) starved(j *city.Junction, t int32) int {
	worst, stage := int32(MaxRed), -1
	for m, last := range g.lastGreen {
		if wait := t - last; wait > worst {
			for s := range j.Stages {
				if j.InStage(s, int32(m)) {
					worst, stage = wait, s
					break
				}
			}
		}
	}
	return stage
}

func (s *Sim) stepSignals() {
	for j := range s.st.Signals {
		s.st.Signals[j].Step(&s.city.Signals[j], s.st.Now)
	}
}

// Signal returns the controller of junction j as it is now.
func (s *Sim) Signal(j int) *Signal { return &s.st.Signals[j] }
