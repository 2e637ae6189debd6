package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"time"

	"citybrain/account"
	"citybrain/city"
	"citybrain/city/riverside"
	"citybrain/console"
	"citybrain/ngsild"
	"citybrain/policy"
	"citybrain/server"
	"citybrain/traffic/forecast"
)

// demoSeed is the city and the evening that `citybrain run` shows.
const demoSeed = 1

// demoCity names the demo city to the verbs that have no demo city of their own accord; a folder of that name is ./demo to them.
const demoCity = "demo"

func runVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("run", verbs[0].example, out)
	dir := f.String("city", "", "`folder` of a city pack; empty: the demo city")
	headless := f.Bool("headless", false, "run as fast as possible and print a report")
	scenario := f.String("scenario", "storm", "storm or calm")
	hours := f.Float64("hours", 4, "length of the evening")
	seed := f.Uint64("seed", demoSeed, "of the evening: its rain, its trips, its calls")
	brainOn := f.String("brain", "on", "on or off")
	feeds := f.String("feeds", "on", "off: headless without the brain, the departments' feeds stay unread")
	members := f.Int("members", 20, "of each forecast")
	data := f.String("data", "", "`folder` for the twin's log and the accounts; empty: in memory")
	asJSON := f.Bool("json", false, "print the report as JSON")
	speed := f.Float64("speed", 10, "seconds of the city for one of yours")
	listen := f.String("listen", "localhost:8080", "`address` of the console; other than loopback takes users, --cert and --key")
	cert := f.String("cert", "", "`file` with the TLS certificate, PEM")
	key := f.String("key", "", "`file` with its key, PEM")
	threads := f.Int("threads", runtime.GOMAXPROCS(0), "the result does not depend on it")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *brainOn != "on" && *brainOn != "off" || *feeds != "on" && *feeds != "off" {
		return fmt.Errorf("%w: --brain and --feeds are on or off", errUsage)
	}
	if *members < 1 || *members > 40 {
		return fmt.Errorf("%w: --members %d: the weather service issues 1 to 40", errUsage, *members)
	}
	c, err := loadCity(*dir)
	if err != nil {
		return err
	}
	e := account.Evening{City: c, Scenario: *scenario, Seed: *seed, Hours: *hours, Brain: *brainOn == "on", Members: *members, Threads: *threads, Dir: *data, Build: build, Feeds: *feeds == "on"}
	if !*headless {
		return live(ctx, e, address{*listen, *cert, *key}, *speed, out)
	}
	p := newProgress()
	e.Progress = func(sim, of time.Duration) { p.show(fmt.Sprintf("%s of the evening", sim), float64(sim)/float64(of)) }
	r, err := e.Run(ctx)
	p.done()
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	printReport(out, r)
	return nil
}

// namedCity is loadCity for the verbs to which demoCity names the demo city.
func namedCity(dir string) (*city.City, error) {
	if dir == demoCity {
		dir = ""
	}
	return loadCity(dir)
}

// loadCity reads a pack; "" is the demo city. It says on standard error where a pack's speeds are of other streets, as nothing foretells them then.
func loadCity(dir string) (*city.City, error) {
	if dir == "" {
		return riverside.City(demoSeed), nil
	}
	c, err := city.Load(dir)
	if err != nil {
		return nil, err
	}
	if len(c.Speeds) > 0 {
		if _, err := forecast.Read(bytes.NewReader(c.Speeds), &c.Streets, c.TrafficHash()); errors.Is(err, forecast.ErrStreets) {
			fmt.Fprintf(os.Stderr, "%s: %v; until then speeds are not forecast\n", dir, err)
		}
	}
	return c, nil
}

func printReport(w io.Writer, r *account.Report) {
	fmt.Fprintf(w, "%s, %s, seed %d, %.1f h, brain %v: %.1f s (%.0f times real time)\n", r.City, r.Scenario, r.Seed, r.SimHours, r.BrainOn, r.WallS, r.SimHours*3600/r.WallS)
	fmt.Fprintf(w, "  trips     %d due, %d at once, mean %.0f s, p95 %.0f s, %d never arrived\n", r.Vehicles, r.PeakVehicles, r.Trips.MeanS, r.Trips.P95S, r.Trips.Unfinished)
	if r.Emergency.ResponseS != nil {
		fmt.Fprintf(w, "  calls     %d, mean response %.0f s, %.0f %% within target\n", r.Emergency.Calls, *r.Emergency.ResponseS, *r.Emergency.WithinPct)
	}
	fmt.Fprintf(w, "  rain      %.0f mm", r.Flood.RainMM)
	if r.Flood.MaxDepthM != nil {
		fmt.Fprintf(w, ", deepest %.2f m, %d cells flooded", *r.Flood.MaxDepthM, *r.Flood.Flooded)
	}
	if r.Flood.DamageCNY != nil {
		fmt.Fprintf(w, ", damage ¥%.0f", *r.Flood.DamageCNY)
	} else {
		fmt.Fprintf(w, ", damage not in money (%s)", r.Flood.Unpriced)
	}
	if r.Flood.Terrain == string(city.TerrainInvented) {
		fmt.Fprint(w, " (invented terrain)")
	}
	fmt.Fprint(w, "\n  waits    ")
	for i, k := range r.Signals.Waits {
		if i > 0 {
			fmt.Fprint(w, ";")
		}
		fmt.Fprintf(w, " %s %d s at most (%d of %d movements over %d s)", k.Kind, k.Longest, k.Over, k.Of, k.Limit)
	}
	if d := r.Detectors; d != nil {
		fmt.Fprintf(w, "\n  detectors %d of %d faulty on busy lanes found, after %.0f min, %d sound ones left out", d.BusyFound, d.Busy, d.MeanMin, d.Wrongly)
	}
	fmt.Fprintf(w, "\n  brain     %d decisions, %d commands, %d branches\n  state     %s\n", r.Brain.Decisions, r.Brain.Commands, r.Brain.Branches, r.StateHash)
}

// An address is where the console is served, and with which certificate.
type address struct{ listen, cert, key string }

// local reports whether only this machine reaches an address. It refuses what would be open to whoever comes by, with what to do.
func (a address) local(data string) (bool, error) {
	host, _, err := net.SplitHostPort(a.listen)
	if err != nil {
		return false, fmt.Errorf("%w: --listen %q: %v", errUsage, a.listen, err)
	}
	if (a.cert == "") != (a.key == "") {
		return false, fmt.Errorf("%w: give --cert and --key together", errUsage)
	}
	ip := net.ParseIP(host)
	switch local := host == "localhost" || ip != nil && ip.IsLoopback(); {
	case local:
		return true, nil
	case data == "":
		return false, fmt.Errorf("%w: --listen %q: others reach it, so everybody must log in: give --data DIR, and add a user to it first: citybrain user add NAME --role administrator --data DIR", errUsage, a.listen)
	case a.cert == "":
		return false, fmt.Errorf("%w: --listen %q: others reach it, and passwords must not travel in clear: give --cert and --key", errUsage, a.listen)
	}
	return false, nil
}

// live runs the evening against the wall clock with the console in front.
func live(ctx context.Context, e account.Evening, at address, speed float64, out io.Writer) error {
	if !(speed >= 0.1 && speed <= 600) {
		return fmt.Errorf("%w: --speed %g is not in 0.1–600", errUsage, speed)
	}
	local, err := at.local(e.Dir)
	if err != nil {
		return err
	}
	files, ok := console.Files()
	if !ok {
		return fmt.Errorf("the console is not in this binary; run make build")
	}
	ln, err := net.Listen("tcp", at.listen)
	if err != nil {
		return fmt.Errorf("console: %w; give another --listen", err)
	}
	s, err := e.Live(ctx)
	if err != nil {
		ln.Close()
		return err
	}
	defer s.Close()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	who := policy.Options{Provides: server.Provides()}
	if local {
		me := localPerson()
		who.Local = &me
	}
	may := policy.New(s.Twin(), who)
	if !local && !server.Accounts(may) {
		ln.Close()
		return fmt.Errorf("--listen %q: others reach it, and %s has no users: citybrain user add NAME --role administrator --data %s", at.listen, e.Dir, e.Dir)
	}
	loopCtx, stop := context.WithCancel(ctx)
	defer stop()
	web := server.New(s.City(), s.Twin(), server.Config{Exercise: true, Build: e.Build, Start: account.EveningStart, End: account.EveningStart.Add(time.Duration(e.Hours * float64(time.Hour))), Data: e.Dir, Console: files, Policy: may, NGSILD: ngsild.New(loopCtx, may, ngsild.Config{Log: log}), Log: log})
	srv := &http.Server{Handler: web.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	scheme := "http"
	if at.cert == "" {
		go func() { failed <- srv.Serve(ln) }()
	} else {
		scheme = "https"
		go func() { failed <- srv.ServeTLS(ln, at.cert, at.key) }()
	}
	defer srv.Close()
	fmt.Fprintf(out, "%s is running at ×%g. The console: %s://%s\n", e.City.Name.En, speed, scheme, ln.Addr())
	loop := make(chan error, 1)
	go func() { loop <- s.Follow(loopCtx, speed, web) }()
	select {
	case err := <-failed:
		return fmt.Errorf("console: %w", err)
	case err := <-loop:
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
}
