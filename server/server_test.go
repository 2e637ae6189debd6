package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/policy"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

var noon = time.Date(2026, 7, 14, 12, 0, 0, 0, time.UTC)

const secret = "correct horse"

// A rig is a server over a small twin, with a brain that only notes what it is asked.
type rig struct {
	*Server
	t    *testing.T
	url  string
	twin *twin.Twin
	log  *syncBuffer

	mu       sync.Mutex
	verdicts []string
	halts    []bool

	coverages int // worked out
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func (g *rig) Verdict(id string, approve bool, by string) error {
	if id == "none" {
		return errors.New("there is no such decision")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.verdicts = append(g.verdicts, fmt.Sprint(id, " ", approve, " by ", by))
	return nil
}

func (g *rig) Halt(on bool, _ string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.halts = append(g.halts, on)
	return nil
}

// OpenJunction says that the town's one junction runs its first stage and would take the other next.
func (g *rig) OpenJunction(j int) (brain.JunctionNow, func(context.Context) (brain.JunctionAhead, error)) {
	return brain.JunctionNow{Stage: 0, Led: true, Queues: []float64{3.5, 0}}, func(context.Context) (brain.JunctionAhead, error) {
		return brain.JunctionAhead{Greens: []brain.StageGreen{{Stage: 0, From: 0, To: 40}, {Stage: 1, From: 45, To: 120}}, More: []float64{0, 77}, Begins: 0, RunnerUp: 1, Cost: 77}, nil
	}
}

// start serves a durable twin with users, each of the password secret.
func start(t *testing.T, users ...policy.Principal) *rig {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	tw, err := twin.Open(dir, twin.Options{Clock: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	local := policy.Principal{Name: "me (this machine)", Role: policy.Administrator}
	p := policy.New(tw, policy.Options{Provides: Provides(), Local: &local, Rounds: 2})
	for _, u := range users {
		if err := p.AddUser(local, u, secret); err != nil {
			t.Fatal(err)
		}
	}
	call := twin.Set("urn:ngsi-ld:EmergencyCall:1", "EmergencyCall", twin.Text("caller", "Li Na", noon), twin.Text("status", "open", noon), twin.Number("priority", 1, "", noon), twin.Point("location", 121.5, 31.2))
	pump := twin.Set("urn:ngsi-ld:PumpStation:p1", "PumpStation", twin.Number("waterLevel", 1.5, "MTR", noon))
	signal := twin.Set("urn:ngsi-ld:TrafficSignal:s1", "TrafficSignal", twin.Number("stage", 0, "", noon))
	if _, err := tw.Main().Apply(call, pump, signal); err != nil {
		t.Fatal(err)
	}
	log := &syncBuffer{}
	g := &rig{t: t, twin: tw, log: log}
	g.Server = New(&city.City{Name: city.Text{En: "Town"}, Signals: []city.Junction{{ID: "s1", At: orb.Point{100, 100},
		Movements: []city.Movement{{Paths: []orb.LineString{{{110, 100}, {90, 100}}}}, {Kind: city.Walkers, Paths: []orb.LineString{{{100, 90}, {100, 110}}}}},
		Stages:    []city.Stage{{Movements: []int32{0}}, {Movements: []int32{1}}}}},
		Streets: city.Streets{Links: []city.Link{{ID: "l1", Name: city.Text{En: "Main Street"}}}}, Frame: city.Frame{Lon0: 121.5, Lat0: 31.2}, Bounds: orb.Bound{Max: orb.Point{1000, 1000}},
		Terrain:   &city.Terrain{Grid: city.Grid{North: 1000, Cell: 500, Cols: 2, Rows: 2}, Datum: "Wusong", VerticalError: 0.05},
		Places:    []city.Place{{ID: "g1", Kind: city.StreetGauge, At: orb.Point{250, 250}}},
		Districts: []city.District{{ID: "d1", Name: city.Text{En: "East End"}, Outline: orb.Polygon{{{0, 0}, {1000, 0}, {1000, 1000}, {0, 0}}}, Population: 70}},
		Drains: city.Drains{Creeks: []city.Creek{{ID: "k1", Name: city.Text{En: "Mill Creek"}, Line: orb.LineString{{0, 500}, {1000, 500}}}},
			Pumps: []city.Pump{{ID: "p1", Basin: -1, Units: 3, Start: 2.6, Stop: 2.2, MaxStarts: 4}}, Gates: []city.Gate{{ID: "w1", Sill: 1.5}}}}, tw, Config{
		Data: dir, Build: "b1", Policy: p, Log: slog.New(slog.NewTextHandler(log, nil)), Console: fstest.MapFS{"index.html": {Data: []byte("the console")}},
		NGSILD: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, policy.From(r.Context()).Name) }),
	})
	st := &status{Calls: []callInfo{{ID: "urn:ngsi-ld:EmergencyCall:1", At: [2]float64{121.5, 31.2}}}, Units: []unitInfo{}}
	st.Totals.Calls = 1
	full, plain, err := st.messages()
	if err != nil {
		t.Fatal(err)
	}
	f := &frame{at: noon, status: full, plain: plain}
	g.recorded = append(g.recorded, packed(f))
	g.publish(f)
	web := httptest.NewServer(g.Handler())
	stop := make(chan struct{})
	go func() { // the city's loop
		for {
			select {
			case f := <-g.todo:
				f(g)
			case q := <-g.asked:
				q.f(g)
			case <-stop:
				return
			}
		}
	}()
	g.url = web.URL
	t.Cleanup(func() {
		web.CloseClientConnections()
		web.Close()
		close(stop)
		tw.Close()
	})
	return g
}

// everybody is one user of each role.
var everybody = []policy.Principal{
	{Name: "ada", Role: policy.Administrator}, {Name: "otto", Role: policy.DutyOfficer}, {Name: "vera", Role: policy.Viewer},
	{Name: "ann", Role: policy.Analyst}, {Name: "dora", Role: policy.Department, Department: "ambulance_120"}, {Name: "wang", Role: policy.Department, Department: "water"},
}

// do sends a request with a token, and headers as pairs; it returns the status and the body.
func (g *rig) do(token, method, path, body string, headers ...string) (int, string) {
	g.t.Helper()
	r, err := http.NewRequest(method, g.url+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func (g *rig) loginAs(name string) string {
	g.t.Helper()
	code, body := g.do("", "POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":%q}`, name, secret))
	var q struct{ Token string }
	if err := json.Unmarshal([]byte(body), &q); code != 200 || err != nil || q.Token == "" {
		g.t.Fatalf("login as %s: %d %s", name, code, body)
	}
	return q.Token
}

func (g *rig) want(code int, part, token, method, path, body string, headers ...string) string {
	g.t.Helper()
	c, b := g.do(token, method, path, body, headers...)
	if c != code || !strings.Contains(b, part) {
		g.t.Errorf("%s %s %s %q: %d %q, want %d with %q", method, path, body, headers, c, b, code, part)
	}
	return b
}

func TestWithoutUsersThisMachineActs(t *testing.T) {
	g := start(t)
	g.want(404, "no users", "", "GET", "/api/me", "")
	g.want(204, "", "", "POST", "/api/decisions/approve", `{"id":"d1"}`)
	if got := fmt.Sprint(g.verdicts); got != "[d1 true by me (this machine)]" {
		t.Errorf("verdicts %s", got)
	}
	g.want(200, "me (this machine)", "", "GET", "/ngsi-ld/v1/entities", "")
	g.want(200, `"b1"`, "", "GET", "/api/version", "")
	host := strings.TrimPrefix(g.url, "http://")
	g.want(200, "", "", "GET", "/api/branches", "", "Host", "localhost:1")
	g.want(200, "", "", "GET", "/api/branches", "", "Host", "[::1]:8080")
	for _, h := range [][]string{{"Host", "evil.example:8080"}, {"Host", "127.0.0.1.evil.example"}, {"Host", "localhost.evil.example"}, {"X-Forwarded-For", "192.0.2.1"}, {"Forwarded", "for=192.0.2.1"}} {
		g.want(403, "only this machine", "", "GET", "/api/branches", "", h...)
		g.want(403, "", "", "POST", "/api/halt", `{"on":true}`, h...)
	}
	for _, h := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
		for _, path := range []string{"/api/halt", "/api/login", "/api/logout", "/api/users", "/ngsi-ld/v1/entities"} {
			g.want(403, "cross-origin", "", "POST", path, `{"on":true}`, h...)
		}
	}
	g.want(204, "", "", "POST", "/api/halt", `{"on":true}`, "Sec-Fetch-Site", "same-origin")
	g.want(204, "", "", "POST", "/api/halt", `{"on":false}`, "Origin", "http://"+host)
	if got := fmt.Sprint(g.halts); got != "[true false]" {
		t.Errorf("halts %s", got)
	}
	if !strings.Contains(g.log.String(), `halted=true by="me (this machine)"`) {
		t.Errorf("the log does not say who halted: %s", g.log)
	}
}

func TestTheFirstUserEndsThat(t *testing.T) {
	g := start(t)
	g.want(400, "administrator", "", "POST", "/api/users", `{"name":"vera","role":"viewer","password":"correct horse"}`)
	g.want(201, "", "", "POST", "/api/users", `{"name":"ada","role":"administrator","password":"correct horse"}`)
	for _, path := range []string{"/api/me", "/api/city", "/api/live", "/api/entity?id=urn:ngsi-ld:PumpStation:p1", "/api/branches", "/api/backup", "/api/users", "/tiles/1/1/1", "/ngsi-ld/v1/entities", "/api/nothing"} {
		g.want(401, "log in", "", "GET", path, "")
		g.want(401, "log in", "wrong", "GET", path, "")
	}
	g.want(401, "log in", "", "POST", "/api/halt", `{"on":true}`)
	g.want(200, "ok", "", "GET", "/healthz", "")
	g.want(200, "the console", "", "GET", "/", "")
	g.want(200, "citybrain_branches 1", "", "GET", "/metrics", "")
	g.want(401, "", "", "GET", "/metrics", "", "Host", "city.example")
	ada := g.loginAs("ada")
	g.want(200, "citybrain_branches", ada, "GET", "/metrics", "", "Host", "city.example")
	g.want(200, `{"name":"ada","role":"administrator","may":["decide"`, ada, "GET", "/api/me", "", "Host", "city.example")
	g.want(400, "last administrator", ada, "DELETE", "/api/users?name=ada", "")
	g.want(204, "", ada, "POST", "/api/logout", "")
	g.want(401, "", ada, "GET", "/api/me", "")
}

func TestLoginInABrowser(t *testing.T) {
	g := start(t, everybody...)
	g.want(401, "wrong", "", "POST", "/api/login", `{"name":"vera","password":"wrong horse"}`)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	res, err := c.Post(g.url+"/api/login", "application/json", strings.NewReader(`{"name":"vera","password":"correct horse"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if s := res.Header.Get("Set-Cookie"); !strings.Contains(s, "HttpOnly") || !strings.Contains(s, "SameSite=Strict") {
		t.Errorf("Set-Cookie %q", s)
	}
	if h := res.Header; h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
	if res, err = c.Get(g.url + "/api/me"); err != nil || res.StatusCode != 200 {
		t.Fatalf("me: %v %v", res.Status, err)
	}
	res.Body.Close()
	if res, err = c.Post(g.url+"/api/logout", "", nil); err != nil || res.StatusCode != 204 {
		t.Fatalf("logout: %v %v", res.Status, err)
	}
	res.Body.Close()
	if res, err = c.Get(g.url + "/api/me"); err != nil || res.StatusCode != 401 {
		t.Fatalf("me after logout: %v %v", res.Status, err)
	}
	res.Body.Close()
	for range 6 {
		g.do("", "POST", "/api/login", `{"name":"vera","password":"wrong horse"}`)
	}
	g.want(429, "try again in", "", "POST", "/api/login", `{"name":"vera","password":"correct horse"}`)
	if strings.Contains(g.log.String(), "horse") {
		t.Error("a password stands in the log")
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	g := start(t, everybody...)
	token := map[string]string{}
	for _, u := range everybody {
		token[u.Name] = g.loginAs(u.Name)
	}
	for _, c := range []struct {
		method, path, body string
		code               int // for who may
		may                string
	}{
		{"POST", "/api/decisions/approve", `{"id":"d1"}`, 204, "ada otto"},
		{"POST", "/api/decisions/refuse", `{"id":"d1"}`, 204, "ada otto"},
		{"POST", "/api/halt", `{"on":true}`, 204, "ada otto"},
		{"POST", "/api/branches", `{"name":"x-%s"}`, 201, "ada otto ann"},
		{"POST", "/api/merge", `{"from":"x-ada"}`, 200, "ada otto"},
		{"DELETE", "/api/branches?name=x-%s", "", 204, "ada otto ann"},
		{"GET", "/api/users", "", 200, "ada"},
		{"POST", "/api/users", `{"name":"new-%s","role":"viewer","password":"correct horse"}`, 201, "ada"},
		{"PATCH", "/api/users?name=new-%s", `{"role":"analyst"}`, 204, "ada"},
		{"DELETE", "/api/users?name=new-%s", "", 204, "ada"},
		{"GET", "/api/backup", "", 200, "ada"},
		{"GET", "/api/branches", "", 200, "ada otto vera ann dora wang"},
		{"GET", "/api/city", "", 200, "ada otto vera ann dora wang"},
	} {
		if c.method == "DELETE" && strings.HasPrefix(c.path, "/api/branches") || c.path == "/api/merge" {
			g.do(token["ada"], "POST", "/api/branches", `{"name":"x-ada"}`)
		}
		for _, u := range everybody {
			want := 403
			if strings.Contains(" "+c.may+" ", " "+u.Name+" ") {
				want = c.code
			}
			path, body := strings.ReplaceAll(c.path, "%s", u.Name), strings.ReplaceAll(c.body, "%s", u.Name)
			code, said := g.do(token[u.Name], c.method, path, body)
			if code != want {
				t.Errorf("%s: %s %s %s: %d %.200s, want %d", u.Name, c.method, path, body, code, said, want)
			}
			if want == 403 && !strings.Contains(said, "that takes") && !strings.Contains(said, "may not") {
				t.Errorf("%s: %s %s: %q does not say what it takes", u.Name, c.method, path, said)
			}
		}
	}
	if got, want := fmt.Sprint(g.verdicts), "[d1 true by ada d1 true by otto d1 false by ada d1 false by otto]"; got != want {
		t.Errorf("verdicts %s, want %s", got, want)
	}
	if log := g.log.String(); !strings.Contains(log, `decision=d1 verdict=refuse by=otto role="duty officer"`) || strings.Contains(log, "by=vera") {
		t.Errorf("the log: %s", log)
	}
	g.want(409, "no such decision", token["otto"], "POST", "/api/decisions/approve", `{"id":"none"}`)
	g.want(404, "approve or refuse", token["otto"], "POST", "/api/decisions/perhaps", `{"id":"d1"}`)
	g.want(400, "body", token["otto"], "POST", "/api/halt", `{"of":true}`)
}

func TestWhatTellsOfAPersonIsHidden(t *testing.T) {
	g := start(t, everybody...)
	if _, err := g.twin.Main().Fork("idea", twin.ForkOptions{}); err != nil {
		t.Fatal(err)
	}
	b, _ := g.twin.Branch("idea")
	if _, err := b.Apply(twin.Set("urn:ngsi-ld:EmergencyCall:1", "EmergencyCall", twin.Text("caller", "Li Na's mother", noon))); err != nil {
		t.Fatal(err)
	}
	for name, sees := range map[string]bool{"ada": true, "otto": true, "dora": true, "vera": false, "ann": false, "wang": false} {
		token := g.loginAs(name)
		for _, path := range []string{"/api/entity?id=urn:ngsi-ld:EmergencyCall:1", "/api/history?id=urn:ngsi-ld:EmergencyCall:1&at=now", "/api/diff?a=main&b=idea"} {
			body := g.want(200, "", token, "GET", path, "")
			if strings.Contains(body, "Li Na") != sees {
				t.Errorf("%s %s: %s, want it to show the caller: %v", name, path, body, sees)
			}
		}
		if body := g.want(200, "status", token, "GET", "/api/history?id=urn:ngsi-ld:EmergencyCall:1&at=now", ""); strings.Contains(body, "121.5") != sees {
			t.Errorf("%s: %s, want it to show the place: %v", name, body, sees)
		}
		if body := g.want(200, `"calls":1`, token, "GET", fmt.Sprintf("/api/frame?t=%d", noon.Unix()), ""); strings.Contains(body, "121.5") != sees {
			t.Errorf("%s: %s, want the frame to show the place: %v", name, body, sees)
		}
		if body := g.firstFrame(token); strings.Contains(body, "121.5") != sees {
			t.Errorf("%s: %s, want the stream to show the place: %v", name, body, sees)
		}
	}
	otto := g.loginAs("otto")
	if body := g.want(200, "", otto, "GET", "/api/entity?purpose=analysis&id=urn:ngsi-ld:EmergencyCall:1", ""); strings.Contains(body, "Li Na") {
		t.Errorf("for analysis: %s", body)
	}
	for _, path := range []string{"/api/entity?id=urn:ngsi-ld:User:ada", "/api/history?at=now&id=urn:ngsi-ld:User:ada"} {
		g.want(404, "", otto, "GET", path, "")
		if body := g.want(200, "administrator", g.loginAs("ada"), "GET", path, ""); strings.Contains(body, "pbkdf2") {
			t.Errorf("a password's hash is shown: %s", body)
		}
	}
}

// firstFrame reads the first message of the live stream.
func (g *rig) firstFrame(token string) string {
	res := g.stream(token)
	defer res.Body.Close()
	b := make([]byte, 4096)
	n, err := res.Body.Read(b)
	if err != nil {
		g.t.Fatal(err)
	}
	return string(b[:n])
}

func (g *rig) stream(token string) *http.Response {
	r, _ := http.NewRequest("GET", g.url+"/api/live", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	return res
}

func TestTheStreamEndsWithTheSession(t *testing.T) {
	g := start(t, everybody...)
	token := g.loginAs("vera")
	res := g.stream(token)
	defer res.Body.Close()
	g.want(204, "", token, "POST", "/api/logout", "")
	g.publish(&frame{at: noon, status: message(msgStatus, []byte("{}")), plain: message(msgStatus, []byte("{}"))})
	done := make(chan error, 1)
	go func() { _, err := io.ReadAll(res.Body); done <- err }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("the stream goes on after logout")
	}
}

func TestBranches(t *testing.T) {
	g := start(t, everybody...)
	otto := g.loginAs("otto")
	g.want(201, "idea", otto, "POST", "/api/branches", `{"name":"idea"}`)
	g.want(409, "exists", otto, "POST", "/api/branches", `{"name":"idea"}`)
	g.want(400, "kind", otto, "POST", "/api/branches", `{"name":"b","kind":"odd"}`)
	g.want(404, "does not exist", otto, "POST", "/api/branches", `{"name":"b","from":"nothing"}`)
	g.want(200, `"by":"otto"`, otto, "GET", "/api/branches", "")
	g.want(200, "[]", otto, "GET", "/api/diff?a=main&b=idea", "")
	level := func(branch string, v float64) {
		t.Helper()
		b, _ := g.twin.Branch(branch)
		c := twin.Set("urn:ngsi-ld:PumpStation:p1", "PumpStation", twin.Number("target", v, "MTR", time.Time{}))
		c.Origin = twin.Edit
		if _, err := b.Apply(c); err != nil {
			t.Fatal(err)
		}
	}
	level("idea", 2)
	g.want(200, `{"id":"urn:ngsi-ld:PumpStation:p1","attributes":[{"name":"target","a":null,"b":2}]}`, otto, "GET", "/api/diff?a=main&b=idea", "")
	g.want(200, `"into":"main"`, otto, "POST", "/api/merge", `{"from":"idea"}`)
	g.want(200, "[]", otto, "GET", "/api/diff?a=main&b=idea", "")
	g.want(201, "", otto, "POST", "/api/branches", `{"name":"other"}`)
	level("other", 3)
	level("main", 4)
	g.want(409, "is 4 here and 3 there", otto, "POST", "/api/merge", `{"from":"other"}`)
	g.want(409, "city itself", otto, "DELETE", "/api/branches?name=main", "")
	g.want(204, "", otto, "DELETE", "/api/branches?name=other", "")
	g.want(404, "", otto, "DELETE", "/api/branches?name=other", "")
	if _, err := g.twin.Main().Fork("forecast/1", twin.ForkOptions{Kind: twin.Derived}); err != nil {
		t.Fatal(err)
	}
	g.want(403, "the brain made it", otto, "DELETE", "/api/branches?name=forecast/1", "")
}

func TestHistory(t *testing.T) {
	g := start(t)
	const p1 = "/api/history?id=urn:ngsi-ld:PumpStation:p1"
	g.want(200, fmt.Sprintf(`[{"observed":%d,"recorded":%d,"value":1.5}]`, noon.Unix(), noon.Unix()), "", "GET", p1+"&attr=waterLevel", "")
	g.want(200, `"name":"waterLevel","value":1.5,"unit":"MTR"`, "", "GET", p1+"&at=2026-07-14T12:00:00Z&clock=observed", "")
	g.want(404, "nothing was known", "", "GET", p1+"&at=1999-01-01T00:00:00Z", "")
	g.want(400, "neither now nor like", "", "GET", p1+"&at=noon", "")
	g.want(400, "clock", "", "GET", p1+"&at=now&clock=cuckoo", "")
	g.want(400, "give id", "", "GET", p1, "")
}

func TestBackupIsWhole(t *testing.T) {
	g := start(t)
	// The files say of a batch that it is acknowledged when the next one is written.
	if _, err := g.twin.Main().Apply(twin.Set("urn:ngsi-ld:PumpStation:p2", "PumpStation", twin.Number("waterLevel", 1, "MTR", noon))); err != nil {
		t.Fatal(err)
	}
	body := g.want(200, "manifest.json", "", "GET", "/api/backup", "")
	dir := filepath.Join(t.TempDir(), "again")
	if _, err := twin.Restore(strings.NewReader(body), dir); err != nil {
		t.Fatal(err)
	}
	again, err := twin.Open(dir, twin.Options{Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	e, ok := again.Main().Snapshot().Get("urn:ngsi-ld:PumpStation:p1")
	if v, _ := e.Number("waterLevel"); !ok || v != 1.5 {
		t.Errorf("the copy says %v of the pump, want 1.5", v)
	}
	g.cfg.Data = ""
	web := httptest.NewServer(g.Handler())
	defer web.Close()
	g.url = web.URL
	g.want(409, "--data", "", "GET", "/api/backup", "")
}

// A junction is opened with its movements, what it will show and what the runner-up would cost; what is none is refused.
func TestJunctionIsOpened(t *testing.T) {
	g := start(t)
	r, err := http.Get(g.url + "/api/junction?id=urn:ngsi-ld:TrafficSignal:s1")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	var j junctionInfo
	if err := json.NewDecoder(r.Body).Decode(&j); err != nil {
		t.Fatal(err)
	}
	if len(j.Movements) != 2 || j.Movements[0].Street.En != "Main Street" || j.Movements[0].Queue != 3.5 || j.Movements[0].Paths[0][0] != [2]float64{10, 0} || !j.Movements[1].Walkers {
		t.Errorf("movements %+v", j.Movements)
	}
	if len(j.Greens) != 2 || j.Begins == nil || *j.Begins != 0 || j.RunnerUp == nil || j.RunnerUp.VehicleSeconds != 77 || j.Stages[1].More == nil || *j.Stages[1].More != 77 {
		t.Errorf("%+v", j)
	}
	// Its codes are told in words.
	if _, err := g.twin.Main().Apply(twin.Set("urn:ngsi-ld:TrafficSignal:s1", "TrafficSignal", twin.Number("mode", 0x15, "", noon), twin.Number("stage", 1, "", noon))); err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, a := range decode[entityInfo](t, g, "/api/entity?id=urn:ngsi-ld:TrafficSignal:s1").Attributes {
		if a.Said != nil {
			said[a.Name] = a.Said.En
		}
	}
	if said["mode"] != "centre: stage by stage" || said["stage"] != "2" {
		t.Errorf("said %v", said)
	}
	// So is the stage that it was asked for last, once it has been.
	if o := decode[entityInfo](t, g, "/api/entity?id=urn:ngsi-ld:TrafficSignal:s1").Order; o != nil {
		t.Errorf("an order before the first: %+v", o)
	}
	if _, err := g.twin.Main().Apply(twin.Set("urn:ngsi-ld:Command:stage-s1", "Command", twin.Text("state", "rejected", noon), twin.Text("reason", "local override", noon), twin.Text("principal", "brain", noon))); err != nil {
		t.Fatal(err)
	}
	if o := decode[entityInfo](t, g, "/api/entity?id=urn:ngsi-ld:TrafficSignal:s1").Order; o == nil || *o != (orderInfo{"rejected", "brain", "local override", noon.Unix()}) {
		t.Errorf("order %+v", o)
	}
	for _, id := range []string{"urn:ngsi-ld:TrafficSignal:none", "urn:ngsi-ld:PumpStation:p1", "x"} {
		r, err := http.Get(g.url + "/api/junction?id=" + id)
		if err != nil {
			t.Fatal(err)
		}
		if r.Body.Close(); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d", id, r.StatusCode)
		}
	}
}

// A thing says which feed it comes from: a junction by what its controller speaks, a call and a unit by their centre.
func TestEntityNamesItsFeed(t *testing.T) {
	g := start(t)
	g.city.Signals = append(g.city.Signals, city.Junction{ID: "s2", NTCIP: true})
	if _, err := g.twin.Main().Apply(twin.Set("urn:ngsi-ld:TrafficSignal:s2", "TrafficSignal", twin.Number("stage", 0, "", noon)),
		twin.Set("urn:ngsi-ld:EmergencyVehicle:f1", "EmergencyVehicle", twin.Text("centre", "fire_119", noon))); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[string]string{"TrafficSignal:s1": "traffic_police/gb20999", "TrafficSignal:s2": "traffic_police/ntcip1202", "EmergencyVehicle:f1": "fire_119/http", "EmergencyCall:1": "ambulance_120/http"} {
		e := decode[entityInfo](t, g, "/api/entity?id=urn:ngsi-ld:"+id)
		if e.Feed != want || e.Department.En == "" {
			t.Errorf("%s comes from %q of %q, not %q", id, e.Feed, e.Department.En, want)
		}
	}
}
