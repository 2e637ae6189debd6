package draw

import (
	"bytes"
	"image/png"
	"testing"

	"citybrain/city"
	"github.com/paulmach/orb"
)

func TestARiverIsDrawnWhereItIs(t *testing.T) {
	c := &city.City{Bounds: orb.Bound{Max: orb.Point{1000, 500}}, Waters: []city.Water{{Kind: "river", Outline: orb.Polygon{{{400, 0}, {600, 0}, {600, 500}, {400, 500}, {400, 0}}}}}, Attribution: []string{"© somebody 某人"}}
	var b bytes.Buffer
	if err := PNG(&b, c, Options{Width: 400}); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if s := img.Bounds().Size(); s.X != 400 || s.Y != 200 {
		t.Errorf("size %v", s)
	}
	if img.At(200, 100) != dark.water || img.At(50, 50) != dark.land {
		t.Errorf("water %v, land %v", img.At(200, 100), img.At(50, 50))
	}
}

func TestBadOptionsAreRefused(t *testing.T) {
	c := &city.City{Bounds: orb.Bound{Max: orb.Point{10, 10}}}
	var b bytes.Buffer
	if PNG(&b, c, Options{Width: 9}) == nil || PNG(&b, &city.City{}, Options{Width: 400}) == nil {
		t.Error("nonsense was drawn")
	}
}
