// Package forecast says how fast streets will be driven in the next hour, and how sure that is.
//
// In: records of five minutes each, of today and of earlier days: by link the mean speed of the vehicles that report (m/s), how many of them left
// and the seconds that they spent there, the share of time that loops were covered and what they counted, the share of its limit that the water
// leaves; the rain (mm/h); and, from the flood forecast, that last share in the minutes to come. Out: by link the mean speed 15, 30, 45 and
// 60 min ahead with the bounds between which it comes nine times in ten.
//
// What a link does on its days is its profile: by quarter of an hour the mean of the vehicles that left, drawn towards the link's day and the city's
// hour where few did. What is learnt is how far off it will be: regression trees, boosted on half of the rows each (Friedman 2001, Greedy function
// approximation; 2002, Stochastic gradient boosting), over how far off the link, the streets before and after it, those around it and the
// whole network are now, by speeds, by loops' cover and counts, over rain and water, now and ahead; what is far off counts linearly (Huber 1964). Few
// vehicles report, so that a single record is off what all drove: the spread that this alone makes is told apart by learning the square of what
// is left over together with the time that reporting vehicles were there.
//
// Learning and predicting are pure functions of their inputs, the same bits for any number of threads. A model that is kept in a file
// foretells to the bit what it did before.
package forecast
