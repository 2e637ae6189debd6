// Package traci reads and writes TraCI, the protocol over which SUMO is driven from outside, and holds a connection to it.
//
// In: the bytes of a TCP stream (Split), of a message (Commands), of a command's content (Status, Result, Subscription).
// Out: commands that get, set, step and subscribe, framed into messages (Message). Conn puts both together on a net.Conn:
// one message out, one message back, each with a deadline, so that a SUMO that dies or hangs is an error and never a hang.
//
// Numbers are big-endian. A message is a length of four bytes, itself included, and commands; a command is a length of one
// byte, itself included, or a zero byte and four bytes of length, an identifier and content. Everything follows the TraCI
// documentation of SUMO 1.15 (API version 20): "Protocol", "Control-related commands", "Value Retrieval", "Object Variable
// Subscription", "Object Context Subscription". Units are SUMO's: metres, m/s, s.
package traci
