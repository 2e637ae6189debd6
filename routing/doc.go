// Package routing answers shortest-path questions over a city's streets with their turn restrictions, under any weights.
//
// In: city.Streets and one weight in seconds for each link (+Inf or ≥ Closed: not to be entered). Out: for a goal, the
// seconds that remain from the end of every link and the next link to take, so that one search serves every vehicle and
// every unit bound for that goal. Link-based, so that turn restrictions hold exactly: links are the nodes of the search, turns
// its arcs.
//
// One goal is answered by Dijkstra's search (1959), backwards. Many goals under the same weights are answered by a customizable
// contraction hierarchy (Dibbelt, Strasser and Wagner 2016): NewGraph orders the links by nested dissection once a city, Metric
// takes in the weights of the moment, Trees climbs from each goal and sweeps down once, four goals at a time. Weights are whole
// milliseconds inside, so that both give the same bits.
//
// The answers are exact. A start in a closed link still has an answer (it may leave it); no way gives Unreachable.
package routing
