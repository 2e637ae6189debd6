package gb20999

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// excepted lists the lines of the reference that are not checked, with the reason.
var excepted = map[int]string{}

// suiteDiffers lists lines whose suite_value, the value that another test suite hoped for, is not the value in the line's
// own bytes; all else of them is checked.
var suiteDiffers = map[int]string{
	80: "bytes say 40h, suite 0", 84: "bytes say 10h, suite 0", 92: "bytes say 10h, suite 1", 96: "bytes say 10h, suite 0",
	226: "bytes say 1, suite 0", 332: "bytes say 3 s earlier",
}

func TestReferenceFrames(t *testing.T) {
	shared := os.Getenv("CITYBRAIN_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(shared, "data", "exchange", "frames", "gb20999.jsonl")
	file, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skipf("%s is missing: put the shared folder beside the repository or set CITYBRAIN_SHARED", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(nil, 1<<20)
	n := 0
	for s.Scan() {
		n++
		var l struct {
			Hex, Transport string
			Expect         map[string]any
		}
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			if why, ok := excepted[n]; ok {
				t.Skip(why)
			}
			raw, err := hex.DecodeString(l.Hex)
			if err != nil {
				t.Fatal(err)
			}
			decode, encode := Decode, Append
			if l.Transport != "" {
				decode, encode = DecodeEscaped, AppendEscaped
			}
			f, err := decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			check(t, n, f, l.Expect)
			if out, err := encode([]byte{9}, f); err != nil || !bytes.Equal(out[1:], raw) {
				t.Errorf("encoded %X, %v", out[1:], err)
			}
			stream, err := AppendEscaped([]byte{0x7E, 0x5C}, f)
			if err != nil {
				t.Fatal(err)
			}
			if frame, garbage, used := Split(stream); len(garbage) != 2 || used != len(stream) {
				t.Errorf("split gave %X after %X", frame, garbage)
			} else if back, err := DecodeEscaped(frame); err != nil || back.Serial != f.Serial {
				t.Errorf("escaped %X: %v", frame, err)
			}
			for bit := range 8 * len(raw) {
				bad := append([]byte{}, raw...)
				bad[bit/8] ^= 1 << (bit % 8)
				if _, err := decode(bad); err == nil {
					t.Fatalf("accepted with bit %d flipped", bit)
				}
			}
			for n := range raw {
				if _, err := decode(raw[:n]); err == nil {
					t.Fatalf("accepted when cut to %d bytes", n)
				}
			}
		})
	}
	if n != 366 {
		t.Errorf("%d lines, want 366", n)
	}
}

func check(t *testing.T, line int, f Frame, expect map[string]any) {
	plain, err := Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{
		"length": len(plain) - 4, "version": fmt.Sprintf("%d.%02d", f.Version>>8, f.Version&0xFF), "center_id": f.Center,
		"controller_id": fmt.Sprintf("%08X", f.Controller), "intersection": f.Intersection, "seq": f.Serial, "type": fmt.Sprintf("0x%02X", byte(f.Type)),
	}
	same := func(what string, got, want any) {
		t.Helper()
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if !bytes.Equal(a, b) {
			t.Errorf("%s: got %s, want %s", what, a, b)
		}
	}
	for k, want := range expect {
		if k != "values" && k != "suite_value" {
			same(k, got[k], want)
		}
	}
	values, _ := expect["values"].([]any)
	if len(values) != len(f.Values) {
		t.Fatalf("%d values, want %d", len(f.Values), len(values))
	}
	for i, v := range f.Values {
		want := values[i].(map[string]any)
		got := map[string]any{
			"index": v.Index, "length": 4 + len(v.Data), "class": v.Class, "object": v.Object, "attribute": v.Attribute, "element": v.Element,
			"value_hex": hex.EncodeToString(v.Data), "value": describe(t, v),
		}
		if s, ok := f.Status(v); ok {
			got["status"] = fmt.Sprintf("0x%02X", byte(s))
		}
		for k := range want {
			same(k, got[k], want[k])
		}
	}
	if suite, ok := expect["suite_value"].(string); ok && !suiteMatches(t, f.Values[0], suite) {
		if suiteDiffers[line] == "" {
			t.Errorf("suite value %q, bytes %X", suite, f.Values[0].Data)
		}
	} else if suiteDiffers[line] != "" {
		t.Errorf("suite value %q agrees after all: strike the line off the list", suite)
	}
}

// suiteMatches compares with the way the recording suite wrote values: codes in hexadecimal, numbers in decimal.
func suiteMatches(t *testing.T, v Value, suite string) bool {
	n, isNumber := v.Uint()
	if isNumber && (suite == fmt.Sprint(n) || suite == fmt.Sprintf("%02x", n)) {
		return true
	}
	digits := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, s)
	}
	got := fmt.Sprint(describe(t, v))
	return got == suite || len(v.Data) == 7 && digits(got) == digits(suite)
}

func describe(t *testing.T, v Value) any {
	switch a := v.Address; {
	case a.Class == 1 && (a.Object == 1 || a.Object == 3), a.Class == 2 && a.Object == 1, a.Class == 5 && a.Object == 2 && a.Attribute == 5:
		return v.Text()
	case a.Class == 2 && (a.Object == 2 || a.Object == 3 && a.Attribute == 1) && len(v.Data) == 4:
		ip, _ := netip.AddrFromSlice(v.Data)
		return ip.String()
	case len(v.Data) == 7:
		when, err := v.Time(time.UTC)
		if err != nil {
			t.Error(err)
		}
		return when.Format("2006-01-02T15:04:05")
	}
	if n, ok := v.Uint(); ok && len(v.Data) <= 4 {
		return n
	}
	return hex.EncodeToString(v.Data)
}
