package sumo

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"citybrain/city"
)

// A Config is what a sumocfg file says, its paths as SUMO would resolve them: relative to the file.
type Config struct {
	Net        string
	Routes     []string
	Additional []string
	Begin, End float64 // s; End −1: until all have arrived
	Seed       int
	LeaveOut   bool // ignore-route-errors: vehicles without a way are left out, they are no error
	Defects    []city.Defect
}

// A Scenario is a configuration with everything that it names.
type Scenario struct {
	Config  Config
	Network *Network
	Demand  *Demand
	Defects []city.Defect // of all three
}

// ReadConfig reads a sumocfg file.
func ReadConfig(path string) (Config, error) {
	f, err := Open(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	defer f.Close()
	return ParseConfig(f, path)
}

// ParseConfig reads a sumocfg; name is for messages and for paths relative to it.
func ParseConfig(in io.Reader, name string) (Config, error) {
	c := Config{End: -1}
	s := newScanner(in, name, &c.Defects)
	beside := func(list string) []string {
		var out []string
		for _, p := range strings.Split(environment(list), ",") { // names may have spaces
			if p = strings.TrimSpace(p); p == "" {
				continue
			}
			if !filepath.IsAbs(p) {
				p = filepath.Join(filepath.Dir(name), p)
			}
			out = append(out, p)
		}
		return out
	}
	depth, root, other, otherLine := 0, false, []string(nil), 0
	for {
		e, _, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return c, err
		}
		if e == nil {
			depth--
			continue
		}
		if depth++; depth == 1 {
			root = strings.HasSuffix(strings.ToLower(e.Name.Local), "configuration")
		}
		if !root {
			return c, s.refuse(s.line, "<%s> where <configuration> is expected; is it a sumocfg?", e.Name.Local)
		}
		a := attrs(e.Attr)
		v := a.get("value")
		if v == "" {
			v = a.get("v")
		}
		switch e.Name.Local {
		case "net-file", "net", "n":
			if list := beside(v); len(list) == 1 {
				c.Net = list[0]
			} else {
				return c, s.refuse(s.line, "net-file %q must name one file", v)
			}
		case "route-files", "r":
			c.Routes = append(c.Routes, beside(v)...)
		case "additional-files", "additional", "a":
			c.Additional = append(c.Additional, beside(v)...)
		case "begin", "b":
			if c.Begin, err = seconds(v); err != nil {
				return c, s.refuse(s.line, "begin: %v", err)
			}
			if c.Begin < 0 {
				return c, s.refuse(s.line, "begin: %q is before 0", v)
			}
		case "end", "e":
			if c.End, err = seconds(v); err != nil {
				return c, s.refuse(s.line, "end: %v", err)
			}
		case "seed":
			if c.Seed, err = a.whole("value", 0); err != nil {
				return c, s.refuse(s.line, "seed: %v", err)
			}
		case "ignore-route-errors":
			c.LeaveOut = v == "true" || v == "1" || v == "on" || v == "yes" || v == "t" || v == "x"
		default:
			if (a.has("value") || a.has("v")) && sways(e.Name.Local) {
				if other = append(other, e.Name.Local); len(other) == 1 {
					otherLine = s.line
				}
			}
		}
	}
	switch {
	case depth != 0:
		return c, s.cutOff()
	case len(other) > 0:
		s.note(otherLine, "not followed: %s", strings.Join(other, ", "))
	}
	if c.Net == "" {
		return c, fmt.Errorf("read %s: it names no net-file", s.name)
	}
	return c, nil
}

// environment puts the values of environment variables, ${NAME}, into a list of files, as SUMO does.
func environment(list string) string {
	for {
		at := strings.Index(list, "${")
		if at < 0 {
			return list
		}
		name, rest, whole := strings.Cut(list[at+2:], "}")
		if !whole {
			return list
		}
		list = list[:at] + os.Getenv(name) + rest
	}
}

// sways tells whether an option of SUMO's may change the traffic: those for what is written, shown and checked don't. Vehicles are never removed for standing.
func sways(option string) bool {
	for _, part := range []string{"output", "log", "gui", "xml-validation", "warnings", "verbose", "time-to-teleport", "precision", "human-readable"} {
		if strings.Contains(option, part) {
			return false
		}
	}
	return !slices.Contains([]string{"v", "l", "W", "start", "quit-on-end", "Q", "S", "delay", "route-steps", "remote-port", "num-clients", "threads", "random", "save-configuration", "window-size", "window-pos", "breakpoints", "print-options", "duration-statistics"}, option)
}

// Read reads a configuration, its network and its demand.
func Read(path string) (*Scenario, error) {
	c, err := ReadConfig(path)
	if err != nil {
		return nil, err
	}
	s := &Scenario{Config: c}
	if s.Network, err = ReadNet(c.Net, c.Additional...); err != nil {
		return nil, err
	}
	if s.Demand, err = ReadDemand(s.Network, c.Begin, append(append([]string{}, c.Additional...), c.Routes...)...); err != nil {
		return nil, err
	}
	if len(s.Demand.Journeys)+len(s.Demand.Walkers) == 0 {
		s.Demand.Defects = append(s.Demand.Defects, city.Defect{Element: filepath.Base(path), What: "nobody departs: none of its files holds a vehicle or a walker that could be read"})
	}
	s.Defects = slices.Concat(c.Defects, s.Network.Defects, s.Demand.Defects)
	return s, nil
}
