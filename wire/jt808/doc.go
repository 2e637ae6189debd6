// Package jt808 reads and writes JT/T 808 frames, editions 2011, 2013 and 2019: vehicle terminals (buses, taxis, lorries,
// ambulances) and their platform.
//
// In: the bytes of a TCP stream (Split) or of one frame (Decode). Out: a Frame with header and body, and from it a
// Message: register, authenticate, position reports, general answers, texts, tracking, circles, routes, parameters,
// passenger counts; every other body stays Raw. Append and Compose go the other way. Nothing here opens a socket or reads a clock;
// numbering, answering and resending (clause 6) are the caller's part.
//
// Units: degrees (datum as the terminal sends it, WGS 84 as a rule), altitude m, speed km/h in steps of 0.1, heading
// degrees clockwise from north, distance km. Times are Beijing time (UTC+8). Text is GBK on the wire, UTF-8 here.
//
// Bodies that name a driver (0702) are not taken apart.
package jt808
