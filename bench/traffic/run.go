package traffic

import (
	"context"
	"io"

	"citybrain/bench"
	"citybrain/city"
)

// Options is what to run.
type Options struct {
	Data     string     // where the reference scenarios lie, a folder each
	Dir      string     // for scratch files
	Seconds  int        // of the speed grid
	Seeds    int        // of each scenario
	Span     int        // s measured of the city
	City     *city.City // whose speeds are forecast …
	Past     int        // … learnt from so many evenings …
	New      int        // … on so many others
	Forecast bool       // only that
	JSON     bool
}

// Run measures the engines and writes a table or JSON.
func Run(ctx context.Context, o Options, w io.Writer) error {
	rows, err := Rows(ctx, o)
	if err != nil {
		return err
	}
	return bench.Print(w, rows, o.JSON)
}

// Rows measures the engines.
func Rows(ctx context.Context, o Options) ([]bench.Row, error) {
	if o.Forecast {
		return Forecast(ctx, o.City, o.Past, o.New)
	}
	rows, err := City(ctx, 2, o.Span) // first, as memory is the process's largest
	if err != nil {
		return nil, err
	}
	speed, err := Speed(ctx, o.Dir, o.Seconds)
	if err != nil {
		return nil, err
	}
	queues, err := Meso(ctx, o.Dir)
	if err != nil {
		return nil, err
	}
	speed = append(speed, queues)
	same, err := Agree(ctx, o.Data, o.Dir, o.Seeds)
	if err != nil {
		return nil, err
	}
	ahead, err := Forecast(ctx, o.City, o.Past, o.New)
	if err != nil {
		return nil, err
	}
	return append(append(append(rows, speed...), same...), ahead...), nil
}
