package jt808

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Beijing is the zone of every time on the wire.
var Beijing = time.FixedZone("UTC+8", 8*3600)

// A reader takes fields off a body; after the first that is missing all are zero and err says which.
type reader struct {
	b   []byte
	at  int
	err error
}

func (r *reader) take(n int) []byte {
	if r.err == nil && len(r.b)-r.at < n {
		r.err = fmt.Errorf("byte %d: %d bytes wanted, %d are left; ask for it again", r.at, n, len(r.b)-r.at)
	}
	if r.err != nil {
		return make([]byte, n)
	}
	r.at += n
	return r.b[r.at-n : r.at : r.at]
}

func (r *reader) u8() uint8    { return r.take(1)[0] }
func (r *reader) u16() uint16  { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32  { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) rest() []byte { return append([]byte{}, r.take(len(r.b)-r.at)...) }
func (r *reader) left() int    { return len(r.b) - r.at }

func (r *reader) degrees() float64 { return float64(r.u32()) / 1e6 }

// text reads n bytes of padded GBK; bytes that are none become U+FFFD.
func (r *reader) text(n int) string { return fromGBK(bytes.Trim(r.take(n), "\x00")) }

func fromGBK(b []byte) string {
	s, err := simplifiedchinese.GBK.NewDecoder().Bytes(b)
	if err != nil {
		return string(bytes.ToValidUTF8(b, []byte("\uFFFD")))
	}
	return string(s)
}

// time reads BCD YYMMDDhhmmss; the zero time if it is no date.
func (r *reader) time() time.Time {
	var n [6]int
	for i, c := range r.take(6) {
		if c>>4 > 9 || c&15 > 9 {
			return time.Time{}
		}
		n[i] = int(c>>4)*10 + int(c&15)
	}
	t := time.Date(2000+n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, Beijing)
	if n[1] == 0 || int(t.Month()) != n[1] || t.Day() != n[2] || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return time.Time{}
	}
	return t
}

// A writer puts fields into a body; the first that does not fit is kept as err.
type writer struct {
	b   []byte
	err error
}

func (w *writer) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *writer) u8(v uint8)   { w.b = append(w.b, v) }
func (w *writer) u16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *writer) u32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }

func (w *writer) count8(what string, n int) {
	if n > 255 {
		w.fail("%d %s; at most 255 fit", n, what)
	}
	w.u8(uint8(n))
}

func (w *writer) count16(what string, n int) {
	if n > 65535 {
		w.fail("%d %s; at most 65535 fit", n, what)
	}
	w.u16(uint16(n))
}

// degrees writes the magnitude; the sign stands in some word of bits.
func (w *writer) degrees(v float64) {
	n := math.Round(math.Abs(v) * 1e6)
	if !(n <= math.MaxUint32) {
		w.fail("coordinate %g; give degrees", v)
		n = 0
	}
	w.u32(uint32(n))
}

func (w *writer) time(t time.Time) {
	if t.IsZero() {
		w.b = append(w.b, make([]byte, 6)...)
		return
	}
	t = t.In(Beijing)
	if t.Year() < 2000 || t.Year() > 2099 {
		w.fail("year %d has no two-digit form; give a time of 2000 to 2099", t.Year())
	}
	for _, v := range []int{t.Year() % 100, int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()} {
		w.b = append(w.b, byte(v/10)<<4|byte(v%10))
	}
}

func (w *writer) gbk(s string) []byte {
	b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(s))
	if err != nil {
		w.fail("text %q is not in gbk; use other words", s)
	}
	return b
}

// text writes n bytes, padded with zeros behind.
func (w *writer) text(s string, n int) {
	b := w.gbk(s)
	if len(b) > n {
		w.fail("text %q takes %d bytes of gbk; at most %d fit", s, len(b), n)
		b = b[:n]
	}
	w.b = append(append(w.b, b...), make([]byte, n-len(b))...)
}
