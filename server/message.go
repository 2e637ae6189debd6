package server

import (
	"encoding/binary"
	"math"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/traffic"
)

// Types of messages.
const (
	msgVehicles = 1 // f64 time (Unix s), u32 n, n × u32 id, n × u16 x, n × u16 y (m from the south-west corner), n × u8 heading (256ths of a turn from north), n × u8 kind
	msgSignals  = 2 // for each junction: u8 1 green or 2 changing, u8 1 if the brain leads it
	msgWater    = 3 // u16 cols, u16 rows, f32 west, f32 north, f32 cell (m from the south-west corner), u32 n, n × u32 cell, n × u8 cm or %; the second byte of the message says what it shows, see water.go
	msgStatus   = 4 // JSON
	msgSpeeds   = 5 // for each link: u8 speed over its limit, 255ths
	msgWays     = 6 // JSON: units under way to calls, see ways.go
	msgDecided  = 7 // JSON: decisions that are new or have changed, see decided.go
)

func message(kind byte, payload []byte) []byte {
	b := make([]byte, 8, 8+len(payload))
	b[0] = kind
	binary.LittleEndian.PutUint32(b[4:], uint32(len(payload)))
	return append(b, payload...)
}

// vehicles packs every vehicle of the brain's estimate.
func vehicles(c *city.City, s *traffic.Sim, unix float64) []byte {
	n := s.Totals().Running
	id, x, y, heading, kind := make([]byte, 0, 4*n), make([]byte, 0, 2*n), make([]byte, 0, 2*n), make([]byte, 0, n), make([]byte, 0, n)
	trips := s.Trips()
	count := uint32(0)
	for v := range s.Vehicles() {
		link := &c.Streets.Links[v.Link]
		p := traffic.At(link, v.Along)
		q := traffic.At(link, math.Max(0, v.Along-4))
		id = binary.LittleEndian.AppendUint32(id, uint32(v.Trip))
		x = binary.LittleEndian.AppendUint16(x, metres(p[0]-c.Bounds.Min[0]))
		y = binary.LittleEndian.AppendUint16(y, metres(p[1]-c.Bounds.Min[1]))
		heading = append(heading, byte(int(math.Atan2(p[0]-q[0], p[1]-q[1])/(2*math.Pi)*256)&255))
		kind = append(kind, byte(trips[v.Trip].Kind))
		count++
	}
	b := binary.LittleEndian.AppendUint64(nil, math.Float64bits(unix))
	b = binary.LittleEndian.AppendUint32(b, count)
	for _, part := range [][]byte{id, x, y, heading, kind} {
		b = append(b, part...)
	}
	return message(msgVehicles, b)
}

func metres(v float64) uint16 { return uint16(min(max(math.Round(v), 0), 65535)) }

func signals(c *city.City, b *brain.Brain) []byte {
	out := make([]byte, 0, 2*len(c.Signals))
	for j := range c.Signals {
		stage, led := b.Junction(j)
		show := byte(0)
		if stage >= 0 {
			show = 1
			if b.Streets().Signal(j).Next >= 0 {
				show = 2
			}
		}
		lead := byte(0)
		if led {
			lead = 1
		}
		out = append(out, show, lead)
	}
	return message(msgSignals, out)
}

// water packs the wet cells of a depth grid: 3 cm and more.
func water(c *city.City, g city.Grid, depth func(i int) float64) []byte {
	return cells(c, g, func(i int) (uint8, bool) {
		d := depth(i)
		return byte(min(255, math.Round(max(0, d)*100))), d >= 0.03
	})
}

// cells packs those cells of a grid that value wants sent.
func cells(c *city.City, g city.Grid, value func(i int) (uint8, bool)) []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(g.Cols))
	b = binary.LittleEndian.AppendUint16(b, uint16(g.Rows))
	for _, v := range []float64{g.West - c.Bounds.Min[0], g.North - c.Bounds.Min[1], g.Cell} {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	var index, values []byte
	n := uint32(0)
	for i := range g.Cells() {
		if v, ok := value(i); ok {
			index = binary.LittleEndian.AppendUint32(index, uint32(i))
			values = append(values, v)
			n++
		}
	}
	b = binary.LittleEndian.AppendUint32(b, n)
	return message(msgWater, append(append(b, index...), values...))
}

func speeds(c *city.City, s *traffic.Sim) []byte {
	out := make([]byte, len(c.Streets.Links))
	for l := range out {
		link := &c.Streets.Links[l]
		out[l] = byte(min(255, math.Round(255*link.FreeTime()/math.Max(link.FreeTime(), s.TravelTime(int32(l))))))
	}
	return message(msgSpeeds, out)
}

// ratios are speeds over their limits, 0–1, in 255ths.
func ratios(of []float32) []byte {
	out := make([]byte, len(of))
	for i, r := range of {
		out[i] = byte(math.Round(255 * float64(min(max(r, 0), 1))))
	}
	return out
}
