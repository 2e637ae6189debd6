package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"

	"citybrain/account"
	"citybrain/city"
)

// A speedModel is what `city speeds --json` prints.
type speedModel struct {
	City     string `json:"city"`
	Evenings int    `json:"evenings"`
	Hours    int    `json:"hours"`
	Bytes    int    `json:"bytes"`
	Streets  string `json:"streets"` // hash of what the model is of
}

func citySpeeds(ctx context.Context, args []string, out io.Writer) error {
	f := flags("city speeds", "citybrain city speeds --city out/demo --json", out)
	dir := f.String("city", demoCity, "`folder` of a city pack, which is written anew with what was learnt; demo: the demo city, whose model --out gets")
	file := f.String("out", "", "`file` for the model by itself, as city/riverside/speeds.bin has the demo city's")
	evenings := f.Int("evenings", 14, "of the city's own world that it learns from, 4 or more")
	hours := f.Int("hours", 4, "of each, from 17:00 on")
	seed := f.Uint64("seed", 7001, "of the first evening")
	threads := f.Int("threads", runtime.GOMAXPROCS(0), "the result does not depend on it")
	asJSON := f.Bool("json", false, "print JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *evenings < 4 || *evenings > 1000 || *hours < 2 || *hours > 24 {
		return fmt.Errorf("%w: --evenings %d --hours %d: 4 to 1000 evenings of 2 to 24 hours", errUsage, *evenings, *hours)
	}
	if *dir == demoCity && *file == "" {
		return fmt.Errorf("%w: the demo city is not written: give --out FILE", errUsage)
	}
	c, err := namedCity(*dir)
	if err != nil {
		return err
	}
	p := newProgress()
	b, err := account.LearnSpeeds(ctx, c, *evenings, *hours, *seed, *threads, func(part float64) { p.show("learning speeds", part) })
	p.done()
	if err != nil {
		return err
	}
	c.Speeds = b
	if *file != "" {
		if err := os.WriteFile(*file, b, 0o644); err != nil {
			return err
		}
	}
	if *dir != demoCity {
		if err := city.Save(*dir, c); err != nil {
			return err
		}
	}
	r := speedModel{c.Name.In("en"), *evenings, *hours, len(b), c.TrafficHash()}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	fmt.Fprintf(out, "%s: learnt from %d evenings of %d h, %d bytes\n", r.City, r.Evenings, r.Hours, r.Bytes)
	return nil
}
