package http1

import (
	"bytes"
	"reflect"
	"testing"
)

func TestRoundTripInPieces(t *testing.T) {
	want := []Message{
		{Method: "POST", Target: "/calls?x=1", Type: "application/json", Body: []byte(`{"id":"C1"}`)},
		{Status: 200, Type: "text/csv", Body: bytes.Repeat([]byte("1,2\n"), 5000)},
		{Method: "GET", Target: "/requests.json", Body: []byte{}},
		{Status: 404, Body: []byte{}},
	}
	var stream []byte
	for i, m := range want {
		if i == 2 {
			stream = append(stream, "noise\r\n"...)
		}
		var err error
		if stream, err = Append(stream, m); err != nil {
			t.Fatal(err)
		}
	}
	var got []Message
	var buf, garbage []byte
	for len(stream) > 0 || len(buf) > 0 {
		k := min(7, len(stream))
		buf, stream = append(buf, stream[:k]...), stream[k:]
		frame, bad, n := Split(buf)
		garbage = append(garbage, bad...)
		buf = buf[n:]
		if frame != nil {
			m, err := Decode(frame)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, m)
		} else if len(stream) == 0 {
			break
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %d messages: %.300v", len(got), got)
	}
	if string(garbage) != "noise\r\n" {
		t.Errorf("garbage %q", garbage)
	}
}

func TestBadMessagesAreRefused(t *testing.T) {
	for _, b := range []string{"", "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "DELETE / HTTP/1.1\r\n\r\n"} {
		if m, err := Decode([]byte(b)); err == nil {
			t.Errorf("%q was read as %+v", b, m)
		}
	}
	for _, m := range []Message{{}, {Method: "GET", Target: "/a b"}, {Method: "GET", Target: "x"}, {Status: 200, Method: "GET", Target: "/"}, {Status: 200, Type: "a\r\nb"}} {
		if b, err := Append(nil, m); err == nil {
			t.Errorf("%+v was written as %q", m, b)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte("POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\nok"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, garbage, n := Split(b)
		if len(frame)+len(garbage) > n || n > len(b) {
			t.Fatalf("%d of %d bytes used for %d and %d", n, len(b), len(frame), len(garbage))
		}
		m, err := Decode(b)
		if err != nil {
			return
		}
		if again, err := Append(nil, m); err == nil {
			if k, err := Decode(again); err != nil || !reflect.DeepEqual(k, m) {
				t.Fatalf("%+v came back as %+v, %v", m, k, err)
			}
		}
	})
}
