package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/traffic/micro"
)

// A closure is a road that nobody may enter for a while, as --close names it.
type closure struct {
	road     string
	from, to time.Duration // to may be 0: until the end
}

// parseClosure reads EDGE@FROM-TO or EDGE@FROM, in s.
func parseClosure(text string) (closure, error) {
	at := strings.LastIndexByte(text, '@')
	if at <= 0 {
		return closure{}, fmt.Errorf("%q: write EDGE@FROM-TO in s, or EDGE@FROM", text)
	}
	c := closure{road: text[:at]}
	first, last, ends := strings.Cut(text[at+1:], "-")
	from, err := strconv.ParseUint(first, 10, 31)
	if err != nil {
		return c, fmt.Errorf("%q: %q is no second; write EDGE@FROM-TO", text, first)
	}
	c.from = time.Duration(from) * time.Second
	if !ends {
		return c, nil
	}
	to, err := strconv.ParseUint(last, 10, 31)
	if err != nil || to <= from {
		return c, fmt.Errorf("%q: %q is no second after %d; write EDGE@FROM-TO", text, last, from)
	}
	c.to = time.Duration(to) * time.Second
	return c, nil
}

// A happening is an input to the microscopic engine and when it comes.
type happening struct {
	at    time.Duration
	event micro.Event
}

// roadIndex finds roads by their ids.
func roadIndex(n *city.LaneNet) map[string]int32 {
	index := make(map[string]int32, len(n.Roads))
	for r := range n.Roads {
		index[n.Roads[r].ID] = int32(r)
	}
	return index
}

// shut makes closures of roads into inputs: all their lanes.
func shut(n *city.LaneNet, index map[string]int32, list []closure) ([]happening, error) {
	var out []happening
	for _, c := range list {
		r, ok := index[c.road]
		if !ok {
			return nil, fmt.Errorf("%w: --close: the net has no road %q", errUsage, c.road)
		}
		for l := n.Roads[r].First; l < n.Roads[r].First+n.Roads[r].Lanes; l++ {
			out = append(out, happening{c.from, micro.Closure{Lane: l, Shut: true}})
			if c.to > 0 {
				out = append(out, happening{c.to, micro.Closure{Lane: l}})
			}
		}
	}
	return out, nil
}

// readWater reads a file of time_s,edge,depth_m, with that line at its top: from then on so much water stands on the road. An error names
// the line.
func readWater(path string, index map[string]int32) ([]happening, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--water: %w", err)
	}
	defer file.Close()
	return parseWater(path, file, index)
}

func parseWater(path string, in io.Reader, index map[string]int32) ([]happening, error) {
	r := csv.NewReader(in)
	r.FieldsPerRecord, r.TrimLeadingSpace = 3, true
	var out []happening
	for {
		row, err := r.Read()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w; lines are time_s,edge,depth_m", path, err)
		}
		line, _ := r.FieldPos(0)
		if line == 1 && row[0] == "time_s" {
			continue
		}
		at, err := strconv.ParseFloat(row[0], 64)
		if err != nil || !(at >= 0 && at < 1e7) {
			return nil, fmt.Errorf("read %s: line %d: time_s %q is no second of the run", path, line, row[0])
		}
		road, ok := index[row[1]]
		if !ok {
			return nil, fmt.Errorf("read %s: line %d: the net has no road %q", path, line, row[1])
		}
		depth, err := strconv.ParseFloat(row[2], 64)
		if err != nil || !(depth >= 0) || math.IsInf(depth, 0) {
			return nil, fmt.Errorf("read %s: line %d: depth_m %q is no depth in metres", path, line, row[2])
		}
		out = append(out, happening{time.Duration(at) * time.Second, micro.Water{Road: road, Depth: depth}})
	}
}

// happens gives an engine what a run was told of.
func (r *trafficRun) happens(n *city.LaneNet, sim *micro.Sim) error {
	index := roadIndex(n)
	list, err := shut(n, index, r.closures)
	if err != nil {
		return err
	}
	if r.water != "" {
		wet, err := readWater(r.water, index)
		if err != nil {
			return err
		}
		list = append(list, wet...)
	}
	for _, h := range list {
		if err := sim.Input(h.at, h.event); err != nil {
			return err
		}
	}
	return nil
}
