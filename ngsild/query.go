package ngsild

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"citybrain/policy"
	"citybrain/twin"
)

// Bounds of a filter.
const (
	maxFilter = 8192 // bytes
	maxNested = 32   // brackets within brackets
)

// A filter is a parsed q (clause 4.9): a tree of conditions on an entity.
type filter interface{ matches(e *policy.Entity) bool }

type (
	allOf []filter
	anyOf []filter
	term  struct {
		path   []string // the attribute, then attributes of it
		member []string // into the value
		op     string   // "" asks whether it exists
		values []bounds // any of them
		re     *regexp.Regexp
	}
	// bounds is a value, or the range between two.
	bounds struct{ from, to any }
)

func (f allOf) matches(e *policy.Entity) bool {
	for _, x := range f {
		if !x.matches(e) {
			return false
		}
	}
	return true
}

func (f anyOf) matches(e *policy.Entity) bool {
	for _, x := range f {
		if x.matches(e) {
			return true
		}
	}
	return false
}

type filterParser struct {
	s     string
	at    int
	terms terms
}

// parseFilter reads a q. Its error says where it went wrong.
func parseFilter(s string, t terms) (filter, error) {
	if len(s) > maxFilter {
		return nil, newProblem(403, "TooComplexQuery", "q of %d bytes; up to %d are looked at", len(s), maxFilter)
	}
	if !utf8.ValidString(s) {
		return nil, badData("q is not UTF-8")
	}
	p := &filterParser{s: s, terms: t}
	f, err := p.any(0)
	if err == nil && p.at < len(s) {
		err = p.wrong("a condition ends here, and neither ; nor | follows")
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (p *filterParser) wrong(format string, args ...any) error {
	rest := p.s[p.at:]
	if len(rest) > 20 {
		rest = strings.ToValidUTF8(rest[:20], "") + "…"
	}
	return badData("q, byte %d, before %q: %s", p.at+1, rest, fmt.Sprintf(format, args...))
}

func (p *filterParser) take(s string) bool {
	if strings.HasPrefix(p.s[p.at:], s) {
		p.at += len(s)
		return true
	}
	return false
}

func (p *filterParser) any(depth int) (filter, error) {
	var list anyOf
	for {
		f, err := p.all(depth)
		if err != nil {
			return nil, err
		}
		if list = append(list, f); !p.take("|") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

func (p *filterParser) all(depth int) (filter, error) {
	var list allOf
	for {
		var f filter
		var err error
		if p.take("(") {
			if depth == maxNested {
				return nil, newProblem(403, "TooComplexQuery", "q has brackets more than %d deep", maxNested)
			}
			if f, err = p.any(depth + 1); err == nil && !p.take(")") {
				err = p.wrong("a bracket is not closed")
			}
		} else {
			f, err = p.term()
		}
		if err != nil {
			return nil, err
		}
		if list = append(list, f); !p.take(";") {
			break
		}
	}
	if len(list) == 1 {
		return list[0], nil
	}
	return list, nil
}

// word takes what comes before any of the stops.
func (p *filterParser) word(stops string) string {
	rest := p.s[p.at:]
	if i := strings.IndexAny(rest, stops); i >= 0 {
		rest = rest[:i]
	}
	p.at += len(rest)
	return rest
}

func (p *filterParser) term() (filter, error) {
	t := &term{}
	start := p.at
	for i, name := range strings.Split(p.word("=!<>~[];|()"), ".") {
		if name == "" {
			p.at = start
			return nil, p.wrong("an attribute's name is missing")
		}
		expanded, err := p.terms.expand(name)
		if err != nil {
			p.at = start
			return nil, p.wrong("%q is no attribute's name", name)
		}
		if i > maxDepth {
			p.at = start
			return nil, p.wrong("attributes of attributes lie more than %d deep", maxDepth)
		}
		t.path = append(t.path, expanded)
	}
	if p.take("[") {
		t.member = strings.Split(p.word("]"), ".")
		for _, m := range t.member {
			if m == "" {
				return nil, p.wrong("a member's name is missing in [ ]")
			}
		}
		if !p.take("]") {
			return nil, p.wrong("[ is not closed")
		}
	}
	for _, op := range []string{"==", "!=", ">=", "<=", "!~=", "~=", ">", "<"} {
		if p.take(op) {
			t.op = op
			break
		}
	}
	var err error
	switch t.op {
	case "":
	case "~=", "!~=":
		t.re, err = p.pattern()
	case "==", "!=":
		t.values, err = p.list()
	default:
		var v any
		if v, err = p.value(); err == nil {
			t.values = []bounds{{v, nil}}
		}
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// pattern takes a regular expression, quoted or up to the end of the condition: a ; | or ) outside of its own brackets.
func (p *filterParser) pattern() (*regexp.Regexp, error) {
	start := p.at
	var text string
	if strings.HasPrefix(p.s[p.at:], `"`) {
		s, err := p.quoted()
		if err != nil {
			return nil, err
		}
		text = s
	} else {
		depth, class := 0, false
	scan:
		for ; p.at < len(p.s); p.at++ {
			switch c := p.s[p.at]; {
			case c == '\\':
				p.at = min(p.at+1, len(p.s)-1)
			case class:
				class = c != ']'
			case c == '[':
				class = true
			case c == '(':
				depth++
			case c == ')' && depth > 0:
				depth--
			case depth == 0 && (c == ';' || c == '|' || c == ')'):
				break scan
			}
		}
		text = p.s[start:p.at]
	}
	if text == "" {
		return nil, p.wrong("a pattern is missing")
	}
	re, err := regexp.Compile(text)
	if err != nil {
		p.at = start
		return nil, p.wrong("%v", err)
	}
	return re, nil
}

func (p *filterParser) list() ([]bounds, error) {
	var list []bounds
	for {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		b := bounds{from: v}
		if p.take("..") {
			if b.to, err = p.value(); err != nil {
				return nil, err
			}
			if _, ok := compare(b.from, b.to); !ok {
				return nil, p.wrong("a range is from %v to %v, which are of different kinds", b.from, b.to)
			}
		}
		if list = append(list, b); !p.take(",") {
			return list, nil
		}
	}
}

func (p *filterParser) quoted() (string, error) {
	rest := p.s[p.at:]
	for i := 1; i < len(rest); i++ {
		switch rest[i] {
		case '\\':
			i++
		case '"':
			var s string
			if err := json.Unmarshal([]byte(rest[:i+1]), &s); err != nil {
				return "", p.wrong("a string that JSON does not read: %v", err)
			}
			p.at += i + 1
			return s, nil
		}
	}
	return "", p.wrong("a string is not closed")
}

// value takes a number, a string in quotes, true or false, a time, a date, or a URI.
func (p *filterParser) value() (any, error) {
	if strings.HasPrefix(p.s[p.at:], `"`) {
		return p.quoted()
	}
	start := p.at
	w := p.word(`;|(),"`)
	if i := strings.Index(w, ".."); i >= 0 {
		p.at -= len(w) - i
		w = w[:i]
	}
	switch w {
	case "":
		return nil, p.wrong("a value is missing")
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	if v, err := strconv.ParseFloat(w, 64); err == nil && json.Valid([]byte(w)) {
		return v, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, w); err == nil {
		return t, nil
	}
	if t, err := time.Parse(time.DateOnly, w); err == nil {
		return t, nil
	}
	if uri.MatchString(w) {
		return w, nil
	}
	p.at = start
	return nil, p.wrong("%q is neither a number, a time, a date, true, false nor a URI; strings stand in quotes", w)
}

func (t *term) matches(e *policy.Entity) bool {
	for a := range e.Attributes() {
		if a.Name != t.path[0] {
			continue
		}
		v, ok := reach(&a, t.path[1:])
		if !ok {
			continue
		}
		if len(t.member) > 0 || t.op != "" {
			if v, ok = into(v, t.member); !ok {
				continue
			}
		}
		if t.op == "" || t.holds(v) {
			return true
		}
	}
	return false
}

// reach follows a path of attributes of attributes to a value.
func reach(a *twin.Attribute, path []string) (any, bool) {
	if len(path) == 0 {
		return a.Any(), true
	}
	for i := range a.Sub {
		if a.Sub[i].Name == path[0] {
			return reach(&a.Sub[i], path[1:])
		}
	}
	if len(path) > 1 {
		return nil, false
	}
	switch path[0] {
	case "observedAt":
		return a.ObservedAt(), !a.ObservedAt().IsZero()
	case "modifiedAt":
		return a.RecordedAt(), !a.RecordedAt().IsZero()
	case "unitCode":
		return a.Unit, a.Unit != ""
	case "datasetId":
		return a.Dataset, a.Dataset != ""
	}
	return nil, false
}

// into decodes a value and follows a path of members; a typed value counts as what it says.
func into(v any, path []string) (any, bool) {
	switch x := v.(type) {
	case json.RawMessage:
		if json.Unmarshal(x, &v) != nil {
			return nil, false
		}
	case [2]float64:
		v = map[string]any{"type": "Point", "coordinates": []any{x[0], x[1]}}
	}
	for _, name := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[name]; !ok {
			return nil, false
		}
	}
	if m, ok := v.(map[string]any); ok && m["@value"] != nil {
		v = m["@value"]
	}
	return v, true
}

// holds applies the operator; to an array, element by element: != and !~= hold if they do for all, the others if for any.
func (t *term) holds(v any) bool {
	switch t.op {
	case "!=", "!~=":
		return !t.positive(v)
	}
	return t.positive(v)
}

func (t *term) positive(v any) bool {
	if list, ok := v.([]any); ok {
		for _, x := range list {
			if t.positive(x) {
				return true
			}
		}
		return false
	}
	if t.re != nil {
		s, ok := v.(string)
		return ok && t.re.MatchString(s)
	}
	for _, b := range t.values {
		c, ok := compare(v, b.from)
		if !ok {
			continue
		}
		hit := false
		switch t.op {
		case "==", "!=":
			hit = c == 0
			if b.to != nil {
				d, ok := compare(v, b.to)
				hit = ok && c >= 0 && d <= 0
			}
		case ">":
			hit = c > 0
		case ">=":
			hit = c >= 0
		case "<":
			hit = c < 0
		case "<=":
			hit = c <= 0
		}
		if hit {
			return true
		}
	}
	return false
}

// compare orders two values of one kind; a string is a time if it is compared with one. Truth values are only equal or not:
// false before true, which no operator of order is asked of by anybody who means it.
func compare(a, b any) (int, bool) {
	switch y := b.(type) {
	case float64:
		x, ok := a.(float64)
		switch {
		case !ok:
			return 0, false
		case x < y:
			return -1, true
		case x > y:
			return 1, true
		}
		return 0, true
	case string:
		x, ok := a.(string)
		return strings.Compare(x, y), ok
	case bool:
		x, ok := a.(bool)
		switch {
		case x == y:
			return 0, ok
		case y:
			return -1, ok
		}
		return 1, ok
	case time.Time:
		switch x := a.(type) {
		case time.Time:
			return x.Compare(y), true
		case string:
			for _, form := range []string{time.RFC3339Nano, time.DateOnly} {
				if t, err := time.Parse(form, x); err == nil {
					return t.Compare(y), true
				}
			}
		}
	}
	return 0, false
}
