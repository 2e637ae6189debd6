package main

import (
	"bytes"
	"context"
	"encoding/json"
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
	for _, x := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--cfg", cfg, "--sumo", script}, 1, "no licence"},
		{[]string{"--cfg", cfg, "--sumo", script + "-missing"}, 1, "install it"},
		{[]string{"--cfg", cfg + "-missing"}, 1, "read configuration"},
		{[]string{}, 2, "give --cfg"},
		{[]string{"--cfg", cfg, "--controller", "oracle"}, 2, "is none of"},
		{[]string{"--cfg", cfg, "--tripinfo", "a:b"}, 2, "host:port"},
		{[]string{"--cfg", cfg, "--dead", "2"}, 2, "shares"},
	} {
		start := time.Now()
		var out, errs bytes.Buffer
		code := dispatch(context.Background(), append([]string{"traffic", "drive-sumo"}, x.args...), &out, &errs)
		if code != x.code || !strings.Contains(errs.String(), x.says) || time.Since(start) > 10*time.Second {
			t.Errorf("%v: status %d after %v: %s", x.args, code, time.Since(start), errs.String())
		}
	}
}

// TestJudge is rule 4 on four trips: finished, running, never inserted, due only after the end.
func TestJudge(t *testing.T) {
	d := &sumo.Demand{LaneDemand: city.LaneDemand{Types: []city.VehicleType{{Class: city.PassengerCar, People: 1.3}, {Class: city.BusClass, People: 25}},
		Journeys: []city.Journey{{ID: "done", Depart: 10}, {ID: "bus", Depart: 20, Type: 1}, {ID: "shut out", Depart: 90}, {ID: "later", Depart: 100}}}}
	var r driveResult
	r.judge(d, []tripResult{{id: "done", depart: 1012, arrival: 1060, loss: 5, late: 2}, {id: "bus", depart: 1020, arrival: -1, loss: 7}}, []float64{3, 5}, 1000, 100)
	if r.Trips != 3 || r.Finished != 1 || r.Running != 1 || r.NeverInserted != 1 || r.Max != 10 || r.Mean != 8 {
		t.Errorf("%+v", r)
	}
	if r.Person.Car != 8.5 || r.Person.Bus != 7 || r.Person.Walker != 4 || r.Person.All != round2((1.3*17+25*7+3+5)/29.6) {
		t.Errorf("%+v", r.Person)
	}
}
