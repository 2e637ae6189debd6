package account

import (
	"math"
	"testing"
	"time"

	"citybrain/city/chance"
)

// Stop lines that discharge 1,450 vehicles an hour and lane, counted by the clock while greens begin at any second of it, some exits full: what is measured is that flow.
func TestSaturationFlowOutOfClockPeriods(t *testing.T) {
	draw := chance.New(7, "test")
	const flow = 1450.0 / 3600
	var list []discharge
	for l := range 40 {
		lost := draw.Between(uint64(l), 0, 0, 4)
		for i := range 30 {
			id := uint64(l)<<8 | uint64(i)
			begun := draw.Between(id, 1, 0, 20)                     // s of green at the period's end
			reported := begun - draw.Between(id, 4, 0, reportEvery) // of them, known of
			j := greens{begun: []time.Time{time.Unix(1000, 0)}}
			d := discharge{Line: int32(l), Green: j.within(0, time.Unix(1000, 0).Add(time.Duration(reported*1e9))), Vehicles: math.Floor(2*flow*math.Max(0, math.Min(loopPeriod, begun)-lost)+draw.Float(id, 2)) / 2}
			if draw.Float(id, 3) < 0.05 { // its exit is full
				d.Vehicles *= 0.3
			}
			if d.Green > 0 {
				list = append(list, d)
			}
		}
	}
	got, se, lines := saturation(list)
	if lines < 35 || se > 30 || math.Abs(got-1450) > 0.05*1450 {
		t.Errorf("%.0f ± %.0f vehicles/h at %d stop lines, it is 1,450", got, se, lines)
	}
	if _, _, lines := saturation(list[:3]); lines != 0 {
		t.Errorf("three periods are %d stop lines", lines)
	}
}
