package brain

import (
	"strings"
	"testing"

	"citybrain/exchange"
)

// A district whose street gauge is expected under water is drafted an alert, in both languages and of the hours that were computed, and not again
// at the next forecast; the others are left alone, and so are all while the water stays below 30 cm.
func TestAlertsAreDrafted(t *testing.T) {
	b, _ := newBrain(t, 1)
	basin := 0
	for len(b.model.gauges[basin]) == 0 {
		basin++
	}
	expect := func(depth float32) []outcome {
		out := make([]outcome, 2)
		for m := range out {
			for range int(b.cfg.Horizon / frame) {
				at := make([]float32, len(b.model.watched))
				at[b.model.gauges[basin][0]] = depth
				out[m].Watched = append(out[m].Watched, at)
			}
		}
		return out
	}
	b.decideAlerts(expect(0.2), "as-is", "brain")
	if len(b.decisions) != 0 {
		t.Fatalf("20 cm: %s", b.decisions[0].Title.En)
	}
	for range 2 {
		b.decideAlerts(expect(0.5), "as-is", "brain")
	}
	if len(b.decisions) != 1 || b.decisions[0].Kind != "alert" || b.decisions[0].State != string(exchange.Proposed) || b.decisions[0].Expected.Mean != 0.5 {
		t.Fatalf("50 cm: %+v", b.decisions)
	}
	o := b.decisions[0].orders[0].Alert
	if o.AreaName != b.city.Drains.Basins[basin].Name || o.Urgency == "" || o.Severity == "" || o.Certainty == "" || !o.Onset.Before(o.Expires) {
		t.Errorf("alert %+v", o)
	}
	if !strings.Contains(o.Text.En, " within 0.5 h") || !strings.Contains(o.Text.Zh, "0.5小时内") || !strings.Contains(o.Text.Zh, "概率") || strings.ContainsAny(strings.ToLower(o.Text.Zh), "abcdefghijklmnopqrstuvwxyz") {
		t.Errorf("of 30 min it says %q, %q", o.Text.En, o.Text.Zh)
	}
}
