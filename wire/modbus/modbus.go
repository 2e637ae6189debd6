package modbus

import (
	"encoding/binary"
	"fmt"

	"citybrain/wire"
)

// A Function is a function code.
type Function byte

// The function codes.
const (
	ReadCoils          Function = 1
	ReadDiscreteInputs Function = 2
	ReadHolding        Function = 3
	ReadInput          Function = 4
	WriteCoil          Function = 5
	WriteRegister      Function = 6
	WriteCoils         Function = 15
	WriteRegisters     Function = 16

	exceptionBit = 0x80
	headSize     = 7 // MBAP with the unit
	maxPDU       = 253
)

// Most values in one message (clause 6).
const (
	MaxReadBits       = 2000
	MaxReadRegisters  = 125
	MaxWriteBits      = 1968
	MaxWriteRegisters = 123
)

// An Exception says why a device refuses a request; it is an error.
type Exception byte

// The exceptions.
const (
	IllegalFunction Exception = 1
	IllegalAddress  Exception = 2
	IllegalValue    Exception = 3
	DeviceFailure   Exception = 4
	Acknowledge     Exception = 5
	DeviceBusy      Exception = 6
	ParityError     Exception = 8
	GatewayPath     Exception = 10
	GatewayTarget   Exception = 11
)

// Error names the exception.
func (e Exception) Error() string {
	names := map[Exception]string{IllegalFunction: "illegal function", IllegalAddress: "illegal data address", IllegalValue: "illegal data value",
		DeviceFailure: "device failure", Acknowledge: "acknowledged, not done yet", DeviceBusy: "device busy", ParityError: "memory parity error",
		GatewayPath: "gateway path unavailable", GatewayTarget: "gateway target does not answer"}
	if s, ok := names[e]; ok {
		return "modbus exception: " + s
	}
	return fmt.Sprintf("modbus exception %d", byte(e))
}

// A Frame is one message on TCP.
type Frame struct {
	Transaction uint16 // a response repeats its request's
	Unit        uint8
	PDU         []byte // function code and data, 1 to 253 bytes
}

// Decode reads one whole frame.
func Decode(b []byte) (Frame, error) {
	if len(b) <= headSize {
		return Frame{}, fmt.Errorf("modbus frame: %d bytes; the shortest has %d, wait for the rest", len(b), headSize+1)
	}
	if p := binary.BigEndian.Uint16(b[2:]); p != 0 {
		return Frame{}, fmt.Errorf("modbus frame: protocol %d; modbus is 0", p)
	}
	if n := int(binary.BigEndian.Uint16(b[4:])); n != len(b)-6 || n > maxPDU+1 {
		return Frame{}, fmt.Errorf("modbus frame: length field %d with %d bytes behind it; they must be equal, 2 to %d", n, len(b)-6, maxPDU+1)
	}
	return Frame{binary.BigEndian.Uint16(b), b[6], append([]byte{}, b[headSize:]...)}, nil
}

// Append writes f behind dst. On an error it returns nil.
func Append(dst []byte, f Frame) ([]byte, error) {
	if len(f.PDU) < 1 || len(f.PDU) > maxPDU {
		return nil, fmt.Errorf("modbus frame: pdu of %d bytes; give 1 to %d", len(f.PDU), maxPDU)
	}
	dst = binary.BigEndian.AppendUint16(dst, f.Transaction)
	dst = append(dst, 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(f.PDU)+1))
	return append(append(dst, f.Unit), f.PDU...), nil
}

// Split cuts the next frame out of a stream; see wire.Split for what it returns. A frame is known by its protocol 0, its
// length and a function code of 1 to 127 or an exception's; after damage a few frames may be lost until the next plausible one.
func Split(buf []byte) (frame, garbage []byte, n int) {
	return wire.Split(buf, func(b []byte) int {
		if len(b) > 2 && b[2] != 0 || len(b) > 3 && b[3] != 0 || len(b) > 4 && b[4] != 0 {
			return -1
		}
		if len(b) < 6 {
			return 0
		}
		size := int(b[5])
		if size < 2 || size > maxPDU+1 || len(b) > headSize && b[headSize]&^exceptionBit == 0 {
			return -1
		}
		if len(b) < 6+size {
			return 0
		}
		return 6 + size
	})
}

// A Request is what a client asks.
type Request struct {
	Function  Function
	Address   uint16   // of the first value, from 0
	Quantity  uint16   // of values to read; NewRequest takes it from the values when writing
	Bits      []bool   // to write: one for WriteCoil, more for WriteCoils
	Registers []uint16 // to write: one for WriteRegister, more for WriteRegisters
}

// A Response is what a device answers. A write is answered with the address and, for one value, the value, for several
// their number.
type Response struct {
	Function  Function
	Exception Exception // 0 unless the device refuses; all else but Function is empty then
	Address   uint16
	Quantity  uint16
	Bits      []bool // read: cut Response with For, because the wire carries them eight to a byte
	Registers []uint16
}

// For checks that r answers q and cuts bits to the number asked for. The error is the Exception where there is one.
func (r Response) For(q Request) (Response, error) {
	if r.Function != q.Function {
		return r, fmt.Errorf("modbus response: function %d answers function %d; match transactions", r.Function, q.Function)
	}
	if r.Exception != 0 {
		return r, r.Exception
	}
	switch q.Function {
	case ReadCoils, ReadDiscreteInputs:
		if len(r.Bits) != (int(q.Quantity)+7)/8*8 {
			return r, fmt.Errorf("modbus response: %d bits for %d asked; match transactions", len(r.Bits), q.Quantity)
		}
		r.Bits = r.Bits[:q.Quantity]
	case ReadHolding, ReadInput:
		if len(r.Registers) != int(q.Quantity) {
			return r, fmt.Errorf("modbus response: %d registers for %d asked; match transactions", len(r.Registers), q.Quantity)
		}
	default:
		wrong := r.Address != q.Address
		switch q.Function {
		case WriteCoil:
			wrong = wrong || len(r.Bits) != 1 || len(q.Bits) != 1 || r.Bits[0] != q.Bits[0]
		case WriteRegister:
			wrong = wrong || len(r.Registers) != 1 || len(q.Registers) != 1 || r.Registers[0] != q.Registers[0]
		default:
			wrong = wrong || int(r.Quantity) != max(len(q.Bits), len(q.Registers))
		}
		if wrong {
			return r, fmt.Errorf("modbus response: address %d does not echo the write to %d; read the value back", r.Address, q.Address)
		}
	}
	return r, nil
}

func span(what string, address uint16, n, most int) error {
	if n < 1 || n > most {
		return fmt.Errorf("%d %s; give 1 to %d", n, what, most)
	}
	if int(address)+n > 65536 {
		return fmt.Errorf("%d %s from address %d run past 65535", n, what, address)
	}
	return nil
}

func most(f Function) (string, int) {
	switch f {
	case ReadCoils, ReadDiscreteInputs:
		return "bits", MaxReadBits
	case ReadHolding, ReadInput:
		return "registers", MaxReadRegisters
	case WriteCoils:
		return "bits", MaxWriteBits
	}
	return "registers", MaxWriteRegisters
}

func pack(bits []bool) []byte {
	out := make([]byte, (len(bits)+7)/8)
	for i, v := range bits {
		if v {
			out[i/8] |= 1 << (i % 8)
		}
	}
	return out
}

func unpack(b []byte, n int) []bool {
	out := make([]bool, n)
	for i := range out {
		out[i] = b[i/8]>>(i%8)&1 == 1
	}
	return out
}

func words(b []byte) []uint16 {
	out := make([]uint16, len(b)/2)
	for i := range out {
		out[i] = binary.BigEndian.Uint16(b[2*i:])
	}
	return out
}

// single reads or writes the body of functions 5 and 6, the same both ways.
func single(f Function, b []byte) (address uint16, bits []bool, registers []uint16, err error) {
	if len(b) != 4 {
		return 0, nil, nil, fmt.Errorf("%d bytes; function %d has 4", len(b), f)
	}
	address, v := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	if f == WriteRegister {
		return address, nil, []uint16{v}, nil
	}
	if v != 0 && v != 0xFF00 {
		return 0, nil, nil, fmt.Errorf("coil value %04X; FF00 is on, 0000 off", v)
	}
	return address, []bool{v != 0}, nil, nil
}

func putSingle(f Function, address uint16, bits []bool, registers []uint16) ([]byte, error) {
	pdu := binary.BigEndian.AppendUint16([]byte{byte(f)}, address)
	switch {
	case f == WriteRegister && len(registers) == 1 && len(bits) == 0:
		return binary.BigEndian.AppendUint16(pdu, registers[0]), nil
	case f == WriteCoil && len(bits) == 1 && len(registers) == 0:
		if bits[0] {
			return append(pdu, 0xFF, 0), nil
		}
		return append(pdu, 0, 0), nil
	}
	return nil, fmt.Errorf("function %d with %d bits and %d registers; it writes one", f, len(bits), len(registers))
}

// NewRequest puts a request into a frame.
func NewRequest(transaction uint16, unit uint8, q Request) (Frame, error) {
	pdu, err := q.pdu()
	if err != nil {
		return Frame{}, fmt.Errorf("modbus request to unit %d: %w", unit, err)
	}
	return Frame{transaction, unit, pdu}, nil
}

func (q Request) pdu() ([]byte, error) {
	pdu := binary.BigEndian.AppendUint16([]byte{byte(q.Function)}, q.Address)
	what, limit := most(q.Function)
	switch q.Function {
	case ReadCoils, ReadDiscreteInputs, ReadHolding, ReadInput:
		if err := span(what, q.Address, int(q.Quantity), limit); err != nil {
			return nil, err
		}
		return binary.BigEndian.AppendUint16(pdu, q.Quantity), nil
	case WriteCoil, WriteRegister:
		return putSingle(q.Function, q.Address, q.Bits, q.Registers)
	case WriteCoils:
		if err := span(what, q.Address, len(q.Bits), limit); err != nil {
			return nil, err
		}
		b := pack(q.Bits)
		pdu = binary.BigEndian.AppendUint16(pdu, uint16(len(q.Bits)))
		return append(append(pdu, byte(len(b))), b...), nil
	case WriteRegisters:
		if err := span(what, q.Address, len(q.Registers), limit); err != nil {
			return nil, err
		}
		pdu = binary.BigEndian.AppendUint16(pdu, uint16(len(q.Registers)))
		pdu = append(pdu, byte(2*len(q.Registers)))
		for _, v := range q.Registers {
			pdu = binary.BigEndian.AppendUint16(pdu, v)
		}
		return pdu, nil
	}
	return nil, fmt.Errorf("function %d; use 1 to 6, 15 or 16", q.Function)
}

// Request reads the frame's PDU as a request. A device answers an error with Answer and an exception.
func (f Frame) Request() (Request, error) {
	bad := func(err error) (Request, error) {
		return Request{}, fmt.Errorf("modbus request %d of unit %d: %w", f.Transaction, f.Unit, err)
	}
	if len(f.PDU) == 0 {
		return bad(fmt.Errorf("empty; it starts with the function code"))
	}
	q := Request{Function: Function(f.PDU[0])}
	b := f.PDU[1:]
	what, limit := most(q.Function)
	switch q.Function {
	case WriteCoil, WriteRegister:
		var err error
		if q.Address, q.Bits, q.Registers, err = single(q.Function, b); err != nil {
			return bad(err)
		}
		q.Quantity = 1
		return q, nil
	case ReadCoils, ReadDiscreteInputs, ReadHolding, ReadInput, WriteCoils, WriteRegisters:
	default:
		return bad(fmt.Errorf("function %d; 1 to 6, 15 and 16 are read: %w", q.Function, IllegalFunction))
	}
	if len(b) < 4 {
		return bad(fmt.Errorf("%d bytes; address and quantity take 4", len(b)))
	}
	q.Address, q.Quantity = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	n := int(q.Quantity)
	if err := span(what, q.Address, n, limit); err != nil {
		return bad(err)
	}
	b = b[4:]
	size := 0
	switch q.Function {
	case WriteCoils:
		size = (n + 7) / 8
	case WriteRegisters:
		size = 2 * n
	default:
		if len(b) > 0 {
			return bad(fmt.Errorf("%d bytes behind the quantity; a read has none", len(b)))
		}
		return q, nil
	}
	if len(b) != 1+size || int(b[0]) != size {
		return bad(fmt.Errorf("%d bytes behind the quantity; %d %s take %d and their count", len(b), n, what, size))
	}
	if q.Function == WriteRegisters {
		q.Registers = words(b[1:])
		return q, nil
	}
	if n%8 != 0 && b[size]>>(n%8) != 0 {
		return bad(fmt.Errorf("bits beyond the %d are set; they must be 0", n))
	}
	q.Bits = unpack(b[1:], n)
	return q, nil
}

// Answer is the response to a request f with the given exception, or the echo of a write without one. Reads are answered
// with NewResponse.
func (f Frame) Answer(e Exception) (Frame, error) {
	if len(f.PDU) == 0 {
		return Frame{}, fmt.Errorf("modbus answer: request %d is empty; drop it", f.Transaction)
	}
	if e != 0 {
		return Frame{f.Transaction, f.Unit, []byte{f.PDU[0] | exceptionBit, byte(e)}}, nil
	}
	q, err := f.Request()
	if err != nil {
		return Frame{}, err
	}
	if q.Function < WriteCoil {
		return Frame{}, fmt.Errorf("modbus answer: function %d reads; give the values to NewResponse", q.Function)
	}
	return Frame{f.Transaction, f.Unit, append([]byte{}, f.PDU[:5]...)}, nil
}

// NewResponse puts a response into the frame that answers request f.
func NewResponse(f Frame, r Response) (Frame, error) {
	pdu, err := r.pdu()
	if err != nil {
		return Frame{}, fmt.Errorf("modbus response %d of unit %d: %w", f.Transaction, f.Unit, err)
	}
	return Frame{f.Transaction, f.Unit, pdu}, nil
}

func (r Response) pdu() ([]byte, error) {
	if r.Exception != 0 {
		return []byte{byte(r.Function) | exceptionBit, byte(r.Exception)}, nil
	}
	what, limit := most(r.Function)
	switch r.Function {
	case ReadCoils, ReadDiscreteInputs:
		if err := span(what, 0, len(r.Bits), limit); err != nil {
			return nil, err
		}
		b := pack(r.Bits)
		return append([]byte{byte(r.Function), byte(len(b))}, b...), nil
	case ReadHolding, ReadInput:
		if err := span(what, 0, len(r.Registers), limit); err != nil {
			return nil, err
		}
		pdu := []byte{byte(r.Function), byte(2 * len(r.Registers))}
		for _, v := range r.Registers {
			pdu = binary.BigEndian.AppendUint16(pdu, v)
		}
		return pdu, nil
	case WriteCoil, WriteRegister:
		return putSingle(r.Function, r.Address, r.Bits, r.Registers)
	case WriteCoils, WriteRegisters:
		if err := span(what, r.Address, int(r.Quantity), limit); err != nil {
			return nil, err
		}
		pdu := binary.BigEndian.AppendUint16([]byte{byte(r.Function)}, r.Address)
		return binary.BigEndian.AppendUint16(pdu, r.Quantity), nil
	}
	return nil, fmt.Errorf("function %d; use 1 to 6, 15 or 16", r.Function)
}

// Response reads the frame's PDU as a response. An exception is no error here; see Response.For.
func (f Frame) Response() (Response, error) {
	bad := func(format string, args ...any) (Response, error) {
		return Response{}, fmt.Errorf("modbus response %d of unit %d: %s", f.Transaction, f.Unit, fmt.Sprintf(format, args...))
	}
	if len(f.PDU) < 2 {
		return bad("%d bytes; it has at least 2", len(f.PDU))
	}
	r := Response{Function: Function(f.PDU[0] &^ exceptionBit)}
	what, limit := most(r.Function)
	b := f.PDU[1:]
	if f.PDU[0]&exceptionBit != 0 {
		if len(b) != 1 || b[0] == 0 || r.Function == 0 {
			return bad("exception %X; it has one byte, not 0", b)
		}
		r.Exception = Exception(b[0])
		return r, nil
	}
	switch r.Function {
	case ReadCoils, ReadDiscreteInputs, ReadHolding, ReadInput:
		n := 8 * int(b[0])
		if r.Function >= ReadHolding {
			n = int(b[0]) / 2
		}
		if len(b) != 1+int(b[0]) || r.Function >= ReadHolding && b[0]%2 != 0 || n < 1 || n > limit {
			return bad("%d bytes of %s with a count of %d; ask again", len(b)-1, what, b[0])
		}
		if r.Function >= ReadHolding {
			r.Registers = words(b[1:])
		} else {
			r.Bits = unpack(b[1:], n)
		}
		return r, nil
	case WriteCoil, WriteRegister:
		var err error
		if r.Address, r.Bits, r.Registers, err = single(r.Function, b); err != nil {
			return bad("%v", err)
		}
		r.Quantity = 1
		return r, nil
	case WriteCoils, WriteRegisters:
		if len(b) != 4 {
			return bad("%d bytes; function %d has 4", len(b), r.Function)
		}
		r.Address, r.Quantity = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
		if err := span(what, r.Address, int(r.Quantity), limit); err != nil {
			return bad("%v", err)
		}
		return r, nil
	}
	return bad("function %d; 1 to 6, 15 and 16 are read", r.Function)
}
