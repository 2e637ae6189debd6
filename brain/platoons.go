package brain

import (
	"math"

	"citybrain/city"
	"citybrain/traffic/horizon"
)

// platoons follows those who leave lights on their way to the next ones. Detectors tell how many come to an approach of late; who was let go
// upstream, and when, tells how they are spread over the seconds.
type platoons struct {
	net  *horizon.Network
	next [][]onward  // by queue: where those who leave it come to lights again
	ring [][]float64 // by link: vehicles let go upstream that will be at its end, by block from at on
	at   int
	mean []float64 // vehicles in a block, of late
}

// An onward is that of those who leave a queue by a turn some come to the end of a link.
type onward struct {
	turn  int32
	via   []int32
	link  int32
	after int // blocks
}

const (
	block5      = 5    // s of a block
	ringBlocks  = 64   // that are known ahead
	platoonPace = 0.03 // of a block in the mean
	platooned   = 0.7  // of those who come to an approach behind lights come as they were let go, the others at any time: who turns in from side streets
	sharpest    = 6    // times the mean that is believed of a platoon
)

func newPlatoons(c *city.City) *platoons {
	n := len(c.Streets.Links)
	p := &platoons{net: horizon.NewNetwork(c), next: make([][]onward, horizon.Slots(c)), ring: make([][]float64, n), mean: make([]float64, n)}
	for j := range c.Signals {
		for _, l := range city.Approaches(&c.Signals[j]) {
			for _, g := range p.net.Gates(l) {
				turn := &c.Streets.Turns[g.Turn]
				from := horizon.Slot(&c.Streets.Links[turn.From], turn.From, turn.Kind)
				p.next[from] = append(p.next[from], onward{g.Turn, g.Via, l, min(ringBlocks-1, int(math.Round(float64(g.After)/block5)))})
				p.ring[l] = make([]float64, ringBlocks)
			}
		}
	}
	return p
}

// tick goes on by a block.
func (p *platoons) tick(q *queues) {
	for _, l := range q.links {
		if r := p.ring[l]; r != nil {
			r[p.at] = 0
			v := r[(p.at+1)%ringBlocks]
			p.mean[l] += platoonPace * (v - p.mean[l])
		}
	}
	p.at = (p.at + 1) % ringBlocks
}

// leave takes in that vehicles leave link l's queue of kind k now.
func (p *platoons) leave(q *queues, l int32, k int, vehicles float64) {
	for _, o := range p.next[int(l)*3+k] {
		f := vehicles * q.within(o.turn)
		for _, t := range o.via {
			f *= q.shareOf(t)
		}
		p.ring[o.link][(p.at+o.after)%ringBlocks] += f
	}
}

// correct takes in that vehicles more left link l's queue of kind k, in the period that was counted, than was thought.
func (p *platoons) correct(q *queues, l int32, k int, vehicles float64) {
	if q.one(l) {
		k = 1
	}
	for _, o := range p.next[int(l)*3+k] {
		f := vehicles * q.within(o.turn)
		for _, t := range o.via {
			f *= q.shareOf(t)
		}
		at := p.at + max(1, o.after-countedAgo)
		p.ring[o.link][at%ringBlocks] += f
	}
}

// countedAgo is how many blocks ago those who were counted left, on average.
const countedAgo = 2

// now is what of rate, vehicles/s that come to link l of late, comes in this block.
func (p *platoons) now(l int32, rate float64) float64 {
	return p.ahead(l, rate, p.scale(l, rate), 0)
}

// ahead is the same of the block after blocks, by what scale says.
func (p *platoons) ahead(l int32, rate, scale float64, blocks int) float64 {
	if scale == 0 {
		return rate
	}
	return (1-platooned)*rate + scale*math.Max(0, math.Min(p.ring[l][(p.at+blocks)%ringBlocks], sharpest*p.mean[l]))/block5
}

// scale is how many come to link l for each who is let go to it upstream, as far as platoons tell; 0: they tell nothing.
func (p *platoons) scale(l int32, rate float64) float64 {
	if p.ring[l] == nil || p.mean[l] < 0.02 {
		return 0
	}
	return math.Min(3, platooned*rate*block5/p.mean[l])
}

// unseen works out what comes to a link without a detector: the reporting vehicles that come stand for all, but they are few; who is let
// go upstream stands for as much.
func (q *queues) unseen(l int32) {
	q.told[l] += toldPace * (q.crossed[l]/probeEvery.Seconds() - q.told[l])
	q.arriving[l] = q.told[l]
	if q.platoons.ring[l] != nil {
		q.arriving[l] = 0.5*q.told[l] + 0.5*q.platoons.mean[l]/block5
	}
}

// toldPace is the weight of 15 s in what reporting vehicles tell of arrivals.
const toldPace = 0.02

// shareOf is the share of its link's vehicles that make turn t.
func (q *queues) shareOf(t int32) float64 {
	turn := &q.city.Streets.Turns[t]
	return q.part[t] * q.share(turn.From, kindOf(turn.Kind))
}

// within is the share of those who leave turn t's queue that make it.
func (q *queues) within(t int32) float64 {
	if q.one(q.city.Streets.Turns[t].From) {
		return q.shareOf(t)
	}
	return q.part[t]
}

// parts is what of the turns of its kind off its link each turn is taken to be: nobody tells them apart.
func parts(s *city.Streets) []float64 {
	usual := [...]float64{city.Straight: 1, city.Left: 1, city.Right: 1, city.UTurn: 0.1}
	list, all := make([]float64, len(s.Turns)), make([][3]float64, len(s.Links))
	for t := range s.Turns {
		list[t] = usual[s.Turns[t].Kind]
		all[s.Turns[t].From][kindOf(s.Turns[t].Kind)] += list[t]
	}
	for t := range s.Turns {
		list[t] /= all[s.Turns[t].From][kindOf(s.Turns[t].Kind)]
	}
	return list
}
