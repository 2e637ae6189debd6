// Package floodcase reads a flood case in YAML: the file that `citybrain flood run CASE.yaml` takes.
//
// In: the file and what it names, relative to its folder. Out: a water.Case. Times are in seconds unless `time: min` or `time: h`
// says otherwise. docs/flood.md describes every key. An error names the file, the line, and what to do.
package floodcase
