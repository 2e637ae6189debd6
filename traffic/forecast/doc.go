// Package forecast says how fast streets will be driven in the next hour, and how sure that is.
//
// In: records of five minutes each, of today and of earlier days: by link the mean speed of the vehicles that report (m/s) and
// the seconds that they spent there, the share of time that a loop was covered, the share of its limit that the water leaves;
// the rain (mm/h); and, from the flood forecast, that last share in the minutes to come. Out: by link the mean speed 15, 30, 45 and
// 60 min ahead with the bounds between which it comes nine times in ten.
//
// What a link does on its days is its profile. What is learnt is how far off it will be: regression trees, boosted
// (Friedman 2001, Greedy function approximation), over how far off the link, the streets before and after it, those around it and
// the whole network are now, over rain and water, now and ahead; what is far off counts linearly (Huber 1964). Few vehicles report, so
// that a single record is off what all drove: the spread that this alone makes is told apart by learning the square of what
// is left over together with the time that reporting vehicles were there.
//
// Learning and predicting are pure functions of their inputs, the same bits for any number of threads.
package forecast
