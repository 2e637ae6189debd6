// Package traffic is the traffic engine: vehicles through the streets as mesoscopic queues, and the signals that let them go.
//
// In: a city's streets and signals (city), trips, signal plans and stage requests, the state of links (speed, closures),
// the weather. Out: where every vehicle is, counts and travel times of every link, the state of every signal.
//
// A link is a running part, driven at its free speed, and up to three first-in-first-out queues at its end, one for each
// group of lanes (spatial queues; Gawron 1998), with its own storage: a full link takes no more, and the room that a
// departure makes is felt at the link's entry only when the backward wave has come there (Newell 1993, simplified theory).
// Discharge is the saturation flow of the lanes while they are green. Permissive turns take gaps, minor approaches yield.
// Drivers follow shortest-path trees to their destination: a share by habit, the others by the travel times of late.
//
// One step is one second. The engine is a pure function of its inputs: no clock, no chance but that of its seed, no
// goroutine left running, the same bits for any number of threads.
package traffic
