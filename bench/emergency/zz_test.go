package emergency

import (
	"fmt"
	"testing"

	"citybrain/account"
	"citybrain/city/riverside"
	"citybrain/world"
)

func TestZZ(t *testing.T) {
	c := riverside.City(1)
	plans, _ := account.FairPlans(t.Context(), c, world.Config{Seed: 1, Start: account.EveningStart, Hours: 2}, 2)
	var on, off side
	for seed := uint64(5001); seed < 5013; seed++ {
		s, err := storm(t.Context(), c, plans, seed)
		if err != nil { t.Fatal(err) }
		a, b, err := corridors(t.Context(), c, s, seed)
		if err != nil { t.Fatal(err) }
		for i := range a {
			for spell, r := range a[i].Reds {
				if r > 120 && b[i].Reds[spell] < r { fmt.Println("LONG", seed, i, spell, r, b[i].Reds[spell]) }
			}
			on.add(a[i]); off.add(b[i])
		}
		fmt.Println(seed, 1-on.Seconds/off.Seconds, on.Green, on.Passages, on.Red, (on.Cross/on.People)/(off.Cross/off.People))
	}
}
