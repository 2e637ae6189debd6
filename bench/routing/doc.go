// Package routing measures shortest paths on a road graph: what `citybrain route graph` prints and `citybrain bench routing` judges.
//
// In: a directed graph, queries with or without their distances, on wish an order of its nodes. Out: sizes, times, and how many
// answers are wrong. What runs on one thread is timed by that thread's processor time, medians, so that a busy machine does not
// count; on a free one it is the wall clock's, which is noted beside it. The order, on several threads, is timed by the wall
// clock. RoutingKit's figures, on the same graph and machine type, are those that the issue states: it is not run here.
package routing
