// Package account says what the brain was worth: it runs the same evening twice, with the brain and without, under the same
// chance, and takes the difference apart so that anyone can compute it again.
//
// It is the one place, besides cmd and bench, that may see both the world and the brain. In: a city, seeds, a scenario. Out:
// what happened in each run, the paired differences with their spread, and a verdict on a result that somebody else printed.
//
// 'Without' is a fair city: its controllers have Webster's plans for the hour's true mean demand with coordinated offsets, its
// pumps their design switch levels, its ambulance centre sends the nearest free unit by free-flow road time.
package account
