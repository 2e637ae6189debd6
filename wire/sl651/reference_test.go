package sl651

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// excepted lists the lines of the reference that are not checked, with the reason.
var excepted = map[int]string{}

type line struct {
	Hex    string
	Expect map[string]any
}

func reference(t *testing.T, name string) []line {
	t.Helper()
	shared := os.Getenv("CITYBRAIN_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(shared, "data", "exchange", "frames", name)
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skipf("%s is missing: put the shared folder beside the repository or set CITYBRAIN_SHARED", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []line
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("%s line %d: %v", name, len(out)+1, err)
		}
		out = append(out, l)
	}
	return out
}

func TestReferenceFrames(t *testing.T) {
	lines := reference(t, "sl651.jsonl")
	if len(lines) != 49 {
		t.Errorf("%d lines, want 49", len(lines))
	}
	var picture []Frame
	for i, l := range lines {
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			if why, ok := excepted[i+1]; ok {
				t.Skip(why)
			}
			raw, err := hex.DecodeString(l.Hex)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			got := describe(t, f, len(raw)-headSize-tailSize)
			for k, want := range l.Expect {
				a, _ := json.Marshal(got[k])
				b, _ := json.Marshal(want)
				if !bytes.Equal(a, b) {
					t.Errorf("%s: got %s, want %s", k, a, b)
				}
			}
			out, err := Append([]byte{1, 2}, f)
			if err != nil || !bytes.Equal(out[2:], raw) {
				t.Errorf("encoded %X, %v", out, err)
			}
			if f.Part <= 1 {
				b, err := f.Body()
				if err != nil {
					t.Fatal(err)
				}
				if g, err := Compose(f, b); err != nil || !bytes.Equal(g.Data, f.Data) {
					t.Errorf("composed %X, want %X, %v", g.Data, f.Data, err)
				}
			}
			if f.Func == Picture {
				picture = append(picture, f)
			}
			frame, garbage, n := Split(append([]byte{0x7E, 0x00}, raw...))
			if !bytes.Equal(frame, raw) || len(garbage) != 2 || n != len(raw)+2 {
				t.Errorf("split gave %X after %X", frame, garbage)
			}
			for bit := range 8 * len(raw) {
				bad := append([]byte{}, raw...)
				bad[bit/8] ^= 1 << (bit % 8)
				if _, err := Decode(bad); err == nil {
					t.Fatalf("accepted with bit %d flipped", bit)
				}
			}
			for n := range raw {
				if _, err := Decode(raw[:n]); err == nil {
					t.Fatalf("accepted when cut to %d bytes", n)
				}
			}
			if _, err := Decode(append(raw[:len(raw):len(raw)], 0)); err == nil {
				t.Error("accepted with a byte too many")
			}
		})
	}
	whole, err := Join(picture)
	if err != nil {
		t.Fatal(err)
	}
	b, err := whole.Body()
	if err != nil {
		t.Fatal(err)
	}
	e := b.Content.(Report)[0].Elements[0]
	if !bytes.HasPrefix(e.Data, []byte{0xFF, 0xD8}) || len(e.Data) != 256*12+241 {
		t.Errorf("picture of %d bytes begins with %X", len(e.Data), e.Data[:2])
	}
	if _, err := Join(picture[1:]); err == nil {
		t.Error("joined without the first packet")
	}
}

// describe gives a frame in the reference's words.
func describe(t *testing.T, f Frame, size int) map[string]any {
	ends := map[End]string{ETX: "ETX", ETB: "ETB", ENQ: "ENQ", ACK: "ACK", EOT: "EOT", NAK: "NAK", ESC: "ESC"}
	m := map[string]any{
		"direction": "up", "center": f.Center, "station_addr": string(f.Station), "password": fmt.Sprintf("%04x", f.Password),
		"func": fmt.Sprintf("0x%02X", byte(f.Func)), "length": size, "start": "STX", "end": ends[f.End],
	}
	if f.Down {
		m["direction"] = "down"
	}
	if f.Parts > 0 {
		m["start"], m["packets"], m["packet_no"], m["payload_bytes"] = "SYN", f.Parts, f.Part, len(f.Data)
	}
	if f.Part > 1 {
		return m
	}
	b, err := f.Body()
	if err != nil {
		t.Fatal(err)
	}
	body := map[string]any{"serial": b.Serial, "sent": b.Sent.Format(time.RFC3339)}
	m["body"] = body
	if b.Station != "" {
		body["station"] = string(b.Station)
	}
	switch c := b.Content.(type) {
	case Report:
		var elements []any
		for _, g := range c {
			if g.Station != "" {
				body["station"] = string(g.Station)
			}
			if g.Class != 0 {
				body["station_type"] = fmt.Sprintf("0x%02X", g.Class)
			}
			if !g.Observed.IsZero() {
				elements = append(elements, map[string]any{"observed": g.Observed.Format("2006-01-02T15:04-07:00")})
			}
			for _, e := range g.Elements {
				elements = append(elements, describeElement(t, e))
			}
		}
		body["elements"] = elements
	case nil:
	default:
		rest, err := c.append(nil)
		if err != nil {
			t.Fatal(err)
		}
		body["rest"] = hex.EncodeToString(rest)
		switch c := c.(type) {
		case Switches:
			var on []int
			for i, v := range c {
				if v {
					on = append(on, i+1)
				}
			}
			m["pumps_on"] = on
		case Gates:
			var gates []any
			for i, g := range c {
				gates = append(gates, map[string]any{"no": i + 1, "open": g.Open, "opening_cm": math.Round(g.Opening * 100)})
			}
			m["gates"] = gates
		}
	}
	return m
}

func describeElement(t *testing.T, e Element) map[string]any {
	m := map[string]any{"id": fmt.Sprintf("0x%02X", uint16(e.ID))}
	nullable := func(v []float64) []any {
		var out []any
		for _, x := range v {
			if math.IsNaN(x) {
				out = append(out, nil)
			} else {
				out = append(out, x)
			}
		}
		return out
	}
	// The reference names all elements but the gate opening.
	if e.ID != GateOpening {
		m["name"] = e.ID.Code()
	}
	switch e.ID {
	case manualText:
		return map[string]any{"manual_text": string(e.Data)}
	case jpeg:
		return map[string]any{"jpeg_bytes_in_this_packet": len(e.Data)}
	case State:
		bits, err := e.Bits()
		if err != nil {
			t.Fatal(err)
		}
		m["bits"] = fmt.Sprintf("0x%08X", bits)
		return m
	case TimeStep:
		step, err := e.Step()
		if err != nil {
			t.Fatal(err)
		}
		m["name"], m["d"], m["h"], m["m"] = "time step", int(step.Hours())/24, int(step.Hours())%24, int(step.Minutes())%60
		return m
	}
	v, err := e.Floats()
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case e.ID == HourRain:
		m["mm"] = nullable(v)
	case e.ID > HourRain:
		m["m"] = nullable(v)
	case len(v) > 1:
		m["values"] = nullable(v)
	default:
		m["value"] = nullable(v)[0]
	}
	return m
}
