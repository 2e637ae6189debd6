package brain

// Driven returns the metres that the reporting vehicles drove on link l, and the seconds that they took for them, since the start: what
// travel times are measured by.
func (b *Brain) Driven(l int32) (metres, seconds float64) { return b.est.metres[l], b.est.seconds[l] }
