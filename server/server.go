package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/emergency"
	"citybrain/exchange"
	"citybrain/flood"
	"citybrain/policy"
	"citybrain/traffic"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// Config is how a server answers.
type Config struct {
	Exercise bool // nothing here is real: every page says so
	Build    string
	Start    time.Time
	End      time.Time
	Data     string         // the twin's folder, with accounts to show; empty: the twin is in memory
	Console  fs.FS          // the built console
	Policy   *policy.Policy // of the twin; nil: without users, whoever sits at this machine may do everything
	NGSILD   http.Handler   // answers below /ngsi-ld/v1/; may be nil
	Log      *slog.Logger
}

// A Server serves one running city.
type Server struct {
	cfg         Config
	city        *city.City
	twin        *twin.Twin
	policy      *policy.Policy
	tiles       *tiles
	turns       city.TurnIndex
	instruments []city.Instrument
	static      map[string][]byte // JSON that never changes, by path
	now         atomic.Pointer[frame]
	wake        atomic.Pointer[chan struct{}]
	changes     uint64 // of decisions so far
	covered     atomic.Pointer[covered]
	ground      atomic.Pointer[flood.Sim] // of the brain, for what lies below the size of its cells; nothing else of it is read
	todo        chan func(decider)        // what people decided: all of it between two ticks
	asked       chan question             // what they want to see of the brain: one between two ticks
	ahead       chan struct{}             // whoever holds it looks ahead on the brain's copies

	mu          sync.RWMutex
	timeline    []sample
	recorded    []record
	feeds       []feedInfo
	fan         *fanInfo
	spreads     []*brain.Spread      // of the newest forecast's branches
	hydrographs []brain.Hydrograph   // of the newest forecast, by instrument
	speeds      *brain.SpeedForecast // the newest; nil: none
	search      []found
}

// frame is one moment of the city as messages, immutable once published.
type frame struct {
	at       time.Time
	vehicles []byte
	signals  []byte
	water    []byte
	speeds   []byte
	status   []byte
	plain    []byte // the status without the calls, for whoever may not know where somebody called from
	ways     []byte // the units' ways to calls, for whoever may
	decided  []decided
}

// messages lists the frame's messages as one reader gets them.
func (f *frame) messages(places bool) [6][]byte {
	if places {
		return [6][]byte{f.vehicles, f.signals, f.water, f.speeds, f.status, f.ways}
	}
	return [6][]byte{f.vehicles, f.signals, f.water, f.speeds, f.plain}
}

type found struct {
	ID   string     `json:"id"`
	Name city.Text  `json:"name"`
	Type string     `json:"type"`
	At   [2]float64 `json:"at"`
}

// New prepares a server for a city and its twin.
func New(c *city.City, t *twin.Twin, cfg Config) *Server {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Policy == nil {
		cfg.Policy = policy.New(t, policy.Options{Provides: Provides(), Local: &policy.Principal{Name: "this machine", Role: policy.Administrator}})
	}
	s := &Server{cfg: cfg, city: c, twin: t, policy: cfg.Policy, tiles: newTiles(c), turns: c.Streets.IndexTurns(), todo: make(chan func(decider), 64), asked: make(chan question, 8), ahead: make(chan struct{}, 1)}
	ch := make(chan struct{})
	s.wake.Store(&ch)
	s.static = map[string][]byte{"/api/city": s.cityJSON(), "/api/signals": s.signalsJSON(), "/api/equipment": s.equipmentJSON(), "/api/districts": s.districtsJSON()}
	s.instruments = city.Instruments(c)
	s.search = s.searchable()
	return s
}

// Handler answers all requests.
func (s *Server) Handler() http.Handler {
	m := http.NewServeMux()
	for path, body := range s.static {
		m.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write(body)
		})
	}
	m.Handle("GET /tiles/{z}/{x}/{y}", s.tiles)
	m.HandleFunc("GET /api/me", s.me)
	m.HandleFunc("GET /api/live", s.live)
	m.HandleFunc("GET /api/frame", s.frameAt)
	m.HandleFunc("GET /api/timeline", func(w http.ResponseWriter, r *http.Request) { s.locked(w, func() any { return nonNil(s.timeline) }) })
	m.HandleFunc("GET /api/forecast", func(w http.ResponseWriter, r *http.Request) { s.locked(w, func() any { return s.fan }) })
	m.HandleFunc("GET /api/feeds", func(w http.ResponseWriter, r *http.Request) { s.locked(w, func() any { return nonNil(s.feeds) }) })
	m.HandleFunc("GET /api/entity", s.entity)
	m.HandleFunc("GET /api/junction", s.junction)
	m.HandleFunc("GET /api/street", s.street)
	m.HandleFunc("GET /api/profile", s.profile)
	m.HandleFunc("GET /api/reach", s.reach)
	m.HandleFunc("GET /api/coverage", s.coverage)
	m.HandleFunc("GET /api/detail", s.detail)
	m.HandleFunc("GET /api/hydrograph", s.hydrograph)
	m.HandleFunc("GET /api/workplan", s.workplan)
	m.HandleFunc("GET /api/search", s.find)
	m.HandleFunc("GET /api/account", s.account)
	m.HandleFunc("POST /api/decisions/{verdict}", s.verdict)
	m.HandleFunc("POST /api/halt", s.halt)
	m.HandleFunc("GET /metrics", s.metrics)
	s.desk().routes(m)
	if s.cfg.NGSILD != nil {
		m.Handle("/ngsi-ld/v1/", s.cfg.NGSILD)
	}
	known := s.known(m)

	// All that says anything of the city stands behind known; the console's own files say nothing.
	open := http.NewServeMux()
	for _, below := range []string{"/api/", "/tiles/", "/ngsi-ld/", "/metrics"} {
		open.Handle(below, known)
	}
	open.HandleFunc("POST /api/login", s.login)
	open.HandleFunc("POST /api/logout", s.logout)
	open.HandleFunc("GET /healthz", s.health)
	if s.cfg.Console != nil {
		files := http.FileServerFS(s.cfg.Console)
		open.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/assets/") {
				w.Header().Set("Cache-Control", "max-age=31536000, immutable")
			}
			files.ServeHTTP(w, r)
		})
	}
	// A page of another site may neither send anything here nor hold the console in a frame and have somebody click in it.
	guarded := http.NewCrossOriginProtection().Handler(compress(open))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("X-Frame-Options", "DENY")
		guarded.ServeHTTP(w, r)
	})
}

func (s *Server) desk() desk {
	return desk{twin: s.twin, policy: s.policy, dir: s.cfg.Data, build: s.cfg.Build, log: s.cfg.Log}
}

func nonNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (s *Server) locked(w http.ResponseWriter, get func() any) {
	s.mu.RLock()
	b, err := json.Marshal(get())
	s.mu.RUnlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(b)
}

// A decider is what people may ask of the brain.
type decider interface {
	Verdict(id string, approve bool, by string) error
	Halt(on bool, by string) error
	OpenJunction(j int) (brain.JunctionNow, func(context.Context) (brain.JunctionAhead, error))
	OpenStreet(chain []int32, junctions []int, turns []int32) func(context.Context) ([2]brain.StreetPlay, error)
	OpenReach(at orb.Point, kind string, when time.Time) (func(context.Context) (brain.Reach, error), error)
	OpenCoverage(kind string) (func(context.Context) (brain.Coverage, error), error)
	Detail(id string) (brain.Detail, bool)
}

// A question is something that a request wants of the brain.
type question struct {
	ctx context.Context
	f   func(decider)
}

// Act carries out what people asked for since the last call. Whoever runs the brain calls it between ticks.
func (s *Server) Act(b *brain.Brain) {
	for {
		select {
		case f := <-s.todo:
			f(b)
			continue
		default:
		}
		select {
		case q := <-s.asked:
			if q.ctx.Err() == nil { // somebody waits for it still
				q.f(b)
				return
			}
		default:
			return
		}
	}
}

// Move publishes where the vehicles are now, between two ticks of the brain.
func (s *Server) Move(b *brain.Brain, now time.Time) {
	old := s.now.Load()
	if old == nil {
		return
	}
	f := *old
	f.at, f.vehicles = now, vehicles(s.city, b.Streets(), float64(now.UnixMilli())/1000)
	s.publish(&f)
}

// Observe publishes the city as it is after a tick. speed is how many seconds of the city one of the wall takes; slowed says
// that it is less than asked for because the brain needs more time.
func (s *Server) Observe(b *brain.Brain, x *exchange.Exchange, now time.Time, speed float64, slowed bool) {
	old := s.now.Load()
	f := &frame{at: now, vehicles: vehicles(s.city, b.Streets(), float64(now.UnixMilli())/1000), signals: signals(s.city, b)}
	minute := old == nil || now.Truncate(time.Minute).After(old.at)
	if old != nil {
		f.water, f.speeds, f.ways = old.water, old.speeds, old.ways
	}
	if now.Unix()%5 == 0 || f.ways == nil {
		f.ways = s.ways(b, f.ways)
	}
	if wm := b.Water(); wm != nil && (f.water == nil || now.Unix()%15 == 0) {
		s.ground.Store(wm)
		means := wm.Depths()
		f.water = s.laid(wm, func(c int) float64 { return means[c] })
	}
	if f.speeds == nil || now.Unix()%15 == 0 {
		f.speeds = speeds(s.city, b.Streets())
	}
	var err error
	if f.decided, err = s.decisions(b); err != nil {
		s.cfg.Log.Error("decisions", "err", err)
		return
	}
	st := s.status(b, now, speed, slowed)
	if f.status, f.plain, err = st.messages(); err != nil {
		s.cfg.Log.Error("status", "err", err)
		return
	}
	if minute {
		s.minute(b, x, f, st)
	}
	s.publish(f)
}

func (s *Server) publish(f *frame) {
	s.now.Store(f)
	next := make(chan struct{})
	close(*s.wake.Swap(&next))
}

type status struct {
	Clock  float64    `json:"clock"`
	Speed  float64    `json:"speed"`
	Slowed bool       `json:"slowed"`
	Halted bool       `json:"halted"`
	Totals totals     `json:"totals"`
	Units  []unitInfo `json:"units"`
	Calls  []callInfo `json:"calls"`
}

type totals struct {
	Vehicles  int     `json:"vehicles"`
	Speed     float64 `json:"speed"`
	Rain      float64 `json:"rain"`
	RainTotal float64 `json:"rainTotal"`
	Tide      float64 `json:"tide"`
	Calls     int     `json:"calls"`
	Units     int     `json:"units"`
}

type unitInfo struct {
	ID     string     `json:"id"`
	Name   city.Text  `json:"name"` // what people call it
	Kind   string     `json:"kind"` // ambulance unless its centre says otherwise
	At     [2]float64 `json:"at"`
	Status string     `json:"status"`
	Call   string     `json:"call,omitempty"`
	Lost   bool       `json:"lost,omitempty"` // it has stopped reporting
}

type callInfo struct {
	ID       string     `json:"id"`
	Kind     string     `json:"kind,omitempty"` // none: its centre does not say
	At       [2]float64 `json:"at"`
	Priority int        `json:"priority"`
	Status   string     `json:"status"`
	Ring     float64    `json:"ring"`
}

// messages returns the status for who may know where calls came from, and for who may not: a call without its place is not on
// the map.
func (st *status) messages() (full, plain []byte, err error) {
	without := *st
	without.Calls = []callInfo{}
	for _, m := range []struct {
		of *status
		to *[]byte
	}{{st, &full}, {&without, &plain}} {
		body, err := json.Marshal(m.of)
		if err != nil {
			return nil, nil, err
		}
		*m.to = message(msgStatus, body)
	}
	return full, plain, nil
}

func (s *Server) status(b *brain.Brain, now time.Time, speed float64, slowed bool) *status {
	st := &status{Clock: float64(now.UnixMilli()) / 1000, Speed: speed, Slowed: slowed, Halted: b.Halted(), Units: []unitInfo{}, Calls: []callInfo{}}
	t := b.Streets().Totals()
	st.Totals.Vehicles, st.Totals.Speed = t.Running, meanSpeed(b.Streets())*3.6
	st.Totals.Rain, st.Totals.RainTotal = b.RainNow()
	if b.Water() != nil {
		st.Totals.Tide = b.Water().TideLevel(now.Sub(s.cfg.Start))
	}
	snap := s.twin.Main().Snapshot()
	for e := range snap.Query(twin.Query{Types: []string{"EmergencyVehicle"}}) {
		if lon, lat, ok := e.Location(); ok {
			name, _ := e.Text("status")
			if u, err := emergency.ParseStatus(name); err == nil && u.Free() {
				st.Totals.Units++
			}
			st.Units = append(st.Units, s.unit(&e, [2]float64{lon, lat}, name))
		}
	}
	for e := range snap.Query(twin.Query{Types: []string{"EmergencyCall"}}) {
		state, _ := e.Text("status")
		lon, lat, ok := e.Location()
		if state == "closed" || !ok {
			continue
		}
		pr, _ := e.Number("priority")
		kind, _ := e.Text("kind")
		ring, _ := e.Number("ring")
		st.Totals.Calls++
		st.Calls = append(st.Calls, callInfo{e.ID, kind, [2]float64{lon, lat}, int(pr), state, ring})
	}
	return st
}

// meanSpeed is the network's space-mean speed now, m/s.
func meanSpeed(s *traffic.Sim) float64 {
	var sum, n float64
	for v := range s.Vehicles() {
		sum, n = sum+v.Speed, n+1
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// live streams frames: each client gets the newest, whatever it missed, and of the decisions those that it has not got as they are. It ends with the client's session.
func (s *Server) live(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Cache-Control", "no-store")
	flush := http.NewResponseController(w)
	var last [6][]byte
	var heard uint64
	for {
		wake := *s.wake.Load()
		who, err := s.who(r)
		if err != nil {
			return
		}
		if f := s.now.Load(); f != nil {
			is := f.messages(s.seesPlaces(who))
			for i, m := range is {
				if len(m) > 0 && (len(last[i]) == 0 || &m[0] != &last[i][0]) {
					if _, err := w.Write(m); err != nil {
						return
					}
				}
			}
			last = is
			m, upTo := since(f.decided, heard)
			if heard = upTo; m != nil {
				if _, err := w.Write(m); err != nil {
					return
				}
			}
			if err := flush.Flush(); err != nil {
				return
			}
		}
		select {
		case <-wake:
		case <-r.Context().Done():
			return
		}
	}
}

// seesPlaces reports whether somebody may know where calls came from: whether any has a place in their view.
func (s *Server) seesPlaces(who policy.Principal) bool {
	v, err := s.policy.View(who, policy.Operation, "")
	if err != nil {
		return false
	}
	for range v.Query(policy.Query{Types: []string{"EmergencyCall"}, Limit: 1, Where: func(e *policy.Entity) bool { _, _, ok := e.Location(); return ok }}) {
		return true
	}
	return false
}

func (s *Server) verdict(w http.ResponseWriter, r *http.Request) {
	who := policy.From(r.Context())
	if err := who.Allow(policy.Decide); err != nil {
		fail(w, err)
		return
	}
	var q struct{ ID string }
	if !read(w, r, &q) {
		return
	}
	v := r.PathValue("verdict")
	if v != "approve" && v != "refuse" {
		http.Error(w, "verdict: approve or refuse", http.StatusNotFound)
		return
	}
	s.ask(w, r, func(b decider) error {
		err := b.Verdict(q.ID, v == "approve", who.Name)
		if err == nil {
			s.cfg.Log.Info("verdict", "decision", q.ID, "verdict", v, "by", who.Name, "role", who.Role)
		}
		return err
	})
}

func (s *Server) halt(w http.ResponseWriter, r *http.Request) {
	who := policy.From(r.Context())
	if err := who.Allow(policy.Halt); err != nil {
		fail(w, err)
		return
	}
	var q struct{ On bool }
	if !read(w, r, &q) {
		return
	}
	s.ask(w, r, func(b decider) error {
		s.cfg.Log.Warn("automation", "halted", q.On, "by", who.Name, "role", who.Role)
		return b.Halt(q.On, who.Name)
	})
}

// ask queues something for the next tick and waits for its result.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, f func(decider) error) {
	done := make(chan error, 1)
	select {
	case s.todo <- func(b decider) { done <- f(b) }:
	default:
		http.Error(w, "too many requests are waiting; try again", http.StatusServiceUnavailable)
		return
	}
	select {
	case err := <-done:
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	case <-time.After(30 * time.Second):
		http.Error(w, "the city did not tick within 30 s; the request is still queued", http.StatusGatewayTimeout)
	case <-r.Context().Done():
	}
}

func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	f := s.now.Load()
	if f == nil {
		http.Error(w, "starting", http.StatusServiceUnavailable)
		return
	}
	answer(w, map[string]any{"status": "ok", "clock": f.at, "build": s.cfg.Build})
}

func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, f := range s.feeds {
		fmt.Fprintf(w, "citybrain_feed_received_total{feed=%q} %d\ncitybrain_feed_rejected_total{feed=%q} %d\ncitybrain_feed_late_total{feed=%q} %d\n", f.ID, f.Received, f.ID, f.Rejected, f.ID, f.Late)
	}
	if n := len(s.timeline); n > 0 {
		fmt.Fprintf(w, "citybrain_vehicles %d\ncitybrain_mean_speed_kmh %g\n", s.timeline[n-1].Vehicles, s.timeline[n-1].Speed)
	}
	fmt.Fprintf(w, "citybrain_branches %d\n", len(s.twin.Branches()))
}

// account lists the accounts in the data folder that season printed, newest last.
func (s *Server) account(w http.ResponseWriter, r *http.Request) {
	type line struct {
		File   string          `json:"file"`
		Season json.RawMessage `json:"season"`
	}
	list := []line{}
	if s.cfg.Data != "" {
		files, err := filepath.Glob(filepath.Join(s.cfg.Data, "accounts", "*.json"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		sort.Strings(files)
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil || !json.Valid(b) {
				s.cfg.Log.Warn("account left out", "file", f, "err", err)
				continue
			}
			list = append(list, line{filepath.Base(f), b})
		}
	}
	answer(w, list)
}

func (s *Server) find(w http.ResponseWriter, r *http.Request) {
	q := strings.ToLower(strings.TrimSpace(r.URL.Query().Get("q")))
	list := []found{}
	for _, f := range s.search {
		if q != "" && (strings.Contains(strings.ToLower(f.Name.En), q) || strings.Contains(f.Name.Zh, q) || strings.Contains(strings.ToLower(f.ID), q)) {
			if list = append(list, f); len(list) == 20 {
				break
			}
		}
	}
	answer(w, list)
}
