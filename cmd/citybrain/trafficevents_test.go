package main

import (
	"strings"
	"testing"
	"time"

	"citybrain/traffic/micro"
)

func TestClosureFlag(t *testing.T) {
	for _, test := range []struct {
		text, wrong string
		want        closure
	}{
		{"a@5-60", "", closure{"a", 5 * time.Second, time.Minute}},
		{"a@b@0", "", closure{"a@b", 0, 0}},
		{"a", "EDGE@FROM-TO", closure{}},
		{"a@x-7", `"x" is no second`, closure{}},
		{"a@60-60", "no second after 60", closure{}},
	} {
		got, err := parseClosure(test.text)
		if test.wrong == "" && (err != nil || got != test.want) || test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)) {
			t.Errorf("%s: %+v, %v", test.text, got, err)
		}
	}
}

func TestWaterFile(t *testing.T) {
	index := map[string]int32{"a": 3}
	got, err := parseWater("w.csv", strings.NewReader("time_s,edge,depth_m\n60,a,0.25\n"), index)
	if err != nil || len(got) != 1 || got[0] != (happening{time.Minute, micro.Water{Road: 3, Depth: 0.25}}) {
		t.Errorf("%+v, %v", got, err)
	}
	for text, wrong := range map[string]string{
		"60,b,0.2\n":                        `line 1: the net has no road "b"`,
		"time_s,edge,depth_m\n-1,a,0.2\n":   `line 2: time_s "-1"`,
		"1,a,0.1\n\n2,a,deep\n":             `line 3: depth_m "deep"`,
		"1,a\n":                             "time_s,edge,depth_m",
		"time_s,edge,depth_m\n5,a,NaN\n":    "line 2: depth_m",
		"time_s,edge,depth_m\nnan,a,0.25\n": "line 2: time_s",
	} {
		if _, err := parseWater("w.csv", strings.NewReader(text), index); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%q: %v, want %s", text, err, wrong)
		}
	}
}

func FuzzWater(f *testing.F) {
	f.Add("time_s,edge,depth_m\n60,a,0.25\n")
	f.Add("1,\"a\n")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := parseWater("w.csv", strings.NewReader(text), map[string]int32{"a": 0})
		for _, h := range list {
			if w := h.event.(micro.Water); err != nil || !(w.Depth >= 0) || h.at < 0 {
				t.Fatalf("%+v, %v", h, err)
			}
		}
	})
}
