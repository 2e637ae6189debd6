package flood

import (
	"context"
	"fmt"
	"io"

	"citybrain/bench"
)

// Options is what to run.
type Options struct {
	Data string // the folder with the reference data
	JSON bool
	Part string // one of analytic, agency, merewether, speed, members, mass, drains, rain, damage; empty: all
}

// Run measures and writes a table or JSON.
func Run(ctx context.Context, o Options, w io.Writer) error {
	rows, err := Rows(ctx, o)
	if err != nil {
		return err
	}
	return bench.Print(w, rows, o.JSON)
}

// Rows measures everything in the order of the table of what must be reached.
func Rows(ctx context.Context, o Options) ([]bench.Row, error) {
	var rows []bench.Row
	for _, part := range []struct {
		name string
		rows func(context.Context, Options) ([]bench.Row, error)
	}{{"analytic", analytic}, {"agency", agency}, {"merewether", merewether}, {"speed", speed}, {"members", members}, {"mass", mass}, {"drains", drains}, {"rain", nowcast}, {"damage", damage}} {
		if o.Part != "" && o.Part != part.name {
			continue
		}
		r, err := part.rows(ctx, o)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("no part %q", o.Part)
	}
	return rows, nil
}

// atMost is the row of a figure measured, or of the error that kept it from being so.
func atMost(row, unit string, limit, aim, v float64, err error, note string) bench.Row {
	if err != nil {
		r := bench.AtMost(row, unit, limit, nil, err.Error())
		r.Aim = &aim
		return r
	}
	r := bench.AtMost(row, unit, limit, &v, note)
	r.Aim = &aim
	return r
}

func atLeast(row, unit string, limit, aim, v float64, peer string, note string) bench.Row {
	r := bench.AtLeast(row, unit, limit, &v, note)
	r.Aim, r.Peer, r.Ratio = &aim, &peer, &v
	return r
}

func percent(part, whole float64) float64 { return 100 * part / whole }

func missing(what string, err error) error { return fmt.Errorf("%s: %w", what, err) }
