// Package emergency is the engine of calls and units: who needs help where, which units go, when they arrive.
//
// In: a city's streets, stations and hospitals (city), calls with the units that they need, orders (assign, divert, recall, station, bring, lend),
// the patients who come to hospitals by themselves, and the roads as they are (Roads). Out: the state and place of every unit
// with its crew's shift, meals and fuel, how full hospitals are, and the clocks of every call: ring, pick-up, located, triaged, assigned,
// wheels rolling, kerb, patient, all units there, hospital, clear. Times are seconds since the scenario's start. A Desk is a
// centre's call-takers as a queue with abandonment.
//
// A unit drives on the Roads that it is given: the traffic engine's, with lights and queues, or Timed ones. It takes the way that its
// centre advises, else the quickest of the moment. The engine
// is a pure function of its inputs: no clock, no chance, no goroutine.
package emergency
