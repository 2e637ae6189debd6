// Package siting says where stations and units should stand, and how far from the best that can be at most.
//
// In: points with weights, sites, and what lies between them. Out: a Solution with its value and a bound that no choice beats.
//
// Median is the p-median problem (Hakimi 1964): the least mean distance to the nearest of n open sites. Cover is the maximal
// expected covering location problem (Daskin 1983), with a busy fraction of 0 the maximal covering problem (Church and ReVelle
// 1974). Both choose greedily, then exchange one site at a time while that helps (Teitz and Bart 1968); the bound is the
// Lagrangian dual's, by subgradients (Fisher 1981). Weights add up to what they like; values keep to them.
package siting
