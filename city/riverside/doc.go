// Package riverside makes a river city out of a seed: the demo, in the manner of Lujiazui and the old town across the Huangpu.
//
// In: a seed. Out: a whole city.City: a tidal river with a sharp bend, towers inside the bend, an old town in its ring road
// across the water, creeks with gates, polders below high tide, elevated roads, tunnels, underpasses; streets with signals;
// people, jobs, buildings, hospitals. The same seed gives the same city, bit for bit. All names are invented.
//
// Streets are drawn as curves on a plane, cut where they cross, and thinned to what is connected; everything else is placed
// along them.
package riverside
