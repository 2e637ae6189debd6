package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"citybrain/emergency/hypercube"
)

// hypercubeFile is what `emergency hypercube` reads; units count from 1.
type hypercubeFile struct {
	Lam  []float64 `json:"lam"`
	Mu   float64   `json:"mu"`
	Pref [][]int   `json:"pref"`
	Cap  string    `json:"cap"`
}

// hypercubeRow is what `emergency hypercube --json` prints. P has an entry for each set of busy units, unit 1 the lowest bit; it is null
// of an approximate solution, which says instead what it was off on its first units.
type hypercubeRow struct {
	P             []float64         `json:"P"`
	Workload      []float64         `json:"workload"`
	Saturation    float64           `json:"saturation"`
	Dispatch      [][]float64       `json:"dispatch_fraction_unit_by_atom"`
	Queue         float64           `json:"prob_queue"`
	Approximation *hypercubeAgainst `json:"approximation,omitempty"`
}

type hypercubeAgainst struct {
	Units    int     `json:"compared_units"`
	Workload float64 `json:"max_workload_error"`
	Dispatch float64 `json:"max_dispatch_error"`
}

func emergencyHypercube(_ context.Context, args []string, out io.Writer) error {
	f := flags("emergency hypercube", "citybrain emergency hypercube system.json --json", out)
	asJSON := f.Bool("json", false, "print one JSON object")
	rough := f.Bool("approximate", false, "approximate also where the exact solution is within reach (to 20 units)")
	file := "" // it may stand before the flags
	if len(args) > 0 && len(args[0]) > 0 && args[0][0] != '-' {
		file, args = args[0], args[1:]
	}
	if err := parse(f, args); err != nil {
		return err
	}
	if file == "" && f.NArg() == 1 {
		file = f.Arg(0)
	} else if err := noArgs(f); err != nil {
		return err
	}
	if file == "" {
		return fmt.Errorf("%w: name the file of the system", errUsage)
	}
	s, err := readHypercube(file)
	if err != nil {
		return err
	}
	solve := hypercube.Exact
	if *rough || s.Units() > hypercube.MaxExact {
		solve = hypercube.Approximate
	}
	sol, err := solve(s)
	if err != nil {
		return fmt.Errorf("read %s: %w", file, err)
	}
	row := hypercubeRow{P: sol.P, Workload: sol.Workload, Saturation: sol.Saturation, Dispatch: sol.Dispatch, Queue: sol.Queue}
	if e := sol.Error; e != nil {
		row.Approximation = &hypercubeAgainst{e.Units, e.Workload, e.Dispatch}
	}
	if *asJSON {
		return json.NewEncoder(out).Encode(row)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "all busy\t%.6f, a call waits %.6f\n", sol.Saturation, sol.Queue)
	for u, v := range sol.Workload {
		sum := 0.0
		for _, d := range sol.Dispatch[u] {
			sum += d
		}
		fmt.Fprintf(w, "unit %d\tbusy %.6f, has %.6f of the calls\n", u+1, v, sum)
	}
	if e := row.Approximation; e != nil {
		fmt.Fprintf(w, "approximate\ton the first %d units off by up to %.6f in workload, %.6f in dispatch\n", e.Units, e.Workload, e.Dispatch)
	}
	return w.Flush()
}

// readHypercube reads a system; errors name file, line and field.
func readHypercube(file string) (*hypercube.System, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	var x hypercubeFile
	if err := json.Unmarshal(b, &x); err != nil {
		at, field := int64(len(b)), ""
		var syntax *json.SyntaxError
		var kind *json.UnmarshalTypeError
		if errors.As(err, &syntax) {
			at = syntax.Offset
		} else if errors.As(err, &kind) {
			at, field = kind.Offset, fmt.Sprintf("field %q: ", kind.Field)
		}
		line := 1 + bytes.Count(b[:min(at, int64(len(b)))], []byte("\n"))
		return nil, fmt.Errorf("read %s: line %d: %s%w", file, line, field, err)
	}
	s := &hypercube.System{Lambda: x.Lam, Mu: x.Mu, Line: x.Cap == "inf"}
	if x.Cap != "inf" && x.Cap != "zero" {
		return nil, fmt.Errorf("read %s: field \"cap\": %q is neither \"zero\" nor \"inf\"", file, x.Cap)
	}
	for _, p := range x.Pref {
		q := make([]int, len(p))
		for i, u := range p {
			q[i] = u - 1
		}
		s.Prefer = append(s.Prefer, q)
	}
	if err := s.Check(); err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	return s, nil
}
