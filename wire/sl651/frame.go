package sl651

import (
	"encoding/hex"
	"fmt"

	"citybrain/wire"
)

// Marks of a frame's structure (SL 651-2014, table 2).
const (
	soh = 0x7E // twice
	stx = 0x02
	syn = 0x16
)

// An End is the control byte that closes a frame and says what the sender expects next.
type End byte

// The ends of frames.
const (
	ETX End = 0x03 // up: the last or only packet
	ETB End = 0x17 // up: more packets follow
	ENQ End = 0x05 // down: a query or an order, an answer is expected
	ACK End = 0x06 // down: received, go on
	EOT End = 0x04 // down: received, the station may hang up
	NAK End = 0x15 // down: send a packet again
	ESC End = 0x1B // down: received, stay on the line
)

func (e End) known() bool {
	switch e {
	case ETX, ETB, ENQ, ACK, EOT, NAK, ESC:
		return true
	}
	return false
}

// A Func is a function code (table 4).
type Func byte

// The function codes.
const (
	KeepAlive       Func = 0x2F
	Test            Func = 0x30
	Series          Func = 0x31 // evenly spaced values of a period
	TimedReport     Func = 0x32
	ExtraReport     Func = 0x33 // sent because a threshold was passed
	HourlyReport    Func = 0x34
	ManualReport    Func = 0x35
	Picture         Func = 0x36
	QueryNow        Func = 0x37
	QueryPeriod     Func = 0x38
	QueryManual     Func = 0x39
	QueryElements   Func = 0x3A
	SetBasics       Func = 0x40
	ReadBasics      Func = 0x41
	SetParameters   Func = 0x42
	ReadParameters  Func = 0x43
	PumpMotors      Func = 0x44
	SoftwareVersion Func = 0x45
	StateAndAlarms  Func = 0x46
	ClearMemory     Func = 0x47
	FactoryReset    Func = 0x48
	SetPassword     Func = 0x49
	SetClock        Func = 0x4A // Body.Sent is the clock to set
	SetICCard       Func = 0x4B
	SwitchPumps     Func = 0x4C
	SwitchValves    Func = 0x4D
	SetGates        Func = 0x4E
	SetWaterQuota   Func = 0x4F
	EventCounters   Func = 0x50
	ReadClock       Func = 0x51
)

const (
	headSize = 14 // up to and including STX or SYN
	tailSize = 3  // end and CRC
	// MaxData is the longest body of one packet in bytes: the length word has 12 bits.
	MaxData = 4095
)

// A Frame is one packet of a message.
type Frame struct {
	Down     bool    // centre → station; up otherwise
	Center   uint8   // the centre's address, 1 to 255
	Station  Address // the station's address
	Password uint16  // as sent, two bytes
	Func     Func
	Parts    uint16 // packets of the message (SYN frames, at most 4095); 0 for a message of one packet
	Part     uint16 // this packet's number, from 1; 0 for a message of one packet
	End      End
	Data     []byte // the body, without the packet numbers; see Body
}

// An Address is a station's five address bytes as ten hexadecimal digits: 00 and eight decimal digits for hydrological
// stations (SL 502), or a county code of GB/T 2260 and a binary number.
type Address string

func (a Address) append(dst []byte) ([]byte, error) {
	if len(a) != 10 {
		return nil, fmt.Errorf("station address %q: %d digits; give ten", string(a), len(a))
	}
	out, err := hex.AppendDecode(dst, []byte(a))
	if err != nil {
		return nil, fmt.Errorf("station address %q: not hexadecimal; give ten digits", string(a))
	}
	return out, nil
}

func address(b []byte) Address { return Address(fmt.Sprintf("%X", b)) }

// crc is the CRC-16 of annex B: x¹⁶+x¹⁵+x²+1, reflected, from FFFF.
func crc(b []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, c := range b {
		sum ^= uint16(c)
		for range 8 {
			if sum&1 != 0 {
				sum = sum>>1 ^ 0xA001
			} else {
				sum >>= 1
			}
		}
	}
	return sum
}

// Decode reads one whole frame, from the first 7E to the CRC, and nothing behind it. Data is a copy.
func Decode(b []byte) (Frame, error) {
	if len(b) > 0 && b[0] == 0x01 {
		return Frame{}, fmt.Errorf("sl651 frame: byte 0: 01 starts the ASCII coding; set the station to HEX/BCD")
	}
	if len(b) < headSize+tailSize {
		return Frame{}, fmt.Errorf("sl651 frame: %d bytes; the shortest frame has %d, wait for the rest", len(b), headSize+tailSize)
	}
	if b[0] != soh || b[1] != soh {
		return Frame{}, fmt.Errorf("sl651 frame: starts with %X; a frame starts with 7E7E", b[:2])
	}
	word := uint16(b[11])<<8 | uint16(b[12])
	var f Frame
	switch word >> 12 {
	case 0:
	case 8:
		f.Down = true
	default:
		return Frame{}, fmt.Errorf("sl651 frame: bytes 11-12: direction %X; 0 is up, 8 is down", word>>12)
	}
	size := int(word & 0x0FFF)
	if len(b) != headSize+size+tailSize {
		return Frame{}, fmt.Errorf("sl651 frame: length word says %d body bytes, the frame has %d; split the stream anew", size, len(b)-headSize-tailSize)
	}
	got, want := uint16(b[len(b)-2])<<8|uint16(b[len(b)-1]), crc(b[:len(b)-2])
	if got != want {
		return Frame{}, fmt.Errorf("sl651 frame: crc %04X, the bytes give %04X; ask for the packet again", got, want)
	}
	if f.Down {
		f.Station, f.Center = address(b[2:7]), b[7]
	} else {
		f.Center, f.Station = b[2], address(b[3:8])
	}
	f.Password = uint16(b[8])<<8 | uint16(b[9])
	f.Func = Func(b[10])
	data := b[headSize : headSize+size]
	switch b[13] {
	case stx:
	case syn:
		if len(data) < 3 {
			return Frame{}, fmt.Errorf("sl651 frame: %d bytes after SYN; packet total and number take 3", len(data))
		}
		f.Parts = uint16(data[0])<<4 | uint16(data[1])>>4
		f.Part = uint16(data[1]&0x0F)<<8 | uint16(data[2])
		if f.Part == 0 || f.Part > f.Parts {
			return Frame{}, fmt.Errorf("sl651 frame: packet %d of %d; numbers run from 1 to the total", f.Part, f.Parts)
		}
		data = data[3:]
	default:
		return Frame{}, fmt.Errorf("sl651 frame: byte 13: %02X; the body starts with 02 (STX) or 16 (SYN)", b[13])
	}
	f.Data = append([]byte{}, data...)
	if f.End = End(b[len(b)-3]); !f.End.known() {
		return Frame{}, fmt.Errorf("sl651 frame: byte %d: end mark %02X is unknown; use 03 04 05 06 15 17 or 1B", len(b)-3, byte(f.End))
	}
	return f, nil
}

// Append writes f behind dst. On an error dst is unchanged and nil is returned.
func Append(dst []byte, f Frame) ([]byte, error) {
	size := len(f.Data)
	if f.Parts != 0 || f.Part != 0 {
		if f.Part == 0 || f.Part > f.Parts || f.Parts > 0x0FFF {
			return nil, fmt.Errorf("sl651 frame: packet %d of %d; numbers run from 1 to the total, at most 4095", f.Part, f.Parts)
		}
		size += 3
	}
	if size > MaxData {
		return nil, fmt.Errorf("sl651 frame: body of %d bytes; at most %d fit, send it in packets", size, MaxData)
	}
	if !f.End.known() {
		return nil, fmt.Errorf("sl651 frame: end mark %02X is unknown; use 03 04 05 06 15 17 or 1B", byte(f.End))
	}
	start := len(dst)
	out := append(dst, soh, soh)
	word := uint16(size)
	var err error
	if f.Down {
		word |= 0x8000
		if out, err = f.Station.append(out); err != nil {
			return nil, fmt.Errorf("sl651 frame: %w", err)
		}
		out = append(out, f.Center)
	} else {
		if out, err = f.Station.append(append(out, f.Center)); err != nil {
			return nil, fmt.Errorf("sl651 frame: %w", err)
		}
	}
	out = append(out, byte(f.Password>>8), byte(f.Password), byte(f.Func), byte(word>>8), byte(word))
	if f.Parts == 0 {
		out = append(out, stx)
	} else {
		out = append(out, syn, byte(f.Parts>>4), byte(f.Parts<<4)|byte(f.Part>>8), byte(f.Part))
	}
	out = append(append(out, f.Data...), byte(f.End))
	sum := crc(out[start:])
	return append(out, byte(sum>>8), byte(sum)), nil
}

// Split cuts the next frame out of a TCP stream; see wire.Split for what it returns. A frame that it returns has a good CRC.
func Split(buf []byte) (frame, garbage []byte, n int) {
	return wire.Split(buf, func(b []byte) int {
		if b[0] != soh || len(b) > 1 && b[1] != soh {
			return -1
		}
		if len(b) < headSize {
			return 0
		}
		if top := b[11] >> 4; top != 0 && top != 8 || b[13] != stx && b[13] != syn {
			return -1
		}
		size := headSize + (int(b[11]&0x0F)<<8 | int(b[12])) + tailSize
		if len(b) < size {
			return 0
		}
		if _, err := Decode(b[:size]); err != nil {
			return -1
		}
		return size
	})
}

// Join puts the packets of one message, all of them and in order, together: the first packet's fields with the data of
// all and the end of the last. The result is too long for one frame as a rule; it is for Body, not for Append.
func Join(packets []Frame) (Frame, error) {
	if len(packets) == 0 {
		return Frame{}, fmt.Errorf("sl651 message: no packets; keep them until the last one has come")
	}
	whole := packets[0]
	whole.Data = nil
	for i, p := range packets {
		if int(p.Part) != i+1 || int(p.Parts) != len(packets) {
			return Frame{}, fmt.Errorf("sl651 message: packet %d of %d stands in place %d of %d; order them and ask for the missing ones", p.Part, p.Parts, i+1, len(packets))
		}
		if p.Station != whole.Station || p.Func != whole.Func {
			return Frame{}, fmt.Errorf("sl651 message: packet %d is function %02X of station %s, packet 1 is %02X of %s; keep messages apart", p.Part, byte(p.Func), p.Station, byte(whole.Func), whole.Station)
		}
		whole.Data = append(whole.Data, p.Data...)
		whole.End = p.End
	}
	whole.Parts, whole.Part = 0, 0
	return whole, nil
}
