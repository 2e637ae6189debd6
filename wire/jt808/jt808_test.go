package jt808

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"
	"time"
)

func TestComposeRoundTrip(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 30, 5, 0, Beijing)
	limit := &Limit{Speed: 30, Duration: 10}
	for _, m := range []Message{
		Answer{Platform: true, Serial: 1, To: IDLocation, Result: AlarmHandled},
		Register{31, 115, "cd", "bus", "7654321", 2, "沪A12345", false},
		RegisterAnswer{1, 0, "code"},
		Authenticate{Code: "code"},
		Location{Alarm: AlarmEmergency, Status: StatusPositioned | statusSouth | statusWest, Lat: -27.455656, Lon: -0.000001, Speed: 43.7, Heading: 359, Time: at,
			Items: []Item{{ItemOdometer, []byte{0, 0, 1, 1}}}, Rest: []byte{9}},
		LocationAnswer{7, Location{Lat: 31.2304, Lon: 121.4737, Time: at}},
		Batch{true, []Location{{Lat: 31.2304, Time: at}, {Lat: 31.2305, Time: at.Add(time.Second)}}},
		Passengers{at, at.Add(time.Hour), 12, 3},
		Parameters{List: []Parameter{{0x0029, []byte{0, 0, 0, 10}}}},
		Track{5, 600}, Track{},
		Text{Flags: TextDisplay, Text: "前方积水"},
		Circles{1, []Circle{{ID: 5, Attribute: areaTimed | areaSpeedLimit | areaSouth, Lat: -31, Lon: 121, Radius: 200, From: at, To: at, Limit: limit}}},
		Route{ID: 77, Points: []Point{{ID: 1, Section: 1, Lat: 31, Lon: 121, Width: 30, Attribute: sectionTimed | sectionSpeedLimit, MaxTime: 60, Limit: limit}}},
		Raw{IDHeartbeat, []byte{}},
	} {
		f, err := Compose(Header{Phone: "13800138000", Serial: 9}, m)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		b, err := Append(nil, f)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		back, err := Decode(b)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		if back.Phone != "013800138000" {
			t.Errorf("phone %s", back.Phone)
		}
		got, err := back.Message()
		if err != nil || !reflect.DeepEqual(got, m) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, m)
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	for name, m := range map[string]Message{
		"long terminal": Register{Terminal: "12345678"}, "not gbk": Text{Text: "\U0001F600"}, "speed": Location{Speed: -1},
		"south on a route": Route{Points: []Point{{Lat: -1}}}, "year": Passengers{From: time.Date(1999, 1, 1, 0, 0, 0, 0, Beijing)},
		"long text": Text{Text: string(bytes.Repeat([]byte("a"), 1025))},
	} {
		if _, err := Compose(Header{Phone: "1"}, m); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, f := range map[string]Frame{
		"phone": {Header: Header{Phone: "1234567890123"}}, "letters": {Header: Header{Phone: "x"}}, "body": {Body: make([]byte, 1024)}, "part": {Header: Header{Part: 2, Parts: 1}},
	} {
		if _, err := Append(nil, f); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestShortPhone(t *testing.T) {
	f := Frame{Header: Header{ID: IDLocation, Phone: "013800138000", ShortPhone: true}, Body: make([]byte, 28)}
	b, err := Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil || !reflect.DeepEqual(got, f) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestPlain(t *testing.T) {
	b, err := Append(nil, Frame{Header: Header{ID: IDText, Phone: "1", Plain: true}, Body: []byte{0, esc, 'a', flag}})
	if err != nil {
		t.Fatal(err)
	}
	if f, err := Decode(b); err != nil || !f.Plain || len(f.Body) != 4 {
		t.Errorf("got %+v, %v", f, err)
	}
	b[len(b)-2]++
	if _, err := Decode(b); err == nil {
		t.Error("accepted with a wrong check")
	}
}

func TestJoin(t *testing.T) {
	a := Frame{Header: Header{ID: IDText, Phone: "1", Parts: 2, Part: 1}, Body: []byte{0, 'a'}}
	b := a
	b.Part, b.Body = 2, []byte("b")
	whole, err := Join([]Frame{a, b})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := whole.Message(); err != nil || m.(Text).Text != "ab" {
		t.Errorf("%v, %v", m, err)
	}
	for _, bad := range [][]Frame{nil, {a}, {b, a}} {
		if _, err := Join(bad); err == nil {
			t.Errorf("joined %d packages", len(bad))
		}
	}
	if _, err := a.Message(); err == nil {
		t.Error("half a message was read")
	}
}

func TestSplit(t *testing.T) {
	var frames [][]byte
	for i := range uint16(3) {
		b, err := Append(nil, Frame{Header: Header{ID: IDHeartbeat, Phone: "7e7d", Serial: i}})
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, b)
	}
	// The first two share a flag; then half a frame, noise, and a whole one.
	stream := bytes.Join([][]byte{[]byte("noise"), frames[0], frames[1][1:], frames[1][:8], frames[2], frames[1][:5]}, nil)
	var got [][]byte
	var dirt []byte
	for {
		frame, garbage, n := Split(stream)
		dirt, stream = append(dirt, garbage...), stream[n:]
		if frame == nil {
			break
		}
		got = append(got, frame)
	}
	if !reflect.DeepEqual(got, frames) {
		t.Errorf("frames %X", got)
	}
	if want := append([]byte("noise"), frames[1][:8]...); !bytes.Equal(dirt, want) {
		t.Errorf("garbage %X, want %X", dirt, want)
	}
	if !bytes.Equal(stream, frames[1][:5]) {
		t.Errorf("rest %X", stream)
	}
}

func TestSplitEdges(t *testing.T) {
	good, err := Append(nil, Frame{Header: Header{ID: IDHeartbeat, Phone: "1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name           string
		in             []byte
		frame, garbage []byte
		n              int
	}{
		{"nothing", nil, nil, nil, 0},
		{"idle", []byte{flag, flag, flag}, nil, nil, 2},
		{"idle before a frame", append([]byte{flag, flag}, good...), good, nil, 1 + len(good)},
		{"noise", []byte("abc"), nil, []byte("abc"), 3},
		{"unfinished", good[:6], nil, nil, 0},
		{"too long", append([]byte{flag}, make([]byte, maxFrame)...), nil, append([]byte{flag}, make([]byte, maxFrame)...), maxFrame + 1},
		{"wrong check", append([]byte{flag, 1, 2, 3, flag}, good...), good, []byte{flag, 1, 2, 3}, 4 + len(good)},
	} {
		frame, garbage, n := Split(c.in)
		if !bytes.Equal(frame, c.frame) || !bytes.Equal(garbage, c.garbage) || n != c.n {
			t.Errorf("%s: frame %X, garbage %X, n %d", c.name, frame, garbage, n)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"7e000100050123456789017fff007b01c803bd7e",
		"7e0200001c0123456789010000000004000000080007203b7d0202633df70138000300632410012359591c7e",
		"7e8600401d0100000000000138001380000009000100000005000201dc89c0073d8aa4000000c8001e0a001400024131457e",
		"7e86064032010000000001380013800000090000004d00000002000000010000000101dc89c0073d8aa41e00000000020000000201dc9000073da3401e000004c8c6d0d0017e",
	} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		Split(b)
		if x, err := Decode(b); err == nil {
			if out, err := Append(nil, x); err != nil || !bytes.Equal(out, b) {
				t.Fatalf("%X became %X, %v", b, out, err)
			}
		}
		if len(b) < 3 {
			return
		}
		// The same bytes as a body, so that the fuzzer reaches every message.
		ids := []uint16{IDTerminalAnswer, IDRegister, IDAuthenticate, IDParameters, IDLocation, IDLocationAnswer, IDBatch, IDPassengers,
			IDRegisterAnswer, IDSetParameters, IDTrack, IDText, IDCircles, IDRoute}
		x := Frame{Header: Header{ID: ids[int(b[0])%len(ids)], Version: Version(b[1] & 1), Phone: "1"}, Body: b[2:]}
		m, err := x.Message()
		if err != nil {
			return
		}
		y, err := Compose(x.Header, m)
		if err != nil {
			return // a text that is no GBK
		}
		again, err := y.Message()
		if err != nil {
			t.Fatalf("%T %+v: composed %X can't be read: %v", m, m, y.Body, err)
		}
		z, err := Compose(y.Header, again)
		if err != nil || !bytes.Equal(z.Body, y.Body) {
			t.Fatalf("%T: %X, then %X, %v", m, y.Body, z.Body, err)
		}
	})
}
