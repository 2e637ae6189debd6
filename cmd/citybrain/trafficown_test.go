package main

import (
	"context"
	"testing"
	"time"
)

// The demo city's evening runs vehicle by vehicle about as it does in queues, under its reference plans, and nothing locks; who walks is served in time.
func TestEveningByVehicle(t *testing.T) {
	const seconds = 1500
	ctx := context.Background()
	s, err := cityStreets("", 2, seconds)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.settle(ctx, 2, seconds, 1); err != nil {
		t.Fatal(err)
	}
	run := func(e moved, step func(context.Context, time.Duration) error, err error) moved {
		if err == nil {
			err = step(ctx, seconds*time.Second)
		}
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	e, step, err := s.queues(&trafficRun{controller: "fixed", seed: 2}, 1)
	queues := run(e, step, err).Figures()
	m, step, err := s.driver("fixed", 1, 2, 1, "")
	own := run(m, step, err).Figures()
	walks := onFoot(m.Walked())
	t.Logf("on foot %+v", walks)
	// Where all stages at their least take longer than 90 s, nobody can keep them.
	if walks == nil || walks.Arrived < walks.Due/4 || walks.Late*500 > walks.Due || walks.Call > 110 {
		t.Errorf("on foot: %+v", walks)
	}
	t.Logf("queues %+v, vehicle by vehicle %+v", queues, own)
	if own.Finished < queues.Finished*9/10 || own.MeanTravel > 1.1*queues.MeanTravel || own.NeverInserted > own.Vehicles/100 {
		t.Errorf("queues %+v, vehicle by vehicle %+v", queues, own)
	}
}
