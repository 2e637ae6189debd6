package account

import (
	"context"
	"encoding/json"
	"testing"
)

// The fair city that the brain is measured against stays what it was when it was frozen: whoever changes it must say so here, and
// measure everything again.
func TestFairCityIsFrozen(t *testing.T) {
	plans, err := Evening{City: town(5), Scenario: "storm", Seed: 1, Hours: 2, Threads: 2}.Fair(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	const frozen = "b091786ebc47a12a23309ec1c9a501e2eeab1320c55c8dd0642d5fac1c0a081c"
	if h := PlansHash(plans); h != frozen {
		t.Errorf("the fair plans of the test town are %s, frozen as %s", h, frozen)
	}
}

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
