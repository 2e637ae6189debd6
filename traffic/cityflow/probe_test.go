package cityflow

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"citybrain/city/importer/cityflow"
	"citybrain/traffic/control"
)

func TestProbe(t *testing.T) {
	if os.Getenv("PROBE") == "" {
		t.Skip()
	}
	every := 30
	if e := os.Getenv("EVERY"); e != "" {
		every, _ = strconv.Atoi(e)
	}
	sets := [][2]string{{"hangzhou_4x4", "hangzhou1"}, {"jinan_3x4", "jinan1"}, {"jinan_3x4", "jinan2"}, {"jinan_3x4", "jinan3"}, {"hangzhou_4x4", "hangzhou_5734"}, {"newyork_16x1", "newyork_16x1"}}
	for _, f := range sets {
		if o := os.Getenv("SETS"); o != "" && !strings.Contains(o, f[1]) {
			continue
		}
		net, dem, err := cityflow.Load("/tmp/tr/"+f[0]+".roadnet.json", "/tmp/tr/"+f[1]+".flow.json", 3600)
		if err != nil {
			t.Fatal(err)
		}
		cn, err := control.NewNetwork(net, control.Options{Yellow: 5, Clearance: true, View: 1e9})
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range strings.Split(os.Getenv("PROBE"), ",") {
			seed := 1
			if e := os.Getenv("SEED"); e != "" {
				seed, _ = strconv.Atoi(e)
			}
			s, err := New(net, dem, Config{Seed: uint64(seed), LaneChange: true})
			if err != nil {
				t.Fatal(err)
			}
			ctl, err := NewPublished(name, cn, float64(every))
			if name == "horizon" {
				ctl, err = newHorizon(cn, control.Settings{Every: float64(every)}), nil
			}
			if err != nil {
				if ctl, err = control.New(name, cn, control.Settings{Every: float64(every)}); err != nil {
					t.Fatal(err)
				}
			}
			t0 := time.Now()
			if err := NewDrive(s, cn, ctl, every).Step(context.Background(), time.Hour); err != nil {
				t.Fatal(err)
			}
			r := s.Result()
			fmt.Printf("%-14s %-11s %d: %.1f / %.1f / %d of %d never %d wait %.0f  %.2fs\n", f[1], name, every, r.PapersTravel, r.MeanTravel, r.Finished, r.Vehicles, r.NeverInserted, r.MaxWait, time.Since(t0).Seconds())
		}
	}
}
