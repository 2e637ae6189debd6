package gb20999

import (
	"fmt"

	"citybrain/wire"
)

const (
	start  = 0x7E
	end    = 0x7D
	escape = 0x5C

	headSize = 12 // length to frame type
	minSize  = 1 + headSize + 2 + 1
	// MaxSize bounds a frame, unescaped: the length field has 16 bits.
	MaxSize = 0xFFFF + 4
	// MaxStream bounds a frame, escaped, that Split waits for; a longer one is garbage. Send more than 4,000 bytes of
	// values in several frames.
	MaxStream = 8192
)

// A Type is a frame type (table 5).
type Type byte

// The frame types. A good answer is the question's type + 10h, a bad one + 11h.
const (
	Query          Type = 0x10
	QueryReply     Type = 0x20
	QueryFailed    Type = 0x21
	Set            Type = 0x30
	SetDone        Type = 0x40
	SetFailed      Type = 0x41
	Broadcast      Type = 0x50
	Event          Type = 0x60 // controller → centre, unasked
	Heartbeat      Type = 0x70
	HeartbeatReply Type = 0x80
)

// Versions seen in the version field.
const (
	Version100 uint16 = 0x0100
	Version102 uint16 = 0x0102
)

// bare tells that frames of the type have no values and no count of them.
func (t Type) bare() bool { return t == Heartbeat || t == HeartbeatReply || t == 0x71 }

func (t Type) known() bool {
	switch t {
	case Query, QueryReply, QueryFailed, Set, SetDone, SetFailed, Broadcast, Event:
		return true
	}
	return t.bare()
}

// A Frame is one message, either way.
type Frame struct {
	Version      uint16 // major, minor: 0x0102 is 1.02
	Center       uint8
	Controller   uint32
	Intersection uint8 // 0 is the controller as a whole
	Serial       uint8 // a reply repeats it by the standard; some controllers count on by one
	Type         Type
	Values       []Value // at most 255; none in heartbeats
}

// An Address names a datum. Attribute and element 0 mean 'all' in a query, and are 0 where the object has none.
type Address struct{ Class, Object, Attribute, Element uint8 }

// String writes the address as the standard's tables do.
func (a Address) String() string {
	return fmt.Sprintf("%d.%d.%d.%d", a.Class, a.Object, a.Attribute, a.Element)
}

// A Value is a datum in a frame. Index counts the values of a frame from 1; Append writes it as it is, Number fills it in.
type Value struct {
	Index uint8
	Address
	Data []byte // at most 251 bytes; empty in a query
}

// Number gives the values their indices, 1 to n, and returns them.
func Number(values []Value) []Value {
	for i := range values {
		values[i].Index = uint8(i + 1)
	}
	return values
}

// A Status is the byte that a QueryFailed or SetFailed frame carries for each value.
type Status byte

// The statuses.
const (
	BadValue      Status = 0x10
	WrongLength   Status = 0x11
	OutOfRange    Status = 0x12
	ReadOnly      Status = 0x20
	NoSuchValue   Status = 0x30
	GeneralError  Status = 0x40
	ControlFailed Status = 0x50
)

var statuses = map[Status]string{BadValue: "bad value", WrongLength: "wrong length", OutOfRange: "out of range",
	ReadOnly: "read-only", NoSuchValue: "does not exist", GeneralError: "general error", ControlFailed: "control failed"}

func (s Status) String() string {
	if t, ok := statuses[s]; ok {
		return t
	}
	return fmt.Sprintf("status %02X", byte(s))
}

// Status is the value's status in a failed reply; ok is false if f reports success or the value has no status byte.
func (f Frame) Status(v Value) (s Status, ok bool) {
	if f.Type != QueryFailed && f.Type != SetFailed || len(v.Data) != 1 {
		return 0, false
	}
	return Status(v.Data[0]), true
}

// Answer is the head of the reply to f, good or bad, with f's addressing and serial and the given values, numbered.
func (f Frame) Answer(good bool, values ...Value) Frame {
	switch {
	case f.Type == Heartbeat:
		f.Type, values = HeartbeatReply, nil
	case good:
		f.Type += 0x10
	default:
		f.Type += 0x11
	}
	f.Values = Number(values)
	if len(f.Values) == 0 {
		f.Values = nil
	}
	return f
}

// crc is the CRC-16 with polynomial 1005 from 0, not reflected, over the unescaped bytes between start and CRC.
func crc(b []byte) uint16 {
	var sum uint16
	for _, c := range b {
		sum = sum<<8 ^ crcs[byte(sum>>8)^c]
	}
	return sum
}

// crcs is the CRC of each byte.
var crcs = func() (table [256]uint16) {
	for c := range table {
		sum := uint16(c) << 8
		for range 8 {
			if sum&0x8000 != 0 {
				sum = sum<<1 ^ 0x1005
			} else {
				sum <<= 1
			}
		}
		table[c] = sum
	}
	return table
}()

// Decode reads one whole unescaped frame, as a UDP datagram carries it, from 7E to 7D.
func Decode(b []byte) (Frame, error) {
	if len(b) < minSize {
		return Frame{}, fmt.Errorf("gb20999 frame: %d bytes; the shortest frame has %d, wait for the rest", len(b), minSize)
	}
	if b[0] != start || b[len(b)-1] != end {
		return Frame{}, fmt.Errorf("gb20999 frame: bounds %02X…%02X; a frame runs from 7E to 7D", b[0], b[len(b)-1])
	}
	if size := int(b[1])<<8 | int(b[2]); size != len(b)-4 {
		return Frame{}, fmt.Errorf("gb20999 frame: length field %d in a frame of %d bytes, not %d; a stream needs DecodeEscaped", size, len(b), len(b)-4)
	}
	got, want := uint16(b[len(b)-3])<<8|uint16(b[len(b)-2]), crc(b[1:len(b)-3])
	if got != want {
		return Frame{}, fmt.Errorf("gb20999 frame: crc %04X, the bytes give %04X; ask again", got, want)
	}
	f := Frame{
		Version: uint16(b[3])<<8 | uint16(b[4]), Center: b[5],
		Controller:   uint32(b[6])<<24 | uint32(b[7])<<16 | uint32(b[8])<<8 | uint32(b[9]),
		Intersection: b[10], Serial: b[11], Type: Type(b[12]),
	}
	if !f.Type.known() {
		return Frame{}, fmt.Errorf("gb20999 frame: byte 12: type %02X is unknown; quarantine it", byte(f.Type))
	}
	d := b[1+headSize : len(b)-3]
	if f.Type.bare() {
		if len(d) > 0 {
			return Frame{}, fmt.Errorf("gb20999 frame: heartbeat with %d bytes of values; it has none", len(d))
		}
		return f, nil
	}
	if len(d) == 0 {
		return Frame{}, fmt.Errorf("gb20999 frame: type %02X ends before its number of values; ask again", byte(f.Type))
	}
	n := int(d[0])
	at := 1
	f.Values = make([]Value, 0, min(n, len(d)/6))
	for i := range n {
		if len(d)-at < 6 {
			return Frame{}, fmt.Errorf("gb20999 frame: value %d of %d starts at byte %d, %d bytes are left; ask again", i+1, n, 13+at, len(d)-at)
		}
		size := int(d[at+1])
		if size < 4 || len(d)-at-2 < size {
			return Frame{}, fmt.Errorf("gb20999 frame: value %d of %d: length %d, %d bytes are left; it counts the address (4) and the data", i+1, n, size, len(d)-at-2)
		}
		f.Values = append(f.Values, Value{d[at], Address{d[at+2], d[at+3], d[at+4], d[at+5]}, append([]byte{}, d[at+6:at+2+size]...)})
		at += 2 + size
	}
	if at != len(d) {
		return Frame{}, fmt.Errorf("gb20999 frame: %d bytes behind the last of %d values; ask again", len(d)-at, n)
	}
	return f, nil
}

// Append writes f behind dst, unescaped. On an error it returns nil.
func Append(dst []byte, f Frame) ([]byte, error) {
	if !f.Type.known() {
		return nil, fmt.Errorf("gb20999 frame: type %02X is unknown; use one of the table", byte(f.Type))
	}
	at := len(dst)
	out := append(dst, start, 0, 0, byte(f.Version>>8), byte(f.Version), f.Center,
		byte(f.Controller>>24), byte(f.Controller>>16), byte(f.Controller>>8), byte(f.Controller), f.Intersection, f.Serial, byte(f.Type))
	if f.Type.bare() {
		if len(f.Values) > 0 {
			return nil, fmt.Errorf("gb20999 frame: heartbeat with %d values; leave them out", len(f.Values))
		}
	} else {
		if len(f.Values) > 255 {
			return nil, fmt.Errorf("gb20999 frame: %d values; at most 255 fit, send several frames", len(f.Values))
		}
		out = append(out, byte(len(f.Values)))
		for _, v := range f.Values {
			if len(v.Data) > 251 {
				return nil, fmt.Errorf("gb20999 frame: value %s has %d bytes; at most 251 fit", v.Address, len(v.Data))
			}
			out = append(out, v.Index, byte(4+len(v.Data)), v.Class, v.Object, v.Attribute, v.Element)
			out = append(out, v.Data...)
		}
	}
	size := len(out) - at - 1
	if size > 0xFFFF {
		return nil, fmt.Errorf("gb20999 frame: %d bytes; at most 65535 fit, send several frames", size)
	}
	out[at+1], out[at+2] = byte(size>>8), byte(size)
	sum := crc(out[at+1:])
	return append(out, byte(sum>>8), byte(sum), end), nil
}

// AppendEscaped writes f behind dst as TCP and RS-232 carry it.
func AppendEscaped(dst []byte, f Frame) ([]byte, error) {
	b, err := Append(nil, f)
	if err != nil {
		return nil, err
	}
	dst = append(dst, start)
	for _, c := range b[1 : len(b)-1] {
		if c == start || c == end || c == escape {
			dst = append(dst, escape)
		}
		dst = append(dst, c)
	}
	return append(dst, end), nil
}

// DecodeEscaped reads one whole frame of a TCP or RS-232 stream.
func DecodeEscaped(b []byte) (Frame, error) {
	if len(b) < minSize || b[0] != start {
		return Frame{}, fmt.Errorf("gb20999 frame: %d bytes; a frame starts with 7E and has at least %d", len(b), minSize)
	}
	plain := make([]byte, 1, len(b))
	plain[0] = start
	for i := 1; i < len(b)-1; i++ {
		c := b[i]
		switch c {
		case escape:
			i++
			if c = b[i]; i == len(b)-1 || c != start && c != end && c != escape {
				return Frame{}, fmt.Errorf("gb20999 frame: byte %d: 5C before %02X; it stands before 7E, 7D and 5C only", i-1, c)
			}
		case start, end:
			return Frame{}, fmt.Errorf("gb20999 frame: byte %d: %02X without 5C before it; a datagram needs Decode", i, c)
		}
		plain = append(plain, c)
	}
	return Decode(append(plain, b[len(b)-1]))
}

// Split cuts the next frame, still escaped, out of a TCP or RS-232 stream; see wire.Split for what it returns. A frame
// that it returns has a good CRC.
func Split(buf []byte) (frame, garbage []byte, n int) {
	return wire.Split(buf, func(b []byte) int {
		if b[0] != start {
			return -1
		}
		for i := 1; i < min(len(b), MaxStream); i++ {
			switch b[i] {
			case escape:
				i++
			case start:
				return -1
			case end:
				if _, err := DecodeEscaped(b[:i+1]); err != nil {
					return -1
				}
				return i + 1
			}
		}
		if len(b) >= MaxStream {
			return -1
		}
		return 0
	})
}
