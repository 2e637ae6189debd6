package emergency

import "math"

// Crews' days, by kind: how long a shift is and when one begins, s and s of the day. Twelve hours from seven for ambulances and pumps, 24
// from eight for the fire brigade, eight from seven for the police are customary, not from one standard. Stations change half an hour
// and crews of a station a quarter of an hour after each other.
var (
	shiftLength = [Kinds]float64{12 * 3600, 24 * 3600, 8 * 3600, 24 * 3600, 12 * 3600}
	shiftBegins = [Kinds]float64{7 * 3600, 8 * 3600, 7 * 3600, 8 * 3600, 7 * 3600}
)

// What crews need besides: assumptions. Firemen eat at their station and leave from the table.
const (
	stationsApart = 1800.0
	crewsApart    = 900.0
	shiftChange   = 600.0 // s in which the next crew checks its vehicle
	mealTime      = 1800.0
	mealFirst     = 4 * 3600.0 // s after a shift began; further ones …
	mealEvery     = 5.5 * 3600
	refuelTime    = 600.0
	rangeFull     = 450e3 // m
	rangeRefuel   = 80e3  // at its station a unit with less fetches fuel
	rangeLeast    = 25e3  // with less no call is taken
)

func eats(k Kind) bool { return k == Ambulance || k == PoliceCar }

// begin sets a crew's day: of the n-th unit of the station-th station of its kind, day seconds after midnight.
func (u *Unit) begin(day float64, station, n int) {
	length := shiftLength[u.Kind]
	change := shiftBegins[u.Kind] + stationsApart*float64(station%3) + crewsApart*float64(n%2)
	u.ShiftEnd = change - day
	for u.ShiftEnd <= 0 {
		u.ShiftEnd += length
	}
	for u.ShiftEnd > length {
		u.ShiftEnd -= length
	}
	u.Meal = u.nextMeal(u.ShiftEnd-length, -mealTime)
	u.Range = rangeFull
}

// nextMeal is when a meal is due that is not over before now, of a shift that began at second began.
func (u *Unit) nextMeal(began, now float64) float64 {
	if !eats(u.Kind) {
		return math.Inf(1)
	}
	m := began + mealFirst
	for m < now {
		m += mealEvery
	}
	if m > began+shiftLength[u.Kind]-mealTime {
		return math.Inf(1)
	}
	return m
}

// rest sees to the crew of unit i, which stands at its station without a call: its end of shift, its fuel, its meal.
func (s *Sim) rest(i int) {
	u, now := &s.st.Units[i], s.st.Now
	switch {
	case now >= u.ShiftEnd:
		u.Status, u.Until = ShiftChange, now+shiftChange
	case u.Range < rangeRefuel:
		u.Status, u.Until = Refuel, now+refuelTime
	case now >= u.Meal:
		for j := range s.st.Units {
			if o := &s.st.Units[j]; o.Station == u.Station && o.Kind == u.Kind && o.Status == Meal {
				return // one at a time
			}
		}
		u.Status, u.Until = Meal, now+mealTime
	}
}

// rested ends what rest began.
func (u *Unit) rested(now float64) {
	switch u.Status {
	case ShiftChange:
		length := shiftLength[u.Kind]
		began := u.ShiftEnd
		for u.ShiftEnd += length; u.ShiftEnd <= now; u.ShiftEnd += length {
			began += length
		}
		u.Meal = u.nextMeal(began, now)
	case Refuel:
		u.Range = rangeFull
	case Meal:
		u.Meal = u.nextMeal(u.ShiftEnd-shiftLength[u.Kind], now)
	}
	u.Status = AtStation
}
