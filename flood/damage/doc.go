// Package damage turns depths and speeds of water into what they cost and whom they endanger.
//
// In: depths in metres above an asset's floor or a street, speeds in m/s, values in fen. Out: damages in fen with their interval, classes of
// hazard, speeds of roads in m/s, hours of interruption.
//
// Rules: the curve at the depth above the floor; nothing below 0.15 m of it; an asset once an event, by its deepest water; a garage is an
// asset apart from its building; the curves are good to a factor of two either way, which every interval carries.
//
// Sources: depth–damage fractions for Asia of Huizinga, de Moel & Szewczyk 2017 (EUR 28552 EN, tables 3-3 ff.); road speeds of Pregnolato et
// al. 2017 (doi 10.1016/j.trd.2017.06.020); hazard classes of Smith, Davey & Cox 2014 as in AIDR guideline 7-3, whose table was not checked
// against the source. Hours of recovery are assumptions of ours, for want of a source that could be checked.
package damage
