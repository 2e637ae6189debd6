package emergency

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"citybrain/bench"
	"citybrain/city/importer/fire911"
	"citybrain/emergency/forecast"
)

// seattle tells Seattle's incidents of the last quarter of the days from those before, by day and 5 km cell.
func seattle(o Options) (bench.Row, error) {
	const name = "Seattle, day and 5 km cell: log-likelihood over the smoothed week's Poisson, above"
	path := filepath.Join(o.Data, "incidents", "seattle_fire_911_excerpt.csv.gz")
	if _, err := os.Stat(path); err != nil {
		return above(name, "nats", nil, "the incidents are not at "+path), nil
	}
	list, err := fire911.Load(path)
	if err != nil {
		return bench.Row{}, err
	}
	list = slices.DeleteFunc(list, func(x fire911.Incident) bool { return math.IsNaN(x.Lat) })
	h := forecast.Daily(list[0].At, list[len(list)-1].At, len(list), 5, func(i int) (int64, float64, float64) { return list[i].At.Unix(), list[i].Lon, list[i].Lat })
	c, err := forecast.Compare(h, h.Slots()*3/4)
	if err != nil {
		return bench.Row{}, err
	}
	return above(name, "nats", &c.Gain, fmt.Sprintf("%d days, %d cells, %d counts told; %.4f in intervals that claim %.4f", h.Slots(), h.Cells, c.Counts, c.Within, c.Claimed)), nil
}
