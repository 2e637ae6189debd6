// Package sumo reads the networks, demand and configurations of SUMO (net.xml, rou.xml, add.xml, sumocfg).
//
// In: files (of additional ones types, stops, vehicles and the programs of lights), also as .gz or .xz; where FILE is missing and FILE.xz or FILE.gz is there, that one is read. Out: a city.LaneNet, a
// city.LaneDemand with seconds counted from the configuration's begin, the light programs as written, and a city.Defect for
// everything that was repaired or left out, its Element being "file:line". What cannot be repaired is an error that names file
// and line.
//
// Metres, m/s and s, as in the files; positions are the network's own plane. Lanes are counted from the kerb. Roads are the
// edges for traffic; internal lanes become the connections' paths, of crossings those with lights are kept, walking areas are left out. The formats are
// those of SUMO's documentation ("SUMO Road Networks", "Definition of Vehicles, Vehicle Types, and Routes"), defaults those of
// SUMO 1.15 ("Vehicle Type Parameter Defaults").
package sumo
