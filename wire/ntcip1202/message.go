package ntcip1202

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds of what is read: bytes of a message (a UDP datagram has no more), variables of one, arcs of an object's name.
const (
	MaxMessage = 65507
	maxVars    = 256
	maxArcs    = 64
)

// A Type is what a message is for.
type Type byte

// The types of messages.
const (
	Get      Type = 0xa0
	GetNext  Type = 0xa1
	Response Type = 0xa2
	Set      Type = 0xa3
)

// Tags of values.
const (
	integer     = 0x02
	octets      = 0x04
	null        = 0x05
	object      = 0x06
	sequence    = 0x30
	counter     = 0x41
	gauge       = 0x42
	ticks       = 0x43
	noObject    = 0x80 // version 2c
	noInstance  = 0x81
	endOfMib    = 0x82
	version1    = 0
	version2c   = 1
	goodVersion = version2c
)

// Error statuses of a response (RFC 1157, 4.1.1).
const (
	NoError    = 0
	TooBig     = 1
	NoSuchName = 2
	BadValue   = 3
	ReadOnly   = 4
	GenErr     = 5
)

// An OID is an object's name, by its arcs.
type OID []uint32

// String writes the arcs with dots.
func (o OID) String() string {
	s := make([]string, len(o))
	for i, a := range o {
		s[i] = strconv.FormatUint(uint64(a), 10)
	}
	return strings.Join(s, ".")
}

// A Var is an object and its value: a number, bytes, or neither, as in a question.
type Var struct {
	Name    OID
	Number  int64
	Bytes   []byte // not nil: the value is these
	Missing bool   // there is no such object
	Empty   bool   // no value
}

// A Message is one SNMP message. ErrorIndex counts variables from 1.
type Message struct {
	Version    int    // 0: 1, 1: 2c
	Community  string // by it a proxy tells the controllers behind it apart
	Type       Type
	Request    int32
	Error      int
	ErrorIndex int
	Vars       []Var
}

// Answer is the head of the response to m, with the given variables.
func (m Message) Answer(status, index int, vars ...Var) Message {
	m.Type, m.Error, m.ErrorIndex, m.Vars = Response, status, index, vars
	return m
}

// Split cuts the first whole message off a stream: frame is nil while it has not all come. garbage is what comes before anything that could begin
// one; n is how many bytes both take.
func Split(b []byte) (frame, garbage []byte, n int) {
	at := slices.Index(b, sequence)
	if at < 0 {
		return nil, b, len(b)
	}
	size, head, ok := length(b[at+1:])
	switch {
	case !ok && len(b)-at < 6:
		return nil, b[:at], at // its length has not all come
	case !ok || size > MaxMessage:
		return nil, b[:at+1], at + 1
	case len(b)-at < 1+head+size:
		return nil, b[:at], at
	}
	end := at + 1 + head + size
	return b[at:end], b[:at], end
}

// length reads a definite length, and how many bytes it takes.
func length(b []byte) (size, n int, ok bool) {
	if len(b) == 0 {
		return 0, 0, false
	}
	if b[0] < 0x80 {
		return int(b[0]), 1, true
	}
	k := int(b[0] & 0x7f)
	if k < 1 || k > 4 || len(b) < 1+k {
		return 0, 0, false
	}
	for _, c := range b[1 : 1+k] {
		size = size<<8 | int(c)
	}
	return size, 1 + k, size >= 0
}

// next takes the value of tag off the front of b.
func next(b []byte, tag byte, what string) (value, rest []byte, err error) {
	if len(b) == 0 || b[0] != tag {
		return nil, nil, fmt.Errorf("ntcip1202 message: no %s where one is due (tag %02X); ask again", what, tag)
	}
	size, n, ok := length(b[1:])
	if !ok || len(b) < 1+n+size {
		return nil, nil, fmt.Errorf("ntcip1202 message: the length of the %s is %d of %d bytes that are left; ask again", what, size, len(b)-1)
	}
	return b[1+n : 1+n+size], b[1+n+size:], nil
}

// number reads a signed number of 1 to 8 bytes.
func number(b []byte, what string) (int64, error) {
	if len(b) == 0 || len(b) > 8 {
		return 0, fmt.Errorf("ntcip1202 message: a %s of %d bytes; 1 to 8 are read", what, len(b))
	}
	v := int64(int8(b[0]))
	for _, c := range b[1:] {
		v = v<<8 | int64(c)
	}
	return v, nil
}

func takeNumber(b []byte, what string) (int64, []byte, error) {
	v, rest, err := next(b, integer, what)
	if err != nil {
		return 0, nil, err
	}
	n, err := number(v, what)
	return n, rest, err
}

// Question reports whether a datagram is one message and nothing else, and names the question that it is or answers: its community and request.
func Question(datagram []byte) (name string, ok bool) {
	frame, garbage, _ := Split(datagram)
	if len(garbage) > 0 || len(frame) != len(datagram) || len(frame) == 0 {
		return "", false
	}
	m, err := Decode(frame)
	if err != nil {
		return "", false
	}
	return strconv.FormatInt(int64(m.Request), 10) + " " + m.Community, true
}

// Decode reads one whole message.
func Decode(b []byte) (Message, error) {
	var m Message
	if len(b) > MaxMessage {
		return m, fmt.Errorf("ntcip1202 message: %d bytes; at most %d are read", len(b), MaxMessage)
	}
	body, rest, err := next(b, sequence, "message")
	if err != nil {
		return m, err
	}
	if len(rest) > 0 {
		return m, fmt.Errorf("ntcip1202 message: %d bytes behind its end", len(rest))
	}
	version, body, err := takeNumber(body, "version")
	if err != nil {
		return m, err
	}
	if version != version1 && version != version2c {
		return m, fmt.Errorf("ntcip1202 message: version %d; 0 (1) and 1 (2c) are read", version)
	}
	community, body, err := next(body, octets, "community")
	if err != nil {
		return m, err
	}
	m.Version, m.Community = int(version), string(community)
	if len(body) == 0 {
		return m, fmt.Errorf("ntcip1202 message: it ends before what it asks")
	}
	switch m.Type = Type(body[0]); m.Type {
	case Get, GetNext, Response, Set:
	default:
		return m, fmt.Errorf("ntcip1202 message: type %02X; gets, sets and responses are read", body[0])
	}
	body, rest, err = next(body, body[0], "request")
	if err != nil {
		return m, err
	}
	if len(rest) > 0 {
		return m, fmt.Errorf("ntcip1202 message: %d bytes behind its request", len(rest))
	}
	var head [3]int64
	for i, what := range [...]string{"request number", "error status", "error index"} {
		if head[i], body, err = takeNumber(body, what); err != nil {
			return m, err
		}
		if head[i] != int64(int32(head[i])) {
			return m, fmt.Errorf("ntcip1202 message: a %s of %d", what, head[i])
		}
	}
	m.Request, m.Error, m.ErrorIndex = int32(head[0]), int(head[1]), int(head[2])
	list, rest, err := next(body, sequence, "list of variables")
	if err != nil {
		return m, err
	}
	if len(rest) > 0 {
		return m, fmt.Errorf("ntcip1202 message: %d bytes behind its variables", len(rest))
	}
	for len(list) > 0 {
		if len(m.Vars) == maxVars {
			return m, fmt.Errorf("ntcip1202 message: more than %d variables", maxVars)
		}
		var one []byte
		if one, list, err = next(list, sequence, "variable"); err != nil {
			return m, err
		}
		v, err := variable(one)
		if err != nil {
			return m, fmt.Errorf("%w (variable %d)", err, len(m.Vars)+1)
		}
		m.Vars = append(m.Vars, v)
	}
	return m, nil
}

func variable(b []byte) (Var, error) {
	var v Var
	name, b, err := next(b, object, "object's name")
	if err != nil {
		return v, err
	}
	if v.Name, err = arcs(name); err != nil {
		return v, err
	}
	if len(b) == 0 {
		return v, fmt.Errorf("ntcip1202 message: object %s has no value", v.Name)
	}
	tag := b[0]
	value, rest, err := next(b, tag, "value")
	if err != nil {
		return v, err
	}
	if len(rest) > 0 {
		return v, fmt.Errorf("ntcip1202 message: %d bytes behind the value of %s", len(rest), v.Name)
	}
	switch tag {
	case integer:
		v.Number, err = number(value, "number")
	case counter, gauge, ticks:
		if len(value) > 5 || len(value) == 5 && value[0] != 0 {
			return v, fmt.Errorf("ntcip1202 message: object %s counts in %d bytes; 32 bits are read", v.Name, len(value))
		}
		for _, c := range value {
			v.Number = v.Number<<8 | int64(c)
		}
	case octets:
		v.Bytes = append([]byte{}, value...)
	case null:
		v.Empty = true
	case noObject, noInstance, endOfMib:
		v.Missing = true
	default:
		return v, fmt.Errorf("ntcip1202 message: object %s has a value with tag %02X, which is not read", v.Name, tag)
	}
	return v, err
}

func arcs(b []byte) (OID, error) {
	if len(b) == 0 {
		return nil, fmt.Errorf("ntcip1202 message: an object without a name")
	}
	var out OID
	var arc uint64
	for i, c := range b {
		arc = arc<<7 | uint64(c&0x7f)
		if arc > 1<<32-1 {
			return nil, fmt.Errorf("ntcip1202 message: an arc of more than 32 bits")
		}
		if c&0x80 != 0 {
			if i == len(b)-1 {
				return nil, fmt.Errorf("ntcip1202 message: an object's name ends within an arc")
			}
			continue
		}
		if len(out) == 0 { // the first two arcs share one number
			first := min(arc/40, 2)
			out = append(out, uint32(first), uint32(arc-40*first))
		} else {
			out = append(out, uint32(arc))
		}
		if arc = 0; len(out) > maxArcs {
			return nil, fmt.Errorf("ntcip1202 message: a name of more than %d arcs", maxArcs)
		}
	}
	return out, nil
}

// Append writes m behind dst. On an error it returns nil.
func Append(dst []byte, m Message) ([]byte, error) {
	switch m.Type {
	case Get, GetNext, Response, Set:
	default:
		return nil, fmt.Errorf("ntcip1202 message: type %02X; use one of the constants", byte(m.Type))
	}
	if m.Version < 0 || m.Version > goodVersion || len(m.Vars) > maxVars {
		return nil, fmt.Errorf("ntcip1202 message: version %d with %d variables; versions 0 and 1, and up to %d", m.Version, len(m.Vars), maxVars)
	}
	var list []byte
	for i := range m.Vars {
		v := &m.Vars[i]
		name, err := putArcs(v.Name)
		if err != nil {
			return nil, err
		}
		one := tagged(nil, object, name)
		switch {
		case v.Missing:
			one = tagged(one, noObject, nil)
		case v.Empty:
			one = tagged(one, null, nil)
		case v.Bytes != nil:
			one = tagged(one, octets, v.Bytes)
		default:
			one = tagged(one, integer, putNumber(v.Number))
		}
		list = tagged(list, sequence, one)
	}
	var pdu []byte
	for _, n := range [...]int64{int64(m.Request), int64(m.Error), int64(m.ErrorIndex)} {
		pdu = tagged(pdu, integer, putNumber(n))
	}
	pdu = tagged(pdu, sequence, list)
	body := tagged(nil, integer, putNumber(int64(m.Version)))
	body = tagged(body, octets, []byte(m.Community))
	body = tagged(body, byte(m.Type), pdu)
	at := len(dst)
	out := tagged(dst, sequence, body)
	if len(out)-at > MaxMessage {
		return nil, fmt.Errorf("ntcip1202 message: %d bytes; at most %d fit a datagram, ask for less", len(out)-at, MaxMessage)
	}
	return out, nil
}

func tagged(dst []byte, tag byte, value []byte) []byte {
	dst = append(dst, tag)
	switch n := len(value); {
	case n < 0x80:
		dst = append(dst, byte(n))
	case n < 1<<8:
		dst = append(dst, 0x81, byte(n))
	case n < 1<<16:
		dst = append(dst, 0x82, byte(n>>8), byte(n))
	default:
		dst = append(dst, 0x83, byte(n>>16), byte(n>>8), byte(n))
	}
	return append(dst, value...)
}

// putNumber is the fewest bytes that hold n with its sign.
func putNumber(n int64) []byte {
	size := 1
	for v := n; v > 127 || v < -128; v >>= 8 {
		size++
	}
	b := make([]byte, size)
	for i := range b {
		b[size-1-i] = byte(n >> (8 * i))
	}
	return b
}

func putArcs(o OID) ([]byte, error) {
	if len(o) < 2 || len(o) > maxArcs || o[0] > 2 || o[0] < 2 && o[1] > 39 || o[1] > 1<<32-1-80 {
		return nil, fmt.Errorf("ntcip1202 message: object %s is not a name of 2 to %d arcs", o, maxArcs)
	}
	b := arc(nil, uint64(40*o[0])+uint64(o[1]))
	for _, a := range o[2:] {
		b = arc(b, uint64(a))
	}
	return b, nil
}

func arc(dst []byte, a uint64) []byte {
	for shift := 28; shift >= 0; shift -= 7 {
		if c := a >> shift; c > 0 || shift == 0 {
			if shift > 0 {
				dst = append(dst, byte(c&0x7f)|0x80)
			} else {
				dst = append(dst, byte(c&0x7f))
			}
		}
	}
	return dst
}
