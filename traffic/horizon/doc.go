// Package horizon plans the stages of a city's junctions over a rolling horizon: each junction looks for the sequence of stages
// under which the fewest vehicle-seconds are lost in the time to come, and hears what its neighbours mean to send it.
//
// In: a city, once; at each decision what is believed of its streets (State): vehicles that wait for each group of lanes, those that
// are under way to it, room in the streets ahead, what each controller shows and since when. Out: the stage that each junction should
// be asked for, and its plan: the greens that it expects to show, what they cost and what the best plan that begins with another
// stage would have cost.
//
// A junction is its queues, one for each group of lanes of an approach. A green lets them leave at the saturation flow of their
// lanes as long as there is room ahead; turns that give way find gaps; a change costs its inter-green, and a stage its least green. Over
// sequences of stages a beam searches by (second, stage), the rolling horizon of COP (Sen & Head 1997) and PRODYN (Henry et al. 1983);
// what still waits at the end is let go in turn by the stages that serve most for their time. Whoever must be served by a time
// (people on foot, and vehicles that the equipment would serve by itself) weighs when it is not kept.
//
// Vehicles, s, m. Deterministic: the same states in, the same stages out, whatever the number of threads.
package horizon
