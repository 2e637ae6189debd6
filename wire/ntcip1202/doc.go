// Package ntcip1202 reads and writes what NTCIP 1202 v03A speaks with actuated signal controllers: SNMP messages that get and set objects.
//
// In: the bytes of one message (Decode), as a UDP datagram carries it, or of a stream of them (Split; SNMP over TCP, RFC 3430). Out: a Message with
// its variables, and on top of it the views that a control centre lives on: what the phases show, what detectors counted, patterns with their
// splits, and the control group by which phases are held, forced off and omitted. Append goes the other way. No socket, no clock.
//
// SNMP is version 1 (RFC 1157) or 2c (RFC 1901), in the basic encoding rules (X.690) with definite lengths. Objects stand below
// 1.3.6.1.4.1.1206.4.2.1; phases count from 1, sets of phases are bytes of eight with phase 1 as the lowest bit. Times are s, occupancy is in
// half percents.
package ntcip1202
