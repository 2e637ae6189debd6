// Package routing measures shortest paths on a road graph: what `citybrain route graph` prints and `citybrain bench routing` judges.
//
// In: a directed graph, queries with or without their distances, on wish an order of its nodes. Out: sizes, medians of wall time on one
// thread (the order alone may use more), and how many answers are wrong. RoutingKit's figures, on the same graph and machine
// type, are those that the issue states: it is not run here.
package routing
