package cityflow

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/importer/cityflow"
)

func TestSat(t *testing.T) {
	if os.Getenv("SAT") == "" {
		t.Skip()
	}
	net, dem, _ := cityflow.Load("/tmp/tr/jinan_3x4.roadnet.json", "/tmp/tr/jinan1.flow.json", 3600)
	roads := map[string]int32{}
	for i, r := range net.Roads {
		roads[r.ID] = int32(i)
	}
	for _, to := range []string{"road_1_1_0", "road_1_1_1"} {
		d := &city.LaneDemand{Types: dem.Types}
		for i := 0; i < 30; i++ {
			d.Journeys = append(d.Journeys, city.Journey{ID: fmt.Sprint(i), Depart: float64(i * 3), Roads: []int32{roads["road_0_1_0"], roads[to]}, Routed: true})
		}
		s, err := New(net, d, Config{Seed: 1, LaneChange: true})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		s.Step(ctx, 200*time.Second)
		for l := range net.Lights {
			s.SetPhase(l, map[string]int{"road_1_1_0": 1, "road_1_1_1": 3}[to])
		}
		for k := 0; k < 100; k++ {
			s.Step(ctx, time.Duration(201+k)*time.Second)
		}
		var out []int32
		for i := range d.Journeys {
			out = append(out, s.st.Left[s.w.legs[i]]-200)
		}
		fmt.Println(to, out)
	}
}
