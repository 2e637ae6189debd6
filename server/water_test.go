package server

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"citybrain/brain"
	"citybrain/exchange"
	"citybrain/twin"
)

// forecastOf gives the rig a forecast of two members' worth on one branch, which holds the mean.
func (g *rig) forecastOf(branch string) {
	g.t.Helper()
	b, err := g.twin.Main().Fork(branch, twin.ForkOptions{Kind: twin.Derived})
	if err != nil {
		g.t.Fatal(err)
	}
	if err := b.SetField("waterDepth", "city", noon.Add(15*time.Minute), []float32{0.5, 0, 0.04, 0}); err != nil {
		g.t.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.Server.mu.Lock()
	defer g.Server.mu.Unlock()
	g.fan = &fanInfo{Issued: noon.Unix(), Step: 300, Branch: branch}
	g.spreads = []*brain.Spread{{Branch: branch, First: noon.Add(15 * time.Minute), Step: 15 * time.Minute,
		Median: [][]uint8{{50, 0, 4, 0}, {60, 0, 2, 0}}, P90: [][]uint8{{90, 10, 4, 0}, {95, 0, 0, 0}}, Chance: [][]uint8{{80, 4, 0, 0}, {90, 6, 0, 0}}}}
	g.hydrographs = []brain.Hydrograph{{Median: []float64{0.1, 0.2}, Q05: []float64{0, 0.1}, Q95: []float64{0.2, 0.5}, Past: []brain.Foretold{{At: noon, Median: 0.15, Q05: 0.1, Q95: 0.3}}}, {Median: []float64{2.5, 2.6}, Q05: []float64{2.4, 2.4}, Q95: []float64{2.6, 2.9}}}
}

func (g *rig) get(path string) (int, []byte) {
	g.t.Helper()
	r, err := http.Get(g.url + path)
	if err != nil {
		g.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return r.StatusCode, body
}

// A branch's water is drawn as its members spread; the message says what it shows, and an older branch shows the mean.
func TestFrameShowsTheSpread(t *testing.T) {
	g := start(t)
	g.forecastOf("f/new")
	for _, x := range []struct {
		show   string
		after  int // minutes
		says   byte
		values map[uint32]byte
	}{{"", 20, showsMean, map[uint32]byte{0: 50, 2: 4}}, {"median", 20, showsMedian, map[uint32]byte{0: 50, 2: 4}}, {"median", 0, showsMedian, map[uint32]byte{0: 50, 2: 4}}, {"p90", 20, showsP90, map[uint32]byte{0: 90, 1: 10, 2: 4}},
		{"chance", 20, showsChance, map[uint32]byte{0: 80}}, {"chance", 30, showsChance, map[uint32]byte{0: 90, 1: 6}}, {"chance", 300, showsChance, map[uint32]byte{0: 90, 1: 6}}} {
		code, b := g.get("/api/frame?branch=f/new&show=" + x.show + "&t=" + timeOf(x.after))
		if code != 200 || len(b) < 28 || b[0] != msgWater || b[1] != x.says {
			t.Fatalf("%s after %d min: status %d, %v", x.show, x.after, code, b)
		}
		n := int(binary.LittleEndian.Uint32(b[24:]))
		got := map[uint32]byte{}
		for i := range n {
			got[binary.LittleEndian.Uint32(b[28+4*i:])] = b[28+4*n+i]
		}
		if len(got) != len(x.values) {
			t.Errorf("%s after %d min: %v, want %v", x.show, x.after, got, x.values)
		}
		for c, v := range x.values {
			if got[c] != v {
				t.Errorf("%s after %d min: %v, want %v", x.show, x.after, got, x.values)
			}
		}
	}
	g.Server.mu.Lock()
	g.spreads = nil
	g.Server.mu.Unlock()
	if code, b := g.get("/api/frame?branch=f/new&show=p90&t=" + timeOf(20)); code != 200 || b[1] != showsMean {
		t.Errorf("a branch without its spread: status %d, %v", code, b)
	}
	if code, _ := g.get("/api/frame?branch=f/new&show=mode&t=" + timeOf(20)); code != 400 {
		t.Errorf("show=mode: status %d", code)
	}
	g.city.Terrain.VerticalError = 2
	if code, _ := g.get("/api/frame?branch=f/new&show=chance&t=" + timeOf(20)); code != 404 {
		t.Errorf("a chance of a depth on a terrain that bears none: status %d", code)
	}
}

func timeOf(minutes int) string {
	b, _ := json.Marshal(noon.Add(time.Duration(minutes) * time.Minute).Unix())
	return string(b)
}

func TestHydrograph(t *testing.T) {
	g := start(t)
	g.forecastOf("f/new")
	if code, _ := g.get("/api/hydrograph?id=urn:ngsi-ld:WaterObserved:g1"); code != 404 {
		t.Errorf("a gauge that the twin has not heard: status %d", code)
	}
	for _, id := range []string{"g1", "k1"} {
		if _, err := g.twin.Main().Apply(twin.Set("urn:ngsi-ld:WaterObserved:"+id, "WaterObserved", twin.Number("waterDepth", 0.1, "MTR", noon))); err != nil {
			t.Fatal(err)
		}
	}
	read := func(id string) (h hydrograph) {
		code, b := g.get("/api/hydrograph?id=" + id)
		if err := json.Unmarshal(b, &h); code != 200 || err != nil {
			t.Fatalf("%s: status %d, %s", id, code, b)
		}
		return h
	}
	if h := read("urn:ngsi-ld:Place:g1"); h.Kind != "street" || h.Attr != "waterDepth" || h.Issued != noon.Unix() || len(h.Median) != 2 || h.Q95[1] != 0.5 || len(h.Past) != 1 || h.Past[0].T != noon.Unix() || h.Past[0].Q05 != 0.1 {
		t.Errorf("street gauge: %+v", h)
	}
	if h := read("urn:ngsi-ld:WaterObserved:k1"); h.Kind != "creek" || h.Attr != "waterLevel" || h.Datum != "Wusong" || h.Median[1] != 2.6 || h.Past == nil {
		t.Errorf("creek: %+v", h)
	}
	for _, id := range []string{"urn:ngsi-ld:WaterObserved:none", "urn:ngsi-ld:PumpStation:p1", "x", ""} {
		if code, _ := g.get("/api/hydrograph?id=" + id); code != 404 {
			t.Errorf("%s: status %d", id, code)
		}
	}
	g.city.Terrain.VerticalError = 2
	if code, _ := g.get("/api/hydrograph?id=urn:ngsi-ld:Place:g1"); code != 404 {
		t.Errorf("depths on a terrain that bears none: status %d", code)
	}
	read("urn:ngsi-ld:WaterObserved:k1") // a creek's level is no depth of the terrain
}

// A pumping station shows the last order that holds, its end, and how often units were started within the hour.
func TestWorkplan(t *testing.T) {
	g := start(t)
	read := func(id string) (p workplan) {
		code, b := g.get("/api/workplan?id=urn:ngsi-ld:" + id)
		if err := json.Unmarshal(b, &p); code != 200 || err != nil {
			t.Fatalf("%s: status %d, %s", id, code, b)
		}
		return p
	}
	if p := read("PumpStation:p1"); p.Order != nil || p.Until != 0 || p.Starts != 0 || p.MayStart != 12 || p.Start != 2.6 || p.From.En != "Mill Creek" || p.FromGauge != "urn:ngsi-ld:WaterObserved:k1" {
		t.Errorf("a pump that nobody ordered anything: %+v", p)
	}
	// Two starts lie before the hour, three within it.
	for _, x := range []struct {
		minutes int
		units   float64
	}{{-90, 0}, {-80, 2}, {-50, 1}, {-40, 3}, {-10, 0}, {-5, 1}} {
		at := noon.Add(time.Duration(x.minutes) * time.Minute)
		if _, err := g.twin.Main().Apply(twin.Set("urn:ngsi-ld:PumpStation:p1", "PumpStation", twin.Number("unitsRunning", x.units, "C62", at))); err != nil {
			t.Fatal(err)
		}
	}
	order := func(id, state string, c exchange.Command) {
		body, _ := json.Marshal(c)
		if _, err := g.twin.Main().Apply(twin.Set("urn:ngsi-ld:Command:"+id, "Command", twin.JSON("order", json.RawMessage(body)), twin.Text("state", state, noon))); err != nil {
			t.Fatal(err)
		}
	}
	order("1", "seen", exchange.Command{ID: "1", Principal: "brain", Decision: "water-1", Until: noon.Add(10 * time.Minute), Pump: &exchange.PumpOrder{ID: "p1", Units: 2}})
	order("2", "seen", exchange.Command{ID: "2", Principal: "Li Wei", Until: noon.Add(-time.Minute), Pump: &exchange.PumpOrder{ID: "p1", Units: 3}})
	order("3", "refused", exchange.Command{ID: "3", Until: noon.Add(time.Hour), Pump: &exchange.PumpOrder{ID: "p1", Units: 3}})
	order("4", "seen", exchange.Command{ID: "4", Until: noon.Add(time.Hour), Pump: &exchange.PumpOrder{ID: "p2", Units: 1}})
	order("5", "acknowledged", exchange.Command{ID: "5", Principal: "brain", Until: noon.Add(20 * time.Minute), Gate: &exchange.GateOrder{ID: "w1", Opening: 0.5}})
	if p := read("PumpStation:p1"); p.Order == nil || *p.Order != 2 || p.Until != noon.Add(10*time.Minute).Unix() || p.By != "brain" || p.Decision != "water-1" || p.State != "seen" || p.Starts != 3 {
		t.Errorf("the order in force: %+v", p)
	}
	if p := read("FloodGate:w1"); p.Order == nil || *p.Order != 0.5 || p.State != "acknowledged" || p.Sill != 1.5 || p.MayStart != 0 {
		t.Errorf("gate: %+v", p)
	}
	order("6", "sent", exchange.Command{ID: "6", Principal: "Li Wei", Until: noon.Add(15 * time.Minute), Pump: &exchange.PumpOrder{ID: "p1", Local: true}})
	if p := read("PumpStation:p1"); p.Order != nil || p.By != "Li Wei" {
		t.Errorf("given back to its own levels: %+v", p)
	}
	if code, _ := g.get("/api/workplan?id=urn:ngsi-ld:PumpStation:none"); code != 404 {
		t.Errorf("no such station: status %d", code)
	}
}

func TestDistrictsAreOutlined(t *testing.T) {
	g := start(t)
	code, b := g.get("/api/districts")
	var fc struct {
		Features []struct {
			Properties struct{ ID string }
			Geometry   struct{ Coordinates [][][2]float64 }
		}
	}
	if err := json.Unmarshal(b, &fc); code != 200 || err != nil || len(fc.Features) != 1 || fc.Features[0].Properties.ID != "urn:ngsi-ld:District:d1" || len(fc.Features[0].Geometry.Coordinates[0]) != 4 || fc.Features[0].Geometry.Coordinates[0][0][0] != 121.5 {
		t.Errorf("status %d, %v, %s", code, err, b)
	}
	if code, b := g.get("/api/entity?id=urn:ngsi-ld:District:d1"); code != 200 {
		t.Errorf("status %d, %s", code, b)
	}
}
