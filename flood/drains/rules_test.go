package drains

import (
	"context"
	"math"
	"testing"
	"time"

	"citybrain/city/water"
)

// Rules switch a pump between two levels and shut an outlet for an hour of the day; of two orders that of the higher priority counts.
func TestRules(t *testing.T) {
	well := tank("well", 0, 100, 1)
	well.Inflow = []water.Series{water.Constant(0.05)}
	p := pumpTo(0, 1, 1, 0.2, water.Station{StartAt: math.NaN(), StopAt: math.NaN(), Feeder: -1, Off: true})
	over := water.Link{ID: "over", Kind: water.Outlet, From: 0, To: 1, Rating: water.Curve{X: []float64{0, 10}, Y: []float64{0.01, 0.01}}}
	n := &water.Network{Nodes: []water.Node{well, fixed("o", 0, -5)}, Links: []water.Link{p, over}, Clock: 7 * 3600, Rules: []water.Rule{
		{ID: "high", If: [][]water.Premise{{{Of: water.NodeDepth, Index: 0, Is: water.AtLeast, Value: 2}}}, Then: []water.Action{{Link: 0, Setting: 1}}},
		{ID: "low", If: [][]water.Premise{{{Of: water.NodeDepth, Index: 0, Is: water.Less, Value: 1}, {Of: water.RunTime, Is: water.More, Value: 1e9}}, {{Of: water.LinkSetting, Index: 0, Is: water.Equal, Value: 1}}}, Then: []water.Action{{Link: 0}}},
		{ID: "morning", Priority: 2, If: [][]water.Premise{{{Of: water.ClockTime, Is: water.AtLeast, Value: 8 * 3600}}, {{Of: water.ClockTime, Is: water.Less, Value: 9 * 3600}}}, Then: []water.Action{{Link: 1}}, Else: []water.Action{{Link: 1, Setting: 0.5}}},
		{ID: "overruled", Priority: 1, If: [][]water.Premise{{{Of: water.RunTime, Is: water.AtLeast, Value: 0}}}, Then: []water.Action{{Link: 1, Setting: 1}}},
	}}
	s, err := New(n, Config{})
	if err != nil {
		t.Fatal(err)
	}
	highest, lowest, starts := 0.0, 9.0, 0
	was := 0
	for at := 10 * time.Second; at <= 3*time.Hour; at += 10 * time.Second {
		if err := s.Step(context.Background(), at); err != nil {
			t.Fatal(err)
		}
		if r := s.Running(0); r > was {
			starts++
			was = r
		} else {
			was = r
		}
		if at > time.Hour {
			highest, lowest = max(highest, s.Level(0)), min(lowest, s.Level(0))
		}
		want := 0.005
		if at > time.Hour+10*time.Second && at <= 2*time.Hour {
			want = 0
		}
		if q := s.Flow(1); (at < time.Hour || at > time.Hour+20*time.Second) && (at < 2*time.Hour || at > 2*time.Hour+20*time.Second) && (q < want-1e-6 || q > want+1e-6) {
			t.Fatalf("at %v the outlet lets out %g m³/s; want %g", at, q, want)
		}
	}
	if starts < 2 || highest > 2.05 || highest < 1.95 || lowest < 0.9 || lowest > 1.05 {
		t.Errorf("%d starts, levels %.3f to %.3f m; want 1 to 2", starts, lowest, highest)
	}
}

func TestRulesAreChecked(t *testing.T) {
	n := &water.Network{Nodes: []water.Node{tank("a", 0, 100, 1), fixed("o", 0, 0)}, Links: []water.Link{pumpTo(0, 1, 1, 0.2, water.Station{StartAt: math.NaN(), StopAt: math.NaN(), Feeder: -1})}}
	for _, r := range []water.Rule{
		{ID: "r", Then: []water.Action{{Link: 1}}},
		{ID: "r", Then: []water.Action{{Link: 0, Setting: 0.5}}},
		{ID: "r", If: [][]water.Premise{{{Of: water.LinkFlow, Index: 1}}}},
	} {
		n.Rules = []water.Rule{r}
		if _, err := New(n, Config{}); err == nil {
			t.Errorf("%+v is taken", r)
		}
	}
}
