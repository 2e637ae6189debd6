package sl651

import (
	"bytes"
	"encoding/hex"
	"math"
	"reflect"
	"testing"
	"time"
)

func TestComposeReport(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 30, 0, 0, Beijing)
	var elements []Element
	for _, v := range []struct {
		id    ID
		value float64
	}{{StageAbove, 3.215}, {StageBelow, -0.128}, {GateOpening, 1.5}, {Voltage, 12.3}} {
		e, err := Number(v.id, v.value)
		if err != nil {
			t.Fatal(err)
		}
		elements = append(elements, e)
	}
	elements[2] = Element{ID: GateOpening, Width: 2, Decimals: 2, Data: []byte{0x01, 0x50}} // a station that sends four digits, not five
	f, err := Compose(Frame{Center: 1, Station: "0012345678", Password: 0x1234, Func: TimedReport, End: ETX},
		Body{Serial: 257, Sent: at, Content: Report{{Station: "0012345678", Class: SluiceStation, Observed: at, Elements: elements}}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	want, _ := hex.DecodeString("7E7E010012345678123432002B020101261123143000F1F100123456785AF0F026112314303B23000032153A23FF0001280912015038121230030A4B")
	if !bytes.Equal(got, want) {
		t.Errorf("got %X\nwant %X", got, want)
	}
	back, err := Decode(got)
	if err != nil {
		t.Fatal(err)
	}
	body, err := back.Body()
	if err != nil {
		t.Fatal(err)
	}
	readings, err := body.Content.(Report).Readings()
	if err != nil {
		t.Fatal(err)
	}
	if want := (Reading{"0012345678", SluiceStation, StageBelow, at, -0.128}); len(readings) != 4 || readings[1] != want {
		t.Errorf("got %v, want second %v", readings, want)
	}
	ack, err := Acknowledge(back, at.Add(time.Second), ESC)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := ack.Body(); err != nil || b.Serial != 257 || b.Content != nil || !ack.Down {
		t.Errorf("acknowledgement %+v, %v", b, err)
	}
}

func TestComposeRefusesWrongContent(t *testing.T) {
	f := Frame{Down: true, Center: 1, Station: "0012345678", Func: SetGates, End: ENQ}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, Beijing)
	for name, b := range map[string]Body{
		"switches for gates": {Sent: at, Content: Switches{true}},
		"negative opening":   {Sent: at, Content: Gates{{true, -1}}},
		"opening too wide":   {Sent: at, Content: Gates{{true, 100}}},
		"opening unknown":    {Sent: at, Content: Gates{{true, math.NaN()}}},
		"no gates":           {Sent: at, Content: Gates{}},
		"year":               {Sent: at.AddDate(-100, 0, 0), Content: Gates{{true, 1}}},
		"station down":       {Sent: at, Station: "0012345678"},
	} {
		if _, err := Compose(f, b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		id   ID
		v    float64
		want string
	}{
		{Stage, 10.49, "00010490"}, {Stage, -0.128, "FF000128"}, {Stage, math.NaN(), "FFFFFFFF"}, {Stage, -0.0001, "00000000"},
		{RainNow, 4, "000040"}, {Voltage, 11.15, "1115"}, {Flow, 123456.789, "0123456789"},
	} {
		e, err := Number(c.id, c.v)
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(e.Data); !equalHex(got, c.want) {
			t.Errorf("%s %g: %s, want %s", c.id.Code(), c.v, got, c.want)
		}
	}
	for _, v := range []float64{1e9, -1e7, math.Inf(1)} {
		if _, err := Number(Stage, v); err == nil {
			t.Errorf("stage %g accepted", v)
		}
	}
}

func equalHex(a, b string) bool {
	x, _ := hex.DecodeString(a)
	y, _ := hex.DecodeString(b)
	return bytes.Equal(x, y)
}

func TestReadingsOfSeries(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 5, 0, 0, Beijing)
	step, err := StepElement(time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r := Report{{Station: "0012345678", Class: RiverStation, Observed: at, Elements: []Element{
		{ID: HourRain, Width: 12, Data: []byte{5, 0, 0, 0, 20, 255, 0, 0, 0, 0, 0, 1}},
		step, {ID: Stage, Width: 4, Decimals: 3, Data: []byte{0, 0, 0x21, 0, 0, 0, 0x21, 0x15}},
	}}}
	got, err := r.Readings()
	if err != nil || len(got) != 14 {
		t.Fatalf("%d readings, %v", len(got), err)
	}
	if got[4].Value != 2 || !got[4].At.Equal(at.Add(20*time.Minute)) || !math.IsNaN(got[5].Value) {
		t.Errorf("rain %v", got[:6])
	}
	if got[13].Value != 2.115 || !got[13].At.Equal(at.Add(time.Hour)) {
		t.Errorf("stage %v", got[13])
	}
}

func TestSplit(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, Beijing)
	var frames [][]byte
	for i := range 3 {
		f, err := Compose(Frame{Center: 1, Station: "0012345678", Func: KeepAlive, End: ETX}, Body{Serial: uint16(i + 1), Sent: at})
		if err != nil {
			t.Fatal(err)
		}
		b, err := Append(nil, f)
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, b)
	}
	damaged := append([]byte{}, frames[1]...)
	damaged[11], damaged[12] = 0x0F, 0xFF // a length that would swallow what follows
	stream := bytes.Join([][]byte{[]byte("noise~"), frames[0], damaged, frames[2], frames[1][:9]}, nil)
	var got [][]byte
	var dirt []byte
	for {
		frame, garbage, n := Split(stream)
		dirt = append(dirt, garbage...)
		stream = stream[n:]
		if frame == nil {
			break
		}
		got = append(got, frame)
	}
	if !reflect.DeepEqual(got, [][]byte{frames[0], frames[2]}) {
		t.Errorf("frames %X", got)
	}
	if want := append([]byte("noise~"), damaged...); !bytes.Equal(dirt, want) {
		t.Errorf("garbage %X, want %X", dirt, want)
	}
	if !bytes.Equal(stream, frames[1][:9]) {
		t.Errorf("rest %X", stream)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"7E7E01001234567812342F0008020003591011155111036BCA",
		"7E7E010012345678123431002E020101261123143000F1F1001234567848F0F02611231430041800000539230000210000002115FFFFFFFF00002140031D05",
		"7E7E0012345678011234388017020101261123143000261123082611231404180001003923058516",
		"7E7E00123456780112344E800E020101261123143000020101500000058852",
	} {
		b, _ := hex.DecodeString(s)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, in := range [][]byte{b, seal(b)} {
			Split(in)
			x, err := Decode(in)
			if err != nil {
				continue
			}
			out, err := Append(nil, x)
			if err != nil || !bytes.Equal(out, in) {
				t.Fatalf("%X became %X, %v", in, out, err)
			}
			body, err := x.Body()
			if err != nil {
				continue
			}
			if r, ok := body.Content.(Report); ok {
				r.Readings()
			}
			y, err := Compose(x, body)
			if err != nil || !bytes.Equal(y.Data, x.Data) {
				t.Fatalf("body %X became %X, %v", x.Data, y.Data, err)
			}
		}
	})
}

// seal gives foreign bytes the right length and checksum, so that the fuzzer reaches what lies behind them.
func seal(b []byte) []byte {
	if len(b) < headSize+tailSize || len(b) > headSize+tailSize+MaxData {
		return nil
	}
	c := append([]byte{}, b...)
	c[0], c[1] = soh, soh
	size := len(c) - headSize - tailSize
	c[11], c[12] = c[11]&0x80|byte(size>>8), byte(size)
	sum := crc(c[:len(c)-2])
	c[len(c)-2], c[len(c)-1] = byte(sum>>8), byte(sum)
	return c
}
