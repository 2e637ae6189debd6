// Package sl651 reads and writes SL 651-2014 frames in the HEX/BCD coding: hydrological stations (rain, stages, flow,
// pumps, sluice gates) and their centre.
//
// In: the bytes of a TCP stream (Split) or of one frame (Decode). Out: a Frame with its link-layer fields, and from it a
// Body: reports, commands and acknowledgements. Append and Compose go the other way. Nothing here opens a socket, reads a
// clock or keeps state; how long to wait and how often to resend (clause 6, modes M1 to M4) is the caller's part.
//
// Units are the standard's (annex C): stages, gate openings and wave heights in m, rain in mm, flow in m³/s, voltage in V;
// a gate order carries whole cm. Times are Beijing time (UTC+8); a stage's vertical datum is the station's own and not on
// the wire. Values keep the digits they were sent with, so that decoding and encoding give the same bytes.
//
// The ASCII coding of the same structure (frames that begin with 01) is not read: Decode refuses it by name.
package sl651
