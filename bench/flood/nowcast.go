package flood

import (
	"context"
	"fmt"
	"math"

	"citybrain/bench"
	"citybrain/flood/rain"
)

const (
	stormSize   = 96  // km
	stormLength = 300 // min
	stormStep   = 5   // min between images
	taught      = 24  // storms that both learn from
	tried       = 16  // others that both forecast
)

// nowcast compares the ensemble nowcast with Lagrangian persistence dressed with its past errors, by the mean CRPS over all cells and leads
// to an hour, on storms that neither has seen. Both have the same motion and learn from the same earlier storms; the reference's
// outcomes are sorted by its forecast as finely as ours, so that it is as sharp as persistence can be.
func nowcast(ctx context.Context, _ Options) ([]bench.Row, error) {
	change, wins, err := nowcastGain(ctx, true, tried)
	if err != nil {
		return nil, err
	}
	bare, _, err := nowcastGain(ctx, false, tried/2)
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%d storms of cells of 15–40 min in widespread rain, better in %d; on bare cells, whose future is nearly all unborn, %.1f %%", tried, wins, bare)
	return []bench.Row{atMost("rain nowcast: CRPS against dressed Lagrangian persistence, 0–60 min", "%", -10, -20, change, nil, note)}, nil
}

func images(seed uint64, widespread bool) []rain.Field {
	s := newStorm(seed, stormSize, stormLength)
	if !widespread {
		s.areas = nil
	}
	var out []rain.Field
	for t := 0; t < stormLength; t += stormStep {
		out = append(out, s.at(float64(t), stormSize))
	}
	return out
}

// nowcastGain returns by how many percent the nowcast's CRPS is above the reference's, and in how many storms it is less.
func nowcastGain(ctx context.Context, widespread bool, count int) (change float64, wins int, err error) {
	var past [][]rain.Field
	for k := range taught {
		past = append(past, images(uint64(5000+k), widespread))
	}
	archive, err := rain.NewArchive(past)
	if err != nil {
		return 0, 0, err
	}
	plain, err := archive.Train(rain.Config{Plain: true})
	if err != nil {
		return 0, 0, err
	}
	own, err := archive.Train(rain.Config{})
	if err != nil {
		return 0, 0, err
	}
	var ours, theirs float64
	for k := range count {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		all := images(uint64(k), widespread)
		now := 30 + 6*(k%3)
		a, err := plain.Nowcast(all[:now+1])
		if err != nil {
			return 0, 0, err
		}
		b, err := own.Nowcast(all[:now+1])
		if err != nil {
			return 0, 0, err
		}
		members := b.Members()
		var x, y float64
		v := make([]float64, len(members))
		for lead := 1; lead <= 60/stormStep; lead++ {
			for i, came := range all[now+lead].V {
				q := a.Quantiles(lead, i)
				if q == nil || b.Quantiles(lead, i) == nil {
					continue
				}
				for m := range members {
					v[m] = members[m][lead-1].V[i]
				}
				x += rain.FairCRPS(v, came)
				y += rain.CRPS(q, came)
			}
		}
		ours, theirs = ours+x, theirs+y
		if x < y {
			wins++
		}
	}
	if theirs == 0 || math.IsNaN(ours) {
		return 0, 0, fmt.Errorf("no rain in %d storms", count)
	}
	return 100 * (ours/theirs - 1), wins, nil
}
