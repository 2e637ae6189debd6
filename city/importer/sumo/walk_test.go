package sumo

import (
	"math"
	"slices"
	"strings"
	"testing"

	"citybrain/city"
)

// footNet is a road with a crossing under a light, sidewalks north and south of it, and a crossing without a light that leads nowhere.
const footNet = `<net><location netOffset="0,0"/>
<edge id=":B_c0" function="crossing" crossingEdges="b"><lane id=":B_c0_0" index="0" allow="pedestrian" speed="1" length="9" shape="5,5 5,-4"/></edge>
<edge id=":B_c1" function="crossing" crossingEdges="a"><lane id=":B_c1_0" index="0" allow="pedestrian" speed="1" length="9" shape="-2,5 -2,-4"/></edge>
<edge id=":B_w0" function="walkingarea"><lane id=":B_w0_0" index="0" allow="pedestrian" speed="1" length="3" shape="4,5 6,5 6,6"/></edge>
<edge id=":B_w1" function="walkingarea"><lane id=":B_w1_0" index="0" allow="pedestrian" speed="1" length="3" shape="4,-5 6,-5 6,-6"/></edge>
<edge id=":B_0" function="internal"><lane id=":B_0_0" index="0" speed="10" length="10" shape="0,0 10,0"/></edge>
<edge id="a" from="A" to="B" priority="1"><lane id="a_0" index="0" speed="10" length="100" shape="-100,0 0,0" disallow="pedestrian"/></edge>
<edge id="b" from="B" to="C" priority="1"><lane id="b_0" index="0" speed="10" length="100" shape="10,0 110,0" disallow="pedestrian"/></edge>
<edge id="p" from="A" to="B" priority="1"><lane id="p_0" index="0" allow="pedestrian" speed="1" length="40" shape="-36,6 4,6"/></edge>
<edge id="q" from="B" to="C" priority="1"><lane id="q_0" index="0" allow="pedestrian" speed="1" length="60" shape="6,-6 66,-6"/></edge>
<edge id="z" from="B" to="C" priority="1"><lane id="z_0" index="0" allow="pedestrian" speed="1" length="60" shape="6,-66 66,-66"/></edge>
<tlLogic id="B" type="static" programID="0" offset="0"><phase duration="30" state="Gr"/><phase duration="3" state="yr"/><phase duration="10" state="rG"/></tlLogic>
<junction id="A" type="dead_end" x="-100" y="0"/><junction id="B" type="traffic_light" x="5" y="0"/><junction id="C" type="dead_end" x="110" y="0"/>
<connection from="a" to="b" fromLane="0" toLane="0" via=":B_0_0" tl="B" linkIndex="0" dir="s" state="O"/>
<connection from="p" to=":B_w0" fromLane="0" toLane="0" dir="s" state="M"/>
<connection from=":B_w0" to=":B_c0" fromLane="0" toLane="0" tl="B" linkIndex="1" dir="s" state="M"/>
<connection from=":B_c0" to=":B_w1" fromLane="0" toLane="0" dir="s" state="M"/>
<connection from=":B_w1" to="q" fromLane="0" toLane="0" dir="s" state="M"/>
<connection from=":B_w0" to=":B_c1" fromLane="0" toLane="0" dir="s" state="M"/>
</net>`

// People walk the shortest way over crossings, from and to the middles of sidewalks, either way round; who can't is named.
func TestWalkers(t *testing.T) {
	n, err := ParseNet(strings.NewReader(footNet), "foot.net.xml")
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Crosswalks) != 2 || n.Crosswalks[0].Light != 0 || n.Crosswalks[0].Index != 1 || n.Crosswalks[1].Light != -1 || n.Nodes[n.Crosswalks[0].Node].ID != "B" {
		t.Fatalf("crosswalks %+v", n.Crosswalks)
	}
	if o := n.Crosswalks[0].Over; len(o) != 1 || o[0].Connection != 0 || math.Abs(o[0].Path-5) > 0.01 || math.Abs(o[0].Walk-5) > 0.01 {
		t.Errorf("over %+v", o)
	}
	d, err := ParseDemand(n, 100, strings.NewReader(`<routes>
<vType id="old" vClass="pedestrian" speedFactor="0.5"/>
<person id="early" depart="50"><walk from="p" to="q"/></person>
<person id="one" depart="120"><walk edges="p q"/></person>
<person id="back" type="old" depart="110"><walk from="q" to="p"/><stop busStop="x"/><walk to="q" speed="2"/></person>
<person id="lost" depart="130"><walk from="p" to="z"/></person>
<person id="bus" depart="130"><ride from="p" to="q" lines="4"/></person>
<person id="wrong" depart="130"><walk from="p" to="nowhere"/></person>
<personFlow id="f" begin="200" end="260" perHour="360"><walk from="p" to="q"/></personFlow>
</routes>`), "foot.rou.xml")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, w := range d.Walkers {
		ids = append(ids, w.ID)
	}
	if !slices.Equal(ids, []string{"back", "one", "f.0", "f.1", "f.2", "f.3", "f.4", "f.5"}) {
		t.Fatalf("walkers %v, %v", ids, d.Defects)
	}
	one, back := d.Walkers[1], d.Walkers[0]
	if one.Depart != 20 || math.Abs(one.Speed-5/3.6) > 1e-9 || len(one.Legs) != 1 || one.Legs[0] != (city.WalkLeg{Before: 23, Crosswalk: 0}) || one.Rest != 33 {
		t.Errorf("%+v", one)
	}
	if back.Speed != 2 || len(back.Legs) != 2 || back.Legs[0] != (city.WalkLeg{Before: 33, Crosswalk: 0, Back: true}) || back.Legs[1].Before != 3+40+3 || back.Legs[1].Back || d.Walkers[2].Depart != 100 || d.Walkers[3].Depart != 110 {
		t.Errorf("%+v", back)
	}
	for _, x := range []struct{ place, says string }{
		{"foot.rou.xml:3", "1 trips depart before the start"}, {"foot.rou.xml:6", "person lost left out: edge \"z\" has no sidewalk"}, {"foot.rou.xml:7", "before the first ride"},
		{"foot.rou.xml:8", `there is no edge "nowhere"`},
	} {
		if !slices.ContainsFunc(d.Defects, func(d city.Defect) bool { return d.Element == x.place && strings.Contains(d.What, x.says) }) {
			t.Errorf("%s %s is not among %v", x.place, x.says, d.Defects)
		}
	}
}

// A stop in a parking area or a bay is beside the lane; one at a bus stop is on it.
func TestStops(t *testing.T) {
	n := parse(t, small)
	d, err := ParseDemand(n, 0, strings.NewReader(`<additional>
<busStop id="b" lane="e_0" startPos="10" endPos="40"/>
<parkingArea id="p" lane="e_0" startPos="50" endPos="-10" roadsideCapacity="4"/>
<vehicle id="x" depart="0"><route edges="w e"/><stop busStop="b" duration="20"/><stop parkingArea="p" duration="300"/></vehicle>
<vehicle id="y" depart="0"><route edges="w e"/><stop busStop="b" duration="20" parking="true"/><stop lane="e_0" endPos="60" until="90" parking="false"/><stop busStop="none" duration="1"/></vehicle>
</additional>`), "stops.add.xml")
	if err != nil {
		t.Fatal(err)
	}
	x, y := d.Journeys[0].Stops, d.Journeys[1].Stops
	if len(x) != 2 || x[0].Off != 0 || x[0].End != 40 || x[1].Off != manoeuvre || x[1].Start != 50 || x[1].End != 80 || x[1].Duration != 300 {
		t.Errorf("%+v", x)
	}
	if len(y) != 2 || y[0].Off != bay || y[1].Off != 0 || y[1].Until != 90 {
		t.Errorf("%+v", y)
	}
	if len(d.Defects) != 1 || d.Defects[0].Element != "stops.add.xml:5" || !strings.Contains(d.Defects[0].What, `there is no busStop "none"`) {
		t.Errorf("%v", d.Defects)
	}
}
