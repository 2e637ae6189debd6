package sumo

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"citybrain/city"
)

// small is a cross of two one-lane streets with a signal; the left turn from the west waits inside the junction.
const small = `<net version="1.9" lefthand="false">
<edge id=":J_0" function="internal"><lane id=":J_0_0" index="0" speed="10" length="12" shape="0,0 12,0"/></edge>
<edge id=":J_1" function="internal"><lane id=":J_1_0" index="0" speed="7" length="5" shape="0,0 5,0"/></edge>
<edge id=":J_2" function="internal"><lane id=":J_2_0" index="0" speed="10" length="11" shape="6,-6 6,6"/></edge>
<edge id=":J_3" function="internal"><lane id=":J_3_0" index="0" speed="6" length="4" shape="5,0 6,6"/></edge>
<edge id="w" from="W" to="J" priority="3"><lane id="w_0" index="0" speed="13.89" length="100" shape="-100,0 0,0" disallow="tram pedestrian"/></edge>
<edge id="e" from="J" to="E" priority="3"><lane id="e_0" index="0" speed="13.89" length="90" shape="12,0 102,0" allow="passenger bus"/></edge>
<edge id="s" from="S" to="J" priority="2"><lane id="s_0" index="0" speed="8" length="80" shape="6,-86 6,-6"/></edge>
<edge id="n" from="J" to="N" priority="2"><lane id="n_0" index="0" speed="8" length="80" shape="6,6 6,86"/></edge>
<tlLogic id="L" type="static" programID="0" offset="5"><phase duration="30" state="Ggr"/><phase duration="3" state="yyr"/><phase duration="20" state="rrG"/><phase duration="3" state="rry"/></tlLogic>
<junction id="W" type="dead_end" x="-100" y="0" incLanes="" intLanes=""/>
<junction id="E" type="dead_end" x="102" y="0" incLanes="e_0" intLanes=""/>
<junction id="S" type="dead_end" x="6" y="-86" incLanes="" intLanes=""/>
<junction id="N" type="dead_end" x="6" y="86" incLanes="n_0" intLanes=""/>
<junction id="J" type="traffic_light" x="6" y="0" incLanes="w_0 s_0" intLanes=":J_0_0 :J_3_0 :J_2_0"><request index="0" response="000" foes="100" cont="0"/><request index="1" response="100" foes="100" cont="1"/><request index="2" response="001" foes="011" cont="0"/></junction>
<junction id=":J_3_0" type="internal" x="5" y="0" incLanes=":J_1_0" intLanes=":J_2_0"/>
<connection from="w" to="n" fromLane="0" toLane="0" via=":J_1_0" tl="L" linkIndex="1" dir="l" state="o"/>
<connection from="w" to="e" fromLane="0" toLane="0" via=":J_0_0" tl="L" linkIndex="0" dir="s" state="O"/>
<connection from="s" to="n" fromLane="0" toLane="0" via=":J_2_0" tl="L" linkIndex="2" dir="s" state="o" keepClear="0"/>
<connection from=":J_0" to="e" fromLane="0" toLane="0" dir="s" state="M"/>
<connection from=":J_1" to="n" fromLane="0" toLane="0" via=":J_3_0" dir="l" state="m"/>
<connection from=":J_3" to="n" fromLane="0" toLane="0" dir="l" state="M"/>
<connection from=":J_2" to="n" fromLane="0" toLane="0" dir="s" state="M"/>
</net>`

func parse(t *testing.T, text string) *Network {
	t.Helper()
	n, err := ParseNet(strings.NewReader(text), "dir/small.net.xml")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNet(t *testing.T) {
	n := parse(t, small)
	if len(n.Defects) != 0 {
		t.Errorf("defects in a sound net: %v", n.Defects)
	}
	if len(n.Nodes) != 5 || len(n.Roads) != 4 || len(n.Lanes) != 4 || len(n.Connections) != 3 || len(n.Lights) != 1 {
		t.Fatalf("%d nodes, %d roads, %d lanes, %d connections, %d lights", len(n.Nodes), len(n.Roads), len(n.Lanes), len(n.Connections), len(n.Lights))
	}
	// sorted by lane: w→e (0), w→n (1), s→n (2)
	a, b, c := n.Connections[0], n.Connections[1], n.Connections[2]
	if a.Index != 0 || a.Turn != city.Straight || a.Length != 12 || a.Speed != 10 || a.Wait != 0 || !a.KeepClear || !slices.Equal(a.Foes, []int32{2}) || a.Yields != nil {
		t.Errorf("straight on: %+v", a)
	}
	if b.Index != 1 || b.Turn != city.Left || b.Length != 9 || b.Speed != 6 || b.Wait != 5 || !slices.Equal(b.Yields, []int32{2}) || len(b.Path) != 4 {
		t.Errorf("left: %+v", b)
	}
	if c.Index != 2 || c.KeepClear || !slices.Equal(c.Yields, []int32{0}) || !slices.Equal(c.Foes, []int32{0, 1}) {
		t.Errorf("from the south: %+v", c)
	}
	if l := n.Lights[0]; l.Offset != 5 || l.Places != 3 || len(l.Phases) != 4 || l.Phases[1].State != "yyr" || n.Nodes[a.Node].Light != 0 {
		t.Errorf("light: %+v", l)
	}
	if w := n.Lanes[n.Roads[0].First]; w.Allow&city.PassengerCar == 0 || w.Allow&(city.TramClass|city.Pedestrian) != 0 {
		t.Errorf("lane w lets in %b", w.Allow)
	}
	if e := n.Lanes[n.Roads[1].First]; e.Allow != city.PassengerCar|city.BusClass {
		t.Errorf("lane e lets in %b", e.Allow)
	}
}

func TestBadNet(t *testing.T) {
	swap := func(old, new string) string {
		s := strings.Replace(small, old, new, 1)
		if s == small {
			t.Fatalf("%q is not in the small net", old)
		}
		return s
	}
	for _, x := range []struct{ name, text, place, says string }{
		{"zero-length lane", swap(`length="100"`, `length="0"`), "small.net.xml:6", "lane w_0 is 0 m long; taken as 100.00 m"},
		{"missing edge", swap(`from="w" to="e"`, `from="w" to="gone"`), "small.net.xml:18", `there is no edge "gone"`},
		{"conflicting greens", swap(`state="Ggr"`, `state="GrG"`), "small.net.xml:10", "s_0 → n_0 and w_0 → e_0, which cross"},
		{"missing light", swap(`tl="L" linkIndex="1"`, `tl="M" linkIndex="1"`), "small.net.xml:17", `names the light "M"`},
		{"no speed", swap(`speed="8"`, `speed="-1"`), "small.net.xml:8", "speed -1 m/s"},
	} {
		n := parse(t, x.text)
		if !slices.ContainsFunc(n.Defects, func(d city.Defect) bool { return d.Element == x.place && strings.Contains(d.What, x.says) }) {
			t.Errorf("%s: %v", x.name, n.Defects)
		}
		for i := range n.Lanes {
			if !(n.Lanes[i].Length > 0) || !(n.Lanes[i].Speed > 0) {
				t.Errorf("%s: lane %+v", x.name, n.Lanes[i])
			}
		}
	}
	n := parse(t, swap(`state="Ggr"`, `state="GrG"`))
	if n.Lights[0].Phases[0].State != "Grg" || n.Written[0][0].State != "GrG" {
		t.Errorf("mended %q, written %q", n.Lights[0].Phases[0].State, n.Written[0][0].State)
	}
	for _, x := range []struct{ name, text, says string }{
		{"node missing", swap(`to="J" priority="3"`, `to="K" priority="3"`), `small.net.xml: line 6: edge "w" runs from junction "W" to "K"`},
		{"cut off", small[:len(small)/2], "small.net.xml: line"},
		{"not a net", `<routes/>`, "there is no <net>"},
		{"place out of range", swap(`linkIndex="2"`, `linkIndex="9"`), "place 9 of light L"},
		{"states of two lengths", swap(`state="yyr"`, `state="yy"`), "has 2 places"},
		{"number", swap(`length="90"`, `length="ninety"`), `line 7: lane "e_0": length="ninety" is not a number`},
		{"signal", swap(`state="yyr"`, `state="y?r"`), `"?" in state`},
	} {
		if _, err := ParseNet(strings.NewReader(x.text), "small.net.xml"); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
}

const routes = `<routes>
<vType id="car" vClass="passenger" length="4.3" minGap="1.5" speedDev="0.1"/>
<vType id="bus" vClass="bus" speedFactor="normc(0.9,0.05,0.2,2)"/>
<vTypeDistribution id="mix"><vType id="slow" probability="0.25" maxSpeed="5"/><vType id="fast" probability="0.75"/></vTypeDistribution>
<route id="east" edges="w e"/>
<trip id="t1" type="car" depart="101.5" from="w" to="n"/>
<vehicle id="v1" type="bus" depart="0:02:00" route="east"><stop lane="e_0" endPos="50" duration="20"/></vehicle>
<flow id="f" type="mix" begin="130" end="230" number="100" from="s" to="n"/>
<vehicle id="v2" depart="110"><route edges="s n"/></vehicle>
<trip id="early" type="car" depart="99" from="w" to="n"/>
<trip id="lost" type="car" depart="240" from="w" to="nowhere"/>
<trip id="wrong" type="car" depart="240" from="e" to="n"/>
<vehicle id="torn" depart="240"><route edges="s e"/></vehicle>
</routes>`

func TestDemand(t *testing.T) {
	n := parse(t, small)
	d, err := ParseDemand(n, 100, strings.NewReader(routes), "small.rou.xml")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Journeys) != 103 {
		t.Fatalf("%d journeys: %v", len(d.Journeys), d.Defects)
	}
	ids := []string{d.Journeys[0].ID, d.Journeys[1].ID, d.Journeys[2].ID, d.Journeys[3].ID}
	if !slices.Equal(ids, []string{"t1", "v2", "v1", "f.0"}) {
		t.Errorf("order %v", ids)
	}
	if j := d.Journeys[0]; j.Depart != 1.5 || j.Routed || d.Types[j.Type].Length != 4.3 || d.Types[j.Type].Gap != 1.5 {
		t.Errorf("t1: %+v", j)
	}
	if j := d.Journeys[2]; j.Depart != 20 || !j.Routed || len(j.Stops) != 1 || j.Stops[0].End != 50 || j.Stops[0].Duration != 20 {
		t.Errorf("v1: %+v", j)
	} else if k := d.Types[j.Type]; k.Class != city.BusClass || k.Length != 12 || k.SpeedMean != 0.9 || k.SpeedDev != 0.05 || k.People != 25 {
		t.Errorf("bus: %+v", k)
	}
	slow := 0
	for _, j := range d.Journeys {
		if d.Types[j.Type].ID == "slow" {
			slow++
		}
	}
	if slow < 23 || slow > 27 {
		t.Errorf("%d of 100 of the distribution are slow, want 25", slow)
	}
	for _, x := range []struct{ place, says string }{
		{"small.rou.xml:10", "1 trips depart before the start"}, {"small.rou.xml:11", `there is no edge "nowhere"`}, {"small.rou.xml:12", "no way leads from e to n"},
		{"small.rou.xml:13", "disconnected, no connection leads from s to e"}, {"small.rou.xml:9", "1 elements stand behind some that depart later"},
	} {
		if !slices.ContainsFunc(d.Defects, func(d city.Defect) bool { return d.Element == x.place && strings.Contains(d.What, x.says) }) {
			t.Errorf("%s %s is not among %v", x.place, x.says, d.Defects)
		}
	}
	for _, bad := range []string{`<routes><flow id="f" from="w" to="e"/></routes>`, `<routes><vType id="x" length="abc"/></routes>`, `<routes><trip id="a"`} {
		if _, err := ParseDemand(n, 0, strings.NewReader(bad), "bad.rou.xml"); err == nil || !strings.Contains(err.Error(), "bad.rou.xml: line 1") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// shared returns the folder of a reference scenario, and skips the test only when the whole folder is missing.
func shared(t testing.TB) string {
	t.Helper()
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	root = filepath.Join(root, "traffic", "sumo")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("reference data not there: %v (set CITYBRAIN_SHARED to the folder data)", err)
	}
	return root
}

func TestReferenceScenarios(t *testing.T) {
	root := shared(t)
	for _, x := range []struct {
		name          string
		lights, trips int
		begin         float64
	}{{"cologne1", 1, 2015, 25200}, {"cologne8", 8, 2046, 25200}, {"ingolstadt1", 1, 1716, 57600}, {"ingolstadt21", 21, 4283, 57600}} {
		s, err := Read(filepath.Join(root, x.name, x.name+".sumocfg"))
		if err != nil {
			t.Fatal(err)
		}
		n := s.Network
		if len(n.Lights) != x.lights || s.Config.Begin != x.begin || len(s.Demand.Journeys) != x.trips {
			t.Errorf("%s: %d lights, %d journeys from %g s", x.name, len(n.Lights), len(s.Demand.Journeys), s.Config.Begin)
		}
		for i := range n.Connections {
			c := &n.Connections[i]
			a, b := n.Roads[n.Lanes[c.From].Road], n.Roads[n.Lanes[c.To].Road]
			if a.To != c.Node || b.From != c.Node || !(c.Length > 0) || !(c.Speed > 0) || math.IsNaN(along(c.Path)) {
				t.Fatalf("%s: connection %+v", x.name, c)
			}
			for _, y := range c.Yields {
				if !slices.Contains(c.Foes, y) || n.Connections[y].Node != c.Node {
					t.Errorf("%s: connection %d yields to %d", x.name, i, y)
				}
			}
		}
		t.Logf("%s: %d nodes, %d roads, %d lanes, %d connections, %d defects", x.name, len(n.Nodes), len(n.Roads), len(n.Lanes), len(n.Connections), len(s.Defects))
		if os.Getenv("CITYBRAIN_DEFECTS") != "" {
			for _, d := range s.Defects {
				t.Logf("%s: %s", d.Element, d.What)
			}
		}
	}
}

func FuzzNet(f *testing.F) {
	f.Add(small)
	f.Add(footNet)
	f.Add(`<net><edge id="a" from="x" to="y"><lane id="a_0" index="0" length="-1" speed="nan"/></edge></net>`)
	f.Fuzz(func(t *testing.T, text string) {
		n, err := ParseNet(strings.NewReader(text), "fuzz.net.xml")
		if err != nil {
			if !strings.Contains(err.Error(), "fuzz.net.xml") {
				t.Errorf("error without the file: %v", err)
			}
			return
		}
		for i := range n.Connections {
			c := &n.Connections[i]
			if int(c.From) >= len(n.Lanes) || int(c.To) >= len(n.Lanes) || int(c.Node) >= len(n.Nodes) || int(c.Light) >= len(n.Lights) {
				t.Fatalf("connection %+v", c)
			}
		}
		for i := range n.Lanes {
			if !(n.Lanes[i].Length > 0) || !(n.Lanes[i].Speed > 0) {
				t.Fatalf("lane %+v", n.Lanes[i])
			}
		}
	})
}

func FuzzDemand(f *testing.F) {
	f.Add(routes)
	f.Add(`<routes><flow id="f" begin="0" end="10" probability="0.5" from="w" to="e"/></routes>`)
	f.Add(`<routes><personFlow id="f" begin="0" end="10" number="2"><walk from="w" to="e"/></personFlow></routes>`)
	n, err := ParseNet(strings.NewReader(small), "small.net.xml")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		d, err := ParseDemand(n, 100, strings.NewReader(text), "fuzz.rou.xml")
		if err != nil {
			return
		}
		for i, j := range d.Journeys {
			if !(j.Depart >= 0) || len(j.Roads) == 0 || int(j.Type) >= len(d.Types) || i > 0 && j.Depart < d.Journeys[i-1].Depart {
				t.Fatalf("journey %+v", j)
			}
		}
	})
}

func TestConfig(t *testing.T) {
	c, err := ParseConfig(strings.NewReader(`<configuration><input><net-file value="a.net.xml"/><route-files value="a.rou.xml, b.rou.xml"/></input><time><begin value="7:00:00"/><end value="28800"/></time></configuration>`), "dir/x.sumocfg")
	if err != nil || c.Net != "dir/a.net.xml" || !slices.Equal(c.Routes, []string{"dir/a.rou.xml", "dir/b.rou.xml"}) || c.Begin != 25200 || c.End != 28800 {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := ParseConfig(strings.NewReader(`<configuration/>`), "x.sumocfg"); err == nil {
		t.Error("a configuration without a net passes")
	}
}

// Crossings with a light are kept, with the walking areas at both ends; those without are not.
func TestCrossings(t *testing.T) {
	n, err := ParseNet(strings.NewReader(`<net><location netOffset="0,0"/>
<edge id=":B_c0" function="crossing" crossingEdges="b"><lane id=":B_c0_0" index="0" allow="pedestrian" speed="1" length="9" shape="12,5 12,-4"/></edge>
<edge id=":B_c1" function="crossing" crossingEdges="a"><lane id=":B_c1_0" index="0" allow="pedestrian" speed="1" length="9" shape="-2,5 -2,-4"/></edge>
<edge id=":B_w0" function="walkingarea"><lane id=":B_w0_0" index="0" allow="pedestrian" speed="1" length="3" shape="12,5 12,6"/></edge>
<edge id=":B_w1" function="walkingarea"><lane id=":B_w1_0" index="0" allow="pedestrian" speed="1" length="3" shape="12,-5 12,-6"/></edge>
<edge id="a" from="A" to="B" priority="1"><lane id="a_0" index="0" speed="10" length="100" shape="-100,0 0,0"/></edge>
<edge id="b" from="B" to="C" priority="1"><lane id="b_0" index="0" speed="10" length="100" shape="10,0 110,0"/></edge>
<tlLogic id="B" type="static" programID="0" offset="0"><phase duration="30" state="Gr"/><phase duration="3" state="yr"/><phase duration="10" state="rG"/></tlLogic>
<junction id="A" type="dead_end" x="-100" y="0"/><junction id="B" type="traffic_light" x="5" y="0"/><junction id="C" type="dead_end" x="110" y="0"/>
<connection from="a" to="b" fromLane="0" toLane="0" tl="B" linkIndex="0" dir="s" state="O"/>
<connection from=":B_w0" to=":B_c0" fromLane="0" toLane="0" tl="B" linkIndex="1" dir="s" state="M"/>
<connection from=":B_c0" to=":B_w1" fromLane="0" toLane="0" dir="s" state="M"/>
<connection from=":B_w0" to=":B_c1" fromLane="0" toLane="0" dir="s" state="M"/>
</net>`), "street.net.xml")
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Crossings) != 1 || n.Crossings[0].ID != ":B_c0" || n.Crossings[0].Light != 0 || n.Crossings[0].Index != 1 || n.Crossings[0].Areas != [2]string{":B_w0", ":B_w1"} || len(n.Crossings[0].Line) != 2 {
		t.Errorf("%+v", n.Crossings)
	}
}
