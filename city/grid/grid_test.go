package grid

import (
	"slices"
	"testing"

	"citybrain/city"
)

func TestTown(t *testing.T) {
	n, err := New(Town{Side: 3, Block: 300, Lanes: 4, Speed: 16.67, Signal: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Lights) != 9 || len(n.Roads) != 2*(2*3*2)+2*12 || len(n.Lanes) != 4*len(n.Roads) {
		t.Fatalf("%d lights, %d roads, %d lanes", len(n.Lights), len(n.Roads), len(n.Lanes))
	}
	if len(n.Connections) != 9*4*6 {
		t.Fatalf("%d connections", len(n.Connections))
	}
	for i, c := range n.Connections {
		if i > 0 && (c.From < n.Connections[i-1].From || c.From == n.Connections[i-1].From && c.To < n.Connections[i-1].To) {
			t.Fatalf("connection %d out of order", i)
		}
		for _, f := range c.Foes {
			o := n.Connections[f]
			if o.Node != c.Node || !slices.Contains(o.Foes, int32(i)) {
				t.Fatalf("connections %d and %d are not foes of each other", i, f)
			}
			if slices.Contains(c.Yields, f) && slices.Contains(o.Yields, int32(i)) {
				t.Fatalf("connections %d and %d each give way", i, f)
			}
		}
		if c.Turn == city.Left && len(c.Yields) < 4 {
			t.Fatalf("left turn %d gives way to %d", i, len(c.Yields))
		}
	}
	// no two connections that show green cross unless one gives way
	for _, ph := range n.Lights[0].Phases {
		for i, c := range n.Connections {
			for _, f := range c.Foes {
				a, b := ph.State[c.Index], ph.State[n.Connections[f].Index]
				if c.Light == 0 && a == 'G' && b == 'G' {
					t.Errorf("connections %d and %d are foes and both green", i, f)
				}
			}
		}
	}
}

func TestDemand(t *testing.T) {
	n, _ := New(Town{Side: 6, Block: 200, Lanes: 1, Speed: 14})
	d, err := n.Demand(3, 100, 4, 1)
	if err != nil || len(d.Journeys) != 300 {
		t.Fatal(err, len(d.Journeys))
	}
	for _, j := range d.Journeys {
		if len(j.Roads) < 4 {
			t.Fatalf("journey of %d blocks", len(j.Roads))
		}
		for i := 1; i < len(j.Roads); i++ {
			if n.Roads[j.Roads[i]].From != n.Roads[j.Roads[i-1]].To {
				t.Fatal("a journey is torn")
			}
		}
	}
	if _, err := n.Demand(1, 10, 40, 1); err == nil {
		t.Error("a demand that can't be was drawn")
	}
	if _, err := New(Town{Side: 2, Block: 20, Lanes: 4, Speed: 10}); err == nil {
		t.Error("blocks smaller than their junctions were laid out")
	}
}
