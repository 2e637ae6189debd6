package city

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// A Calibration is how well a traffic model of a city does what was counted and measured there, over one hour, and what the model then is: its trips
// between districts, its saturation flow, its free speeds.
type Calibration struct {
	Links        int       // counted
	Within       float64   // share of them with GEH < 5
	Unused       int       // of them, those whose counts corrected nothing …
	WithinUnused float64   // … and the share of these with GEH < 5
	Routes       int       // driven by reporting vehicles
	RoutesGood   float64   // share of them whose modelled travel time is within 15 % of the measured one
	RoutesTAG    float64   // the same where a minute counts as near enough, as TAG M3.1 has it
	Saturation   float64   // vehicles an hour and lane over the stop lines that discharged queues; 0: not measured
	SaturationSE float64   // its standard error
	StopLines    int       // at which it was measured
	FreeSpeed    []float64 // by RoadClass: of vehicles that nothing holds up, as a share of the limit; 0: not measured
	PerHour      float64   // trips of the hour, as calibrated
	Peak         float64   // trips of the peak hour that the prior had
	OD           []Flow    // trips of the hour between districts
	Seed         uint64    // of the city, if it is generated
	Streets      string    // TrafficHash of the city that it is of
}

// A Flow is what of an hour's trips goes from one district to another; −1 is over the city's border.
type Flow struct {
	From, To int
	Prior    float64 // by the gravity model alone
	Trips    float64 // corrected by the counts
	SD       float64 // of Trips
}

// What a calibration must reach: GEH (Geoffrey E. Havers; UK DfT, TAG unit M3.1) below 5 on 85 % of counted links, and, by the same
// unit, modelled times within 15 % on more than 85 % of routes; and saturation flows that were measured with a standard error of a twentieth at most.
const (
	CalibratedGEH    = 0.85
	CalibratedRoutes = 0.85
	leastLinks       = 20
	leastRoutes      = 5
	leastStopLines   = 10
	// SaturationError is what a measured saturation flow may be off by, as a share of it.
	SaturationError = 0.05
)

// Lacks says what a calibration lacks to count as one, "" if nothing. Of none it says so.
func (k *Calibration) Lacks() string { return k.Lack().En }

// Lack is what Lacks says, for people.
func (k *Calibration) Lack() Text {
	switch {
	case k == nil:
		return Text{En: "the city's traffic was never calibrated", Zh: "该城市交通模型从未校准"}
	case k.Links < leastLinks || k.Within < CalibratedGEH:
		return Text{En: fmt.Sprintf("GEH is below 5 on %.0f %% of %d counted links, %.0f %% of at least %d are needed", 100*k.Within, k.Links, 100*CalibratedGEH, leastLinks),
			Zh: fmt.Sprintf("%d个计数路段中流量误差达标的占%.0f%%，要求至少%d个路段、达标%.0f%%", k.Links, 100*k.Within, leastLinks, 100*CalibratedGEH)}
	case k.Routes < leastRoutes || k.RoutesGood < CalibratedRoutes:
		return Text{En: fmt.Sprintf("travel times are within 15 %% on %.0f %% of %d routes, %.0f %% of at least %d are needed", 100*k.RoutesGood, k.Routes, 100*CalibratedRoutes, leastRoutes),
			Zh: fmt.Sprintf("%d条路线中行程时间误差在15%%以内的占%.0f%%，要求至少%d条路线、达标%.0f%%", k.Routes, 100*k.RoutesGood, leastRoutes, 100*CalibratedRoutes)}
	case k.StopLines < leastStopLines || !(k.Saturation > 0) || k.SaturationSE > SaturationError*k.Saturation:
		return Text{En: fmt.Sprintf("saturation flow is measured at %d stop lines with a standard error of %.0f vehicles/h, %d stop lines and %.0f %% are needed", k.StopLines, k.SaturationSE, leastStopLines, 100*SaturationError),
			Zh: fmt.Sprintf("饱和流率在%d条停止线上测得，标准误差为每小时%.0f辆，要求至少%d条停止线、误差不超过%.0f%%", k.StopLines, k.SaturationSE, leastStopLines, 100*SaturationError)}
	}
	return Text{}
}

// Calibrated reports whether figures of traffic and money may be shown as such.
func (c *City) Calibrated() bool { return c.Calibration.Lacks() == "" }

// Priced reports whether damage may be put into money: the terrain bears it, and the city is calibrated.
func (c *City) Priced() bool { return c.Terrain.Assessable() && c.Calibrated() }

// TrafficHash is SHA-256 over what traffic depends on: streets, signals, zones and districts.
func (c *City) TrafficHash() string {
	b, err := json.Marshal(struct {
		Streets   Streets
		Signals   []Junction
		Zones     []Zone
		Districts []District
	}{c.Streets, c.Signals, c.Zones, c.Districts})
	if err != nil {
		panic("city: streets that JSON can't hold: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
