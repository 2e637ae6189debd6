package operation

import (
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
)

// Grades of water in a street, as Shanghai's notices have them: from 15, 30 and 50 cm.
var grades = [...]struct {
	from     float64
	name     city.Text
	severity string // CAP 1.2
	do       city.Text
}{
	{0.15, city.Text{En: "shallow water", Zh: "一般积水"}, "Minor", city.Text{En: "Drive slowly; walk round it.", Zh: "车辆减速慢行,行人绕行。"}},
	{0.30, city.Text{En: "water that stops cars", Zh: "轻度积水"}, "Moderate", city.Text{En: "Do not drive into it. Move cars out of garages in good time.", Zh: "车辆请勿涉水,及早将车辆驶离地下车库。"}},
	{0.50, city.Text{En: "deep water", Zh: "中度积水"}, "Severe", city.Text{En: "Keep away; leave basements and underpasses.", Zh: "请勿靠近,撤离地下空间和下穿通道。"}},
}

// A Warning is what a street or block is to be told. It is a draft: only the body that may issue a warning issues it.
type Warning struct {
	Place       city.Text
	Grade       int           // 0–2, by the deepest water that is likely enough
	Depth       float64       // m, median of the members that reach the grade
	Probability float64       // of reaching it
	Lead        time.Duration // until the first tenth of these members reaches it
	Onset, End  time.Duration // since the forecast's start: that, and when nine tenths of them are below it again
	Severity    string        // of CAP 1.2
	Certainty   string
	Urgency     string
	Headline    city.Text
	Text        city.Text
	Instruction city.Text
}

// Warn words a warning for a place whose depth in metres is depth[m][k] in member m at step k, each step long, or returns nil when no
// grade is reached by at least the share likely of the members (0.2 unless given). A forecast whose terrain is too uncertain to draw
// depths from must not come here.
func Warn(place city.Text, depth [][]float64, step time.Duration, likely float64) *Warning {
	if likely <= 0 {
		likely = 0.2
	}
	if len(depth) == 0 {
		return nil
	}
	for g := len(grades) - 1; g >= 0; g-- {
		var tops, firsts, ends []float64
		for _, d := range depth {
			top, first, last := 0.0, -1, -1
			for k, v := range d {
				top = math.Max(top, v)
				if v >= grades[g].from {
					if first < 0 {
						first = k
					}
					last = k
				}
			}
			if first >= 0 {
				tops, firsts, ends = append(tops, top), append(firsts, float64(first)), append(ends, float64(last+1))
			}
		}
		p := float64(len(tops)) / float64(len(depth))
		if p < likely || len(tops) == 0 {
			continue
		}
		w := &Warning{Place: place, Grade: g, Depth: at(tops, 0.5), Probability: p, Severity: grades[g].severity, Instruction: grades[g].do}
		w.Onset = time.Duration(at(firsts, 0.1) * float64(step))
		w.End = time.Duration(at(ends, 0.9) * float64(step))
		w.Lead = w.Onset
		switch {
		case p >= 0.5:
			w.Certainty = "Likely"
		default:
			w.Certainty = "Possible"
		}
		switch {
		case w.Lead <= 15*time.Minute:
			w.Urgency = "Immediate"
		case w.Lead <= 2*time.Hour:
			w.Urgency = "Expected"
		default:
			w.Urgency = "Future"
		}
		min := int(w.Lead.Minutes() + 0.5)
		w.Headline = city.Text{En: fmt.Sprintf("%s: %s likely to come in %d min (%.0f %%)", place.En, grades[g].name.En, min, 100*p),
			Zh: fmt.Sprintf("%s预计%d分钟后出现%s(概率%.0f%%)", place.Zh, min, grades[g].name.Zh, 100*p)}
		w.Text = city.Text{En: fmt.Sprintf("About %.0f cm of water is expected at %s, with a probability of %.0f %% of %.0f cm or more, from %d to %d min from now.", 100*w.Depth, place.En, 100*p, 100*grades[g].from, min, int(w.End.Minutes()+0.5)),
			Zh: fmt.Sprintf("%s预计积水约%.0f厘米,达到%.0f厘米以上的概率为%.0f%%,时段为%d至%d分钟后。", place.Zh, 100*w.Depth, 100*grades[g].from, 100*p, min, int(w.End.Minutes()+0.5))}
		return w
	}
	return nil
}

// at returns the value below which the share f lies.
func at(v []float64, f float64) float64 {
	slices.Sort(v)
	return v[min(int(f*float64(len(v))), len(v)-1)]
}
