package evening

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"citybrain/bench"
	"citybrain/city/riverside"
)

func TestRowsSayWhatWasMeasured(t *testing.T) {
	var out bytes.Buffer
	if err := Run(context.Background(), Options{City: riverside.City(1), Hours: 0.08, Seed: 1, Members: 1, Threads: 2, Dir: t.TempDir(), JSON: true}, &out); err != nil {
		t.Fatal(err)
	}
	var r struct{ Rows []bench.Row }
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Rows) != 8 {
		t.Fatalf("%d rows", len(r.Rows))
	}
	for _, x := range r.Rows {
		if x.Value == nil && x.Note == "" {
			t.Errorf("%s: no value and no reason", x.Row)
		}
	}
}
