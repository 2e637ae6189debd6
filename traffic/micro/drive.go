package micro

import (
	"math"

	"citybrain/traffic/control"
)

// Controlled is a Sim whose lights a control.Drive switches.
type Controlled struct {
	*Sim
	Net  *control.Network
	seen []Seen
	walk []int32 // of each crossing of the street: its crosswalk
}

// Hear implements control.Listener: who has stood at a crosswalk's red the longest.
func (c *Controlled) Hear(o *control.Observation) {
	if c.walk == nil {
		for i := range c.Net.Crosswalks {
			if c.Net.Crosswalks[i].Light >= 0 {
				c.walk = append(c.walk, int32(i))
			}
		}
	}
	for k, x := range c.walk {
		if o.Calls[k] = -1; c.Lit[x]|0x20 != 'g' {
			o.Calls[k] = c.Called(x)
		}
	}
}

// Look implements control.Engine: the vehicles within the network's view of a stop line, and those on every lane.
func (c *Controlled) Look(o *control.Observation) {
	for l := range c.Net.Lanes {
		on, standing := c.Count(int32(l))
		o.Count[l], o.Halted[l] = int32(on), int32(standing)
		ahead := c.Net.Ahead[l]
		if math.IsInf(ahead, 1) {
			continue
		}
		c.seen = c.See(int32(l), c.Net.View-ahead, c.seen[:0])
		for _, v := range c.seen {
			o.Seen[l] = append(o.Seen[l], control.Vehicle{ID: v.ID, Behind: v.Behind, Speed: v.Speed, Length: v.Length, Waited: v.Waited, Next: v.Next, People: v.People})
		}
	}
}

// Show implements control.Engine.
func (c *Controlled) Show(light int32, state []byte) error {
	return c.Input(c.Now(), Lamps{Light: light, State: string(state)})
}
