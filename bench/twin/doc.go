// Package twin measures the twin at the size of a large city: `citybrain bench twin`.
//
// In: the number of entities (two attributes each, a number and a point), how often to kill a writing process and to cut the
// power of a file layer. Out: the figures of Result, as a table or JSON.
//
// What is measured: a fork and the heap it takes, mean of 10,000, then what is left of them when dropped; 1,000 writes to
// scattered entities on a fork in one batch (and, beside it, each in its own), and the heap they take; the difference of that
// fork from its parent; updates in batches of 100 on a branch in memory while four readers each read 100 entities a
// millisecond (and, beside it, without a wait), each batch read back at once; changes in batches of 100 from eight writers to
// a twin on disk, each batch synced before its answer; opening a closed twin of that size.
// Times are the median of five where a run is short. Kills end a child process with SIGKILL at a random moment; cuts end the
// power of package faultfs at a random call. Every batch acknowledged before must be there afterwards, whole: what is not
// counts as lost.
package twin
