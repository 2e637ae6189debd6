// Package operation chooses what to do about a flood that an ensemble foretells, and words the warnings.
//
// In: units (pumps, gates, mobile pumps, a creek's drawdown) with what each can be ordered and its limits, and a model of the caller's that
// says what a plan costs in a member of the ensemble; for an underpass or a street its depths in every member. Out: the plan of least
// (1 − w)·mean + w·CVaR of the loss in fen (Rockafellar & Uryasev 2000), closure times, warnings by place with probability, lead time and
// text in Chinese and English.
//
// The package knows no engine, has no clock, and counts its search in evaluations: the same input, the same plan.
package operation
