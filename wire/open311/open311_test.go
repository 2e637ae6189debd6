package open311

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

var sample = Request{ID: "638344", Status: "open", ServiceName: "Street ponding", ServiceCode: "ponding", Description: "积水 <30 cm>",
	Requested: time.Date(2026, 11, 23, 14, 31, 7, 0, time.FixedZone("", 8*3600)), Lat: 31.2304, Lon: 121.4737, Located: true}

func TestRequests(t *testing.T) {
	want := []Request{sample, {ID: "2", Status: "closed", ServiceCode: "tree", Address: "示例路 12 号"}}
	b, err := MarshalRequests(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParseRequests(b); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v from %s", got, err, b)
	}
	got, err := ParseRequests([]byte(`[{"service_request_id":7,"status":"open","service_code":1,"lat":"31.5","long":121}]`))
	if err != nil || got[0].ID != "7" || !got[0].Located || got[0].Lat != 31.5 {
		t.Errorf("numbers and text mixed: %+v, %v", got, err)
	}
	for name, s := range map[string]string{
		"object": `{}`, "no id": `[{"status":"open","service_code":"a"}]`, "status": `[{"service_request_id":"1","status":"new","service_code":"a"}]`,
		"no zone": `[{"service_request_id":"1","status":"open","service_code":"a","requested_datetime":"2026-11-23T14:31:07"}]`,
		"mars":    `[{"service_request_id":"1","status":"open","service_code":"a","lat":121,"long":31}]`, "two arrays": `[][]`, "nothing": ``,
	} {
		if got, err := ParseRequests([]byte(s)); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
	}
}

func TestPost(t *testing.T) {
	want := Post{APIKey: "k", ServiceCode: "ponding", Lat: 31.2304, Lon: 121.4737, Located: true, Description: "积水 & 泥"}
	b, err := MarshalPost(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ParsePost(append(b, "&first_name=A&phone=1"...)); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, p := range map[string]Post{"no service": {Address: "x"}, "no place": {ServiceCode: "a"}, "mars": {ServiceCode: "a", Located: true, Lat: 91},
		"long": {ServiceCode: "a", Address: "x", Description: strings.Repeat("水", 4001)}} {
		if _, err := MarshalPost(p); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if _, err := ParsePost([]byte("service_code=a&lat=31")); err == nil {
		t.Error("half a position accepted")
	}
}

func TestAnswers(t *testing.T) {
	b, err := MarshalReceipt(Receipt{ID: "9"})
	if err != nil || string(b) != `[{"service_request_id":"9","service_notice":null}]`+"\n" {
		t.Errorf("%s, %v", b, err)
	}
	if got, err := ParseReceipts(b); err != nil || !reflect.DeepEqual(got, []Receipt{{ID: "9"}}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := MarshalReceipt(Receipt{}); err == nil {
		t.Error("empty receipt written")
	}
	if _, err := ParseReceipts([]byte(`[{}]`)); err == nil {
		t.Error("empty receipt read")
	}
	want := Failure{400, "service_code: missing"}
	if b, err = MarshalFailure(want); err != nil {
		t.Fatal(err)
	}
	if got, err := ParseFailures(b); err != nil || !reflect.DeepEqual(got, []Failure{want}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestReferenceRequest(t *testing.T) {
	shared := os.Getenv("CITYBRAIN_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "shared")
	}
	path := filepath.Join(shared, "data", "exchange", "frames", "examples", "open311-request.json")
	b, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Skipf("%s is missing: put the shared folder beside the repository or set CITYBRAIN_SHARED", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	list, err := ParseRequests(b)
	if err != nil || len(list) != 1 || list[0].Agency != "城管执法局" || list[0].Lat != 31.2304 {
		t.Fatalf("got %+v, %v", list, err)
	}
	if out, err := MarshalRequests(list); err != nil || !bytes.Equal(bytes.TrimSpace(out), bytes.TrimSpace(b)) {
		t.Errorf("became %s, %v", out, err)
	}
}

func FuzzDecode(f *testing.F) {
	b, err := MarshalRequests([]Request{sample})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`service_code=a&lat=31&long=121`))
	f.Add([]byte(`[{"token":"1"}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		ParseReceipts(b)
		ParseFailures(b)
		if p, err := ParsePost(b); err == nil {
			out, err := MarshalPost(p)
			if err != nil {
				t.Fatal(err)
			}
			if q, err := ParsePost(out); err != nil || q != p {
				t.Fatalf("%+v became %+v, %v", p, q, err)
			}
		}
		list, err := ParseRequests(b)
		if err != nil {
			return
		}
		out, err := MarshalRequests(list)
		if err != nil {
			t.Fatal(err)
		}
		list, err = ParseRequests(out)
		if err != nil {
			t.Fatalf("%s: %v", out, err)
		}
		if again, err := MarshalRequests(list); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%s, then %s, %v", out, again, err)
		}
	})
}
