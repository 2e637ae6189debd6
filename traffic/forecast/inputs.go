package forecast

import "math"

// inputs is how many values a tree may ask about.
const inputs = 42

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
	full  [3][]float32                // how much more than usual loops are covered, of late: in this bin, fading over 3, over 10
	busy  [3][]float32                // the same of what they count, as a share of what is usual
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
	for k := range o.full {
		o.full[k], o.busy[k] = make([]float32, n), make([]float32, n)
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
	usual := o.m.at(bin)
	profile := usual.speed
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
	covered, counted := usual.covered, usual.counted
	for k, keep := range [...]float32{0, 0.7, 0.9} {
		for l := range covered {
			more, busier := float32(0), float32(0)
			if r.Occupied[l] >= 0 {
				more = r.Occupied[l] - max(covered[l], 0)
			}
			if r.Counted[l] >= 0 {
				busier = (r.Counted[l] - max(counted[l], 0)) / (max(counted[l], 0) + 3)
			}
			o.full[k][l] += (1 - keep) * (more - o.full[k][l])
			o.busy[k][l] += (1 - keep) * (busier - o.busy[k][l])
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
	here, there := m.at(o.bin), m.at(o.bin+lead)
	now, then, usual := here.speed, there.speed, here.seen
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
			o.full[0][l], o.full[1][l], o.full[2][l], o.busy[0][l], o.busy[1][l], o.busy[2][l],
			mean(o.full[1], after), mean(o.full[1], before), mean(o.full[1], around), mean(o.busy[1], after), mean(o.busy[1], before), mean(o.busy[1], around),
			there.covered[l] - here.covered[l], there.covered[l], there.counted[l] - here.counted[l],
		}
		yield(l, &x)
	}
}
