package account

import (
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/exchange"
	"citybrain/twin"
	"citybrain/wire"
	"citybrain/world"
)

// An Evening is one run in lockstep.
type Evening struct {
	City     *city.City
	Scenario string // storm or calm
	Seed     uint64 // of the world
	Hours    float64
	Trips    float64 // in the peak hour; 0: what loads the city's streets to a working day's evening
	Brain    bool
	Members  int // of a forecast; 0: 20
	Beside   int // further members, with which each forecast is made again to compare what is decided; 0: none
	Threads  int
	Dir      string // of a durable twin; "": in memory
	Build    string
	Feeds    bool                        // read the feeds even without the brain
	Progress func(sim, of time.Duration) // may be nil
	Plans    []city.PlanSpec             // nil: FairPlans
	// Detectors are the shares of loops with a fault, nil: the usual ones; Trusting has the brain believe all of them.
	Detectors  *world.DetectorRates
	Trusting   bool
	Saturation float64                        // of the world's lanes, vehicles/s; 0: city.SaturationFlow
	PlansOnly  bool                           // the brain leaves the signals to their plans
	Failing    *float64                       // chance of a controller to fail in four hours; nil: the usual one
	Cut        bool                           // it ends at its end: who is under way then has not arrived in the report
	live       bool                           // it goes on against the wall clock
	Watch      func(*brain.Brain, *twin.Twin) // called after each minute with the brain on; may be nil
}

// drain is how long trips under way go on after the evening, and officer the seconds after which a scripted duty officer
// approves what waits.
const (
	drain   = 2 * time.Hour
	officer = 60 * time.Second
	tick    = 5 * time.Second
)

// EveningStart is when the demo evening begins: 17:00 in Shanghai on a working day of the flood season with a spring tide.
var EveningStart = time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC)

// A Report is what a run printed: the object of `citybrain run --headless --json`.
type Report struct {
	City     string  `json:"city"`
	Version  string  `json:"city_version"`
	Build    string  `json:"build"`
	Scenario string  `json:"scenario"`
	Seed     uint64  `json:"seed"`
	Hours    float64 `json:"hours"`
	BrainOn  bool    `json:"brain_on"`
	Members  int     `json:"members"`
	Plans    string  `json:"fair_plans"` // PlansHash of what the controllers start with

	SimHours     float64  `json:"sim_hours"`
	WallS        float64  `json:"wall_s"`
	Vehicles     int      `json:"vehicles"`
	PeakVehicles int      `json:"peak_vehicles"`
	Reporting    int      `json:"reporting_vehicles"`
	PeakSpeedKMH *float64 `json:"peak_speed_kmh"`
	PeakRSSMiB   float64  `json:"peak_rss_mib"`
	// Resident memory after the first hour and at the end, what can be given back given back; null for runs of an hour or less.
	RSSFirstHourMiB *float64      `json:"rss_first_hour_mib"`
	RSSMiB          *float64      `json:"rss_mib"`
	Trips           TripReport    `json:"trips"`
	Emergency       CallReport    `json:"emergency"`
	Flood           FloodReport   `json:"flood"`
	Brain           BrainReport   `json:"brain"`
	Detectors       *LoopReport   `json:"detectors,omitempty"` // what the brain found of the loops' faults
	Signals         SignalReport  `json:"signals"`
	Speeds          []SpeedReport `json:"speeds,omitempty"` // what came of the forecasts of streets' speeds, by lead
	Calibrated      bool          `json:"calibrated"`       // the pack's traffic is, as city.Calibration says
	Feeds           []FeedReport  `json:"feeds"`
	StateHash       string        `json:"state_hash"`
}

// The parts of a Report.
type (
	TripReport struct {
		Finished   int     `json:"finished"`
		Unfinished int     `json:"unfinished"`
		MeanS      float64 `json:"mean_s"`
		P95S       float64 `json:"p95_s"`
		DelayH     float64 `json:"delay_h"`
	}
	CallReport struct {
		Calls     int      `json:"calls"`
		Answered  int      `json:"answered"`
		ResponseS *float64 `json:"mean_response_s"`
		WithinPct *float64 `json:"within_target_pct"`

		// The figures above are of calls for ambulances alone, as they have always been; Kinds has those of every kind.
		Kinds   []KindReport   `json:"kinds,omitempty"`
		Centres []CentreReport `json:"centres,omitempty"`
		Redials int            `json:"redials"`
		// What became of units and patients.
		Diverted   int     `json:"preempted"` // sent on to a more urgent call
		Recalled   int     `json:"recalled"`
		Lent       int     `json:"mutual_aid"` // units that the neighbour sent
		TurnedAway int     `json:"turned_away"`
		Blocked    int     `json:"blocked"` // ambulances that waited for a bay
		BlockedS   float64 `json:"blocked_s"`
	}
	// A KindReport is of the calls of one kind: medical, fire, crash, trapped, flooding.
	KindReport struct {
		Kind      string  `json:"kind"`
		Calls     int     `json:"calls"`
		Answered  int     `json:"answered"` // the unit that leads reached the kerb
		ResponseS float64 `json:"mean_response_s"`
		WithinPct float64 `json:"within_target_pct"`
		TargetS   float64 `json:"target_s"`
		Full      int     `json:"full"` // all units that were needed at first came
		FullS     float64 `json:"mean_full_s"`

		Clocks ClockReport `json:"clocks"`
	}
	// A ClockReport is mean seconds between calls' clocks.
	ClockReport struct {
		Ring     float64 `json:"ring_to_pick_up_s"`
		Locate   float64 `json:"pick_up_to_located_s"`
		Triage   float64 `json:"located_to_triaged_s"`
		Assign   float64 `json:"triaged_to_assigned_s"`
		Turnout  float64 `json:"assigned_to_rolling_s"`
		Drive    float64 `json:"rolling_to_kerb_s"`
		Approach float64 `json:"kerb_to_patient_s"`
	}
	// A CentreReport is how a centre's phones were answered.
	CentreReport struct {
		Centre     string  `json:"centre"`
		Takers     int     `json:"takers"`
		Rung       int     `json:"rung"`
		PickedUp   int     `json:"picked_up"`
		Abandoned  int     `json:"abandoned"`
		CalledBack int     `json:"called_back"`
		WaitS      float64 `json:"mean_wait_s"`
	}
	FloodReport struct {
		RainMM    float64  `json:"rain_mm"`
		Cells     int      `json:"cells"`
		MaxDepthM *float64 `json:"max_depth_m"`
		Flooded   *int     `json:"flooded_cells"`
		DamageCNY *float64 `json:"damage_cny"`
		Unpriced  string   `json:"damage_withheld,omitempty"` // why there is no damage_cny
		MassError float64  `json:"mass_error_rel"`
		Terrain   string   `json:"terrain"`
	}
	BrainReport struct {
		Ticks        int      `json:"ticks"`
		Branches     int      `json:"branches"`
		Decisions    int      `json:"decisions"`
		Commands     int      `json:"commands"`
		Refused      int      `json:"refused"`
		TickP50      *float64 `json:"tick_ms_p50"`
		TickP99      *float64 `json:"tick_ms_p99"`
		ForecastP99  *float64 `json:"forecast_s_p99"`
		ForecastRMSE *float64 `json:"forecast_rmse_m"`
		Compared     *int     `json:"compared,omitempty"` // choices that were also made with Beside more members
		Agreed       *int     `json:"agreed,omitempty"`   // of them the same
		Corridors    int      `json:"corridors"`          // units for which lights were asked for their stages
		CorridorAsks int      `json:"corridor_orders"`    // orders to lights for them
		Diverted     int      `json:"preempted"`          // dispatches of units that were bound for less urgent calls
		Recalled     int      `json:"recalled"`
		Aid          int      `json:"aid_asked"`              // requests to the neighbour city
		Fallbacks    int      `json:"fallbacks"`              // junctions given back to their plan because their delay left its forecast's band
		Needless     int      `json:"fallbacks_without_need"` // of them those where no more waited than before
		Flashing     int      `json:"flashing_seen"`          // junctions that their monitor took to flashing, as far as it was told
		Brought      int      `json:"brought"`                // patients advised to another hospital than the nearest
	}
	FeedReport struct {
		ID       string `json:"id"`
		Sent     int    `json:"sent"`
		Received int    `json:"received"`
		Rejected int    `json:"rejected"`
		Late     int    `json:"late"`
		Lost     int    `json:"lost"`
	}
)

// BelievedCity is the brain's copy of a city: its drains and terrain have the errors that surveys have, drawn from a seed that
// has nothing to do with the world's.
func BelievedCity(c *city.City, seed uint64) *city.City {
	b := *c
	draw := chance.New(seed, "survey")
	b.Drains.Basins = slices.Clone(c.Drains.Basins)
	for i := range b.Drains.Basins {
		b.Drains.Basins[i].Volume *= draw.Between(uint64(i), 0, 0.88, 1.12)
		b.Drains.Basins[i].Inlet *= draw.Between(uint64(i), 1, 0.85, 1.15)
	}
	b.Drains.Creeks = slices.Clone(c.Drains.Creeks)
	for i := range b.Drains.Creeks {
		b.Drains.Creeks[i].Area *= draw.Between(uint64(i), 2, 0.92, 1.08)
	}
	if c.Terrain != nil {
		t := *c.Terrain
		t.Z = slices.Clone(t.Z)
		for i := range t.Z {
			t.Z[i] += float32(0.03 * draw.Normal(uint64(i), 3))
		}
		b.Terrain = &t
	}
	return &b
}

// A Pair of world and brain, joined by the feeds.
type session struct {
	e         Evening
	world     *world.World
	twin      *twin.Twin
	x         *exchange.Exchange
	brain     *brain.Brain
	queue     packets
	ticks     []float64 // ms
	casts     []float64 // s, of ticks with a forecast
	now       time.Time
	fallbacks *fallbacks
	foretold  *foretold    // nil: the brain foretells no speeds
	clock     atomic.Int64 // now in ns, for the twin: requests read it from goroutines of their own
}

func (s *session) at(t time.Time) {
	s.now = t
	s.clock.Store(t.UnixNano())
}

// start checks the evening and prepares world, twin, exchange and brain.
func (e Evening) start(ctx context.Context) (*session, Evening, error) {
	if e.Members == 0 {
		e.Members = 20
	}
	if e.Threads == 0 {
		e.Threads = 1
	}
	if e.Scenario != "storm" && e.Scenario != "calm" {
		return nil, e, fmt.Errorf("scenario %q: there are storm and calm", e.Scenario)
	}
	if !(e.Hours > 0 && e.Hours <= 72) {
		return nil, e, fmt.Errorf("%g hours: give more than 0 and at most 72", e.Hours)
	}
	if e.Trips == 0 {
		e.Trips = world.PeakTrips(e.City)
	}
	cfg := world.Config{Seed: e.Seed, Start: EveningStart, Hours: e.Hours, TripsPerHour: e.Trips, Calm: e.Scenario == "calm", Threads: e.Threads, Silent: !e.Brain && !e.Feeds, Detectors: e.Detectors, Failing: e.Failing, Saturation: e.Saturation}
	var err error
	if e.Plans == nil {
		if e.Plans, err = FairPlans(ctx, e.City, cfg, e.Threads); err != nil {
			return nil, e, err
		}
	}
	cfg.Plans = e.Plans
	s := &session{e: e, fallbacks: newFallbacks(e.City)}
	s.at(EveningStart)
	if s.world, err = world.New(e.City, cfg); err != nil {
		return nil, e, err
	}
	if e.Brain || e.Feeds {
		clock := func() time.Time { return time.Unix(0, s.clock.Load()).UTC() }
		if e.Dir == "" {
			s.twin = twin.New(twin.Options{Clock: clock, Retain: retain, Forget: forget})
		} else if s.twin, err = twin.Open(e.Dir, twin.Options{Clock: clock, Retain: retain, Forget: forget}); err != nil {
			return nil, e, err
		}
		if at := newest(s.twin.Main().Snapshot()); at.After(EveningStart) {
			s.twin.Close() // nothing was written
			return nil, e, fmt.Errorf("%s holds an evening up to %s, before which a new one would be late all along: give another folder", e.Dir, at.Format(time.RFC3339))
		}
		s.x = exchange.New(e.City, s.twin.Main())
	}
	if e.Brain {
		s.brain, err = brain.New(BelievedCity(e.City, BrainSeed(e.Seed)), s.twin, s.x, brain.Config{Start: EveningStart, Seed: BrainSeed(e.Seed), Members: e.Members, Beside: e.Beside, PerHour: supposed(e.City, e.Trips), Hours: e.Hours, Threads: e.Threads, Build: e.Build, Plans: e.Plans, Apart: e.live, Trusting: e.Trusting, NoSignals: e.PlansOnly})
		if err != nil {
			s.twin.Close()
			return nil, e, err
		}
		if len(e.City.Speeds) > 0 && !e.live {
			s.foretold = &foretold{truth: newTrueSpeeds(e.City)}
		}
	}
	return s, e, nil
}

// supposed is how many trips the brain takes the peak hour to have: 3 % too many where nobody has calibrated it.
func supposed(c *city.City, trips float64) float64 {
	if c.Calibrated() {
		return trips
	}
	return 1.03 * trips
}

// newest returns when the newest value was observed, zero if none was.
func newest(s twin.Snapshot) (at time.Time) {
	for e := range s.Query(twin.Query{}) {
		for a := range e.Attributes() {
			if t := a.ObservedAt(); t.After(at) {
				at = t
			}
		}
	}
	return at
}

// retain is how many versions of an attribute a session keeps in memory, so that an evening fits: what reports every few
// seconds or every minute about an hour, pumps and gates four, a vehicle its last places, all else the day. What is gone is known for forget longer, so that
// a day takes no more memory than its first hour. The log of a durable twin has them all.
func retain(typ string) int {
	switch typ {
	case "Vehicle":
		return 8
	case "Command":
		return 12
	case "TrafficSignal", "EmergencyVehicle":
		return 240
	case "TrafficFlowObserved":
		return 60
	case "RoadSegment": // the speeds that were forecast of an hour
		return 12
	case "PumpStation", "FloodGate":
		return 480
	}
	return 2000
}

const forget = 20 * time.Minute

// Run runs the evening and returns what happened.
func (e Evening) Run(ctx context.Context) (r *Report, err error) {
	began := time.Now()
	s, e, err := e.start(ctx)
	if err != nil {
		return nil, err
	}
	if s.twin != nil {
		defer func() {
			if e := s.twin.Close(); e != nil && err == nil {
				r, err = nil, e
			}
		}()
	}
	end := time.Duration(e.Hours * float64(time.Hour))
	firstHour := 0.0
	if end > time.Hour {
		if err := s.run(ctx, time.Hour); err != nil {
			return nil, err
		}
		firstHour = heldRSS()
	}
	if err := s.run(ctx, end); err != nil {
		return nil, err
	}
	r = s.report()
	r.WallS = time.Since(began).Seconds()
	if firstHour > 0 {
		r.RSSFirstHourMiB, r.RSSMiB = ptr(firstHour), ptr(heldRSS())
	}
	r.PeakRSSMiB = peakRSS()
	if r.StateHash, err = s.hash(); err != nil {
		return nil, err
	}
	// What is under way arrives, or does not, in the hours after.
	if !e.Cut {
		if err := s.run(ctx, end+drain); err != nil {
			return nil, err
		}
	}
	after := s.world.Truth()
	r.Trips = TripReport{after.TripsFinished, after.TripsOpen, after.TripMeanS, after.TripP95S, after.TripDelayH}
	r.Emergency = callReport(&after)
	return r, nil
}

// BrainSeed is the seed of the brain beside a world of seed: unrelated to it by any means the brain has.
func BrainSeed(seed uint64) uint64 { return chance.New(seed, "account/brain").Bits(0, 0) }

// run moves world, feeds and brain on in lockstep: the world to t, every byte that has arrived by then in the order of arrival,
// feed and number, then the brain.
func (s *session) run(ctx context.Context, until time.Duration) error {
	for t := s.world.Now(); t < until; {
		t += tick
		if err := s.world.Step(ctx, t); err != nil {
			return err
		}
		s.at(EveningStart.Add(t))
		out := s.world.Send()
		if s.x != nil {
			for _, p := range out {
				heap.Push(&s.queue, p)
			}
			for len(s.queue) > 0 && !s.queue[0].At.After(s.now) {
				if err := s.x.Receive(heap.Pop(&s.queue).(wire.Packet)); err != nil {
					return err
				}
			}
			if err := s.x.Tick(s.now); err != nil {
				return err
			}
			if _, err := s.x.Commit(); err != nil {
				return err
			}
		}
		if s.brain != nil {
			began := time.Now()
			casts := s.brain.Stats().Forecasts
			if err := s.brain.Tick(ctx, s.now); err != nil {
				return err
			}
			took := time.Since(began).Seconds()
			if t%lookEvery == 0 {
				s.watch()
			}
			s.watchSpeeds(t)
			s.ticks = append(s.ticks, took*1000)
			if s.brain.Stats().Forecasts > casts {
				s.casts = append(s.casts, took)
			}
			for _, d := range s.brain.Open() {
				if s.now.Sub(d.Made) >= officer {
					if err := s.brain.Verdict(d.ID, true, "officer"); err != nil {
						return err
					}
				}
			}
		}
		if s.x != nil {
			for _, p := range s.x.Send() {
				if err := s.world.Receive(p); err != nil {
					return err
				}
			}
		}
		if t%time.Minute == 0 {
			if s.e.Watch != nil && s.brain != nil {
				s.e.Watch(s.brain, s.twin)
			}
			if s.e.Progress != nil {
				s.e.Progress(t, time.Duration(s.e.Hours*float64(time.Hour))+drain)
			}
		}
	}
	return nil
}

func ptr[T any](v T) *T { return &v }

func (s *session) report() *Report {
	t := s.world.Truth()
	c := s.e.City
	r := &Report{City: c.Name.En, Version: c.Version, Build: s.e.Build, Scenario: s.e.Scenario, Seed: s.e.Seed, Hours: s.e.Hours, BrainOn: s.e.Brain, Members: s.e.Members, Plans: PlansHash(s.e.Plans),
		SimHours: s.world.Now().Hours(), Vehicles: t.Vehicles, PeakVehicles: t.PeakVehicles, Reporting: s.world.Reporting(),
		Flood: FloodReport{RainMM: t.RainMM, Cells: t.Cells, MassError: t.MassError, Terrain: string(TerrainOf(c))}}
	if !math.IsNaN(t.PeakSpeedKMH) {
		r.PeakSpeedKMH = ptr(t.PeakSpeedKMH)
	}
	if c.Terrain.Assessable() {
		r.Flood.MaxDepthM, r.Flood.Flooded = ptr(t.MaxDepthM), ptr(t.FloodedCells)
	}
	if r.Flood.Unpriced = Unpriced(c); r.Flood.Unpriced == "" {
		r.Flood.DamageCNY = ptr(float64(t.DamageFen) / 100)
	}
	sent := s.world.Sent()
	if s.x != nil {
		for _, f := range s.x.Feeds() {
			r.Feeds = append(r.Feeds, FeedReport{f.ID, sent[f.ID][0], f.Received, f.Rejected, f.Overdue, f.Lost})
		}
	} else {
		for _, id := range s.world.Feeds() {
			r.Feeds = append(r.Feeds, FeedReport{ID: id, Sent: sent[id][0]})
		}
	}
	r.Signals, r.Calibrated = s.signals(), c.Calibrated()
	if s.brain != nil {
		r.Detectors, r.Speeds = ptr(s.loops()), s.foretold.report()
		b := s.brain.Stats()
		r.Brain = BrainReport{Ticks: b.Ticks, Branches: b.Branches, Decisions: b.Decisions, Commands: b.Commands, Refused: b.Refused, TickP50: ptr(percentile(s.ticks, 0.5)), TickP99: ptr(percentile(s.ticks, 0.99))}
		r.Brain.Fallbacks, r.Brain.Needless, r.Brain.Flashing = b.Fallbacks, s.fallbacks.report.Needless, b.Flashing
		r.Brain.Corridors, r.Brain.CorridorAsks, r.Brain.Diverted, r.Brain.Recalled, r.Brain.Aid, r.Brain.Brought = b.Corridors, b.CorridorLights, b.Diverted, b.Recalled, b.Aid, b.Brought
		if len(s.casts) > 0 {
			r.Brain.ForecastP99 = ptr(percentile(s.casts, 0.99))
		}
		if b.RMSECount > 0 {
			r.Brain.ForecastRMSE = ptr(b.RMSE)
		}
		if b.Compared > 0 {
			r.Brain.Compared, r.Brain.Agreed = ptr(b.Compared), ptr(b.Agreed)
		}
	}
	return r
}

// Unpriced says why damage in a city is not put into money, "" if it is.
func Unpriced(c *city.City) string {
	switch {
	case c.Terrain == nil:
		return "the city has no terrain"
	case !c.Terrain.Assessable():
		return fmt.Sprintf("the terrain's vertical error is %.2f m, %.2f m at most are needed", c.Terrain.VerticalError, city.TerrainTrust)
	case !c.Calibrated():
		return "uncalibrated: " + c.Calibration.Lacks()
	}
	return ""
}

// TerrainOf says where a city's terrain is from, none if it has none.
func TerrainOf(c *city.City) city.TerrainSource {
	if c.Terrain == nil {
		return city.TerrainNone
	}
	return c.Terrain.Source
}

// hash is SHA-256 over the world's canonical state and the twin's main branch, without wall-clock fields.
func (s *session) hash() (string, error) {
	h := sha256.New()
	if err := s.world.WriteState(h); err != nil {
		return "", err
	}
	if s.twin != nil {
		sum := twin.Hash(s.twin.Main().Snapshot())
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func percentile(x []float64, q float64) float64 {
	if len(x) == 0 {
		return math.NaN()
	}
	y := slices.Clone(x)
	slices.Sort(y)
	at := q * float64(len(y)-1)
	i := int(at)
	if i+1 >= len(y) {
		return y[len(y)-1]
	}
	return y[i] + (at-float64(i))*(y[i+1]-y[i])
}

// packets is a queue by arrival, feed and number.
type packets []wire.Packet

func (p packets) Len() int { return len(p) }
func (p packets) Less(i, j int) bool {
	if !p[i].At.Equal(p[j].At) {
		return p[i].At.Before(p[j].At)
	}
	if p[i].Feed != p[j].Feed {
		return p[i].Feed < p[j].Feed
	}
	return p[i].Seq < p[j].Seq
}
func (p packets) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *packets) Push(v any)   { *p = append(*p, v.(wire.Packet)) }
func (p *packets) Pop() any {
	old := *p
	v := old[len(old)-1]
	*p = old[:len(old)-1]
	return v
}
