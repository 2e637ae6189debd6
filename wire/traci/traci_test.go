package traci

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestCommandBytes(t *testing.T) {
	set, err := Set(Light, State, "J", Value{Type: String, Text: "Gr"})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		cmd  Command
		want []byte
	}{
		{"get", Get(Vehicle, Edges, "v"), []byte{0, 0, 0, 12, 8, 0xA4, 0x54, 0, 0, 0, 1, 'v'}},
		{"set", set, []byte{0, 0, 0, 19, 15, 0xC2, 0x20, 0, 0, 0, 1, 'J', 0x0C, 0, 0, 0, 2, 'G', 'r'}},
		{"step", Step(0), []byte{0, 0, 0, 14, 10, 0x02, 0, 0, 0, 0, 0, 0, 0, 0}},
	} {
		if got := Message(x.cmd); !bytes.Equal(got, x.want) {
			t.Errorf("%s: % x, want % x", x.name, got, x.want)
		}
	}
	long := Command{0xA4, make([]byte, 300)}
	m := Message(long)
	if m[4] != 0 || binary.BigEndian.Uint32(m[5:]) != 306 || m[9] != 0xA4 {
		t.Errorf("long command begins % x", m[:10])
	}
	back, err := Commands(m[4:])
	if err != nil || len(back) != 1 || !reflect.DeepEqual(back[0], long) {
		t.Errorf("long command back: %v, %v", back, err)
	}
	sub := Subscribe(Vehicle, "v", Speed, VehicleLane)
	if sub.ID != 0xD4 || len(sub.Content) != 8+8+4+1+1+2 {
		t.Errorf("subscribe: %+v", sub)
	}
	if c := SubscribeAround(Lane, "l", Vehicle, 50, Speed); c.ID != 0x83 || c.Content[21] != 0xA4 {
		t.Errorf("subscribe around: %+v", c)
	}
}

func TestValues(t *testing.T) {
	for _, v := range []Value{
		{Type: UByte, Number: 7}, {Type: Byte, Number: -7}, {Type: Integer, Number: -70000}, {Type: Double, Number: 13.89}, {Type: String, Text: "Straße"},
		{Type: Strings, List: []string{"a", ""}}, {Type: Doubles, Numbers: []float64{1, 2}}, {Type: Position2D, Numbers: []float64{3, 4}}, {Type: Position3D, Numbers: []float64{3, 4, 5}},
		{Type: Compound, Items: []Value{{Type: Integer, Number: 1}, {Type: String, Text: "x"}}},
	} {
		b, err := v.Append(nil)
		if err != nil {
			t.Fatal(err)
		}
		r := reader{b: b}
		if got := r.value(0); r.end("value") != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%+v came back as %+v: %v", v, got, r.err)
		}
		for n := range b {
			r := reader{b: b[:n]}
			if r.value(0); r.err == nil {
				t.Errorf("%+v cut to %d bytes passes", v, n)
			}
		}
	}
	r := reader{b: []byte{byte(Polygon), 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3F, 0xF0, 0, 0, 0, 0, 0, 0}}
	if v := r.value(0); r.err != nil || len(v.Numbers) != 4 || v.Numbers[3] != 1 {
		t.Errorf("polygon %+v, %v", v, r.err)
	}
	for _, b := range [][]byte{{byte(Strings), 0x7F, 0xFF, 0xFF, 0xFF}, {0x77}, bytes.Repeat([]byte{byte(Compound), 0, 0, 0, 1}, 20)} {
		r := reader{b: b}
		if r.value(0); r.err == nil {
			t.Errorf("% x passes", b)
		}
	}
	if _, err := (Value{Type: Polygon}).Append(nil); err == nil {
		t.Error("a type that is not written passes")
	}
}

func status(id, code byte, say string) Command { return Command{id, text([]byte{code}, say)} }

// sumo answers like one, message by message: reply gets each message's commands and returns the body of the answer.
func sumo(t *testing.T, reply func([]Command) []byte) *Conn {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	go func() {
		for {
			var head [4]byte
			if _, err := io.ReadFull(b, head[:]); err != nil {
				return
			}
			body := make([]byte, binary.BigEndian.Uint32(head[:])-4)
			if _, err := io.ReadFull(b, body); err != nil {
				return
			}
			list, err := Commands(body)
			if err != nil {
				return
			}
			var out []byte
			if list[0].ID == cmdVersion {
				out = status(cmdVersion, Done, "").Append(nil)
				out = Command{cmdVersion, text([]byte{0, 0, 0, 20}, "SUMO 1.15.0")}.Append(out)
			} else if out = reply(list); out == nil {
				b.Close()
				return
			} else if len(out) == 0 {
				continue // hangs
			}
			m := binary.BigEndian.AppendUint32(nil, uint32(len(out)+4))
			if _, err := b.Write(append(m, out...)); err != nil {
				return
			}
		}
	}()
	c, err := NewConn(a, 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if c.API != 20 || c.Server != "SUMO 1.15.0" {
		t.Errorf("API %d of %q", c.API, c.Server)
	}
	return c
}

func TestConn(t *testing.T) {
	speed, _ := Value{Type: Double, Number: 7}.Append([]byte{Speed, Done})
	fault, _ := Value{Type: String, Text: "gone"}.Append([]byte{VehicleLane, Failed})
	c := sumo(t, func(list []Command) []byte {
		switch list[0].ID {
		case 0xA4:
			if string(list[0].Content[5:]) == "ghost" {
				return status(0xA4, Failed, "Vehicle 'ghost' is not known").Append(nil)
			}
			v, _ := Value{Type: Strings, List: []string{"e1", "e2"}}.Append(text([]byte{Edges}, "v"))
			return Command{0xB4, v}.Append(status(0xA4, Done, "").Append(nil))
		case cmdStep:
			out := status(cmdStep, Done, "").Append(nil)
			out = binary.BigEndian.AppendUint32(out, 2)
			b := append(text(nil, "v"), 2)
			out = Command{0xE4, append(append(b, speed...), fault...)}.Append(out)
			b = append(text(nil, "l"), 0xA4, 1, 0, 0, 0, 1)
			return Command{0x93, append(text(b, "w"), speed...)}.Append(out)
		}
		return status(list[0].ID, Done, "").Append(nil)
	})
	v, err := c.Value(Vehicle, Edges, "v")
	if err != nil || !reflect.DeepEqual(v.List, []string{"e1", "e2"}) {
		t.Errorf("%+v, %v", v, err)
	}
	var got []Subscription
	if err := c.Step(0, func(s *Subscription) error { got = append(got, *s); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || got[0].Object != "v" || got[1].Domain != Lane || len(got[1].Around) != 1 || got[1].Around[0].Object != "w" {
		t.Fatalf("%+v", got)
	}
	if v, ok := got[0].Get(Speed); !ok || v.Number != 7 {
		t.Errorf("speed %+v", v)
	}
	if _, ok := got[0].Get(VehicleLane); ok || got[0].Variables[1].Fault != "gone" {
		t.Errorf("a fault passes for a value: %+v", got[0])
	}
	if _, err := c.Value(Vehicle, Edges, "ghost"); err == nil || !strings.Contains(err.Error(), "'ghost' is not known") {
		t.Errorf("unknown vehicle: %v", err)
	}
}

func TestConnDeadOrHung(t *testing.T) {
	for _, x := range []struct {
		name, says string
		reply      []byte
	}{{"hangs", "has not answered for 200ms", []byte{}}, {"dies", "closed the connection", nil}, {"garbles", "traci", []byte{1, 2, 3, 4, 5, 6, 7}}} {
		c := sumo(t, func([]Command) []byte { return x.reply })
		start := time.Now()
		err := c.Step(0, func(*Subscription) error { return nil })
		if err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", x.name, err)
		}
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s: an error only after %v", x.name, took)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	if _, err := Dial(address, time.Minute, func() error { return errors.New("it ended") }); err == nil || !strings.Contains(err.Error(), "it ended") {
		t.Errorf("dialling a dead process: %v", err)
	}
}

func FuzzCommands(f *testing.F) {
	f.Add(Message(Get(Vehicle, Edges, "v"))[4:])
	v, _ := Value{Type: Strings, List: []string{"a"}}.Append(text([]byte{Edges}, "v"))
	f.Add(Command{0xB4, v}.Append(status(0xA4, Done, "").Append(nil)))
	f.Add(Command{0x93, append(text(nil, "l"), 0xA4, 1, 0, 0, 0, 1, 0, 0, 0, 0, Speed, 0, byte(Integer), 0, 0, 0, 1)}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := Commands(b)
		if err != nil {
			return
		}
		var again []byte
		for _, c := range list {
			again = c.Append(again)
			c.Status()
			c.Result()
			c.Subscription()
		}
		back, err := Commands(again)
		if err != nil || len(back) != len(list) {
			t.Fatalf("%d commands, written again %d: %v", len(list), len(back), err)
		}
	})
}
