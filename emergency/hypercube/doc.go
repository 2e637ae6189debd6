// Package hypercube says how busy each unit of an emergency service is and who answers whose calls, without simulating: the
// hypercube queueing model (Larson 1974), a Markov chain over which units are busy.
//
// In: a System: calls as Poisson streams by atom, one exponential service rate, for each atom the units in the order in which
// they are sent, and what a call finds when all are busy: nothing (it is lost) or a line without end. Out: a Solution. Rates are
// in any one unit of time.
//
// Exact solves the balance equations for up to 20 units. Approximate (Larson 1975) takes any number: units are busy
// independently but for a correction from the M/M/N queue; Solution.Error is what it was off on a part of the system that Exact
// can do.
package hypercube
