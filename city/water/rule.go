package water

import "fmt"

// A Rule operates a Network's links: when its premises hold, Then is ordered, else Else. Of orders to one link at one time that of the
// highest Priority counts, of equal ones the first.
type Rule struct {
	ID       string
	Priority float64
	If       [][]Premise // all of these hold, each of which holds when any of its own does
	Then     []Action
	Else     []Action
}

// A Quantity is what a Premise looks at.
type Quantity uint8

const (
	NodeDepth   Quantity = iota // m above its invert
	NodeLevel                   // m
	NodeVolume                  // m³
	LinkFlow                    // m³/s
	LinkSetting                 // a pump: 1 if it runs; an orifice, weir or outlet: its opening
	RunTime                     // s since the start
	ClockTime                   // s of the day
)

// A Relation compares a quantity with a value.
type Relation uint8

const (
	Equal Relation = iota
	NotEqual
	Less
	AtMost
	More
	AtLeast
)

// Holds reports whether a stands in the relation to b; equal is to 1e-6 of the larger.
func (r Relation) Holds(a, b float64) bool {
	same := a-b <= 1e-6*max(abs(a), abs(b)) && b-a <= 1e-6*max(abs(a), abs(b))
	switch r {
	case Equal:
		return same
	case NotEqual:
		return !same
	case Less:
		return a < b
	case AtMost:
		return a <= b
	case More:
		return a > b
	}
	return a >= b
}

func abs(v float64) float64 { return max(v, -v) }

// A Premise is a comparison.
type Premise struct {
	Of    Quantity
	Index int32 // of the node or link
	Is    Relation
	Value float64
}

// An Action orders a link: 0 or 1 of a pump, an opening of 0–1 of an orifice, weir or outlet.
type Action struct {
	Link    int32
	Setting float64
}

// Operable reports whether a rule can order the link.
func (l *Link) Operable() bool { return l.Kind != Conduit && l.Kind != GateLink }

func (n *Network) checkRules() error {
	for i := range n.Rules {
		r := &n.Rules[i]
		for _, any := range r.If {
			for _, p := range any {
				size := len(n.Nodes)
				if p.Of == LinkFlow || p.Of == LinkSetting {
					size = len(n.Links)
				}
				if p.Of < RunTime && (p.Index < 0 || int(p.Index) >= size) || !finite(p.Value) {
					return fmt.Errorf("rule %s: a premise on number %d of %d, value %g", r.ID, p.Index, size, p.Value)
				}
			}
		}
		for _, list := range [2][]Action{r.Then, r.Else} {
			for _, a := range list {
				if a.Link < 0 || int(a.Link) >= len(n.Links) || !n.Links[a.Link].Operable() {
					return fmt.Errorf("rule %s: an order to link %d, which is none that can be operated", r.ID, a.Link)
				}
				if pump := n.Links[a.Link].Kind == Pump; !(a.Setting >= 0 && a.Setting <= 1) || pump && a.Setting != 0 && a.Setting != 1 {
					return fmt.Errorf("rule %s: %s %s can't be set to %g: 0–1, a pump 0 or 1", r.ID, n.Links[a.Link].Kind, n.Links[a.Link].ID, a.Setting)
				}
			}
		}
	}
	return nil
}
