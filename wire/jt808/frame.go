package jt808

import (
	"encoding/hex"
	"fmt"
)

const (
	flag = 0x7E
	esc  = 0x7D

	// MaxBody is the longest body of one package in bytes: the length has 10 bits.
	MaxBody = 1023
	// maxFrame bounds a frame on the wire: all bytes escaped.
	maxFrame = 2 + 2*(21+MaxBody+1)
)

// A Version is the edition that a frame's header follows.
type Version uint8

// The editions. A 2011 frame has the header of 2013.
const (
	V2013 Version = iota
	V2019
)

// A Header is what stands before every body.
type Header struct {
	ID         uint16
	Version    Version
	Protocol   uint8  // protocol version of a 2019 terminal, 1 as a rule; 0 in 2013
	Phone      string // 12 (2013) or 20 (2019) hexadecimal digits, zeros in front; decimal as a rule
	Serial     uint16
	Encryption uint8  // 0 none, 1 RSA; three bits
	Reserved   bool   // bit 15 of the properties
	Parts      uint16 // packages of the message; 0 for a message of one package
	Part       uint16 // this package's number, from 1; 0 for a message of one package
	ShortPhone bool   // a terminal that sets the 2019 flag over a header of 2013; Version is V2013 then
	Plain      bool   // a terminal that does not escape; its frames with 7E inside are lost in a stream
}

// A Frame is one package.
type Frame struct {
	Header
	Body []byte
}

func unescape(b []byte) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		switch c := b[i]; c {
		case flag:
			return nil, fmt.Errorf("jt808 frame: byte %d: 7E inside the frame; split the stream there", i+1)
		case esc:
			i++
			if i == len(b) || b[i] != 1 && b[i] != 2 {
				return nil, fmt.Errorf("jt808 frame: byte %d: 7D without 01 or 02 behind it; quarantine it", i)
			}
			out = append(out, esc+b[i]-1)
		default:
			out = append(out, c)
		}
	}
	return out, nil
}

// Decode reads one whole frame from 7E to 7E, as sent. A frame with a byte that should have been escaped is read as Plain
// if check and length are right so.
func Decode(b []byte) (Frame, error) {
	if len(b) < 15 || b[0] != flag || b[len(b)-1] != flag {
		return Frame{}, fmt.Errorf("jt808 frame: %d bytes; a frame runs from 7E to 7E and has at least 15", len(b))
	}
	d, err := unescape(b[1 : len(b)-1])
	if err == nil {
		return content(d)
	}
	if f, plain := content(b[1 : len(b)-1]); plain == nil {
		f.Plain = true
		return f, nil
	}
	return Frame{}, err
}

// content reads a frame without flags and escapes.
func content(d []byte) (Frame, error) {
	var sum byte
	for _, c := range d {
		sum ^= c
	}
	if sum != 0 {
		last := d[len(d)-1]
		return Frame{}, fmt.Errorf("jt808 frame: check %02X, the bytes give %02X; wait for the terminal to send again", last, last^sum)
	}
	d = d[:len(d)-1]
	if len(d) < 12 {
		return Frame{}, fmt.Errorf("jt808 frame: %d bytes of header; it has at least 12", len(d))
	}
	props := uint16(d[2])<<8 | uint16(d[3])
	f := Frame{Header: Header{ID: uint16(d[0])<<8 | uint16(d[1]), Encryption: uint8(props >> 10 & 7), Reserved: props>>15 == 1}}
	size := int(props & MaxBody)
	block := 0
	if props>>13&1 == 1 {
		block = 4
	}
	phone := d[4:10]
	at := 10
	if props>>14&1 == 1 {
		switch {
		case len(d) == 17+block+size:
			f.Version, f.Protocol, phone, at = V2019, d[4], d[5:15], 15
		case len(d) == 12+block+size:
			f.ShortPhone = true
		default:
			return Frame{}, fmt.Errorf("jt808 frame: header says a body of %d bytes, the frame has %d; wait for the terminal to send again", size, len(d)-17-block)
		}
	} else if len(d) != 12+block+size {
		return Frame{}, fmt.Errorf("jt808 frame: header says a body of %d bytes, the frame has %d; wait for the terminal to send again", size, len(d)-12-block)
	}
	f.Phone = hex.EncodeToString(phone)
	f.Serial = uint16(d[at])<<8 | uint16(d[at+1])
	at += 2
	if block > 0 {
		f.Parts, f.Part = uint16(d[at])<<8|uint16(d[at+1]), uint16(d[at+2])<<8|uint16(d[at+3])
		if f.Part == 0 || f.Part > f.Parts {
			return Frame{}, fmt.Errorf("jt808 frame: package %d of %d; numbers run from 1 to the total", f.Part, f.Parts)
		}
		at += 4
	}
	f.Body = append([]byte{}, d[at:]...)
	return f, nil
}

// Append writes f behind dst, escaped, from 7E to 7E. On an error it returns nil.
func Append(dst []byte, f Frame) ([]byte, error) {
	digits := 12
	if f.Version == V2019 {
		digits = 20
	}
	switch {
	case len(f.Body) > MaxBody:
		return nil, fmt.Errorf("jt808 frame: body of %d bytes; at most %d fit, send it in packages", len(f.Body), MaxBody)
	case f.Version > V2019 || f.Version == V2019 && f.ShortPhone:
		return nil, fmt.Errorf("jt808 frame: version %d, short phone %t; use V2013 or V2019, short phones with V2013 only", f.Version, f.ShortPhone)
	case f.Encryption > 7:
		return nil, fmt.Errorf("jt808 frame: encryption %d; it has three bits", f.Encryption)
	case len(f.Phone) > digits:
		return nil, fmt.Errorf("jt808 frame: phone %q; at most %d digits fit", f.Phone, digits)
	case (f.Parts != 0 || f.Part != 0) && (f.Part == 0 || f.Part > f.Parts):
		return nil, fmt.Errorf("jt808 frame: package %d of %d; numbers run from 1 to the total", f.Part, f.Parts)
	}
	props := uint16(len(f.Body)) | uint16(f.Encryption)<<10
	if f.Parts != 0 {
		props |= 1 << 13
	}
	if f.Version == V2019 || f.ShortPhone {
		props |= 1 << 14
	}
	if f.Reserved {
		props |= 1 << 15
	}
	d := []byte{byte(f.ID >> 8), byte(f.ID), byte(props >> 8), byte(props)}
	if f.Version == V2019 {
		d = append(d, f.Protocol)
	}
	var err error
	if d, err = hex.AppendDecode(d, []byte(fmt.Sprintf("%0*s", digits, f.Phone))); err != nil {
		return nil, fmt.Errorf("jt808 frame: phone %q is not hexadecimal; give digits", f.Phone)
	}
	d = append(d, byte(f.Serial>>8), byte(f.Serial))
	if f.Parts != 0 {
		d = append(d, byte(f.Parts>>8), byte(f.Parts), byte(f.Part>>8), byte(f.Part))
	}
	d = append(d, f.Body...)
	var sum byte
	for _, c := range d {
		sum ^= c
	}
	dst = append(dst, flag)
	for _, c := range append(d, sum) {
		if !f.Plain && (c == flag || c == esc) {
			dst = append(dst, esc, c-esc+1)
		} else {
			dst = append(dst, c)
		}
	}
	return append(dst, flag), nil
}

// Split cuts the next frame out of a TCP stream. n is how many bytes of buf are used up: garbage, what no frame claims,
// for the quarantine; then frame; both slices of buf. The flag that closes a frame stays in the stream, because it may
// open the next one; flags side by side hold nothing and are dropped. Without a whole frame, frame is nil and buf[n:]
// waits for more bytes. A frame that it returns has a good check and length.
func Split(buf []byte) (frame, garbage []byte, n int) {
	open := -1
	for i, c := range buf {
		if c != flag {
			continue
		}
		if open >= 0 && i > open+1 {
			if _, err := Decode(buf[open : i+1]); err == nil {
				return buf[open : i+1 : i+1], unclaimed(buf[:open]), i
			}
		}
		open = i
	}
	if open < 0 || len(buf)-open > maxFrame {
		open = len(buf)
	}
	return nil, unclaimed(buf[:open]), open
}

// unclaimed takes idle flags off both ends of garbage; nil if nothing else is in it.
func unclaimed(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == flag {
		b = b[:len(b)-1]
	}
	for len(b) > 1 && b[0] == flag && b[1] == flag {
		b = b[1:]
	}
	if len(b) == 0 {
		return nil
	}
	return b[:len(b):len(b)]
}

// Join puts the packages of one message, all of them and in order, together: the first package's header without its
// numbers, and the bodies of all. The result may be too long for one frame; it is for Message, not for Append.
func Join(packages []Frame) (Frame, error) {
	if len(packages) == 0 {
		return Frame{}, fmt.Errorf("jt808 message: no packages; keep them until the last one has come")
	}
	whole := packages[0]
	whole.Body = nil
	for i, p := range packages {
		if int(p.Part) != i+1 || int(p.Parts) != len(packages) {
			return Frame{}, fmt.Errorf("jt808 message: package %d of %d stands in place %d of %d; order them and ask for the missing ones (8003)", p.Part, p.Parts, i+1, len(packages))
		}
		if p.ID != whole.ID || p.Phone != whole.Phone {
			return Frame{}, fmt.Errorf("jt808 message: package %d is %04X of %s, package 1 is %04X of %s; keep messages apart", p.Part, p.ID, p.Phone, whole.ID, whole.Phone)
		}
		whole.Body = append(whole.Body, p.Body...)
	}
	whole.Parts, whole.Part = 0, 0
	return whole, nil
}
