// Package twin is what changes in a city: entities and fields over time, on branches, with their history.
//
// In: batches of changes (Branch.Apply), field values (SetField). Out: consistent snapshots that never block a writer, queries
// by type, attribute, place and time, differences between branches, history by two clocks, streams of changes.
//
// The attribute model is NGSI-LD's (ETSI GS CIM 009, clause 4.5): properties, relationships and their relatives, several
// instances by datasetId, sub-attributes, unitCode (UN/CEFACT), observedAt. Positions are WGS 84 degrees. Every value has two
// times: observedAt, when it was so, and recordedAt, when the twin learnt of it. The current value is the newest observedAt; a
// late value goes into history and overwrites nothing.
//
// State is a persistent hash trie (Bagwell 2001): a fork is one pointer, a difference is found by walking only what two states
// don't share. Main and edited branches are durable: a batch is in the log, synced, before it can be read. Derived branches
// (forecasts) log only the recipe that they can be made again from.
//
// A durable twin is a folder: log, checkpoint, and what else is laid there. Backup copies it while it is written to, Restore makes
// it again, every part verified, and Check reads it to the last byte.
package twin
