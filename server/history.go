package server

import (
	"fmt"
	"net/http"
	"time"

	"citybrain/city"
	"citybrain/twin"
)

// A Known is what was known of an entity at a time: what GET /api/history answers to at.
type Known struct {
	ID         string      `json:"id"`
	Types      []string    `json:"types"`
	Attributes []Attribute `json:"attributes"`
}

// An Attribute is one value with its two times, in Unix seconds.
type Attribute struct {
	Name     string  `json:"name"`
	Value    any     `json:"value"`
	Unit     string  `json:"unit,omitempty"`
	Observed float64 `json:"observed,omitempty"`
	Recorded float64 `json:"recorded,omitempty"`
	// Said is what people say for a value that is an identifier of the city's (a unit, a station, a hospital) or a code (a signal's mode, its stage).
	Said *city.Text `json:"said,omitempty"`
}

// forever is later than anything that is known.
var forever = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)

// maxPoints bounds a series: no screen shows more.
const maxPoints = 2000

// history answers the values of one numeric attribute, oldest first, the newest 2,000; or, with at, what was known of the
// entity at that time.
func (d desk) history(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	typ, local, ok := split(q.Get("id"))
	if !ok || q.Get("attr") == "" && q.Get("at") == "" {
		http.Error(w, "history: give id=urn:ngsi-ld:Type:id, and attr or at", http.StatusBadRequest)
		return
	}
	clock, ok := map[string]twin.Clock{"": twin.ByRecorded, "recorded": twin.ByRecorded, "observed": twin.ByObserved}[q.Get("clock")]
	if !ok {
		http.Error(w, fmt.Sprintf("history: clock %q; there are recorded and observed", q.Get("clock")), http.StatusBadRequest)
		return
	}
	if at := q.Get("at"); at != "" {
		d.asOf(w, r, at, clock)
		return
	}
	if q.Get("clock") == "" {
		clock = twin.ByObserved // a curve is of what was so
	}
	v, err := d.view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	type point struct {
		Observed float64 `json:"observed"`
		Recorded float64 `json:"recorded"`
		Value    float64 `json:"value"`
	}
	list := []point{}
	for _, urn := range related(typ, local) {
		hist, err := v.History(urn, q.Get("attr"), time.Time{}, time.Time{}, clock)
		if err != nil {
			fail(w, err)
			return
		}
		for _, a := range hist {
			if x, ok := a.Any().(float64); ok {
				list = append(list, point{unix(a.ObservedAt()), unix(a.RecordedAt()), x})
			}
		}
	}
	answer(w, list[max(0, len(list)-maxPoints):])
}

func (d desk) asOf(w http.ResponseWriter, r *http.Request, at string, clock twin.Clock) {
	id := r.URL.Query().Get("id")
	when, err := time.Parse(time.RFC3339, at)
	if at == "now" {
		when, err = forever, nil // the city's clock need not be ours
	}
	if err != nil {
		http.Error(w, fmt.Sprintf("history: at %q is neither now nor like 2026-07-14T10:05:00Z", at), http.StatusBadRequest)
		return
	}
	v, err := d.view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	// A view has no past states. The twin's past of an entity holds attributes that it still has, so that what the reader may see
	// of it now says which of them they may see.
	now, ok := v.Get(id)
	k := Known{ID: id, Types: now.Types, Attributes: []Attribute{}}
	if then, known := d.twin.Main().AsOf(id, when, clock); ok && known {
		for a := range then.Attributes() {
			if _, ok := now.Instance(a.Name, a.Dataset); ok {
				k.Attributes = append(k.Attributes, attribute(a))
			}
		}
	}
	if len(k.Attributes) == 0 {
		by := map[twin.Clock]string{twin.ByRecorded: "recorded", twin.ByObserved: "observed"}[clock]
		http.Error(w, fmt.Sprintf("nothing was known of %s at %s by %s time", id, at, by), http.StatusNotFound)
		return
	}
	answer(w, k)
}

func attribute(a twin.Attribute) Attribute {
	return Attribute{Name: a.Name, Value: a.Any(), Unit: a.Unit, Observed: unix(a.ObservedAt()), Recorded: unix(a.RecordedAt())}
}

// unix is a time in Unix seconds to the millisecond; 0 if there is none.
func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}
