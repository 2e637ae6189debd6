package forecast

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"citybrain/city"
)

// A model's file: gzip of this head, the profiles by slot and link, then the leads with the steps of their inputs and their trees, all little
// endian. Shares and counts are a byte each; Learn rounds them as the file does, so that a model is the same once it has been kept.
const fileHead = "citybrain speeds 1\n"

// maxFile bounds what a file may hold, bytes.
const maxFile = 64 << 20

const never = 255 // a byte that says −1

func packShare(v float32) uint8 {
	if v < 0 {
		return never
	}
	return uint8(math.Round(254 * float64(min(v, 1))))
}

func unpackShare(b uint8) float32 {
	if b == never {
		return -1
	}
	return float32(b) / 254
}

// packCount keeps counts to 5 %: 0.1 to 25,000.
func packCount(v float32) uint8 {
	if v < 0 {
		return never
	}
	return uint8(min(254, math.Round(20*math.Log1p(float64(v)/0.1))))
}

func unpackCount(b uint8) float32 {
	if b == never {
		return -1
	}
	return float32(0.1 * math.Expm1(float64(b)/20))
}

// leaf is what values of leaves are rounded to, m/s or its square.
const leaf = 1.0 / 2048

func packLeaf(v float32) int16 {
	return int16(min(max(math.Round(float64(v)/leaf), math.MinInt16), math.MaxInt16))
}
func unpackLeaf(v int16) float32 { return float32(v) * leaf }

// Write keeps the model. streets says of which streets it is, as city.City.TrafficHash does.
func (m *Model) Write(w io.Writer, streets string) error {
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	put := func(v ...any) {
		for _, x := range v {
			if err := binary.Write(&b, binary.LittleEndian, x); err != nil {
				panic("forecast: " + err.Error()) // of a value without a fixed size
			}
		}
	}
	put([]byte(fileHead), uint16(len(streets)), []byte(streets), uint32(m.first/time.Second), uint16(m.bins), uint32(len(m.streets.length)), uint16(inputs), uint16(len(m.leads)))
	for s := range m.usual {
		p := &m.usual[s]
		row := make([]uint8, 0, 4*len(p.speed))
		for l := range p.speed {
			row = append(row, packShare(p.speed[l]/m.streets.limit[l]))
		}
		for _, v := range p.seen {
			row = append(row, packCount(v))
		}
		for _, v := range p.covered {
			row = append(row, packShare(v))
		}
		for _, v := range p.counted {
			row = append(row, packCount(v))
		}
		put(row)
	}
	for k := range m.leads {
		of := &m.leads[k]
		put(of.low, of.high)
		for _, side := range []struct {
			t     *table
			trees []tree
		}{{of.mean, of.off}, {of.square, of.left}} {
			for i := range side.t.cuts {
				put(uint8(len(side.t.cuts[i])), side.t.cuts[i])
			}
			put(uint16(len(side.trees)))
			for _, t := range side.trees {
				put(uint16(len(t)))
				for _, n := range t {
					if n.Left > 0 { // the children stand in the order of their parents
						put(n.Input, n.Cut)
					} else {
						put(uint8(never), packLeaf(n.Value))
					}
				}
			}
		}
	}
	if _, err := z.Write(b.Bytes()); err != nil {
		return err
	}
	return z.Close()
}

// errFile says what to do about a file that can't be used.
var errFile = errors.New("make it anew with citybrain city speeds")

// ErrStreets marks a model that is of other streets than those that it is asked for.
var ErrStreets = errors.New("it is of other streets")

// Read returns the model of a file, which must be of these streets: of others it is ErrStreets.
func Read(r io.Reader, s *city.Streets, streets string) (*Model, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("model of speeds: %w; %w", err, errFile)
	}
	raw, err := io.ReadAll(io.LimitReader(z, maxFile))
	if err != nil {
		return nil, fmt.Errorf("model of speeds: %w; %w", err, errFile)
	}
	d := &reader{b: raw}
	if head := string(d.take(len(fileHead))); head != fileHead {
		return nil, fmt.Errorf("model of speeds: it begins with %.20q, this build reads %q; %w", head, fileHead, errFile)
	}
	if of := string(d.take(int(d.u16()))); of != streets {
		return nil, fmt.Errorf("model of speeds: %w, %.12q, these are %.12q; %w", ErrStreets, of, streets, errFile)
	}
	m := &Model{streets: newStreets(s)}
	m.first, m.bins = time.Duration(d.u32())*time.Second, int(d.u16())
	n := len(s.Links)
	if links, of, leads := int(d.u32()), int(d.u16()), int(d.u16()); d.bad || links != n || of != inputs || leads != len(Leads) || m.bins < 1 {
		return nil, fmt.Errorf("model of speeds: %d bins of %d links, %d inputs, %d leads; these streets have %d links, this build %d inputs and %d leads; %w", m.bins, links, of, leads, n, inputs, len(Leads), errFile)
	}
	for range (m.bins + slot - 1) / slot {
		row := d.take(4 * n)
		if d.bad {
			break
		}
		p := profile{make([]float32, n), make([]float32, n), make([]float32, n), make([]float32, n)}
		for l := range n {
			p.speed[l] = max(0, unpackShare(row[l])) * m.streets.limit[l]
			p.seen[l] = max(0, unpackCount(row[n+l]))
			p.covered[l], p.counted[l] = unpackShare(row[2*n+l]), unpackCount(row[3*n+l])
		}
		m.usual = append(m.usual, p)
	}
	for k := range m.leads {
		of := &m.leads[k]
		of.low, of.high = d.f32(), d.f32()
		of.mean, of.off = d.side()
		of.square, of.left = d.side()
	}
	if d.bad || len(d.b) > 0 {
		return nil, fmt.Errorf("model of speeds: it is cut off, or damaged, %d bytes before its end; %w", len(d.b), errFile)
	}
	return m, nil
}

// A reader takes values from a file; bad: there was one that can't be.
type reader struct {
	b   []byte
	bad bool
}

func (d *reader) take(n int) []byte {
	if d.bad || n > len(d.b) {
		d.bad = true
		return make([]byte, min(n, 1<<16)) // the most that anything but a row asks for
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func (d *reader) u8() uint8   { return d.take(1)[0] }
func (d *reader) u16() uint16 { return binary.LittleEndian.Uint16(d.take(2)) }
func (d *reader) u32() uint32 { return binary.LittleEndian.Uint32(d.take(4)) }

func (d *reader) f32() float32 {
	v := math.Float32frombits(d.u32())
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		d.bad = true
	}
	return v
}

// side is the steps of the inputs and the trees over them.
func (d *reader) side() (*table, []tree) {
	t := &table{}
	for k := range t.cuts {
		for range min(int(d.u8()), levels) {
			t.cuts[k] = append(t.cuts[k], d.f32())
		}
	}
	var trees []tree
	for range d.u16() {
		if d.bad {
			break
		}
		nodes := int(d.u16())
		grown, next := tree{}, int16(1)
		for range nodes {
			n := node{Input: d.u8()}
			switch {
			case d.bad:
			case n.Input == never:
				n = node{Value: unpackLeaf(int16(d.u16()))}
			case int(n.Input) < inputs:
				n.Cut, n.Left, n.Right = d.u8(), next, next+1
				next += 2
			default:
				d.bad = true
			}
			if d.bad {
				return t, nil
			}
			grown = append(grown, n)
		}
		if nodes == 0 || int(next) != nodes {
			d.bad = true
		}
		trees = append(trees, grown)
	}
	return t, trees
}
