package brain

import (
	"context"
	"fmt"
	"time"

	"citybrain/city"
	"citybrain/emergency/evacuation"
	"citybrain/exchange"
	"github.com/paulmach/orb"
)

// evacuateEvery is how often evacuations are planned anew while the forecasts change; changed is by how many people a plan must differ
// from the last one proposed to be proposed again.
const (
	evacuateEvery = 10 * time.Minute
	changed       = 0.2
)

// An EvacuationStep is people of a block who should leave for a shelter.
type EvacuationStep struct {
	Block   string   `json:"block"`
	Shelter string   `json:"shelter"`
	LeaveS  float64  `json:"leave_s"` // from when the decision was made
	ArriveS float64  `json:"arrive_s"`
	People  float64  `json:"people"`
	Roads   []string `json:"roads"`

	zone, place int     // of the city's
	way         []int32 // links
}

// proposeEvacuation plans who should leave before the water that the newest forecast expects, and proposes it: people decide.
func (b *Brain) proposeEvacuation(ctx context.Context) error {
	if b.fan == nil || b.water == nil || b.halted || b.fan.Issued.Equal(b.evacuated) {
		return nil
	}
	br, ok := b.twin.Branch(b.fan.Branch)
	if !ok {
		return nil
	}
	snap, grid, c, from := br.Snapshot(), b.water.Grid(), b.city, b.now
	a := evacuation.Usual
	frames := [][]float32{}
	for s := 0.0; s <= a.Horizon; s += a.Look {
		f, _, ok := snap.FieldAt("waterDepth", "city", from.Add(time.Duration(s)*time.Second))
		if !ok || len(f) != grid.Cells() {
			return nil
		}
		frames = append(frames, f)
	}
	b.evacuated = b.fan.Issued
	var k *evacuation.Case
	var plan *evacuation.Plan
	branch := b.fan.Branch
	return b.ponder(ctx, thought{"evacuation", func(context.Context) (err error) {
		k = evacuation.Of(c, func(at orb.Point, s float64) float64 {
			t := c.Terrain.Index(at)
			if i := grid.Index(at); i >= 0 && t >= 0 && !c.Terrain.River[t] {
				return float64(frames[min(int(s/a.Look), len(frames)-1)][i])
			}
			return 0
		}, a)
		if len(k.Blocks) > 0 {
			plan, err = evacuation.Make(&k.Problem)
		}
		return err
	}, func() error {
		withdraw := func() { // one that is open is about a forecast that has changed
			for _, d := range b.decisions {
				if d.Kind == "evacuation" && d.State == string(exchange.Proposed) {
					d.State = string(exchange.Expired)
					b.record(d)
				}
			}
		}
		if plan == nil { // no block is reached any more
			b.evacuating = 0
			withdraw()
			return nil
		}
		people, stranded := 0.0, 0.0
		for i := range k.Blocks {
			people, stranded = people+k.Blocks[i].People, stranded+plan.Stranded[i]
		}
		if d := people - b.evacuating; d < changed*b.evacuating && -d < changed*b.evacuating {
			return nil
		}
		b.evacuating = people
		withdraw()
		led := people - stranded // of one plan: no interval is known
		d := &Decision{Kind: "evacuation", Deadline: b.now.Add(20 * time.Minute), Base: branch, With: branch, Expected: &Effect{Unit: "people", Mean: led, P05: led, P95: led}}
		for i := range plan.Departures {
			x := &plan.Departures[i]
			step := EvacuationStep{Block: k.Blocks[x.Block].Name, Shelter: k.Shelters[x.Shelter].Name, LeaveS: x.Leave, ArriveS: x.Arrive, People: x.People, zone: k.Zones[x.Block], place: k.Places[x.Shelter]}
			for _, r := range x.Way {
				step.way = append(step.way, k.Links[r])
				step.Roads = append(step.Roads, c.Streets.Links[k.Links[r]].ID)
			}
			d.Leaving = append(d.Leaving, step)
		}
		least := k.Blocks[0].By
		for _, x := range k.Blocks {
			least = min(least, x.By)
		}
		lon, lat := c.Frame.WGS84(c.Zones[k.Zones[0]].At)
		d.At = &[2]float64{lon, lat}
		d.Title = city.Text{En: fmt.Sprintf("Evacuate %.0f people of %d blocks", people, len(k.Blocks)), Zh: fmt.Sprintf("转移%d个片区%.0f人", len(k.Blocks), people)}
		d.Why = city.Text{En: fmt.Sprintf("The first must be out within %.0f min; the last arrives after %.0f min; %.0f find no way in time.", least/60, plan.Last/60, stranded), Zh: fmt.Sprintf("最早须在%.0f分钟内转移；最后一批%.0f分钟到达；%.0f人来不及。", least/60, plan.Last/60, stranded)}
		d.IfNot = city.Text{En: "they stay where water is expected", Zh: "留在预计积水区"}
		b.decide(d)
		return nil
	}})
}
