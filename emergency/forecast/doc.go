// Package forecast says how many emergency calls to expect in each cell and time slot, and how sure that is.
//
// In: a History of counts by slot (a quarter of an hour, an hour, a day) and cell, with what may move them: covariates of a slot
// such as rain, and events at a cell. Out: for a slot the mean of each cell and the dispersion of its negative binomial
// distribution, so intervals and log-likelihoods.
//
// The mean is a product: a log-linear rate of the whole (harmonics of the day apart for working days and weekends, days of the
// week, the year, covariates; penalised Poisson regression), a factor of the slot of the week and one of the cell and part of
// day, both shrunk towards 1 by what little was counted, one of the kind of event, and a level that follows the last weeks
// (gamma discounting, Harvey and Fernandes 1989, its memory chosen on the history). What is left over decides the dispersion.
//
// Baseline is what it must beat: the mean of the hour of the week and cell, smoothed over neighbouring hours, Poisson.
package forecast
