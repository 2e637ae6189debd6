package forecast

import (
	"slices"

	"citybrain/city"
)

// A Place is where a vehicle reported from.
type Place struct {
	Link   int32
	Along  float64 // m
	Stands bool    // it did not drive
}

// A Recorder makes records of what vehicles report.
type Recorder struct {
	links              []city.Link
	turns              []city.Turn
	index              city.TurnIndex
	metres, secs, left []float32
	way                [most]int32
}

// NewRecorder returns a recorder of the streets.
func NewRecorder(s *city.Streets) *Recorder {
	return &Recorder{links: s.Links, turns: s.Turns, index: s.IndexTurns(), metres: make([]float32, len(s.Links)), secs: make([]float32, len(s.Links)), left: make([]float32, len(s.Links))}
}

// Drive takes in that a vehicle went from one place to another in so many seconds. Within a link that is its speed. Over at most three turns
// it drove at the limits as far as the time bears it, and what it took longer it waited: before the lights that it has passed, as there are queues,
// and where it stands; if it took less, it was everywhere as much faster. What lies further apart tells nothing of a link.
func (r *Recorder) Drive(from, to Place, seconds float64) {
	if !(seconds > 0 && seconds <= 60) {
		return
	}
	if from.Link == to.Link {
		if to.Along >= from.Along-10 { // places scatter by some metres
			r.add(to.Link, max(0, to.Along-from.Along), seconds)
		}
		return
	}
	turns := r.between(from.Link, to.Link)
	if turns == nil {
		return
	}
	var metres, waits [most + 1]float64 // by link on its way
	var free, lights float64
	for k, t := range turns {
		l := r.turns[t].From
		if metres[k] = r.links[l].Length; k == 0 {
			metres[k] = max(0, metres[k]-from.Along)
		}
		free += metres[k] / r.links[l].Speed
		if r.turns[t].Junction >= 0 {
			waits[k]++
			lights++
		}
	}
	last := len(turns)
	metres[last] = to.Along
	free += to.Along / r.links[to.Link].Speed
	switch {
	case to.Stands && !from.Stands:
		waits = [most + 1]float64{}
		waits[last], lights = 1, 1
	case to.Stands:
		waits[last] = 1
		lights++
	}
	if lights == 0 {
		waits[0], lights = 1, 1
	}
	pace, wait := min(1, seconds/max(free, 0.1)), max(0, seconds-free)
	for k := range last + 1 {
		l := to.Link
		if k < last {
			l = r.turns[turns[k]].From
			r.left[l]++
		}
		r.add(l, metres[k], pace*metres[k]/r.links[l].Speed+wait*waits[k]/lights)
	}
}

func (r *Recorder) add(l int32, metres, seconds float64) {
	r.metres[l] += float32(metres)
	r.secs[l] += float32(seconds)
}

// most is how many turns a vehicle makes at most between two reports that tell something.
const most = 3

// between is the turns by which link b follows on a, the fewest; nil where there are none or more than most.
func (r *Recorder) between(a, b int32) []int32 {
	for n := 1; n <= most; n++ {
		if r.reach(a, b, 0, n) {
			return r.way[:n]
		}
	}
	return nil
}

// reach finds the k-th to the n-th turn of a way that ends on b, and puts them into r.way.
func (r *Recorder) reach(a, b int32, k, n int) bool {
	for t := r.index[a]; t < r.index[a+1]; t++ {
		r.way[k] = t
		if to := r.turns[t].To; k+1 == n && to == b || k+1 < n && r.reach(to, b, k+1, n) {
			return true
		}
	}
	return false
}

// Cut ends a bin.
func (r *Recorder) Cut(occupied, counted, dry []float32, rain float32) Record {
	out := Record{Speed: make([]float32, len(r.links)), Seen: make([]float32, len(r.links)), Left: slices.Clone(r.left), Occupied: occupied, Counted: counted, Dry: dry, Rain: rain}
	for l, s := range r.secs {
		if s > 0 {
			out.Speed[l], out.Seen[l] = min(r.metres[l]/s, float32(r.links[l].Speed)), s
		}
	}
	clear(r.metres)
	clear(r.secs)
	clear(r.left)
	return out
}
