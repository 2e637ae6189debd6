// Package corridor plans green corridors: which stage each signal on an emergency unit's way is asked for, and when.
//
// In: every few seconds the units under way with the junctions before them (when they come there if nothing stands, and what
// stands in their lanes), and what each signal shows. Out: stage requests. A green is asked for so early that the queue has
// driven off when the unit comes (start-up loss and queue over saturation flow), and no earlier; the change to it is the
// controller's own, with every inter-green, minimum green and walkers' clearance. Whoever would wait longer than Longest at red is
// served first, also when that costs the unit; a junction whose stages do not come round within that time even at their least is left
// alone. Behind the unit the stages are served that were made to wait, until the queues are
// what they were; then the junction is its plan's again. Of two units at one junction the more urgent comes first, then the
// earlier.
//
// Times are whole seconds. The package is a pure function of what it is told and its own state.
package corridor
