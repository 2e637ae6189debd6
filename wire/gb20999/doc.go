// Package gb20999 reads and writes GB/T 20999-2017 frames: traffic signal controllers and their control centre.
//
// In: the bytes of a UDP datagram (Decode), or of a TCP or RS-232 stream where special bytes are escaped (Split, then
// DecodeEscaped). Out: a Frame with its values, each at an address class.object.attribute.element and with its bytes as
// sent. On top of them come the views that a control centre lives on: RunState, StageStates, Lamps, Detectors, Plans,
// Faults, and the values that ask for them and set them. Append and AppendEscaped go the other way. No socket, no clock.
//
// Addresses and meanings follow annex A of the standard. Times of stages and cycles are s, offsets s, speeds km/h,
// occupancy %, volumes vehicles in the detector's volume period. Widths are taken from each value's length field, because
// controllers in the field send some values wider or narrower than the tables say. Wall-clock times carry no zone on the
// wire; the attribute says whether they are UTC (13.1.10) or local.
package gb20999
