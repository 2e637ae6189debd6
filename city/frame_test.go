package city

import (
	"math"
	"testing"
)

// UTM zone 51N of 121.47 E 31.23 N by PROJ 9 (+proj=utm +zone=51 +ellps=WGS84) is 354280.6043, 3456101.0654.
func TestTransverseMercatorAgainstPROJ(t *testing.T) {
	x, y := transverseMercator(121.47-123, 31.23)
	if e, n := 500000+0.9996*x, 0.9996*y; math.Abs(e-354280.6043) > 2e-4 || math.Abs(n-3456101.0654) > 2e-4 {
		t.Fatalf("got %.4f, %.4f", e, n)
	}
}

func TestFrameRoundTrip(t *testing.T) {
	f := Frame{Lon0: 121.5, Lat0: 31.24}
	for _, p := range [][2]float64{{121.5, 31.24}, {121.41, 31.18}, {121.9, 31.6}, {120.8, 30.9}} {
		lon, lat := f.WGS84(f.Local(p[0], p[1]))
		if math.Abs(lon-p[0]) > 1e-10 || math.Abs(lat-p[1]) > 1e-10 {
			t.Errorf("%v came back as %.12f, %.12f", p, lon, lat)
		}
	}
}
