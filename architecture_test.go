// Package citybrain_test holds the rules of the house that no compiler checks.
package citybrain_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// may says which of the repository's packages each package may import, the standard library and third parties apart. A
// package that is not here may not exist; a name ending in /… stands for all below it.
var may = map[string][]string{
	"city":                          {},
	"city/chance":                   {},
	"city/riverside":                {"city", "city/chance"},
	"city/grid":                     {"city", "city/chance"},
	"city/water":                    {"city"},
	"city/draw":                     {"city"},
	"city/importer":                 {"city", "city/water", "city/importer/…"},
	"routing":                       {"city", "routing/cch"},
	"routing/cch":                   {},
	"traffic":                       {"city", "city/chance", "routing"},
	"traffic/forecast":              {"city", "city/chance"},
	"traffic/horizon":               {"city"},
	"traffic/safety":                {"city"},
	"traffic/control":               {"city"},
	"traffic/trips":                 {},
	"traffic/micro":                 {"city", "city/chance", "traffic/control", "traffic/trips"},
	"traffic/meso":                  {"city", "city/chance", "routing/…", "traffic/control", "traffic/trips"},
	"traffic/zone":                  {"city", "traffic/control", "traffic/meso", "traffic/micro", "traffic/trips"},
	"traffic/cityflow":              {"city", "city/chance", "traffic/control"},
	"flood":                         {"city", "city/water", "flood/surface", "flood/damage"},
	"flood/damage":                  {},
	"flood/surface":                 {"city", "city/water"},
	"flood/surface/internal/vector": {},
	"flood/drains":                  {"city", "city/water"},
	"flood/rain":                    {"city", "city/chance"},
	"flood/operation":               {"city"},
	"emergency":                     {"city", "city/chance", "routing", "routing/cch"},
	"emergency/corridor":            {"city"},
	"emergency/evacuation":          {"city", "city/chance"},
	"emergency/ems":                 {"city", "city/chance", "routing/cch"},
	"emergency/hypercube":           {},
	"emergency/forecast":            {},
	"emergency/siting":              {},
	"twin":                          {"twin/log"},
	"twin/log":                      {},
	"wire":                          {},
	"exchange":                      {"wire", "wire/…", "city", "twin", "policy"},
	"policy":                        {"twin"},
	"brain":                         {"city", "city/chance", "twin", "exchange", "policy", "routing", "traffic", "traffic/forecast", "traffic/horizon", "flood", "flood/…", "emergency", "emergency/…"},
	"world":                         {"city", "city/chance", "wire", "wire/…", "routing", "traffic", "flood", "emergency"},
	"account":                       {"brain", "world", "twin", "exchange", "wire", "city", "city/…", "routing", "traffic", "traffic/forecast", "flood", "emergency", "policy"},
	"ngsild":                        {"twin", "policy"},
	"server":                        {"brain", "twin", "exchange", "policy", "city", "city/…", "ngsild", "console", "traffic", "flood", "emergency", "routing"},
	"console":                       {},
}

func TestImportGraph(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	seen := 0
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(p.ImportPath, "citybrain/")
		if name == "citybrain" || strings.HasPrefix(name, "cmd/") || strings.HasPrefix(name, "bench") {
			continue // they may see everything
		}
		seen++
		allowed, ok := rule(name)
		if !ok {
			t.Errorf("package %s has no place in the house: give it one in docs/adr and here", name)
			continue
		}
		for _, imp := range p.Imports {
			if dep, own := strings.CutPrefix(imp, "citybrain/"); own && !permits(allowed, dep) {
				t.Errorf("%s imports %s, which the architecture forbids; it may import %v", name, dep, allowed)
			}
		}
	}
	if seen < 5 {
		t.Fatalf("only %d packages seen", seen)
	}
}

func rule(name string) ([]string, bool) {
	if a, ok := may[name]; ok {
		return a, true
	}
	switch {
	case strings.HasPrefix(name, "wire/"):
		return []string{"wire"}, true
	case strings.HasPrefix(name, "exchange/"):
		return []string{"exchange", "wire", "wire/…", "city", "twin", "policy"}, true
	case strings.HasPrefix(name, "city/importer/"):
		return may["city/importer"], true
	case strings.HasPrefix(name, "twin/log/"):
		return []string{"twin/log"}, true
	}
	return nil, false
}

func permits(allowed []string, dep string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		if below, ok := strings.CutSuffix(a, "…"); ok {
			return strings.HasPrefix(dep, below)
		}
		return a == dep
	})
}
