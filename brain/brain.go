package brain

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/emergency/corridor"
	"citybrain/exchange"
	"citybrain/flood"
	"citybrain/flood/rain"
	"citybrain/routing"
	"citybrain/traffic"
	"citybrain/traffic/forecast"
	"citybrain/twin"
)

// Departments is what the brain needs of the exchange.
type Departments interface {
	Order(now time.Time, list ...*exchange.Command) error
	Rain() (exchange.RainForecast, exchange.Radar)
	Release(principal string)
}

// Level says how far the brain may go alone.
type Level uint8

const (
	Propose Level = iota // a person decides
	Act                  // the brain acts within its envelope and tells
	Veto                 // it acts at once, and a person may stop it
)

// Config is how a brain works.
type Config struct {
	Start     time.Time
	Seed      uint64 // of the brain's own demand; nobody else's
	Members   int    // of an ensemble, 20
	Beside    int    // further members with which each forecast is made once more, to compare what is decided; 0: none
	Horizon   time.Duration
	Coarsen   int     // the forecast's cells in cells of the terrain, 3
	PerHour   float64 // trips of the peak hour that the brain assumes
	Hours     float64 // for which it draws them, and forecasts
	Threads   int
	Levels    map[string]Level // by kind of decision; missing: the default
	Build     string
	Plans     []city.PlanSpec // that the controllers have stored; nil: each its reference plan
	Trusting  bool            // believe every detector, whatever it says
	NoSignals bool            // leave the signals to their plans
	Apart     bool            // what takes long is thought beside the ticks, for a live run: decisions then depend on the machine's pace
}

// defaultLevels: what is fast and bounded by equipment is done, what touches people's ways is asked.
var defaultLevels = map[string]Level{"water": Act, "signals": Act, "dispatch": Veto, "corridor": Veto, "unit": Act, "evacuation": Propose, "closure": Propose, "alert": Propose}

// A Brain runs one city. One goroutine at a time may use it.
type Brain struct {
	city *city.City
	cfg  Config
	twin *twin.Twin
	main *twin.Branch
	deps Departments
	now  time.Time

	model    *waterModel
	water    *flood.Sim // what the brain believes of the water; nil without terrain
	streets  *traffic.Sim
	est      *estimate
	graph    *routing.Graph
	leave    [][]int32 // links that leave and …
	arrive   [][]int32 // … end at each node
	turns    city.TurnIndex
	search   routing.Search
	roads    *routing.Roads
	driven   *roadsNow // of units as low as an ambulance, and …
	waded    *roadsNow // … of lorries
	opened   *openRoads
	ahead    *roadsAhead
	places   *places
	calls    *calls
	placeOf  map[string]int32
	nodes    *nodeIndex
	lost     map[string]bool // units that have stopped reporting
	byValue  bool            // the dispatch policy that the last trial chose
	untried  string          // why that trial could not be made, ""
	freeThen int
	// The forecast for which an evacuation was last planned, and how many people it was about.
	evacuated  time.Time
	evacuating float64
	corridor   *corridor.Planner
	lights     *lights
	plans      []city.Plan
	delays     *delayWatch
	flashing   []bool       // by junction: the brain knows that its monitor has it flash
	held       map[int]bool // junctions that were asked for a corridor in this tick
	// The branches of the last trial of dispatch.
	dispatchBase, dispatchWith string
	decisions                  []*Decision
	byID                       map[string]*Decision
	fan                        *Fan
	halted                     bool
	stats                      Stats
	force                      schedule // of pumps and gates
	ordering                   []tactic // what was last ordered of it, by creek
	orderedAt                  map[int]time.Time
	wants                      []stageWish
	ruling                     bool // rolling plans lead the junctions
	lead                       *lead
	closed                     map[string]bool
	blocked                    map[string]int // lanes, by the accident that takes them
	alerted                    map[string]time.Time
	pending                    []*exchange.Command
	ids                        int
	lastRain                   time.Time
	images                     []radarImage   // the newest ones
	rainSeen                   exchange.Radar // the newest image, corrected by gauges
	updater                    rain.Updater
	checked                    []forecastCheck
	forked                     []string    // names of branches that are kept, oldest first
	speeds                     *speedWatch // nil: nothing is known of how fast its streets are
	thoughts                   []thought
	thought                    chan error // of the first of thoughts, if it is under way
}

// Stats counts what the brain did.
type Stats struct {
	Ticks, Branches, Decisions, Commands, Refused int
	Forecasts                                     int
	RMSE                                          float64 // m, of forecast depths at the street gauges against what they reported
	RMSECount                                     int
	Compared, Agreed                              int // choices of forecasts, and of them the same with Beside more members
	Corridors, CorridorLights                     int // units for which lights were asked, and orders to lights for them
	Fallbacks                                     int // junctions that were given back to their plan
	Flashing                                      int // junctions that their monitors took to flashing
	LoopsOut, LoopsBack                           int // detectors left out, and of them taken in again
	Diverted, Recalled, Aid, Brought              int // units sent on to a more urgent call, called off, asked of the neighbour, and patients sent to another hospital than the nearest
}

// New prepares a brain for c (its own copy, with the errors that it may have) over a twin.
func New(c *city.City, t *twin.Twin, deps Departments, cfg Config) (*Brain, error) {
	if cfg.Members == 0 {
		cfg.Members = 20
	}
	if cfg.Horizon == 0 {
		cfg.Horizon = 2 * time.Hour
	}
	if cfg.Coarsen == 0 {
		cfg.Coarsen = 3
	}
	if cfg.Threads == 0 {
		cfg.Threads = 1
	}
	b := &Brain{city: c, cfg: cfg, twin: t, main: t.Main(), deps: deps, byID: map[string]*Decision{}, closed: map[string]bool{}, blocked: map[string]int{}, alerted: map[string]time.Time{}}
	trips, goals, err := traffic.Demand{Seed: cfg.Seed, Start: cfg.Start, Hours: cfg.Hours, PerHour: cfg.PerHour, Reach: 4200}.Trips(c)
	if err != nil {
		return nil, fmt.Errorf("brain: %w", err)
	}
	trips, flow := calibrated(c, trips, goals, cfg.Seed)
	if b.streets, err = traffic.New(c, trips, goals, traffic.Config{Seed: cfg.Seed, Replan: 10 * time.Minute, Threads: cfg.Threads, Saturation: flow}); err != nil {
		return nil, fmt.Errorf("brain: %w", err)
	}
	for j := range c.Signals {
		spec := c.Signals[j].Reference
		if j < len(cfg.Plans) {
			spec = cfg.Plans[j]
		}
		p, err := city.NewPlan(&c.Signals[j], spec)
		b.plans = append(b.plans, p)
		if err == nil {
			err = b.streets.Input(0, traffic.PlanDownload{Junction: j, Plan: p})
		}
		if err != nil {
			return nil, fmt.Errorf("brain: %w", err)
		}
	}
	if c.Terrain != nil {
		if b.water, err = flood.New(c, flood.Config{Start: cfg.Start, Coarsen: cfg.Coarsen, MaxStep: 20 * time.Second}); err != nil {
			return nil, fmt.Errorf("brain: %w", err)
		}
		b.model = newWaterModel(c, b.water, cfg.Horizon, cfg.Threads)
		b.force, b.ordering = idle(cfg.Start, len(c.Drains.Creeks), cfg.Horizon), make([]tactic, len(c.Drains.Creeks))
	}
	if e, ok := b.main.Snapshot().Get(exchange.URN("Automation", "city")); ok {
		state, _ := e.Text("state")
		b.halted = state == haltedState
	}
	b.est = newEstimate(c)
	b.est.trusting = cfg.Trusting
	if b.speeds, err = newSpeedWatch(c, cfg.Start); err != nil {
		return nil, err
	}
	b.est.speeds = b.speeds
	b.graph, b.leave, b.arrive, b.turns, b.roads = b.streets.Graph(), routing.LeaveBy(&c.Streets), arriveBy(&c.Streets), c.Streets.IndexTurns(), routing.NewRoads(&c.Streets)
	b.calls, b.lost, b.corridor, b.lights, b.held = newCalls(), map[string]bool{}, corridor.New(c), newLights(c), map[int]bool{}
	b.wants, b.flashing = make([]stageWish, len(c.Signals)), make([]bool, len(c.Signals))
	b.delays = newDelayWatch(c, b.plans)
	b.lead = newLead(c, b.est.queues.platoons.net)
	b.nodes, b.placeOf = newNodeIndex(&c.Streets), make(map[string]int32, len(c.Places))
	for i := range c.Places {
		b.placeOf[c.Places[i].ID] = int32(i)
	}
	return b, nil
}

// Tick lets the brain act at now, which must not fall back. Call it every five seconds of the city's time, after the exchange
// has committed what came in.
func (b *Brain) Tick(ctx context.Context, now time.Time) error {
	b.now = now
	b.stats.Ticks++
	since := now.Sub(b.cfg.Start)
	if err := b.settle(ctx, false); err != nil {
		return err
	}
	snap := b.main.Snapshot()
	if err := b.streets.Step(ctx, since); err != nil {
		return fmt.Errorf("brain: streets: %w", err)
	}
	b.est.update(b, snap)
	b.watchMonitors(snap)
	b.watchDelays()
	if since%placesEvery == 0 || b.places == nil && since >= time.Minute {
		if err := b.survey(); err != nil {
			return err
		}
	}
	if err := b.answerCalls(snap); err != nil {
		return err
	}
	b.openCorridors()
	if since%(5*time.Second) == 0 {
		b.leadSignals()
	}
	if since%time.Minute == 0 {
		if err := b.minute(ctx, snap); err != nil {
			return err
		}
	}
	issue, _ := b.deps.Rain()
	// New rain starts a forecast; after the evening there is none any more.
	if b.water != nil && issue.Issue.After(b.lastRain) && since.Hours() <= b.cfg.Hours {
		b.lastRain = issue.Issue
		var err error
		if issue, err = b.corrected(issue); err != nil {
			return err
		}
		if err := b.forecast(ctx, issue); err != nil {
			return err
		}
	}
	b.expire()
	return b.flush()
}

// minute brings the estimate of the water up to now and decides for the network.
func (b *Brain) minute(ctx context.Context, snap twin.Snapshot) error {
	if b.water != nil {
		if err := b.assimilate(ctx, snap); err != nil {
			return err
		}
		b.reopen(snap)
	}
	if err := b.accidents(snap); err != nil {
		return err
	}
	if err := b.judgeDetectors(); err != nil {
		return err
	}
	since := b.now.Sub(b.cfg.Start)
	if since%forecast.Bin == 0 && since > 0 {
		if err := b.foretell(ctx); err != nil {
			return err
		}
	}
	if since%correctEvery == 0 && since > 0 {
		b.correctDemand()
	}
	if since%(30*time.Minute) == 5*time.Minute && b.streets.Totals().Running >= enoughSeen { // with fewer it is all the same
		if err := b.trySignals(ctx); err != nil {
			return err
		}
	}
	if since%aheadEvery == 2*time.Minute {
		if err := b.lookAhead(ctx); err != nil {
			return err
		}
	}
	if since%evacuateEvery == 6*time.Minute {
		if err := b.proposeEvacuation(ctx); err != nil {
			return err
		}
	}
	if since%(30*time.Minute) == time.Minute {
		if err := b.tryDispatch(ctx); err != nil {
			return err
		}
	}
	b.outcomes(snap)
	return b.dropOld()
}

// How long branches are kept: each holds the city as it was, and a decision's are wanted for longer. A branch that is gone can be
// made again from its recipe.
const (
	keepForecast = 30 * time.Minute
	keepDecision = 6 * time.Hour
)

// dropOld drops the branches whose time is over.
func (b *Brain) dropOld() error {
	inUse := map[string]bool{}
	for _, d := range b.decisions {
		if b.now.Sub(d.Made) < keepDecision {
			inUse[d.Base], inUse[d.With] = true, true
		}
	}
	kept := b.forked[:0]
	for _, name := range b.forked {
		br, ok := b.twin.Branch(name)
		switch {
		case !ok:
		case inUse[name] || b.now.Sub(br.Made()) < keepForecast:
			kept = append(kept, name)
		default:
			if err := b.twin.Drop(name); err != nil {
				return fmt.Errorf("brain: %w", err)
			}
		}
	}
	b.forked = kept
	return nil
}

// flush sends the commands of this tick together.
func (b *Brain) flush() error {
	if len(b.pending) == 0 {
		return nil
	}
	list := b.pending
	b.pending = nil
	if b.halted { // what people order still goes out
		list = slices.DeleteFunc(list, func(c *exchange.Command) bool { return c.Principal == ownName })
	}
	b.stats.Commands += len(list)
	return b.deps.Order(b.now, list...)
}

// ownName is whom orders name that no person gave.
const ownName = "brain"

// command queues an order for this tick.
func (b *Brain) command(c exchange.Command) *exchange.Command {
	b.ids++
	c.ID = fmt.Sprintf("%s-%06d", b.now.UTC().Format("0102T1504"), b.ids)
	if c.Principal == "" {
		c.Principal = ownName
	}
	b.pending = append(b.pending, &c)
	return &c
}

// Halt stops all automation, or lets it go on, in the name of a person: the twin keeps who did it and when, and a brain that
// starts on it again is halted still. The brain's orders to equipment are not renewed: it falls back on its local programmes
// when its watchdogs run out. What people order still goes out.
func (b *Brain) Halt(on bool, by string) error {
	b.halted = on // whatever becomes of the record
	state := "running"
	if on {
		state = haltedState
		b.deps.Release(ownName)
	}
	ch := twin.Set(exchange.URN("Automation", "city"), "Automation", twin.Text("state", state, b.now), twin.Text("by", by, b.now))
	ch.Origin = twin.Edit
	if _, err := b.main.Apply(ch); err != nil {
		return fmt.Errorf("brain: automation is %s, which could not be recorded: %w", state, err)
	}
	return nil
}

const haltedState = "halted"

// Halted reports whether automation is stopped.
func (b *Brain) Halted() bool { return b.halted }

// Stats returns what the brain did so far.
func (b *Brain) Stats() Stats {
	s := b.stats
	for _, d := range b.decisions {
		if d.State == string(exchange.Rejected) {
			s.Refused++
		}
	}
	s.Decisions = len(b.decisions)
	return s
}

// Streets returns the brain's running estimate of the traffic. Read it between ticks.
func (b *Brain) Streets() *traffic.Sim { return b.streets }

// Water returns the brain's running estimate of the water, nil without terrain. Read it between ticks.
func (b *Brain) Water() *flood.Sim { return b.water }

// City returns the brain's copy of the city.
func (b *Brain) City() *city.City { return b.city }

// level returns how far the brain may go with decisions of a kind.
func (b *Brain) level(kind string) Level {
	if l, ok := b.cfg.Levels[kind]; ok {
		return l
	}
	return defaultLevels[kind]
}

// Junction returns the stage that junction j reports, −1 if none is known, and whether the brain leads it.
func (b *Brain) Junction(j int) (stage int, led bool) { return b.est.stage[j], b.est.centre[j] }

// RainNow returns the mean rain over the city by radar, mm/h, and what has fallen so far by the rain gauges' mean, mm.
func (b *Brain) RainNow() (mmh, total float64) {
	_, radar := b.deps.Rain()
	for _, v := range radar.MMH {
		mmh += float64(v) / float64(len(radar.MMH))
	}
	return mmh, b.est.fallen
}

// GaugeDepths returns what the street gauges that can be trusted report, m.
func (b *Brain) GaugeDepths() []float64 {
	var list []float64
	for i := range b.est.gauges {
		if g := &b.est.gauges[i]; g.Kind == city.StreetInstrument && !math.IsNaN(g.value) && g.same < stuckAfter {
			list = append(list, g.value)
		}
	}
	return list
}
