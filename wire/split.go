package wire

// Split finds the first whole frame in a byte stream. probe looks at the head of a candidate and returns the frame's
// length, 0 when the candidate may become a frame with more bytes, or a negative number when it can't be one.
//
// n is how many bytes of buf are used up: first garbage, then frame, both slices of buf. Garbage is what no frame claims;
// it goes to the quarantine. Without a whole frame, frame is nil and buf[n:] waits for more bytes.
//
// A whole frame behind an unfinished candidate ends the candidate: a damaged length can't hold back the frames that
// follow it.
func Split(buf []byte, probe func(b []byte) int) (frame, garbage []byte, n int) {
	pending := -1
	for i := range buf {
		switch size := probe(buf[i:]); {
		case size > 0:
			return buf[i : i+size : i+size], buf[:i:i], i + size
		case size == 0 && pending < 0:
			pending = i
		}
	}
	if pending < 0 {
		pending = len(buf)
	}
	return nil, buf[:pending:pending], pending
}
