package jemss

import (
	"encoding/xml"
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

// genConfig is what of gen_config_test.xml says how calls are drawn.
type genConfig struct {
	Draws struct {
		Gap       string `xml:"interarrivalTime"`
		Priority  string `xml:"priority"`
		Delay     string `xml:"dispatchDelay"`
		OnScene   string `xml:"onSceneDuration"`
		Transport string `xml:"transport"`
		HandOver  string `xml:"handoverDuration"`
	} `xml:"sim>callDistributions"`
}

// readDraws reads gen_config_test.xml if it is there.
func readDraws(dir string, e *city.EMS) error {
	file := filepath.Join(dir, "gen_config_test.xml")
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	e.Draws, err = parseDraws(file, b, len(e.Priorities))
	return err
}

func parseDraws(file string, b []byte, priorities int) (*city.EMSDraws, error) {
	var g genConfig
	if err := xml.Unmarshal(b, &g); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	d := &city.EMSDraws{}
	for _, x := range []struct {
		field, text string
		to          *city.Draw
	}{{"interarrivalTime", g.Draws.Gap, &d.Gap}, {"dispatchDelay", g.Draws.Delay, &d.Delay}, {"onSceneDuration", g.Draws.OnScene, &d.OnScene}, {"handoverDuration", g.Draws.HandOver, &d.HandOver}} {
		name, args, err := distribution(x.text)
		if err == nil {
			err = shape(name, args, x.to)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: line %d: field %q: %q: %w", file, lineOf(b, x.field), x.field, x.text, err)
		}
	}
	name, args, err := distribution(g.Draws.Priority)
	if err == nil && (name != "categorical" || len(args) != priorities) {
		err = fmt.Errorf("want Categorical([…]) with %d shares", priorities)
	}
	sum := 0.0
	for _, a := range args {
		if !(a >= 0) && err == nil {
			err = fmt.Errorf("share %g is negative", a)
		}
		sum += a
	}
	if err == nil && math.Abs(sum-1) > 1e-6 {
		err = fmt.Errorf("shares add up to %g, want 1", sum)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: line %d: field %q: %q: %w", file, lineOf(b, "priority"), "priority", g.Draws.Priority, err)
	}
	d.Priority = args
	name, args, err = distribution(g.Draws.Transport)
	if err == nil && (name != "bernoulli" || len(args) != 1 || !(args[0] >= 0 && args[0] <= 1)) {
		err = fmt.Errorf("want Bernoulli(p), 0 ≤ p ≤ 1")
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: line %d: field %q: %q: %w", file, lineOf(b, "transport"), "transport", g.Draws.Transport, err)
	}
	d.Transport = args[0]
	return d, nil
}

// lineOf returns the line on which an element of that name opens, 1 if none does.
func lineOf(b []byte, field string) int {
	head, _, _ := strings.Cut(string(b), "<"+field)
	if len(head) == len(b) {
		return 1
	}
	return 1 + strings.Count(head, "\n")
}

// shape checks a distribution of durations.
func shape(name string, args []float64, to *city.Draw) error {
	want := map[string]int{"exponential": 1, "normal": 2, "lognormal": 2, "gamma": 2, "weibull": 2, "uniform": 2}[name]
	if want == 0 {
		return fmt.Errorf("distribution %q is none of Exponential, Normal, LogNormal, Gamma, Weibull, Uniform", name)
	}
	if len(args) != want {
		return fmt.Errorf("%d parameters, want %d", len(args), want)
	}
	for _, a := range args {
		if math.IsNaN(a) || math.IsInf(a, 0) {
			return fmt.Errorf("parameter %g", a)
		}
	}
	to.Name, to.A = name, args[0]
	if want == 2 {
		to.B = args[1]
	}
	ok := map[string]bool{"exponential": to.A > 0, "normal": to.B >= 0, "lognormal": to.B >= 0, "gamma": to.A > 0 && to.B > 0, "weibull": to.A > 0 && to.B > 0, "uniform": to.A >= 0 && to.A <= to.B}[name]
	if !ok {
		return fmt.Errorf("parameters %g, %g are out of range", to.A, to.B)
	}
	return nil
}

// distribution reads "Name(expression, …)"; a list in brackets counts as its members.
func distribution(s string) (name string, args []float64, err error) {
	s = strings.TrimSpace(s)
	open := strings.IndexByte(s, '(')
	if open < 0 || !strings.HasSuffix(s, ")") {
		return "", nil, errors.New("want a distribution such as Exponential(1/280)")
	}
	p := &expression{s: strings.Map(func(r rune) rune {
		switch r {
		case '[', ']':
			return ' '
		case ';':
			return ','
		}
		return r
	}, s[open+1:len(s)-1])}
	for {
		v, err := p.sum(0)
		if err != nil {
			return "", nil, err
		}
		args = append(args, v)
		if !p.take(',') {
			break
		}
	}
	if p.blank(); p.i < len(p.s) {
		return "", nil, fmt.Errorf("%q is not understood", p.s[p.i:])
	}
	return strings.ToLower(strings.TrimSpace(s[:open])), args, nil
}

// An expression is sums and products of numbers.
type expression struct {
	s string
	i int
}

func (p *expression) blank() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t' || p.s[p.i] == '\n' || p.s[p.i] == '\r') {
		p.i++
	}
}

func (p *expression) take(c byte) bool {
	if p.blank(); p.i < len(p.s) && p.s[p.i] == c {
		p.i++
		return true
	}
	return false
}

func (p *expression) sum(depth int) (float64, error) {
	v, err := p.product(depth)
	for err == nil {
		var w float64
		switch {
		case p.take('+'):
			w, err = p.product(depth)
			v += w
		case p.take('-'):
			w, err = p.product(depth)
			v -= w
		default:
			return v, nil
		}
	}
	return v, err
}

func (p *expression) product(depth int) (float64, error) {
	v, err := p.atom(depth)
	for err == nil {
		var w float64
		switch {
		case p.take('*'):
			w, err = p.atom(depth)
			v *= w
		case p.take('/'):
			w, err = p.atom(depth)
			v /= w
		default:
			return v, nil
		}
	}
	return v, err
}

func (p *expression) atom(depth int) (float64, error) {
	if depth > 100 {
		return 0, errors.New("more than 100 brackets deep")
	}
	if p.take('-') {
		v, err := p.atom(depth + 1)
		return -v, err
	}
	if p.take('(') {
		v, err := p.sum(depth + 1)
		if err == nil && !p.take(')') {
			err = errors.New("a bracket is not closed")
		}
		return v, err
	}
	p.blank()
	from := p.i
	for p.i < len(p.s) && (p.s[p.i] >= '0' && p.s[p.i] <= '9' || p.s[p.i] == '.' || p.s[p.i]|0x20 == 'e' || p.i > from && p.s[p.i-1]|0x20 == 'e' && (p.s[p.i] == '-' || p.s[p.i] == '+')) {
		p.i++
	}
	v, err := strconv.ParseFloat(p.s[from:p.i], 64)
	if err != nil {
		return 0, fmt.Errorf("%q is no number", p.s[from:])
	}
	return v, nil
}
