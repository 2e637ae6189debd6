package water

import (
	"fmt"
	"math"
)

// A Soil takes water: by Green & Ampt's capacity, or as the curve-number method's loss of rain.
type Soil struct {
	Number       float64 // curve number 1–100; 0: Green & Ampt
	Initial      float64 // of Number: what is lost before any runoff, as a share of the storage S
	Conductivity float64 // m/s, saturated
	Suction      float64 // m, at the wetting front
	Deficit      float64 // of moisture, 0–1
}

func (s *Soil) check() error {
	switch {
	case s.Number != 0 && !(s.Number > 0 && s.Number <= 100 && s.Initial >= 0 && s.Initial <= 1):
		return fmt.Errorf("curve number %g, initial share %g: want 1–100 and 0–1", s.Number, s.Initial)
	case s.Number == 0 && !(s.Conductivity >= 0 && s.Conductivity < 1e-2 && s.Suction >= 0 && s.Suction < 10 && s.Deficit >= 0 && s.Deficit < 1):
		return fmt.Errorf("conductivity %g m/s, suction %g m, deficit %g: want 0–0.01, 0–10 and 0–1", s.Conductivity, s.Suction, s.Deficit)
	}
	return nil
}

// A Structure passes water between the cells at A and B, which no water need join otherwise.
type Structure struct {
	Name        string
	Kind        StructureKind
	A, B        [2]float64
	Sill        float64 // m: crest of a weir, invert of the others
	Width       float64 // m, all openings together
	Height      float64 // m of the opening: of a gate fully open, a culvert, a bridge from sill to soffit
	Length      float64 // m, of a culvert
	Manning     float64 // of a culvert
	Coefficient float64 // of a weir m^½/s, 1.7; of an opening, 0.61; of a culvert the sum of its local losses, 1.5
	Deck        float64 // m: a bridge's road, over which water goes as over a weir
	Opening     Series  // 0–1, of a gate; empty: open
	OneWay      bool    // a flap: only from A to B
}

// A StructureKind is a way of passing water.
type StructureKind int

const (
	Weir StructureKind = iota
	Gate
	Culvert
	Bridge
)

func (k StructureKind) String() string { return [...]string{"weir", "gate", "culvert", "bridge"}[k] }

func (s *Structure) check(d *Domain) error {
	for _, p := range [][2]float64{s.A, s.B} {
		if i := d.Index(p); i < 0 || math.IsNaN(d.Z[i]) {
			return fmt.Errorf("%s %s: no ground at %g, %g", s.Kind, s.Name, p[0], p[1])
		}
	}
	switch {
	case d.Index(s.A) == d.Index(s.B):
		return fmt.Errorf("%s %s: both ends lie in one cell", s.Kind, s.Name)
	case !(s.Width > 0 && s.Width < 1e4) || !(math.Abs(s.Sill) < 1e5):
		return fmt.Errorf("%s %s: width %g m, sill %g m", s.Kind, s.Name, s.Width, s.Sill)
	case s.Kind != Weir && !(s.Height > 0):
		return fmt.Errorf("%s %s: an opening of %g m", s.Kind, s.Name, s.Height)
	case s.Kind == Culvert && !(s.Length > 0 && s.Manning > 0 && s.Manning < 1):
		return fmt.Errorf("%s %s: length %g m, Manning's n %g", s.Kind, s.Name, s.Length, s.Manning)
	case s.Kind == Bridge && !(s.Deck >= s.Sill+s.Height):
		return fmt.Errorf("bridge %s: its deck at %g m lies below its soffit", s.Name, s.Deck)
	}
	if len(s.Opening.T) > 0 {
		if err := s.Opening.check(); err != nil {
			return fmt.Errorf("%s %s: opening: %w", s.Kind, s.Name, err)
		}
		for i, v := range s.Opening.V {
			if v < 0 || v > 1 {
				return fmt.Errorf("%s %s: opening %d: %g is not in 0–1", s.Kind, s.Name, i+1, v)
			}
		}
	}
	return nil
}

// A Breach lowers the ground within half of Width of At, cells of a levee or dam, to Sill in Duration seconds: from Start on, or once
// water beside it stands at Level.
type Breach struct {
	Name     string
	At       [2]float64
	Width    float64
	Sill     float64
	Start    float64 // s; NaN: by Level alone
	Level    float64 // m; NaN: by Start alone
	Duration float64 // s
}

// CellsOfBreach returns the cells that b lowers: one at least.
func (d *Domain) CellsOfBreach(b *Breach) []int {
	return d.CellsOf(&Source{At: b.At, Radius: max(b.Width/2, d.Cell/2)})
}

func (b *Breach) check(d *Domain) error {
	switch {
	case len(d.CellsOfBreach(b)) == 0:
		return fmt.Errorf("breach %s: no ground at %g, %g", b.Name, b.At[0], b.At[1])
	case math.IsNaN(b.Start) && math.IsNaN(b.Level):
		return fmt.Errorf("breach %s: neither a time nor a level sets it off", b.Name)
	case !(math.Abs(b.Sill) < 1e5) || !(b.Duration >= 0):
		return fmt.Errorf("breach %s: sill %g m, %g s long", b.Name, b.Sill, b.Duration)
	}
	return nil
}

// Wind blows over the whole Domain: Speed m/s at 10 m, From degrees clockwise from north where it comes from.
type Wind struct{ Speed, From Series }

func (w *Wind) check() error {
	if len(w.Speed.T) == 0 {
		return nil
	}
	if err := w.Speed.check(); err != nil {
		return fmt.Errorf("wind speed: %w", err)
	}
	for i, v := range w.Speed.V {
		if v < 0 || v > 100 {
			return fmt.Errorf("wind: value %d: %g m/s is not in 0–100", i+1, v)
		}
	}
	if err := w.From.check(); err != nil {
		return fmt.Errorf("wind direction: %w", err)
	}
	return nil
}
