package gb20999

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"testing"
	"time"
)

var head = Frame{Version: Version102, Center: 5, Controller: 0x009A2109, Intersection: 1, Serial: 7}

func TestViewsRoundTrip(t *testing.T) {
	run := RunState{1, CentreManual, 2, 3}
	if got := RunStates(run.Values()); !reflect.DeepEqual(got, []RunState{run}) {
		t.Errorf("run state %v", got)
	}
	stage := StageState{3, StageRuns, 6, 300}
	if got := StageStates(stage.Values()); !reflect.DeepEqual(got, []StageState{stage}) {
		t.Errorf("stage state %v", got)
	}
	lamp := LampState{9, RedYellow}
	if got := Lamps([]Value{lamp.Value()}); !reflect.DeepEqual(got, []LampState{lamp}) {
		t.Errorf("lamps %v", got)
	}
	for _, d := range []DetectorData{{5, 12, 18, 31, true}, {6, 300, 100, 0, false}} {
		if got := Detectors(d.Values()); !reflect.DeepEqual(got, []DetectorData{d}) {
			t.Errorf("detectors %v", got)
		}
	}
	fault := Fault{1, 0x10, time.Date(2026, 11, 23, 14, 30, 15, 0, time.UTC), 0x10}
	if got := Faults(fault.Values(), time.UTC); !reflect.DeepEqual(got, []Fault{fault}) {
		t.Errorf("faults %v", got)
	}
	if got := RunStates(run.Values()[:3]); got != nil {
		t.Errorf("run state without its stage: %v", got)
	}
	v, err := PutBits(Address{6, 2, 2, 1}, 8, 1, 4, 64)
	if err != nil || !reflect.DeepEqual(v.Bits(), []int{1, 4, 64}) {
		t.Errorf("bits %v, %v", v.Bits(), err)
	}
	if _, err := PutBits(Address{}, 1, 9); err == nil {
		t.Error("bit 9 fitted into a byte")
	}
}

func TestPlan(t *testing.T) {
	p := Plan{2, 1, 100, 1, 12, []PlanStage{{1, 45, false}, {2, 25, true}, {3, 30, false}}}
	values, err := p.Values()
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := hex.DecodeString("00000000000000000000000000030201"); !bytes.Equal(values[4].Data, want) {
		t.Errorf("chain %X", values[4].Data)
	}
	got, err := Plans(values)
	if err != nil || !reflect.DeepEqual(got, []Plan{p}) {
		t.Errorf("got %v, %v", got, err)
	}
	for name, p := range map[string]Plan{"none": {}, "seventeen": {Stages: make([]PlanStage, 17)}, "stage 0": {Stages: []PlanStage{{}}}} {
		if _, err := p.Values(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Plans(values[:4]); err == nil {
		t.Error("plan without a chain accepted")
	}
}

func TestControls(t *testing.T) {
	for _, form := range []ControlForm{ControlTable, ControlObjects} {
		f := head
		f.Type, f.Values = Set, Number([]Value{form.Mode(1, CentreManual), form.Stage(1, 3)})
		b, err := AppendEscaped(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeEscaped(b)
		if err != nil {
			t.Fatal(err)
		}
		got := Controls(back)
		if len(got) != 1 || got[0].Intersection != 1 || got[0].Plan != nil || *got[0].Stage != 3 || *got[0].Mode != CentreManual {
			t.Errorf("form %d: %+v", form, got)
		}
		bad := back.Answer(false, PutUint(f.Values[1].Address, 1, uint64(NoSuchValue)))
		if s, ok := bad.Status(bad.Values[0]); !ok || s != NoSuchValue || bad.Type != SetFailed {
			t.Errorf("answer %+v", bad)
		}
	}
	beat := head
	beat.Type = Heartbeat
	if a := beat.Answer(true); a.Type != HeartbeatReply || a.Values != nil {
		t.Errorf("heartbeat answer %+v", a)
	}
	if _, err := Pipe(make([]PipeCommand, 17)...); err == nil {
		t.Error("17 commands accepted")
	}
}

func TestSplit(t *testing.T) {
	var frames [][]byte
	for _, n := range []uint32{0x7E7D5C01, 2, 3} {
		f := head
		f.Controller, f.Type, f.Values = n, Query, AskRunState(1)
		b, err := AppendEscaped(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, b)
	}
	torn := frames[1][:11]
	stream := bytes.Join([][]byte{{0x5C}, frames[0], torn, frames[1], {0x7D, 0x7D}, frames[2], torn}, nil)
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
	if want := bytes.Join([][]byte{{0x5C}, torn, {0x7D, 0x7D}}, nil); !bytes.Equal(dirt, want) {
		t.Errorf("garbage %X, want %X", dirt, want)
	}
	if !bytes.Equal(stream, torn) {
		t.Errorf("rest %X", stream)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"7e000c010205009a2109010770d6097d",
		"7e0029010205009a21090107200401050d0201010102050d0202011503050d0203010204050d020401036ba87d",
		"7e001f0102055c7e5c7d5c5c01010730020108090203010000005c7d020609020501005c5cfc6c7d",
		"7e0028010205009a21090107600301051002020110020b1002030107ea0b170e1e0f030510020401108a647d",
	} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		Split(b)
		if x, err := DecodeEscaped(b); err == nil {
			if out, err := AppendEscaped(nil, x); err != nil || !bytes.Equal(out, b) {
				t.Fatalf("%X became %X, %v", b, out, err)
			}
		}
		for _, in := range [][]byte{b, seal(b)} {
			x, err := Decode(in)
			if err != nil {
				continue
			}
			if out, err := Append(nil, x); err != nil || !bytes.Equal(out, in) {
				t.Fatalf("%X became %X, %v", in, out, err)
			}
			RunStates(x.Values)
			StageStates(x.Values)
			Lamps(x.Values)
			Detectors(x.Values)
			Faults(x.Values, time.UTC)
			Plans(x.Values)
			Controls(x)
			for _, v := range x.Values {
				v.Bits()
				v.Text()
			}
		}
	})
}

// seal gives foreign bytes the right bounds, length and checksum, so that the fuzzer reaches what lies behind them.
func seal(b []byte) []byte {
	if len(b) < minSize || len(b) > MaxSize {
		return nil
	}
	c := append([]byte{}, b...)
	n := len(c)
	c[0], c[n-1], c[1], c[2] = start, end, byte((n-4)>>8), byte(n-4)
	sum := crc(c[1 : n-3])
	c[n-3], c[n-2] = byte(sum>>8), byte(sum)
	return c
}
