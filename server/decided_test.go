package server

import (
	"encoding/json"
	"testing"
)

// A client hears of all decisions at first, if there are none as well, and then of those that are new or have changed, each once.
func TestDecisionsAreToldOnce(t *testing.T) {
	s := &Server{}
	var list []decided
	heard := uint64(0)
	for i, k := range []struct {
		now  []string
		told string // "": nothing
	}{
		{nil, "[]"},
		{nil, ""},
		{[]string{`"a"`}, `["a"]`},
		{[]string{`"a"`, `"b"`}, `["b"]`},
		{[]string{`"a"`, `"b"`}, ""},
		{[]string{`"a seen"`, `"b"`, `"c"`}, `["a seen","c"]`},
	} {
		var texts []json.RawMessage
		for _, x := range k.now {
			texts = append(texts, json.RawMessage(x))
		}
		list = s.number(list, texts)
		m, upTo := since(list, heard)
		heard = upTo
		if got := string(m[min(8, len(m)):]); got != k.told || len(m) > 0 && m[0] != msgDecided {
			t.Errorf("turn %d: told %q, want %q", i, got, k.told)
		}
	}
	if m, _ := since(list, 0); string(m[8:]) != `["a seen","b","c"]` {
		t.Errorf("somebody who comes later is told %q", m[8:])
	}
}
