package brain

import (
	"fmt"
	"slices"

	"citybrain/city"
	"citybrain/traffic"
	"citybrain/twin"
)

// accidents takes from the brain's streets the lanes that the police report as blocked, and gives them back when they are free.
func (b *Brain) accidents(s twin.Snapshot) error {
	for e := range s.Query(twin.Query{Types: []string{"RoadAccident"}}) {
		id, _ := e.Text("link")
		lanes, known := e.Number("lanesBlocked")
		if !known || int(lanes) == b.blocked[e.ID] {
			continue
		}
		l := slices.IndexFunc(b.city.Streets.Links, func(k city.Link) bool { return k.ID == id })
		// What stands in the twin may have come from a person's hand.
		if l < 0 || !(lanes >= 0 && lanes <= float64(b.city.Streets.Links[l].Lanes)) {
			continue
		}
		b.blocked[e.ID] = int(lanes)
		if err := b.streets.Input(b.streets.Now(), traffic.Blockage{Link: int32(l), Lanes: int(lanes)}); err != nil {
			return fmt.Errorf("brain: accident %s: %w", e.ID, err)
		}
	}
	return nil
}
