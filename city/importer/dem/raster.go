// Package dem reads digital elevation models: SRTM .hgt (also zipped), GeoTIFF and ESRI ASCII grids.
//
// In: a file. Out: a Raster of heights in metres over the file's vertical datum, which is asked for by WGS 84 longitude and
// latitude. Projections are WGS 84 geographic (EPSG:4326) and WGS 84 UTM (EPSG:326xx, 327xx); any other is refused by name.
//
// Formats: SRTM (NASA/JPL, SRTM topo documentation 2015), TIFF 6.0 (Adobe 1992), GeoTIFF 1.1 (OGC 19-008r4), ESRI ASCII.
package dem

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"citybrain/city"
)

// maxCells bounds a raster: more is a damaged header or a file to cut first.
const maxCells = 1 << 28

// A Raster is a grid of heights, row 0 in the north. A value stands for the centre of its cell.
type Raster struct {
	Cols, Rows int
	West       float64 // of the centre of column 0, degrees or metres
	North      float64 // of the centre of row 0
	StepX      float64
	StepY      float64 // positive, southwards
	Zone       int     // UTM zone, negative in the south; 0: degrees
	Z          []float32
	Datum      string  // vertical datum that the format implies, "" if none
	Error      float64 // vertical error in metres that the format implies, 0 if none
	Marked     bool    // the file says what its no-data value is
}

// Read reads the elevation model at path; its ending names the format: .hgt, .hgt.zip, .tif, .tiff, .asc.
func Read(path string) (*Raster, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read DEM: %w", err)
	}
	r, err := Decode(filepath.Base(path), data)
	if err != nil {
		return nil, fmt.Errorf("read DEM %s: %w", path, err)
	}
	return r, nil
}

// Decode decodes a file's bytes; name is its name without folder, which for .hgt says where the tile lies.
func Decode(name string, data []byte) (*Raster, error) {
	lower := strings.ToLower(name)
	switch {
	case strings.HasSuffix(lower, ".zip"):
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return nil, fmt.Errorf("zip: %w; fetch the file again", err)
		}
		for _, f := range z.File {
			if n := strings.ToLower(f.Name); !strings.HasSuffix(n, ".hgt") && !strings.HasSuffix(n, ".tif") && !strings.HasSuffix(n, ".asc") {
				continue
			}
			if f.UncompressedSize64 > maxCells {
				return nil, fmt.Errorf("%s in the archive has %d bytes; cut it to the city first", f.Name, f.UncompressedSize64)
			}
			r, err := f.Open()
			if err != nil {
				return nil, fmt.Errorf("open %s in the archive: %w", f.Name, err)
			}
			inner, err := io.ReadAll(io.LimitReader(r, maxCells))
			r.Close()
			if err != nil {
				return nil, fmt.Errorf("unpack %s: %w; fetch the file again", f.Name, err)
			}
			return Decode(filepath.Base(f.Name), inner)
		}
		return nil, fmt.Errorf("no .hgt, .tif or .asc in the archive")
	case strings.HasSuffix(lower, ".hgt"):
		return decodeHGT(name, data)
	case strings.HasSuffix(lower, ".tif"), strings.HasSuffix(lower, ".tiff"):
		return decodeTIFF(data)
	case strings.HasSuffix(lower, ".asc"):
		return decodeASC(data)
	}
	return nil, fmt.Errorf("unknown ending; want .hgt, .hgt.zip, .tif or .asc")
}

// At returns the height at a WGS 84 position, bilinear between the four values around it, and NaN outside the raster. Values
// that are missing among the four don't count; it is NaN where the nearest one is missing.
func (r *Raster) At(lon, lat float64) float64 {
	x, y := lon, lat
	if r.Zone != 0 {
		x, y = utm(r.Zone, lon, lat)
	}
	c, w := (x-r.West)/r.StepX, (r.North-y)/r.StepY
	if !(c >= -0.5 && w >= -0.5 && c <= float64(r.Cols)-0.5 && w <= float64(r.Rows)-0.5) {
		return math.NaN()
	}
	c, w = math.Min(math.Max(c, 0), float64(r.Cols-1)), math.Min(math.Max(w, 0), float64(r.Rows-1))
	c0, r0 := int(c), int(w)
	fc, fr := c-float64(c0), w-float64(r0)
	if near := r.Z[int(w+0.5)*r.Cols+int(c+0.5)]; near != near {
		return math.NaN()
	}
	sum, weight := 0.0, 0.0
	for i := range 4 {
		col, row := min(c0+i%2, r.Cols-1), min(r0+i/2, r.Rows-1)
		k := (1 - fc) * (1 - fr)
		switch i {
		case 1:
			k = fc * (1 - fr)
		case 2:
			k = (1 - fc) * fr
		case 3:
			k = fc * fr
		}
		if z := r.Z[row*r.Cols+col]; z == z {
			sum, weight = sum+k*float64(z), weight+k
		}
	}
	return sum / weight
}

// Spacing returns the distance between rows in metres.
func (r *Raster) Spacing() float64 {
	if r.Zone != 0 {
		return r.StepY
	}
	return r.StepY * 111_195
}

// Missing returns how many values are missing.
func (r *Raster) Missing() int {
	n := 0
	for _, z := range r.Z {
		if z != z {
			n++
		}
	}
	return n
}

// utm projects to a UTM zone, negative in the south (false northing 10,000 km).
func utm(zone int, lon, lat float64) (x, y float64) {
	south := zone < 0
	if south {
		zone = -zone
	}
	p := city.Frame{Lon0: float64(zone)*6 - 183}.Local(lon, lat)
	x, y = 500_000+0.9996*p[0], 0.9996*p[1]
	if south {
		y += 10_000_000
	}
	return x, y
}

var nan32 = float32(math.NaN())

// Covers reports whether a WGS 84 position lies within the raster.
func (r *Raster) Covers(lon, lat float64) bool {
	x, y := lon, lat
	if r.Zone != 0 {
		x, y = utm(r.Zone, lon, lat)
	}
	c, w := (x-r.West)/r.StepX, (r.North-y)/r.StepY
	return c >= -0.5 && w >= -0.5 && c <= float64(r.Cols)-0.5 && w <= float64(r.Rows)-0.5
}

// Clear makes every value that equals v missing, and returns how many there were.
func (r *Raster) Clear(v float32) int {
	n := 0
	for i, z := range r.Z {
		if z == v {
			r.Z[i], n = nan32, n+1
		}
	}
	return n
}
