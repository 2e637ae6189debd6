package osm

import (
	"bytes"
	"context"
	"math"
	"os"
	"strings"
	"testing"

	"citybrain/city"

	"github.com/paulmach/orb"
)

var frame = city.Frame{Lon0: 121.5, Lat0: 31.2}

func network(t *testing.T, file string, opt NetworkOptions) (*Data, *Network) {
	t.Helper()
	d, err := Read(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	opt.Frame = frame
	for i := range opt.Speeds {
		opt.Speeds[i] = 10
	}
	n, err := BuildNetwork(d, opt)
	if err != nil {
		t.Fatal(err)
	}
	return d, n
}

// link returns the first link whose id begins so.
func (n *Network) link(t *testing.T, id string) int32 {
	t.Helper()
	for i := range n.Streets.Links {
		if strings.HasPrefix(n.Streets.Links[i].ID, id) && strings.HasSuffix(n.Streets.Links[i].ID, id[len(id)-1:]) {
			return int32(i)
		}
	}
	t.Fatalf("no link %s", id)
	return -1
}

func (n *Network) turn(from, to int32) *city.Turn {
	for i := range n.Streets.Turns {
		if x := &n.Streets.Turns[i]; x.From == from && x.To == to {
			return x
		}
	}
	return nil
}

func TestTurnsAndRestrictions(t *testing.T) {
	_, n := network(t, "testdata/town.osm", NetworkOptions{})
	east, north, south, west := n.link(t, "way/10.0+"), n.link(t, "way/13.0-"), n.link(t, "way/12.0+"), n.link(t, "way/11.0-")
	toEast, toNorth, toSouth, toWest := n.link(t, "way/11.0+"), n.link(t, "way/12.0-"), n.link(t, "way/13.0+"), n.link(t, "way/10.0-")
	for _, test := range []struct {
		name     string
		from, to int32
		kind     city.TurnKind
		lanes    int8 // 0: no such turn
	}{
		{"no_left_turn", east, toNorth, city.Left, 0},
		{"straight by turn:lanes", east, toEast, city.Straight, 2},
		{"right by turn:lanes", east, toSouth, city.Right, 1},
		{"only_straight_on keeps", north, toNorth, city.Straight, 1},
		{"only_straight_on forbids right", north, toEast, city.Right, 0},
		{"only_straight_on forbids left", north, toWest, city.Left, 0},
		{"except=motorcar", west, toNorth, city.Right, 1},
		{"left of two lanes", west, toSouth, city.Left, 1},
		{"no U-turn at a crossing", south, toNorth, city.UTurn, 0},
	} {
		x := n.turn(test.from, test.to)
		switch {
		case test.lanes == 0 && x != nil:
			t.Errorf("%s: turn %+v", test.name, *x)
		case test.lanes > 0 && (x == nil || x.Kind != test.kind || x.Lanes != test.lanes):
			t.Errorf("%s: turn %+v, want kind %d, %d lanes", test.name, x, test.kind, test.lanes)
		}
	}
}

func TestRestrictionOverWay(t *testing.T) {
	_, n := network(t, "testdata/via.osm", NetworkOptions{LeftHand: true})
	over := n.link(t, "way/2.0+")
	if x := n.turn(over, n.link(t, "way/3.0+")); x != nil {
		t.Errorf("the forbidden way on is there: %+v", *x)
	}
	if x := n.turn(over, n.link(t, "way/4.0+")); x == nil || x.Kind != city.Straight {
		t.Errorf("straight on: %+v", x)
	}
	told := false
	for _, d := range n.Defects {
		told = told || d.Element == "relation/2"
		if d.Element == "relation/1" {
			t.Errorf("%s: %s", d.Element, d.What)
		}
	}
	if !told {
		t.Error("a restriction that links can't express is not told")
	}
}

func TestUsualLanes(t *testing.T) {
	all := []city.Turn{{Kind: city.Left}, {Kind: city.Straight}, {Kind: city.Right}}
	for _, x := range []struct {
		lanes    int
		turns    []city.Turn
		leftHand bool
		want     [4]int // straight, left, right, U-turn
	}{
		{1, all, false, [4]int{1, 1, 1, 1}},
		{3, all, false, [4]int{2, 1, 1, 1}},
		{5, all, false, [4]int{3, 2, 1, 1}},
		{5, all, true, [4]int{3, 1, 2, 1}},
		{3, []city.Turn{all[0], all[2]}, false, [4]int{0, 2, 1, 1}},
		{2, all[:1], false, [4]int{0, 2, 2, 1}},
	} {
		if got := usualLanes(x.lanes, x.turns, x.leftHand); got != x.want {
			t.Errorf("%d lanes, %d turns, left-hand %v: %v, want %v", x.lanes, len(x.turns), x.leftHand, got, x.want)
		}
	}
}

func TestStreetsOfTown(t *testing.T) {
	_, n := network(t, "testdata/town.osm", NetworkOptions{})
	s := &n.Streets
	road := s.Links[n.link(t, "way/10.0+")]
	if road.Lanes != 3 || math.Abs(road.Speed-30*0.44704) > 1e-9 || road.Name != (city.Text{En: "West Road", Zh: "西路"}) || road.Class != city.Primary {
		t.Errorf("way 10: %+v", road)
	}
	if back := s.Links[road.Reverse]; back.Lanes != 1 || back.Reverse != n.link(t, "way/10.0+") {
		t.Errorf("way 10 back: %+v", back)
	}
	one := s.Links[n.link(t, "way/14.0-")]
	if one.Reverse != -1 || s.Nodes[one.From].ID != "node/5" || s.Nodes[one.To].ID != "node/2" {
		t.Errorf("oneway=-1 runs from %s to %s, reverse %d", s.Nodes[one.From].ID, s.Nodes[one.To].ID, one.Reverse)
	}
	for i := range s.Links {
		l := &s.Links[i]
		if strings.HasPrefix(l.ID, "way/15.") && l.Reverse != -1 {
			t.Errorf("roundabout %s is two-way", l.ID)
		}
		if strings.HasPrefix(l.ID, "way/19.") || strings.HasPrefix(l.ID, "way/20.") {
			t.Errorf("%s: private, or cut off, and yet there", l.ID)
		}
	}
	n.link(t, "way/15.0+")
	for _, element := range []string{"way/17", "relation/4", "network"} {
		found := false
		for _, d := range n.Defects {
			found = found || d.Element == element
		}
		if !found {
			t.Errorf("no defect of %s in %v", element, n.Defects)
		}
	}
	if len(n.Groups) != 1 || n.Groups[0].ID != "signal/1" {
		t.Errorf("groups %+v", n.Groups)
	}
}

func TestSelfCrossingBuilding(t *testing.T) {
	d, _ := network(t, "testdata/town.osm", NetworkOptions{})
	areas, defects := d.Areas(func(t Tags) bool { return t["building"] != "" })
	if len(areas) != 1 || areas[0].Element != "way/31" {
		t.Errorf("areas %+v", areas)
	}
	if len(defects) != 1 || defects[0].Element != "way/30" {
		t.Errorf("defects %v", defects)
	}
}

func TestDualCarriagewaysAreOneJunction(t *testing.T) {
	_, n := network(t, "testdata/dual.osm", NetworkOptions{})
	if len(n.Groups) != 1 || len(n.Groups[0].Nodes) != 1 || n.Groups[0].ID != "signal/31" {
		t.Fatalf("groups %+v", n.Groups)
	}
	s := &n.Streets
	var in, out int
	for i := range s.Links {
		if s.Links[i].To == n.Groups[0].Nodes[0] {
			in++
		}
		if s.Links[i].From == n.Groups[0].Nodes[0] {
			out++
		}
	}
	if in != 4 || out != 4 {
		t.Errorf("%d links lead in and %d out, want 4 and 4", in, out)
	}
	kinds := map[city.TurnKind]int{}
	for _, x := range s.Turns {
		if s.Links[x.From].To == n.Groups[0].Nodes[0] {
			kinds[x.Kind]++
		}
	}
	if kinds[city.Left] != 4 || kinds[city.Straight] != 4 || kinds[city.Right] != 4 || kinds[city.UTurn] != 0 {
		t.Errorf("turns by kind: %v", kinds)
	}
	j, err := city.DesignJunction(s, n.Groups[0].Nodes, n.Groups[0].ID, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := city.NewPlan(&j, j.Reference); err != nil {
		t.Error(err)
	}
}

func TestCutAtBox(t *testing.T) {
	box := orb.Bound{Min: orb.Point{121.4985, 31.1975}, Max: orb.Point{121.5025, 31.2025}}
	_, n := network(t, "testdata/town.osm", NetworkOptions{Box: &box})
	borders := 0
	for _, v := range n.Streets.Nodes {
		lon, _ := frame.WGS84(v.At)
		if v.Border {
			borders++
			if strings.HasPrefix(v.ID, "cut/") && math.Abs(lon-121.4985) > 1e-6 && math.Abs(lon-121.5025) > 1e-6 {
				t.Errorf("%s is cut at %.6f", v.ID, lon)
			}
		}
	}
	if borders < 2 {
		t.Errorf("%d borders", borders)
	}
	if _, err := BuildNetwork(&Data{}, NetworkOptions{}); err == nil || !strings.Contains(err.Error(), "--bbox") {
		t.Errorf("no streets: %v", err)
	}
}

func TestTags(t *testing.T) {
	for _, x := range []struct {
		tags        Tags
		class       city.RoadClass
		dir, nf, nb int
		ok          bool
	}{
		{Tags{"highway": "motorway"}, city.Motorway, 1, 2, 0, true},
		{Tags{"highway": "primary", "lanes": "5"}, city.Primary, 0, 3, 2, true},
		{Tags{"highway": "primary", "lanes": "3"}, city.Primary, 0, 1, 1, true},
		{Tags{"highway": "residential", "oneway": "yes", "lanes": "2; 3"}, city.Local, 1, 2, 0, true},
		{Tags{"highway": "residential", "oneway": "-1"}, city.Local, -1, 0, 1, true},
		{Tags{"highway": "tertiary", "lanes": "4", "lanes:backward": "1"}, city.Tertiary, 0, 3, 1, true},
		{Tags{"highway": "residential", "junction": "roundabout"}, city.Local, 1, 1, 0, true},
		{Tags{"highway": "residential", "access": "private"}, 0, 0, 0, 0, false},
		{Tags{"highway": "residential", "access": "no", "motor_vehicle": "yes"}, city.Local, 0, 1, 1, true},
		{Tags{"highway": "service"}, 0, 0, 0, 0, false},
		{Tags{"highway": "footway"}, 0, 0, 0, 0, false},
		{Tags{"highway": "residential", "lanes": "-7"}, city.Local, 0, 1, 1, true},
		{Tags{"highway": "residential", "lanes": "900", "oneway": "yes"}, city.Local, 1, 10, 0, true},
	} {
		c, ok := drivable(&Way{Tags: x.tags})
		if ok != x.ok || c != x.class {
			t.Errorf("%v: class %d, %v", x.tags, c, ok)
		}
		if !ok {
			continue
		}
		nf, nb := lanes(x.tags, c, direction(x.tags))
		if direction(x.tags) != x.dir || nf != x.nf || nb != x.nb {
			t.Errorf("%v: direction %d, lanes %d and %d; want %d, %d, %d", x.tags, direction(x.tags), nf, nb, x.dir, x.nf, x.nb)
		}
	}
	for v, want := range map[string]float64{"50": 50 / 3.6, "30 mph": 30 * 0.44704, "none": 130 / 3.6, "signals": 0, "": 0, "CN:urban": 50 / 3.6, "1000": 0} {
		if got := limit(v); math.Abs(got-want) > 1e-9 {
			t.Errorf("maxspeed %q: %g, want %g", v, got, want)
		}
	}
	if lv, bridge := level(Tags{"bridge": "yes"}); lv != 1 || !bridge {
		t.Errorf("bridge: level %d, %v", lv, bridge)
	}
	if lv, _ := level(Tags{"tunnel": "yes", "layer": "-2"}); lv != -2 {
		t.Errorf("tunnel: level %d", lv)
	}
}

func TestTruncated(t *testing.T) {
	data, err := os.ReadFile("testdata/town.osm")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadFrom(context.Background(), bytes.NewReader(data[:len(data)/2]), "town.osm"); err == nil || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("half a file: %v", err)
	}
	if _, err := ReadFrom(context.Background(), bytes.NewReader(data), "town.shp"); err == nil {
		t.Error("a shapefile was read")
	}
}

func FuzzXML(f *testing.F) {
	data, err := os.ReadFile("testdata/town.osm")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := ReadFrom(context.Background(), bytes.NewReader(b), "x.osm")
		if err != nil {
			return
		}
		opt := NetworkOptions{Frame: frame}
		for i := range opt.Speeds {
			opt.Speeds[i] = 10
		}
		n, err := BuildNetwork(d, opt)
		if err != nil {
			return
		}
		for i := range n.Streets.Links {
			if l := &n.Streets.Links[i]; len(l.Line) < 2 || !(l.Length > 0) || l.Lanes < 1 {
				t.Fatalf("link %+v", l)
			}
		}
		d.Areas(func(Tags) bool { return true })
	})
}

func TestHeightAndContraflow(t *testing.T) {
	for v, want := range map[string]float64{"3.8": 3.8, "4,1 m": 4.1, `12'6"`: 3.81, "14'": 4.2672, "default": 0, "": 0, "0.2": 0, "x'": 0, "NaN": 0} {
		if got := height(Tags{"maxheight": v}); math.Abs(got-want) > 1e-9 {
			t.Errorf("maxheight=%q: %g m, want %g", v, got, want)
		}
	}
	if got := height(Tags{"maxheight": "4.5", "maxheight:physical": "4.2"}); got != 4.2 {
		t.Errorf("%g m, want what fits", got)
	}
	for _, x := range []struct {
		t    Tags
		want bool
	}{
		{Tags{"oneway": "yes", "oneway:bus": "no"}, true}, {Tags{"oneway": "yes", "oneway:emergency": "no"}, true}, {Tags{"oneway": "yes", "busway:left": "opposite_lane"}, true},
		{Tags{"oneway": "yes"}, false}, {Tags{"oneway:psv": "no"}, false},
	} {
		if got := contraflow(x.t); got != x.want {
			t.Errorf("%v: contraflow %v", x.t, got)
		}
	}
}
