package modbus

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

// The PDUs are the worked examples of the application protocol, clause 6.
var examples = []struct {
	name        string
	pdu, answer string
	request     Request
	response    Response
}{
	{"coils", "0100130013", "0103CD6B05", Request{Function: ReadCoils, Address: 19, Quantity: 19},
		Response{Function: ReadCoils, Bits: unpack([]byte{0xCD, 0x6B, 0x05}, 19)}},
	{"inputs", "0200C40016", "0203ACDB35", Request{Function: ReadDiscreteInputs, Address: 196, Quantity: 22},
		Response{Function: ReadDiscreteInputs, Bits: unpack([]byte{0xAC, 0xDB, 0x35}, 22)}},
	{"holding", "03006B0003", "0306022B00000064", Request{Function: ReadHolding, Address: 107, Quantity: 3},
		Response{Function: ReadHolding, Registers: []uint16{555, 0, 100}}},
	{"input", "0400080001", "0402000A", Request{Function: ReadInput, Address: 8, Quantity: 1}, Response{Function: ReadInput, Registers: []uint16{10}}},
	{"coil", "0500ACFF00", "0500ACFF00", Request{Function: WriteCoil, Address: 172, Quantity: 1, Bits: []bool{true}},
		Response{Function: WriteCoil, Address: 172, Quantity: 1, Bits: []bool{true}}},
	{"register", "0600010003", "0600010003", Request{Function: WriteRegister, Address: 1, Quantity: 1, Registers: []uint16{3}},
		Response{Function: WriteRegister, Address: 1, Quantity: 1, Registers: []uint16{3}}},
	{"write coils", "0F0013000A02CD01", "0F0013000A", Request{Function: WriteCoils, Address: 19, Quantity: 10, Bits: unpack([]byte{0xCD, 1}, 10)},
		Response{Function: WriteCoils, Address: 19, Quantity: 10}},
	{"write registers", "100001000204000A0102", "1000010002", Request{Function: WriteRegisters, Address: 1, Quantity: 2, Registers: []uint16{10, 258}},
		Response{Function: WriteRegisters, Address: 1, Quantity: 2}},
	{"exception", "0104A10001", "8102", Request{Function: ReadCoils, Address: 1185, Quantity: 1}, Response{Function: ReadCoils, Exception: IllegalAddress}},
}

func TestExamples(t *testing.T) {
	for _, c := range examples {
		t.Run(c.name, func(t *testing.T) {
			f, err := NewRequest(0x1501, 9, c.request)
			if err != nil {
				t.Fatal(err)
			}
			if want, _ := hex.DecodeString(c.pdu); !bytes.Equal(f.PDU, want) {
				t.Errorf("request %X", f.PDU)
			}
			b, err := Append(nil, f)
			if err != nil {
				t.Fatal(err)
			}
			back, err := Decode(b)
			if err != nil || !reflect.DeepEqual(back, f) {
				t.Fatalf("frame %+v, %v", back, err)
			}
			if q, err := back.Request(); err != nil || !reflect.DeepEqual(q, c.request) {
				t.Errorf("request %+v, %v", q, err)
			}
			a, err := NewResponse(f, c.response)
			if err != nil {
				t.Fatal(err)
			}
			if want, _ := hex.DecodeString(c.answer); !bytes.Equal(a.PDU, want) {
				t.Errorf("response %X", a.PDU)
			}
			if c.request.Function >= WriteCoil {
				if echo, err := f.Answer(0); err != nil || !bytes.Equal(echo.PDU, a.PDU) {
					t.Errorf("echo %X, %v", echo.PDU, err)
				}
			}
			r, err := a.Response()
			if err != nil {
				t.Fatal(err)
			}
			r, err = r.For(c.request)
			if c.response.Exception != 0 {
				if !errors.Is(err, IllegalAddress) {
					t.Errorf("error %v", err)
				}
			} else if err != nil || !reflect.DeepEqual(r, c.response) {
				t.Errorf("response %+v, %v", r, err)
			}
			for n := range b {
				if _, err := Decode(b[:n]); err == nil {
					t.Errorf("accepted when cut to %d bytes", n)
				}
			}
			for bit := 16; bit < 48; bit++ { // protocol and length; the rest is not protected
				bad := append([]byte{}, b...)
				bad[bit/8] ^= 1 << (bit % 8)
				if _, err := Decode(bad); err == nil {
					t.Errorf("accepted with bit %d flipped", bit)
				}
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for name, s := range map[string]string{
		"no registers": "0300000000", "too many": "030000007E", "past the end": "03FFFF0002", "coil half on": "0500AC0100", "unknown": "2B0E0100",
		"short": "0300", "count": "100001000203000A01", "bits beyond": "0F0013000A02CDFF", "long read": "030000000100", "empty": "",
	} {
		b, _ := hex.DecodeString(s)
		if q, err := (Frame{PDU: b}).Request(); err == nil {
			t.Errorf("%s: read as %+v", name, q)
		}
	}
	for name, s := range map[string]string{"odd": "03030000", "count": "03040000", "exception 0": "8300", "one byte": "03", "none": "0300"} {
		b, _ := hex.DecodeString(s)
		if r, err := (Frame{PDU: b}).Response(); err == nil {
			t.Errorf("%s: read as %+v", name, r)
		}
	}
	if _, err := (Response{Function: WriteRegister, Address: 1, Registers: []uint16{4}}).For(Request{Function: WriteRegister, Address: 1, Registers: []uint16{3}}); err == nil {
		t.Error("wrong echo accepted")
	}
}

func TestSplit(t *testing.T) {
	f, err := NewRequest(1, 9, Request{Function: ReadHolding, Quantity: 3})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Append(nil, f)
	if err != nil {
		t.Fatal(err)
	}
	stream := bytes.Join([][]byte{{0xAA, 0xBB, 0xCC}, b, b, b[:5]}, nil)
	frame, garbage, n := Split(stream)
	if !bytes.Equal(frame, b) || len(garbage) != 3 || n != 3+len(b) {
		t.Fatalf("%X after %X", frame, garbage)
	}
	stream = stream[n:]
	if frame, _, n = Split(stream); !bytes.Equal(frame, b) {
		t.Fatalf("%X", frame)
	}
	if frame, garbage, n = Split(stream[n:]); frame != nil || len(garbage) != 0 || n != 0 {
		t.Errorf("rest gave %X, %X, %d", frame, garbage, n)
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range examples {
		for _, s := range []string{c.pdu, c.answer} {
			pdu, _ := hex.DecodeString(s)
			b, _ := Append(nil, Frame{1, 1, pdu})
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		Split(b)
		x, err := Decode(b)
		if err != nil {
			return
		}
		if out, err := Append(nil, x); err != nil || !bytes.Equal(out, b) {
			t.Fatalf("%X became %X, %v", b, out, err)
		}
		if q, err := x.Request(); err == nil {
			if y, err := NewRequest(x.Transaction, x.Unit, q); err != nil || !bytes.Equal(y.PDU, x.PDU) {
				t.Fatalf("%+v became %X, %v", q, y.PDU, err)
			}
		}
		if r, err := x.Response(); err == nil {
			if y, err := NewResponse(x, r); err != nil || !bytes.Equal(y.PDU, x.PDU) {
				t.Fatalf("%+v became %X, %v", r, y.PDU, err)
			}
		}
	})
}
