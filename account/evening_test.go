package account

import (
	"context"
	"encoding/json"
	"testing"
)

func TestEveningIsTheSameForAnyThreads(t *testing.T) {
	if testing.Short() {
		t.Skip("an evening takes some seconds")
	}
	c := town(6)
	var hashes []string
	for _, threads := range []int{1, 2} {
		r, err := Evening{City: c, Scenario: "storm", Seed: 3, Hours: 1.2, Brain: true, Members: 4, Threads: threads}.Run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.MarshalIndent(r, "", " ")
		t.Logf("%s", b)
		hashes = append(hashes, r.StateHash)
	}
	if hashes[0] != hashes[1] {
		t.Errorf("one thread %s, two %s", hashes[0], hashes[1])
	}
}
