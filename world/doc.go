// Package world is a simulated reality for demonstrations, tests and benchmarks: what happens whatever the brain believes.
//
// In: a city, a scenario and a seed; the bytes that the departments' systems receive (commands). Out: the bytes that they
// send, late and with noise and gaps as real ones are, and, for the account only, what truly happened. It speaks to the
// brain in no other way: nothing here may be imported by brain, exchange or server.
//
// The departments' bytes leave and arrive as packets, in lockstep or, with Sockets, over TCP.
//
// Rain falls from storm cells that move and grow; the forecasts that the weather service issues have errors of timing, place
// and strength which all their members share. Traffic and water run in the engines of this repository on the true city.
package world
