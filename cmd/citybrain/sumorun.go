package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"citybrain/city/chance"
	"citybrain/city/importer/sumo"
	"citybrain/traffic/control"
	"citybrain/wire/traci"
)

// starting is how long SUMO may take to read a network and its first demand.
const starting = 2 * time.Minute

// plain makes a file readable for SUMO in dir: decompressed where it is not, itself otherwise.
func plain(dir, path string) (string, error) {
	if _, err := os.Stat(path); err == nil && !strings.HasSuffix(path, ".xz") {
		return filepath.Abs(path)
	}
	in, err := sumo.Open(path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	f, err := os.CreateTemp(dir, "*-"+strings.TrimSuffix(filepath.Base(path), ".xz")) // two inputs may have one name
	if err != nil {
		return "", err
	}
	if _, err = io.Copy(f, in); err != nil {
		err = fmt.Errorf("decompress %s: %w", path, err)
	}
	return f.Name(), errors.Join(err, f.Close())
}

// run starts SUMO on a loopback port, drives it for the duration and judges what it wrote. SUMO ends in any case.
func (d *drive) run(ctx context.Context, s *sumo.Scenario, n *control.Network, ctl control.Controller) (*driveResult, error) {
	dir := d.dir
	netFile, err := plain(dir, s.Config.Net)
	if err != nil {
		return nil, err
	}
	var routes, more []string
	for _, p := range s.Config.Routes {
		if p, err = plain(dir, p); err != nil {
			return nil, err
		}
		routes = append(routes, p)
	}
	for _, p := range s.Config.Additional {
		if p, err = plain(dir, p); err != nil {
			return nil, err
		}
		more = append(more, p)
	}
	tripinfo := filepath.Join(dir, "tripinfo.xml")
	if d.tripinfo != "" {
		if tripinfo, err = filepath.Abs(d.tripinfo); err != nil {
			return nil, err
		}
	}
	statistic := filepath.Join(dir, "statistic.xml")
	l, err := net.Listen("tcp", "127.0.0.1:0") // a free port
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	args := []string{"-n", netFile, "-r", strings.Join(routes, ","), "-b", fmt.Sprint(s.Config.Begin), "--seed", strconv.Itoa(d.seed), "--time-to-teleport", "-1", "--xml-validation", "never",
		"--no-step-log", "--no-warnings", "--tripinfo-output", tripinfo, "--tripinfo-output.write-unfinished", "--statistic-output", statistic, "--remote-port", strconv.Itoa(port)}
	if len(more) > 0 {
		args = append(args, "-a", strings.Join(more, ","))
	}
	if s.Config.LeaveOut {
		args = append(args, "--ignore-route-errors")
	}
	if s.Demand.Unsorted {
		args = append(args, "--route-steps", "0") // all is read beforehand, in whatever order it stands
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.program, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.WaitDelay = 2 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start sumo: %w; install it (Debian: sumo) or name it with --sumo", err)
	}
	var exit error
	ended := make(chan struct{})
	go func() { exit = cmd.Wait(); close(ended) }()
	defer func() { cancel(); <-ended }()
	fault := func(err error) error {
		cancel()
		<-ended
		text := strings.TrimSpace(said.String())
		if text == "" {
			return err
		}
		if lines := strings.Split(text, "\n"); len(lines) > 5 {
			text = strings.Join(lines[len(lines)-5:], "\n")
		}
		return fmt.Errorf("%w; it said: %s", err, text)
	}
	conn, err := traci.Dial(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), starting, starts(cmd.Process.Pid, ended))
	if err != nil {
		return nil, fault(err)
	}
	defer conn.Drop()
	if err := conform(conn.API, conn.Server); err != nil {
		return nil, fault(err)
	}
	r := &driveResult{}
	queued, err := d.loop(ctx, conn, s, n, ctl, r)
	if err != nil {
		return nil, fault(err)
	}
	if err := conn.Close(); err != nil {
		return nil, fault(err)
	}
	select {
	case <-ended:
		if exit != nil {
			return nil, fault(fmt.Errorf("sumo: %w", exit))
		}
	case <-time.After(30 * time.Second):
		return nil, fault(errors.New("sumo did not end 30 s after it was told to"))
	}
	trips, walks, err := readTrips(tripinfo)
	if err != nil {
		return nil, err
	}
	r.judge(s.Demand, trips, queued, walks, s.Config.Begin, d.duration)
	return r, r.safety(statistic)
}

// starts tells whether a SUMO that has not opened its port yet is still at work: not when it has ended, nor when it and those that it started have
// used no processor for as long as an answer may take. Where the system does not tell that, it is.
func starts(pid int, ended <-chan struct{}) func() error {
	used, since := uint64(0), time.Now()
	return func() error {
		select {
		case <-ended:
			return errors.New("it ended before it could be reached")
		default:
		}
		now, ok := spent(pid)
		if !ok || now != used {
			used, since = now, time.Now()
		}
		if time.Since(since) > traci.Patience {
			return fmt.Errorf("it has done nothing for %v and cannot be reached; it hangs", traci.Patience)
		}
		return nil
	}
}

// spent is the processor time of a process and of those that it started, in ticks of Linux's /proc; false: that is not there.
func spent(pid int) (ticks uint64, ok bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])) // from the third on: the second is a name in brackets
	if len(fields) < 13 {
		return 0, false
	}
	for _, f := range fields[11:13] { // utime, stime
		t, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return 0, false
		}
		ticks += t
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, false
	}
	for _, f := range strings.Fields(string(children)) {
		if child, err := strconv.Atoi(f); err == nil {
			t, _ := spent(child)
			ticks += t
		}
	}
	return ticks, true
}

// protocol is the SUMO whose figures are compared, oldest the first version of TraCI that has all that is asked here.
const protocol, oldest = "SUMO 1.15", 20

// conform refuses a SUMO that speaks another TraCI, and tells of one whose figures are not those of the protocol.
func conform(api int, server string) error {
	if api < oldest {
		return fmt.Errorf("%q speaks version %d of TraCI, wanted is %d or later; install %s or name it with --sumo", server, api, oldest, protocol)
	}
	if !strings.HasPrefix(server, protocol+".") {
		fmt.Fprintf(os.Stderr, "note: this is %s; the protocol and its baselines are of %s\n", server, protocol)
	}
	return nil
}

// safety reads teleports and collisions from SUMO's statistic file.
func (r *driveResult) safety(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read statistics: %w", err)
	}
	defer f.Close()
	dec := xml.NewDecoder(f)
	for {
		t, err := dec.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read statistics %s: %w", path, err)
		}
		e, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range e.Attr {
			switch {
			case e.Name.Local == "teleports" && a.Name.Local == "total":
				r.Teleports, err = strconv.Atoi(a.Value)
			case e.Name.Local == "safety" && a.Name.Local == "collisions":
				r.Collisions, err = strconv.Atoi(a.Value)
			}
			if err != nil {
				return fmt.Errorf("read statistics %s: %w", path, err)
			}
		}
	}
}

// A rider is a vehicle of SUMO's as the driver knows it.
type rider struct {
	id       int32
	name     string
	route    []int32 // roads
	at       int     // place on it
	length   float64
	people   float64
	lane     int32   // −1: not on the network's lanes
	inside   int32   // connection whose path it is on, −1
	behind   float64 // m from its front to the end of the lane
	speed    float64
	waited   float64
	reported bool // among those that are seen
	seen     int  // last step in which SUMO spoke of it
	was      passage
}

// A watch follows SUMO's vehicles and makes observations of them.
type watch struct {
	d      *drive
	s      *sumo.Scenario
	n      *control.Network
	lanes  map[string]int32 // SUMO's own
	roads  map[string]int32 // of the joint
	types  map[string]int32 // of journeys by id: their type
	riders map[string]*rider
	list   []*rider // in order of insertion
	ids    int32
	luck   chance.Source
	dead   []bool
	fresh  []string
	made   map[string]float64 // of each vehicle: s, when SUMO read it or a flow made it
	step   int
	wait   float64 // longest
	loops  *loops  // with --street: what detectors report, …
	calls  *calls  // … and what walkers' buttons do
}

func newWatch(d *drive, s *sumo.Scenario, n *control.Network) *watch {
	w := &watch{d: d, s: s, n: n, lanes: map[string]int32{}, roads: map[string]int32{}, types: map[string]int32{}, riders: map[string]*rider{}, made: map[string]float64{}, luck: chance.New(uint64(d.seed), "drive-sumo/seen")}
	for i := range s.Network.Lanes {
		w.lanes[s.Network.Lanes[i].ID] = int32(i)
	}
	for i := range s.Network.Roads {
		w.roads[s.Network.Roads[i].ID] = d.joint.Road[i]
	}
	for i := range s.Demand.Journeys {
		w.types[s.Demand.Journeys[i].ID] = s.Demand.Journeys[i].Type
	}
	if d.dead > 0 {
		w.dead = make([]bool, len(n.Lanes))
		luck := chance.New(uint64(d.seed), "drive-sumo/dead")
		for i := range w.dead {
			w.dead[i] = n.Watched(int32(i)) && luck.Float(uint64(i), 0) < d.dead
		}
	}
	return w
}

// hear takes one subscription's result.
func (w *watch) hear(s *traci.Subscription) error {
	switch s.Domain {
	case traci.Simulation:
		v, ok := s.Get(traci.Departed)
		if !ok {
			return errors.New("sumo does not say who departed")
		}
		w.fresh = append(w.fresh, v.List...)
		if v, ok = s.Get(traci.Loaded); !ok {
			return errors.New("sumo does not say what it has read")
		}
		for _, id := range v.List {
			w.made[id] = float64(max(0, w.step-1))
		}
	case traci.Edge:
		v, ok := s.Get(traci.EdgePersons)
		if !ok {
			return fmt.Errorf("sumo does not say who is on %s", s.Object)
		}
		w.calls.areas[s.Object] = v.List
	case traci.Vehicle:
		r := w.riders[s.Object]
		if r == nil {
			return fmt.Errorf("sumo speaks of vehicle %q, which never departed", s.Object)
		}
		lane, _ := s.Get(traci.VehicleLane)
		pos, _ := s.Get(traci.LanePosition)
		speed, _ := s.Get(traci.Speed)
		w.place(r, lane.Text, pos.Number, speed.Number)
	}
	return nil
}

// place moves a rider to where SUMO says that it is.
func (w *watch) place(r *rider, lane string, pos, speed float64) {
	r.seen, r.speed = w.step, speed
	if k, ok := w.lanes[lane]; ok {
		w.on(r, k, w.s.Network.Lanes[k].Length-pos)
	} else if p, ok := w.s.Network.Inside[lane]; ok {
		c := &w.s.Network.Connections[p.Connection]
		left := c.Length - p.Before - pos
		if w.d.joint.Conn[p.Connection] < 0 { // what SUMO takes for a junction is a piece of lane
			w.on(r, c.To, w.s.Network.Lanes[c.To].Length+left)
		} else {
			if r.inside < 0 {
				r.waited = 0
			}
			r.lane, r.inside = w.d.joint.Lane[c.To], w.d.joint.Conn[p.Connection]
			r.behind = w.n.Lanes[r.lane].Length + left
			if road := w.n.Lanes[r.lane].Road; r.at+1 < len(r.route) && r.route[r.at] != road && r.route[r.at+1] == road {
				r.at++
			}
		}
	} else {
		r.lane = -1
	}
	if speed < 0.1 {
		r.waited++
		if r.lane >= 0 && r.inside < 0 && w.n.Ahead[r.lane] == 0 {
			w.wait = max(w.wait, r.waited)
		}
	}
}

// on places a rider on lane k of SUMO's net, behind metres before its end.
func (w *watch) on(r *rider, k int32, behind float64) {
	l := w.d.joint.Lane[k]
	road := w.n.Lanes[l].Road
	if r.lane >= 0 && w.n.Lanes[r.lane].Road != road || r.inside >= 0 {
		r.waited = 0
	}
	r.lane, r.inside, r.behind = l, -1, behind+w.d.joint.Short[k]
	for i := r.at; i < len(r.route); i++ {
		if r.route[i] == road {
			r.at = i
			break
		}
	}
}

// admit asks for the routes of those that just departed, and to be told of them from now on.
func (w *watch) admit(c *traci.Conn) error {
	if len(w.fresh) == 0 {
		return nil
	}
	var ask []traci.Command
	for _, id := range w.fresh {
		ask = append(ask, traci.Get(traci.Vehicle, traci.Edges, id), traci.Get(traci.Vehicle, traci.Length, id), traci.Subscribe(traci.Vehicle, id, traci.VehicleLane, traci.LanePosition, traci.Speed))
	}
	back, err := c.Ask(ask...)
	if err != nil {
		return err
	}
	if len(back) != len(ask) {
		return fmt.Errorf("sumo answers %d of %d questions about new vehicles", len(back), len(ask))
	}
	for i, id := range w.fresh {
		edges, err := back[3*i].Result()
		if err != nil {
			return err
		}
		length, err := back[3*i+1].Result()
		if err != nil {
			return err
		}
		sub, err := back[3*i+2].Subscription()
		if err != nil {
			return err
		}
		r := &rider{id: w.ids, name: id, length: length.Value.Number, people: 1, lane: -1, inside: -1}
		if k, ok := w.types[id]; ok {
			r.people = w.s.Demand.Types[k].People
		}
		for _, e := range edges.Value.List {
			if road, ok := w.roads[e]; ok && (len(r.route) == 0 || r.route[len(r.route)-1] != road) {
				r.route = append(r.route, road)
			}
		}
		r.reported = w.d.observed == 0 || w.luck.Float(uint64(r.id), 0) < w.d.observed
		w.ids++
		w.riders[id] = r
		w.list = append(w.list, r)
		if err := w.hear(&sub); err != nil {
			return err
		}
	}
	w.fresh = w.fresh[:0]
	return nil
}

// fill writes what may be known into an observation.
func (w *watch) fill(o *control.Observation) {
	o.Clear()
	if w.loops != nil {
		w.loops.report(w, o)
		return
	}
	o.Dead, o.Share = w.dead, w.d.observed
	keep := w.list[:0]
	for _, r := range w.list {
		if r.seen != w.step {
			delete(w.riders, r.name) // arrived
			continue
		}
		keep = append(keep, r)
		if r.lane < 0 {
			continue
		}
		if r.inside < 0 {
			o.Count[r.lane]++
			if r.speed < 0.1 {
				o.Halted[r.lane]++
			}
		}
		if !r.reported || !w.n.Sees(r.lane, r.behind) {
			continue
		}
		v := control.Vehicle{ID: r.id, Behind: r.behind, Speed: r.speed, Length: r.length, Waited: r.waited, Next: -1, People: r.people}
		if r.at+1 < len(r.route) {
			v.Next = r.route[r.at+1]
		}
		o.Seen[r.lane] = append(o.Seen[r.lane], v)
	}
	clear(w.list[len(keep):])
	w.list = keep
	for l := range o.Seen {
		if w.dead != nil && w.dead[l] {
			o.Seen[l], o.Count[l], o.Halted[l] = o.Seen[l][:0], -1, -1
			continue
		}
		if w.d.observed > 0 {
			o.Count[l], o.Halted[l] = -1, -1
		}
		slices.SortStableFunc(o.Seen[l], func(a, b control.Vehicle) int { return cmp.Compare(a.Behind, b.Behind) })
	}
}

// wish is a decision on its way to the lamps.
type wish struct {
	at   float64
	want []int
}

// loop is the run itself: observe, decide, switch, step. It returns who still waits to enter at its end.
func (d *drive) loop(ctx context.Context, c *traci.Conn, s *sumo.Scenario, n *control.Network, ctl control.Controller, r *driveResult) ([]queued, error) {
	w := newWatch(d, s, n)
	if d.street {
		w.loops, w.calls = newLoops(n, d.joint.Last), newCalls(s.Network)
		if err := w.calls.listen(c); err != nil {
			return nil, err
		}
	}
	read, err := c.Ask(traci.Subscribe(traci.Simulation, "", traci.Departed, traci.Loaded))
	if err != nil {
		return nil, err
	}
	if sub, err := read[0].Subscription(); err != nil {
		return nil, err
	} else if err := w.hear(&sub); err != nil {
		return nil, err
	}
	lamps := control.NewLamps(n)
	obs := control.NewObservation(n)
	want, shown := make([]int, len(n.Junctions)), make([]int, len(n.Junctions))
	var pending []wish
	bar := newProgress()
	defer bar.done()
	next := 0.0
	for k := 0; float64(k) < d.duration; k++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now := float64(k)
		w.fill(obs)
		if !d.keep {
			obs.Time = now
			lamps.Fill(obs)
			if w.calls != nil {
				if err := w.calls.hear(c, now, lamps, obs); err != nil {
					return nil, err
				}
			}
			if now >= next {
				ctl.Decide(obs, want)
				pending = append(pending, wish{now + d.lag, slices.Clone(want)})
				next += d.every
			}
			for len(pending) > 0 && pending[0].at <= now {
				copy(shown, pending[0].want)
				pending = pending[1:]
			}
			lamps.Step(now, shown, obs.Calls)
			var set []traci.Command
			for j := range n.Junctions {
				if lamps.Changed(j) {
					cmd, err := traci.Set(traci.Light, traci.State, n.Junctions[j].ID, traci.Value{Type: traci.String, Text: string(lamps.State(j))})
					if err != nil {
						return nil, err
					}
					set = append(set, cmd)
				}
			}
			if len(set) > 0 {
				if _, err := c.Ask(set...); err != nil {
					return nil, err
				}
			}
		}
		w.step++
		if err := c.Step(0, w.hear); err != nil {
			return nil, fmt.Errorf("at %g s: %w", s.Config.Begin+now, err)
		}
		if err := w.admit(c); err != nil {
			return nil, fmt.Errorf("at %g s: %w", s.Config.Begin+now, err)
		}
		bar.show("driving sumo", (now+1)/d.duration)
	}
	r.MaxWait = w.wait
	if w.calls != nil {
		r.WalkWait = w.calls.longest
	}
	ids, err := c.Value(traci.Simulation, traci.Pending, "")
	if err != nil {
		return nil, err
	}
	var list []queued
	for _, id := range ids.List {
		list = append(list, queued{id, w.made[id]})
	}
	return list, nil
}
