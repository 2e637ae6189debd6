package brain

import (
	"fmt"
	"math"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/twin"
)

// A LoopState is what the brain holds a loop to be.
type LoopState uint8

const (
	LoopSound  LoopState = iota
	LoopDead             // vehicles pass that it does not count
	LoopStuck            // the same, and it says that one stands on it all the time
	LoopMisses           // it counts too few
	LoopDouble           // it counts too many
	LoopSilent           // it does not report
)

func (s LoopState) String() string {
	return [...]string{"sound", "dead", "stuck", "misses", "double", "silent"}[s]
}

// loopStateNames are a loop's faults as people say them.
var loopStateNames = [...]city.Text{{En: "sound", Zh: "正常"}, {En: "counts nobody", Zh: "无计数"}, {En: "stuck at occupied", Zh: "常占不放"}, {En: "misses vehicles", Zh: "漏计"}, {En: "counts vehicles twice", Zh: "重计"}, {En: "does not report", Zh: "无上报"}}

// loopGain are the hypotheses: the share of the true count that a loop reports under each.
var loopGain = [...]float64{LoopSound: 0.98, LoopDead: 0, LoopStuck: 0, LoopMisses: 0.45, LoopDouble: 1.8}

// How loops are judged. Each minute each loop's count is held against the reporting vehicles that crossed it, of which a known share of
// all are: how much likelier is what was seen under a fault than from a sound loop? Cumulated (Page 1954), the logarithm of that is a
// score; one over guilty leaves the loop out, and as much in its favour, pardon, takes it in again. Two more things speak of a loop that
// counts twice: more than its lanes can carry, and counts of a few that are hardly ever odd.
const (
	guilty  = 9.0
	pardon  = 8.0
	stray   = 0.01  // reporting vehicles a minute that are taken for crossing where none did, by wrong places
	most    = 3.0   // of one minute's score, either way: places come late and in heaps
	learn   = 0.04  // of a loop's own reporting vehicles, each minute
	jammed  = 4.0   // score of a minute in which more were counted than the lanes can carry
	few     = 4     // up to so many in a report their parity tells: odd ones are three in five of a sound loop's, one in five where they come in pairs
	oddLog  = -1.04 // log 0.22/0.62 …
	evenLog = 0.72  // … and log 0.78/0.38
	quiet   = 3     // minutes without a report, after which a loop is silent
	fullFor = 8     // minutes covered throughout without anyone counted, after which a loop is stuck even where no reporting vehicle passes
)

// A loopSeen is a loop as the brain knows it.
type loopSeen struct {
	junction int32
	link     int32
	lanes    city.LaneGroup
	width    float64 // lanes that it watches
	entry    bool

	state LoopState
	since time.Time // when the evidence began …
	found time.Time // … and was enough
	begun [5]time.Time
	score [5]float64
	good  float64 // score in favour of one that is left out

	reports, counted, seen float64 // since it was last judged: reports, vehicles by it, and reporting vehicles
	covered                float64 // the least share of a report that it was covered
	pairs                  float64 // since then: what its counts themselves say of counting twice, as a score
	silent                 int     // minutes
	pace                   float64 // reporting vehicles a minute that cross it
	full                   int     // minutes
}

// detectors are all loops of a city, and what is thought of them.
type detectors struct {
	loops []loopSeen
	at    [][3]int32 // by link and kind of turn, -1; a loop of all lanes is the first
	of    [][]int32  // by junction, in the order of their numbers
	share [2]float64 // of vehicles that report, at stop lines and setbacks, and at entries
	fresh []int32    // changed in this minute
}

func newDetectors(c *city.City) *detectors {
	d := &detectors{at: make([][3]int32, len(c.Streets.Links)), of: make([][]int32, len(c.Signals)), share: [2]float64{probeShare, probeShare}}
	for l := range d.at {
		d.at[l] = [3]int32{-1, -1, -1}
	}
	for j := range c.Signals {
		for _, k := range city.Loops(&c.Streets, &c.Signals[j]) {
			link := &c.Streets.Links[k.Link]
			x := loopSeen{junction: int32(j), link: k.Link, lanes: k.Lanes, width: 1, entry: link.Detector == city.DetectorEntry, pace: 0.3, covered: 1}
			for _, t := range k.Turns {
				x.width = math.Max(x.width, float64(c.Streets.Turns[t].Lanes))
			}
			if k.Lanes == city.AllLanes {
				x.width = float64(link.Lanes)
			}
			d.at[k.Link][max(0, int(k.Lanes)-1)] = int32(len(d.loops))
			d.of[j] = append(d.of[j], int32(len(d.loops)))
			d.loops = append(d.loops, x)
		}
	}
	return d
}

// believed reports whether what the loop of kind k at link l says is used.
func (d *detectors) believed(l int32, k int) bool {
	i := d.at[l][k]
	return i < 0 || d.loops[i].state == LoopSound
}

// blind reports whether link l has no loop that is believed.
func (d *detectors) blind(l int32) bool {
	for _, i := range d.at[l] {
		if i >= 0 && d.loops[i].state == LoopSound {
			return false
		}
	}
	return true
}

// count takes in what a loop reports.
func (d *detectors) count(l int32, k int, r reading) {
	if i := d.at[l][k]; i >= 0 && !math.IsNaN(r.volume) {
		x := &d.loops[i]
		x.reports++
		x.counted += r.volume
		x.covered = math.Min(x.covered, r.occupied)
		if x.lanes != city.AllLanes && r.volume > city.SaturationFlow*detectorPeriod*x.width+x.width+2 { // and a platoon that comes at green
			x.pairs += jammed
		}
		switch {
		case r.volume == 0 || r.volume > few:
		case math.Mod(r.volume, 2) == 1:
			x.pairs += oddLog
		default:
			x.pairs += evenLog
		}
	}
}

// crossed takes in a reporting vehicle that made turn t.
func (d *detectors) crossed(c *city.City, t int32) {
	turn := &c.Streets.Turns[t]
	if i := d.at[turn.To][0]; i >= 0 && d.loops[i].entry {
		d.loops[i].seen++
	}
	g := city.GroupOf(&c.Streets.Links[turn.From], turn.Kind)
	if i := d.at[turn.From][max(0, int(g)-1)]; i >= 0 && !d.loops[i].entry {
		d.loops[i].seen++
	}
}

// judge weighs a minute's evidence of every loop; what changed is in fresh.
func (d *detectors) judge(now time.Time) {
	d.fresh = d.fresh[:0]
	var seen, counted [2]float64
	for i := range d.loops {
		x := &d.loops[i]
		if x.silent++; x.reports > 0 {
			x.silent = 0
			if x.state == LoopSound {
				k := btoi(x.entry)
				seen[k], counted[k] = seen[k]+x.seen, counted[k]+x.counted
			}
			if d.weigh(x, now) {
				d.fresh = append(d.fresh, int32(i))
			}
		} else if x.silent == quiet && x.state != LoopSilent {
			x.state, x.since, x.found = LoopSilent, now.Add(-quiet*time.Minute), now
			d.fresh = append(d.fresh, int32(i))
		}
		x.pace += learn * (x.seen - x.pace)
		x.reports, x.counted, x.seen, x.covered, x.pairs = 0, 0, 0, 1, 0
	}
	for k := range d.share {
		if counted[k] > 200 { // in a minute, in a city large enough to tell
			d.share[k] += 0.02 * (seen[k]/counted[k] - d.share[k])
		}
	}
}

// weigh weighs a loop's evidence of a minute, and reports whether it is held to be something else now.
func (d *detectors) weigh(x *loopSeen, now time.Time) bool {
	share := d.share[btoi(x.entry)]
	against := func(mean float64) float64 { // the logarithm of how likely it is that so many reporting vehicles crossed
		return x.seen*math.Log(mean) - mean
	}
	sound := against(share*x.counted/loopGain[LoopSound] + stray)
	silent := x.counted == 0
	if x.full++; !silent || x.covered < 0.99 {
		x.full = 0
	}
	for s := LoopDead; s <= LoopDouble; s++ {
		e := 0.0
		switch {
		case s == LoopDead || s == LoopStuck:
			if !silent || (s == LoopStuck) != (x.covered >= 0.99) {
				e = -most
				break
			}
			e = against(math.Max(x.pace, 0.1)+stray) - sound
		default:
			e = against(share*x.counted/loopGain[s]+stray) - sound
		}
		if e = math.Max(-most, math.Min(most, e)); s == LoopDouble {
			e += x.pairs
		}
		if x.state == s {
			x.good = math.Max(0, x.good-e)
		}
		if x.score[s] <= 0 {
			x.begun[s] = now
		}
		x.score[s] = math.Max(0, math.Min(2*guilty, x.score[s]+e))
	}
	if x.full >= fullFor {
		x.score[LoopStuck] = 2 * guilty
	}
	if x.state != LoopSound {
		if x.state != LoopSilent && x.good < pardon {
			return false
		}
		*x = loopSeen{junction: x.junction, link: x.link, lanes: x.lanes, width: x.width, entry: x.entry, pace: x.pace, covered: 1, counted: x.counted, seen: x.seen}
		return true
	}
	for s := LoopDead; s <= LoopDouble; s++ {
		if x.score[s] >= guilty {
			x.state, x.since, x.found, x.good = s, x.begun[s], now, 0
			return true
		}
	}
	return false
}

// judgeDetectors leaves loops out that are not to be believed, and takes in again those that are; each is a fact of its approach in the
// twin, and those of a minute are one entry in the log of decisions.
func (b *Brain) judgeDetectors() error {
	d := b.est.detectors
	d.judge(b.now)
	if len(d.fresh) == 0 {
		return nil
	}
	zone, err := time.LoadLocation(b.city.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	var out, in []string
	var outZh, inZh []string
	var changes []twin.Change
	for _, i := range d.fresh {
		x := &d.loops[i]
		link, at := &b.city.Streets.Links[x.link], &b.city.Signals[x.junction]
		en := fmt.Sprintf("%s at %s, %s", orElse(link.Name.In("en"), link.ID), orElse(at.Name.In("en"), at.ID), laneNames[x.lanes].En)
		zh := fmt.Sprintf("%s（%s，%s）", orElse(link.Name.In("zh"), "无名路"), orElse(at.Name.In("zh"), "路口"), laneNames[x.lanes].Zh)
		if x.state == LoopSound {
			b.stats.LoopsBack++
			in, inZh = append(in, en), append(inZh, zh)
		} else {
			b.stats.LoopsOut++
			since := x.since.In(zone)
			out = append(out, fmt.Sprintf("%s: %s since %s", en, loopStateNames[x.state].En, since.Format("15:04")))
			outZh = append(outZh, fmt.Sprintf("%s：%s，自%s起", zh, loopStateNames[x.state].Zh, since.Format("15:04")))
		}
		when := x.since
		if x.state == LoopSound {
			when = b.now
		}
		changes = append(changes, twin.Set(b.est.flowURN[x.link], "TrafficFlowObserved", twin.Text("detector"+x.lanes.String(), x.state.String(), when)))
		changes[len(changes)-1].Origin = twin.Edit
	}
	if _, err := b.main.Apply(changes...); err != nil {
		return fmt.Errorf("brain: detectors: %w", err)
	}
	note := func(title, why, ifNot city.Text) {
		dec := &Decision{Kind: "detector", Deadline: b.now, Title: title, Why: why, IfNot: ifNot}
		b.note(dec, b.city.Signals[d.loops[d.fresh[0]].junction].At)
	}
	if n := len(out); n > 0 {
		note(city.Text{En: "Leave out " + counted(n, "detector"), Zh: fmt.Sprintf("停用%d个检测器的数据", n)}, city.Text{En: strings.Join(out, "; ") + ".", Zh: strings.Join(outZh, "；") + "。"},
			city.Text{En: "queues would be estimated by what these report", Zh: "将按其错误数据估计排队"})
	}
	if n := len(in); n > 0 {
		note(city.Text{En: "Believe " + counted(n, "detector") + " again", Zh: fmt.Sprintf("恢复采用%d个检测器的数据", n)}, city.Text{En: strings.Join(in, "; ") + ".", Zh: strings.Join(inZh, "；") + "。"},
			city.Text{En: "their approaches would stay without a detector", Zh: "相应进口将继续缺少检测数据"})
	}
	return nil
}

// laneNames are groups of lanes as people say them.
var laneNames = [...]city.Text{{En: "all lanes", Zh: "全部车道"}, {En: "left lanes", Zh: "左转车道"}, {En: "straight lanes", Zh: "直行车道"}, {En: "right lanes", Zh: "右转车道"}}

// LanesName is a group of lanes in words.
func LanesName(g city.LaneGroup) city.Text { return laneNames[g] }

// counted is so many of a thing in English.
func counted(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// A LoopNow is a loop of a junction and what is thought of it.
type LoopNow struct {
	Link  int32
	Lanes city.LaneGroup
	State LoopState
	Since time.Time // of a fault: when its evidence began …
	Found time.Time // … and was enough
}

// Loops lists junction j's loops, in the order of their numbers.
func (b *Brain) Loops(j int) []LoopNow {
	var list []LoopNow
	for _, i := range b.est.detectors.of[j] {
		x := &b.est.detectors.loops[i]
		list = append(list, LoopNow{x.link, x.lanes, x.state, x.since, x.found})
	}
	return list
}

// Name is a loop's state in words.
func (s LoopState) Name() city.Text { return loopStateNames[s] }
