package twin

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
}

// A small run measures everything, loses nothing and prints the keys that others read.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	r, err := Run(context.Background(), Options{Entities: 2000, Forks: 50, Kills: 2, Cuts: 3, For: 50 * time.Millisecond, Dir: t.TempDir(), JSON: true}, &out)
	if err != nil {
		t.Fatal(err)
	}
	if r.Lost != 0 || r.KillsBatches == 0 || r.CutsBatches == 0 {
		t.Errorf("%d lost of %d and %d acknowledged batches", r.Lost, r.KillsBatches, r.CutsBatches)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"fork_us", "fork_bytes", "write1000_ms", "write1000_bytes", "diff1000_ms", "updates_per_s", "durable_per_s", "restart_s"} {
		if v, ok := got[key].(float64); !ok || v <= 0 && key != "fork_bytes" && key != "write1000_bytes" {
			t.Errorf("%s is %v", key, got[key])
		}
	}
	rows, _ := got["rows"].([]any)
	if len(rows) != 10 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, key := range []string{"row", "value", "unit", "at_least", "aim", "ok", "peer", "ratio"} {
		if _, ok := rows[0].(map[string]any)[key]; !ok {
			t.Errorf("a row has no %q", key)
		}
	}
}
