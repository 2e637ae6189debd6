package forecast

import (
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"github.com/paulmach/orb"
)

// ring is n streets of 200 m, each with two that follow it.
func ring(n int) *city.Streets {
	s := &city.Streets{}
	for l := range n {
		a := 2 * math.Pi * float64(l) / float64(n)
		p := orb.Point{1500 * math.Cos(a), 1500 * math.Sin(a)}
		s.Links = append(s.Links, city.Link{Length: 200, Speed: 15, Lanes: 2, Line: orb.LineString{p, {p[0] + 200, p[1]}}})
		s.Turns = append(s.Turns, city.Turn{From: int32(l), To: int32((l + 1) % n)}, city.Turn{From: int32(l), To: int32((l + 5) % n)})
	}
	return s
}

// drawn is days whose truth is known: a rush hour, a mood of the day, water that comes and stays on some streets; few report.
func drawn(s *city.Streets, days int, seed uint64) (list []Day, truth [][][]float64) {
	const bins = 40
	for d := range days {
		draw := chance.New(seed, "test").Sub(uint64(d))
		mood, flood := draw.Normal(0, 0), 10+draw.Int(0, 1, 20)
		day, speeds := Day{First: 17 * time.Hour}, [][]float64{}
		dry := func(b, l int) float32 {
			if l%4 == 0 && b >= flood {
				return 0.3
			}
			return 1
		}
		for b := range bins {
			n := len(s.Links)
			r := Record{Speed: make([]float32, n), Seen: make([]float32, n), Left: make([]float32, n), Occupied: make([]float32, n), Counted: make([]float32, n), Dry: make([]float32, n)}
			speed := make([]float64, n)
			for l := range n {
				r.Dry[l], r.Occupied[l], r.Counted[l] = dry(b, l), -1, -1
				speed[l] = (9 - 3*math.Sin(math.Pi*float64(b)/bins) + float64(l%3) + mood) * (0.3 + 0.7*float64(r.Dry[l]))
				speed[l] = math.Max(0.5, speed[l]+0.6*draw.Normal(uint64(l), uint64(b)+100))
				if k := draw.Poisson(uint64(l), uint64(b)+200, 3); k > 0 {
					r.Left[l], r.Seen[l] = float32(k), float32(25*k)
					r.Speed[l] = float32(min(15, math.Max(0, speed[l]+1.5*draw.Normal(uint64(l), uint64(b)+300)/math.Sqrt(float64(k)))))
				}
			}
			if b%3 == 2 {
				r.Ahead = new([len(Leads)][]float32)
				for k, lead := range Leads {
					for l := range n {
						r.Ahead[k] = append(r.Ahead[k], dry(b+lead, l))
					}
				}
			}
			day.Bins, speeds = append(day.Bins, r), append(speeds, speed)
		}
		list, truth = append(list, day), append(truth, speeds)
	}
	return list, truth
}

// after is the forecast after bins.
func after(m *Model, bins []Record) ([]Forecast, error) {
	today := m.Today(17 * time.Hour)
	for _, r := range bins {
		if err := today.See(r); err != nil {
			return nil, err
		}
	}
	return today.Predict(5)
}

// What is forecast is nearer to the truth than as now and than the day profile, and nine of ten come within the bounds.
func TestNearerThanNowAndProfile(t *testing.T) {
	s := ring(60)
	past, known := drawn(s, 12, 1)
	m, err := Learn(s, past, 1)
	if err != nil {
		t.Fatal(err)
	}
	days, truth := drawn(s, 4, 2)
	for k, lead := range Leads {
		var ours, now, profile, within, n float64
		for d := range days {
			for b := Slowest + 2; b+lead < len(days[d].Bins); b += 3 {
				f, err := after(m, days[d].Bins[:b+1])
				if err != nil {
					t.Fatal(err)
				}
				for l, v := range truth[d][b+lead] {
					mean := 0.0
					for _, day := range known {
						mean += day[b+lead][l] / float64(len(known))
					}
					n++
					ours += math.Abs(float64(f[k].Speed[l]) - v)
					now += math.Abs(truth[d][b][l] - v)
					profile += math.Abs(mean - v)
					if float64(f[k].Low[l]) <= v && v <= float64(f[k].High[l]) {
						within++
					}
				}
			}
		}
		t.Logf("%v ahead: %.2f m/s off, as now %.2f, profile %.2f, %.3f within", time.Duration(lead)*Bin, ours/n, now/n, profile/n, within/n)
		if ours > 0.9*math.Min(now, profile) {
			t.Errorf("%v ahead: %.2f m/s off, as now %.2f, profile %.2f", time.Duration(lead)*Bin, ours/n, now/n, profile/n)
		}
		if c := within / n; c < 0.85 || c > 0.985 { // what the few scatter by themselves is not all told apart
			t.Errorf("%v ahead: %.3f within bounds of 0.9", time.Duration(lead)*Bin, c)
		}
	}
}

// The same days teach the same, whatever the number of threads.
func TestSameBitsForAnyThreads(t *testing.T) {
	s := ring(20)
	past, _ := drawn(s, 4, 1)
	learn := func(threads int) string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		m, err := Learn(s, past, 1)
		if err != nil {
			t.Fatal(err)
		}
		f, err := after(m, past[0].Bins[:9])
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(f)
	}
	if learn(1) != learn(4) {
		t.Error("threads change the forecast")
	}
}

// A vehicle's metres and seconds go to the links that it drove, and neither is lost.
func TestRecorder(t *testing.T) {
	s := ring(20)
	r := NewRecorder(s)
	r.Drive(Place{0, 50, false}, Place{0, 110, false}, 15)  // 60 m in 15 s
	r.Drive(Place{0, 110, false}, Place{1, 42, false}, 15)  // 132 m at 15 m/s take 8.8 s, the rest it waited before the light of link 0
	r.Drive(Place{1, 42, false}, Place{9, 10, false}, 15)   // too far apart
	r.Drive(Place{2, 190, false}, Place{4, 21, false}, 30)  // over link 3
	r.Drive(Place{2, 100, false}, Place{2, 150, false}, 90) // too long ago
	out := r.Cut(nil, nil, nil, 0)
	near := func(what string, got float32, want float64) {
		t.Helper()
		if math.Abs(float64(got)-want) > 1e-3*math.Max(1, want) {
			t.Errorf("%s: %g, want %g", what, got, want)
		}
	}
	near("seconds on link 0", out.Seen[0], 15+6+6.2)
	near("speed on link 0", out.Speed[0], 150.0/27.2)
	near("seconds on link 1", out.Seen[1], 2.8)
	near("speed on link 1", out.Speed[1], 15)
	near("seconds on links 2 to 4", out.Seen[2]+out.Seen[3]+out.Seen[4], 30)
	near("metres on links 2 to 4", out.Seen[2]*out.Speed[2]+out.Seen[3]*out.Speed[3]+out.Seen[4]*out.Speed[4], 10+200+21)
	if out.Left[0] != 1 || out.Left[1] != 0 || out.Left[2] != 1 || out.Left[3] != 1 || out.Left[4] != 0 || out.Seen[9] != 0 {
		t.Errorf("left %v, seen %v", out.Left, out.Seen)
	}
	r.Drive(Place{5, 170, false}, Place{6, 195, true}, 25) // it stands now: 15 s of driving, then 10 s before the light of link 6
	r.Drive(Place{7, 100, false}, Place{8, 140, false}, 8) // 240 m in 8 s: twice as fast as the limit
	out = r.Cut(nil, nil, nil, 0)
	near("seconds on link 5", out.Seen[5], 2)
	near("seconds on link 6", out.Seen[6], 13+10)
	near("seconds on link 7", out.Seen[7], 8.0*100/240)
	near("speed on link 8", out.Speed[8], 15)
	if again := r.Cut(nil, nil, nil, 0); again.Seen[0] != 0 || again.Left[0] != 0 {
		t.Error("a bin has what the one before had")
	}
}

func TestBadDaysAreRefused(t *testing.T) {
	s := ring(20)
	good := func() []Day { d, _ := drawn(s, 4, 1); return d }
	for name, spoil := range map[string]func(d []Day) []Day{
		"days to learn from": func(d []Day) []Day { return d[:3] },
		"all must be alike":  func(d []Day) []Day { d[2].Bins = d[2].Bins[1:]; return d },
		"look 1h0m0s ahead": func(d []Day) []Day {
			for k := range d {
				d[k].Bins = d[k].Bins[:20]
			}
			return d
		},
		"day 1, bin 3: link 7":   func(d []Day) []Day { d[1].Bins[3].Speed[7] = float32(math.NaN()); return d },
		"shares of the limit: 2": func(d []Day) []Day { d[0].Bins[0].Dry[0] = 2; return d },
		"19 shares of limits":    func(d []Day) []Day { d[0].Bins[2].Ahead[1] = d[0].Bins[2].Ahead[1][:19]; return d },
		"nobody reported": func(d []Day) []Day {
			for k := range d {
				for b := range d[k].Bins {
					clear(d[k].Bins[b].Left)
				}
			}
			return d
		},
	} {
		if _, err := Learn(s, spoil(good()), 1); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := Learn(s, good(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := after(m, good()[0].Bins[:2]); err == nil {
		t.Error("predicted without a flood forecast")
	}
}
