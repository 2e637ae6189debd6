package city

import (
	"math"

	"github.com/paulmach/orb"
)

// A Frame is a city's local metric frame: a transverse Mercator projection of WGS 84 with its central meridian through
// the city and scale 1 there, origin at (Lon0, Lat0). Within 50 km of the origin lengths are true to 4e-5.
// The series is Krüger's to order n⁴ (Karney 2011, eq. 35 and 36).
type Frame struct {
	Lon0 float64 // degrees
	Lat0 float64 // degrees
}

const (
	wgs84A = 6378137.0
	wgs84F = 1 / 298.257223563
	wgs84N = wgs84F / (2 - wgs84F)
)

var (
	krugerR     = wgs84A / (1 + wgs84N) * (1 + wgs84N*wgs84N/4 + wgs84N*wgs84N*wgs84N*wgs84N/64)
	krugerAlpha = [4]float64{
		wgs84N/2 - 2*p2/3 + 5*p3/16 + 41*p4/180,
		13*p2/48 - 3*p3/5 + 557*p4/1440,
		61*p3/240 - 103*p4/140,
		49561 * p4 / 161280,
	}
	krugerBeta = [4]float64{
		wgs84N/2 - 2*p2/3 + 37*p3/96 - p4/360,
		p2/48 + p3/15 - 437*p4/1440,
		17*p3/480 - 37*p4/840,
		4397 * p4 / 161280,
	}
	wgs84E = math.Sqrt(wgs84F * (2 - wgs84F))
)

const (
	p2 = wgs84N * wgs84N
	p3 = p2 * wgs84N
	p4 = p3 * wgs84N
)

// Local returns the local position of a WGS 84 longitude and latitude in degrees.
func (f Frame) Local(lon, lat float64) orb.Point {
	x, y := transverseMercator(lon-f.Lon0, lat)
	_, y0 := transverseMercator(0, f.Lat0)
	return orb.Point{x, y - y0}
}

// WGS84 returns the longitude and latitude in degrees of a local position.
func (f Frame) WGS84(p orb.Point) (lon, lat float64) {
	_, y0 := transverseMercator(0, f.Lat0)
	xi, eta := (p[1]+y0)/krugerR, p[0]/krugerR
	x, e := xi, eta
	for j, b := range krugerBeta {
		k := 2 * float64(j+1)
		x -= b * math.Sin(k*xi) * math.Cosh(k*eta)
		e -= b * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	tau0 := math.Sin(x) / math.Hypot(math.Sinh(e), math.Cos(x))
	// Newton's iteration from the conformal to the geographic latitude (Karney 2011, eq. 19–21).
	tau := tau0
	for range 4 {
		s := math.Sinh(wgs84E * math.Atanh(wgs84E*tau/math.Hypot(1, tau)))
		t := tau*math.Hypot(1, s) - s*math.Hypot(1, tau)
		tau += (tau0 - t) / math.Hypot(1, t) * (1 + (1-wgs84E*wgs84E)*tau*tau) / ((1 - wgs84E*wgs84E) * math.Hypot(1, tau))
	}
	return f.Lon0 + math.Atan2(math.Sinh(e), math.Cos(x))*180/math.Pi, math.Atan(tau) * 180 / math.Pi
}

// transverseMercator projects degrees from the central meridian and of latitude to metres, northing from the equator.
func transverseMercator(dlon, lat float64) (x, y float64) {
	phi, lam := lat*math.Pi/180, dlon*math.Pi/180
	t := math.Sinh(math.Atanh(math.Sin(phi)) - wgs84E*math.Atanh(wgs84E*math.Sin(phi)))
	xi, eta := math.Atan2(t, math.Cos(lam)), math.Asinh(math.Sin(lam)/math.Hypot(t, math.Cos(lam)))
	x, y = eta, xi
	for j, a := range krugerAlpha {
		k := 2 * float64(j+1)
		y += a * math.Sin(k*xi) * math.Cosh(k*eta)
		x += a * math.Cos(k*xi) * math.Sinh(k*eta)
	}
	return krugerR * x, krugerR * y
}
