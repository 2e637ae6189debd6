package account

import "citybrain/world"

// callReport is what became of calls and units.
func callReport(t *world.Truth) CallReport {
	s := &t.Service
	r := CallReport{Calls: t.Calls, Answered: t.Answered, Redials: s.Redials, Diverted: s.Counts.Diverted, Recalled: s.Counts.Recalled, Lent: s.Counts.Lent, TurnedAway: s.Counts.TurnedAway, Blocked: s.Counts.Blocked, BlockedS: s.Counts.BlockedS}
	if t.Calls > 0 {
		r.ResponseS, r.WithinPct = ptr(t.ResponseMeanS), ptr(t.WithinTarget*100)
	}
	for _, k := range s.Kinds {
		c := &k.Clocks
		r.Kinds = append(r.Kinds, KindReport{k.Kind, k.Calls, k.Answered, k.ResponseMeanS, 100 * k.WithinTarget, k.TargetS, k.Full, k.FullMeanS,
			ClockReport{c.RingToPickUp, c.PickUpToLocated, c.LocatedToTriaged, c.TriagedToAssigned, c.AssignedToRolling, c.RollingToKerb, c.KerbToPatient}})
	}
	for _, p := range s.Phones {
		c := CentreReport{Centre: p.Centre, Takers: p.Takers, Rung: p.Answers.Rung, PickedUp: p.Answers.PickedUp, Abandoned: p.Answers.HungUp, CalledBack: p.Answers.CalledBack}
		if c.PickedUp > 0 {
			c.WaitS = p.Answers.WaitS / float64(c.PickedUp)
		}
		r.Centres = append(r.Centres, c)
	}
	return r
}
