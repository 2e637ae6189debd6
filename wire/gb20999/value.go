package gb20999

import (
	"fmt"
	"strings"
	"time"
)

// Uint is the value as an unsigned big-endian number of 1 to 8 bytes; ok is false for other widths.
func (v Value) Uint() (n uint64, ok bool) {
	if len(v.Data) == 0 || len(v.Data) > 8 {
		return 0, false
	}
	for _, c := range v.Data {
		n = n<<8 | uint64(c)
	}
	return n, true
}

// Text is the value without the zeros that pad it.
func (v Value) Text() string { return strings.TrimRight(string(v.Data), "\x00") }

// Time is a 7-byte time: year 2, month, day, hour, minute, second, in the given zone (13.1.10 is UTC, the others local).
func (v Value) Time(zone *time.Location) (time.Time, error) {
	d := v.Data
	if len(d) != 7 {
		return time.Time{}, fmt.Errorf("gb20999 value %s: %d bytes; a time has 7", v.Address, len(d))
	}
	year := int(d[0])<<8 | int(d[1])
	t := time.Date(year, time.Month(d[2]), int(d[3]), int(d[4]), int(d[5]), int(d[6]), 0, zone)
	if t.Month() != time.Month(d[2]) || t.Day() != int(d[3]) || d[4] > 23 || d[5] > 59 || d[6] > 59 {
		return time.Time{}, fmt.Errorf("gb20999 value %s: %X is no date and time; check the controller's clock", v.Address, d)
	}
	return t, nil
}

// Bits lists the numbers of the set bits, from 1: bit 0 of the last byte is number 1 (phases, groups, detectors).
func (v Value) Bits() []int {
	var out []int
	for n := range 8 * len(v.Data) {
		if v.Data[len(v.Data)-1-n/8]>>(n%8)&1 == 1 {
			out = append(out, n+1)
		}
	}
	return out
}

// PutUint is a value of size bytes, 1 to 8, big-endian.
func PutUint(a Address, size int, n uint64) Value {
	d := make([]byte, size)
	for i := range d {
		d[size-1-i] = byte(n >> (8 * i))
	}
	return Value{Address: a, Data: d}
}

// PutTime is the 7-byte form of t in its own zone, to the second.
func PutTime(a Address, t time.Time) Value {
	return Value{Address: a, Data: []byte{byte(t.Year() >> 8), byte(t.Year()), byte(t.Month()), byte(t.Day()), byte(t.Hour()), byte(t.Minute()), byte(t.Second())}}
}

// PutBits is a bit set of size bytes with the given numbers, from 1, set; a number that does not fit is an error.
func PutBits(a Address, size int, numbers ...int) (Value, error) {
	d := make([]byte, size)
	for _, n := range numbers {
		if n < 1 || n > 8*size {
			return Value{}, fmt.Errorf("gb20999 value %s: number %d; %d bytes hold 1 to %d", a, n, size, 8*size)
		}
		d[size-1-(n-1)/8] |= 1 << ((n - 1) % 8)
	}
	return Value{Address: a, Data: d}, nil
}

// Ask is a query's values for the given addresses, numbered.
func Ask(addresses ...Address) []Value {
	out := make([]Value, len(addresses))
	for i, a := range addresses {
		out[i].Address = a
	}
	return Number(out)
}

// find gives a reply's value at an address as a number.
func find(values []Value, a Address) (uint64, bool) {
	for _, v := range values {
		if v.Address == a {
			return v.Uint()
		}
	}
	return 0, false
}

// elements lists the elements of class.object that occur in values, in their order.
func elements(values []Value, class, object uint8) []uint8 {
	var out []uint8
	var seen [256]bool
	for _, v := range values {
		if v.Class == class && v.Object == object && v.Element != 0 && !seen[v.Element] {
			seen[v.Element] = true
			out = append(out, v.Element)
		}
	}
	return out
}
