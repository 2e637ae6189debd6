package micro

import (
	"context"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/city/riverside"
)

// The demo city can be driven: vehicles get through it and nobody is lost.
func TestTheDemoCityCanBeDriven(t *testing.T) {
	n, err := riverside.City(1).Lanes()
	if err != nil {
		t.Fatal(err)
	}
	d := &city.LaneDemand{Types: []city.VehicleType{{ID: "car", Class: city.PassengerCar, Length: 4.6, Gap: 2, MaxSpeed: 40, Accel: 2.4, Decel: 4.5, Brake: 9, Headway: 1, Sigma: 0.5, SpeedMean: 1, LaneChange: true, TurnsHeed: true}}}
	draw := chance.New(3, "test/trips")
	for i := range 1500 {
		from, to := int32(draw.Int(uint64(i), 0, len(n.Roads))), int32(draw.Int(uint64(i), 1, len(n.Roads)))
		d.Journeys = append(d.Journeys, city.Journey{ID: "j", Depart: float64(i) / 5, Roads: []int32{from, to}})
	}
	s, err := New(n, d, Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Step(context.Background(), 25*time.Minute); err != nil {
		t.Fatal(err)
	}
	x := s.Totals()
	t.Logf("%+v", x)
	if x.Unroutable > 30 || x.Finished < 1200 {
		t.Errorf("of %d journeys %d finished and %d have no way: %+v", len(d.Journeys), x.Finished, x.Unroutable, x)
	}
}
