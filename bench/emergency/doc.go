// Package emergency measures dispatch, redeployment and the hypercube: `citybrain bench emergency`.
//
// In: where the reference data lies, how many seeds and days. Out: a row for each figure that the issue asks for; null with the
// reason where something is not there.
//
// JEMSS cities: policies static and dmexclp beside the reference means; brain beside dmexclp at its best busy fraction (0.1 to
// 0.6 on the shared calls) on days that Generate draws from the city's own distributions, the seeds paired. The demo city:
// evenings with a day profile, a rush hour and a storm, static and brain on the same calls.
package emergency
