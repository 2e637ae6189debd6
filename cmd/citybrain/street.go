package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"citybrain/city/chance"
	"citybrain/city/importer/sumo"
	"citybrain/traffic/control"
	"citybrain/wire/traci"
)

// pave makes the scenario of protocol SUMO-2 out of a plain one, with SUMO's own tools: sidewalks and crossings, and a walker each two seconds
// between edges drawn with seed 42. Walkers whose edges no sidewalk joins are left out.
func (d *drive) pave(ctx context.Context) (*sumo.Scenario, error) {
	c, err := sumo.ReadConfig(d.cfg)
	if err != nil {
		return nil, err
	}
	was, err := plain(d.dir, c.Net)
	if err != nil {
		return nil, err
	}
	paved, walkers := filepath.Join(d.dir, "street.net.xml"), filepath.Join(d.dir, "walkers.xml")
	home := os.Getenv("SUMO_HOME")
	if home == "" {
		home = "/usr/share/sumo"
	}
	trips := filepath.Join(home, "tools", "randomTrips.py")
	if _, err := os.Stat(trips); err != nil {
		return nil, fmt.Errorf("--street needs SUMO's tools: %w; install them (Debian: sumo-tools) or set SUMO_HOME", err)
	}
	for _, args := range [][]string{
		{"netconvert", "-s", was, "--crossings.guess", "--sidewalks.guess", "-o", paved},
		{"python3", trips, "-n", paved, "--pedestrians", "-p", "2", "--seed", "42", "-b", fmt.Sprint(c.Begin), "-e", fmt.Sprint(c.Begin + hour), "-o", walkers, "--validate"},
	} {
		var said bytes.Buffer
		cmd := exec.CommandContext(ctx, args[0], args[1:]...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = d.dir, &said, &said
		cmd.Env = append(os.Environ(), "SUMO_HOME="+home)
		if err := cmd.Run(); err != nil {
			return nil, fmt.Errorf("--street: %s: %w: %s", filepath.Base(args[0]), err, bytes.TrimSpace(said.Bytes()))
		}
	}
	s := &sumo.Scenario{Config: c}
	if s.Network, err = sumo.ReadNet(paved); err != nil {
		return nil, err
	}
	if len(s.Network.Crossings) == 0 {
		return nil, errors.New("--street: netconvert finds no signalised crossing to guess in this network")
	}
	if s.Demand, err = sumo.ReadDemand(s.Network, c.Begin, append(slices.Clone(c.Additional), c.Routes...)...); err != nil {
		return nil, err
	}
	s.Config.Net, s.Config.Routes = paved, append(slices.Clone(c.Routes), walkers)
	s.Defects = append(slices.Clone(s.Network.Defects), s.Demand.Defects...)
	return s, nil
}

// streetRules are the crossings that the lights of a network switch.
func streetRules(n *sumo.Network) *control.Street {
	s := &control.Street{}
	for _, c := range n.Crossings {
		s.Crossings = append(s.Crossings, control.Crossing{Light: c.Light, Place: c.Index, Line: c.Line})
	}
	return s
}

// Protocol SUMO-2's detectors: which approaches have them is the same in every run.
const (
	loopAt     = 40.0 // m before the stop line
	loopShare  = 0.7
	loopCovers = 3.0 // m of lane that the loop at the stop line watches
	jammed     = 7.0 // m of a queue that one vehicle takes
	quickening = 2.0 // m/s², of who drives off
)

// loops are the detectors of a street's approaches, a loop at the stop line and one 40 m before it on every lane, and what they make of
// the traffic between them: who came over the one and not yet over the other.
type loops struct {
	n    *control.Network
	lane []loop
	ids  int32
}

type loop struct {
	on       bool
	at       float64 // m before the stop line, of the setback loop
	between  []counted
	idle     int // s for which the stop line was empty though somebody should stand there
	standing int // s for which somebody has stood on the setback loop
}

// counted is a vehicle that came over the setback loop.
type counted struct {
	id                    int32
	behind, speed, waited float64
}

// passage is where a vehicle was a second ago.
type passage struct {
	lane   int32
	inside bool
	behind float64
}

// last is, of each road of n, SUMO's own that ends where it does.
func newLoops(n *control.Network, last []int32) *loops {
	s := &loops{n: n, lane: make([]loop, len(n.Lanes)), ids: 1}
	luck := chance.New(42, "drive-sumo/loops")
	for l := range s.lane {
		if n.Ahead[l] == 0 {
			s.lane[l] = loop{on: luck.Float(uint64(last[n.Lanes[l].Road]), 0) < loopShare, at: math.Min(loopAt, math.Max(n.Lanes[l].Length-1, n.Lanes[l].Length/2))}
		}
	}
	return s
}

// report takes in what the loops saw in the last second and writes what is believed into an observation. Nothing else is known.
func (s *loops) report(w *watch, o *control.Observation) {
	type second struct {
		came          []float64 // speeds
		gone          int
		line, setback bool // somebody is on the loop; stands on it
	}
	seen := map[int32]*second{}
	of := func(l int32) *second {
		if seen[l] == nil {
			seen[l] = &second{}
		}
		return seen[l]
	}
	keep := w.list[:0]
	for _, r := range w.list {
		if r.seen != w.step { // it arrived
			delete(w.riders, r.name)
			if l := r.was.lane; l >= 0 && !r.was.inside && r.was.behind < 15 && s.lane[l].on {
				of(l).gone++
			}
			continue
		}
		keep = append(keep, r)
		now := passage{lane: r.lane, inside: r.inside >= 0}
		if r.lane >= 0 {
			now.behind = r.behind
		}
		was := r.was
		r.was = now
		if was.lane >= 0 && !was.inside && s.lane[was.lane].on && (now.inside || now.lane < 0 || s.n.Lanes[now.lane].Road != s.n.Lanes[was.lane].Road) {
			of(was.lane).gone++
		}
		if now.lane < 0 || !s.lane[now.lane].on {
			continue
		}
		if now.behind < loopCovers {
			of(now.lane).line = true
		}
		if now.inside {
			continue
		}
		loop := &s.lane[now.lane]
		fresh := was.lane < 0 || was.inside || s.n.Lanes[was.lane].Road != s.n.Lanes[now.lane].Road
		if now.behind <= loop.at && (fresh || was.lane == now.lane && was.behind > loop.at || was.lane != now.lane && was.behind > s.lane[was.lane].at) {
			of(now.lane).came = append(of(now.lane).came, r.speed)
		}
		if now.behind <= loop.at && loop.at <= now.behind+r.length && r.speed < 0.5 {
			of(now.lane).setback = true
		}
	}
	clear(w.list[len(keep):])
	w.list = keep
	if o.Dead == nil {
		o.Dead = make([]bool, len(s.lane))
		for l := range s.lane {
			o.Dead[l] = !s.lane[l].on
		}
	}
	o.Blind = true
	for l := range s.lane {
		o.Count[l], o.Halted[l] = -1, -1
		if s.lane[l].on {
			x := seen[int32(l)]
			if x == nil {
				x = &second{}
			}
			s.track(int32(l), x.came, x.gone, x.line, x.setback)
			s.tell(int32(l), o)
		}
	}
}

// track moves a lane's picture on by a second.
func (s *loops) track(l int32, came []float64, gone int, line, setback bool) {
	p := &s.lane[l]
	p.between = p.between[min(gone, len(p.between)):]
	limit, stop := s.n.Lanes[l].Speed, 0.0
	for i := range p.between {
		c := &p.between[i]
		to := math.Max(stop, c.behind-math.Min(limit, c.speed+quickening))
		c.speed = math.Max(0, c.behind-to)
		if c.behind = to; c.speed < 0.1 {
			c.waited++
		}
		stop = c.behind + jammed
	}
	for _, v := range came {
		p.between = append(p.between, counted{id: s.ids, behind: math.Max(p.at, stop), speed: v})
		s.ids++
		stop += jammed
	}
	// The loop at the stop line sets it right: who changed lanes between the loops was counted on the wrong one.
	switch {
	case line && (len(p.between) == 0 || p.between[0].behind > 10):
		p.between = slices.Insert(p.between, 0, counted{id: s.ids})
		s.ids++
		p.idle = 0
	case !line && len(p.between) > 0 && p.between[0].behind < loopCovers && p.between[0].speed < 0.1:
		if p.idle++; p.idle > 3 {
			p.between, p.idle = p.between[1:], 0
		}
	default:
		p.idle = 0
	}
	// Who stands on the setback loop stands in a queue that reaches it.
	if !setback {
		p.standing = 0
		return
	}
	if k := len(p.between) - 1; k >= 0 {
		p.between[k].behind, p.between[k].speed = math.Max(p.between[k].behind, p.at), 0
	}
	if p.standing++; p.standing < 3 {
		return
	}
	for n := int(p.at/jammed) + 1; len(p.between) < n; s.ids++ {
		p.between = append(p.between, counted{id: s.ids, behind: float64(len(p.between)) * jammed, waited: float64(p.standing)})
	}
}

// tell writes a lane's picture into an observation.
func (s *loops) tell(l int32, o *control.Observation) {
	p := &s.lane[l]
	for _, c := range p.between {
		o.Seen[l] = append(o.Seen[l], control.Vehicle{ID: c.id, Behind: c.behind, Speed: c.speed, Length: 5, Waited: c.waited, Next: -1})
	}
}

// calls are the walkers' buttons: who stands on a walking area and wants to cross has pressed.
type calls struct {
	n       *sumo.Network
	areas   map[string][]string // of each walking area: who is on it
	next    map[string]string   // of each person on one: area and the edge that he wants to
	pressed []float64           // of each crossing: s, −1: nobody has
	longest float64             // s
}

func newCalls(n *sumo.Network) *calls {
	return &calls{n: n, areas: map[string][]string{}, next: map[string]string{}, pressed: slices.Repeat([]float64{-1}, len(n.Crossings))}
}

// listen asks to be told who is on the walking areas.
func (s *calls) listen(c *traci.Conn) error {
	var ask []traci.Command
	for i := range s.n.Crossings {
		for _, a := range s.n.Crossings[i].Areas {
			if _, ok := s.areas[a]; !ok && a != "" {
				s.areas[a] = nil
				ask = append(ask, traci.Subscribe(traci.Edge, a, traci.EdgePersons))
			}
		}
	}
	_, err := c.Ask(ask...)
	return err
}

// hear finds who wants to cross where, and since when the first of them has no green.
func (s *calls) hear(c *traci.Conn, now float64, lamps *control.Lamps, o *control.Observation) error {
	var ask []traci.Command
	var who []string
	here := map[string]string{}
	for i := range s.n.Crossings {
		for _, a := range s.n.Crossings[i].Areas {
			for _, id := range s.areas[a] {
				if _, twice := here[id]; twice {
					continue
				}
				if was, ok := s.next[id]; ok && len(was) > len(a) && was[:len(a)] == a && was[len(a)] == ' ' {
					here[id] = was
					continue
				}
				here[id] = a
				who = append(who, id)
				ask = append(ask, traci.Get(traci.Person, traci.NextEdge, id))
			}
		}
	}
	if len(ask) > 0 {
		back, err := c.Ask(ask...)
		if err != nil {
			return err
		}
		if len(back) != len(ask) {
			return fmt.Errorf("sumo answers %d of %d questions about walkers", len(back), len(ask))
		}
		for i, id := range who {
			r, err := back[i].Result()
			if err != nil {
				return err
			}
			here[id] += " " + r.Value.Text
		}
	}
	s.next = here
	for k := range s.n.Crossings {
		x := &s.n.Crossings[k]
		wants := false
		for _, a := range x.Areas {
			for _, id := range s.areas[a] {
				wants = wants || here[id] == a+" "+x.ID
			}
		}
		if st := lamps.State(int(x.Light)); !wants || st[x.Index] == 'G' || st[x.Index] == 'g' {
			s.pressed[k] = -1
		} else if s.pressed[k] < 0 {
			s.pressed[k] = now
		}
		if s.pressed[k] >= 0 {
			s.longest = math.Max(s.longest, now-s.pressed[k])
		}
	}
	copy(o.Calls, s.pressed)
	return nil
}
