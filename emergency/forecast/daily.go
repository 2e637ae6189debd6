package forecast

import (
	"math"
	"time"
)

// Daily counts n points by day, from the day of first to that of last, and square cell of km km; at gives the Unix second and
// place of a point. Cells without any point are left out.
func Daily(first, last time.Time, n int, km float64, at func(i int) (unix int64, lon, lat float64)) *History {
	start := first.Truncate(24 * time.Hour)
	days := int(last.Sub(start)/(24*time.Hour)) + 1
	h := &History{Step: day, Start: float64((int(start.Weekday())+6)%7) * day, YearDay: float64(start.YearDay() - 1)}
	index := map[[2]int]int{}
	where := make([][2]int, n) // day and cell
	for i := range n {
		t, lon, lat := at(i)
		key := [2]int{int(math.Floor(lat * 111.32 / km)), int(math.Floor(lon * 111.32 * math.Cos(math.Round(lat)*math.Pi/180) / km))}
		c, ok := index[key]
		if !ok {
			c = len(index)
			index[key] = c
		}
		where[i] = [2]int{int((t - start.Unix()) / 86400), c}
	}
	h.Cells = len(index)
	h.Counts = make([]int32, days*h.Cells)
	for _, w := range where {
		h.Counts[w[0]*h.Cells+w[1]]++
	}
	return h
}
