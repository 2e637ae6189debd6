package jt808

import (
	"bytes"
	"fmt"
	"time"
)

// Message identifiers that callers meet by name.
const (
	IDTerminalAnswer  uint16 = 0x0001
	IDHeartbeat       uint16 = 0x0002
	IDLogOff          uint16 = 0x0003
	IDRegister        uint16 = 0x0100
	IDAuthenticate    uint16 = 0x0102
	IDParameters      uint16 = 0x0104
	IDLocation        uint16 = 0x0200
	IDLocationAnswer  uint16 = 0x0201
	IDBatch           uint16 = 0x0704
	IDPassengers      uint16 = 0x1005
	IDPlatformAnswer  uint16 = 0x8001
	IDRegisterAnswer  uint16 = 0x8100
	IDSetParameters   uint16 = 0x8103
	IDQueryParameters uint16 = 0x8104
	IDQueryLocation   uint16 = 0x8201
	IDTrack           uint16 = 0x8202
	IDText            uint16 = 0x8300
	IDCircles         uint16 = 0x8600
	IDRoute           uint16 = 0x8606
	protocolOf2019    uint8  = 1
	sizeOfPosition           = 28
	statusSouth              = 1 << 2
	statusWest               = 1 << 3
	areaTimed                = 1 << 0
	areaSpeedLimit           = 1 << 1
	areaSouth                = 1 << 6
	areaWest                 = 1 << 7
	sectionTimed             = 1 << 0
	sectionSpeedLimit        = 1 << 1
	maxTextBytes             = 1024
)

// A Message is a body taken apart: Answer, Register, RegisterAnswer, Authenticate, Location, LocationAnswer, Batch,
// Passengers, Parameters, Track, Text, Circles, Route or Raw.
type Message interface {
	// MessageID is the identifier under which the message travels.
	MessageID() uint16
	put(w *writer, v Version)
}

// Raw is a body that this package does not take apart, and every empty one (heartbeat, log-off, queries).
type Raw struct {
	ID   uint16
	Data []byte
}

// MessageID is the identifier it came or goes under.
func (m Raw) MessageID() uint16 { return m.ID }

func (m Raw) put(w *writer, _ Version) { w.b = append(w.b, m.Data...) }

// A Result is the outcome in a general answer.
type Result uint8

// The results.
const (
	OK           Result = 0
	Failed       Result = 1
	BadMessage   Result = 2
	Unsupported  Result = 3
	AlarmHandled Result = 4 // platform only: clears the alarm bits that wait for it
)

// Answer is the general answer of either side.
type Answer struct {
	Platform bool   // 8001 from the platform; 0001 from the terminal otherwise
	Serial   uint16 // of the message that it answers
	To       uint16 // identifier of the message that it answers
	Result   Result
	Rest     []byte // what some terminals send behind it; nil as a rule
}

// MessageID is 8001 or 0001.
func (m Answer) MessageID() uint16 {
	if m.Platform {
		return IDPlatformAnswer
	}
	return IDTerminalAnswer
}

func (m Answer) put(w *writer, _ Version) {
	w.u16(m.Serial)
	w.u16(m.To)
	w.u8(uint8(m.Result))
	w.b = append(w.b, m.Rest...)
}

// Register is a terminal's first message.
type Register struct {
	Province, City uint16 // GB/T 2260: first two digits, next four
	Maker          string // at most 5 bytes, 2019: 11
	Model          string // at most 20 bytes; 2011: 8, 2019: 30
	Terminal       string // at most 7 bytes, 2019: 30
	Colour         uint8  // of the plate; 0 unlicensed, 1 blue, 2 yellow, 3 black, 4 white (JT/T 415)
	Plate          string // VIN if the colour is 0
	Of2011         bool   // the short model of the 2011 edition
}

// MessageID is 0100.
func (Register) MessageID() uint16 { return IDRegister }

func (m Register) sizes(v Version) (maker, model, terminal int) {
	switch {
	case v == V2019:
		return 11, 30, 30
	case m.Of2011:
		return 5, 8, 7
	}
	return 5, 20, 7
}

func (m Register) put(w *writer, v Version) {
	maker, model, terminal := m.sizes(v)
	w.u16(m.Province)
	w.u16(m.City)
	w.text(m.Maker, maker)
	w.text(m.Model, model)
	w.text(m.Terminal, terminal)
	w.u8(m.Colour)
	w.b = append(w.b, w.gbk(m.Plate)...)
}

func register(r *reader, v Version) Register {
	m := Register{Of2011: v != V2019 && len(r.b) < 37}
	maker, model, terminal := m.sizes(v)
	m.Province, m.City = r.u16(), r.u16()
	m.Maker, m.Model, m.Terminal = r.text(maker), r.text(model), r.text(terminal)
	m.Colour = r.u8()
	m.Plate = r.text(max(r.left(), 0))
	return m
}

// RegisterAnswer is the platform's answer to Register.
type RegisterAnswer struct {
	Serial uint16 // of the Register message
	Result uint8  // 0 ok, 1 vehicle known already, 2 no such vehicle, 3 terminal known already, 4 no such terminal
	Code   string // to authenticate with; only with result 0
}

// MessageID is 8100.
func (RegisterAnswer) MessageID() uint16 { return IDRegisterAnswer }

func (m RegisterAnswer) put(w *writer, _ Version) {
	w.u16(m.Serial)
	w.u8(m.Result)
	w.b = append(w.b, w.gbk(m.Code)...)
}

// Authenticate opens a session.
type Authenticate struct {
	Code     string
	IMEI     string // 2019, at most 15 bytes
	Software string // 2019, at most 20 bytes
}

// MessageID is 0102.
func (Authenticate) MessageID() uint16 { return IDAuthenticate }

func (m Authenticate) put(w *writer, v Version) {
	code := w.gbk(m.Code)
	if v == V2019 {
		w.count8("bytes of authentication code", len(code))
	}
	w.b = append(w.b, code...)
	if v == V2019 {
		w.text(m.IMEI, 15)
		w.text(m.Software, 20)
	}
}

func authenticate(r *reader, v Version) (m Authenticate) {
	if v != V2019 {
		m.Code = r.text(r.left())
		return m
	}
	m.Code = r.text(int(r.u8()))
	m.IMEI, m.Software = r.text(15), r.text(20)
	return m
}

// Passengers is a bus's count of passengers in a period (JT/T 1078).
type Passengers struct {
	From, To          time.Time
	Boarded, Alighted uint16
}

// MessageID is 1005.
func (Passengers) MessageID() uint16 { return IDPassengers }

func (m Passengers) put(w *writer, _ Version) {
	w.time(m.From)
	w.time(m.To)
	w.u16(m.Boarded)
	w.u16(m.Alighted)
}

// A Parameter is one setting of a terminal: 0001 heartbeat s, 0020 report strategy, 0029 report interval s, 002C report
// distance m, 0055 speed limit km/h and so on. Numbers are 4 bytes big-endian but for a few.
type Parameter struct {
	ID    uint32
	Value []byte // at most 255 bytes
}

// Parameters is the platform's order 8103 or the terminal's list 0104.
type Parameters struct {
	Answer bool   // 0104 from the terminal; 8103 from the platform otherwise
	Serial uint16 // of the query that a list answers
	List   []Parameter
}

// MessageID is 8103 or 0104.
func (m Parameters) MessageID() uint16 {
	if m.Answer {
		return IDParameters
	}
	return IDSetParameters
}

func (m Parameters) put(w *writer, _ Version) {
	if m.Answer {
		w.u16(m.Serial)
	}
	w.count8("parameters", len(m.List))
	for _, p := range m.List {
		w.u32(p.ID)
		w.count8("bytes of a parameter", len(p.Value))
		w.b = append(w.b, p.Value...)
	}
}

func parameters(r *reader, answer bool) (m Parameters) {
	m.Answer = answer
	if answer {
		m.Serial = r.u16()
	}
	for n := r.u8(); n > 0 && r.err == nil; n-- {
		p := Parameter{ID: r.u32()}
		p.Value = append([]byte{}, r.take(int(r.u8()))...)
		m.List = append(m.List, p)
	}
	return m
}

// Track orders position reports at an interval for a time.
type Track struct {
	Interval uint16 // s; 0 stops
	Validity uint32 // s; not sent with interval 0
}

// MessageID is 8202.
func (Track) MessageID() uint16 { return IDTrack }

func (m Track) put(w *writer, _ Version) {
	w.u16(m.Interval)
	if m.Interval != 0 {
		w.u32(m.Validity)
	}
}

// Flags of a Text.
const (
	TextUrgent  = 1 << 0 // 2013; in 2019 bits 0 and 1 are the kind of text
	TextDisplay = 1 << 2
	TextSpeak   = 1 << 3
	TextScreen  = 1 << 4 // on the advertising screen
)

// Text is a notice for the driver or passengers.
type Text struct {
	Flags uint8
	Kind  uint8  // 2019: 1 notice, 2 service; not sent in 2013
	Text  string // at most 1,024 bytes of GBK
}

// MessageID is 8300.
func (Text) MessageID() uint16 { return IDText }

func (m Text) put(w *writer, v Version) {
	w.u8(m.Flags)
	if v == V2019 {
		w.u8(m.Kind)
	}
	b := w.gbk(m.Text)
	if len(b) > maxTextBytes {
		w.fail("text of %d bytes of gbk; at most %d fit", len(b), maxTextBytes)
	}
	w.b = append(w.b, b...)
}

// Message takes the body apart. Packages of a longer message have none of their own: Join them first. Encrypted bodies
// stay Raw. An error leaves the frame usable as bytes.
func (f Frame) Message() (Message, error) {
	if f.Parts > 1 {
		return nil, fmt.Errorf("jt808 message %04X: package %d of %d; join the message first", f.ID, f.Part, f.Parts)
	}
	raw := Raw{f.ID, f.Body}
	if f.Encryption != 0 {
		return raw, nil
	}
	r := &reader{b: f.Body}
	var m Message
	switch f.ID {
	case IDTerminalAnswer, IDPlatformAnswer:
		a := Answer{Platform: f.ID == IDPlatformAnswer, Serial: r.u16(), To: r.u16(), Result: Result(r.u8())}
		if r.left() > 0 {
			a.Rest = r.rest()
		}
		m = a
	case IDRegister:
		m = register(r, f.Version)
	case IDRegisterAnswer:
		m = RegisterAnswer{r.u16(), r.u8(), fromGBK(r.rest())}
	case IDAuthenticate:
		m = authenticate(r, f.Version)
	case IDLocation:
		m = location(r, r.left())
	case IDLocationAnswer:
		m = LocationAnswer{r.u16(), location(r, r.left())}
	case IDBatch:
		m = batch(r)
	case IDPassengers:
		m = Passengers{r.time(), r.time(), r.u16(), r.u16()}
	case IDSetParameters, IDParameters:
		m = parameters(r, f.ID == IDParameters)
	case IDTrack:
		t := Track{Interval: r.u16()}
		if t.Interval != 0 {
			t.Validity = r.u32()
		}
		m = t
	case IDText:
		t := Text{Flags: r.u8()}
		if f.Version == V2019 {
			t.Kind = r.u8()
		}
		t.Text = fromGBK(bytes.TrimRight(r.rest(), "\x00"))
		m = t
	case IDCircles:
		m = circles(r, f.Version)
	case IDRoute:
		m = route(r, f.Version)
	default:
		return raw, nil
	}
	if r.err == nil && r.left() > 0 {
		r.err = fmt.Errorf("%d bytes behind the end; check the terminal's edition", r.left())
	}
	if r.err != nil {
		return nil, fmt.Errorf("jt808 message %04X of %s: %w", f.ID, f.Phone, r.err)
	}
	return m, nil
}

// Compose puts m into a frame with header h, whose identifier it sets.
func Compose(h Header, m Message) (Frame, error) {
	h.ID = m.MessageID()
	if h.Version == V2019 && h.Protocol == 0 {
		h.Protocol = protocolOf2019
	}
	w := &writer{b: []byte{}}
	m.put(w, h.Version)
	if w.err != nil {
		return Frame{}, fmt.Errorf("jt808 message %04X: %w", h.ID, w.err)
	}
	return Frame{h, w.b}, nil
}
