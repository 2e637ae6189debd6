package swmm

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"citybrain/city/water"
)

// Options is what a reader lets pass.
type Options struct {
	Uphill bool // conduits that run uphill without being a rising main
}

// most is the largest file taken, bytes.
const most = 64 << 20

// A row is a line of a section, cut into fields.
type row struct {
	line    int
	section string
	f       []string
}

// A reader builds a network.
type reader struct {
	path  string
	opt   Options
	rows  map[string][]row
	n     *water.Network
	nodes map[string]int32
	links map[string]int32

	us        bool
	length    float64 // m in the file's unit of length
	flow      float64 // m³/s in its unit of flow
	area      float64 // m² in its unit of catchment area
	rain      float64 // mm/h in its unit of rain rate
	elevation bool    // offsets are levels
	ponding   bool
	infil     string
	start     time.Time
	force     string // equation of force mains
	curves    map[string]*curve
	series    map[string]*table
	transects map[string]*transect
	pressed   map[string]bool // force mains, which may rise
	lineOf    map[string]int  // of what has a name; of links also under "link NAME"
}

// Read reads the network at path.
func Read(path string, opt Options) (*water.Network, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("read drains: %w", err)
	}
	if st.Size() > most {
		return nil, fmt.Errorf("read drains %s: %d bytes; at most %d are read", path, st.Size(), most)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read drains: %w", err)
	}
	return decode(path, data, opt)
}

func decode(path string, data []byte, opt Options) (*water.Network, error) {
	r := &reader{path: path, opt: opt, rows: map[string][]row{}, nodes: map[string]int32{}, links: map[string]int32{}, curves: map[string]*curve{}, series: map[string]*table{},
		transects: map[string]*transect{}, pressed: map[string]bool{}, lineOf: map[string]int{}, n: &water.Network{Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), Source: path, Datum: "local"}}
	if err := r.split(data); err != nil {
		return nil, err
	}
	for _, part := range []func() error{r.options, r.readCurves, r.readSeries, r.readTransects, r.readNodes, r.readLinks, r.sections, r.readLosses, r.rims, r.direction, r.inflows, r.catchments, r.coordinates, r.readRules} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	if err := r.n.Check(); err != nil {
		return nil, fmt.Errorf("%s: %s%w", path, r.placeOf(err), err)
	}
	return r.n, nil
}

// placeOf finds the line of the entity that a check's error begins with.
func (r *reader) placeOf(err error) string {
	if w := strings.Fields(err.Error()); len(w) > 1 {
		if l, ok := r.lineOf[strings.TrimSuffix(w[1], ":")]; ok {
			return fmt.Sprintf("line %d: ", l)
		}
	}
	return ""
}

// kept are the sections that are read, idle those that are passed over, noted those whose absence is worth a note.
var kept = []string{"TITLE", "OPTIONS", "RAINGAGES", "SUBCATCHMENTS", "SUBAREAS", "INFILTRATION", "JUNCTIONS", "OUTFALLS", "STORAGE", "DIVIDERS", "CONDUITS", "XSECTIONS", "PUMPS", "ORIFICES", "WEIRS", "OUTLETS",
	"LOSSES", "CURVES", "TIMESERIES", "INFLOWS", "DWF", "PATTERNS", "COORDINATES", "TRANSECTS", "CONTROLS"}

// refused are sections without which another amount of water would come into the net: one that says where it does stops the run.
var refused = map[string]string{"AQUIFERS": "groundwater", "GROUNDWATER": "groundwater", "GWF": "groundwater", "LID_CONTROLS": "low-impact development", "LID_USAGE": "low-impact development", "RDII": "rain-derived inflow", "HYDROGRAPHS": "rain-derived inflow"}
var idle = []string{"MAP", "VERTICES", "POLYGONS", "SYMBOLS", "LABELS", "BACKDROP", "TAGS", "PROFILES", "REPORT", "POLLUTANTS", "LANDUSES", "COVERAGES", "BUILDUP", "WASHOFF", "LOADINGS", "TREATMENT", "FILES"}
var noted = []string{"EVAPORATION", "TEMPERATURE", "ADJUSTMENTS", "SNOWPACKS", "EVENTS", "STREETS", "INLETS", "INLET_USAGE"}

// split cuts the text into sections of rows.
func (r *reader) split(data []byte) error {
	text := strings.TrimPrefix(string(data), "\ufeff")
	section := ""
	keep := false
	for k, line := range strings.Split(text, "\n") {
		if i := strings.IndexByte(line, ';'); i >= 0 {
			line = line[:i]
		}
		f := cut(line)
		if len(f) == 0 {
			continue
		}
		if strings.HasPrefix(f[0], "[") {
			name := strings.ToUpper(strings.Trim(strings.Join(f, " "), "[] "))
			switch full := match(name); {
			case full == "":
				return fmt.Errorf("%s: line %d: unknown section [%s]: remove it or correct its name", r.path, k+1, name)
			case refused[full] != "":
				section, keep = full, true
			case in(noted, full):
				section, keep = full, false
				if full != "EVAPORATION" && full != "TEMPERATURE" {
					r.note(k+1, "[%s] is not read: the network runs without it", full)
				}
			default:
				section, keep = full, in(kept, full)
			}
			continue
		}
		if section == "" {
			return fmt.Errorf("%s: line %d: %q stands before any [SECTION]: is this an .inp file?", r.path, k+1, short(f[0]))
		}
		if what := refused[section]; what != "" && (section == "GROUNDWATER" || section == "GWF" || section == "LID_USAGE" || section == "RDII") {
			return fmt.Errorf("%s: line %d: [%s] %s: %s is not modelled, and the run would have another amount of water without it: remove the section if that is meant", r.path, k+1, section, short(f[0]), what)
		}
		if keep {
			r.rows[section] = append(r.rows[section], row{k + 1, section, f})
		}
	}
	return nil
}

// cut splits a line at blanks, keeping what stands in quotes together.
func cut(line string) []string {
	if !strings.Contains(line, `"`) {
		return strings.Fields(line)
	}
	var out []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			out = append(out, part)
		} else {
			out = append(out, strings.Fields(part)...)
		}
	}
	return out
}

// match finds the section that name is, or begins, as the format allows.
func match(name string) string {
	all := [][]string{kept, idle, noted, slices.Sorted(maps.Keys(refused))}
	for _, list := range all {
		if in(list, name) {
			return name
		}
	}
	if len(name) < 4 {
		return ""
	}
	for _, list := range all {
		for _, s := range list {
			if strings.HasPrefix(s, name) {
				return s
			}
		}
	}
	return ""
}

func in(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

func short(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

func (r *reader) note(line int, format string, a ...any) {
	if len(r.n.Notes) < 200 {
		r.n.Notes = append(r.n.Notes, fmt.Sprintf("%s: line %d: ", r.path, line)+fmt.Sprintf(format, a...))
	}
}

func (r *reader) errorf(w row, field, format string, a ...any) error {
	s := fmt.Sprintf("%s: line %d: [%s]", r.path, w.line, w.section)
	if len(w.f) > 0 {
		s += " " + short(w.f[0])
	}
	if field != "" {
		s += ": field " + field
	}
	return fmt.Errorf("%s: %s", s, fmt.Sprintf(format, a...))
}

// number reads field k of w; a missing one or a * is otherwise, NaN: it must be there.
func (r *reader) number(w row, k int, field string, otherwise float64) (float64, error) {
	if k >= len(w.f) || w.f[k] == "*" {
		if math.IsNaN(otherwise) {
			return 0, r.errorf(w, field, "missing")
		}
		return otherwise, nil
	}
	v, err := strconv.ParseFloat(w.f[k], 64)
	if err != nil || !(math.Abs(v) < 1e12) {
		return 0, r.errorf(w, field, "%q is no number", short(w.f[k]))
	}
	return v, nil
}

// numbers reads fields from k on into to, in the order of names; otherwise holds for those that are missing.
func (r *reader) numbers(w row, k int, names string, otherwise float64, to ...*float64) error {
	for i, name := range strings.Split(names, ",") {
		v, err := r.number(w, k+i, name, otherwise)
		if err != nil {
			return err
		}
		*to[i] = v
	}
	return nil
}

func (r *reader) word(w row, k int) string {
	if k < len(w.f) {
		return w.f[k]
	}
	return ""
}

var must = math.NaN()

// units are the systems of units by that of flow: m³/s in it, and whether lengths are feet.
var units = map[string]struct {
	flow float64
	us   bool
}{"CFS": {0.028316846592, true}, "GPM": {6.30901964e-5, true}, "MGD": {0.0438126363889, true}, "CMS": {1, false}, "LPS": {0.001, false}, "MLD": {1000.0 / 86400, false}}

func (r *reader) options() error {
	for _, w := range r.rows["TITLE"] {
		r.n.Name = strings.Join(w.f, " ")
		break
	}
	unit := "CFS"
	day, clock := map[string]string{}, map[string]string{}
	at := map[string]row{}
	for _, w := range r.rows["OPTIONS"] {
		key, v := strings.ToUpper(w.f[0]), r.word(w, 1)
		if v == "" {
			return r.errorf(w, "value", "missing")
		}
		up := strings.ToUpper(v)
		var err error
		switch key {
		case "FLOW_UNITS":
			if _, ok := units[up]; !ok {
				return r.errorf(w, "value", "%q is not one of CFS, GPM, MGD, CMS, LPS, MLD", short(v))
			}
			unit = up
		case "INFILTRATION":
			r.infil = up
		case "LINK_OFFSETS":
			r.elevation = strings.HasPrefix(up, "ELEV")
		case "ALLOW_PONDING":
			r.ponding = up == "YES"
		case "FORCE_MAIN_EQUATION":
			r.force = up
		case "FLOW_ROUTING":
			if up != "DYNWAVE" && up != "DW" {
				r.note(w.line, "routing is by the dynamic wave, not %s", up)
			}
		case "START_DATE", "END_DATE":
			day[key[:3]], at[key[:3]] = v, w
		case "START_TIME", "END_TIME":
			clock[key[:3]], at[key[:3]+"T"] = v, w
		case "REPORT_STEP":
			if r.n.Every, err = r.span(w, v); err != nil {
				return err
			}
		}
	}
	r.us, r.flow = units[unit].us, units[unit].flow
	r.length, r.area, r.rain = 1, 1e4, 1
	if r.us {
		r.length, r.area, r.rain = 0.3048, 4046.8564224, 25.4
	}
	moment := func(k string) (time.Time, error) {
		t := time.Date(2004, 1, 1, 0, 0, 0, 0, time.UTC)
		if day[k] != "" {
			d, err := date(day[k])
			if err != nil {
				return t, r.errorf(at[k], "value", "%v", err)
			}
			t = d
		}
		if clock[k] != "" {
			s, err := r.span(at[k+"T"], clock[k])
			if err != nil {
				return t, err
			}
			t = t.Add(s)
		}
		return t, nil
	}
	var err error
	if r.start, err = moment("STA"); err != nil {
		return err
	}
	if day["END"] != "" || clock["END"] != "" {
		if day["END"] == "" {
			day["END"], at["END"] = day["STA"], at["STA"]
		}
		end, err := moment("END")
		if err != nil {
			return err
		}
		if r.n.Duration = end.Sub(r.start); r.n.Duration <= 0 {
			return fmt.Errorf("%s: line %d: [OPTIONS]: the run ends at %s, not after its start at %s", r.path, max(at["END"].line, at["ENDT"].line), end.Format("2006-01-02 15:04"), r.start.Format("2006-01-02 15:04"))
		}
	}
	return nil
}

// date reads month/day/year, with - for / if need be.
func date(s string) (time.Time, error) {
	for _, layout := range []string{"1/2/2006", "1-2-2006", "Jan/2/2006", "Jan-2-2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no date; want month/day/year", short(s))
}

// span reads hours:minutes:seconds, or decimal hours.
func (r *reader) span(w row, s string) (time.Duration, error) {
	part := strings.Split(s, ":")
	var sec float64
	scale := 3600.0
	for _, p := range part {
		v, err := strconv.ParseFloat(p, 64)
		if err != nil || !(v >= 0 && v < 1e6) || len(part) > 3 {
			return 0, r.errorf(w, "time", "%q is no time; want hours:minutes:seconds", short(s))
		}
		sec += v * scale
		scale /= 60
	}
	return time.Duration(math.Round(sec * 1e9)), nil
}
