package jt808

import (
	"fmt"
	"math"
	"time"
)

// Alarm bits of a Location that callers meet by name (table 24).
const (
	AlarmEmergency uint32 = 1 << 0
	AlarmOverspeed uint32 = 1 << 1
	AlarmFatigue   uint32 = 1 << 2
	AlarmPowerLost uint32 = 1 << 8
	AlarmOffRoute  uint32 = 1 << 23
	AlarmCollision uint32 = 1 << 29
	AlarmRollOver  uint32 = 1 << 30
)

// Status bits of a Location (table 25).
const (
	StatusIgnition     uint32 = 1 << 0
	StatusPositioned   uint32 = 1 << 1
	StatusOutOfService uint32 = 1 << 4
	StatusEncrypted    uint32 = 1 << 5 // the coordinates are
	StatusHalfLoaded   uint32 = 1 << 8
	StatusLoaded       uint32 = 3 << 8
	StatusMoving       uint32 = 1 << 22 // 2019
)

// Items of a Location that callers meet by name.
const (
	ItemOdometer      uint8 = 0x01 // 4 bytes, 0.1 km
	ItemFuel          uint8 = 0x02 // 2 bytes, 0.1 L
	ItemRecorderSpeed uint8 = 0x03 // 2 bytes, 0.1 km/h
	ItemSignals       uint8 = 0x25 // 4 bytes of bits: 0 dipped … 4 brake … 8 horn
	ItemRadio         uint8 = 0x30 // 1 byte
	ItemSatellites    uint8 = 0x31 // 1 byte
)

// An Item is an additional datum of a Location, as sent.
type Item struct {
	ID   uint8
	Data []byte // at most 255 bytes
}

// Location is a position report.
type Location struct {
	Alarm    uint32
	Status   uint32    // the signs of the coordinates are put into it
	Lat, Lon float64   // degrees; not checked: a terminal without a fix sends 0 or nonsense
	Altitude uint16    // m
	Speed    float64   // km/h, steps of 0.1
	Heading  uint16    // degrees clockwise from north
	Time     time.Time // Beijing time, to the second; zero if the terminal sent no date
	Items    []Item
	Rest     []byte // what follows the last whole item, if anything does
}

// MessageID is 0200.
func (Location) MessageID() uint16 { return IDLocation }

// Item is the data of the first item with the identifier.
func (m Location) Item(id uint8) ([]byte, bool) {
	for _, i := range m.Items {
		if i.ID == id {
			return i.Data, true
		}
	}
	return nil, false
}

// Uint is an item's data as a big-endian number; ok is false if the item is missing or wider than 8 bytes.
func (m Location) Uint(id uint8) (n uint64, ok bool) {
	d, ok := m.Item(id)
	if !ok || len(d) == 0 || len(d) > 8 {
		return 0, false
	}
	for _, c := range d {
		n = n<<8 | uint64(c)
	}
	return n, true
}

// Odometer is the distance driven in km, if the terminal reports it.
func (m Location) Odometer() (km float64, ok bool) {
	n, ok := m.Uint(ItemOdometer)
	return float64(n) / 10, ok
}

func (m Location) put(w *writer, _ Version) {
	status := m.Status
	if m.Lat < 0 {
		status |= statusSouth
	} else if m.Lat > 0 {
		status &^= statusSouth
	}
	if m.Lon < 0 {
		status |= statusWest
	} else if m.Lon > 0 {
		status &^= statusWest
	}
	w.u32(m.Alarm)
	w.u32(status)
	w.degrees(m.Lat)
	w.degrees(m.Lon)
	w.u16(m.Altitude)
	speed := math.Round(m.Speed * 10)
	if !(speed >= 0 && speed <= math.MaxUint16) {
		w.fail("speed %g km/h; give 0 to 6553.5", m.Speed)
		speed = 0
	}
	w.u16(uint16(speed))
	w.u16(m.Heading)
	w.time(m.Time)
	for _, i := range m.Items {
		w.u8(i.ID)
		w.count8("bytes of an item", len(i.Data))
		w.b = append(w.b, i.Data...)
	}
	w.b = append(w.b, m.Rest...)
}

// location reads a position report of size bytes.
func location(outer *reader, size int) Location {
	r := &reader{b: outer.take(size), err: outer.err}
	if r.err == nil && size < sizeOfPosition {
		r.err = fmt.Errorf("byte %d: position of %d bytes; it has at least %d", outer.at-size, size, sizeOfPosition)
	}
	m := Location{Alarm: r.u32(), Status: r.u32(), Lat: r.degrees(), Lon: r.degrees(), Altitude: r.u16(),
		Speed: float64(r.u16()) / 10, Heading: r.u16(), Time: r.time()}
	if m.Status&statusSouth != 0 && m.Lat != 0 {
		m.Lat = -m.Lat
	}
	if m.Status&statusWest != 0 && m.Lon != 0 {
		m.Lon = -m.Lon
	}
	for r.err == nil && r.left() > 0 {
		if r.left() < 2 || r.left() < 2+int(r.b[r.at+1]) {
			m.Rest = r.rest()
			break
		}
		i := Item{ID: r.u8()}
		i.Data = append([]byte{}, r.take(int(r.u8()))...)
		m.Items = append(m.Items, i)
	}
	if outer.err == nil {
		outer.err = r.err
	}
	return m
}

// LocationAnswer is the answer to a position query (8201).
type LocationAnswer struct {
	Serial uint16 // of the query
	Location
}

// MessageID is 0201.
func (LocationAnswer) MessageID() uint16 { return IDLocationAnswer }

func (m LocationAnswer) put(w *writer, v Version) {
	w.u16(m.Serial)
	m.Location.put(w, v)
}

// Batch is several position reports in one message.
type Batch struct {
	Backlog   bool // stored while there was no link; a plain batch otherwise
	Locations []Location
}

// MessageID is 0704.
func (Batch) MessageID() uint16 { return IDBatch }

func (m Batch) put(w *writer, v Version) {
	w.count16("positions", len(m.Locations))
	if m.Backlog {
		w.u8(1)
	} else {
		w.u8(0)
	}
	for _, l := range m.Locations {
		at := len(w.b)
		w.u16(0)
		l.put(w, v)
		size := len(w.b) - at - 2
		if size > math.MaxUint16 {
			w.fail("position of %d bytes; at most 65535 fit", size)
		}
		w.b[at], w.b[at+1] = byte(size>>8), byte(size)
	}
}

func batch(r *reader) (m Batch) {
	n, kind := r.u16(), r.u8()
	if r.err == nil && kind > 1 {
		r.err = fmt.Errorf("byte 2: kind of batch %d; 0 is plain, 1 backlog", kind)
	}
	m.Backlog = kind == 1
	for ; n > 0 && r.err == nil; n-- {
		m.Locations = append(m.Locations, location(r, int(r.u16())))
	}
	return m
}
