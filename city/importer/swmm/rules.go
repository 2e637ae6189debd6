package swmm

import (
	"strconv"
	"strings"

	"citybrain/city/water"
)

var relations = map[string]water.Relation{"=": water.Equal, "<>": water.NotEqual, "<": water.Less, "<=": water.AtMost, ">": water.More, ">=": water.AtLeast}

// readRules reads control rules. What they can look at or order but the engine can't is refused.
func (r *reader) readRules() error {
	const none, premises, then, otherwise = 0, 1, 2, 3
	r.n.Clock = r.start.Sub(r.start.Truncate(24 * 3600e9)).Seconds()
	part := none
	var rule *water.Rule
	for _, w := range r.rows["CONTROLS"] {
		key := strings.ToUpper(w.f[0])
		if rule == nil && key != "RULE" {
			return r.errorf(w, "", "stands before any RULE")
		}
		switch key {
		case "RULE":
			if len(w.f) != 2 {
				return r.errorf(w, "name", "a rule has one name without blanks")
			}
			r.n.Rules = append(r.n.Rules, water.Rule{ID: w.f[1]})
			rule, part = &r.n.Rules[len(r.n.Rules)-1], none
			continue
		case "IF":
			part = premises
		case "THEN":
			part = then
		case "ELSE":
			part = otherwise
		case "AND", "OR":
			if part == none || part != premises && key == "OR" {
				return r.errorf(w, "", "follows no IF, THEN or ELSE that it could go with")
			}
		case "PRIORITY":
			v, err := r.number(w, 1, "priority", must)
			if err != nil {
				return err
			}
			rule.Priority, part = v, none
			continue
		default:
			return r.errorf(w, "", "is not one of RULE, IF, AND, OR, THEN, ELSE, PRIORITY: variables and expressions are not read")
		}
		if part == premises {
			p, err := r.premise(w)
			if err != nil {
				return err
			}
			if n := len(rule.If); key == "OR" && n > 0 { // binds closer than AND
				rule.If[n-1] = append(rule.If[n-1], p)
			} else {
				rule.If = append(rule.If, []water.Premise{p})
			}
			continue
		}
		a, err := r.action(w)
		if err != nil {
			return err
		}
		if part == then {
			rule.Then = append(rule.Then, a)
		} else {
			rule.Else = append(rule.Else, a)
		}
	}
	for i := range r.n.Rules {
		if x := &r.n.Rules[i]; len(x.If) == 0 || len(x.Then) == 0 {
			for _, w := range r.rows["CONTROLS"] {
				if len(w.f) == 2 && w.f[1] == x.ID {
					return r.errorf(w, "", "rule %s has no IF or no THEN", x.ID)
				}
			}
		}
	}
	return nil
}

// premise reads IF NODE id DEPTH > value.
func (r *reader) premise(w row) (p water.Premise, err error) {
	kind, k := strings.ToUpper(r.word(w, 1)), 4
	what := strings.ToUpper(r.word(w, 3))
	scale := 1.0
	switch kind {
	case "SIMULATION":
		what, k = strings.ToUpper(r.word(w, 2)), 3
		switch what {
		case "TIME":
			p.Of = water.RunTime
		case "CLOCKTIME":
			p.Of = water.ClockTime
		default:
			return p, r.errorf(w, "attribute", "SIMULATION %s is not read: TIME and CLOCKTIME are", short(what))
		}
	case "NODE":
		if p.Index, err = r.node(w, 2, "node"); err != nil {
			return p, err
		}
		switch what {
		case "DEPTH":
			p.Of, scale = water.NodeDepth, r.length
		case "HEAD":
			p.Of, scale = water.NodeLevel, r.length
		case "VOLUME":
			p.Of, scale = water.NodeVolume, r.length*r.length*r.length
		default:
			return p, r.errorf(w, "attribute", "NODE %s is not read: DEPTH, HEAD and VOLUME are", short(what))
		}
	case "LINK", "CONDUIT", "PUMP", "ORIFICE", "WEIR", "OUTLET":
		if p.Index, err = r.operated(w, 2); err != nil {
			return p, err
		}
		switch {
		case what == "FLOW":
			p.Of, scale = water.LinkFlow, r.flow
		case what == "SETTING" || what == "STATUS" && kind != "CONDUIT":
			p.Of = water.LinkSetting
		default:
			return p, r.errorf(w, "attribute", "%s %s is not read: FLOW, SETTING and a pump's STATUS are", kind, short(what))
		}
	default:
		return p, r.errorf(w, "object", "%q is not NODE, LINK, CONDUIT, PUMP, ORIFICE, WEIR, OUTLET or SIMULATION", short(r.word(w, 1)))
	}
	rel, ok := relations[r.word(w, k)]
	if !ok {
		return p, r.errorf(w, "relation", "%q is not one of =, <>, <, <=, >, >=", short(r.word(w, k)))
	}
	p.Is = rel
	switch v := r.word(w, k+1); {
	case len(w.f) != k+2:
		return p, r.errorf(w, "value", "want one value after %s", r.word(w, k))
	case strings.EqualFold(v, "ON") || strings.EqualFold(v, "OPEN"):
		p.Value = 1
	case strings.EqualFold(v, "OFF") || strings.EqualFold(v, "CLOSED"):
		p.Value = 0
	case p.Of >= water.RunTime:
		d, err := r.span(w, v)
		if err != nil {
			return p, err
		}
		p.Value = d.Seconds()
	default:
		x, err := strconv.ParseFloat(v, 64)
		if err != nil || !(x > -1e12 && x < 1e12) {
			return p, r.errorf(w, "value", "%q is no number; one object can't be compared with another", short(v))
		}
		p.Value = x * scale
	}
	return p, nil
}

// action reads THEN PUMP id STATUS = ON.
func (r *reader) action(w row) (a water.Action, err error) {
	if a.Link, err = r.operated(w, 2); err != nil {
		return a, err
	}
	l := &r.n.Links[a.Link]
	if kind := strings.ToUpper(r.word(w, 1)); !l.Operable() || !strings.EqualFold(kind, l.Kind.String()) {
		return a, r.errorf(w, "object", "%s %s can't be ordered as %q: pumps, orifices, weirs and outlets can", l.Kind, l.ID, short(r.word(w, 1)))
	}
	if what := strings.ToUpper(r.word(w, 3)); what != "SETTING" && what != "STATUS" || r.word(w, 4) != "=" || len(w.f) != 6 {
		return a, r.errorf(w, "setting", "want STATUS or SETTING = one value: curves, series and PID controllers are not read")
	}
	switch v := r.word(w, 5); {
	case strings.EqualFold(v, "ON"):
		a.Setting = 1
	case strings.EqualFold(v, "OFF"):
	default:
		if a.Setting, err = r.number(w, 5, "setting", must); err != nil {
			return a, err
		}
	}
	if !(a.Setting >= 0 && a.Setting <= 1) || l.Kind == water.Pump && a.Setting != 0 && a.Setting != 1 {
		return a, r.errorf(w, "setting", "%g is not in 0–1; a pump is ON or OFF, its speed is not changed", a.Setting)
	}
	return a, nil
}

func (r *reader) operated(w row, k int) (int32, error) {
	i, ok := r.links[strings.ToUpper(r.word(w, k))]
	if !ok {
		return 0, r.errorf(w, "link", "no link %q", short(r.word(w, k)))
	}
	return i, nil
}
