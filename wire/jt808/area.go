package jt808

import (
	"time"
)

// A Circle is a circular area on a terminal.
type Circle struct {
	ID        uint32
	Attribute uint16 // bits: 2 warn the driver on entry, 3 report entry, 4, 5 the same on exit. Times, speeds and signs set theirs
	Lat, Lon  float64
	Radius    uint32    // m
	From, To  time.Time // zero if it holds always
	Limit     *Limit    // nil if there is none
	Name      string    // 2019
}

// A Limit is a speed limit of an area or section.
type Limit struct {
	Speed    uint16 // km/h
	Duration uint8  // s above it before the alarm
	Night    uint16 // km/h, 2019
}

// Circles sets circular areas.
type Circles struct {
	Action uint8 // 0 replace all, 1 add, 2 change
	List   []Circle
}

// MessageID is 8600.
func (Circles) MessageID() uint16 { return IDCircles }

func (m Circles) put(w *writer, v Version) {
	w.u8(m.Action)
	w.count8("circles", len(m.List))
	for _, c := range m.List {
		attribute := c.Attribute &^ (areaTimed | areaSpeedLimit)
		timed := !c.From.IsZero() || !c.To.IsZero()
		if timed {
			attribute |= areaTimed
		}
		if c.Limit != nil {
			attribute |= areaSpeedLimit
		}
		if c.Lat < 0 {
			attribute |= areaSouth
		}
		if c.Lon < 0 {
			attribute |= areaWest
		}
		w.u32(c.ID)
		w.u16(attribute)
		w.degrees(c.Lat)
		w.degrees(c.Lon)
		w.u32(c.Radius)
		if timed {
			w.time(c.From)
			w.time(c.To)
		}
		w.limit(c.Limit)
		if v == V2019 {
			if c.Limit != nil {
				w.u16(c.Limit.Night)
			}
			w.named(c.Name)
		}
	}
}

func circles(r *reader, v Version) (m Circles) {
	m.Action = r.u8()
	for n := r.u8(); n > 0 && r.err == nil; n-- {
		c := Circle{ID: r.u32(), Attribute: r.u16(), Lat: r.degrees(), Lon: r.degrees(), Radius: r.u32()}
		if c.Attribute&areaSouth != 0 {
			c.Lat = -c.Lat
		}
		if c.Attribute&areaWest != 0 {
			c.Lon = -c.Lon
		}
		if c.Attribute&areaTimed != 0 {
			c.From, c.To = r.time(), r.time()
		}
		if c.Attribute&areaSpeedLimit != 0 {
			c.Limit = &Limit{Speed: r.u16(), Duration: r.u8()}
		}
		if v == V2019 {
			if c.Limit != nil {
				c.Limit.Night = r.u16()
			}
			c.Name = r.text(int(r.u16()))
		}
		m.List = append(m.List, c)
	}
	return m
}

func (w *writer) limit(l *Limit) {
	if l != nil {
		w.u16(l.Speed)
		w.u8(l.Duration)
	}
}

func (w *writer) named(s string) {
	b := w.gbk(s)
	w.count16("bytes of name", len(b))
	w.b = append(w.b, b...)
}

// A Point is a turning point of a route and the section that begins there.
type Point struct {
	ID, Section uint32
	Lat, Lon    float64 // degrees; north and east only
	Width       uint8   // of the section, m
	Attribute   uint8   // bits of the section; its times and limit set theirs
	MaxTime     uint16  // s to pass the section; sent if it or MinTime is not 0
	MinTime     uint16  // s
	Limit       *Limit  // nil if there is none
}

// Route sets a route, such as a bus diversion.
type Route struct {
	ID        uint32
	Attribute uint16
	From, To  time.Time // zero if it holds always
	Points    []Point
	Name      string // 2019
}

// MessageID is 8606.
func (Route) MessageID() uint16 { return IDRoute }

func (m Route) put(w *writer, v Version) {
	attribute := m.Attribute &^ areaTimed
	timed := !m.From.IsZero() || !m.To.IsZero()
	if timed {
		attribute |= areaTimed
	}
	w.u32(m.ID)
	w.u16(attribute)
	if timed {
		w.time(m.From)
		w.time(m.To)
	}
	w.count16("points", len(m.Points))
	for i, p := range m.Points {
		if p.Lat < 0 || p.Lon < 0 {
			w.fail("point %d at %g, %g; routes carry north and east only", i+1, p.Lat, p.Lon)
		}
		attribute := p.Attribute &^ (sectionTimed | sectionSpeedLimit)
		timed := p.MaxTime != 0 || p.MinTime != 0
		if timed {
			attribute |= sectionTimed
		}
		if p.Limit != nil {
			attribute |= sectionSpeedLimit
		}
		w.u32(p.ID)
		w.u32(p.Section)
		w.degrees(p.Lat)
		w.degrees(p.Lon)
		w.u8(p.Width)
		w.u8(attribute)
		if timed {
			w.u16(p.MaxTime)
			w.u16(p.MinTime)
		}
		w.limit(p.Limit)
		if p.Limit != nil && v == V2019 {
			w.u16(p.Limit.Night)
		}
	}
	if v == V2019 {
		w.named(m.Name)
	}
}

func route(r *reader, v Version) (m Route) {
	m.ID, m.Attribute = r.u32(), r.u16()
	if m.Attribute&areaTimed != 0 {
		m.From, m.To = r.time(), r.time()
	}
	for n := r.u16(); n > 0 && r.err == nil; n-- {
		p := Point{ID: r.u32(), Section: r.u32(), Lat: r.degrees(), Lon: r.degrees(), Width: r.u8(), Attribute: r.u8()}
		if p.Attribute&sectionTimed != 0 {
			p.MaxTime, p.MinTime = r.u16(), r.u16()
		}
		if p.Attribute&sectionSpeedLimit != 0 {
			p.Limit = &Limit{Speed: r.u16(), Duration: r.u8()}
			if v == V2019 {
				p.Limit.Night = r.u16()
			}
		}
		m.Points = append(m.Points, p)
	}
	if v == V2019 {
		m.Name = r.text(int(r.u16()))
	}
	return m
}
