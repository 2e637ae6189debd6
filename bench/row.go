// Package bench is what the benchmarks below it print: a row for each figure that an issue asks for.
package bench

import (
	"encoding/json"
	"fmt"
	"io"
)

// A Row is one figure beside what is asked of it; Value is null where it could not be measured, with the reason in Note. A
// figure of ours alone has no peer.
type Row struct {
	Row     string   `json:"row"`
	Value   *float64 `json:"value"`
	Unit    string   `json:"unit"`
	AtLeast float64  `json:"at_least"` // the limit: for most an upper one, which the row's name says
	Aim     *float64 `json:"aim"`
	OK      bool     `json:"ok"`
	Peer    *string  `json:"peer"`
	Ratio   *float64 `json:"ratio"`
	Note    string   `json:"note,omitempty"`
}

// AtMost is the row of a figure that may not exceed limit; a nil value keeps to nothing.
func AtMost(row, unit string, limit float64, value *float64, note string) Row {
	return Row{Row: row, Value: value, Unit: unit, AtLeast: limit, OK: value != nil && *value <= limit, Note: note}
}

// AtLeast is the row of a figure that must reach limit; a nil value reaches nothing.
func AtLeast(row, unit string, limit float64, value *float64, note string) Row {
	return Row{Row: row, Value: value, Unit: unit, AtLeast: limit, OK: value != nil && *value >= limit, Note: note}
}

// Print writes rows as a table for people, or as {"rows": …} for machines.
func Print(w io.Writer, rows []Row, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string][]Row{"rows": rows})
	}
	for _, x := range rows {
		v := "not measured"
		if x.Value != nil {
			v = fmt.Sprintf("%.4g %s", *x.Value, x.Unit)
		}
		if _, err := fmt.Fprintf(w, "%-64s %-22s wanted %-8g ok %-6v %s\n", x.Row, v, x.AtLeast, x.OK, x.Note); err != nil {
			return err
		}
	}
	return nil
}
