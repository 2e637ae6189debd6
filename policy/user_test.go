package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"citybrain/twin"
)

const password = "correct horse"

func TestLogin(t *testing.T) {
	m := make1(Options{})
	ok(t, m.AddUser(admin, officer, password))
	token, who, err := m.Login("otto", password, "10.0.0.1")
	ok(t, err)
	if got, in := m.Session(token); !in || got != officer || who != officer {
		t.Fatalf("session of %v, %v; login of %v", got, in, who)
	}
	for _, c := range [][2]string{{"otto", "wrong horse"}, {"otto", ""}, {"zoe", password}, {"", ""}, {"otto", strings.Repeat("x", 5000)}, {strings.Repeat("x", 5000), password}} {
		if token, who, err := m.Login(c[0], c[1], "10.0.0.9"); !errors.Is(err, ErrLogin) || token != "" || who != nobody {
			t.Errorf("login %.20q %.20q: %v", c[0], c[1], err)
		}
	}
	m.wall = m.wall.Add(Lifetime - time.Second)
	if _, in := m.Session(token); !in {
		t.Error("the session ended early")
	}
	m.wall = m.wall.Add(time.Second)
	if _, in := m.Session(token); in {
		t.Error("the session did not end")
	}
	token, _, err = m.Login("otto", password, "10.0.0.1")
	ok(t, err)
	m.Logout(token)
	m.Logout("unknown")
	if _, in := m.Session(token); in {
		t.Error("logged out, and still in")
	}
}

func TestTooManyTries(t *testing.T) {
	m := make1(Options{})
	ok(t, m.AddUser(admin, officer, password))
	for range triesOfName {
		if _, _, err := m.Login("otto", "guess", "10.0.0.1"); !errors.Is(err, ErrLogin) {
			t.Fatal(err)
		}
	}
	if _, _, err := m.Login("otto", password, "10.0.0.1"); !errors.Is(err, ErrTries) {
		t.Errorf("the right password after too many tries: %v", err)
	}
	if _, _, err := m.Login("otto", password, "10.0.0.2"); err != nil {
		t.Errorf("from elsewhere the duty officer is locked out: %v", err)
	}
	m.wall = m.wall.Add(triesWindow)
	if _, _, err := m.Login("otto", password, "10.0.0.1"); err != nil {
		t.Errorf("after the window: %v", err)
	}
	for i := range triesOfAddress {
		if _, _, err := m.Login(fmt.Sprint("name", i), "guess", "10.0.0.3"); !errors.Is(err, ErrLogin) {
			t.Fatal(i, err)
		}
	}
	if _, _, err := m.Login("otto", password, "10.0.0.3"); !errors.Is(err, ErrTries) {
		t.Errorf("an address with many names: %v", err)
	}
	for i := range triesOfAddress {
		if _, _, err := m.Login(fmt.Sprint("name", i), "guess", fmt.Sprintf("2001:db8::%x", i)); !errors.Is(err, ErrLogin) {
			t.Fatal(i, err)
		}
	}
	if _, _, err := m.Login("otto", password, "2001:db8::ffff"); !errors.Is(err, ErrTries) {
		t.Errorf("one host with many IPv6 addresses: %v", err)
	}
	for i := range maxTries { // as many networks as are remembered lock nobody out
		m.tries[fmt.Sprint("from ", i)] = &tries{count: 1, since: m.wall}
	}
	if _, _, err := m.Login("otto", password, "10.0.0.5"); err != nil || len(m.tries) > maxTries {
		t.Errorf("with %d tries remembered: %v", len(m.tries), err)
	}
	clear(m.tries)
	for range 3 * triesOfName { // logins that succeed are no failures
		if _, _, err := m.Login("otto", password, "10.0.0.4"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestChangesEndSessions(t *testing.T) {
	m := make1(Options{})
	ok(t, m.AddUser(admin, officer, password))
	ok(t, m.AddUser(admin, viewer, password))
	in := func(token string) bool { _, in := m.Session(token); return in }
	a, _, err := m.Login("otto", password, "")
	ok(t, err)
	b, _, err := m.Login("vera", password, "")
	ok(t, err)
	role, next := Analyst, "battery staple"
	ok(t, m.ChangeUser(admin, "otto", UserChange{Role: &role}))
	if who, in := m.Session(a); !in || who.Role != Analyst {
		t.Errorf("after a change of role: %v, %v", who, in)
	}
	ok(t, m.ChangeUser(admin, "otto", UserChange{Password: &next}))
	if in(a) || !in(b) {
		t.Errorf("after otto's password changed: otto in %v, vera in %v", in(a), in(b))
	}
	if _, _, err := m.Login("otto", password, ""); !errors.Is(err, ErrLogin) {
		t.Errorf("the old password: %v", err)
	}
	_, _, err = m.Login("otto", next, "")
	ok(t, err)
	ok(t, m.RemoveUser(admin, "vera"))
	ok(t, m.AddUser(admin, viewer, password)) // the same name is another person
	if in(b) {
		t.Error("a session outlived its user")
	}
}

func TestUsersAreChecked(t *testing.T) {
	m := make1(Options{Local: &admin})
	for _, u := range []Principal{{"", Viewer, ""}, {" x", Viewer, ""}, {"x\ny", Viewer, ""}, {strings.Repeat("x", 65), Viewer, ""}, {"brain", Viewer, ""}, {"adam", Viewer, ""},
		{"x", "king", ""}, {"x", "", ""}, {"x", Department, ""}, {"x", Viewer, "fire-rescue"}, {"x", Department, "magic"}} {
		if err := m.AddUser(admin, u, password); !errors.Is(err, ErrInvalid) {
			t.Errorf("user %v: %v", u, err)
		}
	}
	for _, p := range []string{"", "short", strings.Repeat("x", 1025)} {
		if err := m.AddUser(admin, viewer, p); !errors.Is(err, ErrInvalid) {
			t.Errorf("password of %d bytes: %v", len(p), err)
		}
	}
	ok(t, m.AddUser(admin, Principal{"李 明", Department, "fire-rescue"}, "八个字的密码也行"))
	if err := m.AddUser(admin, Principal{"李 明", Viewer, ""}, password); !errors.Is(err, ErrTaken) {
		t.Errorf("added twice: %v", err)
	}
	for _, who := range []Principal{nobody, viewer, officer, fire, analyst} {
		d := (*Denied)(nil)
		if err := m.AddUser(who, viewer, password); !errors.As(err, &d) {
			t.Errorf("%q adds a user: %v", who.Role, err)
		}
		if err := m.ChangeUser(who, "李 明", UserChange{}); !errors.As(err, &d) {
			t.Errorf("%q changes a user: %v", who.Role, err)
		}
		if err := m.RemoveUser(who, "李 明"); !errors.As(err, &d) {
			t.Errorf("%q removes a user: %v", who.Role, err)
		}
	}
	viewerRole := Viewer
	ok(t, m.ChangeUser(admin, "李 明", UserChange{Role: &viewerRole}))
	if who, _ := m.Named("李 明"); who != (Principal{"李 明", Viewer, ""}) {
		t.Errorf("after the change: %v", who)
	}
	if err := m.ChangeUser(admin, "zoe", UserChange{}); !errors.Is(err, ErrAbsent) {
		t.Errorf("zoe is changed: %v", err)
	}
	if err := m.RemoveUser(admin, "zoe"); !errors.Is(err, ErrAbsent) {
		t.Errorf("zoe is removed: %v", err)
	}
}

func TestLastAdministrator(t *testing.T) {
	m := make1(Options{})
	ok(t, m.AddUser(admin, admin, password))
	role := Viewer
	if err := m.RemoveUser(admin, "adam"); !errors.Is(err, ErrInvalid) {
		t.Errorf("the last administrator is removed: %v", err)
	}
	if err := m.ChangeUser(admin, "adam", UserChange{Role: &role}); !errors.Is(err, ErrInvalid) {
		t.Errorf("the last administrator becomes a viewer: %v", err)
	}
	ok(t, m.AddUser(admin, Principal{"ada", Administrator, ""}, password))
	ok(t, m.ChangeUser(admin, "adam", UserChange{Role: &role}))
	if err := m.RemoveUser(admin, "ada"); !errors.Is(err, ErrInvalid) {
		t.Errorf("then the other is removed: %v", err)
	}
	list, err := m.Users(admin)
	if err != nil || fmt.Sprint(list) != "[{ada administrator } {adam viewer }]" {
		t.Errorf("users %v, %v", list, err)
	}
}

// Users and subscriptions are read again after a restart; sessions are not.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	open := func() *made {
		tw, err := twin.Open(dir, twin.Options{Clock: time.Now})
		ok(t, err)
		return wrap(tw, Options{})
	}
	m := open()
	ok(t, m.AddUser(admin, officer, password))
	ok(t, m.AddUser(admin, fire, password))
	ok(t, m.AddUser(admin, viewer, password))
	ok(t, m.RemoveUser(admin, "vera"))
	ok(t, m.KeepSubscription(Subscription{ID: "urn:ngsi-ld:Subscription:1", Owner: "otto", Body: json.RawMessage(`{"q":"x==1"}`)}))
	ok(t, m.KeepSubscription(Subscription{ID: "urn:ngsi-ld:Subscription:2", Owner: "fiona", Body: json.RawMessage(`{}`)}))
	token, _, err := m.Login("otto", password, "")
	ok(t, err)
	ok(t, m.twin.Close())
	m = open()
	defer m.twin.Close()
	if _, in := m.Session(token); in {
		t.Error("a session outlived its process")
	}
	_, who, err := m.Login("otto", password, "")
	if err != nil || who != officer {
		t.Errorf("after the restart: %v, %v", who, err)
	}
	if list, err := m.Users(admin); err != nil || len(list) != 2 || list[0] != fire {
		t.Errorf("users %v, %v", list, err)
	}
	if list := m.Subscriptions(); len(list) != 2 || list[0].Owner != "otto" || string(list[0].Body) != `{"q":"x==1"}` || !m.HasSubscription("urn:ngsi-ld:Subscription:1") {
		t.Errorf("subscriptions %v", list)
	}
	ok(t, m.RemoveUser(admin, "otto"))
	if list := m.Subscriptions(); len(list) != 1 || list[0].Owner != "fiona" {
		t.Errorf("otto is gone, the subscriptions are %v", list)
	}
	for _, s := range []Subscription{{ID: "urn:ngsi-ld:Subscription:3", Owner: "otto"}, {ID: "urn:ngsi-ld:Road:1", Owner: "fiona"}} {
		if s.Body = json.RawMessage(`{}`); m.KeepSubscription(s) == nil {
			t.Errorf("%v is kept", s)
		}
	}
}

// What is kept of a password is made with fresh salt, and matches that password only.
func FuzzPassword(f *testing.F) {
	for _, s := range []string{"", "correct horse", "pbkdf2-sha256$2$$", "八个字的密码也行", "pbkdf2-sha256$-1$AA$AA", "$$$"} {
		f.Add(s, s)
	}
	m := make1(Options{})
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) < 40 { // too short to hold a key: whatever it says, it matches nothing, and at once
			if matches(a, b) {
				t.Errorf("%q matches %q", a, b)
			}
		}
		h, err := m.hash("x", a)
		if err != nil {
			return
		}
		g, _ := m.hash("x", a)
		if h == g || !matches(h, a) || (a != b) == matches(h, b) {
			t.Errorf("%q, %q: %s, %s", a, b, h, g)
		}
	})
}
