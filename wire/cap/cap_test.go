package cap

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() Alert {
	at := time.Date(2026, 11, 23, 14, 30, 0, 0, time.FixedZone("", 8*3600))
	feet := 12.5
	info := func(language, event string) Info {
		return Info{Language: language, Categories: []string{"Met"}, Event: event, ResponseTypes: []string{"Avoid"}, Urgency: "Expected", Severity: "Severe",
			Certainty: "Likely", Onset: At(at.Add(time.Hour)), Expires: At(at.Add(6 * time.Hour)), Headline: "a < b & c", Parameters: []Pair{{"depth_p90_m", "0.42"}},
			Areas: []Area{{Desc: "区 A", Polygons: []Polygon{{{31.23, 121.47}, {31.23, 121.48}, {31.238, 121.48}, {31.23, 121.47}}},
				Circles: []Circle{{Point{31.2, 121.4}, 1.5}}, Geocodes: []Pair{{"GB/T 2260", "310101"}}, Altitude: &feet}}}
	}
	a := Alert{Identifier: "x.1", Sender: "flood@emergency.example", Sent: Time{at}, Status: "Exercise", MsgType: "Update", Scope: "Public",
		Infos: []Info{info("zh-CN", "内涝"), info("en", "Flooding")}}
	a.References = JoinRefs(Ref{"flood@emergency.example", "x.0", Time{at.Add(-time.Hour)}})
	return a
}

func TestRoundTrip(t *testing.T) {
	a := sample()
	b, err := Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	a.XMLName = got.XMLName
	if !reflect.DeepEqual(got, a) {
		t.Errorf("got %+v\nwant %+v", got, a)
	}
	if n := got.Info("en-GB"); n == nil || n.Event != "Flooding" {
		t.Errorf("english block %+v", n)
	}
	if n := got.Info("fr"); n != nil {
		t.Errorf("french block %+v", n)
	}
	refs, err := got.Refs()
	if err != nil || len(refs) != 1 || refs[0].Identifier != "x.0" {
		t.Errorf("references %v, %v", refs, err)
	}
	utc := sample()
	utc.Sent = Time{utc.Sent.UTC()}
	if b, err := Marshal(utc); err != nil || !strings.Contains(string(b), "<sent>2026-11-23T06:30:00+00:00</sent>") {
		t.Errorf("utc: %s, %v", b, err)
	}
}

func TestValidate(t *testing.T) {
	for name, change := range map[string]func(*Alert){
		"identifier": func(a *Alert) { a.Identifier = "a b" }, "sender": func(a *Alert) { a.Sender = "" }, "sent": func(a *Alert) { a.Sent = Time{} },
		"status": func(a *Alert) { a.Status = "actual" }, "msgType": func(a *Alert) { a.MsgType = "" }, "scope": func(a *Alert) { a.Scope = "Private" },
		"references": func(a *Alert) { a.References = "a,b" }, "no references": func(a *Alert) { a.References = "" },
		"category": func(a *Alert) { a.Infos[1].Categories = nil }, "event": func(a *Alert) { a.Infos[0].Event = " " },
		"urgency": func(a *Alert) { a.Infos[0].Urgency = "Now" }, "language": func(a *Alert) { a.Infos[0].Language = "中文" },
		"response": func(a *Alert) { a.Infos[0].ResponseTypes = []string{"Run"} }, "areaDesc": func(a *Alert) { a.Infos[0].Areas[0].Desc = "" },
		"open polygon": func(a *Alert) { a.Infos[0].Areas[0].Polygons[0][3].Lat = 31 }, "triangle": func(a *Alert) { a.Infos[0].Areas[0].Polygons[0] = nil },
		"latitude": func(a *Alert) { a.Infos[0].Areas[0].Circles[0].Centre.Lat = 121 }, "radius": func(a *Alert) { a.Infos[0].Areas[0].Circles[0].Radius = -1 },
		"ceiling": func(a *Alert) {
			a.Infos[0].Areas[0].Ceiling, a.Infos[0].Areas[0].Altitude = a.Infos[0].Areas[0].Altitude, nil
		},
		"resource": func(a *Alert) { a.Infos[0].Resources = []Resource{{}} },
	} {
		a := sample()
		change(&a)
		if b, err := Marshal(a); err == nil {
			t.Errorf("%s: written as %s", name, b)
		}
	}
}

func TestStructure(t *testing.T) {
	b, err := Marshal(sample())
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	for name, change := range map[string][2]string{
		"namespace":   {"cap:1.2", "cap:1.1"},
		"missing":     {"<scope>Public</scope>", ""},
		"order":       {"<status>Exercise</status>", "<scope>Public</scope>"},
		"twice":       {"<scope>Public</scope>", "<scope>Public</scope><scope>Public</scope>"},
		"unknown":     {"<scope>Public</scope>", "<scope>Public</scope><colour>red</colour>"},
		"zulu":        {"14:30:00+08:00</sent>", "06:30:00Z</sent>"},
		"no value":    {"<value>0.42</value>", ""},
		"bad polygon": {"31.23,121.47 ", "31.23;121.47 "},
		"cut":         {"</alert>", ""},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%s: nothing changed", name)
		}
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	signed := strings.Replace(good, "</alert>", `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><x/></Signature></alert>`, 1)
	if _, err := Parse([]byte(signed)); err != nil {
		t.Errorf("signed: %v", err)
	}
}

func TestFeed(t *testing.T) {
	a := sample()
	f := Feed{ID: "urn:x", Title: "警报", Author: "应急管理局", Updated: a.Sent.Time, Link: "https://x.example/feed", Entries: []Entry{
		{ID: "urn:x.1", Title: "内涝", Updated: a.Sent.Time, Alert: &a}, {ID: "urn:x.2", Title: "b", Updated: a.Sent.Time, Summary: "s", Link: "https://x.example/2.xml"}}}
	b, err := MarshalFeed(f)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseFeed(b)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Entries) != 2 || got.Entries[0].Alert == nil {
		t.Fatalf("got %+v from %s", got, b)
	}
	a.XMLName = got.Entries[0].Alert.XMLName
	if !reflect.DeepEqual(got, f) {
		t.Errorf("got %+v\nwant %+v", got, f)
	}
	bad := strings.Replace(string(b), "<severity>Severe<", "<severity>Bad<", 1)
	if _, err := ParseFeed([]byte(bad)); err == nil {
		t.Error("bad alert in a feed accepted")
	}
}

func TestReferenceAlerts(t *testing.T) {
	shared := os.Getenv("CITYBRAIN_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	for path, infos := range map[string]int{"exchange/frames/examples/cap-1.2-flood.xml": 1, "emergency/standards/cap_amber_alert_example.xml": 2} {
		path = filepath.Join(shared, "data", filepath.FromSlash(path))
		b, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			t.Skipf("%s is missing: put the shared folder beside the repository or set CITYBRAIN_SHARED", path)
		}
		if err != nil {
			t.Fatal(err)
		}
		a, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(a.Infos) != infos {
			t.Errorf("%s: %d infos, want %d", path, len(a.Infos), infos)
		}
		out, err := Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(out); err != nil || !reflect.DeepEqual(again, a) {
			t.Errorf("%s: became %s, %v", path, out, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	a := sample()
	b, err := Marshal(a)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	feed, err := MarshalFeed(Feed{ID: "x", Updated: a.Sent.Time, Entries: []Entry{{ID: "y", Updated: a.Sent.Time, Alert: &a}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(feed)
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, err := ParseFeed(b); err == nil {
			MarshalFeed(x)
		}
		x, err := Parse(b)
		if err != nil {
			return
		}
		out, err := Marshal(x)
		if err != nil {
			return // a value that validates on reading but can't be written is refused, never altered
		}
		y, err := Parse(out)
		if err != nil {
			t.Fatalf("%q became %q: %v", b, out, err)
		}
		again, err := Marshal(y)
		if err != nil || string(again) != string(out) {
			t.Fatalf("%q, then %q, %v", out, again, err)
		}
	})
}
