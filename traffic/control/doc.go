// Package control holds the signal controllers of lane-level networks, all behind one interface, so that the same code drives
// real SUMO, the microscopic engine and an engine with CityFlow's rules.
//
// In, once: a Network, made from a city.LaneNet: its junctions with lanes, links, phases to choose from and what lies up- and
// downstream. In, per decision: an Observation: the vehicles within View metres before each stop line (on the unsignalled streets
// behind it too), the number of vehicles on every lane, what each junction shows and since when, the clock. Nothing else: no
// route beyond a vehicle's next road, no future departure. Out: the phase that each junction should show.
//
// A driver of an engine or of equipment does this every second (or as often as it steps):
//
//	net := control.NewNetwork(lanes, control.Options{Yellow: 3, MinGreen: 5})
//	lamps := control.NewLamps(net)
//	ctl, err := control.New("brain", net, control.Settings{})
//	for each second now {
//		lamps.Fill(&obs)                  // phases and timers; the driver fills Time, Seen, Count, Halted
//		if now is a decision time {
//			ctl.Decide(&obs, want)        // want[j]: index into net.Junctions[j].Phases; holds the last wish on entry
//		}
//		lamps.Step(now, want, obs.Calls)  // yellow, clearance, minimum green
//		show lamps.State(j) at each junction whose lamps.Changed(j)
//	}
//
// Lamps is the one state machine of all transitions: a controller may wish what it likes, the street sees yellow and minimum
// greens. Metres, m/s, s. Deterministic: the same observations in, the same phases out.
package control
