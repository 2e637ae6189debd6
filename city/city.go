package city

import "github.com/paulmach/orb"

// A City is a whole city, immutable once built.
type City struct {
	Name      Text
	Version   string // SHA-256 over the pack's contents, hex; set by Save and Load
	Seed      uint64 // of a generated city, else 0
	Frame     Frame
	Bounds    orb.Bound // local frame
	Streets   Streets
	Signals   []Junction
	Terrain   *Terrain // nil: no flood domain
	Drains    Drains
	Waters    []Water
	Buildings []Building
	Places    []Place
	Districts []District
	Zones     []Zone

	Currency    string       // ISO 4217; CNY for the generated city
	GDPPerHead  float64      // US dollars of 2010 a year, for the damage curves' maximum values
	TimeZone    string       // IANA
	TargetS     float64      // seconds from call to first unit on scene that count as within target; 480 unless the pack says otherwise
	Attribution []string     // must be shown wherever the data is shown
	Defects     []Defect     // what is wrong with the input that the pack was built from
	Calibration *Calibration // of its traffic; nil: there is none
	Speeds      []byte       // what past evenings taught of its streets' speeds, as traffic/forecast keeps it; nil: nothing
}

// A Text is a name in the two languages of the console. An empty one falls back on the other.
type Text struct {
	En string `json:"en,omitempty"`
	Zh string `json:"zh,omitempty"`
}

// In returns the text in language "zh" or "en", or the other one if it is empty.
func (t Text) In(lang string) string {
	if lang == "zh" && t.Zh != "" || t.En == "" {
		return t.Zh
	}
	return t.En
}

// A Defect is something wrong or missing in the input of a pack, found while it was built.
type Defect struct {
	Element string // the input's own id: "way/123", "stop/A7", "cell 14,3"
	What    string
}

// A District is an administrative area.
type District struct {
	ID         string
	Name       Text
	Outline    orb.Polygon
	Population int
}

// A Zone is where people live and work: the unit of travel demand and of call demand.
type Zone struct {
	At         orb.Point
	District   int32 // index into Districts, -1: none
	Population float64
	Jobs       float64
	Node       int32 // nearest node of the drivable network
}

// A Water is an open water surface.
type Water struct {
	Kind    string // "river", "creek", "lake"
	Name    Text
	Outline orb.Polygon
	Centre  orb.LineString // along the flow, for rivers and creeks
}

// A Building is one building's footprint.
type Building struct {
	Outline  orb.Ring
	Height   float64 // metres above ground
	Use      BuildingUse
	Floor    float64 // metres of the ground floor above the street
	ValueFen int64   // replacement value of what water can damage
	Basement bool    // an underground garage or cellar, counted as an asset apart from its building
}

// BuildingUse selects the depth–damage curve.
type BuildingUse uint8

const (
	Residential BuildingUse = iota
	Commercial
	Industrial
	Public
)

// PlaceKind says what a place is for.
type PlaceKind string

const (
	Hospital         PlaceKind = "hospital"
	AmbulanceStation PlaceKind = "ambulance_station"
	FireStation      PlaceKind = "fire_station"
	PoliceStation    PlaceKind = "police_station"
	RescueStation    PlaceKind = "rescue_station" // of boats
	PumpDepot        PlaceKind = "pump_depot"     // of mobile pumps
	School           PlaceKind = "school"
	CareHome         PlaceKind = "care_home"
	MetroEntrance    PlaceKind = "metro_entrance"
	Underpass        PlaceKind = "underpass"
	Substation       PlaceKind = "substation"
	Shelter          PlaceKind = "shelter"
	RainGauge        PlaceKind = "rain_gauge"
	StreetGauge      PlaceKind = "street_gauge" // a ponding gauge: depth of water over the street
)

// A Place is a point where something that matters to the city stands.
type Place struct {
	ID       string
	Kind     PlaceKind
	Name     Text
	At       orb.Point
	Node     int32   // nearest node of the drivable network, -1: none
	Links    []int32 `json:",omitempty"` // an underpass: the links that dip
	Floor    float64 // metres above the street at which water enters
	Capacity int     // beds, units, places, pupils
	ValueFen int64   // exposed value
	Invented bool    // placed by us, because no file named one
}
