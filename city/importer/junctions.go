package importer

import (
	"context"

	"citybrain/city"
)

// signals makes a junction of each group of signalised nodes. A group that can't be made one is left without signals.
func (b *build) signals(context.Context) error {
	s := &b.c.Streets
	failed := 0
	for _, g := range b.groups {
		j, err := city.DesignJunction(s, g.Nodes, g.ID, int32(len(b.c.Signals)), b.c.Places)
		if err != nil {
			failed++
			b.defect(g.ID, "left without signals: %v", err)
			continue
		}
		if r := j.LeastRound(); r > city.LongestCall {
			b.defect(g.ID, "its stages take %d s at least: who walks may wait longer than %d s", r, city.LongestCall)
		}
		b.c.Signals = append(b.c.Signals, j)
	}
	if failed > 0 {
		b.defect("signals", "%d of %d groups of signals are left without", failed, len(b.groups))
	}
	for i := range b.c.Signals {
		for _, l := range city.Approaches(&b.c.Signals[i]) {
			s.Links[l].Detector = detector(&s.Links[l])
		}
	}
	return nil
}

// detector lays out what an approach has: a loop at the stop line on important streets, one 40 m before it on secondary
// ones where there is room, one at the entry of tertiary ones, none on others. No open map says it.
func detector(l *city.Link) city.Detector {
	switch {
	case l.Class <= city.Primary:
		return city.DetectorStopLine
	case l.Class == city.Secondary && l.Length > 60:
		return city.DetectorSetback
	case l.Class == city.Secondary:
		return city.DetectorStopLine
	case l.Class == city.Tertiary:
		return city.DetectorEntry
	}
	return city.DetectorNone
}
