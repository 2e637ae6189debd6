package forecast

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
)

// kept is a model's file.
func kept(t testing.TB, m *Model, streets string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := m.Write(&b, streets); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A model that was kept foretells what it foretold before, to the bit, and is kept as the same bytes again.
func TestModelIsKept(t *testing.T) {
	s := ring(20)
	past, _ := drawn(s, 4, 1)
	m, err := Learn(s, past, 1)
	if err != nil {
		t.Fatal(err)
	}
	file := kept(t, m, "abc")
	again, err := Read(bytes.NewReader(file), s, "abc")
	if err != nil {
		t.Fatal(err)
	}
	a, err := after(m, past[1].Bins[:12])
	if err != nil {
		t.Fatal(err)
	}
	b, err := after(again, past[1].Bins[:12])
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("a model that was kept foretells something else")
	}
	if !bytes.Equal(file, kept(t, again, "abc")) {
		t.Error("a model that was kept is kept as other bytes")
	}
	for name, try := range map[string]func() error{
		"it is of other streets, \"abc\"": func() error { _, err := Read(bytes.NewReader(file), s, "abd"); return err },
		"21 links":                        func() error { _, err := Read(bytes.NewReader(file), ring(21), "abc"); return err },
		"invalid header":                  func() error { _, err := Read(strings.NewReader("this is no compressed file"), s, "abc"); return err },
		"unexpected EOF":                  func() error { _, err := Read(bytes.NewReader(file[:len(file)/2]), s, "abc"); return err },
		"cut off": func() error {
			z, err := gzip.NewReader(bytes.NewReader(file))
			if err != nil {
				return err
			}
			raw, err := io.ReadAll(z)
			if err != nil {
				return err
			}
			_, err = Read(bytes.NewReader(zipped(raw[:len(raw)-3])), s, "abc")
			return err
		},
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "citybrain city speeds") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func zipped(raw []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(raw)
	z.Close()
	return b.Bytes()
}

// Whatever a file holds, reading it ends with a model that foretells, or with an error.
func FuzzRead(f *testing.F) {
	s := ring(6)
	past, _ := drawn(s, 4, 1)
	m, err := Learn(s, past, 1)
	if err != nil {
		f.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(kept(f, m, "abc")))
	if err != nil {
		f.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add(raw[:len(raw)/2])
	f.Add([]byte(fileHead))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := Read(bytes.NewReader(zipped(raw)), s, "abc")
		if err != nil {
			return
		}
		if _, err := after(m, past[0].Bins[:9]); err != nil {
			t.Fatal(err)
		}
	})
}
