package safety

import (
	"fmt"
	"strings"

	"citybrain/city"
)

// A Machine is a controller as the checker sees it. S holds its whole state by value.
type Machine[S comparable] struct {
	Start []S
	// Inputs lists what the next second may bring in a state; the checker tries each.
	Inputs func(S) []uint64
	Step   func(S, uint64) S
	// Green is the set of movements that are green, by number.
	Green func(S) uint64
	// Countdown is the seconds to the end of green that displays show, 0: none; nil: there are no displays. Where there are, no green may
	// end that was not counted down from city.CountdownTime without a gap.
	Countdown func(S) int
	// Called reports whether an input says that movement m waits; nil: waits are not measured.
	Called func(in uint64, m int) bool
}

// A Report is what the search found.
type Report struct {
	States int
	// Waits is, for each movement, the longest time in seconds without green while it is called all the time; nil if the machine
	// does not tell what is called.
	Waits []int
}

// A Violation is something unsafe that a controller can be brought to.
type Violation struct {
	Junction string
	What     string
	Inputs   []uint64 // from a start, second by second
}

func (v *Violation) Error() string {
	s := make([]string, len(v.Inputs))
	for i, in := range v.Inputs {
		s[i] = fmt.Sprintf("%x", in)
	}
	return fmt.Sprintf("junction %s: %s, after %d s with inputs %s", v.Junction, v.What, len(v.Inputs), strings.Join(s, " "))
}

// MaxMovements is the most that a junction may have to be checked.
const MaxMovements = 40

// maxStates bounds the search: a machine with more is not one of a traffic signal's few timers.
const maxStates = 20_000_000

// watch is, for each movement, seconds of green so far (high bit set) or since its green ended, both up to what rules ask.
type watch [MaxMovements]uint8

const lit = 0x80

type pair[S comparable] struct {
	s S
	w watch
}

// Check searches all that m can be brought to at junction j. It returns a *Violation for the first unsafe state, and another error
// for a junction or a machine that can't be checked.
func Check[S comparable](j *city.Junction, m Machine[S]) (Report, error) {
	n := len(j.Movements)
	if n == 0 || n > MaxMovements {
		return Report{}, fmt.Errorf("junction %s: %d movements; 1 to %d can be checked", j.ID, n, MaxMovements)
	}
	for m := range j.Movements {
		if x := &j.Movements[m]; int(x.MinGreen)+int(x.Clearance) >= lit {
			return Report{}, fmt.Errorf("junction %s: movement %d needs %d s of green; up to %d s can be checked", j.ID, m, int(x.MinGreen)+int(x.Clearance), lit-1)
		}
	}
	rules := newRules(j)
	type edge struct{ to, in int32 }
	var (
		pairs  []pair[S]
		parent []int32
		by     []uint64
		seen   = map[pair[S]]int32{}
		edges  [][]edge
	)
	path := func(at int32, last ...uint64) []uint64 {
		var in []uint64
		for ; parent[at] >= 0; at = parent[at] {
			in = append(in, by[at])
		}
		for a, b := 0, len(in)-1; a < b; a, b = a+1, b-1 {
			in[a], in[b] = in[b], in[a]
		}
		return append(in, last...)
	}
	add := func(p pair[S], from int32, in uint64) int32 {
		at := int32(len(pairs))
		seen[p] = at
		pairs, parent, by, edges = append(pairs, p), append(parent, from), append(by, in), append(edges, nil)
		return at
	}
	for _, s := range m.Start {
		p := pair[S]{s: s}
		green := m.Green(s)
		if what := rules.together(green); what != "" {
			return Report{}, &Violation{j.ID, what, nil}
		}
		for k := range n {
			if green&(1<<k) != 0 {
				p.w[k] = lit | rules.least[k] // it has been on for long
			} else {
				p.w[k] = rules.most[k]
			}
		}
		if _, ok := seen[p]; !ok {
			add(p, -1, 0)
		}
	}
	var inputs []uint64 // those met so far: edges name them by number
	number := map[uint64]int32{}
	for at := int32(0); int(at) < len(pairs); at++ {
		if len(pairs) > maxStates {
			return Report{}, fmt.Errorf("junction %s: more than %d states: the machine counts something without bound", j.ID, maxStates)
		}
		p := pairs[at]
		for _, in := range m.Inputs(p.s) {
			next := pair[S]{s: m.Step(p.s, in)}
			var what string
			if next.w, what = rules.step(p.w, m.Green(next.s)); what != "" {
				return Report{}, &Violation{j.ID, what, path(at, in)}
			}
			if m.Countdown != nil {
				if what := counted(m.Countdown(p.s), m.Countdown(next.s), m.Green(p.s)&^m.Green(next.s) != 0); what != "" {
					return Report{}, &Violation{j.ID, what, path(at, in)}
				}
			}
			to, ok := seen[next]
			if !ok {
				to = add(next, at, in)
			}
			if m.Called != nil {
				k, ok := number[in]
				if !ok {
					k = int32(len(inputs))
					number[in], inputs = k, append(inputs, in)
				}
				edges[at] = append(edges[at], edge{to, k})
			}
		}
	}
	r := Report{States: len(pairs)}
	if m.Called == nil {
		return r, nil
	}
	// The longest wait of a movement is the longest way through states in which it is dark, along inputs that call it. A way that
	// comes back to itself would be a wait without end.
	for k := range n {
		const unknown, open = -1, -2
		wait := make([]int32, len(pairs))
		for i := range wait {
			wait[i] = unknown
		}
		dark := func(at int32) bool { return pairs[at].w[k]&lit == 0 }
		longest := int32(0)
		type visit struct {
			at   int32
			next int
		}
		for root := range pairs {
			if !dark(int32(root)) || wait[root] != unknown {
				continue
			}
			stack := []visit{{int32(root), 0}}
			wait[root] = open
			for len(stack) > 0 {
				v := &stack[len(stack)-1]
				deeper := false
				for ; v.next < len(edges[v.at]); v.next++ {
					e := edges[v.at][v.next]
					if !m.Called(inputs[e.in], k) || !dark(e.to) {
						continue
					}
					if wait[e.to] == open {
						return r, &Violation{j.ID, fmt.Sprintf("movement %d may wait without end", k), path(e.to)}
					}
					if wait[e.to] == unknown {
						wait[e.to] = open
						stack = append(stack, visit{e.to, 0})
						deeper = true
						break
					}
				}
				if deeper {
					continue
				}
				best := int32(0)
				for _, e := range edges[v.at] {
					if m.Called(inputs[e.in], k) {
						if dark(e.to) {
							best = max(best, 1+wait[e.to])
						} else {
							best = max(best, 1)
						}
					}
				}
				wait[v.at] = best
				longest = max(longest, best)
				stack = stack[:len(stack)-1]
			}
		}
		r.Waits = append(r.Waits, int(longest))
	}
	return r, nil
}

// counted says what is wrong with a countdown that shows was in one second and is in the next, between which a green ends or none does.
func counted(was, is int, ends bool) string {
	switch {
	case ends && was != 1:
		return fmt.Sprintf("a green ends while the countdown shows %d s", was)
	case was > 1 && is != was-1:
		return fmt.Sprintf("the countdown goes from %d to %d s", was, is)
	case was <= 1 && is != 0 && is != city.CountdownTime:
		return fmt.Sprintf("a countdown begins at %d s, %d s are due", is, city.CountdownTime)
	}
	return ""
}

// rules are a junction's, worked out from its movements and its matrix.
type rules struct {
	j     *city.Junction
	least []uint8  // s of green at least: minimum green, and for walkers their clearance, which flashes within it
	most  []uint8  // s after which nobody waits for a movement's end any more
	apart []uint64 // movements that may not be green with this one
}

func newRules(j *city.Junction) *rules {
	r := &rules{j: j}
	for a := range j.Movements {
		x := &j.Movements[a]
		least, most, apart := min(int(x.MinGreen)+int(x.Clearance), lit-1), x.Yellow, uint64(0)
		for b := range j.Movements {
			most = max(most, j.Intergreen[a][b])
			if a == b || j.Intergreen[a][b] == 0 && j.Intergreen[b][a] == 0 {
				continue
			}
			// Who gives way may go with whom it gives way to: a permissive turn with vehicles, a turn with walkers across another street than its own.
			y := &j.Movements[b]
			gives := false
			switch {
			case x.Kind == city.Vehicles && y.Kind == city.Vehicles:
				gives = x.Permissive || y.Permissive
			case x.Kind == city.Walkers && y.Kind == city.Vehicles:
				gives = y.Turn != city.Straight && y.From != x.From
			case x.Kind == city.Vehicles && y.Kind == city.Walkers:
				gives = x.Turn != city.Straight && x.From != y.From
			default:
				gives = x.Permissive || y.Permissive
			}
			if !gives {
				apart |= 1 << b
			}
		}
		r.least, r.most, r.apart = append(r.least, uint8(least)), append(r.most, min(most, lit-1)), append(r.apart, apart)
	}
	return r
}

// together says which conflicting movements are both green, "" if none are.
func (r *rules) together(green uint64) string {
	for a := range r.apart {
		if green&(1<<a) != 0 && green&r.apart[a] != 0 {
			for b := range r.apart {
				if green&r.apart[a]&(1<<b) != 0 {
					return fmt.Sprintf("movements %d and %d, which conflict, are green together", a, b)
				}
			}
		}
	}
	return ""
}

// step lets the watch see a second more, and says what is against the rules.
func (r *rules) step(w watch, green uint64) (watch, string) {
	if what := r.together(green); what != "" {
		return w, what
	}
	next := w
	for a := range r.least {
		on, was := green&(1<<a) != 0, w[a]&lit != 0
		since := w[a] &^ lit
		switch {
		case on && was:
			next[a] = lit | min(since+1, r.least[a])
		case on:
			if since < r.j.Movements[a].Yellow {
				return w, fmt.Sprintf("movement %d is green again %d s after its green ended, in its yellow of %d s", a, since, r.j.Movements[a].Yellow)
			}
			next[a] = lit | min(1, r.least[a])
		case was:
			if since < r.least[a] {
				return w, fmt.Sprintf("movement %d was green for %d s, it needs %d s", a, since, r.least[a])
			}
			next[a] = min(1, r.most[a]) // the first second of its clearance is over when the next begins
		default:
			next[a] = min(since+1, r.most[a])
		}
	}
	// Whoever begins: is everybody that its way crosses clear? Ends are as of the second that has just passed.
	for b := range r.least {
		if green&(1<<b) == 0 || w[b]&lit != 0 {
			continue
		}
		for a := range r.least {
			if a == b || green&(1<<a) != 0 || r.j.Intergreen[a][b] == 0 {
				continue
			}
			over := uint8(0)
			if w[a]&lit == 0 {
				over = w[a]
			}
			if over < r.j.Intergreen[a][b] {
				return w, fmt.Sprintf("movement %d is green %d s after movement %d ended, its inter-green is %d s", b, over, a, r.j.Intergreen[a][b])
			}
		}
	}
	return next, ""
}
