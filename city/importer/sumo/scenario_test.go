package sumo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"citybrain/city"
)

// files writes a folder of files and returns the path of the first.
func files(t *testing.T, list ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 0; i < len(list); i += 2 {
		path := filepath.Join(dir, list[i])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(list[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, list[0])
}

func noted(defects []city.Defect, place, says string) bool {
	return slices.ContainsFunc(defects, func(d city.Defect) bool { return d.Element == place && strings.Contains(d.What, says) })
}

// Names of files may have spaces and environment variables; only commas divide them.
func TestFilesOfAConfiguration(t *testing.T) {
	t.Setenv("CITYBRAIN_TEST_NETS", "nets of town")
	cfg := files(t, "a b/one.sumocfg", `<configuration>
 <input><net-file value="../${CITYBRAIN_TEST_NETS}/small.net.xml"/>
 <route-files value="my routes.xml, more.xml"/></input>
 <processing><step-length value="0.1"/><time-to-teleport value="300"/><ignore-route-errors value="true"/></processing>
 <processing><scale value="2"/></processing><output><tripinfo-output value="x.xml"/></output>
</configuration>`, "nets of town/small.net.xml", small, "a b/my routes.xml", `<routes><trip id="a" depart="1" from="w" to="e"/></routes>`, "a b/more.xml", `<routes><trip id="b" depart="2" from="w" to="n"/></routes>`)
	s, err := Read(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Demand.Journeys) != 2 || !s.Config.LeaveOut {
		t.Errorf("%d journeys, %+v", len(s.Demand.Journeys), s.Config)
	}
	if !noted(s.Defects, "one.sumocfg:4", "not followed: step-length, scale") || len(s.Defects) != 1 {
		t.Errorf("%v", s.Defects)
	}
	for _, x := range []struct{ text, says string }{
		{`<net/>`, "line 1: <net> where <configuration> is expected"},
		{`<configuration><input>`, "line 1: the file ends inside an element"},
		{``, "it names no net-file"},
		{`<configuration><begin value="soon"/></configuration>`, `line 1: begin: "soon" is not a time`},
		{`<configuration><begin value="-5"/></configuration>`, `line 1: begin: "-5" is before 0`},
		{`<configuration><begin value="1e18"/></configuration>`, `line 1: begin: "1e18" is not a time before`},
	} {
		if _, err := ParseConfig(strings.NewReader(x.text), "one.sumocfg"); err == nil || !strings.Contains(err.Error(), "read one.sumocfg: "+x.says) {
			t.Errorf("%s: %v", x.text, err)
		}
	}
}

// The last program of a light runs, those of additional files behind the net's: as in SUMO.
func TestTheLastProgramRuns(t *testing.T) {
	second := `<tlLogic id="L" type="static" programID="day" offset="0"><phase duration="40" state="Ggr"/><phase duration="4" state="yyr"/><phase duration="9" state="rrG"/></tlLogic>`
	n := parse(t, strings.Replace(small, `<junction id="W"`, second+"\n"+`<junction id="W"`, 1))
	if l := n.Lights[0]; len(n.Lights) != 1 || l.Offset != 0 || len(l.Phases) != 3 || l.Phases[0].Duration != 40 || len(n.Written[0]) != 3 {
		t.Errorf("%+v", n.Lights)
	}
	if !noted(n.Defects, "small.net.xml:11", `light L has 2 programs; the last, "day", runs`) {
		t.Errorf("%v", n.Defects)
	}
	cfg := files(t, "x.sumocfg", `<configuration><net-file value="small.net.xml"/><additional-files value="tls.add.xml"/></configuration>`,
		"small.net.xml", small, "tls.add.xml", "<additional>\n"+second+"\n<WAUT id='w' startProg='0'/></additional>")
	s, err := Read(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if l := s.Network.Lights[0]; len(l.Phases) != 3 || !noted(s.Defects, "tls.add.xml:2", "has 2 programs") || !noted(s.Defects, "tls.add.xml:3", "WAUT w is not followed") {
		t.Errorf("%+v, %v", l, s.Defects)
	}
	shut := parse(t, strings.NewReplacer(`state="Ggr"`, `state="Grr"`, `state="yyr"`, `state="yrr"`).Replace(small))
	if !noted(shut.Defects, "small.net.xml:10", "light L never lets w_0 → n_0 go (place 1)") {
		t.Errorf("a movement that is never let go: %v", shut.Defects)
	}
	off := parse(t, strings.NewReplacer(`state="Ggr"`, `state="ooo"`, `state="rrG"`, `state="ooo"`).Replace(small))
	if !noted(off.Defects, "small.net.xml:10", "goes on by itself") {
		t.Errorf("a light that is off: %v", off.Defects)
	}
}

// Shares of routes and types are those of their distributions, and one does not depend on the other.
func TestDistributions(t *testing.T) {
	d, err := ParseDemand(parse(t, small), 0, strings.NewReader(`<routes>
<vType id="car"/><vType id="lorry" vClass="truck"/>
<vTypeDistribution id="mix" vTypes="car lorry" probabilities="0.8 0.2"/>
<vTypeDistribution id="two"><vType refId="lorry" probability="1"/></vTypeDistribution>
<route id="on" edges="w e"/>
<routeDistribution id="rd"><route refId="on" probability="0.3"/><route id="off" edges="w n" probability="0.7"><stop lane="n_0" endPos="20" duration="5"/></route></routeDistribution>
<routeDistribution id="named" routes="on off nowhere" probabilities="0 1"/>
<flow id="f" type="mix" route="rd" begin="0" end="1000" number="1000"/>
<vehicle id="v" type="two" route="named" depart="1001"/>
<vehicle id="own" depart="1002"><routeDistribution last="0"><route cost="1" probability="0" edges="w n"/><route probability="1" edges="w e"/></routeDistribution></vehicle>
</routes>`), "r.rou.xml")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Journeys) != 1002 || len(d.Defects) != 1 || !noted(d.Defects, "r.rou.xml:7", `distribution named: there is no "nowhere"`) {
		t.Fatalf("%d journeys, %v", len(d.Journeys), d.Defects)
	}
	var on, lorries, both int
	for _, j := range d.Journeys[:1000] {
		straight, lorry := j.Roads[1] == 1, d.Types[j.Type].ID == "lorry"
		if straight {
			on++
		}
		if lorry {
			lorries++
		}
		if straight && lorry {
			both++
		}
		if straight != (len(j.Stops) == 0) {
			t.Fatalf("%+v", j)
		}
	}
	if on < 295 || on > 305 || lorries < 195 || lorries > 205 || both < 50 || both > 70 {
		t.Errorf("%d straight on, %d lorries, %d both; want 300, 200 and 60", on, lorries, both)
	}
	if v, own := d.Journeys[1000], d.Journeys[1001]; v.Roads[1] != 3 || d.Types[v.Type].ID != "lorry" || len(v.Stops) != 1 || own.Roads[1] != 1 {
		t.Errorf("%+v, %+v", v, own)
	}
}

// What stands behind a flow that begins earlier is in order, however long the flow goes on.
func TestOrderOfFlows(t *testing.T) {
	read := func(text string) *Demand {
		d, err := ParseDemand(parse(t, small), 0, strings.NewReader(text), "r.rou.xml")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := read(`<routes><flow id="f" begin="0" end="100" period="10" from="w" to="e"/><flow id="g" begin="0" end="100" probability="0.2" from="w" to="n"/><trip id="t" depart="3" from="w" to="e"/></routes>`)
	if d.Unsorted || !d.Random["g"] || d.Random["f"] {
		t.Errorf("%v %v %v", d.Unsorted, d.Random, d.Defects)
	}
	if d = read(`<routes><flow id="f" begin="5" end="100" period="10" from="w" to="e"/><trip id="t" depart="3" from="w" to="e"/></routes>`); !d.Unsorted {
		t.Error("a trip before the flow that it stands behind")
	}
	if d = read(`<routes><trip id="lost" depart="5" from="w" to="nowhere"/><trip id="t" depart="3" from="w" to="e"/></routes>`); !d.Unsorted {
		t.Error("a trip before one that is left out")
	}
}

// How vehicles come onto their first road, and what is no way to.
func TestStarts(t *testing.T) {
	d, err := ParseDemand(parse(t, small), 0, strings.NewReader(`<routes><vType id="tram" vClass="tram"/>
<trip id="plain" depart="0" from="w" to="e" departLane="first" departSpeed="0" departPos="base"/>
<trip id="fast" depart="1" from="w" to="e" departLane="best" departSpeed="max" departPos="random"/>
<trip id="own" depart="2" from="w" to="e" departLane="0" departSpeed="7.5" departPos="-20"/>
<flow id="f" begin="3" end="9" number="3" from="w" to="e" departLane="free" departSpeed="max"/>
<trip id="off" depart="10" from="w" to="e" departLane="4" departSpeed="fast" departPos="there"/>
</routes>`), "r.rou.xml")
	if err != nil {
		t.Fatal(err)
	}
	want := []*city.Start{nil, {Lane: city.BestLane, Speed: city.Fastest, At: city.AtRandom}, {Lane: 0, Speed: 7.5, At: 80}, {Lane: city.FreeLane, Speed: city.Fastest}, {Lane: city.FreeLane, Speed: city.Fastest}, {Lane: city.FreeLane, Speed: city.Fastest}, nil}
	for i, j := range d.Journeys {
		if got := j.Start; (got == nil) != (want[i] == nil) || got != nil && *got != *want[i] {
			t.Errorf("%s: %+v, want %+v", j.ID, got, want[i])
		}
	}
	if len(d.Journeys) != 7 || len(d.Defects) != 1 || !noted(d.Defects, "r.rou.xml:6", "trip off: departPos=\"there\" is no place; it starts as others do") {
		t.Errorf("%d, %v", len(d.Journeys), d.Defects)
	}
}

// Numbers that nothing real has are named, and held to what is possible.
func TestHugeNumbers(t *testing.T) {
	if _, err := ParseNet(strings.NewReader(strings.Replace(small, `length="90"`, `length="1e300"`, 1)), "small.net.xml"); err == nil || !strings.Contains(err.Error(), `line 7: lane "e_0" is 1e+300 m long`) {
		t.Errorf("%v", err)
	}
	n := parse(t, strings.NewReplacer(`duration="30"`, `duration="1e11"`, `speed="8"`, `speed="1e30"`).Replace(small))
	if !noted(n.Defects, "small.net.xml:10", "a phase lasts 1e+11 s; taken as 1e+09 s") || !noted(n.Defects, "small.net.xml:8", "speed 1e+30 m/s; taken as 1000 m/s") {
		t.Errorf("%v", n.Defects)
	}
	d, err := ParseDemand(n, 0, strings.NewReader(`<routes><vType id="x" length="1e9" tau="1e20" minGap="0" speedDev="0"/><trip id="a" type="x" depart="1e300" from="w" to="e"/></routes>`), "r.rou.xml")
	if err != nil || len(d.Journeys) != 0 || d.Types[0].Length != 1000 || d.Types[0].Headway != 1000 || d.Types[0].Gap != 0 || len(d.Defects) != 3 {
		t.Errorf("%v %+v %v", err, d.Types, d.Defects)
	}
	cfg := files(t, "x.sumocfg", `<configuration><net-file value="small.net.xml"/><route-files value="small.net.xml"/></configuration>`, "small.net.xml", small)
	if s, err := Read(cfg); err != nil || !noted(s.Defects, "x.sumocfg", "nobody departs") {
		t.Errorf("%v", err)
	}
}
