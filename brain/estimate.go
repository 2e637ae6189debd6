package brain

import (
	"context"
	"maps"
	"math"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/flood"
	"citybrain/routing"
	"citybrain/traffic"
	"citybrain/traffic/horizon"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// probeShare is the share of vehicles that must report their place (taxis, buses, trucks), as registrations and counts say.
const probeShare = 0.2

// estimate is what the brain believes of the streets this minute, from detectors and reporting vehicles.
type estimate struct {
	city       *city.City
	index      linkIndex
	terminal   map[string]probe
	flowURN    []string           // by link: its detector's entity
	standing   []float64          // vehicles standing, by link, by the probes
	seen       [][3]float64       // of them, those that report, by the kind of turn that they wait for
	back       [][3]float64       // m before the stop line at which the last of each kind stands
	running    []float64          // vehicles on it, by link
	passages   []Passage          // of the probes, by turn, since the start
	paces      [][paceBins]uint32 // of the probes that nothing holds up, by class of road: how many went at which share of the limit
	pace       []float64          // m/s of the probes of late; NaN: none
	paceAt     []time.Time
	occupied   []float64   // by link, of its detector; −1: none or silent
	stage      []int       // by junction, −1: not known
	changed    []time.Time // when it was first reported
	centre     []bool      // by junction: led by us
	special    []bool      // by junction: it flashes, or is dark or red to all
	queues     *queues
	detectors  *detectors
	speeds     *speedWatch // what it learns of speeds; nil: nobody asks
	trusting   bool        // every detector is believed
	turnIndex  city.TurnIndex
	vehicles   float64 // on the streets, by the reporting ones
	minutes    float64 // that vehicles have spent there since the start, by the same
	gauges     []gauge
	lastRain   time.Time
	rainGauges int
	fallen     float64 // mm since the start, mean of the rain gauges
}

type probe struct {
	link    int32
	along   float64
	speed   float64 // m/s
	at      time.Time
	entered time.Time  // zero: nobody saw it come onto its link
	stood   float64    // m before the stop line, where it was first seen to stand on its link, …
	greens  [3]float64 // … and queues.greens then; 0: it has not stood there
}

// gauge is the brain's view of one station.
type gauge struct {
	city.Instrument
	urn   string
	value float64
	at    time.Time // of the newest value
	same  int       // reports in a row without any change
	used  time.Time // newest value that went into the estimate
	// Of a rain gauge: what fell of late by it and by the radar above it, mm, up to the value last compared.
	fell, seen float64
	compared   time.Time
}

func newEstimate(c *city.City) *estimate {
	n := len(c.Streets.Links)
	e := &estimate{city: c, index: newLinkIndex(c), terminal: map[string]probe{}, standing: make([]float64, n), seen: make([][3]float64, n), back: make([][3]float64, n), flowURN: make([]string, n), running: make([]float64, n), pace: make([]float64, n), passages: make([]Passage, len(c.Streets.Turns)), paces: make([][paceBins]uint32, city.Service+1), paceAt: make([]time.Time, n), occupied: make([]float64, n), stage: make([]int, len(c.Signals)), changed: make([]time.Time, len(c.Signals)), centre: make([]bool, len(c.Signals)), special: make([]bool, len(c.Signals)), queues: newQueues(c), detectors: newDetectors(c), turnIndex: c.Streets.IndexTurns()}
	e.queues.believed = func(l int32, k int) bool { return e.trusting || e.detectors.believed(l, k) }
	e.queues.blind = func(l int32) bool { return !e.trusting && e.detectors.blind(l) }
	for l := range n {
		e.pace[l], e.occupied[l] = math.NaN(), -1
		e.flowURN[l] = exchange.URN("TrafficFlowObserved", c.Streets.Links[l].ID)
	}
	for j := range e.stage {
		e.stage[j] = -1
	}
	for _, in := range city.Instruments(c) {
		typ := "WaterObserved"
		if in.Kind == city.RainInstrument {
			typ = "RainfallObserved"
			e.rainGauges++
		}
		e.gauges = append(e.gauges, gauge{Instrument: in, urn: exchange.URN(typ, in.ID), value: math.NaN()})
	}
	return e
}

// update reads what the feeds brought since the last tick.
func (e *estimate) update(b *Brain, s twin.Snapshot) {
	for j := range e.city.Signals {
		ent, ok := s.Get(exchange.URN("TrafficSignal", e.city.Signals[j].ID))
		if !ok {
			continue
		}
		// What stands in the twin may have come from a person's hand: it is checked as a department's report would be.
		if v, ok := ent.Number("stage"); ok && v >= 0 && int(v) < len(e.city.Signals[j].Stages) {
			if int(v) != e.stage[j] {
				e.changed[j] = ent.ObservedAt("stage")
			}
			e.stage[j] = int(v)
		}
		mode, _ := ent.Number("mode")
		e.centre[j], e.special[j] = mode >= 0x10 && mode < 0x20, mode >= 0x30 && mode < 0x40
	}
	b.look(int(b.now.Sub(b.cfg.Start) / time.Second))
	e.queues.tick(horizon.Tick, b.lead.lamps, e.Filled)
	for _, l := range e.queues.links {
		if e.city.Streets.Links[l].Detector == city.DetectorNone {
			continue
		}
		ent, ok := s.Get(e.flowURN[l])
		if !ok {
			continue
		}
		var count [3]reading
		var at time.Time
		for k := range count {
			count[k] = reading{math.NaN(), math.NaN()}
			name := loopNames[k]
			if e.queues.all(l) {
				name = [2]string{"volume", "occupancy"}
			}
			if t := ent.ObservedAt(name[0]); t.After(at) {
				at = t
			}
			if v, ok := ent.Number(name[0]); ok {
				count[k].volume = v
				count[k].occupied, _ = ent.Number(name[1])
			}
		}
		if !at.After(e.queues.counted[l]) {
			if b.now.Sub(at) > time.Minute {
				e.occupied[l] = -1
			}
			continue
		}
		e.occupied[l] = 0
		for k := range count {
			e.detectors.count(l, k, count[k])
			if !e.queues.believed(l, k) {
				count[k] = reading{math.NaN(), math.NaN()}
			}
			if count[k].occupied > e.occupied[l] {
				e.occupied[l] = count[k].occupied
			}
		}
		e.speeds.told(l, &count, e.occupied[l])
		if e.queues.blind(l) {
			e.occupied[l], e.queues.counted[l] = -1, at
			e.queues.left[l], e.queues.green[l] = [3]float64{}, [3]float64{}
		} else if e.queues.all(l) {
			e.queues.countAll(l, at, count[0])
		} else {
			e.queues.count(l, at, count)
		}
	}
	if b.now.Sub(b.cfg.Start)%probeEvery == 0 {
		e.probes(b, s)
	}
}

// loopNames are the attributes of an approach's loops by kind of turn.
var loopNames = [3][2]string{{"volumeLeft", "occupancyLeft"}, {"volumeStraight", "occupancyStraight"}, {"volumeRight", "occupancyRight"}}

// probeEvery is how often the reporting vehicles are looked at.
const probeEvery = 15 * time.Second

// A vehicle slower than standing, km/h, that seems to stand less than overLine metres behind a stop line stands before it: places scatter by some metres.
const (
	standing = 5
	overLine = 15
)

// after reports whether link b follows link a.
func (e *estimate) after(a, b int32) bool {
	return e.city.Streets.Links[a].To == e.city.Streets.Links[b].From
}

// detectorPeriod is the seconds over which controllers count.
const detectorPeriod = 15

// probes places the reporting vehicles on links and counts them.
func (e *estimate) probes(b *Brain, s twin.Snapshot) {
	for l := range e.running {
		e.running[l] *= 0.5
		e.standing[l], e.seen[l], e.back[l] = 0, [3]float64{}, [3]float64{}
	}
	maps.DeleteFunc(e.terminal, func(_ string, p probe) bool { return b.now.Sub(p.at) > 2*time.Minute })
	reporting := 0
	for ent := range s.Query(twin.Query{Types: []string{"Vehicle"}}) {
		at := ent.ObservedAt("location")
		if b.now.Sub(at) > 25*time.Second {
			continue
		}
		lon, lat, ok := ent.Location()
		if !ok {
			continue
		}
		heading, _ := ent.Number("heading")
		kmh, _ := ent.Number("speed")
		was, known := e.terminal[ent.ID]
		if !known {
			was.link = -1
		}
		link, along := e.index.match(e.city.Frame.Local(lon, lat), heading, was.link)
		if link < 0 {
			continue
		}
		if known && link != was.link && kmh < standing && along < overLine && e.after(was.link, link) {
			link, along = was.link, e.city.Streets.Links[was.link].Length
		}
		reporting++
		p := probe{link: link, along: along, speed: kmh / 3.6, at: at}
		if known {
			e.speeds.drove(was, p)
		}
		if known && was.link != link {
			e.queues.turned(was.link, link)
			e.queues.crossed[link] += 1 / probeShare
			turns := e.between(was.link, link)
			for _, t := range turns {
				e.detectors.crossed(e.city, t)
			}
			p.entered = e.pass(was, p, turns)
		}
		if known && was.link == link {
			p.entered = was.entered
			if dt := at.Sub(was.at).Seconds(); dt > 0 && along >= was.along {
				v := (along - was.along) / dt
				if math.IsNaN(e.pace[link]) || b.now.Sub(e.paceAt[link]) > 5*time.Minute {
					e.pace[link] = v
				}
				e.pace[link] += 0.2 * (v - e.pace[link])
				e.paceAt[link] = b.now
			}
		}
		e.unhindered(p)
		stands, back := p.speed < 1.5, e.city.Streets.Links[link].Length-along
		if known && was.link == link {
			p.stood, p.greens = was.stood, was.greens
		}
		if stands && p.stood == 0 {
			p.stood, p.greens = math.Max(1, back), e.queues.greens[link]
		}
		e.terminal[ent.ID] = p
		e.running[link] += 0.5 / probeShare
		if stands {
			v := stander{back: back, stood: p.stood, since: p.greens}
			if b.now.Sub(at) <= freshReport || at.After(b.greenAt(link)) {
				e.standing[link] += 1 / probeShare
			} else {
				for k, g := range e.queues.greens[link] {
					v.lately[k] = g - e.queues.looked[link][k]
				}
			}
			for k, of := range e.queues.belongs(link, v) {
				if e.seen[link][k] += of; of > 0.9 {
					e.back[link][k] = math.Max(e.back[link][k], v.back)
				}
			}
		}
	}
	copy(e.queues.looked, e.queues.greens)
	e.vehicles += 0.1 * (float64(reporting)/probeShare - e.vehicles)
	e.minutes += float64(reporting) / probeShare * probeEvery.Minutes()
	for _, l := range e.queues.links {
		if e.queues.blind(l) || e.city.Streets.Links[l].Detector == city.DetectorNone {
			e.queues.unseen(l)
		}
		e.queues.crossed[l] = 0
		e.queues.stand(l, e.seen[l], e.back[l])
	}
}

// freshReport is how old a report may be for its vehicle to stand where it stood, though there has been green.
const freshReport = 5 * time.Second

// between returns the turns by which a vehicle came from link a to link b since it was last seen: the fewest, three at most; nil where there
// are none.
func (e *estimate) between(a, b int32) []int32 {
	turns, idx := e.city.Streets.Turns, e.turnIndex
	for t := idx[a]; t < idx[a+1]; t++ {
		if turns[t].To == b {
			return []int32{t}
		}
	}
	var three []int32
	for t := idx[a]; t < idx[a+1]; t++ {
		m := turns[t].To
		for u := idx[m]; u < idx[m+1]; u++ {
			if turns[u].To == b {
				return []int32{t, u}
			}
			n := turns[u].To
			for v := idx[n]; three == nil && v < idx[n+1]; v++ {
				if turns[v].To == b {
					three = []int32{t, u, v}
				}
			}
		}
	}
	return three
}

// Waiting returns the vehicles that wait on link l for turns of kind k.
func (e *estimate) Waiting(l int32, k city.TurnKind) float64 {
	if e.queues.one(l) {
		return e.queues.waiting[l][1]
	}
	return e.queues.waiting[l][kindOf(k)]
}

// Filled returns the share of link l's storage that is taken.
func (e *estimate) Filled(l int32) float64 {
	link := &e.city.Streets.Links[l]
	room := math.Max(1, link.Length*float64(link.Lanes)/city.JamSpacing)
	f := e.running[l] / room
	if link.Detector == city.DetectorEntry && e.occupied[l] > 0.5 { // of one that is not believed it is −1
		f = math.Max(f, 0.95)
	}
	return math.Min(1, f)
}

// weights returns the seconds that each link takes now: what probes measured of late, else what the brain's own model has.
func (b *Brain) weights() []float32 {
	w := b.streets.Weights()
	for l := range w {
		link := &b.city.Streets.Links[l]
		if w[l] >= routing.Closed || math.IsNaN(b.est.pace[l]) || b.now.Sub(b.est.paceAt[l]) > 4*time.Minute {
			continue
		}
		seen := link.Length / math.Max(b.est.pace[l], 0.7)
		w[l] = float32(math.Max(link.FreeTime(), 0.6*seen+0.4*float64(w[l])))
	}
	return w
}

// linkIndex finds the links near a place.
type linkIndex struct {
	city  *city.City
	cell  float64
	cells map[[2]int][]int32
}

func newLinkIndex(c *city.City) linkIndex {
	x := linkIndex{city: c, cell: 100, cells: map[[2]int][]int32{}}
	for i := range c.Streets.Links {
		l := &c.Streets.Links[i]
		var last [2]int
		for s, first := 0.0, true; s <= l.Length+30; s, first = s+30, false {
			p := traffic.At(l, math.Min(s, l.Length))
			k := [2]int{int(math.Floor(p[0] / x.cell)), int(math.Floor(p[1] / x.cell))}
			if first || k != last {
				x.cells[k] = append(x.cells[k], int32(i))
				last = k
			}
		}
	}
	return x
}

// match returns the link on which a vehicle at p drives in direction heading (degrees from north), and how far along; −1 if
// none is within 30 m. A vehicle stays on the link it was on when that fits about as well.
func (x *linkIndex) match(p orb.Point, heading float64, was int32) (int32, float64) {
	best, bestAlong, least := int32(-1), 0.0, 30.0
	dx, dy := math.Sin(heading*math.Pi/180), math.Cos(heading*math.Pi/180)
	cx, cy := int(math.Floor(p[0]/x.cell)), int(math.Floor(p[1]/x.cell))
	for ix := cx - 1; ix <= cx+1; ix++ {
		for iy := cy - 1; iy <= cy+1; iy++ {
			for _, l := range x.cells[[2]int{ix, iy}] {
				d, along, ux, uy := project(x.city.Streets.Links[l].Line, p)
				if cos := ux*dx + uy*dy; cos < 0.5 {
					continue
				} else {
					d += 15 * (1 - cos)
				}
				if l == was {
					d -= 5
				}
				if d < least || d == least && l < best {
					best, bestAlong, least = l, along, d
				}
			}
		}
	}
	return best, bestAlong
}

// project returns the distance of p from a line, how far along its nearest point is, and the line's direction there.
func project(line orb.LineString, p orb.Point) (dist, along, ux, uy float64) {
	dist = math.Inf(1)
	run := 0.0
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		vx, vy := b[0]-a[0], b[1]-a[1]
		n := math.Hypot(vx, vy)
		if n == 0 {
			continue
		}
		t := math.Max(0, math.Min(1, ((p[0]-a[0])*vx+(p[1]-a[1])*vy)/(n*n)))
		if d := math.Hypot(p[0]-a[0]-t*vx, p[1]-a[1]-t*vy); d < dist {
			dist, along, ux, uy = d, run+t*n, vx/n, vy/n
		}
		run += n
	}
	return dist, along, ux, uy
}

// tallest is a level or rain that no gauge of any city reports, m or mm.
const tallest = 5000

// stuckAfter is how many reports in a row without the least change make a level gauge suspect.
const stuckAfter = 5

// assimilate brings the water model up to now with the rain that radar and gauges saw, then sets what stations measured.
func (b *Brain) assimilate(ctx context.Context, s twin.Snapshot) error {
	since := b.now.Sub(b.cfg.Start)
	for i := range b.est.gauges {
		g := &b.est.gauges[i]
		e, ok := s.Get(g.urn)
		if !ok {
			continue
		}
		attr := map[city.InstrumentKind]string{city.RainInstrument: "rainfall5min", city.StreetInstrument: "waterDepth"}[g.Kind]
		if attr == "" {
			attr = "waterLevel"
		}
		v, ok := e.Number(attr)
		if !ok || !e.ObservedAt(attr).After(g.at) || math.Abs(v) > tallest {
			continue
		}
		if v == g.value {
			g.same++
		} else {
			g.same = 0
		}
		g.value, g.at = v, e.ObservedAt(attr)
		if g.Kind == city.RainInstrument {
			b.est.fallen += v / float64(b.est.rainGauges)
		}
	}
	if err := b.fall(); err != nil {
		return err
	}
	if err := b.mirrorEquipment(s); err != nil {
		return err
	}
	if err := b.water.Step(ctx, since); err != nil {
		return err
	}
	var evs []flood.Event
	for i := range b.est.gauges {
		g := &b.est.gauges[i]
		if !g.at.After(g.used) || b.now.Sub(g.at) > 6*time.Minute || g.same >= stuckAfter && g.value != 0 {
			continue
		}
		g.used = g.at
		switch g.Kind {
		case city.SewerInstrument:
			evs = append(evs, flood.BasinCorrection{Basin: g.Index, Level: g.value})
		case city.CreekInstrument:
			evs = append(evs, flood.CreekCorrection{Creek: g.Index, Level: g.value})
		case city.StreetInstrument:
			if c := b.city.Terrain.Index(g.At); c >= 0 && !b.city.Terrain.River[c] && !math.IsNaN(float64(b.city.Terrain.Z[c])) {
				evs = append(evs, flood.DepthCorrection{Cell: c, Depth: g.value, Radius: 120})
			}
		}
	}
	if err := b.water.Input(since, evs...); err != nil {
		return err
	}
	if err := b.water.Step(ctx, since); err != nil {
		return err
	}
	return b.floodStreets()
}

// mirrorEquipment gives the model the orders that pumps and gates report.
func (b *Brain) mirrorEquipment(s twin.Snapshot) error {
	var evs []flood.Event
	for i := range b.city.Drains.Pumps {
		if e, ok := s.Get(exchange.URN("PumpStation", b.city.Drains.Pumps[i].ID)); ok {
			if v, ok := e.Number("order"); ok && v >= flood.Auto && v <= float64(b.city.Drains.Pumps[i].Units) {
				evs = append(evs, flood.PumpOrder{Pump: i, Units: int(v)})
			}
		}
	}
	for i := range b.city.Drains.Gates {
		if e, ok := s.Get(exchange.URN("FloodGate", b.city.Drains.Gates[i].ID)); ok {
			if v, ok := e.Number("order"); ok && (v == flood.Auto || v >= 0 && v <= 1) {
				evs = append(evs, flood.GateOrder{Gate: i, Opening: v})
			}
		}
	}
	return b.water.Input(b.water.Now(), evs...)
}

// floodStreets tells the brain's traffic what water does to speeds.
func (b *Brain) floodStreets() error {
	for l := range b.city.Streets.Links {
		link := &b.city.Streets.Links[l]
		if !link.Wet() {
			continue
		}
		d := 0.0
		for s := 0.0; s <= link.Length; s += 40 {
			if c := b.city.Terrain.Index(traffic.At(link, s)); c >= 0 && !b.city.Terrain.River[c] {
				d = math.Max(d, b.water.DepthAt(c))
			}
		}
		if d < 0.05 {
			d = 0
		}
		if err := b.streets.Input(b.streets.Now(), traffic.LinkState{Link: int32(l), Speed: flood.RoadSpeed(link.Speed, d), Shut: b.closed[link.ID]}); err != nil {
			return err
		}
	}
	return nil
}
