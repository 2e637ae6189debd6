package sumo

import (
	"strings"

	"citybrain/city"
)

// classes maps SUMO's vehicle classes to the city's. Those without a counterpart (ships, rail, aircraft) are no road users here.
var classes = map[string]city.VehicleClass{
	"passenger": city.PassengerCar, "private": city.PassengerCar, "hov": city.PassengerCar, "evehicle": city.PassengerCar, "vip": city.PassengerCar,
	"taxi": city.TaxiClass, "bus": city.BusClass, "coach": city.BusClass,
	"delivery": city.TruckClass, "truck": city.TruckClass, "trailer": city.TruckClass,
	"tram": city.TramClass, "motorcycle": city.Motorcycle, "moped": city.EBike, "scooter": city.EBike, "bicycle": city.Bicycle,
	"pedestrian": city.Pedestrian, "emergency": city.EmergencyClass, "authority": city.EmergencyClass, "army": city.EmergencyClass,
}

// allowed turns allow and disallow lists into a set; neither means everybody. A class that is one of several of SUMO's (bus and
// coach) may drive where its most common one (the first of its line above) may.
func allowed(a attrs) city.VehicleClass {
	common := map[string]bool{"passenger": true, "taxi": true, "bus": true, "delivery": true, "tram": true, "motorcycle": true, "moped": true, "bicycle": true, "pedestrian": true, "emergency": true}
	set := func(list string) city.VehicleClass {
		var s city.VehicleClass
		for _, c := range strings.Fields(list) {
			if c == "all" {
				return city.EveryClass
			}
			if common[c] {
				s |= classes[c]
			}
		}
		return s
	}
	if a.has("allow") {
		return set(a.get("allow"))
	}
	return city.EveryClass &^ set(a.get("disallow"))
}

// typeOf returns SUMO's defaults for a vehicle class (those of 1.15), and whether it is one that this program knows.
func typeOf(id, class string) (city.VehicleType, bool) {
	if class == "" {
		class = "passenger"
	}
	t := city.VehicleType{ID: id, Class: classes[class], Length: 5, Gap: 2.5, MaxSpeed: 200 / 3.6, Accel: 2.6, Decel: 4.5, Brake: 9,
		Headway: 1, Sigma: 0.5, SpeedMean: 1, SpeedDev: 0, People: 1, TurnsHeed: true, LaneChange: true}
	switch class {
	case "passenger", "private", "hov", "evehicle", "vip":
		t.SpeedDev, t.People = 0.1, 1.3
	case "taxi":
		t.SpeedDev, t.People = 0.05, 1.3
	case "emergency":
		t.Length = 6.5
	case "authority", "army":
	case "delivery":
		t.Length, t.SpeedDev = 6.5, 0.05
	case "truck":
		t.Length, t.MaxSpeed, t.Accel, t.Decel, t.Brake, t.SpeedDev = 7.1, 130/3.6, 1.3, 4, 7, 0.05
	case "trailer":
		t.Length, t.MaxSpeed, t.Accel, t.Decel, t.Brake, t.SpeedDev = 16.5, 130/3.6, 1, 4, 7, 0.05
	case "bus":
		t.Length, t.MaxSpeed, t.Accel, t.Decel, t.Brake, t.People = 12, 85/3.6, 1.2, 4, 7, 25
	case "coach":
		t.Length, t.MaxSpeed, t.Accel, t.Decel, t.Brake, t.People, t.SpeedDev = 14, 100/3.6, 2, 4, 7, 25, 0.05
	case "tram":
		t.Length, t.MaxSpeed, t.Accel, t.Decel, t.Brake, t.People = 22, 80/3.6, 1, 3, 7, 60
	case "motorcycle":
		t.Length, t.Accel, t.Decel, t.Brake, t.SpeedDev = 2.2, 6, 10, 10, 0.1
	case "moped", "scooter":
		t.Length, t.MaxSpeed, t.Accel, t.Decel, t.Brake, t.SpeedDev = 2.1, 60/3.6, 1.1, 7, 10, 0.1
		if class == "scooter" {
			t.Length, t.Gap, t.MaxSpeed = 1.2, 0.5, 25/3.6
		}
	case "bicycle":
		t.Length, t.Gap, t.MaxSpeed, t.Accel, t.Decel, t.Brake, t.SpeedDev = 1.6, 0.5, 20/3.6, 1.2, 3, 7, 0.1
	case "pedestrian":
		t.Length, t.Gap, t.MaxSpeed, t.Accel, t.Decel, t.Brake, t.SpeedDev = 0.215, 0.25, 5.4/3.6, 1.5, 2, 5, 0.1
	default:
		return t, false
	}
	return t, true
}
