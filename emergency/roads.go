package emergency

import "citybrain/city"

// Roads is what the units drive on. Units are known by their index.
type Roads interface {
	// Weights are the seconds that links take an emergency vehicle of a kind at this moment, routing.Closed where none can pass: what
	// ways are chosen by. Kinds that are alike high have the same.
	Weights(Kind) []float32
	// Drive sends a unit along a route. If it is on the route's first link already it goes on from where it is. urgent: with
	// lights and siren.
	Drive(unit int, route []int32, urgent bool)
	// Where returns the link on which a unit is at second now, the metres along it, and whether it has come to the route's end.
	Where(unit int, now float64) (link int32, along float64, done bool)
	// Park takes a unit off the street.
	Park(unit int)
}

// Timed is roads on which a drive takes what the weights say when a link is entered.
type Timed struct {
	streets *city.Streets
	w       []float32
	on      map[int]*drive
}

type drive struct {
	route  []int32
	enters float64 // s; negative: not known before it is looked for
	leaves float64
}

// NewTimed returns roads of weights in seconds by link.
func NewTimed(s *city.Streets, weights []float32) *Timed {
	return &Timed{streets: s, w: weights, on: map[int]*drive{}}
}

// Set changes the weights: links that are entered from now on take those.
func (t *Timed) Set(weights []float32) { t.w = weights }

// Weights is Roads's.
func (t *Timed) Weights(Kind) []float32 { return t.w }

// Drive is Roads's.
func (t *Timed) Drive(unit int, route []int32, _ bool) {
	if d := t.on[unit]; d != nil && d.route[0] == route[0] {
		d.route = route
		return
	}
	t.on[unit] = &drive{route: route, enters: -1}
}

// Park is Roads's.
func (t *Timed) Park(unit int) { delete(t.on, unit) }

// Where is Roads's.
func (t *Timed) Where(unit int, now float64) (link int32, along float64, done bool) {
	d := t.on[unit]
	if d.enters < 0 {
		d.enters = now - 1 // it was sent off in the second before
		d.leaves = d.enters + float64(t.w[d.route[0]])
	}
	for now >= d.leaves {
		if len(d.route) == 1 {
			l := d.route[0]
			delete(t.on, unit)
			return l, t.streets.Links[l].Length, true
		}
		d.route = d.route[1:]
		d.enters, d.leaves = d.leaves, d.leaves+float64(t.w[d.route[0]])
	}
	l := d.route[0]
	return l, t.streets.Links[l].Length * (now - d.enters) / max(d.leaves-d.enters, 1e-3), false
}
