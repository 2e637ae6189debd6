package jemss

import (
	"fmt"

	"citybrain/city"
)

// LoadCalls reads a file of calls, plain or .gz, and the second at which it starts.
func LoadCalls(path string, e *city.EMS) (calls []city.EMSCall, start float64, err error) {
	b, err := load(path)
	if err != nil {
		return nil, 0, err
	}
	return parseCalls(path, b, e)
}

func parseCalls(file string, data []byte, e *city.EMS) ([]city.EMSCall, float64, error) {
	tables, err := parse(file, data)
	if err != nil {
		return nil, 0, err
	}
	misc, err := need(tables, file, "miscData")
	if err != nil {
		return nil, 0, err
	}
	r := &reader{table: misc}
	start := r.float(0, r.must("startTime"), 0, 1e6) * day
	if r.err != nil {
		return nil, 0, r.err
	}
	t, err := need(tables, file, "calls")
	if err != nil {
		return nil, 0, err
	}
	r = &reader{table: t}
	r.numbered("index")
	pri, x, y, arrive, delay, scene := r.must("priority"), r.must("x"), r.must("y"), r.must("arrivalTime"), r.must("dispatchDelay"), r.must("onSceneDuration")
	transport, hospital, hand := r.must("transport", "transfer"), r.must("hospitalIndex"), r.must("handoverDuration", "transferDuration")
	calls := make([]city.EMSCall, len(t.rows))
	last := start
	for i := 0; i < len(calls) && r.err == nil; i++ {
		c := city.EMSCall{
			Priority: int32(r.int(i, pri, 1, len(e.Priorities)) - 1), X: r.float(i, x, -180, 180), Y: r.float(i, y, -90, 90),
			Arrive: r.float(i, arrive, 0, 1e6) * day, Delay: r.float(i, delay, 0, 365) * day, OnScene: r.float(i, scene, 0, 365) * day,
			Transport: r.bool(i, transport), Hospital: int32(r.int(i, hospital, 0, len(e.Hospitals)) - 1),
		}
		if c.Transport {
			c.HandOver = r.float(i, hand, 0, 365) * day
		}
		if c.Arrive < last {
			r.bad(i, arrive, fmt.Sprintf("at or after %.8g: calls come in order, none before startTime", last/day))
		}
		last, calls[i] = c.Arrive, c
	}
	return calls, start, r.err
}
