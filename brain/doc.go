// Package brain is the loop of the city's brain: it estimates the state of the city from what departments report, forecasts it
// on branches, decides, and sends commands.
//
// In: the twin's main branch and the departments' exchange. Out: commands, decisions with what was known and expected, forecast
// branches. It knows the engines and never the world: whatever happens reaches it through the feeds.
//
// What is tried, is tried on branches under what is uncertain: water under the members of the rain ensemble, each of which stands
// for a distribution about its depth; traffic under variants of the demand, which the reporting vehicles correct; closures under
// both. What came of a decision is read from the feeds after its horizon.
//
// Four rates: calls on arrival; junctions every few seconds; network decisions every minute; forecasts every five minutes, or at
// once when new rain was issued. Time comes from whoever ticks it. The same observations give the same decisions: budgets count
// members and evaluations, never seconds.
package brain
