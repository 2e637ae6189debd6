package world

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/emergency"
)

// The centres that people ring.
const (
	medical = iota // 120
	rescue         // 119: fire, water, floods
	police         // 110
	centres
)

// centreOf says which centre people ring for each kind of call, and which one each kind of unit belongs to.
var (
	centreOf = [emergency.CallKinds]int{emergency.Medical: medical, emergency.Fire: rescue, emergency.Crash: police, emergency.Trapped: rescue, emergency.Flooding: rescue}
	serving  = [emergency.Kinds]int{emergency.Ambulance: medical, emergency.FireEngine: rescue, emergency.PoliceCar: police, emergency.RescueBoat: rescue, emergency.MobilePump: rescue}
)

// Who rings besides those whose case is new. Assumptions, but for questions: most of what rings at a centre needs no unit.
var (
	again = [emergency.CallKinds]float64{0.15, 1.5, 0.6, 0.3, 0} // second callers, a case
	asks  = [centres]float64{2.2, 8, 12}                         // calls that need no unit, a case in dry weather
)

const (
	beyond  = 0.8 // an hour, a city: from outside it, at 120
	unknown = 1.2 // of which nobody knows where they are
	storms  = 3.0 // times as many more who ask at a centre, in 30 mm/h
)

// How callers and call-takers behave, s. Patience and redialling are assumptions: there are few published figures for emergency numbers.
const (
	patience   = 90.0 // mean of an exponential distribution
	redials    = 0.85 // of those who hung up ring again …
	redialSoon = 15.0 // … so soon, …
	redialLate = 75.0 // … or late
	guidance   = 60.0 // on the line after triage; twice that for what is life-threatening
	question   = 50.0 // mean talk of those who need no unit
	ownPace    = 150  // until the centre's people have found the path of a call by themselves
	utmost     = 4    // times that one caller rings
)

// A record is one phone call as its centre has it on file.
type record struct {
	callPush
	centre   int
	of       string // the case that it is about; "": none, or none of this city's
	first    bool   // whoever rings first for the case
	asks     bool   // it needs no unit, and no record
	lon, lat float64
	placed   bool
	ring     float64 // s
	patience float64
	locate   float64
	triage   float64
	talk     float64
	try      int
	pickup   float64 // s, NaN: not yet
	hungUp   bool
	shown    []byte // pushed last
	over     bool
}

// phones is who rings and how they are answered.
type phones struct {
	records []record
	due     []int // records that have not rung, the first last
	desks   [centres]*emergency.Desk
	cases   map[string]int // index in the service by the case's first number
	holder  map[string]int // record under which a case is handled
	calls   map[string]*emergency.Call
	redials int
	draw    chance.Source
}

func newPhones(c *city.City, cfg Config, cases []emergency.Call, s *storm) *phones {
	p := &phones{cases: map[string]int{}, holder: map[string]int{}, calls: map[string]*emergency.Call{}, draw: chance.New(cfg.Seed, "world/phones")}
	load := [centres]float64{} // call-takers that are busy on average in dry weather
	for i := range cases {
		p.add(c, cases[i], chance.New(cfg.Seed, "world/strays"), uint64(i))
		k := centreOf[cases[i].Kind]
		load[k] += (1 + asks[k]*question/180) * 180 / (3600 * math.Max(cfg.Hours, 0.5))
	}
	p.strangers(c, cfg)
	dry := [centres]float64{}
	for i := range cases {
		dry[centreOf[cases[i].Kind]]++
	}
	for k := range dry {
		for m := range uint64(cfg.Hours * 60) {
			wet := math.Min(1, s.at(c.Bounds.Center(), float64(m)*60)/30)
			for n := range p.draw.Poisson(m, 100+uint64(k), dry[k]*asks[k]/(60*cfg.Hours)*(1+storms*wet)) {
				id := (m*centres+uint64(k))*1000 + uint64(n)
				p.records = append(p.records, record{centre: k, asks: true, ring: float64(m)*60 + 60*p.draw.Float(id, 1), patience: patience * p.draw.Exp(id, 2), talk: question * p.draw.Exp(id, 3), pickup: math.NaN()})
			}
		}
		// As many call-takers as a quiet evening needs so that hardly anybody waits (square-root staffing).
		p.desks[k] = emergency.NewDesk(max(2, int(math.Ceil(load[k]+2*math.Sqrt(load[k])))))
	}
	for i := range p.records {
		p.due = append(p.due, i)
	}
	p.sort()
	return p
}

// sort puts who has not rung in order.
func (p *phones) sort() {
	slices.SortStableFunc(p.due, func(a, b int) int { return cmp.Compare(p.records[b].ring, p.records[a].ring) })
}

// add files the callers of a case: the first, and those who see it too.
func (p *phones) add(c *city.City, k emergency.Call, draw chance.Source, id uint64) {
	at := c.Streets.Nodes[k.Node].At
	r := record{centre: centreOf[k.Kind], of: k.ID, first: true, ring: k.Ring, placed: true, patience: patience * p.draw.Exp(id, 10), locate: k.Locate, triage: k.Triage, pickup: math.NaN()}
	r.ID, r.Priority, r.Kind = k.ID, k.Priority, k.Kind.String()
	r.lon, r.lat = c.Frame.WGS84(at)
	r.talk = talkOf(&r)
	p.records = append(p.records, r)
	p.calls[k.ID] = &k
	many := again[k.Kind]
	for n := uint64(0); many > 0; n++ {
		if draw.Float(id, 20*n) < many {
			o := r
			o.first = false
			o.ID = fmt.Sprintf("S%s", k.ID)
			if n > 0 {
				o.ID += fmt.Sprint("-", n)
			}
			o.ring = k.Ring + 10 + 80*draw.Float(id, 20*n+2)
			o.locate, o.triage = 15+15*draw.Float(id, 20*n+1), 20+20*draw.Float(id, 20*n+5)
			o.patience = patience * draw.Exp(id, 20*n+6)
			o.lon, o.lat = c.Frame.WGS84([2]float64{at[0] + 30*draw.Normal(id, 20*n+3), at[1] + 30*draw.Normal(id, 20*n+4)})
			o.talk = o.locate + o.triage
			p.records = append(p.records, o)
		}
		many--
	}
}

// talkOf is how long a call keeps its call-taker.
func talkOf(r *record) float64 {
	t := r.locate + r.triage + guidance
	if r.Priority == 1 {
		t += guidance
	}
	return t
}

// strangers files the calls for which no unit of the city goes: from beyond it, and of which nobody knows where they are.
func (p *phones) strangers(c *city.City, cfg Config) {
	draw := chance.New(cfg.Seed, "world/strays")
	for h := range uint64(math.Ceil(cfg.Hours)) {
		for kind, rate := range [...]float64{beyond, unknown} {
			for k := range draw.Poisson(h, 10+uint64(kind), rate) {
				id := 90000 + h*100 + uint64(kind)*50 + uint64(k)
				r := record{centre: medical, ring: (float64(h) + draw.Float(id, 7)) * 3600, placed: kind == 0, patience: patience * draw.Exp(id, 9), pickup: math.NaN()}
				r.ID, r.Priority, r.Kind = fmt.Sprintf("S%05d", id), 1+draw.Int(id, 8, 3), emergency.Medical.String()
				r.lon, r.lat = c.Frame.WGS84([2]float64{c.Bounds.Max[0] + 4000 + 3000*draw.Float(id, 5), draw.Between(id, 6, c.Bounds.Min[1], c.Bounds.Max[1])})
				r.locate, r.triage = 15, 20+40*draw.Float(id, 1)
				r.talk = r.locate + r.triage
				p.records = append(p.records, r)
			}
		}
	}
}

// arise adds a case that the evening made.
func (w *World) arise(c emergency.Call) {
	p := w.phones
	n := len(p.records)
	p.add(w.city, c, chance.New(w.cfg.Seed, "world/strays"), p.draw.Bits(uint64(len(c.ID)), uint64(n))>>16)
	for i := n; i < len(p.records); i++ {
		p.due = append(p.due, i)
	}
	p.sort()
}

// answer lets phones ring and be answered up to second until.
func (w *World) answer(until float64) {
	p := w.phones
	for n := len(p.due); n > 0 && p.records[p.due[n-1]].ring < until; n-- {
		i := p.due[n-1]
		p.due = p.due[:n-1]
		r := &p.records[i]
		if r.first && r.try == 0 {
			p.cases[r.of] = len(w.service.Calls())
			w.service.Ring(*p.calls[r.of])
		}
		p.desks[r.centre].Ring(emergency.Phone{ID: i, Ring: r.ring, Patience: r.patience, Talk: r.talk})
	}
	for k := range p.desks {
		for _, e := range p.desks[k].Step(until) {
			w.answered(e)
		}
	}
}

// answered takes in what happened to a phone.
func (w *World) answered(e emergency.PhoneEvent) {
	p := w.phones
	r := &p.records[e.ID]
	if e.What == emergency.HungUp {
		r.hungUp = true
		if u := uint64(e.ID); r.try+1 < utmost && p.draw.Float(u, 50) < redials && !r.asks {
			p.redials++
			o := *r
			o.try++
			o.ring = e.At + p.draw.Between(u, 51, redialSoon, redialLate)
			o.patience = patience * p.draw.Exp(u, 52)
			o.hungUp, o.shown = false, nil
			o.callPush = callPush{ID: fmt.Sprintf("%s-%d", redialName(r), o.try+1), Priority: r.Priority, Kind: r.Kind}
			p.records = append(p.records, o)
			p.due = append(p.due, len(p.records)-1)
			p.sort()
		}
		return
	}
	r.pickup = e.At
	k, known := p.cases[r.of]
	if !known {
		return
	}
	if _, held := p.holder[r.of]; !held {
		p.holder[r.of] = e.ID
		c := &w.service.Calls()[k]
		c.Locate, c.Triage = r.locate, r.triage
		w.service.PickUp(k, r.ID, e.At)
	}
}

// redialName is a record's number without what counts its redials.
func redialName(r *record) string {
	if r.try == 0 {
		return r.ID + "R"
	}
	n := len(r.ID) - 2
	return r.ID[:n]
}
