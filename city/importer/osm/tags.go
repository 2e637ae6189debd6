package osm

import (
	"strconv"
	"strings"
	"unicode"

	"citybrain/city"
)

// classes holds the drivable values of highway=*. Service roads count only when they have a name: driveways, aisles and
// alleys carry no through traffic.
var classes = map[string]city.RoadClass{
	"motorway": city.Motorway, "motorway_link": city.Motorway,
	"trunk": city.Trunk, "trunk_link": city.Trunk,
	"primary": city.Primary, "primary_link": city.Primary,
	"secondary": city.Secondary, "secondary_link": city.Secondary,
	"tertiary": city.Tertiary, "tertiary_link": city.Tertiary,
	"unclassified": city.Local, "residential": city.Local, "road": city.Local, "living_street": city.Service,
	"service": city.Service,
}

// drivable reports whether a private car may use way w, and its class.
func drivable(w *Way) (city.RoadClass, bool) {
	h := w.Tags["highway"]
	c, ok := classes[h]
	if !ok || w.Tags["area"] == "yes" || h == "service" && (w.Tags["name"] == "" || w.Tags["service"] != "") {
		return 0, false
	}
	for _, key := range []string{"motorcar", "motor_vehicle", "vehicle", "access"} {
		switch v := w.Tags[key]; v {
		case "":
			continue
		case "no", "private", "agricultural", "forestry", "military", "emergency", "psv", "bus":
			return 0, false
		}
		break
	}
	return c, true
}

// direction returns 1 for a one-way street along its nodes, −1 against them, 0 for both ways.
func direction(t Tags) int {
	v := t["oneway:motor_vehicle"]
	if v == "" {
		v = t["oneway"]
	}
	switch v {
	case "yes", "true", "1":
		return 1
	case "-1", "reverse":
		return -1
	case "no", "false", "0", "alternating", "reversible":
		return 0
	}
	if t["junction"] == "roundabout" || t["junction"] == "circular" || t["highway"] == "motorway" || t["highway"] == "motorway_link" {
		return 1
	}
	return 0
}

// lanes returns the lanes of each direction, 0 for a direction that is not driven. Without tags a direction has the class's
// usual number.
func lanes(t Tags, c city.RoadClass, dir int) (forward, backward int) {
	all, f, b := number(t["lanes"]), number(t["lanes:forward"]), number(t["lanes:backward"])
	if f == 0 {
		f = laneCount(t["turn:lanes:forward"])
	}
	if b == 0 {
		b = laneCount(t["turn:lanes:backward"])
	}
	usual := 1
	switch link := strings.HasSuffix(t["highway"], "_link"); {
	case link:
	case dir != 0 && c <= city.Secondary:
		usual = 2
	case dir == 0 && c <= city.Primary:
		usual = 2
	}
	if dir != 0 {
		n := all
		if n == 0 {
			n = max(f, b, laneCount(t["turn:lanes"]))
		}
		if n == 0 {
			n = usual
		}
		if dir > 0 {
			return bound(n), 0
		}
		return 0, bound(n)
	}
	switch {
	case f > 0 && b == 0 && all > f:
		b = all - f - number(t["lanes:both_ways"])
	case b > 0 && f == 0 && all > b:
		f = all - b - number(t["lanes:both_ways"])
	case f == 0 && b == 0 && all > 0:
		f = (all + 1) / 2
		b = max(1, all/2)
		if all == 3 { // two ways on three lanes: the middle one is for turning
			f, b = 1, 1
		}
	}
	if f <= 0 {
		f = usual
	}
	if b <= 0 {
		b = usual
	}
	return bound(f), bound(b)
}

func bound(n int) int { return min(max(n, 1), 10) }

// number reads the first whole number of a value ("2", "3;2", "2.5"), 0 if there is none.
func number(s string) int {
	s = strings.TrimSpace(s)
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsDigit(r) })
	if end >= 0 {
		s = s[:end]
	}
	n, err := strconv.Atoi(s)
	if err != nil || n > 1000 {
		return 0
	}
	return n
}

func laneCount(turn string) int {
	if turn == "" {
		return 0
	}
	return strings.Count(turn, "|") + 1
}

// limit returns the speed limit in m/s from a maxspeed value, 0 if it says none. Numbers are km/h unless "mph" or "knots"
// follows; "none" is 36.1 m/s (130 km/h).
func limit(v string) float64 {
	v = strings.ToLower(strings.TrimSpace(v))
	switch {
	case v == "none":
		return 130 / 3.6
	case v == "walk" || strings.HasSuffix(v, ":walk") || strings.HasSuffix(v, ":living_street"):
		return 10 / 3.6
	case strings.HasSuffix(v, ":urban"):
		return 50 / 3.6
	case strings.HasSuffix(v, ":rural"):
		return 90 / 3.6
	case strings.HasSuffix(v, ":motorway"):
		return 130 / 3.6
	}
	n := number(v)
	if n < 3 || n > 160 {
		return 0
	}
	switch {
	case strings.Contains(v, "mph"):
		return float64(n) * 0.44704
	case strings.Contains(v, "knots"):
		return float64(n) * 0.51444
	}
	return float64(n) / 3.6
}

// level returns the link's level and whether it is a bridge over water or ground. A bridge stays dry at its own level; one
// without a layer counts as layer 1, a tunnel without one as −1.
func level(t Tags) (lv int8, bridge bool) {
	n, err := strconv.Atoi(strings.TrimSpace(t["layer"]))
	if err != nil {
		n = 0
	}
	n = min(max(n, -5), 5)
	b, u := t["bridge"], t["tunnel"]
	switch {
	case b != "" && b != "no":
		return int8(max(n, 1)), true
	case u != "" && u != "no" && u != "building_passage":
		return int8(min(n, -1)), false
	case n < 0 && t["covered"] == "yes":
		return int8(n), false
	}
	return 0, false
}

// busLane reports whether the kerb lane of a direction is for buses: key suffix "forward" or "backward".
func busLane(t Tags, side string) bool {
	if n := number(t["lanes:bus:"+side]) + number(t["lanes:psv:"+side]); n > 0 {
		return true
	}
	for _, k := range []string{"bus:lanes:" + side, "psv:lanes:" + side} {
		if strings.Contains(t[k], "designated") {
			return true
		}
	}
	if direction(t) != 0 {
		return number(t["lanes:bus"])+number(t["lanes:psv"]) > 0 || strings.Contains(t["bus:lanes"], "designated") ||
			strings.Contains(t["psv:lanes"], "designated") || t["busway"] == "lane" || t["busway:right"] == "lane" || t["busway:left"] == "lane"
	}
	return t["busway:both"] == "lane" || t["busway"] == "lane" || side == "forward" && t["busway:right"] == "lane" || side == "backward" && t["busway:left"] == "lane"
}

// contraflow reports whether buses or emergency vehicles may drive a one-way street the other way.
func contraflow(t Tags) bool {
	return direction(t) != 0 && (t["oneway:emergency"] == "no" || t["oneway:psv"] == "no" || t["oneway:bus"] == "no" ||
		t["busway"] == "opposite_lane" || t["busway:left"] == "opposite_lane" || t["busway:right"] == "opposite_lane")
}

// height returns the greatest height in metres of a vehicle that passes: Key:maxheight, metres unless feet and inches stand there; 0:
// none is given.
func height(t Tags) float64 {
	v := t["maxheight:physical"]
	if v == "" {
		v = t["maxheight"]
	}
	v = strings.ReplaceAll(strings.TrimSpace(v), ",", ".")
	m := 0.0
	if feet, rest, ok := strings.Cut(v, "'"); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(feet), 64)
		if err != nil {
			return 0
		}
		in, _ := strconv.ParseFloat(strings.Trim(rest, " \"'"), 64) // absent: whole feet
		m = (f + in/12) * 0.3048
	} else {
		x, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(v, "m")), 64)
		if err != nil {
			return 0 // "default", "none", "below_default"
		}
		m = x
	}
	if !(m > 1 && m < 20) {
		return 0 // no street lets only toys through
	}
	return m
}

// Name returns the element's name in both languages. A name in Chinese characters counts as Chinese, any other as English
// unless name:en says otherwise; an element with only a ref has that.
func (t Tags) Name() city.Text {
	n := city.Text{En: t["name:en"], Zh: t["name:zh"]}
	if n.Zh == "" {
		n.Zh = t["name:zh-Hans"]
	}
	name := t["name"]
	if name == "" {
		name = t["ref"]
	}
	if han(name) {
		if n.Zh == "" {
			n.Zh = name
		}
	} else if n.En == "" {
		n.En = name
	}
	return n
}

func han(s string) bool {
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}
