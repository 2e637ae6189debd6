// Package console measures the console at the height of the storm evening: `citybrain bench console`.
//
// In: the repository (for the browser's driver, in console/node_modules, and the Porto Alegre data beside it), the members of
// each forecast. Out: the rows of the list; null with the reason where node, Chromium or the data are missing.
//
// Two rows need no browser: the time from the start of a process to its first complete frame of vehicles at an HTTP client,
// for the demo city and for a pack of Porto Alegre. For the others a real server runs the storm evening as fast as it can up
// to 10,000 vehicles and from there at ten times the clock, the console's default; a headless Chromium without a GPU opens
// the embedded console, and a client beside it counts the bytes of the stream. The engine's own places are kept for the last
// ticks, so that what the page draws can be held against them.
//
// Script time is all of ours in a frame of the screen that the stream falls into: decoding and updating everything that came at
// once, and drawing. Other frames only draw; the row's note has them.
package console
