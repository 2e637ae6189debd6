package importer

import (
	"math"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// A country holds what a pack needs to know of where it lies and no file says. Boxes are rough; of several that hold a point
// the smallest counts.
type country struct {
	name     string
	box      orb.Bound
	leftHand bool
	currency string
	perEUR   float64 // currency units for one euro of 2010, the price level of the damage values
	gdp      float64 // US$ of 2010 a head (World Bank order of magnitude)
	zone     string  // IANA
	density  float64 // people/km² of built-up city, where no population is given
	speeds   speeds
}

// speeds are limits in km/h of streets without a limit, by class.
type speeds [city.Service + 1]float64

var (
	chinese  = speeds{80, 80, 60, 50, 40, 30, 20}
	brazil   = speeds{100, 80, 60, 60, 40, 30, 20} // Código de Trânsito Brasileiro, art. 61
	american = speeds{88, 72, 56, 56, 48, 40, 24}  // 55, 45, 35, 35, 30, 25, 15 mph
	european = speeds{110, 90, 50, 50, 50, 30, 20}
	british  = speeds{112, 80, 48, 48, 48, 32, 16}
)

func box(w, s, e, n float64) orb.Bound {
	return orb.Bound{Min: orb.Point{w, s}, Max: orb.Point{e, n}}
}

// countries lists where cities have been built from, and all the larger countries that keep left.
var countries = []country{
	{"Monaco", box(7.40, 43.71, 7.45, 43.76), false, "EUR", 1, 150000, "Europe/Monaco", 18000, european},
	{"Andorra", box(1.40, 42.42, 1.80, 42.66), false, "EUR", 1, 40000, "Europe/Andorra", 4000, european},
	{"Liechtenstein", box(9.46, 47.04, 9.64, 47.28), false, "CHF", 1.380, 140000, "Europe/Vaduz", 2000, european},
	{"Austria", box(9.5, 46.3, 17.2, 49.1), false, "EUR", 1, 46900, "Europe/Vienna", 3500, european},
	{"France", box(-5.2, 42.3, 8.3, 51.1), false, "EUR", 1, 40600, "Europe/Paris", 4500, european},
	{"Germany", box(5.8, 47.2, 15.1, 55.1), false, "EUR", 1, 41800, "Europe/Berlin", 4000, european},
	{"Shanghai", box(120.8, 30.6, 122.3, 31.9), false, "CNY", 8.97, 4550, "Asia/Shanghai", 20000, chinese},
	{"China", box(73.5, 18.1, 134.8, 53.6), false, "CNY", 8.97, 4550, "Asia/Shanghai", 10000, chinese},
	{"Hong Kong", box(113.82, 22.15, 114.45, 22.56), true, "HKD", 10.30, 32600, "Asia/Hong_Kong", 25000, chinese},
	{"Macau", box(113.52, 22.10, 113.60, 22.22), true, "MOP", 10.60, 53000, "Asia/Macau", 20000, chinese},
	{"Southern Brazil", box(-57.7, -33.8, -48.0, -22.5), false, "BRL", 2.331, 11300, "America/Sao_Paulo", 5000, brazil},
	{"Brazil", box(-74, -33.8, -34.7, 5.3), false, "BRL", 2.331, 11300, "America/Sao_Paulo", 5000, brazil},
	{"United States, east", box(-85, 24.5, -66.9, 47.5), false, "USD", 1.326, 48400, "America/New_York", 2000, american},
	{"United States, central", box(-102, 25.8, -85, 49.4), false, "USD", 1.326, 48400, "America/Chicago", 1800, american},
	{"United States, mountains", box(-114, 31.3, -102, 49), false, "USD", 1.326, 48400, "America/Denver", 1800, american},
	{"United States, west", box(-124.8, 32.5, -114, 49), false, "USD", 1.326, 48400, "America/Los_Angeles", 2500, american},
	{"Great Britain", box(-8.2, 49.8, 1.8, 60.9), true, "GBP", 0.858, 39400, "Europe/London", 4500, british},
	{"Ireland", box(-10.7, 51.4, -5.4, 55.4), true, "EUR", 1, 48700, "Europe/Dublin", 3500, british},
	{"Malta", box(14.1, 35.7, 14.6, 36.1), true, "EUR", 1, 21000, "Europe/Malta", 5000, european},
	{"Cyprus", box(32.2, 34.5, 34.1, 35.2), true, "EUR", 1, 31000, "Asia/Nicosia", 2500, european},
	{"Japan", box(129.5, 30.0, 146, 45.6), true, "JPY", 116.2, 44500, "Asia/Tokyo", 8000, speeds{80, 60, 50, 50, 40, 30, 20}},
	{"Thailand", box(97.3, 5.6, 105.7, 20.5), true, "THB", 42.0, 5100, "Asia/Bangkok", 6000, speeds{80, 80, 60, 50, 50, 30, 20}},
	{"Singapore", box(103.6, 1.15, 104.1, 1.47), true, "SGD", 1.806, 47200, "Asia/Singapore", 11000, speeds{80, 70, 60, 50, 50, 40, 20}},
	{"Malaysia", box(99.6, 0.8, 119.3, 7.4), true, "MYR", 4.267, 9000, "Asia/Kuala_Lumpur", 5000, speeds{90, 80, 60, 60, 50, 35, 20}},
	{"Indonesia", box(95, -11, 141, 6), true, "IDR", 12040, 3100, "Asia/Jakarta", 10000, speeds{80, 60, 50, 50, 40, 30, 20}},
	{"India", box(68.1, 6.7, 97.4, 35.5), true, "INR", 60.6, 1360, "Asia/Kolkata", 15000, speeds{80, 60, 50, 50, 40, 30, 20}},
	{"Pakistan", box(60.9, 23.7, 74.5, 37.1), true, "PKR", 113, 990, "Asia/Karachi", 12000, speeds{80, 60, 50, 50, 40, 30, 20}},
	{"Bangladesh", box(88.0, 20.6, 92.7, 26.6), true, "BDT", 92.4, 780, "Asia/Dhaka", 25000, speeds{80, 60, 50, 50, 40, 30, 20}},
	{"Sri Lanka", box(79.6, 5.9, 81.9, 9.9), true, "LKR", 150, 2800, "Asia/Colombo", 5000, speeds{80, 60, 50, 50, 40, 30, 20}},
	{"Australia", box(112.9, -43.7, 153.7, -10), true, "AUD", 1.442, 52000, "Australia/Sydney", 2500, speeds{100, 80, 60, 60, 50, 50, 20}},
	{"New Zealand", box(166.4, -47.3, 178.6, -34.4), true, "NZD", 1.838, 33700, "Pacific/Auckland", 2500, speeds{100, 80, 50, 50, 50, 50, 20}},
	{"South Africa", box(16.4, -34.9, 32.9, -22.1), true, "ZAR", 9.70, 7300, "Africa/Johannesburg", 3500, speeds{100, 80, 60, 60, 60, 40, 20}},
	{"Kenya", box(33.9, -4.7, 41.9, 5.0), true, "KES", 105, 970, "Africa/Nairobi", 8000, speeds{80, 80, 50, 50, 50, 30, 20}},
}

// elsewhere stands for any other place.
var elsewhere = country{"", box(-180, -90, 180, 90), false, "USD", 1.326, 9500, "UTC", 4000, european}

// countryAt returns the country of a WGS 84 position.
func countryAt(p orb.Point) country {
	best, size := elsewhere, math.Inf(1)
	for _, c := range countries {
		if a := (c.box.Max[0] - c.box.Min[0]) * (c.box.Max[1] - c.box.Min[1]); c.box.Contains(p) && a < size {
			best, size = c, a
		}
	}
	return best
}
