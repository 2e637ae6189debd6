package dem

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/tiff/lzw"
)

// TIFF and GeoTIFF tags and GeoKeys that are read.
const (
	tagWidth        = 256
	tagLength       = 257
	tagBits         = 258
	tagCompression  = 259
	tagStripOffsets = 273
	tagSamples      = 277
	tagRowsPerStrip = 278
	tagStripCounts  = 279
	tagPredictor    = 317
	tagTileWidth    = 322
	tagTileLength   = 323
	tagTileOffsets  = 324
	tagTileCounts   = 325
	tagFormat       = 339
	tagPixelScale   = 33550
	tagTiepoint     = 33922
	tagTransform    = 34264
	tagGeoKeys      = 34735
	tagNoData       = 42113

	keyModelType  = 1024
	keyRasterType = 1025
	keyGeographic = 2048
	keyProjected  = 3072
	keyVertical   = 4096
)

// A tiff is an open TIFF file: its byte order and the fields of its first directory.
type tiff struct {
	data   []byte
	order  binary.ByteOrder
	fields map[uint16]field
}

type field struct {
	kind  uint16
	count int
	raw   []byte
}

var kindSize = map[uint16]int{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 11: 4, 12: 8, 16: 8}

// decodeTIFF decodes the first image of a GeoTIFF: one sample a pixel, int8 to int32 or float32/64, strips or tiles,
// uncompressed, deflate or LZW, with or without predictor.
func decodeTIFF(data []byte) (*Raster, error) {
	t, err := openTIFF(data)
	if err != nil {
		return nil, err
	}
	r := &Raster{Cols: t.num(tagWidth, 0), Rows: t.num(tagLength, 0)}
	if r.Cols < 1 || r.Rows < 1 || r.Cols > maxCells || r.Rows > maxCells || r.Cols*r.Rows > maxCells {
		return nil, fmt.Errorf("image of %d × %d pixels; want at least one and at most %d", r.Cols, r.Rows, maxCells)
	}
	if n := t.num(tagSamples, 1); n != 1 {
		return nil, fmt.Errorf("%d samples a pixel; a DEM has one: extract the band first", n)
	}
	if err := t.place(r); err != nil {
		return nil, err
	}
	if err := t.pixels(r); err != nil {
		return nil, err
	}
	if s := strings.TrimRight(strings.TrimSpace(string(t.fields[tagNoData].raw)), "\x00 "); s != "" {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return nil, fmt.Errorf("GDAL_NODATA %q is no number", s)
		}
		r.Marked = true
		for i, z := range r.Z {
			if float64(z) == v || z == float32(v) {
				r.Z[i] = nan32
			}
		}
	}
	for i, z := range r.Z {
		if z != z || z < -12000 || z > 10000 { // −32768, −3.4e38 and other ways to say nothing
			r.Z[i] = nan32
		}
	}
	return r, nil
}

func openTIFF(data []byte) (*tiff, error) {
	t := &tiff{data: data, fields: map[uint16]field{}}
	if len(data) < 8 {
		return nil, fmt.Errorf("%d bytes are no TIFF: the file is cut short", len(data))
	}
	switch string(data[:2]) {
	case "II":
		t.order = binary.LittleEndian
	case "MM":
		t.order = binary.BigEndian
	default:
		return nil, fmt.Errorf("begins with %q; a TIFF begins with II or MM", data[:2])
	}
	if v := t.order.Uint16(data[2:]); v != 42 {
		return nil, fmt.Errorf("TIFF version %d; want 42 (a BigTIFF has 43: convert it with gdal_translate -co BIGTIFF=NO)", v)
	}
	at := int64(t.order.Uint32(data[4:]))
	if at+2 > int64(len(data)) {
		return nil, fmt.Errorf("directory at byte %d of %d: the file is cut short", at, len(data))
	}
	n := int64(t.order.Uint16(data[at:]))
	if at+2+12*n > int64(len(data)) {
		return nil, fmt.Errorf("directory of %d fields at byte %d of %d: the file is cut short", n, at, len(data))
	}
	for i := range n {
		e := data[at+2+12*i:]
		f := field{kind: t.order.Uint16(e[2:]), count: int(t.order.Uint32(e[4:]))}
		size := int64(kindSize[f.kind]) * int64(f.count)
		switch {
		case size == 0:
			continue
		case size <= 4:
			f.raw = e[8 : 8+size]
		default:
			o := int64(t.order.Uint32(e[8:]))
			if o+size > int64(len(data)) {
				return nil, fmt.Errorf("field %d at byte %d of %d: the file is cut short", t.order.Uint16(e), o, len(data))
			}
			f.raw = data[o : o+size]
		}
		t.fields[t.order.Uint16(e)] = f
	}
	return t, nil
}

// ints returns a field's values as whole numbers.
func (t *tiff) ints(tag uint16) []int {
	f := t.fields[tag]
	var out []int
	for i := range f.count {
		switch f.kind {
		case 1, 7:
			if i < len(f.raw) {
				out = append(out, int(f.raw[i]))
			}
		case 3:
			if 2*i+2 <= len(f.raw) {
				out = append(out, int(t.order.Uint16(f.raw[2*i:])))
			}
		case 4:
			if 4*i+4 <= len(f.raw) {
				out = append(out, int(t.order.Uint32(f.raw[4*i:])))
			}
		default:
			return out
		}
	}
	return out
}

func (t *tiff) num(tag uint16, none int) int {
	if v := t.ints(tag); len(v) > 0 {
		return v[0]
	}
	return none
}

func (t *tiff) floats(tag uint16) []float64 {
	f := t.fields[tag]
	if f.kind != 12 {
		return nil
	}
	out := make([]float64, 0, f.count)
	for i := 0; 8*i+8 <= len(f.raw); i++ {
		out = append(out, math.Float64frombits(t.order.Uint64(f.raw[8*i:])))
	}
	return out
}

// place reads where the raster lies and refuses projections that it can't place.
func (t *tiff) place(r *Raster) error {
	keys := map[int]int{}
	list := t.ints(tagGeoKeys)
	for i := 4; i+3 < len(list); i += 4 {
		if list[i+1] == 0 {
			keys[list[i]] = list[i+3]
		}
	}
	if len(list) == 0 {
		return fmt.Errorf("no GeoTIFF keys: it does not say where it lies; export it as GeoTIFF in EPSG:4326")
	}
	switch code := keys[keyProjected]; {
	case keys[keyModelType] == 2 || keys[keyModelType] == 0 && code == 0:
		if g := keys[keyGeographic]; g != 4326 && g != 0 && g != 4979 && g != 4258 && g != 4490 && g != 4269 && g != 4674 {
			return fmt.Errorf("geographic system EPSG:%d is not WGS 84; reproject with gdalwarp -t_srs EPSG:4326", g)
		}
	case code > 32600 && code <= 32660:
		r.Zone = code - 32600
	case code > 32700 && code <= 32760:
		r.Zone = -(code - 32700)
	default:
		return fmt.Errorf("projection EPSG:%d can't be read, only EPSG:4326 and WGS 84 UTM (EPSG:326xx, 327xx); reproject with gdalwarp -t_srs EPSG:4326", code)
	}
	scale, tie := t.floats(tagPixelScale), t.floats(tagTiepoint)
	if m := t.floats(tagTransform); len(m) == 16 && len(scale) == 0 {
		if m[1] != 0 || m[4] != 0 {
			return fmt.Errorf("the raster is rotated; reproject with gdalwarp -t_srs EPSG:4326")
		}
		scale, tie = []float64{m[0], -m[5], 0}, []float64{0, 0, 0, m[3], m[7], 0}
	}
	if len(scale) < 2 || len(tie) < 6 || !(scale[0] > 0) || !(scale[1] > 0) || math.IsInf(scale[0], 0) || math.IsInf(scale[1], 0) {
		return fmt.Errorf("pixel scale %v and tiepoint %v don't place the raster; export it as north-up GeoTIFF", scale, tie)
	}
	half := 0.5
	if keys[keyRasterType] == 2 { // pixel is point
		half = 0
	}
	r.StepX, r.StepY = scale[0], scale[1]
	r.West, r.North = tie[3]+(half-tie[0])*scale[0], tie[4]-(half-tie[1])*scale[1]
	if r.Zone == 0 && !(math.Abs(r.West) <= 360 && math.Abs(r.North) <= 91) {
		return fmt.Errorf("corner %g, %g is not in degrees although the file says so; set its projection right first", r.West, r.North)
	}
	switch keys[keyVertical] {
	case 5773, 5171:
		r.Datum = "EGM96"
	case 3855:
		r.Datum = "EGM2008"
	}
	return nil
}

// pixels reads the strips or tiles.
func (t *tiff) pixels(r *Raster) error {
	bits, format := t.num(tagBits, 1), t.num(tagFormat, 1)
	if bits != 8 && bits != 16 && bits != 32 && bits != 64 || format < 1 || format > 3 || format == 3 && bits < 32 || format != 3 && bits == 64 {
		return fmt.Errorf("samples of %d bits, format %d; want int8, int16, int32, float32 or float64: convert with gdal_translate -ot Float32", bits, format)
	}
	size := bits / 8
	w, h := r.Cols, t.num(tagRowsPerStrip, r.Rows)
	offsets, counts := t.ints(tagStripOffsets), t.ints(tagStripCounts)
	if _, tiled := t.fields[tagTileWidth]; tiled {
		w, h = t.num(tagTileWidth, 0), t.num(tagTileLength, 0)
		offsets, counts = t.ints(tagTileOffsets), t.ints(tagTileCounts)
	}
	h = min(h, max(r.Rows, 4096))
	if w < 1 || h < 1 || w > 1<<20 || w*h > maxCells {
		return fmt.Errorf("blocks of %d × %d pixels", w, h)
	}
	across, down := (r.Cols+w-1)/w, (r.Rows+h-1)/h
	if len(offsets) < across*down || len(counts) < across*down {
		return fmt.Errorf("%d blocks of %d: the file is cut short", min(len(offsets), len(counts)), across*down)
	}
	if across*down > 4*len(t.data) {
		return fmt.Errorf("%d blocks in %d bytes", across*down, len(t.data))
	}
	if r.Cols*r.Rows > 2000*len(t.data) { // deflate and LZW pack at most about 1,000 to 1
		return fmt.Errorf("%d bytes can't hold %d × %d pixels: the file is damaged", len(t.data), r.Cols, r.Rows)
	}
	r.Z = make([]float32, r.Cols*r.Rows)
	predictor := t.num(tagPredictor, 1)
	for b := range across * down {
		rows := h
		if _, tiled := t.fields[tagTileWidth]; !tiled {
			rows = min(h, r.Rows-b*h)
		}
		o, n := offsets[b], counts[b]
		if o < 0 || n < 0 || o+n > len(t.data) || o+n < 0 {
			return fmt.Errorf("block %d at byte %d of %d: the file is cut short", b, o, len(t.data))
		}
		if n == 0 { // GDAL writes a block without data as nothing
			for row := range rows {
				for col := range w {
					if y, x := b/across*h+row, b%across*w+col; y < r.Rows && x < r.Cols {
						r.Z[y*r.Cols+x] = nan32
					}
				}
			}
			continue
		}
		block, err := t.unpack(t.data[o:o+n], w*rows*size)
		if err != nil {
			return fmt.Errorf("block %d: %w", b, err)
		}
		if err := t.undo(block, w, size, predictor); err != nil {
			return err
		}
		for row := range rows {
			for col := range w {
				if y, x := b/across*h+row, b%across*w+col; y < r.Rows && x < r.Cols {
					r.Z[y*r.Cols+x] = t.sample(block[(row*w+col)*size:], bits, format, predictor)
				}
			}
		}
	}
	return nil
}

// unpack decompresses one block to exactly n bytes.
func (t *tiff) unpack(b []byte, n int) ([]byte, error) {
	var src io.Reader
	switch c := t.num(tagCompression, 1); c {
	case 1:
		src = bytes.NewReader(b)
	case 5:
		z := lzw.NewReader(bytes.NewReader(b), lzw.MSB, 8)
		defer z.Close()
		src = z
	case 8, 32946:
		z, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("deflate: %w", err)
		}
		defer z.Close()
		src = z
	default:
		return nil, fmt.Errorf("compression %d; want none, LZW or deflate: convert with gdal_translate -co COMPRESS=DEFLATE", c)
	}
	var out bytes.Buffer
	if m, err := io.Copy(&out, io.LimitReader(src, int64(n))); m < int64(n) {
		return nil, fmt.Errorf("%d of %d bytes (%v): the file is damaged", m, n, err)
	}
	return out.Bytes(), nil
}

// undo reverses the predictor in place: 2 is the difference to the sample on the left, 3 that of bytes, most significant
// ones of a row first.
func (t *tiff) undo(b []byte, w, size, predictor int) error {
	row := w * size
	switch predictor {
	case 1:
	case 2:
		for o := 0; o+row <= len(b); o += row {
			for i := size; i < row; i += size {
				p, q := b[o+i-size:], b[o+i:]
				switch size {
				case 1:
					q[0] += p[0]
				case 2:
					t.order.PutUint16(q, t.order.Uint16(q)+t.order.Uint16(p))
				case 4:
					t.order.PutUint32(q, t.order.Uint32(q)+t.order.Uint32(p))
				case 8:
					t.order.PutUint64(q, t.order.Uint64(q)+t.order.Uint64(p))
				}
			}
		}
	case 3:
		tmp := make([]byte, row)
		for o := 0; o+row <= len(b); o += row {
			line := b[o : o+row]
			for i := 1; i < row; i++ {
				line[i] += line[i-1]
			}
			for i := range w {
				for k := range size {
					tmp[i*size+k] = line[k*w+i]
				}
			}
			copy(line, tmp)
		}
	default:
		return fmt.Errorf("predictor %d; want 1, 2 or 3: convert with gdal_translate -co PREDICTOR=1", predictor)
	}
	return nil
}

func (t *tiff) sample(b []byte, bits, format, predictor int) float32 {
	order := t.order
	if predictor == 3 {
		order = binary.BigEndian // undo left the most significant byte first
	}
	switch {
	case format == 3 && bits == 32:
		return math.Float32frombits(order.Uint32(b))
	case format == 3:
		return float32(math.Float64frombits(order.Uint64(b)))
	case bits == 8 && format == 2:
		return float32(int8(b[0]))
	case bits == 8:
		return float32(b[0])
	case bits == 16 && format == 2:
		return float32(int16(order.Uint16(b)))
	case bits == 16:
		return float32(order.Uint16(b))
	case format == 2:
		return float32(int32(order.Uint32(b)))
	}
	return float32(order.Uint32(b))
}
