package ngsild

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"citybrain/policy"
	"citybrain/twin"
)

// inbox is an endpoint on loopback that takes notifications.
type inbox struct {
	*httptest.Server
	got chan *http.Request // with its body in notified
}

type notified struct {
	ID, Type, SubscriptionID, NotifiedAt string
	Data                                 []map[string]any
	Context                              any `json:"@context"`
}

type bodyKey struct{}

func newInbox(t *testing.T, status int) *inbox {
	b := &inbox{got: make(chan *http.Request, 100)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var n notified
		if err := json.Unmarshal(raw, &n); err != nil {
			t.Errorf("notification %s: %v", raw, err)
		}
		if w.WriteHeader(status); status == http.StatusFound {
			return
		}
		b.got <- r.WithContext(context.WithValue(context.Background(), bodyKey{}, n))
	}))
	t.Cleanup(b.Close)
	return b
}

// next waits for a notification.
func (b *inbox) next(t *testing.T) (notified, *http.Request) {
	t.Helper()
	select {
	case r := <-b.got:
		return r.Context().Value(bodyKey{}).(notified), r
	case <-time.After(5 * time.Second):
		t.Fatal("no notification came")
		return notified{}, nil
	}
}

// subscribe makes a subscription and returns its path below the API.
func (r *rig) subscribe(who policy.Principal, endpoint, more string) string {
	r.t.Helper()
	body := fmt.Sprintf(`{"type":"Subscription",%s,"notification":{"endpoint":{"uri":%q}}}`, more, endpoint)
	if strings.Contains(more, `"notification"`) {
		body = `{"type":"Subscription",` + strings.ReplaceAll(more, "ENDPOINT", endpoint) + `}`
	}
	w := r.do(who, "POST", "/subscriptions", body)
	r.want(w, 201)
	return strings.TrimPrefix(w.Header().Get("Location"), "/ngsi-ld/v1")
}

// told returns a subscription's notification member, once ready says that it is as it will be.
func (r *rig) told(who policy.Principal, path string, ready func(n map[string]any) bool) map[string]any {
	r.t.Helper()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		n := r.want(r.do(who, "GET", path, ""), 200).(map[string]any)["notification"].(map[string]any)
		if ready(n) {
			return n
		}
		if time.Now().After(end) {
			r.t.Fatalf("it stays %v", n)
		}
	}
}

func width(n int, w float64) twin.Change {
	return twin.Set(fmt.Sprintf("urn:ngsi-ld:Road:%d", n), "Road", twin.Number("width", w, "MTR", time.Time{}), twin.Point("location", 114+float64(n), 30))
}

func TestNotification(t *testing.T) {
	r, in := newRig(t, memory()), newInbox(t, 200)
	path := r.subscribe(admin, in.URL+"/in?x=1", `"entities":[{"type":"Road","idPattern":"[12]$"}],"watchedAttributes":["width"],"q":"width>5",
		"geoQ":{"georel":"near;maxDistance==100000","geometry":"Point","coordinates":[114,30]}`)
	r.apply(width(3, 9))                                                                                                        // not of the pattern
	r.apply(width(2, 9))                                                                                                        // too far away
	r.apply(twin.Set("urn:ngsi-ld:Road:21", "Road", twin.Number("width", 4, "", time.Time{}), twin.Point("location", 114, 30))) // too narrow
	r.apply(twin.Set("urn:ngsi-ld:Road:1", "Road", twin.Text("name", "x", time.Time{})))                                        // another attribute
	r.apply(twin.Set("urn:ngsi-ld:Place:1", "Place", twin.Number("width", 9, "", time.Time{})))                                 // another type
	r.apply(width(1, 8))
	n, q := in.next(t)
	id := strings.TrimPrefix(path, "/subscriptions/")
	if n.Type != "Notification" || n.SubscriptionID != id || !uri.MatchString(n.ID) || n.NotifiedAt == "" || len(n.Data) != 1 {
		t.Fatalf("notification %+v", n)
	}
	if s := fmt.Sprint(n.Data[0]["width"]); n.Data[0]["id"] != "urn:ngsi-ld:Road:1" || s != "map[type:Property unitCode:MTR value:8]" {
		t.Errorf("data %v", n.Data)
	}
	if q.Method != "POST" || q.URL.String() != "/in?x=1" || q.Header.Get("Content-Type") != "application/json" || q.Header.Get("Link") != coreLink {
		t.Errorf("%s %s %v", q.Method, q.URL, q.Header)
	}
	got := r.told(admin, path, func(n map[string]any) bool { return n["timesSent"] == 1.0 })
	if got["timesFailed"] != 0.0 || got["status"] != "ok" || got["lastSuccess"] == nil || got["lastSuccess"] != got["lastNotification"] || got["lastFailure"] != nil {
		t.Errorf("after a success: %v", got)
	}
	if len(in.got) > 0 {
		t.Errorf("%d more notifications", len(in.got))
	}
}

func TestNotificationForms(t *testing.T) {
	r, in := newRig(t, memory()), newInbox(t, 204)
	r.subscribe(admin, in.URL, `"watchedAttributes":["width"],"notification":{"attributes":["width"],"format":"keyValues","endpoint":{"uri":"ENDPOINT","accept":"application/ld+json"}}`)
	r.apply(width(1, 8))
	n, q := in.next(t)
	if fmt.Sprint(n.Data) != "[map[id:urn:ngsi-ld:Road:1 type:Road width:8]]" || n.Context != coreContext || q.Header.Get("Content-Type") != "application/ld+json" || q.Header.Get("Link") != "" {
		t.Errorf("%+v, %v", n, q.Header)
	}
}

// What an owner may not see is not sent, and that it changed is not told.
func TestNotificationHides(t *testing.T) {
	in := newInbox(t, 200)
	r := newRig(t, memory(), "127.0.0.1")
	r.subscribe(analyst, in.URL, `"entities":[{"type":"EmergencyCall"}]`)
	set := func(a twin.Attribute) { r.apply(twin.Set("urn:ngsi-ld:EmergencyCall:1", "EmergencyCall", a)) }
	set(twin.Text("text", "smoke", time.Time{}))
	set(twin.Text("caller", "Li", time.Time{}))
	set(twin.Number("priority", 1, "", time.Time{}))
	n, _ := in.next(t)
	if len(n.Data) != 1 || n.Data[0]["priority"] == nil || n.Data[0]["text"] != nil || n.Data[0]["caller"] != nil {
		t.Errorf("data %v", n.Data)
	}
}

func TestSubscriptionLife(t *testing.T) {
	r, in := newRig(t, memory()), newInbox(t, 200)
	path := r.subscribe(admin, in.URL, `"id":"urn:ngsi-ld:Subscription:mine","subscriptionName":"wide","entities":[{"type":"Road","id":"urn:ngsi-ld:Road:1"}],"throttling":0,"expiresAt":"2200-01-01T00:00:00Z"`)
	if path != "/subscriptions/urn:ngsi-ld:Subscription:mine" {
		t.Errorf("Location %s", path)
	}
	r.want(r.do(admin, "POST", "/subscriptions", `{"id":"urn:ngsi-ld:Subscription:mine","type":"Subscription","watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://localhost/"}}}`), 409)
	m := r.want(r.do(admin, "GET", path+"?options=sysAttrs", ""), 200).(map[string]any)
	if m["id"] != "urn:ngsi-ld:Subscription:mine" || m["type"] != "Subscription" || m["subscriptionName"] != "wide" || m["status"] != "active" || m["isActive"] != true || m["createdAt"] == nil ||
		fmt.Sprint(m["entities"]) != "[map[id:urn:ngsi-ld:Road:1 type:Road]]" || m["notification"].(map[string]any)["timesSent"] != 0.0 {
		t.Errorf("made: %v", m)
	}
	r.want(r.do(admin, "PATCH", path, `{"isActive":false,"subscriptionName":null}`), 204)
	if m := r.want(r.do(admin, "GET", path, ""), 200).(map[string]any); m["status"] != "paused" || m["subscriptionName"] != nil || m["createdAt"] != nil {
		t.Errorf("paused: %v", m)
	}
	last := newInbox(t, 200) // looked after behind the other: what it is told, the other was not
	r.subscribe(admin, last.URL, `"id":"urn:ngsi-ld:Subscription:z","watchedAttributes":["width"]`)
	r.apply(width(1, 1))
	last.next(t)
	r.want(r.do(admin, "PATCH", path, `{"isActive":true,"entities":[{"type":"Road","id":["urn:ngsi-ld:Road:1","urn:ngsi-ld:Road:2"]}]}`), 204)
	r.apply(width(2, 2))
	if n, _ := in.next(t); n.Data[0]["id"] != "urn:ngsi-ld:Road:2" {
		t.Errorf("after it goes on: %v", n.Data)
	}
	r.want(r.do(admin, "PATCH", path, `{"notification":null}`), 400)
	r.want(r.do(admin, "PATCH", path, `{"nonsense":1}`), 400)
}

// Others' subscriptions are not there, except to administrators.
func TestSubscriptionsOfOthers(t *testing.T) {
	r := newRig(t, memory(), "Example.com.")
	mine := r.subscribe(officer, "http://example.com/", `"watchedAttributes":["a"]`)
	r.subscribe(analyst, "https://EXAMPLE.com:8443/x", `"watchedAttributes":["a"]`)
	for who, want := range map[policy.Principal]int{officer: 1, analyst: 1, viewer: 0, admin: 2} {
		w := r.do(who, "GET", "/subscriptions?count=true&limit=1", "")
		if list := r.want(w, 200).([]any); len(list) != min(1, want) || w.Header().Get("NGSILD-Results-Count") != fmt.Sprint(want) {
			t.Errorf("%s sees %d of %s", who.Role, len(list), w.Header().Get("NGSILD-Results-Count"))
		}
	}
	for _, method := range []string{"GET", "DELETE"} {
		r.want(r.do(analyst, method, mine, ""), 404)
	}
	r.want(r.do(analyst, "PATCH", mine, `{"isActive":false}`), 404)
	r.want(r.do(viewer, "PATCH", mine, `{"isActive":false}`), 403)
	r.want(r.do(admin, "PATCH", mine, `{"isActive":false}`), 204)
	r.want(r.do(officer, "DELETE", mine, ""), 204)
	r.want(r.do(officer, "DELETE", mine, ""), 404)
	if err := r.pol.RemoveUser(admin, analyst.Name); err != nil {
		t.Fatal(err)
	}
	if list := r.want(r.do(admin, "GET", "/subscriptions", ""), 200).([]any); len(list) != 0 {
		t.Errorf("what is left of a removed user: %v", list)
	}
}

func TestSubscriptionRefused(t *testing.T) {
	r := newRig(t, memory(), "partner.example")
	const to = `"notification":{"endpoint":{"uri":"http://127.0.0.1:1/"}}`
	for _, c := range []struct {
		what, body string
		who        policy.Principal
		status     int
	}{
		{"viewer", `"watchedAttributes":["a"],` + to, viewer, 403},
		{"nobody", `"watchedAttributes":["a"],` + to, policy.Principal{}, 401},
		{"foreign host", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://192.0.2.1/"}}`, admin, 403},
		{"foreign name", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://example.org/"}}`, admin, 403},
		{"metadata service", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://169.254.169.254/latest"}}`, admin, 403},
		{"any address", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://0.0.0.0:8080/"}}`, admin, 403},
		{"number that is an address", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://2130706433/"}}`, admin, 403},
		{"name that begins like one named", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://partner.example.evil/"}}`, admin, 403},
		{"loopback, by an officer", `"watchedAttributes":["a"],` + to, officer, 403},
		{"scheme", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"file:///etc/passwd"}}`, admin, 400},
		{"password in it", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://a:b@localhost/"}}`, admin, 400},
		{"mqtt", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"mqtt://localhost/x"}}`, admin, 400},
		{"nothing to watch", to, admin, 400},
		{"empty", `"watchedAttributes":[],` + to, admin, 400},
		{"entity without type", `"entities":[{"id":"urn:x:1"}],` + to, admin, 400},
		{"entity id", `"entities":[{"type":"X","id":"x"}],` + to, admin, 400},
		{"no notification", `"watchedAttributes":["a"]`, admin, 400},
		{"unknown member", `"watchedAttributes":["a"],"timeInterval":60,` + to, admin, 400},
		{"unknown member of the endpoint", `"watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://localhost/","receiverInfo":[]}}`, admin, 400},
		{"format", `"watchedAttributes":["a"],"notification":{"format":"concise","endpoint":{"uri":"http://localhost/"}}`, admin, 400},
		{"q", `"watchedAttributes":["a"],"q":"a==",` + to, admin, 400},
		{"empty q", `"watchedAttributes":["a"],"q":"",` + to, admin, 400},
		{"geoQ", `"watchedAttributes":["a"],"geoQ":{"georel":"near"},` + to, admin, 400},
		{"null", `"watchedAttributes":null,` + to, admin, 400},
		{"throttling", `"watchedAttributes":["a"],"throttling":-1,` + to, admin, 400},
		{"past", `"watchedAttributes":["a"],"expiresAt":"2020-01-01T00:00:00Z",` + to, admin, 400},
		{"id of something else", `"id":"urn:ngsi-ld:Road:1","watchedAttributes":["a"],` + to, admin, 400},
	} {
		t.Run(c.what, func(t *testing.T) {
			sub := &rig{t, r.api, r.pol, r.tw, r.end}
			sub.want(sub.do(c.who, "POST", "/subscriptions", `{"type":"Subscription",`+c.body+`}`), c.status)
		})
	}
	if list := r.pol.Subscriptions(); len(list) > 0 {
		t.Errorf("kept all the same: %v", list)
	}
}

// An address is looked at again when connecting: what a name resolves to may have changed.
func TestDial(t *testing.T) {
	m := newMessenger([]string{"192.0.2.1"}, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := m.dial(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	for _, address := range []string{"192.0.2.2:80", "[2001:db8::1]:80", "0.0.0.0:" + fmt.Sprint(netip.MustParseAddrPort(l.Addr().String()).Port())} {
		if _, err := m.dial(t.Context(), "tcp", address); err == nil || !strings.Contains(err.Error(), "not loopback") {
			t.Errorf("%s: %v", address, err)
		}
	}
	local := policy.Principal{Name: "local", Role: policy.DutyOfficer}
	here, _ := url.Parse("http://[::1]:8080/")
	if err := newMessenger(nil, &local).mayNotify(local, here); err != nil {
		t.Errorf("who sits here may not have it notified: %v", err)
	}
	if err := newMessenger(nil, &local).mayNotify(officer, here); err == nil {
		t.Error("who does not sit here may")
	}
}

func TestNotificationFails(t *testing.T) {
	r, in := newRig(t, memory()), newInbox(t, http.StatusFound) // a redirect is not followed
	path := r.subscribe(admin, in.URL, `"watchedAttributes":["width"]`)
	r.apply(width(1, 1))
	got := r.told(admin, path, func(n map[string]any) bool { return n["timesFailed"] == 1.0 })
	if got["timesSent"] != 1.0 || got["status"] != "failed" || got["entitiesLost"] != 1.0 || got["lastFailure"] == nil || got["lastSuccess"] != nil {
		t.Errorf("after a failure: %v", got)
	}
}

func TestRestart(t *testing.T) {
	dir, in := t.TempDir(), newInbox(t, 200)
	open := func() *rig {
		tw, err := twin.Open(dir, twin.Options{Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		return newRig(t, tw)
	}
	r := open()
	body := `{"@context":{"ex":"https://example.com/"},"type":"Subscription","entities":[{"type":"ex:Road"}],"q":"ex:width>5","notification":{"endpoint":{"uri":"` + in.URL + `"}}}`
	w := r.do(admin, "POST", "/subscriptions", body, "Content-Type: application/ld+json")
	r.want(w, 201)
	path := strings.TrimPrefix(w.Header().Get("Location"), "/ngsi-ld/v1")
	gone := r.subscribe(admin, in.URL, `"watchedAttributes":["https://example.com/width"]`)
	r.want(r.do(admin, "DELETE", gone, ""), 204)
	r.stop()
	if err := r.tw.Close(); err != nil {
		t.Fatal(err)
	}
	r = open()
	defer r.tw.Close()
	set := func(w float64) {
		r.apply(twin.Set("urn:x:1", "https://example.com/Road", twin.Number("https://example.com/width", w, "", time.Time{})))
	}
	set(4)
	set(6)
	if n, _ := in.next(t); n.Data[0]["id"] != "urn:x:1" || "/subscriptions/"+n.SubscriptionID != path {
		t.Errorf("after the restart: %+v", n)
	}
	if m := r.want(r.do(admin, "GET", path, ""), 200).(map[string]any); fmt.Sprint(m["entities"]) != "[map[type:https://example.com/Road]]" {
		t.Errorf("after the restart: %v", m)
	}
	r.want(r.do(admin, "GET", gone, ""), 404)
	r.stop()
	r.want(r.do(admin, "POST", "/subscriptions", body, "Content-Type: application/ld+json"), 503)
}

// Changes that come faster than they are looked at are told as a gap.
func TestGap(t *testing.T) {
	r, in := newRig(t, memory()), newInbox(t, 200)
	path := r.subscribe(admin, in.URL, `"watchedAttributes":["width"]`)
	r.api.subs.mu.Lock() // the watcher stands still, the writers don't
	for i := range watchBuffer + 10 {
		r.apply(width(1, float64(i)))
	}
	r.api.subs.mu.Unlock()
	r.told(admin, path, func(map[string]any) bool { // a gap is told with what comes next
		r.apply(width(1, 0))
		return len(in.got) > 0
	})
	r.told(admin, path, func(n map[string]any) bool { return n["gaps"] == 1.0 })
}

func TestManySubscriptions(t *testing.T) {
	r := newRig(t, memory(), "named")
	for range maxOfOwner {
		r.subscribe(officer, "http://named/", `"watchedAttributes":["a"]`)
	}
	const more = `{"type":"Subscription","watchedAttributes":["a"],"notification":{"endpoint":{"uri":"http://named/"}}}`
	r.want(r.do(officer, "POST", "/subscriptions", more), 403)
	r.want(r.do(analyst, "POST", "/subscriptions", more), 201)
}

// The twin's end is the service's end.
func TestTwinCloses(t *testing.T) {
	r := newRig(t, memory())
	r.subscribe(admin, "http://localhost:1/", `"watchedAttributes":["a"]`)
	if err := r.tw.Close(); err != nil {
		t.Fatal(err)
	}
	r.api.Wait()
}

// post is an endpoint without a network, for tests whose clock is made up.
type post struct {
	mu     sync.Mutex
	bodies []notified
	at     []time.Duration
	start  time.Time
	err    error
	takes  time.Duration
}

func (p *post) RoundTrip(r *http.Request) (*http.Response, error) {
	var n notified
	if err := json.NewDecoder(r.Body).Decode(&n); err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.bodies, p.at = append(p.bodies, n), append(p.at, time.Since(p.start))
	err, takes := p.err, p.takes
	p.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: 200, Body: http.NoBody}, nil
}

// posts returns what came by now, and when.
func (p *post) posts() ([]notified, []time.Duration) {
	synctest.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.bodies), slices.Clone(p.at)
}

func (p *post) set(takes time.Duration, err error) {
	p.mu.Lock()
	p.takes, p.err = takes, err
	p.mu.Unlock()
}

func bubble(t *testing.T, test func(t *testing.T, r *rig, p *post)) {
	synctest.Test(t, func(t *testing.T) {
		r, p := newRig(t, memory()), &post{start: time.Now()}
		r.api.subs.post.client.Transport = p
		test(t, r, p)
	})
}

func TestThrottling(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig, p *post) {
		path := r.subscribe(admin, "http://localhost/", `"watchedAttributes":["width"],"throttling":60`)
		for i := range 100 { // one change a second of one of ten roads
			r.apply(width(i%10, float64(i)))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		posts, at := p.posts()
		if fmt.Sprint(at) != "[0s 1m0s 2m0s]" {
			t.Fatalf("posts at %v", at)
		}
		// The first is alone, then each road once with its newest width.
		for i, want := range []int{1, 10, 10} {
			if n := len(posts[i].Data); n != want {
				t.Errorf("post %d has %d entities, want %d", i, n, want)
			}
		}
		if s := fmt.Sprint(posts[2].Data[9]); !strings.Contains(s, "value:9") {
			t.Errorf("the last road of the last post: %s", s)
		}
		n := r.told(admin, path, func(map[string]any) bool { return true })
		if n["entitiesMerged"] != 100.0-21 || n["entitiesLost"] != 0.0 || n["timesSent"] != 3.0 {
			t.Errorf("counters %v", n)
		}
		// Less throttling holds at once.
		r.apply(width(1, 1))
		synctest.Wait()
		r.want(r.do(admin, "PATCH", path, `{"throttling":null}`), 204)
		if _, at := p.posts(); len(at) != 4 {
			t.Errorf("posts at %v", at)
		}
	})
}

func TestExpires(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig, p *post) {
		path := r.subscribe(admin, "http://localhost/", `"watchedAttributes":["width"],"expiresAt":"`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"`)
		r.apply(width(1, 1))
		time.Sleep(time.Hour)
		r.apply(width(1, 2))
		posts, _ := p.posts()
		if m := r.want(r.do(admin, "GET", path, ""), 200).(map[string]any); m["status"] != "expired" || len(posts) != 1 {
			t.Errorf("%v after %d posts", m["status"], len(posts))
		}
	})
}

// A failing endpoint is asked less and less; when it works again it gets what is newest.
func TestPause(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig, p *post) {
		p.set(0, errors.New("refused"))
		path := r.subscribe(admin, "http://localhost/", `"watchedAttributes":["width"]`)
		for i := range 20 {
			r.apply(width(1, float64(i)))
			time.Sleep(time.Second)
		}
		if _, at := p.posts(); fmt.Sprint(at) != "[0s 1s 3s 7s 15s]" {
			t.Errorf("posts at %v", at)
		}
		p.set(0, nil)
		time.Sleep(time.Minute)
		n := r.told(admin, path, func(map[string]any) bool { return true })
		if n["timesSent"] != 6.0 || n["timesFailed"] != 5.0 || n["entitiesLost"] != 5.0 || n["entitiesMerged"] != 14.0 || n["status"] != "ok" {
			t.Errorf("counters %v", n)
		}
	})
}

// A slow endpoint holds up no writer, and no more waits for it than was said.
func TestSlowEndpoint(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig, p *post) {
		p.set(postTimeout-time.Second, nil)
		path := r.subscribe(admin, "http://localhost/", `"watchedAttributes":["width"]`)
		r.apply(width(0, 0))
		synctest.Wait()
		for i := range maxWaiting + 50 {
			r.apply(twin.Set(fmt.Sprintf("urn:x:%d", i), "Road", twin.Number("width", 1, "", time.Time{})))
			synctest.Wait()
		}
		if d := time.Since(p.start); d != 0 {
			t.Errorf("writing took %v", d)
		}
		time.Sleep(time.Minute)
		n := r.told(admin, path, func(map[string]any) bool { return true })
		posts, _ := p.posts()
		if len(posts) != 2 || len(posts[1].Data) != maxWaiting || n["entitiesLost"] != 50.0 || n["timesFailed"] != 0.0 {
			t.Errorf("%d posts, counters %v", len(posts), n)
		}
		p.set(time.Hour, nil)
		r.apply(width(0, 1))
		synctest.Wait()
		r.stop() // does not wait for the endpoint
		if d := time.Since(p.start); d > 2*time.Minute {
			t.Errorf("the end came after %v", d)
		}
	})
}

// What waited for an owner of one role is not sent to the owner of another.
func TestOwnerChanges(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig, p *post) {
		r.api.subs.post.named = []string{"named"}
		path := r.subscribe(officer, "http://named/", `"entities":[{"type":"EmergencyCall"}],"throttling":60`)
		say := func(s string) {
			t.Helper()
			r.apply(twin.Set("urn:ngsi-ld:EmergencyCall:1", "EmergencyCall", twin.Text("text", s, time.Time{}), twin.Number("n", 1, "", time.Time{})))
			synctest.Wait()
		}
		say("smoke")
		say("fire")
		role := policy.Analyst
		if err := r.pol.ChangeUser(admin, officer.Name, policy.UserChange{Role: &role}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		posts, _ := p.posts()
		if len(posts) != 1 || posts[0].Data[0]["text"] == nil {
			t.Fatalf("posts %v", posts)
		}
		say("fire again")
		if posts, _ = p.posts(); len(posts) != 2 || posts[1].Data[0]["text"] != nil || posts[1].Data[0]["n"] == nil {
			t.Fatalf("posts %v", posts)
		}
		if n := r.told(admin, path, func(map[string]any) bool { return true }); n["entitiesLost"] != 1.0 {
			t.Errorf("counters %v", n)
		}
		role = policy.Viewer
		if err := r.pol.ChangeUser(admin, officer.Name, policy.UserChange{Role: &role}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		say("all over")
		time.Sleep(time.Hour)
		if posts, _ = p.posts(); len(posts) != 2 {
			t.Errorf("a viewer is sent %v", posts[2:])
		}
	})
}
