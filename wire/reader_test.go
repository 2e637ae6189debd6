package wire

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

func read(r Reader) (all, rest []byte, err error) {
	for {
		b, err := r.Next()
		if err != nil {
			return all, b, err
		}
		all = append(all, b...)
	}
}

func split(b []byte) ([]byte, []byte, int) { return Split(b, probe) }

func TestFramesDoNotDependOnHowTheNetworkCutsThem(t *testing.T) {
	good := []byte{'F', 2, 10, 20, 30}
	stream := bytes.Join([][]byte{good, []byte("noise"), good, good, {'F', 2, 10, 20, 31}, good, {'F', 200, 1}}, nil)
	whole := stream[:len(stream)-3]
	for name, in := range map[string]io.Reader{"at once": bytes.NewReader(stream), "by the byte": iotest.OneByteReader(bytes.NewReader(stream)), "by halves": iotest.HalfReader(bytes.NewReader(stream)), "with the end": iotest.DataErrReader(bytes.NewReader(stream))} {
		seen := 0
		all, rest, err := read(Frames(in, split, func(f []byte) {
			if !bytes.Equal(f, good) {
				t.Errorf("%s: frame %v", name, f)
			}
			seen++
		}))
		if !bytes.Equal(all, whole) || seen != 4 || !bytes.Equal(rest, []byte{'F', 200, 1}) || !errors.Is(err, io.EOF) {
			t.Errorf("%s: %d frames, %q, rest %v, %v", name, seen, all, rest, err)
		}
	}
	r := Frames(bytes.NewReader(bytes.Repeat([]byte("x"), 1<<20)), split, nil)
	if all, _, err := read(r); errors.Is(err, io.EOF) || len(all) > 2*maxNoise {
		t.Errorf("%d bytes of noise were read: %v", len(all), err)
	}
}

func FuzzFrames(f *testing.F) {
	f.Add([]byte{'F', 2, 10, 20, 30, 'F', 2, 10, 20, 31, 'F'}, 3)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		cut = min(max(cut, 0), len(b))
		all, rest, _ := read(Frames(io.MultiReader(bytes.NewReader(b[:cut]), bytes.NewReader(b[cut:])), split, nil))
		if len(b) < maxNoise && !bytes.Equal(append(all, rest...), b) {
			t.Errorf("%v became %v and %v", b, all, rest)
		}
	})
}
