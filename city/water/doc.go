// Package water says what moves over a piece of ground: the ground itself, edges, sources, rain and where it is watched. It is
// what readers of flood cases give and the engines take. Metres, seconds, m³/s; rain in mm/h; Manning's n in s·m^(−1/3).
package water
