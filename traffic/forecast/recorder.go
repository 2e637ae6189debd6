package forecast

import (
	"slices"

	"citybrain/city"
)

// A Place is where a vehicle reported from.
type Place struct {
	Link  int32
	Along float64 // m
}

// A Recorder makes records of what vehicles report.
type Recorder struct {
	links              []city.Link
	turns              []city.Turn
	index              city.TurnIndex
	metres, secs, left []float32
}

// NewRecorder returns a recorder of the streets.
func NewRecorder(s *city.Streets) *Recorder {
	return &Recorder{links: s.Links, turns: s.Turns, index: s.IndexTurns(), metres: make([]float32, len(s.Links)), secs: make([]float32, len(s.Links)), left: make([]float32, len(s.Links))}
}

// past is the share of its limit at which a vehicle is taken to drive the beginning of a link: it has just been let go.
const past = 0.7

// Drive takes in that a vehicle went from one place to another in so many seconds. Within a link that is its speed; into the next one, or the
// one after that, it drove what it has of the last one freely, and what it had left of the first one in the rest of the time. What lies further
// apart tells nothing of a link.
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
	way := []int32{to.Link}
	if mid := r.between(from.Link, to.Link); mid == none {
		return
	} else if mid >= 0 {
		way = []int32{mid, to.Link}
	}
	for _, l := range way {
		metres := r.links[l].Length
		if l == to.Link {
			metres = to.Along
		}
		if l != to.Link {
			r.left[l]++
		}
		took := min(metres/(past*r.links[l].Speed), 0.45*seconds)
		r.add(l, metres, took)
		seconds -= took
	}
	r.left[from.Link]++
	r.add(from.Link, max(0, r.links[from.Link].Length-from.Along), seconds)
}

func (r *Recorder) add(l int32, metres, seconds float64) {
	r.metres[l] += float32(metres)
	r.secs[l] += float32(seconds)
}

const (
	next = -1 // the second link follows on the first
	none = -2
)

// between is the link between a and b, or next, or none.
func (r *Recorder) between(a, b int32) int32 {
	for t := r.index[a]; t < r.index[a+1]; t++ {
		if r.turns[t].To == b {
			return next
		}
	}
	for t := r.index[a]; t < r.index[a+1]; t++ {
		mid := r.turns[t].To
		for u := r.index[mid]; u < r.index[mid+1]; u++ {
			if r.turns[u].To == b {
				return mid
			}
		}
	}
	return none
}

// Cut ends a bin.
func (r *Recorder) Cut(occupied, dry []float32, rain float32) Record {
	out := Record{Speed: make([]float32, len(r.links)), Seen: make([]float32, len(r.links)), Left: slices.Clone(r.left), Occupied: occupied, Dry: dry, Rain: rain}
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
