package wire

import (
	"bytes"
	"testing"
)

// probe knows frames of the form F, length, bytes, sum of the bytes.
func probe(b []byte) int {
	if b[0] != 'F' {
		return -1
	}
	if len(b) < 2 {
		return 0
	}
	size := int(b[1]) + 3
	if len(b) < size {
		return 0
	}
	var sum byte
	for _, c := range b[2 : size-1] {
		sum += c
	}
	if sum != b[size-1] {
		return -1
	}
	return size
}

func TestSplit(t *testing.T) {
	good := []byte{'F', 2, 10, 20, 30}
	for _, c := range []struct {
		name           string
		in             []byte
		frame, garbage []byte
		n              int
	}{
		{"nothing", nil, nil, nil, 0},
		{"whole", good, good, nil, 5},
		{"two", append(good[:5:5], good...), good, nil, 5},
		{"unfinished", good[:4], nil, nil, 0},
		{"noise", []byte("xyz"), nil, []byte("xyz"), 3},
		{"noise before", append([]byte("xyz"), good...), good, []byte("xyz"), 8},
		{"noise before an unfinished one", append([]byte("xyz"), good[:3]...), nil, []byte("xyz"), 3},
		{"wrong sum", append([]byte{'F', 2, 10, 20, 31}, good...), good, []byte{'F', 2, 10, 20, 31}, 10},
		{"wrong length", append([]byte{'F', 200, 10, 20, 30}, good...), good, []byte{'F', 200, 10, 20, 30}, 10},
	} {
		frame, garbage, n := Split(c.in, probe)
		if !bytes.Equal(frame, c.frame) || (frame == nil) != (c.frame == nil) || !bytes.Equal(garbage, c.garbage) || n != c.n {
			t.Errorf("%s: frame %v, garbage %v, n %d", c.name, frame, garbage, n)
		}
	}
}
