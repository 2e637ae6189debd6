package bench

import (
	"encoding/json"
	"strings"
	"testing"
)

// Machines read every benchmark the same way: {"rows": […]}, null for what was not measured.
func TestPrint(t *testing.T) {
	one := 1.0
	var w strings.Builder
	if err := Print(&w, []Row{AtLeast("a", "×", 2, &one, ""), AtMost("b", "s", 2, nil, "no clock")}, true); err != nil {
		t.Fatal(err)
	}
	var got struct{ Rows []map[string]any }
	if err := json.Unmarshal([]byte(w.String()), &got); err != nil || len(got.Rows) != 2 || got.Rows[0]["ok"] != false || got.Rows[1]["value"] != nil || got.Rows[1]["note"] != "no clock" {
		t.Errorf("%v: %s", err, w.String())
	}
	w.Reset()
	if err := Print(&w, []Row{AtLeast("a", "×", 2, &one, "")}, false); err != nil || !strings.Contains(w.String(), "wanted 2") {
		t.Errorf("%v: %s", err, w.String())
	}
}
