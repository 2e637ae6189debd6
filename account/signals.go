package account

import (
	"citybrain/city"
	"citybrain/world"
)

// A SignalReport is what the controllers showed, as it truly was.
type SignalReport struct {
	Junctions int        `json:"junctions"`
	Failed    int        `json:"failed"`   // whose cabinet had a fault
	Flashed   int        `json:"flashed"`  // of them taken to flashing by their conflict monitor
	Flashing  int        `json:"flashing"` // at the end
	Waits     []WaitKind `json:"longest_waits"`
	// Of each junction the longest wait of each movement, s, in the order of the pack.
	Movements []JunctionWaits `json:"movements"`
}

// A WaitKind is the longest red of all movements of one kind: vehicles, walkers, cyclists.
type WaitKind struct {
	Kind    string `json:"kind"`
	Longest int    `json:"longest_s"`
	Limit   int    `json:"limit_s"`
	Over    int    `json:"over"` // movements that waited longer than the limit
	Of      int    `json:"of"`
}

// JunctionWaits are a junction's longest waits.
type JunctionWaits struct {
	ID    string `json:"id"`
	Waits []int  `json:"longest_s"`
}

func (s *session) signals() SignalReport {
	return signalReport(s.e.City, s.world)
}

func signalReport(c *city.City, w *world.World) SignalReport {
	m := w.Monitors()
	r := SignalReport{Junctions: len(c.Signals), Failed: m.Failed, Flashed: m.Tripped, Flashing: m.Flashing}
	kinds := [...]WaitKind{city.Vehicles: {Kind: "vehicles", Limit: city.LongestRed}, city.Walkers: {Kind: "walkers", Limit: city.LongestCall}, city.Cyclists: {Kind: "cyclists", Limit: city.LongestCall}}
	for j := range c.Signals {
		waits := w.LongestWaits(j)
		for m, s := range waits {
			k := &kinds[c.Signals[j].Movements[m].Kind]
			k.Of++
			k.Longest = max(k.Longest, s)
			if s > k.Limit {
				k.Over++
			}
		}
		r.Movements = append(r.Movements, JunctionWaits{c.Signals[j].ID, waits})
	}
	for _, k := range kinds {
		if k.Of > 0 {
			r.Waits = append(r.Waits, k)
		}
	}
	return r
}
