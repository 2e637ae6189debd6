// Package cityflow reads CityFlow's roadnet and flow files into a city.LaneNet and a city.LaneDemand.
//
// In: roadnet JSON (intersections, roads, lane links, light phases) and flow JSON (vehicles and their routes), plain or .xz,
// in metres, m/s and seconds; the format is documented at https://cityflow.readthedocs.io. Both are decoded as a stream. Out:
// values that are whole: what is missing or contradicts itself is an error that names the file and the element.
//
// What the format leaves to its reader is read as CityFlow does (Zhang et al. 2019): lanes are counted from the middle of
// the road and lie to its right, so a LaneNet, which counts from the kerb, has them the other way round; a road ends where
// the intersection's width begins; a lane link without points is a cubic curve; a route's roads that don't touch are joined
// by the shortest way; a flow sends a vehicle every interval from its start to its end, both included.
package cityflow
