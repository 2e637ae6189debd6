package brain

import (
	"math"
	"slices"
	"time"
)

// A Passage sums up how long vehicles took for a link from its beginning to its end, those that left it by one turn.
type Passage struct {
	Vehicles         float64
	Seconds, Squares float64 // sums over them, s and s²
}

// Mean is the mean time, s; NaN: nobody drove it.
func (p Passage) Mean() float64 { return p.Seconds / p.Vehicles }

// Add counts a vehicle that took seconds.
func (p *Passage) Add(seconds float64) {
	p.Vehicles++
	p.Seconds += seconds
	p.Squares += seconds * seconds
}

// Less takes earlier off what was counted later.
func (p Passage) Less(earlier Passage) Passage {
	return Passage{p.Vehicles - earlier.Vehicles, p.Seconds - earlier.Seconds, p.Squares - earlier.Squares}
}

// Passages returns, by turn, how long the reporting vehicles took since the start for whole links. Journeys' first and last links are
// not among them.
func (b *Brain) Passages() []Passage { return slices.Clone(b.est.passages) }

// longestGap is the seconds between two reports of a vehicle beyond which its way is not filled in.
const longestGap = 60

// pass takes in a reporting vehicle that was seen on link was.link and next on link now.link, which it reached by turns; it returns when it
// crossed onto that, zero where it is not known. Between two reports, 15 s apart, a vehicle that moves at the second one has
// moved so since it crossed; one that stands came at the pace of its link before it stood (travel times of links out of sparse reports: Hellinga et al. 2008).
func (e *estimate) pass(was, now probe, turns []int32) time.Time {
	s := &e.city.Streets
	gap := now.at.Sub(was.at).Seconds()
	if len(turns) == 0 || gap <= 0 || gap > longestGap {
		return time.Time{}
	}
	free := func(l int32, metres float64) float64 { return metres / s.Links[l].Speed }
	// Seconds after was.at: of the first stop line at the earliest, of the last one at the latest.
	first := math.Min(gap, free(was.link, math.Max(0, s.Links[was.link].Length-was.along)))
	between := 0.0
	for _, t := range turns[1:] {
		between += free(s.Turns[t].From, s.Links[s.Turns[t].From].Length)
	}
	last := gap - free(now.link, now.along)
	if now.speed > 1 {
		last = gap - now.along/now.speed
	}
	first = math.Min(first, math.Max(0, gap-between))
	last = math.Max(first+math.Min(between, gap-first), math.Min(gap, last))
	if now.speed <= 1 && was.speed <= 1 {
		last = math.Max(first+between, (first+between+last)/2) // it left one queue for another, at a time that nobody knows
	}
	at := func(seconds float64) time.Time {
		return was.at.Add(time.Duration(seconds * float64(time.Second)))
	}
	// Whoever was seen to move got to the stop line and went on; what is left of the gap was spent in the links between, by their lengths.
	crossed := math.Max(first, last-between)
	if len(turns) > 1 && was.speed > 1 {
		crossed = first
	}
	if !was.entered.IsZero() {
		e.passages[turns[0]].Add(at(crossed).Sub(was.entered).Seconds())
	}
	for _, t := range turns[1:] {
		part := (last - crossed) / float64(len(turns)-1)
		if between > 0 {
			l := s.Turns[t].From
			part = (last - crossed) * free(l, s.Links[l].Length) / between
		}
		e.passages[t].Add(part)
	}
	return at(last)
}

// Filled returns the share of link l's storage that is taken, as the reporting vehicles tell.
func (b *Brain) Filled(l int32) float64 { return b.est.Filled(l) }

// Vehicles further than openRoad from both ends of a link, m, and faster than half the limit are taken to be held up by nobody. Shares of the limit are
// counted in bins of 1/paceBin.
const (
	openRoad = 60
	paceBin  = 50
	paceBins = 2 * paceBin
	// leastPaces is how many reports a free speed is taken from.
	leastPaces = 200
)

// unhindered notes the speed of a reporting vehicle where nothing holds it up.
func (e *estimate) unhindered(p probe) {
	l := &e.city.Streets.Links[p.link]
	share := p.speed / l.Speed
	if p.along > openRoad && l.Length-p.along > openRoad && share > 0.5 {
		e.paces[l.Class][min(paceBins-1, int(share*paceBin+0.5))]++
	}
}

// FreeSpeeds returns, by class of road, the median speed since the start of the reporting vehicles that nothing held up, as a share of the limit; 0 where
// too few were seen.
func (b *Brain) FreeSpeeds() []float64 {
	list := make([]float64, len(b.est.paces))
	for class := range list {
		n, half := uint32(0), uint32(0)
		for _, k := range b.est.paces[class] {
			n += k
		}
		if n < leastPaces {
			continue
		}
		for i, k := range b.est.paces[class] {
			if half += k; 2*half >= n {
				list[class] = float64(i) / paceBin
				break
			}
		}
	}
	return list
}
