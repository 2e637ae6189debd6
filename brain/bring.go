package brain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/emergency"
	"citybrain/exchange"
	"citybrain/routing"
	"citybrain/twin"
)

// handOver is the seconds for which a patient keeps a bay that an ambulance brought, on average.
const handOver = 900

// worthTelling is the seconds that another hospital than the crew's own choice must save.
const worthTelling = 60

// ward is a hospital as its centre reports it.
type ward struct {
	id                  string
	name                city.Text
	node                int32
	free, waits, inward int // bays free, ambulances that wait, and those on their way
	bays                int
	diverts             bool
}

// delay is how long an ambulance that comes now waits for a bay, if every bay turns over once in a hand-over.
func (w *ward) delay() float64 {
	before := w.waits + w.inward - w.free + 1
	if before <= 0 {
		return 0
	}
	return float64(before) * handOver / float64(max(1, w.bays))
}

func (b *Brain) wards(s twin.Snapshot, units []unitSeen) []ward {
	var list []ward
	for e := range s.Query(twin.Query{Types: []string{"Hospital"}}) {
		id, ours := strings.CutPrefix(e.ID, exchange.URN("Hospital", ""))
		p, known := b.placeOf[id]
		if !ours || !known || b.city.Places[p].Node < 0 {
			continue
		}
		bays, _ := e.Number("bays")
		taken, _ := e.Number("taken")
		waits, _ := e.Number("waiting")
		diverts, _ := e.Number("diverts")
		w := ward{id: id, name: b.city.Places[p].Name, node: b.city.Places[p].Node, bays: int(bays), free: int(bays - taken), waits: int(waits), diverts: diverts > 0}
		for i := range units {
			if units[i].status == emergency.ToHospital && units[i].hospital == id {
				w.inward++
			}
		}
		list = append(list, w)
	}
	slices.SortFunc(list, func(x, y ward) int { return strings.Compare(x.id, y.id) })
	return list
}

// bring tells ambulances with a patient which hospital has them handed over first: the drive along the roads to come and the wait for a
// bay. Crews go to the nearest that does not turn them away, so that only another one is told. It is advice.
func (b *Brain) bring(s twin.Snapshot, units []unitSeen, calls []callSeen) error {
	var wards []ward
	for i := range units {
		u := &units[i]
		if u.kind != emergency.Ambulance || u.lost || u.status != emergency.OnScene {
			continue
		}
		k := slices.IndexFunc(calls, func(c callSeen) bool { return c.id == u.call })
		if k < 0 || !calls[k].carry || calls[k].unit != u.id {
			continue
		}
		if told, ok := b.calls.brought[u.id]; ok && strings.HasPrefix(told, u.call+" ") && b.now.Unix()%180 >= 5 {
			continue // looked at again every three minutes
		}
		if wards == nil {
			if wards = b.wards(s, units); len(wards) == 0 {
				return nil
			}
		}
		if err := b.tell(u, &calls[k], wards); err != nil {
			return err
		}
	}
	return nil
}

func (b *Brain) tell(u *unitSeen, c *callSeen, wards []ward) error {
	r, err := b.roadsNow()
	if err != nil {
		return err
	}
	type way struct {
		w           *ward
		drive, done float64
	}
	var list []way
	for i := range wards {
		w := &wards[i]
		x := way{w: w}
		if w.node != u.node {
			_, d := r.tree(b, w.node).FromNode(b.leave[u.node], r.seconds)
			if x.drive = float64(d); d >= routing.Closed {
				continue
			}
		}
		if !w.diverts {
			list = append(list, x)
		}
	}
	if len(list) < 2 {
		return nil
	}
	slices.SortStableFunc(list, func(x, y way) int { return cmp.Compare(x.drive, y.drive) })
	own := list[0]
	for i := range list {
		list[i].done = list[i].drive + list[i].w.delay()
	}
	// The forecast of the roads is asked about those that may be the best by the roads of now.
	slices.SortStableFunc(list[1:], func(x, y way) int { return cmp.Compare(x.done, y.done) })
	list = list[:min(3, len(list))]
	for i := range list {
		x := &list[i]
		if _, sec, ok := b.drive(r, u.node, x.w.node, 0); ok {
			x.done += sec - x.drive
			x.drive = sec
		}
	}
	own.done = list[0].done
	told, _ := strings.CutPrefix(b.calls.brought[u.id], c.id+" ")
	for i := range list {
		if told != "" && list[i].w.id == told {
			own = list[i] // where it goes unless it is told again
		}
	}
	slices.SortStableFunc(list, func(x, y way) int { return cmp.Compare(x.done, y.done) })
	best := list[0]
	if best.w == own.w || own.done-best.done < worthTelling {
		if told == "" {
			b.calls.brought[u.id] = c.id + " " // looked at
		}
		return nil
	}
	b.calls.brought[u.id] = c.id + " " + best.w.id
	best.w.inward++
	b.stats.Brought++
	saved := own.done - best.done
	d := &Decision{Kind: "dispatch", Deadline: b.now.Add(time.Minute), Base: b.dispatchBase, With: b.dispatchWith, IfNot: city.Text{En: "the crew drives to the nearest hospital", Zh: "就近送医"},
		Title: city.Text{En: fmt.Sprintf("%s takes its patient to %s", b.unitName(u.id).En, best.w.name.En), Zh: fmt.Sprintf("%s 送%s", b.unitName(u.id).Zh, best.w.name.Zh)},
		Why: city.Text{En: fmt.Sprintf("Handed over in %s; at %s, the nearest, %s later for want of a bay or by the roads.", minutes(best.done), own.w.name.En, minutes(saved)),
			Zh: fmt.Sprintf("预计 %s 后交接；最近的%s因床位或路况晚 %s。", minutes(best.done), own.w.name.Zh, minutes(saved))},
		orders: []exchange.Command{{Bring: &exchange.BringOrder{Unit: u.id, Hospital: best.w.id}, Until: b.now.Add(2 * time.Minute)}}}
	lon, lat := b.city.Frame.WGS84(u.at)
	d.At = &[2]float64{lon, lat}
	b.decide(d)
	return nil
}
