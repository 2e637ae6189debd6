package jemss

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"citybrain/city"
)

// tiny is a city of four nodes in a row.
var tiny = map[string]string{
	"map_1.csv":        "map,1,,\nxMin,xMax,yMin,yMax,xScale,yScale\n0,1,0,1,100,110\n",
	"priorities_1.csv": "priorities,2,\npriority,name,targetResponseTime\n1,high,0.01\n2,low,0.02\n",
	"travel_1.csv": "travelModes,,\ntravelModeIndex,offRoadSpeed,note\n1,1128,\"lights, sirens\"\n2,792,\n,,\ntravelSets,,\ntravelSetIndex,priority,travelModeIndex\n" +
		"1,high,1\n1,low,2\n2,high,2\n2,low,2\n,,\ntravelSetsTiming,,\nstartTime,travelSetIndex,\n0,1,\n0.5,2,\n",
	"nodes.csv":                    "nodes,,,\nindex,x,y,offRoadAccess\n1.0,0,0,1.0\n2.0,0.01,0,0.0\n3.0,0.02,0,1.0\n4.0,0.03,0,1.0\n",
	"arcs.csv":                     "miscData,,,\narcForm,numModes,\nundirected,2\n,,\narcs,,,\nindex,fromNode,toNode,mode_1,mode_2\n1,1,2,0.0001,0.0002\n2,2,3,1e-4,2e-4\n3,3,4,1e-4,2e-4\n",
	"stations_1.csv":               "stations,,\nindex,x,y,name\n1,0,0,\"A, west\"\n2,0.03,0,B\n",
	"hospitals_1.csv":              "hospitals,,\nindex,x,y\n1,0.02,0.001\n",
	"ambulances_1.csv":             "ambulances,,\nindex,stationIndex,class\n1,1,1\n2,2,1\n",
	"redispatch_lower_to_high.csv": "miscData,,\nallowRedispatch,,\n1,,\n,,\nredispatchConditions,,\nfromCallPriority,toCallPriority,allowRedispatch\nlow,high,1\n",
	"demand_1.csv": "demandRasters,,\nrasterIndex,rasterFilename,\n1,a.tif,\n,,\ndemandModes,,\nmodeIndex,rasterIndex,priority,arrivalRate\n1,1,high,10\n2,1,low,5\n,,\n" +
		"demandSets,,\nsetIndex,modeIndices,\n1,[1; 2],\n,,\ndemandSetsTiming,,\nstartTime,setIndex,\n0,1,\n",
	"demand_coverage_1.csv": "coverTimes,,\ndemandPriority,coverTime,\nhigh,0.005,\nlow,0.01,\n,,\ndemandRasterCellNumPoints,,\nrows,cols,\n1,1,\n",
	"gen_config_test.xml": "<genConfig>\n<sim><callDistributions>\n<interarrivalTime seed=\"1\">Exponential(1/(2*10))</interarrivalTime>\n<priority>Categorical([0.75, 0.25])</priority>\n" +
		"<dispatchDelay>Normal(50/60/60/24, 0)</dispatchDelay>\n<onSceneDuration>Exponential(12/60/24)</onSceneDuration>\n<transport>Bernoulli(0.8)</transport>\n" +
		"<handoverDuration>Weibull(2.5, 34.3/60/24)</handoverDuration>\n</callDistributions></sim></genConfig>\n",
	"calls.csv": "miscData,,\nstartTime,,\n0.0,,\n,,\ncalls,,\nindex,priority,x,y,arrivalTime,dispatchDelay,onSceneDuration,transport,hospitalIndex,handoverDuration\n" +
		"1,1,0.01,0.002,0.1,0.0005,0.01,1,0,0.02\n2,2,0.02,0,0.2,0.0005,0.01,false,1,0.02\n",
	"cells.xyz": "0.0 0.0 3\n0.01 0.0 0\n0.01 0.001 2.5\n0.02 0.001 1\n",
}

// write makes a folder of tiny with one text replaced in one file.
func write(t testing.TB, file, old, now string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range tiny {
		if name == file {
			if !strings.Contains(text, old) {
				t.Fatalf("%s has no %q", name, old)
			}
			text = strings.Replace(text, old, now, 1)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readAllOf reads everything of a folder.
func readAllOf(dir string) (*city.EMS, []city.EMSCall, error) {
	e, err := Load(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, f := range []func(string, *city.EMS) error{readDemand, readCoverage, readDraws} {
		if err := f(dir, e); err != nil {
			return nil, nil, err
		}
	}
	b, err := load(filepath.Join(dir, "cells.xyz"))
	if err == nil {
		err = parseCells("cells.xyz", string(b), &e.Demand)
	}
	if err != nil {
		return nil, nil, err
	}
	calls, _, err := LoadCalls(filepath.Join(dir, "calls.csv"), e)
	return e, calls, err
}

func TestReads(t *testing.T) {
	e, calls, err := readAllOf(write(t, "", "", ""))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.NodeX) != 4 || e.OffRoad[1] || len(e.From) != 6 || e.From[4] != 2 || e.To[4] != 1 || e.Millis[0][4] != 8640 || e.Millis[1][0] != 17280 {
		t.Errorf("roads %+v", e)
	}
	if math.Abs(e.Km[5]-1) > 1e-12 {
		t.Errorf("an arc of 0.01 degrees without a length has %g km, want 1", e.Km[5])
	}
	if e.Stations[0].Name != "A, west" || !e.Divert[1][0] || e.Divert[0][1] || len(e.Modes) != 2 || city.At(e.Modes, 43200).Choose[0] != 1 || city.At(e.Modes, 43199).Choose[0] != 0 {
		t.Errorf("service %+v", e)
	}
	if e.Demand.Rates[1] != 5 || e.Demand.Modes[0].Choose[1] != 1 || math.Abs(e.Priorities[1].Cover-864) > 1e-9 || len(e.Demand.X) != 3 || math.Abs(e.Demand.CellX-0.01) > 1e-9 {
		t.Errorf("demand %+v", e.Demand)
	}
	if d := e.Draws; math.Abs(d.Gap.A-0.05) > 1e-12 || d.HandOver.Name != "weibull" || math.Abs(d.HandOver.B-34.3/60/24) > 1e-12 || d.Transport != 0.8 || d.Priority[0] != 0.75 {
		t.Errorf("draws %+v", d)
	}
	if c := calls[0]; c.Arrive != 8640 || c.Hospital != -1 || !c.Transport || calls[1].Transport || calls[1].HandOver != 0 || calls[1].Hospital != 0 {
		t.Errorf("calls %+v", calls)
	}
}

func TestErrorsNameFileLineAndField(t *testing.T) {
	for _, x := range []struct{ file, old, now, want string }{
		{"stations_1.csv", "0.03,0,B", "0.03,north,B", `stations_1.csv: line 4: field "y": "north"`},
		{"stations_1.csv", "2,0.03", "3,0.03", `stations_1.csv: line 4: field "index"`},
		{"stations_1.csv", `"A, west"`, `"A, west`, `stations_1.csv: line 3: field 4`},
		{"hospitals_1.csv", "index,x,y", "index,lon,y", `hospitals_1.csv: line 2: field "x"`},
		{"ambulances_1.csv", "2,2,1", "2,3,1", `ambulances_1.csv: line 4: field "stationIndex": "3"`},
		{"priorities_1.csv", "2,low,0.02", "2,low,-1", `priorities_1.csv: line 4: field "targetResponseTime"`},
		{"priorities_1.csv", "2,low", "2,high", `priorities_1.csv: line 4: field "name"`},
		{"travel_1.csv", "2,low,2", "2,lower,2", `travel_1.csv: line 11: field "priority": "lower"`},
		{"travel_1.csv", "1,low,2\n", "", `travel_1.csv: line 7: table "travelSets": set 1 has nothing for low`},
		{"travel_1.csv", "0.5,2", "0,2", `travel_1.csv: line 16: field "startTime"`},
		{"travel_1.csv", "2,792", "2,0", `travel_1.csv: line 4: field "offRoadSpeed"`},
		{"map_1.csv", "100,110", "0,110", `map_1.csv: line 3: field "xScale"`},
		{"nodes.csv", "0.03,0", "nan,0", `nodes.csv: line 6: field "x"`},
		{"arcs.csv", "3,3,4", "3,3,5", `arcs.csv: line 9: field "toNode": "5"`},
		{"arcs.csv", "1e-4,2e-4", "0,2e-4", `arcs.csv: line 8: field "mode_1": "0"`},
		{"arcs.csv", "undirected", "both", `arcs.csv: line 3: field "arcForm": "both"`},
		{"arcs.csv", "mode_2", "mode_3", `arcs.csv: line 6: field "mode_2"`},
		{"redispatch_lower_to_high.csv", "low,high,1", "low,high,2", `redispatch_lower_to_high.csv: line 7: field "allowRedispatch"`},
		{"demand_1.csv", "2,1,low,5", "2,1,low,x", `demand_1.csv: line 8: field "arrivalRate"`},
		{"demand_1.csv", "[1; 2]", "[1; 3]", `demand_1.csv: line 12: field "modeIndices"`},
		{"demand_coverage_1.csv", "low,0.01", "high,0.01", `demand_coverage_1.csv: line 2: field "coverTime": low has none`},
		{"gen_config_test.xml", "Exponential(12/60/24)", "Exponential(12/60/)", `gen_config_test.xml: line 6: field "onSceneDuration"`},
		{"gen_config_test.xml", "0.75, 0.25", "0.75, 0.5", `gen_config_test.xml: line 4: field "priority"`},
		{"gen_config_test.xml", "Bernoulli(0.8)", "Bernoulli(8)", `gen_config_test.xml: line 7: field "transport"`},
		{"calls.csv", "0.2,0.0005", "0.05,0.0005", `calls.csv: line 8: field "arrivalTime"`},
		{"calls.csv", "2,2,0.02", "2,3,0.02", `calls.csv: line 8: field "priority": "3"`},
		{"calls.csv", "false", "maybe", `calls.csv: line 8: field "transport": "maybe"`},
		{"cells.xyz", "0.01 0.001 2.5", "0.01 0.001 -2", `cells.xyz: line 3: field "density"`},
	} {
		_, _, err := readAllOf(write(t, x.file, x.old, x.now))
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s with %q: %v, want %s", x.file, x.now, err, x.want)
		}
	}
}

func TestMissingFilesAreNamed(t *testing.T) {
	for name := range tiny {
		if name == "gen_config_test.xml" || name == "cells.xyz" || name == "redispatch_lower_to_high.csv" {
			continue
		}
		dir := write(t, "", "", "")
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readAllOf(dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestWithoutARedispatchFile(t *testing.T) {
	dir := write(t, "redispatch_lower_to_high.csv", "low,high,1", "high,low,1")
	if e, _, err := readAllOf(dir); err != nil || !e.Divert[0][1] || e.Divert[1][0] {
		t.Errorf("%v, %v", e.Divert, err)
	}
	if err := os.Remove(filepath.Join(dir, "redispatch_lower_to_high.csv")); err != nil {
		t.Fatal(err)
	}
	if e, _, err := readAllOf(dir); err != nil || e.Divert[0][1] || !e.Divert[1][0] {
		t.Errorf("%v, %v", e.Divert, err)
	}
}

// FuzzFiles feeds any bytes to every reader: an error or a value within its bounds, never a panic.
func FuzzFiles(f *testing.F) {
	for _, text := range tiny {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e := &city.EMS{ScaleX: 1, ScaleY: 1, Priorities: make([]city.EMSPriority, 2), Hospitals: make([]city.EMSPlace, 1)}
		if parseNodes("f", b, e) == nil && len(e.NodeX) == 0 {
			t.Error("no nodes and no error")
		}
		e.NodeX, e.NodeY = make([]float64, 4), make([]float64, 4)
		if parseArcs("f", b, e) == nil {
			for i, a := range e.From {
				if a < 0 || a > 3 || e.To[i] < 0 || e.To[i] > 3 || e.Millis[0][i] == 0 {
					t.Error("an arc out of bounds")
				}
			}
		}
		if calls, _, err := parseCalls("f", b, e); err == nil {
			for _, c := range calls {
				if c.Priority < 0 || c.Priority > 1 || c.Hospital > 0 || !(c.OnScene >= 0) {
					t.Errorf("call %+v", c)
				}
			}
		}
		var d city.EMSDemand
		if parseCells("f", string(b), &d) == nil && len(d.X) == 0 {
			t.Error("no cells and no error")
		}
		if x, err := parseDraws("f", b, 2); err == nil && !(x.Transport >= 0 && x.Transport <= 1) {
			t.Errorf("draws %+v", x)
		}
	})
}
