package wire

import (
	"fmt"
	"io"
)

// A Reader cuts what a connection brings into whole frames.
type Reader interface {
	// Next waits until at least one whole frame or a piece of garbage is there and returns all that is whole, garbage where
	// it stood. With an error it returns what was left of a frame that never became whole.
	Next() ([]byte, error)
}

// Bounds of a connection's stream in bytes: what may come without one whole frame in it before the other side is taken for
// something that does not speak the protocol, and the longest frame of a binary protocol.
const (
	maxNoise = 64 << 10
	maxFrame = 1 << 20
)

// Frames returns a Reader of frames that split finds (see Split). seen, if not nil, is called with each frame.
func Frames(r io.Reader, split func([]byte) (frame, garbage []byte, n int), seen func(frame []byte)) Reader {
	return &frames{r: r, split: split, seen: seen, chunk: make([]byte, 8<<10)}
}

type frames struct {
	r     io.Reader
	split func([]byte) (frame, garbage []byte, n int)
	seen  func([]byte)
	chunk []byte
	buf   []byte
	noise int  // bytes of garbage since the last whole frame
	flag  byte // that ends one frame and may open the next, once split has left it in the stream
	err   error
}

func (f *frames) Next() ([]byte, error) {
	for {
		if whole := f.whole(); len(whole) > 0 {
			return whole, nil
		}
		if f.noise > maxNoise || len(f.buf) > maxFrame {
			rest := f.buf
			f.err, f.buf = fmt.Errorf("%d bytes without a whole frame", f.noise+len(rest)), nil
			return rest, f.err
		}
		if f.err != nil {
			rest := f.buf
			f.buf = nil
			if len(rest) == 1 && f.flag != 0 && rest[0] == f.flag {
				rest = nil // the end of the last frame, kept because it might open another
			}
			return rest, f.err
		}
		var n int
		n, f.err = f.r.Read(f.chunk)
		f.buf = append(f.buf, f.chunk[:n]...)
	}
}

// whole takes what is whole off the buffer.
func (f *frames) whole() []byte {
	var out []byte
	rest := f.buf
	for len(rest) > 0 {
		frame, garbage, n := f.split(rest)
		f.noise += len(garbage)
		out = append(append(out, garbage...), frame...)
		if frame == nil {
			rest = rest[n:]
			break
		}
		f.noise = 0
		if last := len(frame) - 1; n < len(rest) && &rest[n] == &frame[last] {
			f.flag = frame[last]
		}
		rest = rest[n:]
		if f.seen != nil {
			f.seen(frame)
		}
	}
	f.buf = append(f.buf[:0], rest...)
	return out
}
