package dem

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"
)

// hill is the height that every test raster holds at column c and row r.
func hill(c, r int) float32 { return float32(10*c + 3*r) }

func hgt(n int) []byte {
	b := make([]byte, 2*n*n)
	for i := range n * n {
		binary.BigEndian.PutUint16(b[2*i:], uint16(int16(hill(i%n, i/n))))
	}
	binary.BigEndian.PutUint16(b[2:], 0x8000) // column 1, row 0: none
	return b
}

type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// A spec says how to write a test GeoTIFF.
type spec struct {
	order       order
	float       bool
	compression int // 1 or 8
	predictor   int
	tile        int // 0: strips of two rows
	epsg        int
	nodata      string
}

const wide, high = 5, 4

// write makes a GeoTIFF of 5 × 4 pixels with its corner at 7 E 44 N and pixels of 0.25°, or 300000, 5000000 and 30 m.
func (s spec) write() []byte {
	size := 2
	if s.float {
		size = 4
	}
	w, h, blocks := wide, 2, 2
	across := 1
	if s.tile > 0 {
		w, h = s.tile, s.tile
		across = (wide + w - 1) / w
		blocks = across * ((high + h - 1) / h)
	}
	var data [][]byte
	for b := range blocks {
		raw := make([]byte, w*h*size)
		for r := range h {
			row := raw[r*w*size : (r+1)*w*size]
			var prev uint32
			for c := range w {
				v := hill(b%across*w+c, b/across*h+r)
				bits := uint32(uint16(int16(v)))
				if s.float {
					bits = math.Float32bits(v)
				}
				put := bits
				if s.predictor == 2 {
					put, prev = bits-prev, bits
				}
				switch {
				case s.predictor == 3:
					for k := range 4 {
						row[k*w+c] = byte(bits >> (24 - 8*k))
					}
				case s.float:
					s.order.PutUint32(row[c*4:], put)
				default:
					s.order.PutUint16(row[c*2:], uint16(put))
				}
			}
			if s.predictor == 3 {
				for i := len(row) - 1; i > 0; i-- {
					row[i] -= row[i-1]
				}
			}
		}
		if s.compression == 8 {
			var z bytes.Buffer
			zw := zlib.NewWriter(&z)
			zw.Write(raw)
			zw.Close()
			raw = z.Bytes()
		}
		data = append(data, raw)
	}
	type entry struct {
		tag, kind uint16
		count     int
		raw       []byte
	}
	short := func(tag uint16, v ...int) entry {
		var b []byte
		for _, x := range v {
			b = s.order.AppendUint16(b, uint16(x))
		}
		return entry{tag, 3, len(v), b}
	}
	double := func(tag uint16, v ...float64) entry {
		var b []byte
		for _, x := range v {
			b = s.order.AppendUint64(b, math.Float64bits(x))
		}
		return entry{tag, 12, len(v), b}
	}
	long := func(tag uint16, v []int) entry {
		var b []byte
		for _, x := range v {
			b = s.order.AppendUint32(b, uint32(x))
		}
		return entry{tag, 4, len(v), b}
	}
	offsets, counts := make([]int, blocks), make([]int, blocks)
	at := 8
	for i := range data {
		offsets[i], counts[i] = at, len(data[i])
		at += len(data[i])
	}
	format := 2
	if s.float {
		format = 3
	}
	list := []entry{short(tagWidth, wide), short(tagLength, high), short(tagBits, 8*size), short(tagCompression, s.compression)}
	if s.tile == 0 {
		list = append(list, long(tagStripOffsets, offsets), short(tagSamples, 1), short(tagRowsPerStrip, 2), long(tagStripCounts, counts), short(tagPredictor, max(s.predictor, 1)))
	} else {
		list = append(list, short(tagSamples, 1), short(tagPredictor, max(s.predictor, 1)), short(tagTileWidth, w), short(tagTileLength, h), long(tagTileOffsets, offsets), long(tagTileCounts, counts))
	}
	list = append(list, short(tagFormat, format))
	model, key := 2, keyGeographic
	scale, west, north := 0.25, 7.0, 44.0
	if s.epsg != 4326 {
		model, key, scale, west, north = 1, keyProjected, 30, 300000, 5000000
	}
	list = append(list, double(tagPixelScale, scale, scale, 0), double(tagTiepoint, 0, 0, 0, west, north, 0),
		short(tagGeoKeys, 1, 1, 0, 3, keyModelType, 0, 1, model, keyRasterType, 0, 1, 1, key, 0, 1, s.epsg))
	if s.nodata != "" {
		list = append(list, entry{tagNoData, 2, len(s.nodata) + 1, append([]byte(s.nodata), 0)})
	}
	out := []byte("II")
	if s.order == order(binary.BigEndian) {
		out = []byte("MM")
	}
	out = s.order.AppendUint16(out, 42)
	out = s.order.AppendUint32(out, uint32(at))
	for _, d := range data {
		out = append(out, d...)
	}
	extra := at + 2 + 12*len(list) + 4
	var tail []byte
	out = s.order.AppendUint16(out, uint16(len(list)))
	for _, e := range list {
		out = s.order.AppendUint16(out, e.tag)
		out = s.order.AppendUint16(out, e.kind)
		out = s.order.AppendUint32(out, uint32(e.count))
		if len(e.raw) <= 4 {
			out = append(out, append(e.raw, make([]byte, 4-len(e.raw))...)...)
		} else {
			out = s.order.AppendUint32(out, uint32(extra+len(tail)))
			tail = append(tail, e.raw...)
		}
	}
	return append(append(out, 0, 0, 0, 0), tail...)
}

func TestGeoTIFF(t *testing.T) {
	for _, s := range []spec{
		{binary.LittleEndian, false, 1, 1, 0, 4326, ""},
		{binary.BigEndian, false, 8, 2, 0, 4326, "13"},
		{binary.LittleEndian, true, 8, 3, 0, 4326, ""},
		{binary.LittleEndian, true, 1, 2, 0, 4326, ""},
		{binary.LittleEndian, false, 8, 1, 16, 4326, ""},
		{binary.BigEndian, true, 8, 3, 2, 4326, ""},
	} {
		r, err := Decode("x.tif", s.write())
		if err != nil {
			t.Errorf("%+v: %v", s, err)
			continue
		}
		for i, z := range r.Z {
			want := hill(i%wide, i/wide)
			if s.nodata == fmt.Sprint(want) {
				if z == z {
					t.Errorf("%+v: value %d is %g, want none", s, i, z)
				}
			} else if z != want {
				t.Errorf("%+v: value %d is %g, want %g", s, i, z, want)
			}
		}
		// Halfway between four centres: the mean.
		if z := r.At(7.25+0.25, 44-0.5); s.nodata == "" && math.Abs(z-float64(hill(1, 1)+hill(2, 2))/2) > 1e-6 {
			t.Errorf("%+v: %g at 7.5, 43.5", s, z)
		}
		if z := r.At(6.9, 43.5); z == z {
			t.Errorf("%+v: %g outside", s, z)
		}
	}
}

// UTM zone 32N of 6.5 E 45.13 N by PROJ 9 is about 303456, 5000700; the test asks for the file's own corner back.
func TestUTM(t *testing.T) {
	r, err := Decode("x.tif", spec{binary.LittleEndian, true, 1, 1, 0, 32632, ""}.write())
	if err != nil {
		t.Fatal(err)
	}
	if r.Zone != 32 || r.West != 300015 || r.North != 4999985 {
		t.Fatalf("zone %d, first centre %g, %g", r.Zone, r.West, r.North)
	}
	x, y := utm(51, 121.47, 31.23)
	if math.Abs(x-354280.6043) > 2e-4 || math.Abs(y-3456101.0654) > 2e-4 { // PROJ 9
		t.Errorf("UTM 51N of 121.47, 31.23 is %.4f, %.4f", x, y)
	}
	if _, y := utm(-51, 121.47, -31.23); math.Abs(y-(1e7-3456101.0654)) > 2e-4 {
		t.Errorf("southern northing %.4f", y)
	}
}

func TestRefusals(t *testing.T) {
	good := spec{binary.LittleEndian, false, 8, 1, 0, 4326, ""}.write()
	lv95 := spec{binary.LittleEndian, false, 1, 1, 0, 2056, ""}.write()
	asc := "ncols 2\nnrows 2\nxllcorner 7\nyllcorner 43\ncellsize 0.5\nNODATA_value -9999\n1 2\n3 -9999\n"
	for _, x := range []struct {
		name, file string
		data       []byte
		want       string
	}{
		{"other projection", "x.tif", lv95, "EPSG:2056"},
		{"cut in the directory", "x.tif", good[:len(good)-60], "cut short"},
		{"cut in the data", "x.tif", good[:20], "cut short"},
		{"no TIFF", "x.tif", []byte("not a tiff file"), "begins with"},
		{"short tile", "N43E007.hgt", hgt(3)[:17], "cut short"},
		{"nameless tile", "monaco.hgt", hgt(3), "corner"},
		{"ending", "x.png", nil, "unknown ending"},
		{"asc cut", "x.asc", []byte(asc[:len(asc)-8]), "cut short"},
		{"asc in metres", "x.asc", []byte(strings.Replace(asc, "corner 7", "corner 300000", 1)), "degrees"},
		{"asc word", "x.asc", []byte(strings.Replace(asc, "3 -9999", "3 x", 1)), "no number"},
		{"asc huge", "x.asc", []byte(strings.Replace(asc, "ncols 2", "ncols 99999999999", 1)), "at most"},
	} {
		if _, err := Decode(x.file, x.data); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %v, want %q", x.name, err, x.want)
		}
	}
}

func TestHGTAndASC(t *testing.T) {
	r, err := Decode("S31W052.hgt", hgt(5))
	if err != nil {
		t.Fatal(err)
	}
	if r.Datum != "EGM96" || r.Error != SRTMError || r.Missing() != 1 {
		t.Errorf("datum %q, error %g, %d missing", r.Datum, r.Error, r.Missing())
	}
	if z := r.At(-51.5, -30.5); z != float64(hill(2, 2)) {
		t.Errorf("%g in the middle", z)
	}
	if z := r.At(-51.75, -30); z == z {
		t.Errorf("%g where there is none", z)
	}
	// Beside the hole its neighbours alone count.
	if z := r.At(-51.99, -30); z != float64(hill(0, 0)) {
		t.Errorf("%g beside the hole", z)
	}
	a, err := Decode("x.asc", []byte("NCOLS 2\nNROWS 2\nXLLCENTER 7\nYLLCENTER 43\nCELLSIZE 0.5\nNODATA_VALUE -9999\n1 2\n3 -9999\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a.At(7, 43.5) != 1 || a.At(7.25, 43.5) != 1.5 || a.Missing() != 1 || !a.Marked || a.Clear(3) != 1 {
		t.Errorf("%+v", a)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add("x.tif", spec{binary.LittleEndian, true, 8, 3, 2, 4326, "13"}.write())
	f.Add("x.tif", spec{binary.BigEndian, false, 1, 2, 0, 32632, ""}.write())
	f.Add("N43E007.hgt", hgt(3))
	f.Add("x.asc", []byte("ncols 2\nnrows 1\nxllcorner 7\nyllcorner 43\ncellsize 0.5\n1 2\n"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		r, err := Decode(name, b)
		if err != nil {
			return
		}
		if len(r.Z) != r.Cols*r.Rows {
			t.Fatalf("%d values of %d × %d", len(r.Z), r.Cols, r.Rows)
		}
		r.At(7.3, 43.4)
	})
}
