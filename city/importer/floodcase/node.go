package floodcase

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A node is a value of the file with the place to name in errors.
type node struct {
	file string
	what string
	n    *yaml.Node
}

func (d node) errorf(format string, a ...any) error {
	line := 0
	if d.n != nil {
		line = d.n.Line
	}
	return fmt.Errorf("%s: line %d: %s: %s", d.file, line, d.what, fmt.Sprintf(format, a...))
}

// there reports whether the file has this value.
func (d node) there() bool { return d.n != nil }

// keys refuses any key of a mapping that is not known or stands twice, so that a slip of the pen is no silent default.
func (d node) keys(known ...string) error {
	if d.n.Kind != yaml.MappingNode {
		return d.errorf("want keys and values (%s)", strings.Join(known, ", "))
	}
	for i := 0; i < len(d.n.Content); i += 2 {
		k := d.n.Content[i]
		if !slices.Contains(known, k.Value) {
			return node{d.file, d.what, k}.errorf("unknown key %q; known are %s", k.Value, strings.Join(known, ", "))
		}
		for j := 0; j < i; j += 2 {
			if first := d.n.Content[j]; first.Value == k.Value {
				return node{d.file, d.what, k}.errorf("a second %s; the first is in line %d: keep one", k.Value, first.Line)
			}
		}
	}
	return nil
}

// get returns the value of key, which may not be there.
func (d node) get(key string) node {
	if d.n != nil && d.n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(d.n.Content); i += 2 {
			if d.n.Content[i].Value == key {
				return node{d.file, key, d.n.Content[i+1]}
			}
		}
	}
	return node{d.file, key, nil}
}

// list returns the items of a sequence.
func (d node) list() ([]node, error) {
	if d.n == nil {
		return nil, nil
	}
	if d.n.Kind != yaml.SequenceNode {
		return nil, d.errorf("want a list")
	}
	var out []node
	for i, n := range d.n.Content {
		out = append(out, node{d.file, fmt.Sprintf("%s %d", d.what, i+1), n})
	}
	return out, nil
}

func (d node) text() (string, error) {
	if d.n.Kind != yaml.ScalarNode {
		return "", d.errorf("want one value")
	}
	return d.n.Value, nil
}

func (d node) number() (float64, error) {
	s, err := d.text()
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, d.errorf("%q is no number", s)
	}
	return v, nil
}

// numberOr reads a number into to if it is there.
func (d node) numberOr(to *float64) error {
	if d.n == nil {
		return nil
	}
	v, err := d.number()
	*to = v
	return err
}

// pairs reads a list of pairs of numbers.
func (d node) pairs() ([][2]float64, error) {
	items, err := d.list()
	if err != nil {
		return nil, err
	}
	var out [][2]float64
	for _, it := range items {
		two, err := it.list()
		if err != nil {
			return nil, err
		}
		if len(two) != 2 {
			return nil, it.errorf("%d values; want two", len(two))
		}
		a, err := two[0].number()
		if err != nil {
			return nil, err
		}
		b, err := two[1].number()
		if err != nil {
			return nil, err
		}
		out = append(out, [2]float64{a, b})
	}
	return out, nil
}

// span reads a length of time in seconds: a number of seconds, or one with s, min, h or d.
func (d node) span() (float64, error) {
	s, err := d.text()
	if err != nil {
		return 0, err
	}
	s = strings.TrimSpace(s)
	num := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyz ")
	unit := strings.TrimSpace(s[len(num):])
	scale, ok := timeUnits[unit]
	v, err := strconv.ParseFloat(num, 64)
	if err != nil || !ok || !(v > 0 && v*scale < 1e9) {
		return 0, d.errorf("%q is no time above 0; want a number with s, min, h or d", s)
	}
	return v * scale, nil
}

var timeUnits = map[string]float64{"": 1, "s": 1, "min": 60, "h": 3600, "d": 86400}
