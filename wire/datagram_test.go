package wire

import (
	"bytes"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
)

// Messages of this test are a question's letter and a full stop.
func letters(string) *Protocol {
	return &Protocol{
		Read: func(r io.Reader, seen func([]byte)) Reader { return Frames(r, nil, seen) },
		Message: func(b []byte) (string, bool) {
			return string(b[:min(1, len(b))]), len(b) == 2 && b[1] == '.'
		},
	}
}

// A datagram is a message or it is refused; an answer goes to who asked; nobody waits for who is not there.
func TestDatagrams(t *testing.T) {
	clock := func() time.Time { return time.Unix(0, 0) }
	list := []Address{{Feed: "a/b", Listens: Department, At: "udp://127.0.0.1:0"}}
	there, err := Listen(list, Options{Side: Department, Protocol: letters, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	here, err := Listen(there.Addresses(), Options{Side: City, Protocol: letters, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	if err := here.Dial(there.Addresses()); err != nil {
		t.Fatal(err)
	}
	take := func(s *Sockets, n int) (out []string) {
		t.Helper()
		for range 400 {
			for _, a := range s.Take() {
				out = append(out, string(a.Bytes)+a.Refused)
			}
			if len(out) >= n {
				return out
			}
			time.Sleep(5 * time.Millisecond)
		}
		t.Fatalf("%d of %d came: %q", len(out), n, out)
		return nil
	}
	if !here.Link("a/b").Down {
		t.Error("a link is up of which nothing was heard")
	}
	if err := there.Send(Packet{Feed: "a/b", Bytes: []byte("z.")}); err == nil {
		t.Error("an answer to nobody's question was sent")
	}
	if err := here.Send(Packet{Feed: "a/b", Bytes: []byte("x.")}); err != nil {
		t.Fatal(err)
	}
	host, _ := there.Addresses()[0].Datagrams()
	other, err := net.Dial("udp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	for _, b := range []string{"y.", "y.x.", "y"} {
		if _, err := other.Write([]byte(b)); err != nil {
			t.Fatal(err)
		}
	}
	got := take(there, 4)
	slices.Sort(got)
	if !slices.Equal(got, []string{"x.", "y.", "y.x.a datagram that is not one message", "ya datagram that is not one message"}) {
		t.Errorf("came: %q", got)
	}
	for _, b := range []string{"x.", "y."} {
		if err := there.Send(Packet{Feed: "a/b", Bytes: []byte(b)}); err != nil {
			t.Fatal(err)
		}
	}
	if got := take(here, 1); !slices.Equal(got, []string{"x."}) {
		t.Errorf("who asked x is answered %q", got)
	}
	buf := make([]byte, 9)
	if err := other.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := other.Read(buf); err != nil || !bytes.Equal(buf[:n], []byte("y.")) {
		t.Errorf("who asked y is answered %q, %v", buf[:n], err)
	}
	if l := here.Link("a/b"); l.Down || l.Up != 1 {
		t.Errorf("link %+v", l)
	}
	// The other side is gone: what is sent is lost, and the link is down.
	if err := there.Close(); err != nil {
		t.Fatal(err)
	}
	for range 400 {
		_ = here.Send(Packet{Feed: "a/b", Bytes: []byte("w.")}) // it may be refused or lost
		if here.Link("a/b").Down {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if l := here.Link("a/b"); !l.Down || l.Ended != 1 {
		t.Errorf("the other side is gone: %+v", l)
	}
	streams := func(string) *Protocol { return &Protocol{Read: letters("").Read} }
	if _, err := Listen(list, Options{Side: Department, Protocol: streams, Clock: clock}); err == nil || !strings.Contains(err.Error(), "no datagrams") {
		t.Errorf("a protocol without datagrams: %v", err)
	}
}
