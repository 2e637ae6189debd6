package http1

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReaderTakesWhateverFramingHTTPHas(t *testing.T) {
	stream := "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Type: text/plain\r\n\r\nhi" +
		"PUT /b?c=d HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" +
		"GET /e HTTP/1.1\r\nHost: h\r\n\r\n" +
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n"
	want := []Message{{Method: "POST", Target: "/a", Type: "text/plain", Body: []byte("hi")}, {Method: "PUT", Target: "/b?c=d", Body: []byte("abcde")}, {Method: "GET", Target: "/e", Body: []byte{}}, {Status: 200, Body: []byte("z")}}
	for _, in := range []io.Reader{strings.NewReader(stream), iotest.OneByteReader(strings.NewReader(stream))} {
		r := NewReader(in)
		for _, w := range want {
			b, err := r.Next()
			if err != nil {
				t.Fatal(err)
			}
			m, err := Decode(b)
			if err != nil || m.Method != w.Method || m.Target != w.Target || m.Status != w.Status || m.Type != w.Type || !bytes.Equal(m.Body, w.Body) {
				t.Errorf("%+v %v, want %+v", m, err, w)
			}
		}
		if b, err := r.Next(); err != io.EOF || len(b) > 0 {
			t.Errorf("%q %v", b, err)
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		in, status string
		rest       bool
	}{
		"no HTTP":             {"hello there\r\n\r\n", "400", true},
		"another method":      {"DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n", "400", true},
		"the end in a body":   {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhi", "400", true},
		"an endless head":     {"POST /a HTTP/1.1\r\nX: " + strings.Repeat("x", 1<<20), "413", true},
		"a body beyond count": {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n" + strings.Repeat("x", 70<<20), "413", true},
	} {
		r := NewReader(strings.NewReader(c.in))
		b, err := r.Next()
		if err == nil || !c.rest == (len(b) > 0) || len(b) > keepRaw || !strings.HasPrefix(c.in, string(b)) {
			t.Errorf("%s: %d bytes kept, %v", name, len(b), err)
			continue
		}
		if g := string(Goodbye(err)); !strings.HasPrefix(g, "HTTP/1.1 "+c.status) {
			t.Errorf("%s: %q for %v", name, g, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte("PUT /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(bytes.NewReader(b))
		for {
			m, err := r.Next()
			if err != nil {
				if !errors.Is(err, io.EOF) && len(m) == 0 {
					t.Errorf("%q: nothing kept: %v", b, err)
				}
				return
			}
			if _, err := Decode(m); err != nil {
				t.Errorf("%q: read as %q: %v", b, m, err)
			}
		}
	})
}
