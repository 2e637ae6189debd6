package flood

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"citybrain/bench"
	harm "citybrain/flood/damage"
)

// damage compares the curves with the published table, at its depths and half-way between, from the depth at which damage counts.
func damage(_ context.Context, o Options) ([]bench.Row, error) {
	f, err := os.Open(filepath.Join(o.Data, "damage", "jrc2017_asia.csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comment, r.FieldsPerRecord = '#', -1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	uses := map[string]harm.Class{}
	for c, name := range harm.Classes {
		uses[name] = harm.Class(c)
	}
	var worst float64
	compared := 0
	for col, name := range rows[0] {
		use, ok := uses[strings.ToLower(strings.TrimSpace(name))]
		if !ok {
			continue
		}
		var depth, share []float64
		for _, row := range rows[1:] {
			d, e1 := strconv.ParseFloat(strings.TrimSpace(row[0]), 64)
			v, e2 := strconv.ParseFloat(strings.TrimSpace(row[col]), 64)
			if e1 == nil && e2 == nil {
				depth, share = append(depth, d), append(share, v)
			}
		}
		for i := range depth {
			for _, w := range []float64{0, 0.5} {
				if i == 0 {
					continue
				}
				x := depth[i-1]*w + depth[i]*(1-w)
				if x < harm.Least {
					continue
				}
				worst = max(worst, math.Abs(harm.Fraction(use, x)-(share[i-1]*w+share[i]*(1-w))))
				compared++
			}
		}
	}
	if compared == 0 {
		row := bench.AtMost("damage on given depths against the JRC curves", "", 1e-9, nil, "the table has no column of a use that is known")
		return []bench.Row{row}, nil
	}
	return []bench.Row{atMost("damage on given depths against the JRC curves", "", 1e-9, 1e-9, worst, nil, fmt.Sprintf("%d depths, six classes of assets", compared))}, nil
}
