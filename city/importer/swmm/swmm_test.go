package swmm

import (
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"citybrain/city/water"
)

func town(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("testdata/town.inp")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTown(t *testing.T) {
	n, err := decode("town.inp", []byte(town(t)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n.Name != "Small town" || n.Duration != 6*time.Hour || n.Every != time.Minute || len(n.Nodes) != 5 || len(n.Links) != 4 || len(n.Notes) != 0 {
		t.Errorf("%q, %v, %v, %d nodes, %d links, notes %q", n.Name, n.Duration, n.Every, len(n.Nodes), len(n.Links), n.Notes)
	}
	well, out, c3, p := n.Nodes[4], n.Nodes[3], n.Links[2], n.Links[3]
	if well.Kind != water.Storage || well.Plan.At(3) != 60 || well.Depth != 0.5 || well.Ground != 12 || well.At != [2]float64{600, 100} {
		t.Errorf("well %+v", well)
	}
	if out.End != water.GivenLevel || out.Level.At(5) != 9 || !out.Flap {
		t.Errorf("outfall %+v", out)
	}
	if c3.In != 10.4 || c3.Out != 8 || c3.Section.Height != 1.2 {
		t.Errorf("conduit %+v", c3)
	}
	if p.Pump != water.PumpHead || p.Rating.At(6) != 0.35 || p.Station.StartAt != 7.5 || p.Station.StopAt != 6.6 {
		t.Errorf("pump %+v", p)
	}
	s := n.Catchments[0]
	if s.Area != 40000 || s.Impervious != 0.6 || s.Slope != 0.005 || s.StoreP != 0.005 || s.Infiltration != water.Horton || math.Abs(s.First*3.6e6-76) > 1e-9 || s.Rain.At(700) != 90 || s.Rain.At(2000) != 0 {
		t.Errorf("catchment %+v", s)
	}
}

func TestUSUnits(t *testing.T) {
	const text = `[OPTIONS]
FLOW_UNITS CFS
LINK_OFFSETS ELEVATION
[JUNCTIONS]
A 100 10
[STORAGE]
T 95 12 4 FUNCTIONAL 100 0 500
[OUTFALLS]
O 90 FREE
[WEIRS]
W A O TRANSVERSE 103 3.33 NO
[ORIFICES]
R T O SIDE 96 0.65 NO
[CONDUITS]
C A T 400 0.015 * 97
[XSECTIONS]
W RECT_OPEN 4 6
R CIRCULAR 1
C CIRCULAR 2.5 0 0 0 2
[INFLOWS]
A FLOW "" FLOW 1 1 10
`
	n, err := decode("us.inp", []byte(text), Options{})
	if err != nil {
		t.Fatal(err)
	}
	near := func(what string, got, want float64) {
		if math.Abs(got-want) > 1e-9*math.Abs(want) {
			t.Errorf("%s: %.12g, want %.12g", what, got, want)
		}
	}
	near("invert", n.Nodes[0].Invert, 30.48)
	near("plan", n.Nodes[2].Plan.At(1), 600*0.3048*0.3048)
	near("conduit", n.Links[0].Length, 121.92)
	near("outlet", n.Links[0].Out, 97*0.3048)
	near("crest", n.Links[2].In, 103*0.3048)
	near("inflow", n.Nodes[0].Inflow[0].At(0), 0.28316846592)
	// 3.33 in feet is 1.838 in metres: the same flow over 6 ft under 1 ft of head.
	near("weir", n.Links[2].Coefficient*6*0.3048*math.Pow(0.3048, 1.5), 3.33*6*0.028316846592)
	if n.Links[0].Barrels != 2 {
		t.Errorf("%d barrels", n.Links[0].Barrels)
	}
}

func TestRefusalsNameLineSectionAndField(t *testing.T) {
	for _, x := range []struct{ name, old, new, want string }{
		{"pump curve that rises", "PC 4 0.6", "PC 4 1.6", "town.inp: line 59: [CURVES] PC: field flow: the pump curve rises from 0.9 at a head of 0 to 1.6 at 4"},
		{"conduit that runs uphill", "J2 11.2", "J2 12.2", "town.inp: line 43: [CONDUITS] C1: field outlet offset: runs uphill by 0.200 m from J1"},
		{"no number", "J1 12.0", "J1 twelve", `line 32: [JUNCTIONS] J1: field elevation: "twelve" is no number`},
		{"unknown unit", "CMS", "M3S", `line 5: [OPTIONS] FLOW_UNITS: field value: "M3S" is not one of`},
		{"unknown node", "C1 J1 J2", "C1 J1 J9", `field to node: no node "J9"`},
		{"a second node", "J2 11.2", "J1 11.2", "line 33: [JUNCTIONS] J1: field name: a second node of this name; the first is in line 32"},
		{"divider", "[OUTFALLS]", "[DIVIDERS]\nD1 3 C1 CUTOFF 1\n[OUTFALLS]", "[DIVIDERS] D1: dividers are not read: make it a junction"},
		{"unknown section", "[OUTFALLS]", "[OUTFALS]", "unknown section [OUTFALS]"},
		{"roughness of Strickler", "200 0.013", "200 75", "field roughness: Manning's n 75 is not in 0–1"},
		{"shape", "C1 CIRCULAR", "C1 GOTHIC", `field shape: "GOTHIC" is not read: give it as a CUSTOM shape`},
		{"no section", "C1 CIRCULAR 0.9 0 0 0 1\n", "", "conduit C1 has no cross-section"},
		{"curve of another kind", "WELL O1 PC", "WELL O1 AREA", `curve "AREA" (line 56) is of type STORAGE`},
		{"series that is not there", "TIMESERIES STORM", "TIMESERIES RAIN", `no series "RAIN"`},
		{"rain in another unit", "STORM 0:10 90", "STORM 0:10 90000", "rain is 0–3000"},
		{"time goes back", "STORM 0:10 90", "STORM 0:04 90", "field time: 0:04 does not follow"},
		{"ends before it begins", "06/01/2024\nEND_TIME", "05/01/2024\nEND_TIME", "the run ends at 2024-05-01"},
		{"no .inp", "[TITLE]\n", "", `stands before any [SECTION]`},
	} {
		_, err := decode("town.inp", []byte(strings.Replace(town(t), x.old, x.new, 1)), Options{})
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v; want %q in it", x.name, err, x.want)
		}
	}
	n, err := decode("town.inp", []byte(strings.Replace(town(t), "J2 11.2", "J2 12.2", 1)), Options{Uphill: true})
	if err != nil || len(n.Notes) == 0 || !strings.Contains(n.Notes[0], "line 43: conduit C1 runs uphill") {
		t.Errorf("%v, notes %v", err, n)
	}
}

const rules = `[CONTROLS]
RULE R1 ; comment
IF NODE WELL DEPTH > 1.5
OR NODE J1 HEAD >= 13
AND SIMULATION TIME < 1:30
THEN PUMP P1 STATUS = ON
ELSE PUMP P1 STATUS = OFF
PRIORITY 3

rule R2
if pump P1 status = off
and simulation clocktime >= 8:00:00
then pump P1 setting = 1
`

func TestControlRules(t *testing.T) {
	n, err := decode("town.inp", []byte(town(t)+rules), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Rules) != 2 || len(n.Notes) != 0 {
		t.Fatalf("%+v, notes %q", n.Rules, n.Notes)
	}
	a, b := n.Rules[0], n.Rules[1]
	if a.Priority != 3 || len(a.If) != 2 || len(a.If[0]) != 2 || a.If[0][1] != (water.Premise{Of: water.NodeLevel, Index: 0, Is: water.AtLeast, Value: 13}) || a.If[1][0].Value != 5400 || a.Then[0] != (water.Action{Link: 3, Setting: 1}) || a.Else[0].Setting != 0 {
		t.Errorf("%+v", a)
	}
	if b.If[0][0] != (water.Premise{Of: water.LinkSetting, Index: 3}) || b.If[1][0].Of != water.ClockTime || b.If[1][0].Value != 28800 || b.Then[0].Setting != 1 {
		t.Errorf("%+v", b)
	}
	for _, x := range []struct{ old, new, want string }{
		{"NODE WELL DEPTH", "NODE WELL INFLOW", "[CONTROLS] IF: field attribute: NODE INFLOW is not read"},
		{"NODE WELL", "NODE NOWHERE", `no node "NOWHERE"`},
		{"> 1.5", "> high", `field value: "high" is no number`},
		{"> 1.5", "=> 1.5", `field relation: "=>" is not one of`},
		{"PUMP P1 STATUS = ON", "CONDUIT C1 STATUS = CLOSED", `field object: conduit C1 can't be ordered as "CONDUIT"`},
		{"PUMP P1 STATUS = ON", "PUMP P1 SETTING = 0.5", "field setting: 0.5 is not in 0–1; a pump is ON or OFF"},
		{"PUMP P1 STATUS = ON", "PUMP P1 SETTING = CURVE PC", "curves, series and PID controllers are not read"},
		{"RULE R1 ; comment", "VARIABLE V = NODE WELL DEPTH", "[CONTROLS] VARIABLE: stands before any RULE"},
		{"then pump P1 setting = 1", "", "rule R2 has no IF or no THEN"},
		{"SIMULATION TIME", "SIMULATION MONTH", "SIMULATION MONTH is not read"},
	} {
		_, err := decode("town.inp", []byte(town(t)+strings.Replace(rules, x.old, x.new, 1)), Options{})
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v; want %q in it", x.new, err, x.want)
		}
	}
}

// What brings another amount of water into the net is not left out in silence.
func TestLIDAndGroundwaterAreRefused(t *testing.T) {
	for section, line := range map[string]string{"LID_USAGE": "S1 GreenRoof 1 100 0 0 0 0", "GROUNDWATER": "S1 A1 J1 10 0.1 1 0 0 0 0", "RDII": "J1 UH1 1"} {
		_, err := decode("town.inp", []byte(town(t)+"["+section+"]\n"+line+"\n"), Options{})
		if err == nil || !strings.Contains(err.Error(), "["+section+"] ") || !strings.Contains(err.Error(), "is not modelled") {
			t.Errorf("%s: %v", section, err)
		}
	}
	if _, err := decode("town.inp", []byte(town(t)+"[LID_CONTROLS]\nGreenRoof GR\n"), Options{}); err != nil {
		t.Errorf("a kind that is nowhere used: %v", err)
	}
}

func TestShapes(t *testing.T) {
	// The ovoid's area is 0.5105 of its height squared (H = 1.5 B: 1.1484 B²).
	var area float64
	const k = 100000
	for i := range k {
		area += egg((float64(i) + 0.5) / k)
	}
	if math.Abs(area/k-1.1484/2.25) > 2e-4 {
		t.Errorf("the ovoid's area is %.4f of its height squared", area/k)
	}
	// The standard horseshoe's is 0.8293 D²; an arc of radius r over the chord b encloses r² (θ − sin θ)/2, θ = 2 asin(b/2r).
	segment := func(r, b float64) float64 { a := 2 * math.Asin(b/2/r); return r * r * (a - math.Sin(a)) / 2 }
	rise := func(r, b float64) float64 { return r - math.Sqrt(r*r-b*b/4) }
	for line, want := range map[string]float64{
		"C1 HORSESHOE 2":             0.8293 * 4,
		"C1 RECT_ROUND 2 1.6 1":      (2-rise(1, 1.6))*1.6 + segment(1, 1.6),
		"C1 MODBASKETHANDLE 2 1.6 1": (2-rise(1, 1.6))*1.6 + segment(1, 1.6),
		"C1 MODBASKETHANDLE 2 1.6":   (2-0.8)*1.6 + math.Pi*0.64/2,
	} {
		n, err := decode("town.inp", []byte(strings.Replace(town(t), "C1 CIRCULAR 0.9 0 0 0 1", line, 1)), Options{})
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		s, got := n.Links[0].Section, 0.0
		for i := range k {
			got += s.Form.At((float64(i)+0.5)/k) * s.Height * s.Height / k
		}
		if math.Abs(got-want) > 4e-3*want {
			t.Errorf("%s: area %.4f, want %.4f", line, got, want)
		}
	}
	if _, err := decode("town.inp", []byte(strings.Replace(town(t), "C1 CIRCULAR 0.9 0 0 0 1", "C1 RECT_ROUND 2 1.6 0.5", 1)), Options{}); err == nil || !strings.Contains(err.Error(), "field radius: 0.5 is less than half the width 1.6") {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(town(f)))
	f.Add([]byte("[OPTIONS]\nFLOW_UNITS LPS\n[TRANSECTS]\nNC 0.1 0.1 0.03\nX1 T 3 0 10\nGR 3 0 0 5 3 10\n[CONTROLS]\nRULE R\nIF NODE J DEPTH > 1\nTHEN PUMP P STATUS = ON\n[PATTERNS]\nP HOURLY 1 2\n[DWF]\nJ FLOW 1 P\n[JUNCTIONS]\nJ 1 2\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := decode("x.inp", data, Options{Uphill: true})
		if err == nil {
			if err := n.Check(); err != nil {
				t.Errorf("taken, but %v", err)
			}
		}
	})
}
