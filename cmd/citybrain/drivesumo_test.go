package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/importer/sumo"
)

// cologne returns the configuration of a reference scenario, and skips the test only when the whole folder is missing.
func cologne(t *testing.T) string {
	t.Helper()
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	root = filepath.Join(root, "traffic", "sumo")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("reference data not there: %v (set CITYBRAIN_SHARED to the folder data)", err)
	}
	return filepath.Join(root, "cologne1", "cologne1.sumocfg")
}

func driven(t *testing.T, args ...string) driveResult {
	t.Helper()
	var out, errs bytes.Buffer
	if code := dispatch(context.Background(), append([]string{"traffic", "drive-sumo", "--json"}, args...), &out, &errs); code != 0 {
		t.Fatalf("status %d: %s", code, errs.String())
	}
	var r driveResult
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	r.Wall = 0
	return r
}

func TestDriveSUMO(t *testing.T) {
	if _, err := exec.LookPath("sumo"); err != nil {
		t.Skip("there is no sumo here")
	}
	cfg := cologne(t)
	fixed := driven(t, "--cfg", cfg, "--controller", "fixed", "--seed", "1")
	if math.Abs(fixed.Mean-59.3) > 0.3 || fixed.Trips != 2015 || fixed.Finished != 1992 || fixed.Teleports+fixed.Collisions != 0 {
		t.Errorf("shipped plan, seed 1: %+v; SUMO alone gives 59.3 s and 1992 finished", fixed)
	}
	brain := driven(t, "--cfg", cfg, "--seed", "1", "--duration", "900")
	again := driven(t, "--cfg", cfg, "--seed", "1", "--duration", "900")
	if !reflect.DeepEqual(brain, again) {
		t.Errorf("the same run twice: %+v and %+v", brain, again)
	}
	if plain := driven(t, "--cfg", cfg, "--controller", "fixed", "--seed", "1", "--duration", "900"); brain.Mean > 0.7*plain.Mean || brain.Trips != plain.Trips {
		t.Errorf("a quarter of an hour: brain %+v, shipped plan %+v", brain, plain)
	}
}

func TestDriveSUMODies(t *testing.T) {
	cfg := cologne(t)
	script := filepath.Join(t.TempDir(), "sumo")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho Error: no licence >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	hangs := filepath.Join(t.TempDir(), "sumo")
	if err := os.WriteFile(hangs, []byte("#!/bin/sh\nexec sleep 100\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--cfg", cfg, "--sumo", script}, 1, "no licence"},
		{[]string{"--cfg", cfg, "--sumo", hangs}, 1, "it hangs"},
		{[]string{"--cfg", cfg, "--sumo", script + "-missing"}, 1, "install it"},
		{[]string{"--cfg", cfg + "-missing"}, 1, "read configuration"},
		{[]string{}, 2, "give --cfg"},
		{[]string{"--cfg", cfg, "--controller", "oracle"}, 2, "is none of"},
		{[]string{"--cfg", cfg, "--tripinfo", "a:b"}, 2, "host:port"},
		{[]string{"--cfg", cfg, "--dead", "2"}, 2, "shares"},
		{[]string{"--cfg", cfg, "--observed", "nan"}, 2, "shares"},
		{[]string{"--cfg", cfg, "--duration", "nan"}, 2, "seconds"},
		{[]string{"--cfg", cfg, "--seed", "99999999999"}, 2, "from -2147483648"},
	} {
		start := time.Now()
		var out, errs bytes.Buffer
		code := dispatch(context.Background(), append([]string{"traffic", "drive-sumo"}, x.args...), &out, &errs)
		if code != x.code || !strings.Contains(errs.String(), x.says) || time.Since(start) > 12*time.Second { // an answer may take 9 s
			t.Errorf("%v: status %d after %v: %s", x.args, code, time.Since(start), errs.String())
		}
	}
}

// TestJudge is rule 4 on four trips: finished, running, never inserted, due only after the end.
func TestJudge(t *testing.T) {
	d := &sumo.Demand{LaneDemand: city.LaneDemand{Types: []city.VehicleType{{Class: city.PassengerCar, People: 1.3}, {Class: city.BusClass, People: 25}},
		Journeys: []city.Journey{{ID: "done", Depart: 10}, {ID: "bus", Depart: 20, Type: 1}, {ID: "shut out", Depart: 90}, {ID: "later", Depart: 100}}}}
	var r driveResult
	r.judge(d, []tripResult{{id: "done", depart: 1012, arrival: 1060, loss: 5, late: 2}, {id: "bus", depart: 1020, arrival: -1, loss: 7}}, nil, []float64{3, 5}, 1000, 100)
	if r.Trips != 3 || r.Finished != 1 || r.Running != 1 || r.NeverInserted != 1 || r.Max != 10 || r.Mean != 8 {
		t.Errorf("%+v", r)
	}
	if r.Person.Car != 8.5 || r.Person.Bus != 7 || r.Person.Walker != 4 || r.Person.All != round2((1.3*17+25*7+3+5)/29.6) {
		t.Errorf("%+v", r.Person)
	}
}

// TestJudgeByWhatSUMODrew: of a flow at random SUMO alone knows who was due and when; what our reader left out counts as well.
func TestJudgeByWhatSUMODrew(t *testing.T) {
	d := &sumo.Demand{Random: map[string]bool{"f": true}, LaneDemand: city.LaneDemand{Types: []city.VehicleType{{ID: "car", Class: city.PassengerCar, People: 1.3}, {ID: "bus", Class: city.BusClass, People: 25}},
		Journeys: []city.Journey{{ID: "f.0", Depart: 0}, {ID: "f.1", Depart: 50}, {ID: "g.0", Depart: 10}}}}
	var r driveResult
	r.judge(d, []tripResult{{id: "f.0", kind: "bus", depart: 1030, arrival: 1060, loss: 5, late: 2}, {id: "g.0", kind: "car", depart: 1010, arrival: 1020, loss: 1}, {id: "left out", depart: 1040, arrival: -1, loss: 4}},
		[]queued{{"f.1", 90}, {"g.0", 10}}, nil, 1000, 100)
	if r.Trips != 4 || r.Finished != 2 || r.Running != 1 || r.NeverInserted != 1 || r.Mean != 5.5 || r.Max != 10 || r.Person.Bus != 7 {
		t.Errorf("%+v", r)
	}
}

// TestDriveSUMOItsOwnDemand has SUMO draw a flow and read a file in which what departs first stands last.
func TestDriveSUMOItsOwnDemand(t *testing.T) {
	if _, err := exec.LookPath("sumo"); err != nil {
		t.Skip("there is no sumo here")
	}
	s, err := sumo.Read(cologne(t))
	if err != nil {
		t.Fatal(err)
	}
	net, err := filepath.Abs(s.Config.Net)
	if err != nil {
		t.Fatal(err)
	}
	j := s.Demand.Journeys[0]
	ends := fmt.Sprintf(`from="%s" to="%s"`, s.Network.Roads[j.Roads[0]].ID, s.Network.Roads[j.Roads[len(j.Roads)-1]].ID)
	dir := filepath.Join(t.TempDir(), "a b")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"x.rou.xml": "<routes><flow id='f' begin='0' end='300' probability='0.1' " + ends + "/><trip id='late' depart='200' " + ends + "/><trip id='early' depart='100' " + ends + "/></routes>",
		"x.sumocfg": "<configuration><net-file value='" + net + "'/><route-files value='x.rou.xml'/></configuration>",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	r := driven(t, "--cfg", filepath.Join(dir, "x.sumocfg"), "--duration", "600")
	if r.Trips < 20 || r.Trips > 45 || r.Finished != r.Trips {
		t.Errorf("%+v; all of some 30 and the 2 trips should have arrived", r)
	}
}

func TestConform(t *testing.T) {
	if err := conform(20, "SUMO 1.15.0"); err != nil {
		t.Error(err)
	}
	if err := conform(21, "SUMO 1.20.0"); err != nil {
		t.Error(err)
	}
	if err := conform(18, "SUMO 0.32.0"); err == nil || !strings.Contains(err.Error(), "install SUMO 1.15") {
		t.Errorf("%v", err)
	}
}
