package dem

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// decodeASC decodes an ESRI ASCII grid. It names no projection: coordinates within ±180 and ±90 are degrees, others are
// refused, because metres of an unknown zone can't be placed.
func decodeASC(data []byte) (*Raster, error) {
	r, err := parseASC(data)
	if err != nil {
		return nil, err
	}
	south := r.North - float64(r.Rows-1)*r.StepY
	if !(math.Abs(r.West) <= 180 && math.Abs(r.North) <= 90 && math.Abs(south) <= 90) {
		return nil, fmt.Errorf("the grid's corner %g, %g is not in degrees and the format names no projection; reproject to EPSG:4326 or give a GeoTIFF", r.West, south)
	}
	return r, nil
}

// ReadMetres reads a raster in metres of whatever local grid: an ESRI ASCII grid, also gzipped, or a GeoTIFF in UTM. Degrees are
// refused. Its Zone is 0 where the format names none.
func ReadMetres(path string) (*Raster, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read raster: %w", err)
	}
	name := strings.ToLower(filepath.Base(path))
	if inner, ok := strings.CutSuffix(name, ".gz"); ok {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("read raster %s: gzip: %w", path, err)
		}
		if data, err = io.ReadAll(io.LimitReader(z, 16*maxCells)); err != nil {
			return nil, fmt.Errorf("read raster %s: gzip: %w", path, err)
		}
		name = inner
	}
	r, err := decodeMetres(name, data)
	if err != nil {
		return nil, fmt.Errorf("read raster %s: %w", path, err)
	}
	return r, nil
}

func decodeMetres(name string, data []byte) (*Raster, error) {
	if strings.HasSuffix(name, ".tif") || strings.HasSuffix(name, ".tiff") {
		r, err := decodeTIFF(data)
		if err != nil {
			return nil, err
		}
		if r.Zone == 0 {
			return nil, fmt.Errorf("its cells are %g degrees wide; water needs metres: reproject with gdalwarp -t_srs EPSG:326xx to its UTM zone", r.StepX)
		}
		if math.Abs(r.StepX-r.StepY) > 1e-6*r.StepX {
			return nil, fmt.Errorf("its cells are %g × %g m; want square ones: resample with gdalwarp -tr", r.StepX, r.StepY)
		}
		return r, nil
	}
	r, err := parseASC(data)
	if err != nil {
		return nil, err
	}
	if south := r.North - float64(r.Rows)*r.StepY; r.StepX < 0.01 && math.Abs(r.West) <= 181 && math.Abs(r.North) <= 91 && math.Abs(south) <= 91 {
		return nil, fmt.Errorf("cells of %g at %g, %g are degrees; water needs metres: reproject it", r.StepX, r.West, south)
	}
	return r, nil
}

// words cuts a text into words and knows the line of the last one.
type words struct {
	data []byte
	line int
}

func (w *words) next() (string, bool) {
	i := 0
	for i < len(w.data) && w.data[i] <= ' ' {
		if w.data[i] == '\n' {
			w.line++
		}
		i++
	}
	j := i
	for j < len(w.data) && w.data[j] > ' ' {
		j++
	}
	word := w.data[i:j]
	w.data = w.data[j:]
	return string(word), len(word) > 0
}

// parseASC reads an ESRI ASCII grid in whatever unit its coordinates are.
func parseASC(data []byte) (*Raster, error) {
	w := &words{data: data, line: 1}
	head := map[string]float64{}
	word, ok := w.next()
	for ; ok; word, ok = w.next() {
		if c := word[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
			break
		}
		key := strings.ToLower(word)
		if word, ok = w.next(); !ok {
			return nil, fmt.Errorf("line %d: header %s has no value", w.line, key)
		}
		v, err := strconv.ParseFloat(word, 64)
		if err != nil {
			return nil, fmt.Errorf("line %d: header %s %q is no number", w.line, key, word)
		}
		head[key] = v
	}
	cols, rows, step := head["ncols"], head["nrows"], head["cellsize"]
	if !(cols >= 1 && rows >= 1 && cols*rows <= maxCells && cols == math.Trunc(cols) && rows == math.Trunc(rows)) || !(step > 0) || math.IsInf(step, 0) {
		return nil, fmt.Errorf("header says %g columns, %g rows, cells of %g; want positive whole numbers and at most %d cells", cols, rows, step, maxCells)
	}
	if cols*rows > float64(len(data)) {
		return nil, fmt.Errorf("%d bytes can't hold %g values: the file is cut short", len(data), cols*rows)
	}
	r := &Raster{Cols: int(cols), Rows: int(rows), StepX: step, StepY: step}
	south := 0.0
	if v, ok := head["xllcenter"]; ok {
		r.West, south = v, head["yllcenter"]
	} else {
		r.West, south = head["xllcorner"]+step/2, head["yllcorner"]+step/2
	}
	r.North = south + float64(r.Rows-1)*step
	if math.IsNaN(r.West+r.North) || math.IsInf(r.West, 0) || math.IsInf(r.North, 0) {
		return nil, fmt.Errorf("header says corner %g, %g", r.West, south)
	}
	none, marked := head["nodata_value"]
	r.Marked = marked
	r.Z = make([]float32, 0, r.Cols*r.Rows)
	for ; ok; word, ok = w.next() {
		v, err := strconv.ParseFloat(word, 32)
		if err != nil {
			return nil, fmt.Errorf("line %d: value %d: %q is no number", w.line, len(r.Z)+1, word)
		}
		if len(r.Z) == cap(r.Z) {
			return nil, fmt.Errorf("line %d: more than %d × %d values", w.line, r.Cols, r.Rows)
		}
		if marked && (v == none || float32(v) == float32(none)) || math.IsInf(v, 0) {
			v = math.NaN()
		}
		r.Z = append(r.Z, float32(v))
	}
	if len(r.Z) != r.Cols*r.Rows {
		return nil, fmt.Errorf("%d of %d × %d values: the file is cut short", len(r.Z), r.Cols, r.Rows)
	}
	return r, nil
}

// Placed returns the raster's grid where it lies, and its values in double.
func (r *Raster) Placed() (west, north, cell float64, z []float64) {
	z = make([]float64, len(r.Z))
	for i, v := range r.Z {
		z[i] = float64(v)
	}
	return r.West - r.StepX/2, r.North + r.StepY/2, r.StepX, z
}
