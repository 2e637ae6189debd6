package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"citybrain/account"
	"citybrain/brain"
	"citybrain/city"
	"citybrain/console"
	"citybrain/exchange"
	"citybrain/server"
	"citybrain/traffic"
	"citybrain/world"
)

const (
	pace     = 10.0              // seconds of the city for one of the wall at the peak: the default of `citybrain run`
	wanted   = 10_000            // vehicles
	crowd    = 1.2               // times the trips of the demo evening, whose brain does not let so many vehicles gather
	patience = 200 * time.Second // of the wall, for as many; then what there is
	kept     = 24                // ticks whose places are kept
)

// A peak is a server of the storm evening, held at its peak. It watches the session: up to the peak as fast as it goes, then
// at pace.
type peak struct {
	web     *server.Server
	address string
	city    *city.City
	began   time.Time
	reached chan struct{}
	stop    context.CancelFunc
	done    chan error
	http    *http.Server

	atPeak bool
	last   time.Time // wall time of the last tick
	was    time.Time // city time of the last tick
	mu     sync.Mutex
	places map[int64][][3]float64 // by Unix milliseconds: trip, longitude, latitude
	order  []int64
}

func newPeak(ctx context.Context, o Options) (*peak, error) {
	files, ok := console.Files()
	if !ok {
		return nil, errors.New("the console is not in this binary; run make build")
	}
	const hours = 4
	e := account.Evening{City: o.City, Scenario: "storm", Seed: o.Seed, Hours: hours, Trips: crowd * world.PeakTrips(o.City), Brain: true, Members: o.Members, Threads: o.Threads, Build: o.Build, Feeds: true}
	s, err := e.Live(ctx)
	if err != nil {
		return nil, err
	}
	p := &peak{city: s.City(), began: time.Now(), reached: make(chan struct{}), done: make(chan error, 1), places: map[int64][][3]float64{}}
	p.web = server.New(s.City(), s.Twin(), server.Config{Exercise: true, Build: o.Build, Start: account.EveningStart, End: account.EveningStart.Add(hours * time.Hour), Console: files})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	p.address = ln.Addr().String()
	m := http.NewServeMux()
	m.Handle("/", p.web.Handler())
	m.HandleFunc("GET /engine/places", p.answer)
	p.http = &http.Server{Handler: m, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.http.Serve(ln) }() // it ends when it is closed
	run, stop := context.WithCancel(ctx)
	p.stop = stop
	go func() {
		err := s.Follow(run, 600, p)
		p.done <- errors.Join(err, s.Close())
	}()
	return p, nil
}

func (p *peak) close() {
	p.stop()
	p.http.Close()
	<-p.done
}

// wait returns when the peak is reached.
func (p *peak) wait(ctx context.Context) error {
	select {
	case <-p.reached:
		return nil
	case err := <-p.done:
		p.done <- err
		return fmt.Errorf("the evening ended before its peak: %w", err)
	case <-time.After(patience + time.Minute): // the evening is over, and was over before its peak
		return fmt.Errorf("after %v no tick has come that could be the peak", patience+time.Minute)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Act passes on what people asked for.
func (p *peak) Act(b *brain.Brain) { p.web.Act(b) }

// Move is not called: a session told to run at ×600 never waits a second.
func (p *peak) Move(b *brain.Brain, now time.Time) { p.web.Move(b, now) }

// Observe publishes a tick and, from the peak on, keeps the engine's places and holds the session to its pace.
func (p *peak) Observe(b *brain.Brain, x *exchange.Exchange, now time.Time, speed float64, slowed bool) {
	if !p.atPeak {
		p.web.Observe(b, x, now, speed, slowed)
		if b.Streets().Totals().Running >= wanted || time.Since(p.began) > patience {
			p.atPeak = true
			close(p.reached)
		}
		p.last, p.was = time.Now(), now
		return
	}
	p.keep(b, now)
	due := p.last.Add(time.Duration(float64(now.Sub(p.was)) / pace))
	time.Sleep(time.Until(due))
	p.web.Observe(b, x, now, pace, time.Now().After(due.Add(100*time.Millisecond)))
	p.last, p.was = time.Now(), now
}

// keep remembers where the engine has every vehicle.
func (p *peak) keep(b *brain.Brain, now time.Time) {
	var list [][3]float64
	for v := range b.Streets().Vehicles() {
		lon, lat := p.city.Frame.WGS84(traffic.At(&p.city.Streets.Links[v.Link], v.Along))
		list = append(list, [3]float64{float64(v.Trip), lon, lat})
	}
	t := now.UnixMilli()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.places[t] = list
	if p.order = append(p.order, t); len(p.order) > kept {
		delete(p.places, p.order[0])
		p.order = p.order[1:]
	}
}

// answer says where the engine had every vehicle at ?t= Unix milliseconds, 404 for a tick that is not kept.
func (p *peak) answer(w http.ResponseWriter, r *http.Request) {
	t, err := strconv.ParseInt(r.URL.Query().Get("t"), 10, 64)
	if err != nil {
		http.Error(w, "places: t is the time in Unix milliseconds", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	list, ok := p.places[t]
	p.mu.Unlock()
	if !ok {
		http.Error(w, "places: that tick is not kept", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(list) // the client may have gone
}

// rates are bytes of the stream by the second, in kB.
type rates struct {
	all, ofVehicles, perThousand float64
	vehicles                     int
	gap                          float64 // longest time between two frames of vehicles, s
}

// rate counts the bytes of the stream for a while, from its second frame of vehicles on.
func (p *peak) rate(ctx context.Context, during time.Duration) (r rates, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/live", nil)
	if err != nil {
		return r, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return r, err
	}
	defer resp.Body.Close()
	// What a client gets at once when it comes is not the stream's rate.
	if _, err := firstVehicles(resp.Body); err != nil {
		return r, err
	}
	if r.vehicles, err = firstVehicles(resp.Body); err != nil {
		return r, err
	}
	began := time.Now()
	for last := began; time.Since(began) < during; {
		kind, b, err := nextMessage(resp.Body)
		if err != nil {
			return r, err
		}
		r.all += float64(head + len(b))
		if kind == vehicleType {
			r.ofVehicles += float64(head + len(b))
			r.gap, last = max(r.gap, time.Since(last).Seconds()), time.Now()
		}
	}
	s := time.Since(began).Seconds() * 1000
	r.all, r.ofVehicles = r.all/s, r.ofVehicles/s
	r.perThousand = r.all / (float64(r.vehicles) / 1000)
	return r, nil
}
