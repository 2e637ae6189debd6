package osm

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// A restriction is a relation of type restriction: from one way over a node, or over one way, to another.
type restriction struct {
	id       int64
	from, to []int64
	via      int64 // node
	viaWay   int64
	only     bool
}

// restrictions reads the turn restrictions that bind a private car.
func (b *builder) restrictions() {
	for i := range b.d.Relations {
		r := &b.d.Relations[i]
		if t := r.Tags["type"]; t != "restriction" && t != "restriction:motorcar" {
			continue
		}
		what := cmp.Or(r.Tags["restriction:motorcar"], r.Tags["restriction:motor_vehicle"], r.Tags["restriction"])
		element := fmt.Sprintf("relation/%d", r.ID)
		if what == "" {
			continue // conditional, or for bicycles, lorries or buses only
		}
		if e := r.Tags["except"]; strings.Contains(e, "motorcar") || strings.Contains(e, "motor_vehicle") {
			continue
		}
		x := restriction{id: r.ID}
		switch {
		case strings.HasPrefix(what, "only_"):
			x.only = true
		case strings.HasPrefix(what, "no_"):
		default:
			b.defect(element, "restriction %q is not known; left out", what)
			continue
		}
		ways := 0
		for _, m := range r.Members {
			switch {
			case m.Role == "from" && m.Type == "way":
				x.from = append(x.from, m.Ref)
			case m.Role == "to" && m.Type == "way":
				x.to = append(x.to, m.Ref)
			case m.Role == "via" && m.Type == "node":
				x.via = m.Ref
			case m.Role == "via" && m.Type == "way":
				x.viaWay = m.Ref
				ways++
			}
		}
		switch {
		case len(x.from) == 0 || len(x.to) == 0 || x.via == 0 && ways == 0:
			b.defect(element, "restriction %q lacks from, via or to; left out", what)
			continue
		case ways > 1:
			b.defect(element, "restriction %q over %d ways left out: a turn knows only two links", what, ways)
			continue
		}
		b.rules = append(b.rules, x)
	}
}

// turns makes the turns at each vertex: from each edge to each other one but back, which only a dead end permits, less what
// restrictions forbid. They come sorted by (From, To), which are edges.
func (b *builder) turns() []city.Turn {
	forbidden := b.forbidden()
	var list []city.Turn
	for v := range b.verts {
		for _, e := range b.in[v] {
			first := len(list)
			for _, f := range b.out[v] {
				if b.permitted(v, e, f, forbidden) {
					list = append(list, city.Turn{From: e, To: f, Junction: -1, Movement: -1})
				}
			}
			if len(list) == first && len(b.out[v]) == 1 && b.edges[e].Reverse == b.out[v][0] {
				list = append(list, city.Turn{From: e, To: b.out[v][0], Kind: city.UTurn, Lanes: 1, Junction: -1, Movement: -1})
				continue
			}
			b.kinds(list[first:])
			if own := list[first:]; slices.ContainsFunc(own, func(t city.Turn) bool { return t.Kind != city.UTurn }) {
				own = slices.DeleteFunc(own, func(t city.Turn) bool { return t.Kind == city.UTurn }) // back along the other carriageway
				list = list[:first+len(own)]
			}
			b.turnLanes(&b.edges[e], list[first:])
		}
	}
	sortTurns(list)
	return list
}

// forbidden returns the turns that restrictions forbid.
func (b *builder) forbidden() map[[2]int32]bool {
	out := map[[2]int32]bool{}
	for _, r := range b.rules {
		if r.viaWay != 0 {
			b.forbidOver(r, out)
			continue
		}
		v, ok := b.byRef[r.via]
		if !ok {
			continue // outside, or at no street
		}
		for _, e := range b.in[v] {
			if !slices.Contains(r.from, b.edges[e].lastWay) {
				continue
			}
			met := false
			for _, f := range b.out[v] {
				met = met || slices.Contains(r.to, b.edges[f].firstWay)
			}
			if !met {
				continue // the way that it names is not driven, or is cut off
			}
			for _, f := range b.out[v] {
				if slices.Contains(r.to, b.edges[f].firstWay) != r.only {
					out[[2]int32{e, f}] = true
				}
			}
		}
	}
	return out
}

// forbidOver applies a restriction over a way where links can express it: the via way is one link, which only the from way
// leads onto. Elsewhere it is a defect.
func (b *builder) forbidOver(r restriction, out map[[2]int32]bool) {
	seen := false
	for i := range b.edges {
		e := &b.edges[i]
		if e.dead || e.firstWay != r.viaWay || e.lastWay != r.viaWay {
			continue
		}
		led, others := false, false
		for _, f := range b.in[e.From] {
			if f == e.Reverse {
				continue
			}
			if slices.Contains(r.from, b.edges[f].lastWay) {
				led = true
			} else {
				others = true
			}
		}
		meets := false
		for _, f := range b.out[e.To] {
			meets = meets || slices.Contains(r.to, b.edges[f].firstWay)
		}
		if !led || !meets {
			continue
		}
		seen = true
		if others && b.contracted {
			continue
		}
		if others {
			b.defect(fmt.Sprintf("relation/%d", r.id), "restriction over way/%d left out: other streets lead onto that way too", r.viaWay)
			continue
		}
		for _, f := range b.out[e.To] {
			if slices.Contains(r.to, b.edges[f].firstWay) != r.only {
				out[[2]int32{int32(i), f}] = true
			}
		}
	}
	if !seen && !b.contracted {
		b.defect(fmt.Sprintf("relation/%d", r.id), "restriction over way/%d left out: its ways do not meet as single links here", r.viaWay)
	}
}

// heading is over how many metres the direction of a link at its end is taken.
const heading = 15.0

// kinds names the turns of one edge by their angle: within 45° straight on, beyond 170° a U-turn. Of several straight ones
// only the straightest stays so when the others turn by more than 20° from it.
func (b *builder) kinds(turns []city.Turn) {
	angles := make([]float64, len(turns))
	best := -1
	for i, t := range turns {
		angles[i] = turnAngle(b.edges[t.From].Line, b.edges[t.To].Line)
		if best < 0 || math.Abs(angles[i]) < math.Abs(angles[best]) {
			best = i
		}
	}
	for i := range turns {
		switch a := angles[i]; {
		case math.Abs(a) > 170:
			turns[i].Kind = city.UTurn
		case math.Abs(a) <= 45 && (i == best || math.Abs(a-angles[best]) <= 20):
			turns[i].Kind = city.Straight
		case a > 0:
			turns[i].Kind = city.Left
		default:
			turns[i].Kind = city.Right
		}
	}
}

// turnAngle returns the degrees to the left from the end of one line to the start of the next, in (−180, 180].
func turnAngle(from, to orb.LineString) float64 {
	p, q := pointAt(from, heading, true), from[len(from)-1]
	r, s := to[0], pointAt(to, heading, false)
	a := math.Atan2(s[1]-r[1], s[0]-r[0]) - math.Atan2(q[1]-p[1], q[0]-p[0])
	return math.Remainder(a*180/math.Pi, 360)
}

// pointAt returns the point d metres along a line from its start, or back from its end; the other end of a shorter line.
func pointAt(line orb.LineString, d float64, back bool) orb.Point {
	n := len(line)
	at := func(i int) orb.Point {
		if back {
			return line[n-1-i]
		}
		return line[i]
	}
	for i := 1; i < n; i++ {
		p, q := at(i-1), at(i)
		l := distance(p, q)
		if l >= d && l > 0 {
			return orb.Point{p[0] + (q[0]-p[0])*d/l, p[1] + (q[1]-p[1])*d/l}
		}
		d -= l
	}
	return at(n - 1)
}

// turnLanes says how many lanes each turn of one edge may use: by turn:lanes if it has as many lanes as the edge, else the
// usual split. Every lane leads somewhere and every turn has a lane.
func (b *builder) turnLanes(e *edge, turns []city.Turn) {
	n := int(e.Lanes)
	var marked [city.UTurn + 1]int
	if lanes := strings.Split(e.turn, "|"); e.turn != "" && len(lanes) == n {
		for _, l := range lanes {
			var has [city.UTurn + 1]bool
			for _, d := range strings.Split(l, ";") {
				switch {
				case d == "" || d == "none" || d == "through" || d == "merge_to_left" || d == "merge_to_right":
					has[city.Straight] = true
				case d == "reverse":
					has[city.UTurn] = true
				case strings.HasSuffix(d, "left"):
					has[city.Left] = true
				case strings.HasSuffix(d, "right"):
					has[city.Right] = true
				}
			}
			for k, ok := range has {
				if ok {
					marked[k]++
				}
			}
		}
	}
	usual := usualLanes(n, turns, b.opt.LeftHand)
	for i := range turns {
		k := turns[i].Kind
		turns[i].Lanes = int8(min(max(marked[k], 0), n))
		if marked[k] == 0 {
			turns[i].Lanes = int8(usual[k])
			if marked != [city.UTurn + 1]int{} {
				turns[i].Lanes = 1 // the signs do not foresee it: one lane, shared
			}
		}
	}
}

// usualLanes splits n lanes: the turn across the oncoming traffic gets a lane of its own from three lanes on (two from
// five), the near turn shares the kerb lane, the rest goes straight on. Where nothing goes straight on, the turns share out.
func usualLanes(n int, turns []city.Turn, leftHand bool) [city.UTurn + 1]int {
	far, near := city.Left, city.Right
	if leftHand {
		far, near = near, far
	}
	var has [city.UTurn + 1]bool
	for _, t := range turns {
		has[t.Kind] = true
	}
	out := [city.UTurn + 1]int{city.UTurn: 1}
	own := 0
	switch {
	case !has[far]:
	case n >= 5:
		own = 2
	case n >= 3:
		own = 1
	}
	switch {
	case has[city.Straight]:
		out[city.Straight] = max(1, n-own)
		out[far], out[near] = max(1, own), 1
	case has[far] && has[near]:
		out[far], out[near] = max(1, (n+1)/2), max(1, n/2)
	default:
		out[far], out[near] = n, n
	}
	return out
}
