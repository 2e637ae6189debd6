package emergency

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"citybrain/bench"
	"citybrain/bench/traffic"
	"citybrain/emergency/hypercube"
)

// queueing holds the hypercube against the exact reference values, and times it.
func queueing(o Options) []bench.Row {
	worst, note := againstReference(filepath.Join(o.Data, "queueing", "hypercube_reference.json"))
	rows := []bench.Row{bench.AtMost("hypercube: largest difference from the exact reference, at most", "", 1e-9, worst, note)}
	for _, x := range []struct {
		units int
		limit float64
	}{{16, 1}, {20, 60}} {
		began := traffic.ProcessorTime()
		s := street(x.units, 0.3, false)
		sol, err := hypercube.Exact(s)
		spent := (traffic.ProcessorTime() - began).Seconds()
		row := bench.AtMost(fmt.Sprintf("hypercube: exact with %d units, at most", x.units), "s", x.limit, &spent, "processor time, calls in a street")
		if err != nil {
			row = bench.AtMost(row.Row, "s", x.limit, nil, err.Error())
		} else if a, err := hypercube.Approximate(s); err == nil {
			d := 0.0
			for u := range a.Workload {
				d = max(d, math.Abs(a.Workload[u]-sol.Workload[u]))
			}
			row.Note += fmt.Sprintf("; approximate is off by %.4f in workload at most", d)
		}
		rows = append(rows, row)
	}
	return rows
}

// street is n units in a street, unit u at 2u + 0.5, calls at every whole number, the nearest unit first.
func street(n int, each float64, line bool) *hypercube.System {
	s := &hypercube.System{Mu: 1, Line: line}
	for j := range 2 * n {
		s.Lambda = append(s.Lambda, each)
		p := make([]int, n)
		for i := range p {
			p[i] = i
			for k := i; k > 0 && away(p[k], j) < away(p[k-1], j); k-- {
				p[k], p[k-1] = p[k-1], p[k]
			}
		}
		s.Prefer = append(s.Prefer, p)
	}
	return s
}

func away(unit, atom int) float64 { return math.Abs(2*float64(unit) + 0.5 - float64(atom)) }

func againstReference(path string) (worst *float64, note string) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, "the reference is not at " + path
	}
	type known struct {
		Lam      []float64   `json:"lam"`
		Mu       float64     `json:"mu"`
		Pref     [][]int     `json:"pref"`
		Cap      string      `json:"cap"`
		P        []float64   `json:"P"`
		P2       []float64   `json:"P_00_1busy_2busy_11"`
		Workload []float64   `json:"workload"`
		Sat      float64     `json:"saturation"`
		Dispatch [][]float64 `json:"dispatch_fraction_unit_by_atom"`
		Queue    float64     `json:"prob_queue"`
		Each     float64     `json:"lam_each"`
	}
	var ref struct {
		Two   []known `json:"two_units"`
		Three []known `json:"three_units"`
		Nine  []known `json:"nine_units_line"`
	}
	if err := json.Unmarshal(b, &ref); err != nil {
		return nil, fmt.Sprintf("read %s: %v", path, err)
	}
	d := 0.0
	cases := append(append(ref.Two, ref.Three...), ref.Nine...)
	for _, x := range cases {
		s := &hypercube.System{Lambda: x.Lam, Mu: x.Mu, Line: x.Cap == "inf"}
		for _, p := range x.Pref {
			q := make([]int, len(p))
			for i, u := range p {
				q[i] = u - 1
			}
			s.Prefer = append(s.Prefer, q)
		}
		if x.Each > 0 {
			s = street(9, x.Each, s.Line)
		}
		sol, err := hypercube.Exact(s)
		if err != nil {
			return nil, err.Error()
		}
		for i, v := range append(x.P, x.P2...) {
			d = max(d, math.Abs(sol.P[i]-v))
		}
		for u, v := range x.Workload {
			d = max(d, math.Abs(sol.Workload[u]-v))
		}
		for u := range x.Dispatch {
			for j, v := range x.Dispatch[u] {
				d = max(d, math.Abs(sol.Dispatch[u][j]-v))
			}
		}
		d = max(d, math.Abs(sol.Saturation-x.Sat), math.Abs(sol.Queue-x.Queue))
	}
	return &d, fmt.Sprintf("%d systems", len(cases))
}
