// Package gtfs reads static transit feeds (GTFS Schedule Reference, gtfs.org): stops, routes, trips and stop times.
//
// In: a .zip. Out: the stops in WGS 84 with the kinds of route that serve them, and each route's usual headway. Rows that
// contradict the reference are reported with the stop's or trip's own id and left out.
package gtfs

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// maxTable bounds one unpacked table in bytes.
const maxTable = 1 << 30

// A Stop is a stop, a platform or a station.
type Stop struct {
	ID, Name string
	At       orb.Point // longitude, latitude
	Kind     int       // location_type: 0 stop or platform, 1 station, 2 entrance
	Parent   string
	Rail     bool // served by tram, metro or rail (route_type 0, 1, 2 and the extended 100–199, 400–499, 900–999)
	Visits   int  // stop times in the feed
}

// A Route is a line.
type Route struct {
	ID, Name string
	Type     int
	Trips    int
	HeadwayS float64 // median seconds between starts of trips of one service, shape and direction; 0 if there are fewer than two
}

// A Feed is a transit feed. Stops and routes are ascending by id.
type Feed struct {
	Stops   []Stop
	Routes  []Route
	Trips   int
	Defects []city.Defect
}

// Rail reports whether a route type runs on rails.
func Rail(t int) bool {
	return t >= 0 && t <= 2 || t >= 100 && t < 200 || t >= 400 && t < 500 || t >= 900 && t < 1000
}

// Read reads the feed at path.
func Read(path string) (*Feed, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read GTFS: %w", err)
	}
	f, err := Decode(data)
	if err != nil {
		return nil, fmt.Errorf("read GTFS %s: %w", path, err)
	}
	return f, nil
}

// Decode decodes a feed's bytes. A table that must be there and is not, or an archive cut short, is an error.
func Decode(data []byte) (*Feed, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("zip: %w; fetch the file again", err)
	}
	f := &Feed{}
	stop := map[string]int{}
	err = table(z, "stops.txt", func(line int, get func(string) string) {
		s := Stop{ID: get("stop_id"), Name: get("stop_name"), Parent: get("parent_station")}
		s.Kind, _ = strconv.Atoi(get("location_type"))
		lat, err1 := strconv.ParseFloat(strings.TrimSpace(get("stop_lat")), 64)
		lon, err2 := strconv.ParseFloat(strings.TrimSpace(get("stop_lon")), 64)
		switch {
		case s.ID == "":
			f.defect(fmt.Sprintf("stops.txt line %d", line), "no stop_id; left out")
			return
		case err1 != nil || err2 != nil || !(math.Abs(lat) <= 90) || !(math.Abs(lon) <= 180):
			f.defect("stop/"+s.ID, "position %q, %q is none; left out", get("stop_lat"), get("stop_lon"))
			return
		}
		s.At = orb.Point{lon, lat}
		if _, twice := stop[s.ID]; twice {
			f.defect("stop/"+s.ID, "named twice; the first one counts")
			return
		}
		stop[s.ID] = len(f.Stops)
		f.Stops = append(f.Stops, s)
	})
	if err != nil {
		return nil, err
	}
	route := map[string]int{}
	err = table(z, "routes.txt", func(line int, get func(string) string) {
		r := Route{ID: get("route_id"), Name: cmp.Or(get("route_short_name"), get("route_long_name"))}
		t, err := strconv.Atoi(strings.TrimSpace(get("route_type")))
		if err != nil {
			f.defect("route/"+r.ID, "route_type %q is no number; taken as bus", get("route_type"))
			t = 3
		}
		r.Type = t
		if _, twice := route[r.ID]; !twice {
			route[r.ID] = len(f.Routes)
			f.Routes = append(f.Routes, r)
		}
	})
	if err != nil {
		return nil, err
	}
	type trip struct {
		route int
		group string
	}
	trips := map[string]trip{}
	err = table(z, "trips.txt", func(line int, get func(string) string) {
		id := get("trip_id")
		r, ok := route[get("route_id")]
		if !ok {
			f.defect("trip/"+id, "route %q is not in routes.txt; left out", get("route_id"))
			return
		}
		trips[id] = trip{r, strings.Join([]string{get("route_id"), get("service_id"), get("shape_id"), get("direction_id")}, "\x00")}
		f.Routes[r].Trips++
	})
	if err != nil {
		return nil, err
	}
	f.Trips = len(trips)
	start := map[string]int{}
	unknown := map[string]bool{}
	err = table(z, "stop_times.txt", func(line int, get func(string) string) {
		id := get("trip_id")
		tr, ok := trips[id]
		if !ok {
			if !unknown["trip/"+id] {
				unknown["trip/"+id] = true
				f.defect("trip/"+id, "in stop_times.txt but not in trips.txt; left out")
			}
			return
		}
		i, ok := stop[get("stop_id")]
		if !ok {
			if s := "stop/" + get("stop_id"); !unknown[s] {
				unknown[s] = true
				f.defect(s, "in stop_times.txt but not in stops.txt; left out")
			}
			return
		}
		f.Stops[i].Visits++
		f.Stops[i].Rail = f.Stops[i].Rail || Rail(f.Routes[tr.route].Type)
		if t, ok := seconds(get("departure_time")); ok {
			if old, seen := start[id]; !seen || t < old {
				start[id] = t
			}
		}
	})
	if err != nil {
		return nil, err
	}
	for _, s := range f.Stops { // a station is served when one of its platforms is
		if p, ok := stop[s.Parent]; ok && s.Rail {
			f.Stops[p].Rail = true
		}
	}
	starts := map[string][]int{}
	for id, t := range start {
		g := trips[id].group
		starts[g] = append(starts[g], t)
	}
	gaps := make([][]float64, len(f.Routes))
	for g, list := range starts {
		slices.Sort(list)
		id, _, _ := strings.Cut(g, "\x00")
		for i := 1; i < len(list); i++ {
			if d := list[i] - list[i-1]; d > 0 {
				gaps[route[id]] = append(gaps[route[id]], float64(d))
			}
		}
	}
	for i, g := range gaps {
		if len(g) > 0 {
			slices.Sort(g)
			f.Routes[i].HeadwayS = g[len(g)/2]
		}
	}
	slices.SortFunc(f.Stops, func(a, b Stop) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(f.Routes, func(a, b Route) int { return cmp.Compare(a.ID, b.ID) })
	return f, nil
}

func (f *Feed) defect(element, format string, args ...any) {
	f.Defects = append(f.Defects, city.Defect{Element: element, What: fmt.Sprintf(format, args...)})
}

// table calls row for each row of one table; get returns a column's value, "" if the table lacks it.
func table(z *zip.Reader, name string, row func(line int, get func(string) string)) error {
	i := slices.IndexFunc(z.File, func(f *zip.File) bool { return f.Name == name || strings.HasSuffix(f.Name, "/"+name) })
	if i < 0 {
		return fmt.Errorf("no %s in the archive", name)
	}
	r, err := z.File[i].Open()
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	defer r.Close()
	c := csv.NewReader(io.LimitReader(r, maxTable))
	c.FieldsPerRecord, c.LazyQuotes, c.ReuseRecord = -1, true, true
	var cols map[string]int
	for {
		rec, err := c.Read()
		switch {
		case errors.Is(err, io.EOF):
			if cols == nil {
				return fmt.Errorf("%s is empty", name)
			}
			return nil
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case cols == nil:
			cols = map[string]int{}
			for k, h := range rec {
				cols[strings.Clone(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))] = k
			}
			continue
		}
		line, _ := c.FieldPos(0)
		row(line, func(col string) string {
			if k, ok := cols[col]; ok && k < len(rec) {
				return strings.TrimSpace(rec[k])
			}
			return ""
		})
	}
}

// seconds reads H:MM:SS, where hours go beyond 24 after midnight.
func seconds(s string) (int, bool) {
	p := strings.Split(s, ":")
	if len(p) != 3 {
		return 0, false
	}
	sum := 0
	for i, limit := range [3]int{100, 60, 60} {
		v, err := strconv.Atoi(strings.TrimSpace(p[i]))
		if err != nil || v < 0 || v >= limit {
			return 0, false
		}
		sum = sum*60 + v
	}
	return sum, true
}
