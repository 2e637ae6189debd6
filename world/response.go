package world

import (
	"math"

	"citybrain/emergency"
)

// CallTruth is what became of the cases of one kind.
type CallTruth struct {
	Kind          string
	Calls         int
	Answered      int     // the unit that leads reached the kerb
	ResponseMeanS float64 // ring to kerb of the unit that leads; unanswered ones to now
	WithinTarget  float64 // share of calls for which it was there in time
	TargetS       float64
	Full          int     // all units that were needed at first were there
	FullMeanS     float64 // ring to when they were; those where they were not to now
	Clocks        ClockTruth
}

// ClockTruth is mean seconds between clocks, of the cases that have both.
type ClockTruth struct {
	RingToPickUp, PickUpToLocated, LocatedToTriaged, TriagedToAssigned, AssignedToRolling, RollingToKerb, KerbToPatient float64
}

// PhoneTruth is how a centre's phones were answered.
type PhoneTruth struct {
	Centre  string
	Takers  int
	Answers emergency.Answers
}

// ServiceTruth is what truly became of calls and units.
type ServiceTruth struct {
	Kinds   []CallTruth // those of which there was a case
	Phones  []PhoneTruth
	Redials int
	Counts  emergency.Counts
}

// service reports on calls and units up to now.
func (w *World) serviceTruth() ServiceTruth {
	now := w.now.Seconds()
	kinds := make([]CallTruth, emergency.CallKinds)
	t := ServiceTruth{Redials: w.phones.redials, Counts: w.service.Counts()}
	sum, n := make([][7]float64, emergency.CallKinds), make([][7]float64, emergency.CallKinds)
	target := w.city.TargetS
	if target == 0 {
		target = 480
	}
	for i := range w.service.Calls() {
		c := &w.service.Calls()[i]
		k := &kinds[c.Kind]
		k.Calls++
		k.TargetS = c.Kind.Target(target)
		r, full := now-c.Ring, now-c.Ring
		if !math.IsNaN(c.Kerb) {
			k.Answered++
			if r = c.Kerb - c.Ring; r <= k.TargetS {
				k.WithinTarget++
			}
		}
		if !math.IsNaN(c.Full) {
			k.Full++
			full = c.Full - c.Ring
		}
		k.ResponseMeanS += r
		k.FullMeanS += full
		clocks := [...]float64{c.Ring, c.PickUp, c.Located, c.Triaged, c.Assigned, c.Rolling, c.Kerb, c.Patient}
		for j := range sum[c.Kind] {
			if d := clocks[j+1] - clocks[j]; !math.IsNaN(d) && clocks[j+1] <= now {
				sum[c.Kind][j] += d
				n[c.Kind][j]++
			}
		}
	}
	for k := range kinds {
		if x := &kinds[k]; x.Calls > 0 {
			x.Kind = emergency.CallKind(k).String()
			all := float64(x.Calls)
			x.ResponseMeanS, x.WithinTarget, x.FullMeanS = x.ResponseMeanS/all, x.WithinTarget/all, x.FullMeanS/all
			m := sum[k]
			for j := range m {
				m[j] /= math.Max(1, n[k][j])
			}
			x.Clocks = ClockTruth{m[0], m[1], m[2], m[3], m[4], m[5], m[6]}
			t.Kinds = append(t.Kinds, *x)
		}
	}
	for k, d := range w.phones.desks {
		t.Phones = append(t.Phones, PhoneTruth{centreNames[k], d.Takers(), d.Answers})
	}
	return t
}
