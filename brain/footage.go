package brain

import (
	"fmt"
	"math"
	"time"

	"citybrain/traffic"
)

// footageEvery is how often a trial of signals notes how fast each link is.
const footageEvery = 5 * time.Minute

// A footage is how fast the links of simulated streets are at each footageEvery: of its limit, 0–1.
type footage [][]float32

// shoot adds the streets as they are.
func (f *footage) shoot(b *Brain, s *traffic.Sim) {
	ratio := make([]float32, len(b.city.Streets.Links))
	for l := range ratio {
		free := b.city.Streets.Links[l].FreeTime()
		ratio[l] = float32(free / math.Max(free, s.TravelTime(int32(l))))
	}
	*f = append(*f, ratio)
}

// keepFootage puts footage that began at on a branch, where the console draws it from.
func (b *Brain) keepFootage(branch string, at time.Time, f footage) error {
	br, ok := b.twin.Branch(branch)
	if !ok {
		return fmt.Errorf("brain: branch %s is gone before its streets were kept", branch)
	}
	for k, ratio := range f {
		if err := br.SetField(SpeedRatio, "city", at.Add(time.Duration(k+1)*footageEvery), ratio); err != nil {
			return fmt.Errorf("brain: branch %s: %w", branch, err)
		}
	}
	return nil
}

// SpeedRatio is the field of a branch that holds how fast each link is, of its limit.
const SpeedRatio = "speedRatio"
