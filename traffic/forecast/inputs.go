package forecast

import "math"

// inputs is how many values a tree may ask about.
const inputs = 27

// memories are how long what links were off is remembered (bins), and how many seconds of reports outweigh the profile.
var memories = [...]struct{ bins, doubt float64 }{{1, 30}, {3, 60}, {10, 90}}

const (
	fast = iota
	mid
	slow
)

// An outlook is a day as far as it is known.
type outlook struct {
	m     *Model
	bin   int                         // of the model's day
	off   [len(memories)][]float32    // m/s by link: how far off its profile it is of late
	sum   [len(memories)][2][]float64 // what that is made of
	trend []float32                   // of the fast one, over two bins
	past  [2][]float32                // the fast one of the bins before
	wet   []float32                   // 1 − Dry at its worst, fading
	rains [12]float32                 // of the last hour
	last  *Record
}

func (m *Model) outlook() *outlook {
	n := len(m.streets.length)
	o := &outlook{m: m, bin: -1, trend: make([]float32, n), wet: make([]float32, n)}
	for k := range memories {
		o.off[k] = make([]float32, n)
		o.sum[k] = [2][]float64{make([]float64, n), make([]float64, n)}
	}
	for k := range o.past {
		o.past[k] = make([]float32, n)
	}
	return o
}

// see takes the next record of the day, which is of bin.
func (o *outlook) see(bin int, r *Record) {
	o.bin, o.last = bin, r
	o.past[1], o.past[0] = o.past[0], o.past[1]
	copy(o.past[0], o.off[fast])
	profile := o.m.speed[o.m.at(bin)]
	for k, of := range memories {
		keep := math.Exp(-1 / of.bins)
		sum, weight := o.sum[k][0], o.sum[k][1]
		for l := range sum {
			sum[l] *= keep
			weight[l] *= keep
			if s := float64(r.Seen[l]); s > 0 {
				sum[l] += s * float64(r.Speed[l]-profile[l])
				weight[l] += s
			}
			o.off[k][l] = float32(sum[l] / (weight[l] + of.doubt))
		}
	}
	for l := range o.trend {
		o.trend[l] = o.off[fast][l] - o.past[1][l]
		o.wet[l] = max(0.97*o.wet[l], 1-r.Dry[l])
	}
	copy(o.rains[1:], o.rains[:len(o.rains)-1])
	o.rains[0] = r.Rain
}

// each calls yield with the inputs of every link that asked is true of, lead bins ahead; ahead has the shares of the limits that the water will
// leave then.
func (o *outlook) each(lead int, ahead []float32, asked func(l int) bool, yield func(l int, x *[inputs]float32)) {
	m, g, r := o.m, o.m.streets, o.last
	now, then, usual := m.speed[m.at(o.bin)], m.speed[m.at(o.bin+lead)], m.seen[m.at(o.bin)]
	var off, seen, expected, hour float32
	for l := range now {
		off += r.Seen[l] * o.off[fast][l]
		seen += r.Seen[l]
		expected += usual[l]
	}
	off /= max(seen, 1)
	for _, v := range o.rains {
		hour += v / float32(len(o.rains))
	}
	mean := func(v []float32, of []int32) float32 {
		var s, w float32
		for _, k := range of {
			u := r.Seen[k] + 7
			s, w = s+u*v[k], w+u
		}
		return s / max(w, 1)
	}
	less := func(dry []float32, of []int32) (s float32) { // what water takes of the limits, summed
		for _, k := range of {
			s += dry[k] - 1
		}
		return s
	}
	var x [inputs]float32
	for l := range now {
		if !asked(l) {
			continue
		}
		after, before, around := g.after[l], g.before[l], g.around[l]
		more := float32(0)
		for _, k := range after {
			more += r.Seen[k] - usual[k]
		}
		x = [inputs]float32{
			then[l] - now[l], then[l], g.limit[l], g.length[l], float32(o.bin),
			o.off[fast][l], o.off[mid][l], o.off[slow][l], o.trend[l],
			mean(o.off[mid], after), mean(o.off[mid], before), mean(o.off[slow], around), off,
			seen / max(expected, 1), r.Seen[l] - usual[l], r.Seen[l] / (g.length[l] + 20), more, r.Occupied[l],
			hour, r.Rain,
			r.Dry[l] - 1, ahead[l] - 1, o.wet[l], less(r.Dry, after), less(ahead, after),
			less(r.Dry, around) / float32(len(around)+1), less(ahead, around) / float32(len(around)+1),
		}
		yield(l, &x)
	}
}
