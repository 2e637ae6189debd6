package forecast

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"citybrain/city/chance"
	"citybrain/city/importer/fire911"
)

// hidden makes slots whose effects of hour, day, week, rain and events its seed hides.
func hidden(seed uint64, days, cells int) *History {
	draw := chance.New(seed, "forecast/hidden")
	h := &History{Step: 900, Start: 0, Cells: cells}
	share := make([]float64, cells)
	sum := 0.0
	for c := range share {
		share[c] = draw.Exp(uint64(c), 1)
		sum += share[c]
	}
	var hours [2][24]float64
	for k := range hours {
		for i := range hours[k] {
			hours[k][i] = 1 + 0.6*math.Sin(2*math.Pi*(float64(i)-9+2*draw.Float(0, uint64(k)))/24) + 0.3*draw.Normal(uint64(i), uint64(2+k))*0.5
			hours[k][i] = max(0.2, hours[k][i])
		}
	}
	rainy := 0.1 + 0.4*draw.Float(1, 2)
	level, rain := 0.0, 0.0
	eventTimes := 1.5 + 2*draw.Float(1, 3)
	at := map[[2]int]float64{}
	for d := range days {
		level = 0.93*level + 0.08*draw.Normal(uint64(d), 4)
		if draw.Float(uint64(d), 5) < 0.3 {
			e := Event{Cell: draw.Int(uint64(d), 6, cells), From: d*96 + 68, To: d*96 + 88}
			h.Events = append(h.Events, e)
			for i := e.From; i < e.To; i++ {
				at[[2]int{i, e.Cell}] = eventTimes
			}
		}
		for q := range 96 {
			i := d*96 + q
			if q%8 == 0 {
				rain = 0
				if draw.Float(uint64(i), 7) < 0.15 {
					rain = 3 * draw.Exp(uint64(i), 8)
				}
			}
			h.Covariates = append(h.Covariates, []float64{math.Log1p(rain)})
			free := 0
			if d%7 >= 5 {
				free = 1
			}
			mu := 260.0 / 96 * hours[free][q/4] * math.Exp(level+rainy*math.Log1p(rain)) * (1 + 0.1*math.Sin(float64(d%7)+float64(seed)))
			for c := range cells {
				m := mu * share[c] / sum
				if f, ok := at[[2]int{i, c}]; ok {
					m *= f
				}
				h.Counts = append(h.Counts, int32(draw.Poisson(uint64(i*cells+c), 9, m)))
			}
		}
	}
	return h
}

// compare is Compare for histories that are known to be good.
func compare(t *testing.T, h *History, train int) (gain, within, claimed float64) {
	t.Helper()
	c, err := Compare(h, train)
	if err != nil {
		t.Fatal(err)
	}
	return c.Gain, c.Within, c.Claimed
}

func TestBeatsTheBaselineOnHiddenEffects(t *testing.T) {
	for seed := range uint64(3) {
		gain, within, claimed := compare(t, hidden(seed, 140, 12), 112*96)
		t.Logf("seed %d: %+.1f nats over four weeks; %.4f within, %.4f claimed", seed, gain, within, claimed)
		if gain < 20 {
			t.Errorf("seed %d: %+.1f nats over the baseline", seed, gain)
		}
		if math.Abs(within-claimed) > 0.01 {
			t.Errorf("seed %d: %.4f of the counts within intervals that claim %.4f", seed, within, claimed)
		}
	}
}

func TestSeattle(t *testing.T) {
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(root, "emergency")); err != nil {
		t.Skipf("reference data not there: %v", err)
	}
	list, err := fire911.Load(filepath.Join(root, "emergency", "incidents", "seattle_fire_911_excerpt.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 12113 {
		t.Fatalf("%d incidents, want 12113", len(list))
	}
	list = slices.DeleteFunc(list, func(x fire911.Incident) bool { return math.IsNaN(x.Lat) })
	t.Logf("%d with a position", len(list))
	h := Daily(list[0].At, list[len(list)-1].At, len(list), 5, func(i int) (at int64, lon, lat float64) { return list[i].At.Unix(), list[i].Lon, list[i].Lat })
	gain, within, claimed := compare(t, h, h.Slots()*3/4)
	t.Logf("%d days, %d cells: %+.1f nats over the last quarter; %.4f within, %.4f claimed", h.Slots(), h.Cells, gain, within, claimed)
	if gain <= 0 {
		t.Errorf("%+.1f nats over the baseline", gain)
	}
	if math.Abs(within-claimed) > 0.02 {
		t.Errorf("%.4f of the counts within intervals that claim %.4f", within, claimed)
	}
}

func TestWrongHistories(t *testing.T) {
	for name, h := range map[string]*History{
		"short":      {Step: 900, Cells: 1, Counts: make([]int32, 96)},
		"odd step":   {Step: 1000, Cells: 1, Counts: make([]int32, 9600)},
		"torn":       {Step: 86400, Cells: 7, Counts: make([]int32, 100)},
		"covariates": {Step: 86400, Cells: 1, Counts: make([]int32, 100), Covariates: make([][]float64, 99)},
		"event":      {Step: 86400, Cells: 1, Counts: make([]int32, 100), Events: []Event{{Cell: 1, To: 3}}},
		"negative":   {Step: 86400, Cells: 1, Counts: append(make([]int32, 99), -1)},
	} {
		if _, err := Fit(h); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
