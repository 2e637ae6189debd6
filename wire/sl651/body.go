package sl651

import (
	"fmt"
	"math"
	"time"
)

// Beijing is the zone of every time on the wire.
var Beijing = time.FixedZone("UTC+8", 8*3600)

// A Body is what a message says: serial, time of sending, and content by function and direction.
type Body struct {
	Serial  uint16    // an acknowledgement repeats the up frame's
	Sent    time.Time // Beijing time, to the second; for SetClock the clock to set
	Station Address   // F1F1 station of an answer to a command; empty elsewhere. A Report carries it in its groups
	Content Content   // nil for acknowledgements, keep-alives, and orders without arguments
}

// Content is one of Report, Switches, Gates, PeriodQuery, ElementQuery, Parameters, Version, Counters and Raw.
type Content interface {
	append(dst []byte) ([]byte, error)
}

// A Report is the content of the messages that carry elements (functions 30 to 3A, 44 and 46, up).
type Report []Group

// A Group is a run of elements under one head. An absent head (F1F1 or F0F0) holds on from the group before.
type Group struct {
	Station  Address   // empty if the group has no F1F1
	Class    byte      // of the station, see below; 0 if the message has none
	Observed time.Time // Beijing time, to the minute; zero if the group has no F0F0. End of the period for sums, instant for levels; first value of a series
	Elements []Element
}

// Classes of stations.
const (
	RainStation      = 0x50
	RiverStation     = 0x48
	ReservoirStation = 0x4B
	SluiceStation    = 0x5A
	PumpStation      = 0x44
	TideStation      = 0x54
	SoilStation      = 0x4D
	GroundStation    = 0x47
	QualityStation   = 0x51
	IntakeStation    = 0x49
	OutletStation    = 0x4F
)

// A Reading is one value of a report with its place and time.
type Reading struct {
	Station Address
	Class   byte
	ID      ID
	At      time.Time // Beijing time
	Value   float64   // in ID.Unit(); NaN where the station had no value
}

// Readings lists the numbers of a report in the order they were sent, a series value by value at its own time. Text,
// pictures and state bits are left out. A damaged number is an error; the readings before it are returned with it.
func (r Report) Readings() ([]Reading, error) {
	var out []Reading
	var station Address
	var class byte
	var observed time.Time
	for _, g := range r {
		if g.Station != "" {
			station, class = g.Station, g.Class
		}
		if !g.Observed.IsZero() {
			observed = g.Observed
		}
		step := time.Duration(0)
		for _, e := range g.Elements {
			switch {
			case e.ID == TimeStep:
				var err error
				if step, err = e.Step(); err != nil {
					return out, err
				}
				continue
			case e.ID == manualText || e.ID == jpeg || e.ID == State || e.Width == 0:
				continue
			}
			values, err := e.Floats()
			if err != nil {
				return out, fmt.Errorf("station %s at %s: %w", station, observed.Format("2006-01-02 15:04"), err)
			}
			each := step
			if e.ID >= HourRain && e.ID < HourStage+8 {
				each = 5 * time.Minute
			}
			for i, v := range values {
				out = append(out, Reading{station, class, e.ID, observed.Add(time.Duration(i) * each), v})
			}
		}
	}
	return out, nil
}

// Raw is content that this package does not take apart, as sent.
type Raw []byte

func (r Raw) append(dst []byte) ([]byte, error) { return append(dst, r...), nil }

// classed tells which functions put the station's class behind F1F1.
func (f Func) classed() bool { return f >= Test && f <= QueryElements || f == PumpMotors }

func (f Func) reports() bool { return f.classed() || f == StateAndAlarms }

// Body takes the frame's data apart. Packets 2 and up of a message have none of their own: Join them first. An error
// leaves the frame usable as bytes.
func (f Frame) Body() (Body, error) {
	if f.Part > 1 {
		return Body{}, fmt.Errorf("sl651 body: packet %d of %d has no head; join the message first", f.Part, f.Parts)
	}
	d := f.Data
	if len(d) < 8 {
		return Body{}, fmt.Errorf("sl651 body: %d bytes; serial and time of sending take 8", len(d))
	}
	sent, err := when(d[2:8])
	if err != nil {
		return Body{}, fmt.Errorf("sl651 body: time of sending: %w", err)
	}
	b := Body{Serial: uint16(d[0])<<8 | uint16(d[1]), Sent: sent}
	d = d[8:]
	if !f.Down && f.Func.reports() {
		if len(d) > 0 {
			b.Content, err = report(d, f.Func)
		}
		return b, err
	}
	if !f.Down && len(d) >= 7 && d[0] == markStation && d[1] == markStation {
		b.Station, d = address(d[2:7]), d[7:]
	}
	if len(d) > 0 {
		b.Content, err = command(f.Func, f.Down, d)
	}
	return b, err
}

// Compose puts body into frame f, whose function and direction must be the ones that body is for. On an error the frame
// is returned as it was.
func Compose(f Frame, body Body) (Frame, error) {
	d := []byte{byte(body.Serial >> 8), byte(body.Serial)}
	d, err := putTime(d, body.Sent, true)
	if err != nil {
		return f, fmt.Errorf("sl651 body: time of sending: %w", err)
	}
	if body.Station != "" {
		if f.Down {
			return f, fmt.Errorf("sl651 body: station %s in a message to the station; leave it out", body.Station)
		}
		if d, err = body.Station.append(append(d, markStation, markStation)); err != nil {
			return f, fmt.Errorf("sl651 body: %w", err)
		}
	}
	if body.Content != nil {
		if d, err = body.Content.append(d); err != nil {
			return f, fmt.Errorf("sl651 body: %w", err)
		}
	}
	g := f
	g.Data = d
	back, err := g.Body()
	if err != nil {
		return f, fmt.Errorf("sl651 body: content does not suit function %02X: %w", byte(f.Func), err)
	}
	if fmt.Sprintf("%T", back.Content) != fmt.Sprintf("%T", body.Content) {
		return f, fmt.Errorf("sl651 body: function %02X (down %t) would be read as %T, not %T; choose the content of the function", byte(f.Func), f.Down, back.Content, body.Content)
	}
	return g, nil
}

// Acknowledge is the frame that answers up frame f: same function and serial, sent at the given time, closed by end
// (EOT: hang up, ESC: stay on the line, ACK: go on). Only a message's first packet, or a joined message, has the serial.
func Acknowledge(f Frame, at time.Time, end End) (Frame, error) {
	if f.Down {
		return Frame{}, fmt.Errorf("sl651 acknowledgement: frame of station %s came from the centre; answer up frames only", f.Station)
	}
	b, err := f.Body()
	if err != nil {
		return Frame{}, err
	}
	return Compose(Frame{Down: true, Center: f.Center, Station: f.Station, Password: f.Password, Func: f.Func, End: end}, Body{Serial: b.Serial, Sent: at})
}

func report(d []byte, fn Func) (Report, error) {
	var out Report
	at := 0
	bad := func(format string, args ...any) (Report, error) {
		return nil, fmt.Errorf("sl651 body: byte %d: %s", 8+at, fmt.Sprintf(format, args...))
	}
	stepped := false
	for at < len(d) {
		left := d[at:]
		switch left[0] {
		case markStation:
			if len(left) < 7 || left[1] != markStation {
				return bad("F1 without a station; F1F1 and five address bytes belong together")
			}
			g := Group{Station: address(left[2:7])}
			at += 7
			if fn.classed() && at < len(d) && d[at] != markTime {
				g.Class = d[at]
				at++
			}
			out, stepped = append(out, g), false
		case markTime:
			if len(left) < 7 || left[1] != markTime {
				return bad("F0 without a time; F0F0 and five BCD bytes belong together")
			}
			t, err := when(left[2:7])
			if err != nil {
				return bad("observation time: %v", err)
			}
			at += 7
			if n := len(out); n > 0 && out[n-1].Observed.IsZero() && len(out[n-1].Elements) == 0 {
				out[n-1].Observed = t
			} else {
				out = append(out, Group{Observed: t})
			}
			stepped = false
		default:
			e, n, err := element(left, stepped)
			if err != nil {
				return bad("%v", err)
			}
			at += n
			stepped = stepped || e.ID == TimeStep
			if len(out) == 0 {
				out = append(out, Group{})
			}
			g := &out[len(out)-1]
			g.Elements = append(g.Elements, e)
		}
	}
	return out, nil
}

// element reads one element at the head of d and says how many bytes it takes. In a series it takes values until the
// next head; F0 and F1 begin no value.
func element(d []byte, series bool) (Element, int, error) {
	id, n := ID(d[0]), 1
	if id == 0xFF {
		if len(d) < 2 {
			return Element{}, 0, fmt.Errorf("FF without the second byte of a user's identifier; ask for the message again")
		}
		id, n = 0xFF00|ID(d[1]), 2
	}
	if len(d) <= n {
		return Element{}, 0, fmt.Errorf("element %02X ends before its definition; ask for the message again", uint16(id))
	}
	def := d[n]
	n++
	if id == manualText || id == jpeg {
		if def != byte(id) {
			return Element{}, 0, fmt.Errorf("element %02X has definition %02X; it is written twice", uint16(id), def)
		}
		return Element{ID: id, Data: append([]byte{}, d[n:]...)}, len(d), nil
	}
	e := Element{ID: id, Width: int(def >> 3), Decimals: int(def & 7)}
	end := n + e.Width
	if end > len(d) {
		return Element{}, 0, fmt.Errorf("element %02X says %d bytes, %d are left; ask for the message again", uint16(id), e.Width, len(d)-n)
	}
	if series && id < HourRain && id != TimeStep && e.Width > 0 {
		for end+e.Width <= len(d) && d[end] != markTime && d[end] != markStation {
			end += e.Width
		}
	}
	e.Data = append([]byte{}, d[n:end]...)
	return e, end, nil
}

func (r Report) append(dst []byte) ([]byte, error) {
	var err error
	for i, g := range r {
		if i > 0 && g.Station == "" && g.Observed.IsZero() {
			return nil, fmt.Errorf("group %d has neither station nor time; put its elements into the group before", i+1)
		}
		if g.Station != "" {
			if dst, err = g.Station.append(append(dst, markStation, markStation)); err != nil {
				return nil, err
			}
			if g.Class != 0 {
				dst = append(dst, g.Class)
			}
		}
		if !g.Observed.IsZero() {
			if dst, err = putTime(append(dst, markTime, markTime), g.Observed, false); err != nil {
				return nil, fmt.Errorf("observation time: %w", err)
			}
		}
		stepped := false
		for _, e := range g.Elements {
			if dst, err = e.append(dst, stepped); err != nil {
				return nil, err
			}
			stepped = stepped || e.ID == TimeStep
		}
	}
	return dst, nil
}

func (e Element) append(dst []byte, series bool) ([]byte, error) {
	if e.ID > 0xFF {
		dst = append(dst, 0xFF)
	} else if e.ID == markTime || e.ID == markStation || e.ID == 0xFF {
		return nil, fmt.Errorf("element %02X is a mark of the structure; use a group's station and time", uint16(e.ID))
	}
	if e.ID == manualText || e.ID == jpeg {
		return append(append(dst, byte(e.ID), byte(e.ID)), e.Data...), nil
	}
	if e.Width < 0 || e.Width > 31 || e.Decimals < 0 || e.Decimals > 7 {
		return nil, fmt.Errorf("element %02X: %d bytes with %d decimals; at most 31 and 7 can be written", uint16(e.ID), e.Width, e.Decimals)
	}
	whole := len(e.Data) == e.Width || series && e.Width > 0 && len(e.Data) > 0 && len(e.Data)%e.Width == 0
	if !whole {
		return nil, fmt.Errorf("element %02X: %d bytes of data for values of %d bytes; several values need a TimeStep before them", uint16(e.ID), len(e.Data), e.Width)
	}
	return append(append(dst, byte(e.ID), byte(e.Width<<3|e.Decimals)), e.Data...), nil
}

// when reads BCD YYMMDDhhmm[ss] as Beijing time of this century.
func when(b []byte) (time.Time, error) {
	var n [6]int
	for i, c := range b {
		v, ok := bcd([]byte{c})
		if !ok {
			return time.Time{}, fmt.Errorf("%X is not bcd; check the station's clock", b)
		}
		n[i] = int(v)
	}
	t := time.Date(2000+n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], 0, Beijing)
	if n[1] == 0 || t.Month() != time.Month(n[1]) || t.Day() != n[2] || t.Hour() != n[3] || t.Minute() != n[4] || t.Second() != n[5] {
		return time.Time{}, fmt.Errorf("%X is no date and time; check the station's clock", b)
	}
	return t, nil
}

func putTime(dst []byte, t time.Time, seconds bool) ([]byte, error) {
	t = t.In(Beijing)
	if t.Year() < 2000 || t.Year() > 2099 {
		return nil, fmt.Errorf("year %d has no two-digit form; give a time of 2000 to 2099", t.Year())
	}
	parts := []int{t.Year() - 2000, int(t.Month()), t.Day(), t.Hour(), t.Minute(), t.Second()}
	if !seconds {
		parts = parts[:5]
	}
	for _, v := range parts {
		dst = append(dst, byte(v/10)<<4|byte(v%10))
	}
	return dst, nil
}

// Rounded to a whole number of centimetres, as a gate order carries it; an error if it is not 0 to 99.99 m.
func centimetres(m float64) (int, error) {
	cm := math.Round(m * 100)
	if !(cm >= 0 && cm <= 9999) {
		return 0, fmt.Errorf("gate opening %g m; give 0 to 99.99 m", m)
	}
	return int(cm), nil
}
