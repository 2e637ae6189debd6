package traffic

import (
	"math"

	"citybrain/city"
)

func hypot(x, y float64) float64 { return math.Sqrt(x*x + y*y) }

// MovementFlows returns the flow in vehicles/s of each of junction j's movements, given that of each turn of the streets.
func MovementFlows(j *city.Junction, turnFlow []float64) []float64 {
	f := make([]float64, len(j.Movements))
	for m := range j.Movements {
		for _, t := range j.Movements[m].Turns {
			f[m] += turnFlow[t]
		}
	}
	return f
}

// Webster returns the fixed-time plan of least delay at an isolated junction for flows in vehicles/s by movement (Webster
// 1958, Road Research Technical Paper 39: C = (1.5 L + 5)/(1 − Y), greens in proportion to the critical flow ratios). The
// cycle is kept within 50 and maxCycle seconds, half as long again where minimum greens leave busy stages too little, and every
// green above its stage's minimum; the result passes city.NewPlan.
func Webster(j *city.Junction, flows []float64, maxCycle int) city.PlanSpec {
	ref := j.Reference.Stages
	lost, total := 0, 0.0
	ratio := make([]float64, len(ref))
	for i, st := range ref {
		lost += j.Between(st.Stage, ref[(i+1)%len(ref)].Stage)
		for _, m := range j.Stages[st.Stage].Movements {
			mv := &j.Movements[m]
			if mv.Kind != city.Vehicles {
				continue
			}
			capacity := city.SaturationFlow * float64(max(mv.Lanes, 1))
			if mv.Permissive {
				capacity *= 0.5 // it finds gaps in about half of its green
			}
			// A movement that is green in several stages shares its flow among them.
			in := 0
			for _, other := range ref {
				if j.InStage(other.Stage, m) {
					in++
				}
			}
			ratio[i] = math.Max(ratio[i], flows[m]/capacity/float64(in))
		}
		total += ratio[i]
	}
	// What each stage needs of a cycle: its critical flow with a tenth to spare, and its minimum.
	least := func(i int) float64 { return float64(j.StageMinGreen(ref[i].Stage)) }
	need := func(cycle float64) float64 {
		sum := float64(lost)
		for i := range ref {
			sum += math.Max(least(i), ratio[i]*cycle/0.9)
		}
		return sum
	}
	cycle := 50.0
	if total < 0.9 {
		cycle = math.Max(cycle, (1.5*float64(lost)+5)/(1-total))
	}
	cycle = math.Min(cycle, float64(maxCycle))
	for longest := math.Max(float64(maxCycle), math.Min(1.5*float64(maxCycle), need(0)*1.4)); cycle < longest && need(cycle) > cycle; {
		cycle++
	}
	// Each gets its minimum; what is left goes where the most is still missing, second by second.
	spec := city.PlanSpec{Offset: j.Reference.Offset}
	left := int(cycle) - lost
	for _, st := range ref {
		g := j.StageMinGreen(st.Stage)
		spec.Stages = append(spec.Stages, city.StageTime{Stage: st.Stage, Green: g})
		left -= g
	}
	for ; left > 0; left-- {
		most := 0
		for i := range ref {
			if ratio[i]/float64(spec.Stages[i].Green) > ratio[most]/float64(spec.Stages[most].Green) {
				most = i
			}
		}
		spec.Stages[most].Green++
	}
	return spec
}

// Coordinate sets the offsets of plans of one common cycle so that platoons on the most loaded approach find green: each
// junction in turn, the busiest first, follows the busiest neighbour that is already set, by the travel time between them.
// linkFlow is in vehicles/s by link. Plans of other cycles are left alone.
func Coordinate(c *city.City, specs []city.PlanSpec, linkFlow []float64) {
	type tie struct {
		from int32
		flow float64
		time float64
		link int32
	}
	ties := make([][]tie, len(c.Signals))
	weight := make([]float64, len(c.Signals))
	for l := range c.Streets.Links {
		link := &c.Streets.Links[l]
		a, b := c.Streets.Nodes[link.From].Junction, c.Streets.Nodes[link.To].Junction
		if b >= 0 {
			weight[b] += linkFlow[l]
			if a >= 0 && a != b {
				ties[b] = append(ties[b], tie{a, linkFlow[l], link.FreeTime(), int32(l)})
			}
		}
	}
	cycles := make([]int, len(specs))
	for j := range specs {
		if p, err := city.NewPlan(&c.Signals[j], specs[j]); err == nil {
			cycles[j] = p.Cycle()
		}
	}
	done := make([]bool, len(specs))
	for range specs {
		best := -1
		for j := range specs {
			if !done[j] && (best < 0 || weight[j] > weight[best]) {
				best = j
			}
		}
		done[best] = true
		lead := tie{from: -1}
		for _, t := range ties[best] {
			if done[t.from] && t.flow > lead.flow && cycles[t.from] == cycles[best] {
				lead = t
			}
		}
		if lead.from < 0 || cycles[best] == 0 {
			continue
		}
		// The stage that serves the approach begins as the platoon of the neighbour's first stage arrives.
		start := 0
		for i, st := range specs[best].Stages {
			if servesLink(&c.Signals[best], st.Stage, lead.link) {
				break
			}
			next := specs[best].Stages[(i+1)%len(specs[best].Stages)].Stage
			start += st.Green + c.Signals[best].Between(st.Stage, next)
		}
		specs[best].Offset = ((specs[lead.from].Offset+int(math.Round(lead.time))-start)%cycles[best] + cycles[best]) % cycles[best]
	}
}

func servesLink(j *city.Junction, stage int, link int32) bool {
	for _, m := range j.Stages[stage].Movements {
		if j.Movements[m].Kind == city.Vehicles && j.Movements[m].From == link {
			return true
		}
	}
	return false
}

// Stretch lengthens spec's greens so that its cycle is cycle seconds, each in proportion to what it has above its minimum.
// A spec that is longer already stays as it is.
func Stretch(j *city.Junction, spec city.PlanSpec, cycle int) city.PlanSpec {
	p, err := city.NewPlan(j, spec)
	if err != nil || p.Cycle() >= cycle {
		return spec
	}
	out := p.Spec()
	total := 0
	for _, st := range out.Stages {
		total += st.Green
	}
	add := cycle - p.Cycle()
	given := 0
	for i := range out.Stages {
		part := add * out.Stages[i].Green / total
		out.Stages[i].Green += part
		given += part
	}
	out.Stages[0].Green += add - given
	return out
}
