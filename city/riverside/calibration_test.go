package riverside

import "testing"

// The demo city comes calibrated, and no other city is taken for it.
func TestTheDemoCityIsCalibrated(t *testing.T) {
	c := City(1)
	if c.Calibration == nil {
		t.Fatalf("calibration.json is of streets %.12s, the demo city's are %.12s: make it anew with `citybrain city calibrate --city demo --out city/riverside/calibration.json`", calibration().Streets, c.TrafficHash())
	}
	if lacks := c.Calibration.Lacks(); lacks != "" {
		t.Error(lacks)
	}
	if k := City(2).Calibration; k != nil {
		t.Errorf("city 2 has the calibration of city %d", k.Seed)
	}
}
