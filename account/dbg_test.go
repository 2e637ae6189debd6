package account

import (
	"context"
	"fmt"
	"os"
	"sort"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/riverside"
	"citybrain/traffic"
	"citybrain/world"
)

func TestDbg(t *testing.T) {
	if os.Getenv("DBG") == "" {
		t.Skip()
	}
	c := riverside.City(1)
	cfg := world.Config{Seed: 1, Start: EveningStart, Hours: 4, Calm: true, TripsPerHour: world.PeakTrips(c)}
	plans, err := FairPlans(context.Background(), c, cfg, 2)
	if err != nil {
		t.Fatal(err)
	}
	cy := map[int]int{}
	for j := range plans {
		n := 0
		for _, s := range plans[j].Stages {
			n += s.Green
		}
		cy[n/10*10]++
	}
	fmt.Println("green sums", cy)
	trips, goals, _ := world.Demand(cfg).Trips(c)
	s, _ := traffic.New(c, trips, goals, traffic.Config{Seed: 1, Replan: 5 * time.Minute, Threads: 2})
	for j, sp := range plans {
		p, err := cityPlan(c, j, sp)
		if err == nil {
			s.Input(0, traffic.PlanDownload{Junction: j, Plan: p})
		}
	}
	for h := range 8 {
		b := s.Totals()
		s.Step(context.Background(), time.Duration(h+1)*30*time.Minute)
		a := s.Totals()
		fmt.Printf("%d min: running %d waiting %d finished %d speed %.1f\n", (h+1)*30, a.Running, a.Waiting, a.Finished, (a.Metres-b.Metres)/(a.Seconds-b.Seconds)*3.6)
		if h == 2 || h == 4 {
			type w struct {
				l int
				q int
			}
			var ws []w
			for l := range c.Streets.Links {
				n := 0
				for v := range s.OnLink(int32(l)) {
					if v.Waiting {
						n++
					}
				}
				ws = append(ws, w{l, n})
			}
			sort.Slice(ws, func(i, k int) bool { return ws[i].q > ws[k].q })
			for _, x := range ws[:25] {
				l := &c.Streets.Links[x.l]
				fmt.Printf("  link %d %s class %d lanes %d level %d len %.0f wait %d of %d, to node j%d in-turns %d at %.0f,%.0f\n", x.l, l.Name.En, l.Class, l.Lanes, l.Level, l.Length, x.q, s.Storage(int32(x.l)), c.Streets.Nodes[l.To].Junction, 0, l.Line[len(l.Line)-1][0], l.Line[len(l.Line)-1][1])
			}
		}
	}
}

func cityPlan(c *city.City, j int, sp city.PlanSpec) (city.Plan, error) { return city.NewPlan(&c.Signals[j], sp) }
