// Package exchange connects the departments: their bytes in, as observations on the twin's main branch; commands out, as their
// protocols carry them, through a life cycle that survives a restart.
//
// In: packets of the departments' feeds, each with its arrival (wire.Packet); commands. Out: packets for the departments;
// changes of the twin; the state of every feed against its contract; a quarantine with every byte that was refused and why.
// An Exchange opens no socket and reads no clock: whoever runs it moves the bytes, in lockstep or, with Sockets, over TCP to the
// addresses of a list.
//
// A command goes proposed → approved → sent → acknowledged → seen, or ends refused, expired or contradicted. It is in the log
// before it is on the wire, and what it achieved is read from the feed, not assumed.
package exchange
