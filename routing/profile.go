package routing

import (
	"fmt"
	"math"

	"citybrain/city"
)

// A Profile is who travels: which ways they may use, how fast, and through how much water.
type Profile struct {
	Name       string
	Walks      float64 // m/s on foot: both directions of every street but motorways, any turn; 0: drives
	Siren      bool    // passes queues
	BusLanes   bool    // may use them: where there is one, no queue holds it up
	Contraflow bool    // may drive against one-way streets where the pack allows it
	Height     float64 // m; 0: passes everywhere
	Wades      float64 // m of water
}

// The profiles that the city plans with. Water: 0.3 m floats and stalls cars (Pregnolato et al. 2017), high-bodied vehicles by
// their air intakes; people keep their feet in up to half a metre of slow water (Shand et al. 2011, AR&R project 10).
var (
	Car        = Profile{Name: "car", Wades: 0.3}
	Ambulance  = Profile{Name: "ambulance", Siren: true, BusLanes: true, Contraflow: true, Height: 2.9, Wades: 0.4}
	FireEngine = Profile{Name: "fire-engine", Siren: true, BusLanes: true, Contraflow: true, Height: 3.6, Wades: 0.6}
	Pedestrian = Profile{Name: "pedestrian", Walks: 1.3, Wades: 0.5}
)

// Profiles lists them.
func Profiles() []Profile { return []Profile{Car, Ambulance, FireEngine, Pedestrian} }

// ProfileNamed finds one by its name.
func ProfileNamed(name string) (Profile, error) {
	var names []string
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("profile %q is none of %v", name, names)
}

// Conditions are the streets at a moment, by link; either may be nil.
type Conditions struct {
	Seconds []float32 // of a car; Closed and more: closed to vehicles; nil: free
	Depth   []float32 // m of water on the lanes; nil: dry
}

const (
	sirenFree  = 0.85     // of the free time: above the limit where the street is clear
	sirenQueue = 0.6      // of what congestion costs
	against    = 30 / 3.6 // m/s against the direction of a one-way street
)

// seconds returns how long p takes for link l, driven against its direction or not, and whether it may use it at all; closed
// tells that it can't do so now.
func (p *Profile) seconds(l *city.Link, k int, back bool, c *Conditions) (s float64, closed, may bool) {
	wet := c.Depth != nil && float64(c.Depth[k]) > p.Wades
	if p.Walks > 0 {
		return l.Length / p.Walks, wet, l.Class != city.Motorway
	}
	if p.Height > 0 && l.MaxHeight > 0 && p.Height > l.MaxHeight || back && !(p.Contraflow && l.Contraflow) {
		return 0, true, false
	}
	free := l.FreeTime()
	s = free
	if c.Seconds != nil {
		if c.Seconds[k] < Closed {
			s = float64(c.Seconds[k])
		} else {
			wet = true
		}
	}
	switch {
	case back:
		s = l.Length / math.Min(l.Speed, against)
	case p.BusLanes && l.BusLane && p.Siren:
		s = free * sirenFree
	case p.BusLanes && l.BusLane:
		s = free
	case p.Siren:
		s = free*sirenFree + sirenQueue*math.Max(0, s-free)
	}
	return s, wet, true
}
