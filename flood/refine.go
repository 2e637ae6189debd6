package flood

import "fmt"

// Refine returns a Sim on the cells of fine, another Sim of the same city on its terrain's own cells, that goes on from s's state: the second step of a
// cascade from coarse to fine. The water of each of s's cells lies on its ground at one level, as s's tables have it, films with it, and
// every cubic metre is kept; it starts at rest, and its largest depths are those of now.
func (s *Sim) Refine(fine *Sim) (*Sim, error) {
	if fine.cfg.Coarsen != 1 || fine.city.Terrain != s.city.Terrain {
		return nil, fmt.Errorf("flood: refine: cells of %d × the terrain's of %s: give a Sim of the same city with Coarsen 1", fine.cfg.Coarsen, fine.city.Name.En)
	}
	f := fine.Fork()
	st := f.flow.Snapshot(0)
	st.T = s.st.Time.Seconds()
	if err := f.flow.Restore(0, st); err != nil {
		return nil, err
	}
	f.cfg.Start, f.cfg.SurgeM = s.cfg.Start, s.cfg.SurgeM
	f.st = s.st.clone()
	f.st.Film = nil
	clear(f.w)
	level, held, room := make([]float64, s.net.Grid.Cells()), make([]float64, s.net.Grid.Cells()), make([]float64, s.net.Grid.Cells())
	for c := range level {
		level[c] = s.net.Level(c, s.water(c))
	}
	for p := range s.city.Terrain.Z {
		if i := f.net.CellOf(p); f.net.area[i] > 0 {
			f.w[i] = s.net.Depth(p, level[s.net.CellOf(p)]) * f.net.Open(i)
			held[s.net.CellOf(p)] += f.w[i]
			room[s.net.CellOf(p)] += f.net.Open(i)
		}
	}
	// What the tables round, and what lies on the ground as a film, is spread over what is wet, else over all of the cell.
	wide := s.net.Grid.Cell / f.net.Grid.Cell
	for p := range s.city.Terrain.Z {
		i, c := f.net.CellOf(p), s.net.CellOf(p)
		if f.net.area[i] == 0 {
			continue
		}
		all := s.water(c) * wide * wide
		film := 0.0
		if s.st.Film != nil {
			film = s.st.Film[c] * wide * wide
		}
		if held[c] > 0 {
			f.w[i] *= all / held[c]
		} else {
			film += all
		}
		f.w[i] += film * f.net.Open(i) / room[c]
	}
	f.flow.SetWaters(0, f.w)
	f.flow.ForgetPeaks(0)
	f.st.Mass = Mass{Initial: f.stored()}
	return f, nil
}
