// Package flood measures the two-dimensional solvers against closed-form solutions, the Environment Agency's benchmark cases,
// the Merewether flood and published figures of speed. Speeds are of processor time on one core; the peer's are those of
// LISFLOOD-FP on the machine that they were taken on, scaled by a plain Go stencil run there and here.
package flood
