package sl651

import (
	"fmt"
	"time"
)

// Switches is the content of SwitchPumps and SwitchValves: the wanted states in an order, the states after it in the
// answer. Entry 0 is pump or valve 1; true is on or open. The wire carries them eight to a byte: a length that is not a
// multiple of eight is filled with false.
type Switches []bool

func (s Switches) append(dst []byte) ([]byte, error) {
	bits := packBits(s)
	if len(bits) == 0 || len(bits) > 255 {
		return nil, fmt.Errorf("%d switches; give 1 to 2040", len(s))
	}
	return append(append(dst, byte(len(bits))), bits...), nil
}

// A Gate is a sluice gate's wanted or actual state.
type Gate struct {
	Open    bool
	Opening float64 // m, whole centimetres on the wire, at most 99.99
}

// Gates is the content of SetGates, order and answer. Entry 0 is gate 1; every gate of the sluice must be in it.
type Gates []Gate

func (g Gates) append(dst []byte) ([]byte, error) {
	if len(g) == 0 || len(g) > 255 {
		return nil, fmt.Errorf("%d gates; give 1 to 255", len(g))
	}
	open := make([]bool, len(g))
	for i := range g {
		open[i] = g[i].Open
	}
	dst = append(append(dst, byte(len(g))), packBits(open)...)
	for i := range g {
		cm, err := centimetres(g[i].Opening)
		if err != nil {
			return nil, fmt.Errorf("gate %d: %w", i+1, err)
		}
		var b [2]byte
		putBCD(b[:], uint64(cm))
		dst = append(dst, b[:]...)
	}
	return dst, nil
}

// An Item names an element and its form in a query.
type Item struct {
	ID       ID
	Width    int // bytes
	Decimals int
}

func (i Item) append(dst []byte) ([]byte, error) {
	switch {
	case i.ID > 0xFF:
		dst = append(dst, 0xFF)
	case i.ID == 0xFF:
		return nil, fmt.Errorf("item FF: starts a longer identifier; use FF00 and up")
	}
	if i.Width < 0 || i.Width > 31 || i.Decimals < 0 || i.Decimals > 7 {
		return nil, fmt.Errorf("item %02X: %d bytes with %d decimals; at most 31 and 7 can be written", uint16(i.ID), i.Width, i.Decimals)
	}
	return append(dst, byte(i.ID), byte(i.Width<<3|i.Decimals)), nil
}

// An ElementQuery is the content of QueryElements, down.
type ElementQuery []Item

func (q ElementQuery) append(dst []byte) ([]byte, error) {
	var err error
	for _, i := range q {
		if dst, err = i.append(dst); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// A PeriodQuery is the content of QueryPeriod, down: the values of one element from hour to hour.
type PeriodQuery struct {
	From, To time.Time     // Beijing time, whole hours
	Step     time.Duration // whole minutes, less than 100 days
	Item     Item
}

func (q PeriodQuery) append(dst []byte) ([]byte, error) {
	for _, t := range []time.Time{q.From, q.To} {
		long, err := putTime(nil, t, true)
		if err != nil {
			return nil, fmt.Errorf("period: %w", err)
		}
		if long[4] != 0 || long[5] != 0 || t.Nanosecond() != 0 {
			return nil, fmt.Errorf("period: %s is no whole hour; round it", t.Format(time.RFC3339))
		}
		dst = append(dst, long[:4]...)
	}
	step, err := StepElement(q.Step)
	if err != nil {
		return nil, err
	}
	if dst, err = step.append(dst, false); err != nil {
		return nil, err
	}
	return q.Item.append(dst)
}

// StepElement builds the TimeStep element of a series: whole minutes, less than 100 days, not zero.
func StepElement(d time.Duration) (Element, error) {
	if d <= 0 || d >= 100*24*time.Hour || d%time.Minute != 0 {
		return Element{}, fmt.Errorf("time step %s; give whole minutes, less than 100 days", d)
	}
	e := Element{ID: TimeStep, Width: 3, Data: make([]byte, 3)}
	putBCD(e.Data[:1], uint64(d/(24*time.Hour)))
	putBCD(e.Data[1:2], uint64(d/time.Hour%24))
	putBCD(e.Data[2:], uint64(d/time.Minute%60))
	return e, nil
}

// Parameters is the content of SetBasics, ReadBasics, SetParameters and ReadParameters where values travel. The
// identifiers are those of annex D: 01 centre addresses … 0F device; 20 report interval h … 40, 41 thresholds.
type Parameters []Element

func (p Parameters) append(dst []byte) ([]byte, error) {
	var err error
	for _, e := range p {
		if dst, err = e.append(dst, false); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// Version is the content of SoftwareVersion, up: the station's software in ASCII, 1 to 255 bytes.
type Version string

func (v Version) append(dst []byte) ([]byte, error) {
	if len(v) == 0 || len(v) > 255 {
		return nil, fmt.Errorf("software version of %d bytes; give 1 to 255", len(v))
	}
	return append(append(dst, byte(len(v))), v...), nil
}

// Counters is the content of EventCounters, up: how often each of the 32 event classes (annex E) was met this year.
type Counters [32]uint16

func (c Counters) append(dst []byte) ([]byte, error) {
	for _, n := range c {
		dst = append(dst, byte(n>>8), byte(n))
	}
	return dst, nil
}

func packBits(on []bool) []byte {
	out := make([]byte, (len(on)+7)/8)
	for i, v := range on {
		if v {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return out
}

// command reads the content of function fn behind serial, time and, up, station.
func command(fn Func, down bool, d []byte) (Content, error) {
	bad := func(format string, args ...any) (Content, error) {
		return nil, fmt.Errorf("sl651 body: function %02X: %s", byte(fn), fmt.Sprintf(format, args...))
	}
	switch fn {
	case SwitchPumps, SwitchValves:
		if d[0] == 0 || len(d) != 1+int(d[0]) {
			return bad("says %d bytes of states, has %d; ask for it again", d[0], len(d)-1)
		}
		on := make(Switches, 8*len(d[1:]))
		for i := range on {
			on[i] = d[1+i/8]>>(i%8)&1 == 1
		}
		return on, nil
	case SetGates:
		n := int(d[0])
		bits := (n + 7) / 8
		if n == 0 || len(d) != 1+bits+2*n {
			return bad("%d gates take %d bytes, there are %d; ask for it again", n, 1+bits+2*n, len(d))
		}
		if n%8 != 0 && d[bits]>>(n%8) != 0 {
			return bad("states beyond gate %d are set (%02X); ask for it again", n, d[bits])
		}
		gates := make(Gates, n)
		for i := range gates {
			cm, ok := bcd(d[1+bits+2*i : 3+bits+2*i])
			if !ok {
				return bad("gate %d: opening %X is not bcd; ask for it again", i+1, d[1+bits+2*i:3+bits+2*i])
			}
			gates[i] = Gate{d[1+i/8]>>(i%8)&1 == 1, float64(cm) / 100}
		}
		return gates, nil
	case QueryPeriod:
		if !down || len(d) < 15 {
			return bad("%d bytes; a period, a step and an element take 15", len(d))
		}
		var q PeriodQuery
		for i, t := range []*time.Time{&q.From, &q.To} {
			v, err := when(append(append([]byte{}, d[4*i:4*i+4]...), 0))
			if err != nil {
				return bad("period: %v", err)
			}
			*t = v
		}
		e, n, err := element(d[8:], false)
		if err != nil {
			return bad("%v", err)
		}
		if q.Step, err = e.Step(); err != nil {
			return bad("%v", err)
		}
		if canon, err := StepElement(q.Step); err != nil || string(canon.Data) != string(e.Data) || e.Width != 3 || e.Decimals != 0 {
			return bad("step %X; give days, hours below 24, minutes below 60, not all zero", e.Data)
		}
		items, err := items(d[8+n:])
		if err != nil {
			return bad("%v", err)
		}
		if len(items) != 1 {
			return bad("%d elements; a period query has one", len(items))
		}
		q.Item = items[0]
		return q, nil
	case QueryElements:
		list, err := items(d)
		if err != nil {
			return bad("%v", err)
		}
		return ElementQuery(list), nil
	case SetBasics, SetParameters, ReadBasics, ReadParameters:
		if down && (fn == ReadBasics || fn == ReadParameters) {
			return Raw(append([]byte{}, d...)), nil
		}
		var p Parameters
		for at := 0; at < len(d); {
			if d[at] >= markTime && d[at] <= byte(jpeg) {
				return bad("byte %d: %02X is no parameter; ask for it again", at, d[at])
			}
			e, n, err := element(d[at:], false)
			if err != nil {
				return bad("byte %d: %v", at, err)
			}
			p = append(p, e)
			at += n
		}
		return p, nil
	case SoftwareVersion:
		if !down {
			if d[0] == 0 || len(d) != 1+int(d[0]) {
				return bad("says %d bytes, has %d; ask for it again", d[0], len(d)-1)
			}
			return Version(d[1:]), nil
		}
	case EventCounters:
		if !down {
			var c Counters
			if len(d) != 2*len(c) {
				return bad("%d bytes; 32 counters take 64", len(d))
			}
			for i := range c {
				c[i] = uint16(d[2*i])<<8 | uint16(d[2*i+1])
			}
			return c, nil
		}
	}
	return Raw(append([]byte{}, d...)), nil
}

func items(d []byte) ([]Item, error) {
	var out []Item
	for len(d) > 0 {
		id, n := ID(d[0]), 1
		if id == 0xFF && len(d) > 1 {
			id, n = 0xFF00|ID(d[1]), 2
		}
		if len(d) <= n {
			return nil, fmt.Errorf("element %02X without its definition; ask for it again", uint16(id))
		}
		out = append(out, Item{id, int(d[n] >> 3), int(d[n] & 7)})
		d = d[n+1:]
	}
	return out, nil
}
