// Package routing answers shortest-path questions over a city's streets with their turn restrictions, under any weights.
//
// In: city.Streets and one weight in seconds for each link (+Inf or ≥ Closed: not to be entered). Out: for a goal, the
// seconds that remain from the end of every link and the next link to take, so that one search serves every vehicle and
// every unit bound for that goal. Link-based, so that turn restrictions hold exactly (Dijkstra 1959 on the line graph,
// searched backwards from the goal).
//
// The answers are exact. A start in a closed link still has an answer (it may leave it); no way gives Unreachable.
package routing
