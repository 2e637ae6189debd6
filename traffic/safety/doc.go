// Package safety enumerates every state that a signal controller can reach and holds what it shows against its junction's
// inter-green matrix. It shares no code with what plans and steps signals: conflicts, minimum greens and clearances are worked
// out here anew from the movements and the matrix.
//
// In: a junction, and a controller as a machine: where it starts, what inputs a second may bring, what comes next, which
// movements are green. Out: how many states there are, how long each movement may have to wait while it is called without end,
// or the shortest sequence of inputs that ends in something unsafe.
//
// The search is breadth first over pairs of the controller's state and a watch: for each movement how long it has been green, or
// how long its green is over, as far as any rule still asks. Times are whole seconds, as controllers keep them.
package safety
