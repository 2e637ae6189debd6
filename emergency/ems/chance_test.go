package ems

import (
	"math"
	"testing"
)

// The chance grows with each unit that is near, never passes 1, and halves where a drive takes the whole target.
func TestInTime(t *testing.T) {
	c := NewCover([]float64{1}, 0.4, 300) // a unit is away for the share of time that the cover takes of it
	away := c.set.Busy
	if got := c.InTime(nil); got != 0 {
		t.Errorf("nobody: %v", got)
	}
	if got, want := c.InTime([]float64{0}), 1-away; math.Abs(got-want) > 1e-6 {
		t.Errorf("one at the door: %v, want %v", got, want)
	}
	if got, want := c.InTime([]float64{0, 0}), (1-away)*(1+away); math.Abs(got-want) > 1e-6 {
		t.Errorf("two at the door: %v, want %v", got, want)
	}
	if got, want := c.InTime([]float64{300}), (1-away)/2; math.Abs(got-want) > 1e-9 {
		t.Errorf("one as far as the target: %v, want %v", got, want)
	}
	if got := c.InTime(make([]float64, 50)); got > 1 || got < 0.98 {
		t.Errorf("fifty at the door: %v", got)
	}
	if got := c.InTime([]float64{3600, 3600}); got > 1e-9 {
		t.Errorf("all an hour away: %v", got)
	}
}
