// Package drains moves water through a net of sewers, creeks, pumps, gates, weirs, orifices and storages, and between it and the
// street.
//
// Conduits: the full Saint-Venant equations on staggered reaches, levels at nodes and velocities between them, semi-implicit in
// time (Casulli & Stelling 2013, Int. J. Numer. Meth. Fluids 73: 600): the level's slope and friction are taken at the new time,
// advection (Stelling & Duinmeijer 2003) at the old one, so that a step is bound by the speed of the water and not by that of
// pressure. A conduit that runs full has a Preissmann slot. The volume at each node is a function of its level that need be neither
// convex nor concave; Newton's method finds the levels, and where it does not close, the nested one of Casulli & Zanolli 2012.
// Structures are functions of the levels at their ends, linearised in the same system, which is solved directly in an order fixed at the start. Volumes then change by flows alone: no water is made.
//
// In: a water.Network (metres, m³/s) and a Config. Out: levels in metres, flows in m³/s, volumes in m³ of every node, the state of
// pumps and gates, and an account of every cubic metre. Operation: pumps start and stop by level within starts an hour, minimum run
// and rest, units down and feeders; gates open behind a tide lock; creeks have a ceiling, a lowest level and a fastest drawdown.
//
// A Sim is a pure function of its inputs: no clock, no chance, no goroutine; a step allocates nothing.
package drains
