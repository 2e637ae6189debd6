package city

import "fmt"

// A Calibration is how well a traffic model of a city does what was counted and measured there, over one hour.
type Calibration struct {
	Links      int     // counted
	Within     float64 // share of them with GEH < 5
	Routes     int     // driven end to end by reporting vehicles
	RoutesGood float64 // share of them whose modelled travel time is within 15 % of the measured one
	Saturation float64 // vehicles an hour and lane over the stop lines that discharged queues; 0: not measured
	StopLines  int     // groups of lanes at which it was measured
	PerHour    float64 // trips of the hour, as calibrated
	OD         []Flow  // trips of the hour between districts
}

// A Flow is what of an hour's trips goes from one district to another; −1 is over the city's border.
type Flow struct {
	From, To int
	Prior    float64 // by the gravity model alone
	Trips    float64 // corrected by the counts
	SD       float64 // of Trips
}

// What a calibration must reach: GEH (Geoffrey E. Havers; UK DfT, TAG unit M3.1) below 5 on 85 % of counted links, and, by the same
// unit, modelled times within 15 % on more than 85 % of routes; and saturation flows that were measured.
const (
	CalibratedGEH    = 0.85
	CalibratedRoutes = 0.85
	leastLinks       = 20
	leastRoutes      = 5
	leastStopLines   = 10
)

// Lacks says what a calibration lacks to count as one, "" if nothing. Of none it says so.
func (k *Calibration) Lacks() string {
	switch {
	case k == nil:
		return "the city's traffic was never calibrated"
	case k.Links < leastLinks || k.Within < CalibratedGEH:
		return fmt.Sprintf("GEH is below 5 on %.0f %% of %d counted links, %.0f %% of at least %d are needed", 100*k.Within, k.Links, 100*CalibratedGEH, leastLinks)
	case k.Routes < leastRoutes || k.RoutesGood < CalibratedRoutes:
		return fmt.Sprintf("travel times are within 15 %% on %.0f %% of %d routes, %.0f %% of at least %d are needed", 100*k.RoutesGood, k.Routes, 100*CalibratedRoutes, leastRoutes)
	case k.StopLines < leastStopLines:
		return fmt.Sprintf("saturation flow is measured at %d stop lines, %d are needed", k.StopLines, leastStopLines)
	}
	return ""
}

// Calibrated reports whether figures of traffic and money may be shown as such.
func (c *City) Calibrated() bool { return c.Calibration.Lacks() == "" }
