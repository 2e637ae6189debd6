package dem

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// SRTMError is the vertical error in metres that a pack states for SRTM: its absolute error is about 16 m at 90 % (mission
// specification) and measured to be 6–9 m (Rodríguez, Morris & Belz 2006).
const SRTMError = 8

// decodeHGT decodes a tile of one degree by one; the name (N43E007) is its south-west corner. Values are big-endian int16,
// −32768 for none, rows from the north, the edges shared with the next tile.
func decodeHGT(name string, data []byte) (*Raster, error) {
	n := int(math.Sqrt(float64(len(data) / 2)))
	if n < 2 || n*n*2 != len(data) {
		return nil, fmt.Errorf("%d bytes are no square of 16-bit values (3601² for 1″, 1201² for 3″): the tile is cut short", len(data))
	}
	lon, lat, err := corner(name)
	if err != nil {
		return nil, err
	}
	step := 1 / float64(n-1)
	r := &Raster{Cols: n, Rows: n, West: lon, North: lat + 1, StepX: step, StepY: step, Z: make([]float32, n*n),
		Datum: "EGM96", Error: SRTMError, Marked: true}
	for i := range r.Z {
		if v := int16(binary.BigEndian.Uint16(data[2*i:])); v == -32768 {
			r.Z[i] = nan32
		} else {
			r.Z[i] = float32(v)
		}
	}
	return r, nil
}

// corner reads a tile's south-west corner from its name.
func corner(name string) (lon, lat float64, err error) {
	bad := fmt.Errorf("the tile's name %q does not say its corner; name it like N43E007.hgt", name)
	s := strings.ToUpper(name)
	if len(s) < 7 || s[0] != 'N' && s[0] != 'S' || s[3] != 'E' && s[3] != 'W' {
		return 0, 0, bad
	}
	a, err1 := strconv.Atoi(s[1:3])
	o, err2 := strconv.Atoi(s[4:7])
	if err1 != nil || err2 != nil || a < 0 || o < 0 || a > 90 || o > 180 {
		return 0, 0, bad
	}
	lat, lon = float64(a), float64(o)
	if s[0] == 'S' {
		lat = -lat
	}
	if s[3] == 'W' {
		lon = -lon
	}
	return lon, lat, nil
}
