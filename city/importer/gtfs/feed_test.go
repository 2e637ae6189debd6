package gtfs

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
)

var small = map[string]string{
	"stops.txt":      "\ufeffstop_id,stop_name,stop_lat,stop_lon,parent_station,location_type\nS,Central,31.2,121.5,,1\nP,Central 1,31.2,121.5,S,0\nB,Bus stop,31.21,121.51,,0\nX,Nowhere,abc,121.5,,0\nB,Twice,31.2,121.5,,0\n",
	"routes.txt":     "route_id,route_short_name,route_type\nM1,1,1\n20,20,3\n",
	"trips.txt":      "route_id,service_id,trip_id\nM1,d,m1\nM1,d,m2\nM1,d,m3\n20,d,b1\n99,d,lost\n",
	"stop_times.txt": "trip_id,stop_id,departure_time\nm1,P,8:00:00\nm2,P,8:05:00\nm3,P,25:10:00\nb1,B,08:00:00\nb1,gone,08:01:00\nghost,B,08:00:00\n",
}

func pack(files map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"stops.txt", "routes.txt", "trips.txt", "stop_times.txt"} {
		if text, ok := files[name]; ok {
			w, _ := z.Create(name)
			w.Write([]byte(text))
		}
	}
	z.Close()
	return b.Bytes()
}

func TestDecode(t *testing.T) {
	f, err := Decode(pack(small))
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Stops) != 3 || f.Trips != 4 || len(f.Routes) != 2 {
		t.Fatalf("%d stops, %d trips, %d routes", len(f.Stops), f.Trips, len(f.Routes))
	}
	for _, s := range f.Stops {
		if s.Rail != (s.ID != "B") {
			t.Errorf("stop %s: rail %v", s.ID, s.Rail)
		}
	}
	if m := f.Routes[1]; m.ID != "M1" || m.Trips != 3 || m.HeadwayS != 61500 { // gaps of 5 min and 17 h 5 min; the upper median
		t.Errorf("route %+v", m)
	}
	for _, element := range []string{"stop/X", "stop/B", "stop/gone", "trip/lost", "trip/ghost"} {
		found := false
		for _, d := range f.Defects {
			found = found || d.Element == element
		}
		if !found {
			t.Errorf("no defect of %s in %v", element, f.Defects)
		}
	}
}

func TestBroken(t *testing.T) {
	whole := pack(small)
	if _, err := Decode(whole[:len(whole)-30]); err == nil {
		t.Error("a feed cut short was read")
	}
	part := map[string]string{"stops.txt": small["stops.txt"]}
	if _, err := Decode(pack(part)); err == nil || !strings.Contains(err.Error(), "routes.txt") {
		t.Errorf("a feed without routes: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(small["stops.txt"], small["routes.txt"], small["trips.txt"], small["stop_times.txt"])
	f.Fuzz(func(t *testing.T, stops, routes, trips, times string) {
		feed, err := Decode(pack(map[string]string{"stops.txt": stops, "routes.txt": routes, "trips.txt": trips, "stop_times.txt": times}))
		if err != nil {
			return
		}
		for _, s := range feed.Stops {
			if !(s.At[1] >= -90 && s.At[1] <= 90) {
				t.Fatalf("stop %+v", s)
			}
		}
	})
}
