package ntcip1202

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"
)

// A get of phaseStatusGroupGreens.1 by hand, byte for byte (X.690; RFC 1157, 4.1.2).
func TestMessageByHand(t *testing.T) {
	m := Message{Version: 0, Community: "public", Type: Get, Request: 1234, Vars: Ask(Status(Greens, 1))}
	b, err := Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	// 1206 is 9·128 + 54: 89 36; the name has 15 bytes.
	const want = "302e" + "020100" + "04067075626c6963" + "a021" + "020204d2" + "020100" + "020100" + "3015" + "3013" + "060f" + "2b060104018936040201" + "0104010401" + "0500"
	if got := hex.EncodeToString(b); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	back, err := Decode(b)
	if err != nil || !reflect.DeepEqual(back, m) {
		t.Errorf("%+v came back as %+v (%v)", m, back, err)
	}
}

func TestPlansAndOrdersComeBack(t *testing.T) {
	p := Plan{Number: 2, Cycle: 90, Offset: 12, Splits: []int{30, 20, 40}}
	vars, err := p.Vars()
	if err != nil {
		t.Fatal(err)
	}
	vars = append(vars, Set16(Hold, Of(3, 9))...)
	vars = append(vars, Put(UnitFlash, -1), Put(Sequence, 1<<31), Put(Volume(3), 0))
	b, err := Append([]byte("xx"), Message{Version: 1, Community: "asc@7", Type: Set, Request: -5, Vars: vars})
	if err != nil {
		t.Fatal(err)
	}
	frame, garbage, n := Split(b)
	if string(garbage) != "xx" || n != len(b) {
		t.Fatalf("split into %x and %x", garbage, frame)
	}
	m, err := Decode(frame)
	if err != nil || m.Community != "asc@7" || m.Request != -5 {
		t.Fatalf("%+v, %v", m, err)
	}
	if got, ok := ReadPlan(m.Vars); !ok || !reflect.DeepEqual(got, p) {
		t.Errorf("plan %+v came back as %+v", p, got)
	}
	if got, ok := Orders(m.Vars, Hold); !ok || got != Of(3, 9) {
		t.Errorf("hold came back as %b", got)
	}
	if n, ok := Number(m.Vars, UnitFlash); !ok || n != -1 {
		t.Errorf("a negative number came back as %d", n)
	}
	if n, ok := Number(m.Vars, Sequence); !ok || n != 1<<31 {
		t.Errorf("a number of five bytes came back as %d", n)
	}
	if n, c, ok := Detector(Volume(3)); !ok || n != 3 || c != 1 {
		t.Errorf("detector %d, column %d", n, c)
	}
	for cut := range frame {
		if _, err := Decode(frame[:cut]); err == nil {
			t.Fatalf("the first %d of %d bytes are read as a message", cut, len(frame))
		}
		if f, _, n := Split(frame[:cut]); f != nil || n != 0 {
			t.Fatalf("%d of %d bytes are split off", n, len(frame))
		}
	}
	for _, bad := range []Plan{{}, {Number: 1, Cycle: 300, Splits: []int{1}}, {Number: 1, Cycle: 90, Splits: []int{-1}}, {Number: 1, Cycle: 90}} {
		if _, err := bad.Vars(); err == nil {
			t.Errorf("plan %+v is written", bad)
		}
	}
}

// Whatever comes, nothing panics, and what is read is written as it was read.
func FuzzDecode(f *testing.F) {
	for _, m := range []Message{{Community: "public", Type: Get, Request: 1, Vars: Ask(UnitFlash, Pattern)}, {Version: 1, Type: Response, Error: BadValue, ErrorIndex: 2, Vars: []Var{{Name: Sequence, Missing: true}, {Name: Pattern, Bytes: []byte("x")}, Put(Volume(16), 70000)}}} {
		b, err := Append(nil, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if frame, garbage, n := Split(b); n > len(b) || len(frame)+len(garbage) > len(b) {
			t.Fatalf("split %d of %d", n, len(b))
		}
		m, err := Decode(b)
		if _, ok := Question(b); ok && err != nil {
			t.Fatalf("a datagram is taken for a message that can't be read: %v", err)
		}
		if err != nil {
			return
		}
		out, err := Append(nil, m)
		if err != nil {
			t.Skip() // what is longer than a datagram when written anew
		}
		again, err := Decode(out)
		if err != nil || !reflect.DeepEqual(m, again) {
			t.Fatalf("%+v came back as %+v (%v)", m, again, err)
		}
		if twice, _ := Append(nil, again); !bytes.Equal(out, twice) {
			t.Fatalf("%x, then %x", out, twice)
		}
	})
}
