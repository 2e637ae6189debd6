package world

import (
	"math"
	"time"

	"citybrain/city"
	"citybrain/flood"
	"citybrain/wire/modbus"
)

// plcs is the controllers of pumps and gates on Modbus TCP. An order holds until its watchdog runs out; then the local
// programme goes on.
type plcs struct {
	line
	buf   []byte
	until map[uint8]time.Duration // by unit: when the order in force ends
}

// maxWatchdog bounds how long an order may hold without being written again.
const maxWatchdog = 30 * time.Minute

func newPLCs(w *World) *plcs {
	return &plcs{line: newLine(w.cfg.Seed, "water/modbus", 0.1, 0, 0), until: map[uint8]time.Duration{}}
}

func (p *plcs) tick(w *World) {
	for i := range min(len(w.city.Drains.Pumps), city.MaxPumps) {
		if u := uint8(city.PumpUnit + i); p.until[u] != 0 && p.until[u] <= w.now {
			p.until[u] = 0
			p.order(w, flood.PumpOrder{Pump: i, Units: flood.Auto})
		}
	}
	for i := range min(len(w.city.Drains.Gates), city.MaxGates) {
		if u := uint8(city.GateUnit + i); p.until[u] != 0 && p.until[u] <= w.now {
			p.until[u] = 0
			p.order(w, flood.GateOrder{Gate: i, Opening: flood.Auto})
		}
	}
}

func (p *plcs) order(w *World, ev flood.Event) bool { return w.water.Input(w.water.Now(), ev) == nil }

func (p *plcs) receive(w *World, b []byte) {
	p.buf = append(p.buf, b...)
	for {
		raw, _, n := modbus.Split(p.buf)
		p.buf = p.buf[n:]
		if raw == nil {
			return
		}
		f, err := modbus.Decode(raw)
		if err != nil {
			continue
		}
		out, err := p.answer(w, f)
		if err == nil {
			var bytes []byte
			if bytes, err = modbus.Append(nil, out); err == nil {
				p.send(w, bytes, true)
			}
		}
		if err != nil {
			panic("world: a controller composed an answer that its own protocol refuses: " + err.Error())
		}
	}
}

func (p *plcs) answer(w *World, f modbus.Frame) (modbus.Frame, error) {
	q, err := f.Request()
	if err != nil {
		return f.Answer(modbus.IllegalValue)
	}
	regs, ok := p.registers(w, f.Unit)
	if !ok {
		return f.Answer(modbus.GatewayTarget)
	}
	switch q.Function {
	case modbus.ReadHolding:
		if int(q.Address)+int(q.Quantity) > len(regs) {
			return f.Answer(modbus.IllegalAddress)
		}
		return modbus.NewResponse(f, modbus.Response{Function: q.Function, Registers: regs[q.Address : q.Address+q.Quantity]})
	case modbus.WriteRegisters:
		if q.Address != city.PLCSetOrder || len(q.Registers) != 2 {
			return f.Answer(modbus.IllegalAddress)
		}
		if !p.obey(w, f.Unit, q.Registers[0], time.Duration(q.Registers[1])*time.Second) {
			return f.Answer(modbus.IllegalValue)
		}
		return modbus.NewResponse(f, modbus.Response{Function: q.Function, Address: q.Address, Quantity: 2})
	}
	return f.Answer(modbus.IllegalFunction)
}

// registers returns what unit shows.
func (p *plcs) registers(w *World, unit uint8) ([]uint16, bool) {
	left := uint16(max(0, (p.until[unit] - w.now).Seconds()))
	level := func(m float64) uint16 { return uint16(math.Round((m + 10) * 100)) }
	d := &w.city.Drains
	if i := int(unit) - city.GateUnit; i >= 0 && i < len(d.Gates) {
		g := w.water.Gate(i)
		order := uint16(city.PLCLocal)
		if g.Order != flood.Auto {
			order = uint16(math.Round(g.Order * 100))
		}
		return []uint16{100, uint16(math.Round(g.Opening * 100)), order, uint16(math.Min(65535, g.Flow*1000)), level(w.water.CreekLevel(int(d.Gates[i].Creek))), left}, true
	}
	if i := int(unit) - city.PumpUnit; i >= 0 && i < min(len(d.Pumps), city.MaxPumps) {
		s := w.water.Pump(i)
		order := uint16(city.PLCLocal)
		if s.Order != flood.Auto {
			order = uint16(s.Order)
		}
		source := w.water.CreekLevel(int(d.Pumps[i].Creek))
		if d.Pumps[i].Basin >= 0 {
			source = w.water.BasinLevel(int(d.Pumps[i].Basin))
		}
		return []uint16{uint16(d.Pumps[i].Units), uint16(s.Running()), order, uint16(math.Min(65535, s.Flow*1000)), level(source), left}, true
	}
	return nil, false
}

func (p *plcs) obey(w *World, unit uint8, value uint16, hold time.Duration) bool {
	hold = min(hold, maxWatchdog)
	p.until[unit] = w.now + hold
	local := value == city.PLCLocal || hold == 0
	if local {
		p.until[unit] = 0
	}
	if i := int(unit) - city.GateUnit; i >= 0 {
		opening := float64(value) / 100
		if local {
			opening = flood.Auto
		}
		return p.order(w, flood.GateOrder{Gate: i, Opening: opening})
	}
	units := int(value)
	if local {
		units = flood.Auto
	}
	return p.order(w, flood.PumpOrder{Pump: int(unit) - city.PumpUnit, Units: units})
}
