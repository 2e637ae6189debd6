// Package swmm reads drain networks from input files of EPA's Storm Water Management Model (.inp), after its user's manual version 5.2
// (Rossman & Simon 2022, EPA/600/R-22/030), appendix D.
//
// In: the file; names of time series files in it are relative to its folder. Out: a water.Network in metres and m³/s, whatever units the
// file has. What the network can't hold and would change its flow is refused by file, line, section and field, with what to do; what
// it can do without (water quality, drawing, snow) becomes a note.
package swmm
