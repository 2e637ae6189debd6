package dem

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// decodeASC decodes an ESRI ASCII grid. It names no projection: coordinates within ±180 and ±90 are degrees, others are
// refused, because metres of an unknown zone can't be placed.
func decodeASC(data []byte) (*Raster, error) {
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<26)
	sc.Split(bufio.ScanWords)
	head := map[string]float64{}
	var word string
	for sc.Scan() {
		word = sc.Text()
		if c := word[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
			break
		}
		key := strings.ToLower(word)
		if !sc.Scan() {
			return nil, fmt.Errorf("header %s has no value", key)
		}
		v, err := strconv.ParseFloat(sc.Text(), 64)
		if err != nil {
			return nil, fmt.Errorf("header %s %q is no number", key, sc.Text())
		}
		head[key] = v
		word = ""
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
	if !(math.Abs(r.West) <= 180 && math.Abs(r.North) <= 90 && math.Abs(south) <= 90) {
		return nil, fmt.Errorf("the grid's corner %g, %g is not in degrees and the format names no projection; reproject to EPSG:4326 or give a GeoTIFF", r.West, south)
	}
	none, marked := head["nodata_value"]
	r.Marked = marked
	r.Z = make([]float32, 0, r.Cols*r.Rows)
	for ok := word != ""; ok || sc.Scan(); ok = false {
		if !ok {
			word = sc.Text()
		}
		v, err := strconv.ParseFloat(word, 32)
		if err != nil {
			return nil, fmt.Errorf("value %d: %q is no number", len(r.Z)+1, word)
		}
		if len(r.Z) == cap(r.Z) {
			return nil, fmt.Errorf("more than %d × %d values", r.Cols, r.Rows)
		}
		if marked && v == none || math.IsInf(v, 0) {
			v = math.NaN()
		}
		r.Z = append(r.Z, float32(v))
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("value %d: %w", len(r.Z)+1, err)
	}
	if len(r.Z) != cap(r.Z) || len(r.Z) != r.Cols*r.Rows {
		return nil, fmt.Errorf("%d of %d × %d values: the file is cut short", len(r.Z), r.Cols, r.Rows)
	}
	return r, nil
}
