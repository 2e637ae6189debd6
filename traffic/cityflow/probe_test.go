package cityflow

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"citybrain/city/importer/cityflow"
)

func TestProbe(t *testing.T) {
	if os.Getenv("PROBE") == "" {
		t.Skip()
	}
	sets := [][2]string{{"hangzhou_4x4", "hangzhou1"}, {"jinan_3x4", "jinan1"}, {"jinan_3x4", "jinan2"}, {"jinan_3x4", "jinan3"}, {"hangzhou_4x4", "hangzhou_5734"}, {"newyork_16x1", "newyork_16x1"}}
	for _, f := range sets {
		net, dem, err := cityflow.Load("/tmp/tr/"+f[0]+".roadnet.json", "/tmp/tr/"+f[1]+".flow.json", 3600)
		if err != nil {
			t.Fatal(err)
		}
		for _, every := range []int{60, 30} {
			s, err := New(net, dem, Config{Seed: 1, LaneChange: true})
			if err != nil {
				t.Fatal(err)
			}
			t0 := time.Now()
			for i := 0; i < 3600; i++ {
				ph := 1 + i/every%4
				if i%every < 5 {
					ph = 0
				}
				for l := range net.Lights {
					s.SetPhase(l, ph)
				}
				s.Step(context.Background(), time.Duration(i+1)*time.Second)
			}
			r := s.Result()
			fmt.Printf("%s %d: %.1f / %.1f / %d of %d never %d  %.2fs %.0f k/s peak %d\n", f[1], every, r.PapersTravel, r.MeanTravel, r.Finished, r.Vehicles, r.NeverInserted, time.Since(t0).Seconds(), float64(r.Updates)/time.Since(t0).Seconds()/1000, r.Peak)
		}
	}
}
