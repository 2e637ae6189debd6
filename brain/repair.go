package brain

import (
	"fmt"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
)

// faultNames are what controllers report of themselves, in words.
var faultNames = map[string]city.Text{
	"conflict":  {En: "two greens that conflict were lit", Zh: "出现冲突绿灯"},
	"clearance": {En: "a green began before another's clearance was over", Zh: "清空时间不足即放行"},
	"lamp":      {En: "a lamp did not show its yellow", Zh: "黄灯显示异常"},
}

// watchMonitors notices junctions that their own conflict monitor has taken to flashing, and drafts a request to have them mended. The brain
// orders nothing of them until they work again: the equipment's word stands.
func (b *Brain) watchMonitors(s twin.Snapshot) {
	for j := range b.city.Signals {
		was := b.flashing[j]
		if b.flashing[j] = b.est.special[j]; !b.est.special[j] || was {
			continue
		}
		at := &b.city.Signals[j]
		why := city.Text{En: "it does not say why", Zh: "未报告原因"}
		if e, ok := s.Get(exchange.URN("TrafficSignal", at.ID)); ok {
			if k, ok := e.Text("fault"); ok && faultNames[k].En != "" {
				why = faultNames[k]
			}
		}
		b.stats.Flashing++
		name := city.Text{En: orElse(at.Name.In("en"), at.ID), Zh: orElse(at.Name.In("zh"), "路口")}
		d := &Decision{Kind: "repair", Deadline: b.now.Add(30 * time.Minute),
			Title:  city.Text{En: "Have the signals repaired at " + name.En, Zh: "请检修信号机：" + name.Zh},
			Why:    city.Text{En: fmt.Sprintf("Its conflict monitor has it flash yellow: %s. The brain does not order it until it works again.", why.En), Zh: fmt.Sprintf("冲突监视器已将其转为黄闪：%s。恢复前不再下发指令。", why.Zh)},
			IfNot:  city.Text{En: "everybody gives way there until somebody finds it", Zh: "在被发现之前，各方向须相互让行"},
			orders: []exchange.Command{{Repair: &exchange.RepairOrder{Junction: at.ID}, Until: b.now.Add(2 * time.Hour)}}}
		lon, lat := b.city.Frame.WGS84(at.At)
		d.At = &[2]float64{lon, lat}
		b.decide(d)
	}
}
