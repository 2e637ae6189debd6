package surface

import "math/bits"

// tile is the width of a tile in cells; a tile is one row high.
const tile = 16

// tiles is a set of tiles: a row of bits for each row of cells, with two empty rows above and below.
type tiles struct {
	rows, across, words int
	bit                 []uint64
}

const tileMargin = 3

func newTiles(rows, across int) tiles {
	w := (across + 63) / 64
	return tiles{rows, across, w, make([]uint64, (rows+2*tileMargin)*w)}
}

// row returns the bits of row r, which may lie up to tileMargin rows outside the grid.
func (t *tiles) row(r int) []uint64 {
	return t.bit[(r+tileMargin)*t.words : (r+tileMargin+1)*t.words]
}

func (t *tiles) set(r, b int) { t.row(r)[b/64] |= 1 << (b % 64) }

// last masks the bits that the last word of a row uses.
func (t *tiles) last() uint64 {
	if t.across%64 == 0 {
		return ^uint64(0)
	}
	return 1<<(t.across%64) - 1
}

// grow sets row r of t to from's tiles within reach rows of r, and their neighbours to the west and east.
func (t *tiles) grow(from *tiles, r, reach int) {
	out := t.row(r)
	copy(out, from.row(r))
	for k := max(r-reach, 0); k <= min(r+reach, t.rows-1); k++ {
		for i, w := range from.row(k) {
			out[i] |= w
		}
	}
	var carry uint64
	for i := range out {
		w := out[i]
		spread := w | w<<1 | w>>1 | carry
		if i+1 < len(out) {
			spread |= out[i+1] << 63
		}
		carry = w >> 63
		out[i] = spread
	}
	out[len(out)-1] &= t.last()
}

// touch sets row r of t to from's tiles of rows r−1 to r+1 and, beside those of row r, the tiles that a wet cell touches: of
// the tiles of r, west and east are those whose first or last cell is wet.
func (t *tiles) touch(from, west, east *tiles, r int) {
	out := t.row(r)
	copy(out, from.row(r))
	for k := max(r-1, 0); k <= min(r+1, t.rows-1); k++ {
		for i, w := range from.row(k) {
			out[i] |= w
		}
	}
	a, b := west.row(r), east.row(r)
	for i := range out {
		out[i] |= b[i]<<1 | a[i]>>1
		if i > 0 {
			out[i] |= b[i-1] >> 63
		}
		if i+1 < len(out) {
			out[i] |= a[i+1] << 63
		}
	}
	out[len(out)-1] &= t.last()
}

// A run is a stretch of tiles of one row.
type run struct{ from, to int }

// runs appends the stretches of set bits of row to list.
func runs(list []run, row []uint64) []run {
	for i, w := range row {
		for w != 0 {
			a := bits.TrailingZeros64(w)
			n := bits.TrailingZeros64(^(w >> a))
			if n+a >= 64 {
				n = 64 - a
				w = 0
			} else {
				w &^= (1<<n - 1) << a
			}
			from, to := i*64+a, i*64+a+n
			if k := len(list) - 1; k >= 0 && list[k].to == from {
				list[k].to = to
			} else {
				list = append(list, run{from, to})
			}
		}
	}
	return list
}

func count(row []uint64) int {
	n := 0
	for _, w := range row {
		n += bits.OnesCount64(w)
	}
	return n
}
