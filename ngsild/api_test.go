package ngsild

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"citybrain/policy"
	"citybrain/twin"
)

var (
	admin   = policy.Principal{Name: "adam", Role: policy.Administrator}
	analyst = policy.Principal{Name: "anna", Role: policy.Analyst}
	officer = policy.Principal{Name: "otto", Role: policy.DutyOfficer}
	viewer  = policy.Principal{Name: "vera", Role: policy.Viewer}
)

// rig is an API over a twin with the principals above as users.
type rig struct {
	t   *testing.T
	api *API
	pol *policy.Policy
	tw  *twin.Twin
	end context.CancelFunc
}

func newRig(t *testing.T, tw *twin.Twin, notify ...string) *rig {
	t.Helper()
	p := policy.New(tw, policy.Options{Rounds: 1})
	for _, u := range []policy.Principal{admin, analyst, officer, viewer} {
		if _, known := p.Named(u.Name); known {
			continue
		}
		if err := p.AddUser(admin, u, "password"); err != nil {
			t.Fatal(err)
		}
	}
	ctx, end := context.WithCancel(context.Background())
	r := &rig{t, New(ctx, p, Config{Notify: notify, Log: slog.New(slog.DiscardHandler)}), p, tw, end}
	t.Cleanup(r.stop)
	return r
}

func (r *rig) stop() {
	r.end()
	r.api.Wait()
}

func memory() *twin.Twin { return twin.New(twin.Options{Clock: time.Now}) }

func (r *rig) apply(cs ...twin.Change) {
	r.t.Helper()
	if _, err := r.tw.Main().Apply(cs...); err != nil {
		r.t.Fatal(err)
	}
}

// do asks as somebody; headers are "Name: value". A body is application/json unless they say otherwise.
func (r *rig) do(who policy.Principal, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	q := httptest.NewRequest(method, "/ngsi-ld/v1"+target, strings.NewReader(body))
	if body != "" {
		q.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		k, v, _ := strings.Cut(h, ": ")
		q.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	r.api.ServeHTTP(w, q.WithContext(policy.With(q.Context(), who)))
	return w
}

// want checks a status and returns the body's JSON; of an error, that it is a problem as the standard has it.
func (r *rig) want(w *httptest.ResponseRecorder, status int) any {
	r.t.Helper()
	if w.Code != status {
		r.t.Errorf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	if w.Body.Len() == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		r.t.Fatalf("%v: %s", err, w.Body)
	}
	if w.Code >= 400 {
		m, _ := v.(map[string]any)
		typ, _ := m["type"].(string)
		if w.Header().Get("Content-Type") != "application/json" || typ != "about:blank" && !strings.HasPrefix(typ, errorBase) || m["title"] == "" || m["detail"] == "" || m["status"] != float64(w.Code) {
			r.t.Errorf("no problem details: %v %s", w.Header(), w.Body)
		}
	}
	return v
}

const road = `{"id":"urn:ngsi-ld:Road:1","type":"Road","width":{"type":"Property","value":7.5,"unitCode":"MTR","observedAt":"2026-07-14T10:00:00Z",
	"accuracy":{"type":"Property","value":0.1}},"name":"Riverside","open":true,"of":{"type":"Relationship","object":"urn:ngsi-ld:District:1"},
	"location":{"type":"GeoProperty","value":{"type":"Point","coordinates":[114.3,30.5]}},"lanes":{"type":"ListProperty","valueList":[1,2]},
	"label":{"type":"LanguageProperty","languageMap":{"zh":"滨江"}},"depth":[{"value":1,"datasetId":"urn:a:1"},{"value":2}]}`

func TestEntity(t *testing.T) {
	r := newRig(t, memory())
	w := r.do(admin, "POST", "/entities", road)
	r.want(w, 201)
	if at := w.Header().Get("Location"); at != "/ngsi-ld/v1/entities/urn:ngsi-ld:Road:1" {
		t.Errorf("Location %q", at)
	}
	if m := r.want(r.do(admin, "POST", "/entities", road), 409).(map[string]any); m["type"] != errorBase+"AlreadyExists" {
		t.Errorf("created twice: %v", m)
	}
	get := func(query string) string {
		t.Helper()
		b, _ := json.Marshal(r.want(r.do(viewer, "GET", "/entities/urn:ngsi-ld:Road:1"+query, ""), 200))
		return string(b)
	}
	for query, want := range map[string]string{
		"?attrs=width":                     `{"id":"urn:ngsi-ld:Road:1","type":"Road","width":{"accuracy":{"type":"Property","value":0.1},"observedAt":"2026-07-14T10:00:00Z","type":"Property","unitCode":"MTR","value":7.5}}`,
		"?attrs=of,open&options=keyValues": `{"id":"urn:ngsi-ld:Road:1","of":"urn:ngsi-ld:District:1","open":true,"type":"Road"}`,
		"?attrs=label&format=simplified":   `{"id":"urn:ngsi-ld:Road:1","label":{"languageMap":{"zh":"滨江"}},"type":"Road"}`,
		"?attrs=depth&options=keyValues":   `{"depth":{"dataset":{"@none":2,"urn:a:1":1}},"id":"urn:ngsi-ld:Road:1","type":"Road"}`,
		"?attrs=lanes":                     `{"id":"urn:ngsi-ld:Road:1","lanes":{"type":"ListProperty","valueList":[1,2]},"type":"Road"}`,
		"?attrs=location":                  `{"id":"urn:ngsi-ld:Road:1","location":{"type":"GeoProperty","value":{"coordinates":[114.3,30.5],"type":"Point"}},"type":"Road"}`,
	} {
		if got := get(query); got != want {
			t.Errorf("%s:\n got %s\nwant %s", query, got, want)
		}
	}
	if s := get("?options=sysAttrs"); strings.Count(s, "createdAt") < 9 || strings.Count(s, "modifiedAt") < 9 {
		t.Errorf("sysAttrs: %s", s)
	}
	r.want(r.do(admin, "POST", "/entities/urn:ngsi-ld:Road:1/attrs", `{"name":"Bund","speed":{"value":40}}`), 204)
	m := r.want(r.do(admin, "POST", "/entities/urn:ngsi-ld:Road:1/attrs?options=noOverwrite", `{"name":"Quay","grade":2}`), 207)
	if s := fmt.Sprint(m); !strings.Contains(s, "updated:[grade]") || !strings.Contains(s, "attributeName:name") {
		t.Errorf("noOverwrite: %s", s)
	}
	r.want(r.do(admin, "PATCH", "/entities/urn:ngsi-ld:Road:1/attrs", `{"name":"Quay","grade":"urn:ngsi-ld:null"}`), 204)
	r.want(r.do(admin, "PATCH", "/entities/urn:ngsi-ld:Road:1/attrs", `{"nothing":1}`), 207)
	r.want(r.do(admin, "PATCH", "/entities/urn:ngsi-ld:Road:1/attrs/width", `{"value":8}`), 204)
	if got := get("?attrs=name,grade,width,speed&options=keyValues"); got != `{"id":"urn:ngsi-ld:Road:1","name":"Quay","speed":40,"type":"Road","width":8}` {
		t.Errorf("after the changes: %s", got)
	}
	if got := get("?attrs=width"); !strings.Contains(got, `"unitCode":"MTR"`) {
		t.Errorf("PATCH of one member took others: %s", got)
	}
	// A late value is history and answers as if it were not.
	r.want(r.do(admin, "POST", "/entities/urn:ngsi-ld:Road:1/attrs", `{"width":{"value":1,"observedAt":"2020-01-01T00:00:00Z"}}`), 204)
	if got := get("?attrs=width&options=keyValues"); !strings.Contains(got, `"width":8`) {
		t.Errorf("a late value replaced the current one: %s", got)
	}
	r.want(r.do(admin, "DELETE", "/entities/urn:ngsi-ld:Road:1/attrs/speed", ""), 204)
	r.want(r.do(admin, "DELETE", "/entities/urn:ngsi-ld:Road:1/attrs/speed", ""), 404)
	r.want(r.do(admin, "DELETE", "/entities/urn:ngsi-ld:Road:1/attrs/depth?deleteAll=true", ""), 204)
	r.want(r.do(admin, "GET", "/entities/urn:ngsi-ld:Road:1?attrs=speed,depth", ""), 404)
	r.want(r.do(admin, "DELETE", "/entities/urn:ngsi-ld:Road:1", ""), 204)
	r.want(r.do(admin, "DELETE", "/entities/urn:ngsi-ld:Road:1", ""), 404)
	if m := r.want(r.do(admin, "GET", "/entities/urn:ngsi-ld:Road:1", ""), 404).(map[string]any); m["type"] != errorBase+"ResourceNotFound" {
		t.Errorf("deleted: %v", m)
	}
}

// An id may be any URI, slashes included.
func TestSlashes(t *testing.T) {
	r := newRig(t, memory())
	w := r.do(admin, "POST", "/entities", `{"id":"http://example.com/roads//1?a=b","type":"Road","n":1}`)
	r.want(w, 201)
	at := strings.TrimPrefix(w.Header().Get("Location"), "/ngsi-ld/v1")
	if m := r.want(r.do(viewer, "GET", at, ""), 200).(map[string]any); m["id"] != "http://example.com/roads//1?a=b" {
		t.Errorf("at %s: %v", at, m)
	}
	r.want(r.do(admin, "DELETE", at+"/attrs/n", ""), 204)
	r.want(r.do(admin, "DELETE", at, ""), 204)
}

func TestRefused(t *testing.T) {
	r := newRig(t, memory())
	r.want(r.do(admin, "POST", "/entities", road), 201)
	const ld = "Content-Type: application/ld+json"
	entity := func(attrs string) string { return `{"id":"urn:x:1","type":"X",` + attrs + `}` }
	for _, c := range []struct {
		what, method, target, body string
		who                        policy.Principal
		headers                    []string
		status                     int
		problem                    string
	}{
		{"nobody", "GET", "/types", "", policy.Principal{}, nil, 401, ""},
		{"viewer writes", "POST", "/entities", entity(`"a":1`), viewer, nil, 403, ""},
		{"no JSON", "POST", "/entities", `{`, admin, nil, 400, "InvalidRequest"},
		{"no object", "POST", "/entities", `[]`, admin, nil, 400, "BadRequestData"},
		{"no type", "POST", "/entities", `{"id":"urn:x:1"}`, admin, nil, 400, "BadRequestData"},
		{"id no URI", "POST", "/entities", `{"id":"x","type":"X"}`, admin, nil, 400, "BadRequestData"},
		{"null value", "POST", "/entities", entity(`"a":{"type":"Property","value":null}`), admin, nil, 400, "BadRequestData"},
		{"bare null", "POST", "/entities", entity(`"a":null`), admin, nil, 400, "BadRequestData"},
		{"unknown attribute type", "POST", "/entities", entity(`"a":{"type":"Thing","value":1}`), admin, nil, 400, "BadRequestData"},
		{"property without value", "POST", "/entities", entity(`"a":{"type":"Property"}`), admin, nil, 400, "BadRequestData"},
		{"object no URI", "POST", "/entities", entity(`"a":{"type":"Relationship","object":"x"}`), admin, nil, 400, "BadRequestData"},
		{"latitude of 95", "POST", "/entities", entity(`"a":{"type":"GeoProperty","value":{"type":"Point","coordinates":[1,95]}}`), admin, nil, 400, "BadRequestData"},
		{"open ring", "POST", "/entities", entity(`"a":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}`), admin, nil, 400, "BadRequestData"},
		{"time", "POST", "/entities", entity(`"a":{"value":1,"observedAt":"yesterday"}`), admin, nil, 400, "BadRequestData"},
		{"dataset twice", "POST", "/entities", entity(`"a":[{"value":1},{"value":2}]`), admin, nil, 400, "BadRequestData"},
		{"too deep", "POST", "/entities", entity(`"a":{"value":1,"b":{"value":1,"b":{"value":1,"b":{"value":1,"b":{"value":1,"b":{"value":1}}}}}}`), admin, nil, 400, "BadRequestData"},
		{"plain text", "POST", "/entities", `{}`, admin, []string{"Content-Type: text/plain"}, 415, ""},
		{"context in JSON", "POST", "/entities", entity(`"@context":[]`), admin, nil, 400, "BadRequestData"},
		{"JSON-LD without", "POST", "/entities", entity(`"a":1`), admin, []string{ld}, 400, "BadRequestData"},
		{"foreign context", "POST", "/entities", entity(`"@context":"https://example.com/c.jsonld"`), admin, []string{ld}, 503, "LdContextNotAvailable"},
		{"large", "POST", "/entities", strings.Repeat(" ", maxBody+1), admin, nil, 413, ""},
		{"a command", "POST", "/entities", `{"id":"urn:ngsi-ld:Command:1","type":"Command"}`, admin, nil, 403, ""},
		{"tenant", "GET", "/types", "", admin, []string{"NGSILD-Tenant: a"}, 501, "NoMultiTenantSupport"},
		{"Accept", "GET", "/types", "", admin, []string{"Accept: text/html"}, 406, ""},
		{"branch", "GET", "/types", "", admin, []string{"citybrain-branch: nowhere"}, 404, "ResourceNotFound"},
		{"purpose", "GET", "/types", "", admin, []string{"citybrain-purpose: fun"}, 400, "BadRequestData"},
		{"no such route", "PUT", "/entities", "", admin, nil, 422, "OperationNotSupported"},
		{"whole twin", "GET", "/entities", "", admin, nil, 400, "InvalidRequest"},
		{"unknown parameter", "GET", "/entities?type=Road&orderBy=x", "", admin, nil, 400, "InvalidRequest"},
		{"parameter twice", "GET", "/entities?type=Road&type=X", "", admin, nil, 400, "InvalidRequest"},
		{"type selection", "GET", "/entities?type=(a;b)", "", admin, nil, 400, "InvalidRequest"},
		{"limit", "GET", "/entities?type=Road&limit=1001", "", admin, nil, 400, "InvalidRequest"},
		{"limit 0 without count", "GET", "/entities?type=Road&limit=0", "", admin, nil, 400, "InvalidRequest"},
		{"q", "GET", "/entities?q=" + url.QueryEscape("a=="), "", admin, nil, 400, "BadRequestData"},
		{"q too long", "GET", "/entities?q=" + strings.Repeat("a", maxFilter+1), "", admin, nil, 403, "TooComplexQuery"},
		{"q too deep", "GET", "/entities?q=" + strings.Repeat("(", maxNested+1), "", admin, nil, 403, "TooComplexQuery"},
		{"georel alone", "GET", "/entities?georel=within", "", admin, nil, 400, "BadRequestData"},
		{"geometry alone", "GET", "/entities?type=Road&geometry=Point", "", admin, nil, 400, "BadRequestData"},
		{"contains", "GET", "/entities?georel=contains&geometry=Point&coordinates=[1,1]", "", admin, nil, 400, "BadRequestData"},
		{"near a line", "GET", "/entities?georel=near;maxDistance==1&geometry=LineString&coordinates=[[1,1],[2,2]]", "", admin, nil, 400, "BadRequestData"},
		{"idPattern", "GET", "/entities?type=Road&idPattern=(", "", admin, nil, 400, "BadRequestData"},
		{"options", "GET", "/entities?type=Road&options=concise", "", admin, nil, 400, "InvalidRequest"},
	} {
		t.Run(c.what, func(t *testing.T) {
			sub := &rig{t, r.api, r.pol, r.tw, r.end}
			target, err := url.Parse(c.target)
			if err != nil {
				t.Fatal(err)
			}
			target.RawQuery = strings.ReplaceAll(target.RawQuery, ";", "%3B")
			m := sub.want(sub.do(c.who, c.method, target.String(), c.body, c.headers...), c.status).(map[string]any)
			if c.problem != "" && m["type"] != errorBase+c.problem {
				t.Errorf("type %v, want %s", m["type"], c.problem)
			}
		})
	}
	if n := r.tw.Main().Snapshot().Len(); n != 5 {
		t.Errorf("%d entities, of which 4 are users; a refused request left something", n)
	}
}

func TestQuery(t *testing.T) {
	r := newRig(t, memory())
	t10 := time.Date(2026, 7, 14, 10, 0, 0, 0, time.UTC)
	road := func(n int, lon, lat float64, attrs ...twin.Attribute) {
		attrs = append(attrs, twin.Point("location", lon, lat), twin.Number("n", float64(n), "", t10.Add(time.Duration(n)*time.Hour)))
		r.apply(twin.Set(fmt.Sprintf("urn:ngsi-ld:Road:%d", n), "Road", attrs...))
	}
	width := twin.Number("width", 7, "MTR", time.Time{})
	width.Sub = []twin.Attribute{twin.Text("by", "laser", time.Time{})}
	road(1, 114.000, 30, width, twin.Text("name", "Bund; (old)", time.Time{}))
	road(2, 114.010, 30, twin.Number("width", 12, "", time.Time{}), twin.Text("name", "Quay", time.Time{}))
	road(3, 114.100, 30, twin.JSON("tags", []string{"wet", "steep"}), twin.Bool("open", false, time.Time{}))
	road(4, 115.000, 31, twin.JSON("made", map[string]any{"by": map[string]any{"year": 1998}}), twin.Rel("of", "urn:ngsi-ld:District:1"))
	r.apply(twin.Set("urn:ngsi-ld:Place:1", "Place", twin.Text("name", "Tower", time.Time{})))
	area := "&geometry=Polygon&coordinates=" + url.QueryEscape("[[[113.99,29.9],[114.05,29.9],[114.05,30.1],[113.99,30.1],[113.99,29.9]]]")
	for _, c := range []struct{ query, q, want string }{
		{"type=Road", "", "1 2 3 4"},
		{"type=Road,Place", "", "Place 1 2 3 4"},
		{"type=Road|Nothing", "", "1 2 3 4"},
		{"type=" + url.QueryEscape(defaultVocab+"Road"), "", "1 2 3 4"},
		{"id=urn:ngsi-ld:Road:2,urn:ngsi-ld:Road:9", "", "2"},
		{"type=Road&idPattern=[34]$", "", "3 4"},
		{"attrs=tags,made", "", "3 4"},
		{"", `width`, "1 2"},
		{"", `width>7`, "2"},
		{"", `width>=7;width<12`, "1"},
		{"", `width==7..12`, "1 2"},
		{"", `width==12,99`, "2"},
		{"type=Road", `width!=7`, "2"},
		{"", `name=="Bund; (old)"`, "1"},
		{"", `name~=^Q`, "2"},
		{"", `name!~=^(Q|B)`, "Place"},
		{"", `name=="Quay"|tags=="wet"`, "2 3"},
		{"", `name|tags;n==3`, "Place 1 2 3"},
		{"", `(name|tags);n==3`, "3"},
		{"", `tags=="steep"`, "3"},
		{"", `tags!="wet"`, ""},
		{"", `open==false`, "3"},
		{"", `made[by.year]>1990`, "4"},
		{"", `made[by.month]>0`, ""},
		{"", `of==urn:ngsi-ld:District:1`, "4"},
		{"", `width.by=="laser"`, "1"},
		{"", `width.unitCode=="MTR"`, "1"},
		{"", `n.observedAt>=2026-07-14T13:00:00Z`, "3 4"},
		{"", `n=="1"`, ""},
		{"", `width==urn:x:1`, ""},
		{"georel=near;maxDistance==2000&geometry=Point&coordinates=[114,30]", "", "1 2"},
		{"georel=near;minDistance==2000&geometry=Point&coordinates=[114,30]", `width`, ""},
		{"georel=near;minDistance==5000;maxDistance==20000&geometry=Point&coordinates=[114,30]", "", "3"},
		{"georel=within" + area, "", "1 2"},
		{"georel=intersects" + area, `width>7`, "2"},
		{"type=Road&georel=disjoint" + area, "", "3 4"},
		{"georel=equals&geometry=Point&coordinates=[115,31]", "", "4"},
		{"georel=equals&geometry=Point&coordinates=[115,31]&geoproperty=elsewhere", "", ""},
	} {
		query := strings.ReplaceAll(c.query, ";", "%3B")
		if c.q != "" {
			query += "&q=" + url.QueryEscape(c.q)
		}
		list, _ := r.want(r.do(viewer, "GET", "/entities?"+strings.TrimPrefix(query, "&"), ""), 200).([]any)
		var got []string
		for _, e := range list {
			got = append(got, strings.TrimPrefix(strings.TrimPrefix(strings.TrimSuffix(e.(map[string]any)["id"].(string), "Place:1"), "urn:ngsi-ld:Road:"), "urn:ngsi-ld:"))
		}
		for i := range got {
			if got[i] == "" {
				got[i] = "Place"
			}
		}
		if s := strings.Join(got, " "); s != c.want {
			t.Errorf("%s q=%s: got %s, want %s", c.query, c.q, s, c.want)
		}
	}
	w := r.do(viewer, "GET", "/entities?type=Road&limit=2&offset=1&count=true&options=keyValues", "")
	if list := r.want(w, 200).([]any); len(list) != 2 || w.Header().Get("NGSILD-Results-Count") != "4" {
		t.Errorf("a page of %d, count %q", len(list), w.Header().Get("NGSILD-Results-Count"))
	}
	if links := strings.Join(w.Header().Values("Link"), " "); !strings.Contains(links, `rel="prev"`) || !strings.Contains(links, `rel="next"`) || !strings.Contains(links, "offset=3") {
		t.Errorf("links %s", links)
	}
	if m := r.want(r.do(viewer, "GET", "/types", ""), 200).(map[string]any); fmt.Sprint(m["typeList"]) != "[Place Road]" {
		t.Errorf("types %v", m)
	}
	if m := r.want(r.do(viewer, "GET", "/types?details=true", ""), 200).([]any); len(m) != 2 || fmt.Sprint(m[0].(map[string]any)["attributeNames"]) != "[name]" {
		t.Errorf("types in detail %v", m)
	}
}

// What is hidden from the one who asks is no answer to any question.
func TestQueryHidden(t *testing.T) {
	r := newRig(t, memory())
	r.apply(twin.Set("urn:ngsi-ld:EmergencyCall:1", "EmergencyCall", twin.Text("text", "smoke", time.Time{}), twin.Point("location", 114, 30), twin.Number("priority", 1, "", time.Time{})))
	for _, query := range []string{"attrs=text", "q=text", "q=text~=s", "georel=near%3BmaxDistance==10&geometry=Point&coordinates=[114,30]"} {
		for who, want := range map[policy.Principal]int{officer: 1, viewer: 0, analyst: 0} {
			if list := r.want(r.do(who, "GET", "/entities?"+query, ""), 200).([]any); len(list) != want {
				t.Errorf("%s asks %s: %v", who.Role, query, list)
			}
		}
		if list := r.want(r.do(officer, "GET", "/entities?"+query, "", "citybrain-purpose: analysis"), 200).([]any); len(list) != 0 {
			t.Errorf("for analysis, %s: %v", query, list)
		}
	}
	if s := fmt.Sprint(r.want(r.do(viewer, "GET", "/types?details=true", ""), 200)); strings.Contains(s, "text") || strings.Contains(s, "User") {
		t.Errorf("types %s", s)
	}
}

func TestContextAndBranch(t *testing.T) {
	r := newRig(t, memory())
	const ld = "Content-Type: application/ld+json"
	r.want(r.do(admin, "POST", "/entities", `{"@context":[{"ex":"https://example.com/","Road":"ex:Road","wide":{"@id":"ex:width"}},"`+coreContext+`"],"id":"urn:x:1","type":"Road","wide":3,"ex:n":4}`, ld), 201)
	w := r.do(viewer, "GET", "/entities/urn:x:1?options=keyValues", "", "Accept: application/ld+json")
	m := r.want(w, 200).(map[string]any)
	if m["type"] != "https://example.com/Road" || m["https://example.com/width"] != 3.0 || m["https://example.com/n"] != 4.0 || m["@context"] != coreContext || w.Header().Get("Content-Type") != "application/ld+json" {
		t.Errorf("%v, %v", m, w.Header())
	}
	if _, err := r.pol.Fork(analyst, "idea", "", twin.Edited); err != nil {
		t.Fatal(err)
	}
	r.want(r.do(analyst, "POST", "/entities", `{"id":"urn:x:2","type":"Road"}`, "citybrain-branch: idea"), 201)
	r.want(r.do(analyst, "GET", "/entities/urn:x:2?citybrain-branch=idea", ""), 200)
	r.want(r.do(analyst, "GET", "/entities/urn:x:2", ""), 404)
}

// What was created is answered so that creating it again gives the same.
func FuzzEntity(f *testing.F) {
	for _, s := range []string{road, `{"id":"urn:x:1","type":["A","B"],"scope":"/a","p":{"type":"JsonProperty","json":null}}`, `{"id":"urn:x:1","type":"X","v":{"vocab":"a"},"g":{"type":"LineString","coordinates":[[0,0],[1,1]]},"l":{"objectList":["urn:a:b"]}}`,
		`{"id":"urn:x:1","type":"X","a":[1,{"b":2}]}`, `{"id":"urn:x:1","type":"X","a":{"value":"urn:ngsi-ld:null"}}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		read := func(body []byte) (*twin.Twin, bool) {
			var m map[string]json.RawMessage
			if json.Unmarshal(body, &m) != nil || m == nil {
				return nil, false
			}
			frag, err := readFragment(m, terms{})
			if err != nil || frag.id == "" || len(frag.types) == 0 || len(frag.gone) > 0 {
				return nil, false
			}
			tw := twin.New(twin.Options{Clock: func() time.Time { return time.Unix(1e9, 0) }})
			_, err = tw.Main().Apply(twin.Change{ID: frag.id, Types: frag.types, Scope: frag.scope, Attrs: frag.set})
			return tw, err == nil
		}
		answer := func(tw *twin.Twin) []byte {
			v, err := policy.New(tw, policy.Options{}).View(admin, policy.Operation, "")
			if err != nil {
				t.Fatal(err)
			}
			for e := range v.Query(policy.Query{}) {
				m, _ := (&representation{}).entity(&e)
				b, err := json.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				return b
			}
			return nil
		}
		tw, taken := read([]byte(body))
		if !taken {
			return
		}
		once := answer(tw)
		if once == nil { // of the house's own types
			return
		}
		if tw, taken = read(once); !taken {
			t.Fatalf("its own answer is not taken: %s", once)
		}
		if twice := answer(tw); string(once) != string(twice) {
			t.Errorf("first %s\nthen %s", once, twice)
		}
	})
}

// Any text is a filter or an error that says where, and a filter finds something or not, and what it says of an entity stays so.
func FuzzFilter(f *testing.F) {
	for _, s := range []string{`a==1`, `a.b[c.d]>="x";(b|c!=2..3)`, `a~=^(x|y)[;)]$`, `a!~="\""`, `a==2026-07-14,true,urn:x:1`, `((`, `a==1..`, "a[", `a.observedAt<2026-07-14T10:00:00Z`} {
		f.Add(s)
	}
	tw := twin.New(twin.Options{Clock: time.Now})
	a := twin.Number("a", 1, "MTR", time.Unix(1e9, 0))
	a.Sub = []twin.Attribute{twin.Text("b", "x", time.Time{})}
	if _, err := tw.Main().Apply(twin.Set("urn:x:1", "X", a, twin.JSON("b", map[string]any{"c": []any{1, "x", nil}}), twin.Point("c", 1, 2))); err != nil {
		f.Fatal(err)
	}
	v, err := policy.New(tw, policy.Options{}).View(admin, policy.Operation, "")
	if err != nil {
		f.Fatal(err)
	}
	e, _ := v.Get("urn:x:1")
	f.Fuzz(func(t *testing.T, q string) {
		x, err := parseFilter(q, terms{})
		if err != nil {
			if p := asProblem(err); p.Status != http.StatusBadRequest && p.Status != http.StatusForbidden {
				t.Errorf("%q: %v", q, err)
			}
			return
		}
		hit := x.matches(&e)
		if both, err := parseFilter("("+q+");("+q+")", terms{}); err == nil && both.matches(&e) != hit {
			t.Errorf("%q is %v, and with itself not", q, hit)
		}
		if either, err := parseFilter("("+q+")|nothing", terms{}); err == nil && either.matches(&e) != hit {
			t.Errorf("%q is %v, and or nothing not", q, hit)
		}
	})
}

func TestGeometry(t *testing.T) {
	shapeOf := func(typ, coordinates string) *shape {
		t.Helper()
		s, err := makeShape(typ, json.RawMessage(coordinates))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ring := shapeOf("Polygon", "[[[0,0],[10,0],[10,10],[0,10],[0,0]],[[4,4],[6,4],[6,6],[4,6],[4,4]]]") // a square with a hole
	notch := shapeOf("Polygon", "[[[0,0],[10,0],[10,10],[5,2],[0,10],[0,0]]]")
	for _, c := range []struct {
		what               string
		s, o               *shape
		within, intersects bool
	}{
		{"point inside", shapeOf("Point", "[1,1]"), ring, true, true},
		{"point in the hole", shapeOf("Point", "[5,5]"), ring, false, false},
		{"point on the border", shapeOf("Point", "[0,5]"), ring, true, true},
		{"point outside", shapeOf("Point", "[11,5]"), ring, false, false},
		{"line across the hole", shapeOf("LineString", "[[1,5],[9,5]]"), ring, false, true},
		{"line across all", shapeOf("LineString", "[[-1,1],[11,1]]"), ring, false, true},
		{"line inside", shapeOf("LineString", "[[1,1],[9,1]]"), ring, true, true},
		{"line over a notch", shapeOf("LineString", "[[0,10],[10,10]]"), notch, false, true},
		{"area around the hole", shapeOf("Polygon", "[[[3,3],[7,3],[7,7],[3,7],[3,3]]]"), ring, false, true},
		{"area in a corner", shapeOf("Polygon", "[[[1,1],[3,1],[3,3],[1,1]]]"), ring, true, true},
		{"itself", ring, ring, true, true},
		{"one of two outside", shapeOf("MultiPoint", "[[1,1],[20,20]]"), ring, false, true},
	} {
		if w, i := c.s.within(c.o), c.s.intersects(c.o); w != c.within || i != c.intersects || i != c.o.intersects(c.s) {
			t.Errorf("%s: within %v, intersects %v (the other way round %v)", c.what, w, i, c.o.intersects(c.s))
		}
	}
	// A degree of a great circle is 111,195 m on this sphere.
	if d := shapeOf("Point", "[0,1]").distance(point{0, 0}); d < 111194 || d > 111196 {
		t.Errorf("a degree is %g m", d)
	}
	if d := shapeOf("LineString", "[[-1,1],[1,1]]").distance(point{0, 0}); d < 111194 || d > 111196 {
		t.Errorf("to the middle of a line it is %g m", d)
	}
	if d := ring.distance(point{1, 1}); d != 0 {
		t.Errorf("inside it is %g m", d)
	}
}
