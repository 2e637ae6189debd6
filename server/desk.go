package server

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"citybrain/policy"
	"citybrain/twin"
)

// A desk answers what takes a twin and its policy alone: its branches, its history, its users, a copy of it. It takes who asks
// from the request's context.
type desk struct {
	twin   *twin.Twin
	policy *policy.Policy
	dir    string // of the twin; "": it is in memory
	build  string
	alone  bool // nobody works on the twin beside it
	log    *slog.Logger
}

// Desk answers, for a twin that no server runs on, the requests that a server answers of branches, history and users: the
// command line works on a folder as it does on a server.
func Desk(t *twin.Twin, p *policy.Policy, build string) http.Handler {
	m := http.NewServeMux()
	desk{twin: t, policy: p, build: build, alone: true, log: slog.New(slog.DiscardHandler)}.routes(m)
	return m
}

func (d desk) routes(m *http.ServeMux) {
	m.HandleFunc("GET /api/branches", d.branches)
	m.HandleFunc("POST /api/branches", d.fork)
	m.HandleFunc("DELETE /api/branches", d.drop)
	m.HandleFunc("GET /api/diff", d.diff)
	m.HandleFunc("POST /api/merge", d.merge)
	m.HandleFunc("GET /api/history", d.history)
	m.HandleFunc("GET /api/users", d.users)
	m.HandleFunc("POST /api/users", d.addUser)
	m.HandleFunc("PATCH /api/users", d.changeUser)
	m.HandleFunc("DELETE /api/users", d.removeUser)
	m.HandleFunc("GET /api/backup", d.backup)
	m.HandleFunc("GET /api/version", d.version)
}

// view is a branch ("" is main) as whoever makes a request may see it, for the purpose that they name.
func (d desk) view(r *http.Request, branch string) (policy.View, error) {
	return d.policy.View(policy.From(r.Context()), policy.Purpose(r.URL.Query().Get("purpose")), branch)
}

// A Version is what a server was built from and runs on.
type Version struct {
	Build string `json:"build"`
	Go    string `json:"go"`
	OS    string `json:"os"`
	Arch  string `json:"arch"`
}

func (d desk) version(w http.ResponseWriter, r *http.Request) {
	answer(w, Version{d.build, runtime.Version(), runtime.GOOS, runtime.GOARCH})
}

// backup streams a copy of the twin's folder. It holds everything, password hashes included.
func (d desk) backup(w http.ResponseWriter, r *http.Request) {
	who := policy.From(r.Context())
	if err := who.Allow(policy.Administer); err != nil {
		fail(w, fmt.Errorf("backup: %w", err))
		return
	}
	if d.dir == "" {
		http.Error(w, "backup: this server keeps its twin in memory; start it with --data DIR", http.StatusConflict)
		return
	}
	w.Header().Set("Content-Type", "application/x-tar")
	w.Header().Set("Content-Disposition", `attachment; filename="citybrain-`+time.Now().UTC().Format("20060102-150405")+`.tar"`)
	w.Header().Set("Cache-Control", "no-store")
	c := &counter{w: w}
	m, err := twin.Backup(d.dir, c)
	switch {
	case err == nil:
		d.log.Info("backup", "position", m.Position, "by", who.Name)
	case c.n == 0:
		w.Header().Del("Content-Disposition")
		fail(w, err)
	default:
		d.log.Error("backup", "err", err, "by", who.Name)
		panic(http.ErrAbortHandler) // a copy without its manifest must not look whole
	}
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
