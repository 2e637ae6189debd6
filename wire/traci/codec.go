package traci

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// longest is the longest message in bytes that is taken for one: a subscription to every vehicle of a metropolis is shorter.
const longest = 1 << 30

// errShort marks content that ends too early.
var errShort = errors.New("content ends too early")

// A Command is one command of a message, either way.
type Command struct {
	ID      byte
	Content []byte
}

// Append writes a command into a message's body.
func (c Command) Append(dst []byte) []byte {
	if n := len(c.Content) + 2; n <= 255 {
		dst = append(dst, byte(n), c.ID)
	} else {
		dst = append(dst, 0)
		dst = binary.BigEndian.AppendUint32(dst, uint32(n+4))
		dst = append(dst, c.ID)
	}
	return append(dst, c.Content...)
}

// Message frames commands.
func Message(list ...Command) []byte {
	b := make([]byte, 4, 64)
	for _, c := range list {
		b = c.Append(b)
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// next takes one command off a message's body.
func next(b []byte) (Command, []byte, error) {
	if len(b) < 2 {
		return Command{}, nil, fmt.Errorf("traci command: %w", errShort)
	}
	n, head := int(b[0]), 1
	if n == 0 {
		if len(b) < 6 {
			return Command{}, nil, fmt.Errorf("traci command: %w", errShort)
		}
		n, head = int(binary.BigEndian.Uint32(b[1:])), 5
	}
	if n < head+1 || n > len(b) {
		return Command{}, nil, fmt.Errorf("traci command: length %d of %d bytes left", n, len(b))
	}
	return Command{b[head], b[head+1 : n]}, b[n:], nil
}

// Commands takes a message's body (what stands behind its length) apart.
func Commands(body []byte) ([]Command, error) {
	var out []Command
	for len(body) > 0 {
		c, rest, err := next(body)
		if err != nil {
			return out, err
		}
		out, body = append(out, c), rest
	}
	return out, nil
}

// A Status is SUMO's answer to one command.
type Status struct {
	Command byte
	Code    byte // 0: done
	Text    string
}

// Codes of a Status.
const (
	Done           = 0x00
	NotImplemented = 0x01
	Failed         = 0xFF
)

// Err returns nil if the command was done.
func (s Status) Err() error {
	switch s.Code {
	case Done:
		return nil
	case NotImplemented:
		return fmt.Errorf("sumo does not know command %#02x: %s", s.Command, s.Text)
	}
	return fmt.Errorf("sumo refuses command %#02x: %s", s.Command, s.Text)
}

// Status reads a command as the answer to another.
func (c Command) Status() (Status, error) {
	r := reader{b: c.Content}
	s := Status{Command: c.ID, Code: r.byte(), Text: r.text()}
	return s, r.end("status")
}

// A Type is the type of a value on the wire.
type Type byte

// The types that are read; others are an error.
const (
	Position2D Type = 0x01
	Position3D Type = 0x03
	Polygon    Type = 0x06
	UByte      Type = 0x07
	Byte       Type = 0x08
	Integer    Type = 0x09
	Double     Type = 0x0B
	String     Type = 0x0C
	Strings    Type = 0x0E
	Compound   Type = 0x0F
	Doubles    Type = 0x10
	Color      Type = 0x11
)

// A Value is one typed value. Which field holds it depends on the type: Number for the plain numbers, Text for String, List for
// Strings, Numbers for positions, polygons (x, y in turn), Doubles and Color, Items for Compound.
type Value struct {
	Type    Type
	Number  float64
	Text    string
	List    []string
	Numbers []float64
	Items   []Value
}

// Append writes a value with its type.
func (v Value) Append(dst []byte) ([]byte, error) {
	dst = append(dst, byte(v.Type))
	double := func(x float64) { dst = binary.BigEndian.AppendUint64(dst, math.Float64bits(x)) }
	switch v.Type {
	case UByte, Byte:
		dst = append(dst, byte(int(v.Number)))
	case Integer:
		dst = binary.BigEndian.AppendUint32(dst, uint32(int32(v.Number)))
	case Double:
		double(v.Number)
	case String:
		dst = text(dst, v.Text)
	case Strings:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.List)))
		for _, s := range v.List {
			dst = text(dst, s)
		}
	case Doubles:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.Numbers)))
		for _, x := range v.Numbers {
			double(x)
		}
	case Position2D, Position3D:
		if want := map[Type]int{Position2D: 2, Position3D: 3}[v.Type]; len(v.Numbers) != want {
			return nil, fmt.Errorf("traci value: a position of %d numbers, not %d", len(v.Numbers), want)
		}
		for _, x := range v.Numbers {
			double(x)
		}
	case Compound:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.Items)))
		for _, x := range v.Items {
			var err error
			if dst, err = x.Append(dst); err != nil {
				return nil, err
			}
		}
	default:
		return nil, fmt.Errorf("traci value: type %#02x is not written", byte(v.Type))
	}
	return dst, nil
}

func text(dst []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(dst, uint32(len(s))), s...)
}

// A reader takes content apart; the first fault stays.
type reader struct {
	b   []byte
	err error
}

func (r *reader) take(n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.b) {
		r.err = errShort
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *reader) byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (r *reader) int() int {
	if b := r.take(4); b != nil {
		return int(int32(binary.BigEndian.Uint32(b)))
	}
	return 0
}

func (r *reader) double() float64 {
	if b := r.take(8); b != nil {
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
	return 0
}

func (r *reader) text() string { return string(r.take(r.int())) }

// count reads a number of things of at least size bytes each, so that a lie can't make much room.
func (r *reader) count(size int) int {
	n := r.int()
	if n < 0 || n > len(r.b)/size {
		if r.err == nil {
			r.err = fmt.Errorf("count %d with %d bytes left", n, len(r.b))
		}
		return 0
	}
	return n
}

func (r *reader) doubles(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.double()
	}
	return out
}

func (r *reader) value(depth int) Value {
	v := Value{Type: Type(r.byte())}
	switch v.Type {
	case UByte:
		v.Number = float64(r.byte())
	case Byte:
		v.Number = float64(int8(r.byte()))
	case Integer:
		v.Number = float64(r.int())
	case Double:
		v.Number = r.double()
	case String:
		v.Text = r.text()
	case Strings:
		v.List = make([]string, r.count(4))
		for i := range v.List {
			v.List[i] = r.text()
		}
	case Doubles:
		v.Numbers = r.doubles(r.count(8))
	case Position2D:
		v.Numbers = r.doubles(2)
	case Position3D:
		v.Numbers = r.doubles(3)
	case Color:
		for range 4 {
			v.Numbers = append(v.Numbers, float64(r.byte()))
		}
	case Polygon:
		n := int(r.byte())
		if n == 0 { // long form
			n = r.count(16)
		}
		v.Numbers = r.doubles(2 * n)
	case Compound:
		if depth > 8 {
			r.err = errors.New("compounds within compounds without end")
			return v
		}
		n := r.count(1)
		for i := 0; i < n && r.err == nil; i++ {
			v.Items = append(v.Items, r.value(depth+1))
		}
	default:
		if r.err == nil {
			r.err = fmt.Errorf("type %#02x is not known", byte(v.Type))
		}
	}
	return v
}

func (r *reader) end(what string) error {
	if r.err == nil && len(r.b) > 0 {
		r.err = fmt.Errorf("%d bytes too many", len(r.b))
	}
	if r.err != nil {
		return fmt.Errorf("traci %s: %w", what, r.err)
	}
	return nil
}
