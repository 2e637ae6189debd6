package world

import (
	"context"
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/emergency"
	"citybrain/flood"
	"citybrain/traffic"
)

// Config is a scenario.
type Config struct {
	Seed         uint64
	Start        time.Time
	Hours        float64        // with new trips, rain and calls; what is under way then goes on
	Calm         bool           // no rain
	TripsPerHour float64        // at the peak; 0: what loads the city's streets to a working day's evening peak
	Threads      int            // the result does not depend on it
	Silent       bool           // the departments' lines are closed: they neither send nor hear
	Detectors    *DetectorRates // of loops that fail; nil: the usual ones
	Saturation   float64        // of lanes, vehicles/s; 0: city.SaturationFlow
	Failing      *float64       // chance of a controller to fail in four hours; nil: the usual one
	// Plans are the signal plans that the controllers start with, one for each junction; nil: each its reference plan.
	Plans []city.PlanSpec
}

// A World is one simulated reality.
type World struct {
	cfg     Config
	city    *city.City
	storm   *storm
	weather forecaster
	now     time.Duration

	water   *flood.Sim // nil: the city has no terrain
	flowing chan error // from a step of the water that is under way; nil: none is
	streets *traffic.Sim
	service *emergency.Sim
	phones  *phones
	aid     *neighbour
	wards   wards
	crashes []crash
	wet     []wetLink
	roads   roads
	assets  []flood.Asset

	rainGrid   city.Grid
	rainMM     float64 // mean over the city so far
	rainMMH    float64 // mean over the city now
	peakCars   int
	slowest    float64 // m/s, the network's mean speed in its slowest quarter hour
	quarter    traffic.Totals
	localCAD   *emergency.Dispatcher
	freeRoads  []float32
	desks      []desk
	advised    time.Duration // when an order last came over a centre's wire
	hazard     chance.Source
	pumped     map[int]bool // assets from which somebody has rung
	waterHour  int
	waterCalls [2]int // of that hour: trapped, flooding
	patrols    *patrols
	signals    *controllers
	linkByID   map[string]int32
}

// A wetLink is a link whose lanes get wet, with the terrain cells that it runs over.
type wetLink struct {
	link  int32
	cells []int32
	depth float64
}

// New prepares a world; nothing has happened in it yet.
func New(c *city.City, cfg Config) (*World, error) {
	if cfg.TripsPerHour == 0 {
		cfg.TripsPerHour = PeakTrips(c)
	}
	if cfg.Threads == 0 {
		cfg.Threads = 1
	}
	w := &World{cfg: cfg, city: c, storm: newStorm(c.Bounds, cfg.Seed, cfg.Calm), slowest: math.Inf(1)}
	w.weather = forecaster{w.storm, cfg.Seed}
	w.rainGrid = w.storm.rainGrid(500)
	list, goals, err := Demand(cfg).Trips(c)
	if err != nil {
		return nil, err
	}
	w.streets, err = traffic.New(c, list, goals, traffic.Config{Seed: cfg.Seed ^ 0x5ca1ab1e, Replan: 5 * time.Minute, Threads: cfg.Threads, Saturation: cfg.Saturation})
	if err != nil {
		return nil, err
	}
	for j, spec := range cfg.Plans {
		p, err := city.NewPlan(&c.Signals[j], spec)
		if err != nil {
			return nil, fmt.Errorf("start-up plan: %w", err)
		}
		if err := w.streets.Input(0, traffic.PlanDownload{Junction: j, Plan: p}); err != nil {
			return nil, err
		}
	}
	if c.Terrain != nil {
		if w.water, err = flood.New(c, flood.Config{Start: cfg.Start, SurgeM: 0.35 * chance.New(cfg.Seed, "world/surge").Float(0, 0)}); err != nil {
			return nil, err
		}
		w.wet = wetLinks(c)
		w.assets = flood.Assets(c)
	}
	midnight := cfg.Start.In(beijing)
	tank := chance.New(cfg.Seed, "world/fuel")
	if w.service, err = emergency.New(c, emergency.Config{Aid: spare, DaySecond: float64(midnight.Hour()*3600 + midnight.Minute()*60 + midnight.Second()), Range: func(u int) float64 { return tank.Between(uint64(u), 0, 0.2, 1) }}); err != nil {
		return nil, err
	}
	w.crashes = drawCrashes(c, cfg)
	w.phones = newPhones(c, cfg, drawCases(c, cfg, w.storm, w.crashes), w.storm)
	w.aid, w.wards, w.hazard, w.pumped, w.advised = newNeighbour(cfg), wards{chance.New(cfg.Seed, "world/wards")}, chance.New(cfg.Seed, "world/hazard"), map[int]bool{}, -advisedBy
	w.roads.w = w
	w.localCAD = emergency.NewDispatcher(&c.Streets)
	w.freeRoads = make([]float32, len(c.Streets.Links))
	for l := range w.freeRoads {
		w.freeRoads[l] = float32(c.Streets.Links[l].FreeTime())
	}
	w.linkByID = make(map[string]int32, len(c.Streets.Links))
	for l := range c.Streets.Links {
		w.linkByID[c.Streets.Links[l].ID] = int32(l)
	}
	w.patrols = newPatrols(w)
	w.signals = newControllers(w)
	w.desks = []desk{w.signals, newAgents(w), newTerminals(w), newCentre(w, medical), w.patrols, newMeteorology(w), newBureau(w), newHotline(w)}
	if w.water != nil {
		w.desks = append(w.desks, newTelemetry(w), newPLCs(w))
	}
	w.desks = append(w.desks, newCentre(w, rescue), newCentre(w, police))
	return w, nil
}

// Demand is what people truly do in a scenario. The brain's own idea of it has another seed, reach and no spread.
func Demand(cfg Config) traffic.Demand {
	return traffic.Demand{Seed: cfg.Seed ^ 0xd3a1, Start: cfg.Start, Hours: cfg.Hours, PerHour: cfg.TripsPerHour, Reach: 4500, Spread: 0.25}
}

// PeakTrips returns the trips of the peak hour that load c's streets as a working day's evening does: by the lane-kilometres
// of its main streets.
func PeakTrips(c *city.City) float64 {
	var km float64
	for i := range c.Streets.Links {
		if l := &c.Streets.Links[i]; l.Class <= city.Tertiary {
			km += l.Length * float64(l.Lanes) / 1000
		}
	}
	return 13.5 * km
}

func wetLinks(c *city.City) []wetLink {
	var wet []wetLink
	for i := range c.Streets.Links {
		l := &c.Streets.Links[i]
		if !l.Wet() {
			continue
		}
		k := wetLink{link: int32(i)}
		last := -1
		for s := 0.0; s <= l.Length; s += c.Terrain.Cell / 2 {
			if cell := c.Terrain.Index(traffic.At(l, s)); cell >= 0 && cell != last && !c.Terrain.River[cell] {
				k.cells, last = append(k.cells, int32(cell)), cell
			}
		}
		if len(k.cells) > 0 {
			wet = append(wet, k)
		}
	}
	return wet
}

// Now returns the time reached since the start.
func (w *World) Now() time.Duration { return w.now }

func (w *World) end() time.Duration { return time.Duration(w.cfg.Hours * float64(time.Hour)) }

// tick is the time between two looks of the departments.
const tick = 5 * time.Second

// Step lets the world go on to until, in whole ticks of 5 s.
func (w *World) Step(ctx context.Context, until time.Duration) error {
	for w.now+tick <= until {
		if w.now%time.Minute == 0 {
			if err := w.minute(); err != nil {
				return err
			}
		}
		next := w.now + tick
		// Water and traffic hear of each other once a minute: in between they run side by side.
		if w.water != nil && w.flowing == nil && w.water.Now() == w.now {
			ahead := w.now + waterStep
			if w.cfg.Silent {
				ahead = w.now + time.Minute
			}
			w.flowing = make(chan error, 1)
			go func() { w.flowing <- w.water.Step(ctx, ahead) }()
		}
		if err := w.block(next); err != nil {
			return err
		}
		err := w.drive(ctx, next)
		if err != nil || !w.cfg.Silent || next%time.Minute == 0 || next+tick > until {
			if e := w.settle(); err == nil {
				err = e
			}
		}
		if err != nil {
			return err
		}
		w.answer(next.Seconds())
		w.dispatchLocally(next)
		w.now = next
		w.aid.tick(w)
		w.signals.cabinetsTick(w)
		w.peakCars = max(w.peakCars, w.streets.Totals().Running)
		if !w.cfg.Silent {
			for _, d := range w.desks {
				d.tick(w)
			}
		}
	}
	return nil
}

// waterStep is how far the water runs before a department may look at it or act on it.
const waterStep = 10 * time.Second

// settle waits for the water that runs beside the streets.
func (w *World) settle() error {
	if w.flowing == nil {
		return nil
	}
	err := <-w.flowing
	w.flowing = nil
	return err
}

// minute brings rain to water and streets, and water to streets.
func (w *World) minute() error {
	if w.now%(15*time.Minute) == 0 && w.now > 0 {
		t := w.streets.Totals()
		if s := t.Seconds - w.quarter.Seconds; s > 0 && w.now > 20*time.Minute {
			w.slowest = math.Min(w.slowest, (t.Metres-w.quarter.Metres)/s)
		}
		w.quarter = t
	}
	mean := 0.0
	f := w.storm.field(w.rainGrid, w.now.Seconds(), forecastError{gain: 1})
	if w.now >= w.end() {
		clear(f.MMH)
	}
	for _, v := range f.MMH {
		mean += float64(v) / float64(len(f.MMH))
	}
	w.rainMMH = mean
	w.rainMM += mean / 60
	if err := w.streets.Input(w.now, traffic.Weather{RainMMH: mean}); err != nil {
		return err
	}
	w.wards.tick(w)
	if w.water == nil {
		return nil
	}
	if err := w.water.Input(w.water.Now(), f); err != nil {
		return err
	}
	for i := range w.wet {
		k := &w.wet[i]
		d := 0.0
		for _, c := range k.cells {
			d = math.Max(d, w.water.DepthAt(int(c)))
		}
		if d < 0.05 {
			d = 0
		}
		if math.Abs(d-k.depth) < 0.02 && (d == 0) == (k.depth == 0) {
			continue
		}
		k.depth = d
		if err := w.linkState(k.link, d); err != nil {
			return err
		}
	}
	w.drown()
	return nil
}

// linkState tells the streets what drivers can do on link l under depth metres of water. Drivers enter water they should not:
// only a closure by the police shuts a street.
func (w *World) linkState(l int32, depth float64) error {
	limit := w.city.Streets.Links[l].Speed
	return w.streets.Input(w.now, traffic.LinkState{Link: l, Speed: flood.RoadSpeed(limit, depth), Shut: w.shut(l)})
}
