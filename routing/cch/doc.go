// Package cch answers shortest-path questions on a directed graph whose weights change often: a customizable contraction
// hierarchy (Dibbelt, Strasser and Wagner 2016).
//
// In: nodes 0…n-1, arcs by tail and head, a whole non-negative weight for each arc, and on wish the nodes' coordinates. Loops,
// parallel arcs, one-way arcs and parts that nothing joins are all allowed. Unreachable, 2³¹−1, is the weight of an arc that
// can't be used and the distance to where no way leads; a way as long as that counts as none.
//
// Three steps, each for what changes more often than the one before. Order puts the nodes in order by nested dissection: cuts of few
// nodes that leave halves alike, from coordinates or from the graph's own distances. New contracts the graph in that order (any other
// will do as well): it depends on no weight. Metric takes in weights, Metric.Customize all of them anew, Metric.Update some.
//
// Then Query finds the distance or a path between two nodes, Targets and Sweep the distances from one node to many, Table from
// many to many, Potential to one from those that are asked for, ToSets those from all nodes. All answers are exact, and the
// same for any number of threads. Structures are immutable but where they say otherwise; working memory (Query, Sweep) is for
// one goroutine at a time.
package cch
