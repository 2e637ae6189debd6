package exchange

import (
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/twin"
	"citybrain/wire/modbus"
	"citybrain/wire/sl651"
)

// telemetry is the water authority's stations on SL 651-2014.
type telemetry struct{ serials map[sl651.Address]*sequence }

func (t *telemetry) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.frames(f, at, buf, sl651.Split, func(b []byte) error {
		frame, err := sl651.Decode(b)
		if err != nil {
			return err
		}
		body, err := frame.Body()
		if err != nil {
			return err
		}
		q := t.serials[frame.Station]
		if q == nil {
			if t.serials == nil {
				t.serials = map[sl651.Address]*sequence{}
			}
			q = &sequence{}
			if _, known := x.stations[string(frame.Station)]; known {
				t.serials[frame.Station] = q
			}
		}
		f.Lost += q.arrive(int(body.Serial), 1, 65535)
		report, ok := body.Content.(sl651.Report)
		if !ok {
			return nil // a keep-alive or an answer
		}
		readings, err := report.Readings()
		if err != nil {
			return err
		}
		for _, r := range readings {
			st := x.stations[string(r.Station)]
			if st == nil {
				return fmt.Errorf("station %s is not in the city pack", r.Station)
			}
			if math.IsNaN(r.Value) {
				continue
			}
			if err := t.reading(x, f, at, st, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *telemetry) reading(x *Exchange, f *feed, at time.Time, st *city.Instrument, r sl651.Reading) error {
	switch {
	case st.Kind == city.RainInstrument && r.ID == sl651.Rain5min:
		if r.Value < 0 || r.Value > 60 {
			return fmt.Errorf("station %s: %g mm of rain in 5 minutes", st.Station, r.Value)
		}
		return x.observeAt(f, at, r.At, URN("RainfallObserved", st.ID), "RainfallObserved", st.At, twin.Number("rainfall5min", r.Value, "MMT", r.At))
	case st.Kind != city.RainInstrument && r.ID == sl651.Stage:
		attr := "waterLevel"
		if st.Kind == city.StreetInstrument {
			attr = "waterDepth"
			if r.Value < 0 || r.Value > 10 {
				return fmt.Errorf("station %s: %g m of water over the street", st.Station, r.Value)
			}
		} else if r.Value < -20 || r.Value > 5000 {
			return fmt.Errorf("station %s: a level of %g m", st.Station, r.Value)
		}
		return x.observeAt(f, at, r.At, URN("WaterObserved", st.ID), "WaterObserved", st.At, twin.Number(attr, r.Value, "MTR", r.At))
	}
	return fmt.Errorf("station %s reports element %02X, which its contract does not have", st.Station, uint16(r.ID))
}

func (t *telemetry) tick(*Exchange, *feed) {}

func (t *telemetry) send(*Exchange, *feed, *Command) (bool, error) { return false, nil }

// plcs is the controllers of pumps and gates on Modbus TCP: read every 30 s, orders written again before their watchdog ends.
type plcs struct {
	next        time.Time
	transaction uint16
	asked       map[uint16]ask
	orders      map[uint8]*Command // in force, by unit
	pumps       map[string]int
	gates       map[string]int
}

type ask struct {
	unit    uint8
	request modbus.Request
	command *Command
}

// watchdog is what an order is given; it is written again every half of it while its command holds.
const watchdog = 4 * time.Minute

func newPLCs(c *city.City) *plcs {
	p := &plcs{asked: map[uint16]ask{}, orders: map[uint8]*Command{}, pumps: map[string]int{}, gates: map[string]int{}}
	for i := range c.Drains.Pumps {
		p.pumps[c.Drains.Pumps[i].ID] = i
	}
	for i := range c.Drains.Gates {
		p.gates[c.Drains.Gates[i].ID] = i
	}
	return p
}

func (p *plcs) tick(x *Exchange, f *feed) {
	if x.now.Before(p.next) {
		return
	}
	p.next = x.now.Add(30 * time.Second)
	read := modbus.Request{Function: modbus.ReadHolding, Address: 0, Quantity: city.PLCReadable}
	for i := range min(len(x.city.Drains.Pumps), city.MaxPumps) {
		p.request(x, f, ask{unit: uint8(city.PumpUnit + i), request: read})
	}
	for i := range min(len(x.city.Drains.Gates), city.MaxGates) {
		p.request(x, f, ask{unit: uint8(city.GateUnit + i), request: read})
	}
	for unit := range 256 {
		c := p.orders[uint8(unit)]
		if c == nil {
			continue
		}
		if !x.now.Before(c.Until) {
			delete(p.orders, uint8(unit)) // the watchdog gives it back to the local programme
			continue
		}
		if x.now.Sub(c.renewed) >= watchdog/2 {
			c.renewed = x.now
			p.order(x, f, uint8(unit), c)
		}
	}
}

func (p *plcs) request(x *Exchange, f *feed, a ask) {
	p.transaction++
	frame, err := modbus.NewRequest(p.transaction, a.unit, a.request)
	var b []byte
	if err == nil {
		b, err = modbus.Append(nil, frame)
	}
	if err != nil {
		x.refuse(f, x.now, nil, "own request: "+err.Error())
		return
	}
	p.asked[p.transaction] = a
	x.write(f, b)
}

func (p *plcs) order(x *Exchange, f *feed, unit uint8, c *Command) {
	value := uint16(city.PLCLocal)
	switch {
	case c.Pump != nil && !c.Pump.Local:
		value = uint16(c.Pump.Units)
	case c.Gate != nil && !c.Gate.Local:
		value = uint16(math.Round(c.Gate.Opening * 100))
	}
	hold := min(watchdog, c.Until.Sub(x.now))
	p.request(x, f, ask{unit, modbus.Request{Function: modbus.WriteRegisters, Address: city.PLCSetOrder, Registers: []uint16{value, uint16(hold / time.Second)}}, c})
}

func (p *plcs) send(x *Exchange, f *feed, c *Command) (bool, error) {
	var unit int
	switch {
	case c.Pump != nil:
		i, ok := p.pumps[c.Pump.ID]
		if !ok {
			return true, fmt.Errorf("no pump station %q", c.Pump.ID)
		}
		if i >= city.MaxPumps {
			return true, fmt.Errorf("pump station %q is number %d; the bus has units for %d", c.Pump.ID, i+1, city.MaxPumps)
		}
		unit = city.PumpUnit + i
	case c.Gate != nil:
		i, ok := p.gates[c.Gate.ID]
		if !ok {
			return true, fmt.Errorf("no gate %q", c.Gate.ID)
		}
		if i >= city.MaxGates {
			return true, fmt.Errorf("gate %q is number %d; the bus has units for %d", c.Gate.ID, i+1, city.MaxGates)
		}
		unit = city.GateUnit + i
	default:
		return false, nil
	}
	p.orders[uint8(unit)] = c
	c.renewed = x.now
	p.order(x, f, uint8(unit), c)
	return true, nil
}

func (p *plcs) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.frames(f, at, buf, modbus.Split, func(b []byte) error {
		frame, err := modbus.Decode(b)
		if err != nil {
			return err
		}
		a, ok := p.asked[frame.Transaction]
		if !ok || a.unit != frame.Unit {
			return fmt.Errorf("an answer to transaction %d of unit %d, which was not asked", frame.Transaction, frame.Unit)
		}
		delete(p.asked, frame.Transaction)
		r, err := frame.Response()
		if err == nil {
			r, err = r.For(a.request)
		}
		if a.command != nil {
			x.acknowledge(a.command, err)
			return err
		}
		if err != nil {
			return err
		}
		return p.state(x, f, at, int(a.unit), r.Registers)
	})
}

func (p *plcs) state(x *Exchange, f *feed, at time.Time, unit int, r []uint16) error {
	d := &x.city.Drains
	order := -1.0
	if r[city.PLCOrder] != city.PLCLocal {
		order = float64(r[city.PLCOrder])
	}
	attrs := []twin.Attribute{twin.Number("flow", float64(r[city.PLCFlow])/1000, "MQS", at), twin.Number("waterLevel", float64(r[city.PLCInner])/100-10, "MTR", at)}
	if i := unit - city.GateUnit; i >= 0 && i < len(d.Gates) {
		g := &d.Gates[i]
		if order > 0 {
			order /= 100
		}
		return x.observeAt(f, at, at, URN("FloodGate", g.ID), "FloodGate", g.At, append(attrs, twin.Number("opening", float64(r[city.PLCRunning])/100, "P1", at), twin.Number("order", order, "C62", at))...)
	}
	i := unit - city.PumpUnit
	if i < 0 || i >= len(d.Pumps) {
		return fmt.Errorf("unit %d is neither a pump station nor a gate", unit)
	}
	if int(r[city.PLCRunning]) > d.Pumps[i].Units {
		return fmt.Errorf("pump station %s: %d of %d units run", d.Pumps[i].ID, r[city.PLCRunning], d.Pumps[i].Units)
	}
	return x.observeAt(f, at, at, URN("PumpStation", d.Pumps[i].ID), "PumpStation", d.Pumps[i].At, append(attrs, twin.Number("unitsRunning", float64(r[city.PLCRunning]), "C62", at), twin.Number("order", order, "C62", at))...)
}
