package twin

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"
	"sort"
	"strings"
	"time"
)

// A Snapshot is a branch at one position. It never changes and never blocks a writer.
type Snapshot struct {
	st *state
	b  *Branch
}

// Snapshot returns the branch as it is now.
func (b *Branch) Snapshot() Snapshot { return Snapshot{b.now.Load(), b} }

// Position returns the snapshot's position.
func (s Snapshot) Position() Position { return s.st.pos }

// Len returns the number of entities.
func (s Snapshot) Len() int { return s.st.count }

// Get returns an entity by its id.
func (s Snapshot) Get(id string) (Entity, bool) {
	if e := s.st.all.get(id); e != nil {
		return *e, true
	}
	return Entity{}, false
}

// A Query selects entities. Conditions are joined by and; zero ones don't restrict.
type Query struct {
	Types  []string             // any of them
	IDs    []string             // any of them
	Where  func(e *Entity) bool // attribute conditions; see Compare
	Near   *Near                // by "location"
	Within [][2]float64         // polygon of lon, lat that holds "location"
	Since  time.Time            // "location" or any attribute observed at or after
	Offset int
	Limit  int // 0: all
}

// Near selects by distance in metres from a point.
type Near struct {
	Lon, Lat float64
	Min, Max float64
}

// Compare makes a condition on an attribute: op is one of ==, !=, <, <=, >, >= or "exists".
func Compare(name, op string, value any) (func(*Entity) bool, error) {
	test := func(c int) bool {
		switch op {
		case "==":
			return c == 0
		case "!=":
			return c != 0
		case "<":
			return c < 0
		case "<=":
			return c <= 0
		case ">":
			return c > 0
		case ">=":
			return c >= 0
		}
		return false
	}
	switch op {
	case "exists":
		return func(e *Entity) bool { _, ok := e.Attribute(name); return ok }, nil
	case "==", "!=", "<", "<=", ">", ">=":
	default:
		return nil, fmt.Errorf("query: operator %q; there are ==, !=, <, <=, >, >= and exists", op)
	}
	return func(e *Entity) bool {
		a, ok := e.Attribute(name)
		if !ok {
			return false
		}
		switch v := value.(type) {
		case float64:
			if a.kind != valueNumber {
				return false
			}
			c := 0
			if a.num < v {
				c = -1
			} else if a.num > v {
				c = 1
			}
			return test(c)
		case string:
			return a.kind == valueText && test(strings.Compare(a.text, v))
		case bool:
			return a.kind == valueBool && (op == "==") == ((a.num == 1) == v)
		case time.Time:
			return test(fromNano(a.observed).Compare(v))
		}
		return false
	}, nil
}

// Query yields the entities that q selects, in the order of their ids.
func (s Snapshot) Query(q Query) iter.Seq[Entity] {
	return func(yield func(Entity) bool) {
		var list []*Entity
		take := func(e *Entity) bool {
			if q.matches(e) {
				list = append(list, e)
			}
			return true
		}
		switch {
		case len(q.IDs) > 0:
			for _, id := range q.IDs {
				if e := s.st.all.get(id); e != nil && (len(q.Types) == 0 || slices.ContainsFunc(q.Types, func(t string) bool { return slices.Contains(e.Types, t) })) {
					take(e)
				}
			}
		case len(q.Types) > 0:
			for _, t := range q.Types {
				s.st.byType.each(t, s.st.all, take)
			}
		default:
			s.st.all.each(take)
		}
		sort.Slice(list, func(i, k int) bool { return list[i].ID < list[k].ID })
		list = slices.Compact(list) // an entity of two of the types, or of an id given twice
		if q.Offset > 0 {
			list = list[min(q.Offset, len(list)):]
		}
		if q.Limit > 0 {
			list = list[:min(q.Limit, len(list))]
		}
		for _, e := range list {
			if !yield(*e) {
				return
			}
		}
	}
}

func (q *Query) matches(e *Entity) bool {
	if q.Near != nil || len(q.Within) > 0 {
		lon, lat, ok := e.Location()
		if !ok {
			return false
		}
		if n := q.Near; n != nil {
			d := distance(n.Lon, n.Lat, lon, lat)
			if d < n.Min || n.Max > 0 && d > n.Max {
				return false
			}
		}
		if len(q.Within) > 0 && !inside(q.Within, lon, lat) {
			return false
		}
	}
	if !q.Since.IsZero() {
		since := nano(q.Since)
		if !slices.ContainsFunc(e.attrs, func(a held) bool { return a.observed >= since }) {
			return false
		}
	}
	return q.Where == nil || q.Where(e)
}

// distance is the great-circle distance in metres on a sphere of 6,371,008.8 m (haversine).
func distance(lon1, lat1, lon2, lat2 float64) float64 {
	const r, rad = 6371008.8, math.Pi / 180
	a, b := math.Sin((lat2-lat1)*rad/2), math.Sin((lon2-lon1)*rad/2)
	return 2 * r * math.Asin(math.Sqrt(a*a+math.Cos(lat1*rad)*math.Cos(lat2*rad)*b*b))
}

// inside is the even–odd rule on a ring of lon, lat.
func inside(ring [][2]float64, x, y float64) bool {
	in := false
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		a, b := ring[i], ring[j]
		if (a[1] > y) != (b[1] > y) && x < (b[0]-a[0])*(y-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

// A Difference is an entity that two snapshots don't have alike; nil where one has none.
type Difference struct{ A, B *Entity }

// Diff yields the entities that differ between a and b, at a cost of the differences alone.
func Diff(a, b Snapshot) iter.Seq[Difference] {
	return func(yield func(Difference) bool) {
		for x, y := range diffTries(a.st.all, b.st.all) {
			if x != nil && y != nil && x.equal(y) {
				continue
			}
			if !yield(Difference{x, y}) {
				return
			}
		}
	}
}

// A FieldDifference is a field's tile that two snapshots don't have alike at a time.
type FieldDifference struct {
	Name, Tile string
	At         time.Time
	A, B       []float32
}

// DiffFields lists the tiles and times at which fields differ, by name, tile and time.
func DiffFields(a, b Snapshot) []FieldDifference {
	var list []FieldDifference
	keys := map[fieldKey]bool{}
	for k, s := range a.st.fields {
		if b.st.fields[k] != s {
			keys[k] = true
		}
	}
	for k, s := range b.st.fields {
		if a.st.fields[k] != s {
			keys[k] = true
		}
	}
	for k := range keys {
		at := map[int64][2][]float32{}
		for side, st := range []*state{a.st, b.st} {
			if s := st.fields[k]; s != nil {
				for _, c := range s.chunks {
					v := at[c.at]
					v[side] = c.val
					at[c.at] = v
				}
			}
		}
		for t, v := range at {
			if !slices.Equal(v[0], v[1]) {
				list = append(list, FieldDifference{k.name, k.tile, fromNano(t), v[0], v[1]})
			}
		}
	}
	sort.Slice(list, func(i, k int) bool {
		x, y := &list[i], &list[k]
		if x.Name != y.Name {
			return x.Name < y.Name
		}
		if x.Tile != y.Tile {
			return x.Tile < y.Tile
		}
		return x.At.Before(y.At)
	})
	return list
}

// Hash is SHA-256 over all entities and fields of a snapshot in a canonical form without recordedAt: equal for equal content,
// whatever the order in which it came.
func Hash(s Snapshot) [32]byte {
	h := sha256.New()
	var buf bytes.Buffer
	for e := range s.Query(Query{}) {
		buf.Reset()
		e.canonical(&buf)
		h.Write(buf.Bytes())
	}
	keys := make([]fieldKey, 0, len(s.st.fields))
	for k := range s.st.fields {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		return keys[i].name < keys[j].name || keys[i].name == keys[j].name && keys[i].tile < keys[j].tile
	})
	for _, k := range keys {
		for _, c := range s.st.fields[k].chunks {
			buf.Reset()
			fmt.Fprintf(&buf, "%q %q %d %d\n", k.name, k.tile, c.at, len(c.val))
			for _, v := range c.val {
				binary.Write(&buf, binary.LittleEndian, math.Float32bits(v))
			}
			h.Write(buf.Bytes())
		}
	}
	return [32]byte(h.Sum(nil))
}
