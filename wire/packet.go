// Package wire holds what the departments' protocols have in common: bytes that travel on a feed, as packets, and the connections
// that carry them where they don't travel in lockstep (Sockets, to an address list). Each protocol's own package below it turns
// bytes to frames and back and does nothing else.
package wire

import "time"

// A Packet is a piece of one feed's byte stream, in one direction. A frame may span packets and a packet may hold several
// frames: the receiver splits the stream.
type Packet struct {
	Feed  string    // "water/sl651": the department's id and the protocol
	At    time.Time // when it arrives
	Seq   uint64    // order among the packets of its feed
	Bytes []byte
}
