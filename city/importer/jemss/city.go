package jemss

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"citybrain/city"
)

// Load reads a city but for its demand, which only some policies ask for: see LoadDemand.
func Load(dir string) (*city.EMS, error) {
	e := &city.EMS{}
	for _, read := range []func(string, *city.EMS) error{readMap, readPriorities, readTravel, readRoads, readPlaces, readUnits, readDivert} {
		if err := read(dir, e); err != nil {
			return nil, err
		}
	}
	for i := range e.Modes {
		for p, m := range e.Modes[i].Choose {
			if int(m) >= len(e.Millis) {
				return nil, fmt.Errorf("read %s: field %q: priority %s takes mode %d, and the roads have times for %d", filepath.Join(dir, "travel_1.csv"), "travelModeIndex", e.Priorities[p].Name, m+1, len(e.Millis))
			}
		}
	}
	return e, nil
}

func readMap(dir string, e *city.EMS) error {
	name := filepath.Join(dir, "map_1.csv")
	tables, err := open(dir, "map_1.csv")
	if err != nil {
		return err
	}
	t, err := need(tables, name, "map")
	if err != nil {
		return err
	}
	r := &reader{table: t}
	e.ScaleX, e.ScaleY = r.float(0, r.must("xScale"), 1e-6, 1e6), r.float(0, r.must("yScale"), 1e-6, 1e6)
	return r.err
}

func readPriorities(dir string, e *city.EMS) error {
	name := filepath.Join(dir, "priorities_1.csv")
	tables, err := open(dir, "priorities_1.csv")
	if err != nil {
		return err
	}
	t, err := need(tables, name, "priorities")
	if err != nil {
		return err
	}
	r := &reader{table: t}
	r.numbered("priority")
	nm, target, drive := r.must("name"), r.must("targetResponseTime"), r.column("responseTravelPriority")
	for i := 0; i < len(t.rows) && r.err == nil; i++ {
		if t.rows[i][nm] == "" || e.Priority(t.rows[i][nm]) >= 0 {
			r.bad(i, nm, "a name of its own")
		}
		e.Priorities = append(e.Priorities, city.EMSPriority{Name: t.rows[i][nm], Target: r.float(i, target, 0, 365) * day, Drive: int32(i)})
	}
	for i := 0; drive >= 0 && i < len(t.rows) && r.err == nil; i++ {
		e.Priorities[i].Drive = r.priority(e, i, drive)
	}
	return r.err
}

// priority reads the name of a priority.
func (r *reader) priority(e *city.EMS, row, col int) int32 {
	p := e.Priority(r.rows[row][col])
	if p < 0 {
		r.bad(row, col, "a name of priorities_1.csv")
		return 0
	}
	return p
}

// periods reads tables of sets and of when each holds; of lists what a row of a set chooses, for each priority.
func periods(timing *table, sets map[int][]int32) ([]city.EMSPeriod, error) {
	r := &reader{table: timing}
	start := r.must("startTime")
	set := 0
	for i, h := range timing.head { // setIndex or travelSetIndex
		if strings.HasSuffix(strings.ToLower(h), "setindex") {
			set = i
		}
	}
	var list []city.EMSPeriod
	for i := 0; i < len(timing.rows) && r.err == nil; i++ {
		p := city.EMSPeriod{Start: r.float(i, start, 0, 1e6) * day, Choose: sets[r.int(i, set, 1, math.MaxInt32)]}
		if p.Choose == nil {
			r.bad(i, set, "a set of the table before")
		}
		if len(list) > 0 && p.Start <= list[len(list)-1].Start {
			r.bad(i, start, "later than the row before")
		}
		list = append(list, p)
	}
	return list, r.err
}

func readTravel(dir string, e *city.EMS) error {
	name := filepath.Join(dir, "travel_1.csv")
	tables, err := open(dir, "travel_1.csv")
	if err != nil {
		return err
	}
	t, err := need(tables, name, "travelModes")
	if err != nil {
		return err
	}
	r := &reader{table: t}
	r.numbered("travelModeIndex")
	speed := r.must("offRoadSpeed")
	for i := 0; i < len(t.rows) && r.err == nil; i++ {
		e.OffRoadSpeed = append(e.OffRoadSpeed, r.float(i, speed, 1e-3, 1e6)/day)
	}
	if r.err != nil {
		return r.err
	}
	if t, err = need(tables, name, "travelSets"); err != nil {
		return err
	}
	r = &reader{table: t}
	set, pri, mode := r.must("travelSetIndex"), r.must("priority"), r.must("travelModeIndex")
	sets := map[int][]int32{}
	for i := 0; i < len(t.rows) && r.err == nil; i++ {
		k := r.int(i, set, 1, 1<<20)
		if sets[k] == nil {
			sets[k] = unset(len(e.Priorities))
		}
		sets[k][r.priority(e, i, pri)] = int32(r.int(i, mode, 1, len(e.OffRoadSpeed)) - 1)
	}
	if r.err != nil {
		return r.err
	}
	if err := whole(t, sets, e); err != nil {
		return err
	}
	if t, err = need(tables, name, "travelSetsTiming"); err != nil {
		return err
	}
	e.Modes, err = periods(t, sets)
	return err
}

func unset(n int) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = -1
	}
	return s
}

// whole checks that each set chooses for each priority.
func whole(t *table, sets map[int][]int32, e *city.EMS) error {
	for k := 1; k <= len(sets); k++ {
		if sets[k] == nil {
			return fmt.Errorf("read %s: line %d: table %q: set %d is missing, sets are numbered from 1", t.file, t.headLine, t.name, k)
		}
		for p, m := range sets[k] {
			if m < 0 {
				return fmt.Errorf("read %s: line %d: table %q: set %d has nothing for %s", t.file, t.headLine, t.name, k, e.Priorities[p].Name)
			}
		}
	}
	return nil
}

func readPlaces(dir string, e *city.EMS) error {
	for _, x := range []struct {
		table string
		to    *[]city.EMSPlace
	}{{"stations", &e.Stations}, {"hospitals", &e.Hospitals}} {
		name := filepath.Join(dir, x.table+"_1.csv")
		tables, err := open(dir, x.table+"_1.csv")
		if err != nil {
			return err
		}
		t, err := need(tables, name, x.table)
		if err != nil {
			return err
		}
		r := &reader{table: t}
		r.numbered("index")
		xc, yc, nc := r.must("x"), r.must("y"), r.column("NAME", "name")
		for i := 0; i < len(t.rows) && r.err == nil; i++ {
			p := city.EMSPlace{X: r.float(i, xc, -180, 180), Y: r.float(i, yc, -90, 90)}
			if nc >= 0 {
				p.Name = t.rows[i][nc]
			}
			*x.to = append(*x.to, p)
		}
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

func readUnits(dir string, e *city.EMS) error {
	name := filepath.Join(dir, "ambulances_1.csv")
	tables, err := open(dir, "ambulances_1.csv")
	if err != nil {
		return err
	}
	t, err := need(tables, name, "ambulances")
	if err != nil {
		return err
	}
	r := &reader{table: t}
	r.numbered("index")
	st := r.must("stationIndex")
	for i := 0; i < len(t.rows) && r.err == nil; i++ {
		e.Units = append(e.Units, int32(r.int(i, st, 1, len(e.Stations))-1))
	}
	return r.err
}

func readDivert(dir string, e *city.EMS) error {
	e.Divert = make([][]bool, len(e.Priorities))
	for i := range e.Divert {
		e.Divert[i] = make([]bool, len(e.Priorities))
	}
	const file = "redispatch_lower_to_high.csv"
	name := filepath.Join(dir, file)
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		// As JEMSS has it without a file: the most urgent calls may take a unit from any other.
		for i := range e.Divert {
			e.Divert[i][0] = i > 0
		}
		return nil
	}
	tables, err := open(dir, file)
	if err != nil {
		return err
	}
	misc, err := need(tables, name, "miscData")
	if err != nil {
		return err
	}
	r := &reader{table: misc}
	allow := r.bool(0, r.must("allowRedispatch"))
	if r.err != nil || !allow || tables["redispatchConditions"] == nil {
		return r.err
	}
	r = &reader{table: tables["redispatchConditions"]}
	from, to, ok := r.must("fromCallPriority"), r.must("toCallPriority"), r.must("allowRedispatch")
	for i := 0; i < len(r.rows) && r.err == nil; i++ {
		a, b := r.priority(e, i, from), r.priority(e, i, to)
		e.Divert[a][b] = r.bool(i, ok)
	}
	return r.err
}

// LoadDemand reads what a city expects: demand_1.csv, demand_coverage_1.csv, population_density.xyz.gz and, where it is there,
// gen_config_test.xml.
func LoadDemand(dir string, e *city.EMS) error {
	if err := readDemand(dir, e); err != nil {
		return err
	}
	if err := readCoverage(dir, e); err != nil {
		return err
	}
	name := filepath.Join(dir, "population_density.xyz.gz")
	b, err := load(name)
	if err != nil {
		return err
	}
	if err := parseCells(name, string(b), &e.Demand); err != nil {
		return err
	}
	return readDraws(dir, e)
}

func readDemand(dir string, e *city.EMS) error {
	name := filepath.Join(dir, "demand_1.csv")
	tables, err := open(dir, "demand_1.csv")
	if err != nil {
		return err
	}
	if t, err := need(tables, name, "demandRasters"); err != nil {
		return err
	} else if len(t.rows) > 1 {
		return fmt.Errorf("read %s: line %d: %d rasters, and population_density.xyz.gz can stand for one only", name, t.lines[1], len(t.rows))
	}
	t, err := need(tables, name, "demandModes")
	if err != nil {
		return err
	}
	r := &reader{table: t}
	r.numbered("modeIndex")
	pri, rate := r.must("priority"), r.must("arrivalRate")
	var of []int32
	for i := 0; i < len(t.rows) && r.err == nil; i++ {
		of = append(of, r.priority(e, i, pri))
		e.Demand.Rates = append(e.Demand.Rates, r.float(i, rate, 0, 1e9))
	}
	if r.err != nil {
		return r.err
	}
	if t, err = need(tables, name, "demandSets"); err != nil {
		return err
	}
	r = &reader{table: t}
	set, list := r.must("setIndex"), r.must("modeIndices")
	sets := map[int][]int32{}
	for i := 0; i < len(t.rows) && r.err == nil; i++ {
		k := r.int(i, set, 1, 1<<20)
		sets[k] = unset(len(e.Priorities))
		for _, w := range strings.FieldsFunc(strings.Trim(t.rows[i][list], "[]"), func(c rune) bool { return c == ';' || c == ',' || c == ' ' }) {
			m, err := strconv.Atoi(w)
			if err != nil || m < 1 || m > len(of) {
				r.bad(i, list, fmt.Sprintf("a list [1; 2; …] of modes from 1 to %d", len(of)))
				break
			}
			sets[k][of[m-1]] = int32(m - 1)
		}
	}
	if r.err != nil {
		return r.err
	}
	if err := whole(t, sets, e); err != nil {
		return err
	}
	if t, err = need(tables, name, "demandSetsTiming"); err != nil {
		return err
	}
	e.Demand.Modes, err = periods(t, sets)
	return err
}

func readCoverage(dir string, e *city.EMS) error {
	name := filepath.Join(dir, "demand_coverage_1.csv")
	tables, err := open(dir, "demand_coverage_1.csv")
	if err != nil {
		return err
	}
	t, err := need(tables, name, "coverTimes")
	if err != nil {
		return err
	}
	r := &reader{table: t}
	pri, cover := r.must("demandPriority"), r.must("coverTime")
	seen := make([]bool, len(e.Priorities))
	for i := 0; i < len(t.rows) && r.err == nil; i++ {
		p := r.priority(e, i, pri)
		e.Priorities[p].Cover, seen[p] = r.float(i, cover, 0, 365)*day, true
	}
	for p := 0; p < len(seen) && r.err == nil; p++ {
		if !seen[p] {
			return fmt.Errorf("read %s: line %d: field %q: %s has none", name, t.headLine, "coverTime", e.Priorities[p].Name)
		}
	}
	if r.err != nil {
		return r.err
	}
	if t, err = need(tables, name, "demandRasterCellNumPoints"); err != nil {
		return err
	}
	r = &reader{table: t}
	e.Demand.Rows, e.Demand.Cols = r.int(0, r.must("rows"), 1, 100), r.int(0, r.must("cols"), 1, 100)
	return r.err
}
