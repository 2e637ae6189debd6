// Package emergency is the engine of calls and units: who needs help where, which ambulance goes, when it arrives.
//
// In: a city's streets, stations and hospitals (city), calls, assignments, and the roads as they are (Roads). Out: the state
// and place of every unit and the clocks of every call: ring, answered, assigned, wheels rolling, kerb, patient, hospital,
// clear. Times are seconds since the scenario's start.
//
// A unit drives on the Roads that it is given: the traffic engine's, with lights and queues, or Timed ones. It takes the way that its
// centre advises, else the quickest of the moment. The engine
// is a pure function of its inputs: no clock, no chance, no goroutine.
package emergency
