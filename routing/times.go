package routing

import "citybrain/routing/cch"

// Times sets begin and end, one value a way, to the seconds after which whoever starts at a place is at either end of it: Unreachable
// where no way leads, or it may not be entered. Of the way on which the place lies begin is before the start, negative.
func (w *Weighing) Times(from Place, begin, end []float32) {
	n := len(w.roads.link)
	ways, done := make([]int32, n), make([]uint32, n)
	for i := range ways {
		ways[i] = int32(i)
		begin[i], end[i] = Unreachable, Unreachable
	}
	left := make([]uint32, n)
	for i := range left {
		left[i] = never
	}
	sweep := w.ways.Targets(ways).Sweep()
	starts := w.legs(from, true)
	for _, s := range starts {
		ms, _ := w.entered(s.way)
		first := part(ms, s.share)
		sweep.From(s.way, done)
		for i, d := range done {
			if d < cch.Unreachable && d < never {
				left[i] = min(left[i], first+d)
			}
		}
	}
	for i, d := range left {
		if ms := w.enter[i]; ms != never && d < never {
			begin[i], end[i] = float32(int64(d)-int64(ms))/1000, float32(d)/1000
		}
	}
	for _, s := range starts {
		ms, _ := w.entered(s.way)
		e := part(ms, s.share)
		begin[s.way], end[s.way] = float32(int64(e)-int64(ms))/1000, float32(e)/1000
	}
}

// Ways is how many there are.
func (r *Roads) Ways() int { return len(r.link) }
