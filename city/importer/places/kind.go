package places

import (
	"strings"

	"citybrain/city"
)

// Kind returns what kind of place OpenStreetMap tags make.
func Kind(t map[string]string) (city.PlaceKind, bool) {
	if t["disused"] == "yes" || t["abandoned"] == "yes" {
		return "", false
	}
	switch t["amenity"] {
	case "hospital":
		return city.Hospital, true
	case "fire_station":
		return city.FireStation, true
	case "police":
		return city.PoliceStation, true
	case "school":
		return city.School, true
	case "nursing_home":
		return city.CareHome, true
	case "social_facility":
		if f := t["social_facility"]; (f == "nursing_home" || f == "assisted_living" || f == "group_home") && t["social_facility:for"] != "child" {
			return city.CareHome, true
		}
	case "shelter":
		if t["shelter_type"] == "emergency" {
			return city.Shelter, true
		}
	}
	switch {
	case t["emergency"] == "ambulance_station":
		return city.AmbulanceStation, true
	case t["railway"] == "subway_entrance", t["station"] == "subway" || t["station"] == "light_rail", t["railway"] == "station":
		return city.MetroEntrance, true
	case t["power"] == "substation" && t["substation"] != "minor_distribution":
		return city.Substation, true
	case t["emergency"] == "assembly_point":
		return city.Shelter, true
	}
	return "", false
}

// words tell a place's kind from its id or name, for tables without a column for it.
var words = []struct {
	word string
	kind city.PlaceKind
}{
	{"hospital", city.Hospital}, {"医院", city.Hospital}, {"ambulance", city.AmbulanceStation}, {"急救", city.AmbulanceStation},
	{"fire_station", city.FireStation}, {"消防", city.FireStation}, {"police", city.PoliceStation}, {"派出所", city.PoliceStation},
	{"school", city.School}, {"学校", city.School}, {"care_home", city.CareHome}, {"nursing", city.CareHome}, {"metro", city.MetroEntrance},
	{"subway", city.MetroEntrance}, {"地铁", city.MetroEntrance}, {"substation", city.Substation}, {"shelter", city.Shelter},
}

// KindByName guesses a place's kind from its kind column, id or name.
func KindByName(texts ...string) (city.PlaceKind, bool) {
	for _, s := range texts {
		s = strings.ReplaceAll(strings.ToLower(strings.TrimSpace(s)), " ", "_")
		for _, w := range words {
			if strings.Contains(s, w.word) {
				return w.kind, true
			}
		}
	}
	return "", false
}
