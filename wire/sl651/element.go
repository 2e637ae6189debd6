package sl651

import (
	"fmt"
	"math"
	"time"
)

// An ID names an element (annex C). Identifiers above FF are user-defined: FF and one more byte.
type ID uint16

// Elements that callers meet by name.
const (
	AirTemperature   ID = 0x02 // °C
	TimeStep         ID = 0x04 // days, hours, minutes
	GateOpening      ID = 0x09 // m
	GateNumber       ID = 0x0A
	OpenGates        ID = 0x0C // how many
	GroundwaterDepth ID = 0x0E // depth, m
	RunningPumps     ID = 0x19 // how many
	Rain1h           ID = 0x1A // mm
	Rain24h          ID = 0x1F // mm since the start of the rain day
	RainNow          ID = 0x20 // mm since the start of the rain day or event
	Rain1min         ID = 0x21 // mm
	Rain5min         ID = 0x22 // mm
	Rain10min        ID = 0x23 // mm
	Rain30min        ID = 0x24 // mm
	RainTotal        ID = 0x26 // accumulated, mm
	Flow             ID = 0x27 // m³/s
	TotalOutflow     ID = 0x30 // m³/s
	WindSpeed        ID = 0x35 // m/s
	Voltage          ID = 0x38 // of the supply, V
	Stage            ID = 0x39 // river, pond or tide, m
	StageBelow       ID = 0x3A // below the gate or pump, m
	StageAbove       ID = 0x3B // above the gate or pump, m
	State            ID = 0x45 // 32 bits, see StateBits
	HourRain         ID = 0xF4 // twelve 5-minute sums, 0.1 mm
	HourStage        ID = 0xF5 // twelve 5-minute stages of gauge 1 (F6 gauge 2 …) above its base, 0.01 m
	manualText       ID = 0xF2
	jpeg             ID = 0xF3
	markTime            = 0xF0
	markStation         = 0xF1
)

type form struct {
	code             string
	unit             string
	digits, decimals int
}

// forms holds annex C: code of the ASCII coding, unit, digits in all, of these decimals.
var forms = map[ID]form{
	0x01: {"AC", "m²", 8, 2}, 0x02: {"AI", "°C", 3, 1}, 0x03: {"C", "°C", 3, 1}, 0x05: {"DT", "h", 4, 2},
	0x06: {"ED", "mm", 5, 1}, 0x07: {"EJ", "mm", 5, 1}, 0x08: {"FL", "hPa", 5, 0}, 0x09: {"GH", "m", 5, 2},
	0x0A: {"GN", "", 3, 0}, 0x0C: {"GT", "", 3, 0}, 0x0E: {"H", "m", 6, 2}, 0x0F: {"HW", "m", 5, 2},
	0x18: {"MST", "%", 4, 1}, 0x19: {"NS", "", 2, 0},
	0x1A: {"P1", "mm", 5, 1}, 0x1B: {"P2", "mm", 5, 1}, 0x1C: {"P3", "mm", 5, 1}, 0x1D: {"P6", "mm", 5, 1},
	0x1E: {"P12", "mm", 5, 1}, 0x1F: {"PD", "mm", 5, 1}, 0x20: {"PJ", "mm", 5, 1}, 0x21: {"PN01", "mm", 5, 1},
	0x22: {"PN05", "mm", 5, 1}, 0x23: {"PN10", "mm", 5, 1}, 0x24: {"PN30", "mm", 5, 1}, 0x25: {"PR", "mm", 5, 1},
	0x26: {"PT", "mm", 6, 1}, 0x27: {"Q", "m³/s", 9, 3}, 0x30: {"QA", "m³/s", 9, 3}, 0x31: {"QZ", "m³/s", 9, 3},
	0x33: {"UC", "", 2, 0}, 0x34: {"UE", "", 2, 0}, 0x35: {"US", "m/s", 4, 1}, 0x36: {"VA", "m/s", 5, 3},
	0x37: {"VJ", "m/s", 5, 3}, 0x38: {"VT", "V", 4, 2}, 0x39: {"Z", "m", 7, 3}, 0x3A: {"ZB", "m", 7, 3},
	0x3B: {"ZU", "m", 7, 3}, 0x46: {"PH", "", 4, 2}, 0x47: {"DO", "mg/L", 4, 1}, 0x48: {"COND", "µS/cm", 5, 0},
	0x49: {"TURB", "", 3, 0}, 0x4A: {"CODMN", "mg/L", 4, 1}, 0x4B: {"REDOX", "mV", 5, 1}, 0x4C: {"NH4N", "mg/L", 6, 2},
	0x4D: {"TP", "mg/L", 5, 3}, 0x4E: {"TN", "mg/L", 5, 2}, 0x4F: {"TOC", "mg/L", 4, 2},
	0x70: {"VTA", "V", 4, 1}, 0x71: {"VTB", "V", 4, 1}, 0x72: {"VTC", "V", 4, 1},
	0x73: {"VIA", "A", 4, 1}, 0x74: {"VIB", "A", 4, 1}, 0x75: {"VIC", "A", 4, 1},
}

func init() {
	for i := range ID(8) {
		forms[0x10+i] = form{fmt.Sprintf("M%d0", i+1), "%", 4, 1}
		forms[0x28+i] = form{fmt.Sprintf("Q%d", i+1), "m³/s", 9, 3}
		forms[0x3C+i] = form{fmt.Sprintf("Z%d", i+1), "m", 7, 3}
		forms[0x58+i] = form{fmt.Sprintf("WP%d", i+1), "kPa", 5, 2}
		forms[0x60+i] = form{fmt.Sprintf("SYL%d", i+1), "m³", 11, 3}
		forms[HourStage+i] = form{fmt.Sprintf("DRZ%d", i+1), "m", 0, 0}
	}
	forms[HourRain] = form{"DRP", "mm", 0, 0}
	forms[TimeStep] = form{"DRXNN", "", 0, 0}
	forms[State] = form{"ZT", "", 0, 0}
}

// Code is the element's letters in annex C, empty if the identifier is not known.
func (id ID) Code() string { return forms[id].code }

// Unit is the unit of the element's values, empty for counts and unknown identifiers.
func (id ID) Unit() string { return forms[id].unit }

// Bits of the element State (table 58). A set bit means what the name says.
const (
	MainsLost     uint32 = 1 << 0
	BatteryLow    uint32 = 1 << 1
	StageAlarm    uint32 = 1 << 2
	FlowAlarm     uint32 = 1 << 3
	QualityAlarm  uint32 = 1 << 4
	FlowMeterBad  uint32 = 1 << 5
	LevelGaugeBad uint32 = 1 << 6
	BoxClosed     uint32 = 1 << 7
	MemoryBad     uint32 = 1 << 8
	ICCardOn      uint32 = 1 << 9
	PumpStopped   uint32 = 1 << 10
	WaterLeftLow  uint32 = 1 << 11
)

// An Element is one value, or a run of values, as sent.
type Element struct {
	ID       ID
	Width    int    // bytes of one value, 0 to 31
	Decimals int    // decimals of one value, 0 to 7
	Data     []byte // one value, or several after a TimeStep; for text and pictures everything to the end
}

// Number builds an element in the form that annex C gives its identifier. A value that does not fit is an error; it is
// rounded to the element's decimals. NaN is 'no value'.
func Number(id ID, v float64) (Element, error) {
	f, ok := forms[id]
	if !ok || f.digits == 0 {
		return Element{}, fmt.Errorf("sl651 element %02X: has no numeric form in annex c; build the element by hand", uint16(id))
	}
	e := Element{ID: id, Width: (f.digits + 1) / 2, Decimals: f.decimals}
	e.Data = make([]byte, e.Width)
	if math.IsNaN(v) {
		for i := range e.Data {
			e.Data[i] = 0xFF
		}
		return e, nil
	}
	whole := math.Round(math.Abs(v) * math.Pow10(f.decimals))
	if negative := v < 0 && whole > 0; negative {
		// The sign takes a whole byte in front of the digits (FF, or FF0 where their number is odd).
		e.Data[0] = 0xFF
		if whole >= math.Pow10(2*(e.Width-1)) {
			return Element{}, fmt.Errorf("sl651 element %s: %g %s does not fit %d digits with a sign; check the value", f.code, v, f.unit, 2*(e.Width-1))
		}
		putBCD(e.Data[1:], uint64(whole))
		return e, nil
	}
	if !(whole < math.Pow10(f.digits)) {
		return Element{}, fmt.Errorf("sl651 element %s: %g %s does not fit %d digits; check the value", f.code, v, f.unit, f.digits)
	}
	putBCD(e.Data, uint64(whole))
	return e, nil
}

// Floats returns the element's values; NaN stands for a value that the station did not have. An element that is no
// decimal number (text, picture, State) or is damaged is an error.
func (e Element) Floats() ([]float64, error) {
	switch {
	case e.ID == HourRain || e.ID >= HourStage && e.ID < HourStage+8:
		size, scale := 1, 10.0
		if e.ID != HourRain {
			size, scale = 2, 100.0
		}
		if len(e.Data)%size != 0 {
			return nil, fmt.Errorf("sl651 element %02X: %d bytes are no whole number of values; ask for it again", uint16(e.ID), len(e.Data))
		}
		out := make([]float64, 0, len(e.Data)/size)
		for i := 0; i < len(e.Data); i += size {
			n, none := uint64(0), true
			for _, c := range e.Data[i : i+size] {
				n, none = n<<8|uint64(c), none && c == 0xFF
			}
			if none {
				out = append(out, math.NaN())
			} else {
				out = append(out, float64(n)/scale)
			}
		}
		return out, nil
	case e.ID == manualText || e.ID == jpeg || e.ID == State || e.ID == TimeStep || e.Width == 0:
		return nil, fmt.Errorf("sl651 element %02X: is no number; read its data", uint16(e.ID))
	case len(e.Data)%e.Width != 0:
		return nil, fmt.Errorf("sl651 element %02X: %d bytes are no whole number of %d-byte values; ask for it again", uint16(e.ID), len(e.Data), e.Width)
	}
	out := make([]float64, 0, len(e.Data)/e.Width)
	for i := 0; i < len(e.Data); i += e.Width {
		v, err := number(e.Data[i:i+e.Width], e.Decimals)
		if err != nil {
			return nil, fmt.Errorf("sl651 element %02X: %w", uint16(e.ID), err)
		}
		out = append(out, v)
	}
	return out, nil
}

// Float is the only value of an element; NaN if the station had none.
func (e Element) Float() (float64, error) {
	v, err := e.Floats()
	if err == nil && len(v) != 1 {
		err = fmt.Errorf("sl651 element %02X: %d values; read them with Floats", uint16(e.ID), len(v))
	}
	if err != nil {
		return math.NaN(), err
	}
	return v[0], nil
}

// Bits is the word of a State element.
func (e Element) Bits() (uint32, error) {
	if e.ID != State || len(e.Data) != 4 {
		return 0, fmt.Errorf("sl651 element %02X: %d bytes; the state (45) has 4", uint16(e.ID), len(e.Data))
	}
	return uint32(e.Data[0])<<24 | uint32(e.Data[1])<<16 | uint32(e.Data[2])<<8 | uint32(e.Data[3]), nil
}

// Step is the distance of a series' values, from a TimeStep element.
func (e Element) Step() (time.Duration, error) {
	if e.ID != TimeStep || len(e.Data) != 3 {
		return 0, fmt.Errorf("sl651 element %02X: %d bytes; the time step (04) has 3", uint16(e.ID), len(e.Data))
	}
	var n [3]uint64
	for i, c := range e.Data {
		v, ok := bcd([]byte{c})
		if !ok {
			return 0, fmt.Errorf("sl651 time step: %X is not bcd; ask for it again", e.Data)
		}
		n[i] = v
	}
	return time.Duration(n[0])*24*time.Hour + time.Duration(n[1])*time.Hour + time.Duration(n[2])*time.Minute, nil
}

// number reads BCD with an optional sign: FF before an even number of digits, FF0 before an odd one; all F is no value.
func number(b []byte, decimals int) (float64, error) {
	none := true
	for _, c := range b {
		none = none && c == 0xFF
	}
	if none {
		return math.NaN(), nil
	}
	digits, sign := b, 1.0
	if b[0] == 0xFF {
		digits, sign = b[1:], -1
	}
	n, ok := bcd(digits)
	if !ok {
		return 0, fmt.Errorf("value %X is not bcd; ask for it again", b)
	}
	return sign * float64(n) / math.Pow10(decimals), nil
}

// bcd reads up to 18 digits; longer fields keep their place value in the last 18 and must be zero before.
func bcd(b []byte) (uint64, bool) {
	var n uint64
	for _, c := range b {
		if c>>4 > 9 || c&15 > 9 || n >= 1e16 {
			return 0, false
		}
		n = n*100 + uint64(c>>4)*10 + uint64(c&15)
	}
	return n, true
}

func putBCD(b []byte, n uint64) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(n/10%10)<<4 | byte(n%10)
		n /= 100
	}
}
