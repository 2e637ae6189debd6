// Package modbus reads and writes Modbus TCP: pumps, gates, meters and building controllers that answer register by
// register.
//
// In: the bytes of a TCP stream (Split), of one frame (Decode), of a frame's PDU (Frame.Request, Frame.Response). Out:
// requests and responses of functions 1, 2, 3, 4, 5, 6, 15 and 16, and exceptions. NewRequest, NewResponse and Append go the
// other way. Nothing here opens a socket or reads a clock, so that both ends can run in lockstep.
//
// It follows the Modbus Application Protocol V1.1b3 (clause 6) and the Messaging Implementation Guide V1.0b (MBAP header,
// clause 3.1.3). Addresses count from 0; registers are 16 bits, high byte first, their units are the device's. There is
// no checksum: damage inside a frame's data can't be seen.
package modbus
