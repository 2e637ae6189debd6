package server

import (
	"fmt"
	"net/http"

	"citybrain/policy"
)

// A NewUser is what POST /api/users takes.
type NewUser struct {
	policy.Principal
	Password string `json:"password"`
}

func (d desk) users(w http.ResponseWriter, r *http.Request) {
	list, err := d.policy.Users(policy.From(r.Context()))
	if err != nil {
		fail(w, err)
		return
	}
	answer(w, nonNil(list))
}

func (d desk) addUser(w http.ResponseWriter, r *http.Request) {
	var q NewUser
	if !read(w, r, &q) {
		return
	}
	who := policy.From(r.Context())
	if q.Role != policy.Administrator && !Accounts(d.policy) {
		fail(w, fmt.Errorf("user %q: %w: the first user must be of the role %s: from then on everybody logs in, and nobody else could add users", q.Name, policy.ErrInvalid, policy.Administrator))
		return
	}
	if err := d.policy.AddUser(who, q.Principal, q.Password); err != nil {
		fail(w, err)
		return
	}
	d.log.Info("user added", "user", q.Name, "role", q.Role, "by", who.Name)
	w.WriteHeader(http.StatusCreated)
}

func (d desk) changeUser(w http.ResponseWriter, r *http.Request) {
	var q policy.UserChange
	if !read(w, r, &q) {
		return
	}
	who, name := policy.From(r.Context()), r.URL.Query().Get("name")
	if err := d.policy.ChangeUser(who, name, q); err != nil {
		fail(w, err)
		return
	}
	d.log.Info("user changed", "user", name, "by", who.Name)
	w.WriteHeader(http.StatusNoContent)
}

func (d desk) removeUser(w http.ResponseWriter, r *http.Request) {
	who, name := policy.From(r.Context()), r.URL.Query().Get("name")
	if err := d.policy.RemoveUser(who, name); err != nil {
		fail(w, err)
		return
	}
	d.log.Info("user removed", "user", name, "by", who.Name)
	w.WriteHeader(http.StatusNoContent)
}
