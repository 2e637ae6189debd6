package sumo

import (
	"fmt"
	"io"
	"path/filepath"
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
}

// A Scenario is a configuration with everything that it names.
type Scenario struct {
	Config  Config
	Network *Network
	Demand  *Demand
	Defects []city.Defect // of both
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
	var defects []city.Defect
	s := newScanner(in, name, &defects)
	c := Config{End: -1}
	beside := func(list string) []string {
		var out []string
		for _, p := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' }) {
			if !filepath.IsAbs(p) {
				p = filepath.Join(filepath.Dir(name), p)
			}
			out = append(out, p)
		}
		return out
	}
	for {
		e, _, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return c, err
		}
		if e == nil {
			continue
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
		case "end", "e":
			if c.End, err = seconds(v); err != nil {
				return c, s.refuse(s.line, "end: %v", err)
			}
		case "seed":
			if c.Seed, err = a.whole("value", 0); err != nil {
				return c, s.refuse(s.line, "seed: %v", err)
			}
		}
	}
	if c.Net == "" {
		return c, fmt.Errorf("read %s: it names no net-file", s.name)
	}
	return c, nil
}

// Read reads a configuration, its network and its demand.
func Read(path string) (*Scenario, error) {
	c, err := ReadConfig(path)
	if err != nil {
		return nil, err
	}
	s := &Scenario{Config: c}
	if s.Network, err = ReadNet(c.Net); err != nil {
		return nil, err
	}
	if s.Demand, err = ReadDemand(s.Network, c.Begin, append(append([]string{}, c.Additional...), c.Routes...)...); err != nil {
		return nil, err
	}
	s.Defects = append(append(s.Defects, s.Network.Defects...), s.Demand.Defects...)
	return s, nil
}
