// Package server is the HTTP side of a running city: the console, its live stream and replay, map tiles, what the twin knows of
// anything on the map, decisions and people's verdicts on them.
//
// In: the brain and its twin, read between ticks by whoever runs them (Observe). Out: HTTP. Readers never hold up the city:
// each tick is published as immutable messages, a slow client skips to the newest, and verdicts wait in a queue for the next
// tick. It knows nothing of the world.
//
// The live stream is a sequence of messages: type (1 byte), 3 spare bytes, length of the payload (u32), payload; all numbers
// little-endian. Types: 1 vehicles, 2 signals, 3 water, 4 status (JSON), 5 speeds; see message.go.
package server
