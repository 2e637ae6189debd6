package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"

	"citybrain/account"
	"citybrain/flood"
)

func seasonVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("season", "citybrain season --storms 1 --seeds 10 --members 8 --json", out)
	dir := f.String("city", "", "`folder` of a city pack; empty: the demo city")
	storms := f.Int("storms", 1, "number of storms")
	seeds := f.Int("seeds", 10, "evenings for each storm")
	first := f.Uint64("seed", 1, "the first seed; 1–100 are for building, take others to judge")
	members := f.Int("members", 8, "of each forecast")
	hours := f.Float64("hours", 4, "length of an evening")
	work := f.String("work", "out/season", "`folder` in which finished evenings are kept, so that a season can go on; empty: none")
	asJSON := f.Bool("json", false, "print JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *members < 1 || *members > 40 || *storms < 1 || *seeds < 1 {
		return fmt.Errorf("%w: --storms %d --seeds %d --members %d", errUsage, *storms, *seeds, *members)
	}
	c, err := loadCity(*dir)
	if err != nil {
		return err
	}
	p := newProgress()
	r, err := account.Season{City: c, Storms: *storms, Seeds: *seeds, First: *first, Members: *members, Hours: *hours, Threads: runtime.GOMAXPROCS(0), Build: build, Work: *work,
		Progress: func(pair, pairs int, done float64) { p.show(fmt.Sprintf("pair %d of %d", pair, pairs), done) }}.Run(ctx)
	p.done()
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	fmt.Fprintf(out, "%d pairs on %s (terrain: %s), %.0f s\n", r.Pairs, c.Name.En, r.Terrain, r.WallS)
	interval := func(lo, hi *float64, format string) string {
		if lo == nil || *lo <= 0 && *hi >= 0 {
			return "no effect shown"
		}
		return fmt.Sprintf(format+" … "+format, *lo, *hi)
	}
	if r.Avoided != nil {
		fmt.Fprintf(out, "  damage avoided  ¥%.0f on average (%s); the depth–damage curves are good to a factor of %g either way\n", r.Avoided.Mean, interval(r.Avoided.P05, r.Avoided.P95, "¥%.0f"), flood.DamageUncertainty)
	} else {
		fmt.Fprintf(out, "  damage          not in money: %s\n", r.Unpriced)
	}
	fmt.Fprintf(out, "  mean travel     %.1f s with, %.1f s without (saved: %s)\n", r.Travel.With, r.Travel.Without, interval(r.Travel.SavedP05, r.Travel.SavedP95, "%.1f s"))
	if r.Response != nil {
		fmt.Fprintf(out, "  mean response   %.1f s with, %.1f s without, %d calls (saved: %s)\n", r.Response.With, r.Response.Without, *r.Response.Calls, interval(r.Response.SavedP05, r.Response.SavedP95, "%.1f s"))
	}
	return nil
}

func accountVerb(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || args[0] != "verify" {
		return fmt.Errorf("%w: citybrain account verify FILE", errUsage)
	}
	f := flags("account verify", "citybrain account verify season.json", out)
	dir := f.String("city", "", "`folder` of the city pack that the account is of; empty: the demo city")
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return fmt.Errorf("%w: give one file that season --json or run --headless --json printed", errUsage)
	}
	b, err := os.ReadFile(f.Arg(0))
	if err != nil {
		return err
	}
	c, err := loadCity(*dir)
	if err != nil {
		return err
	}
	p := newProgress()
	n, err := account.Verify(ctx, b, c, build, runtime.GOMAXPROCS(0), func(run, runs int) { p.show(fmt.Sprintf("run %d of %d", run, runs), float64(run-1)/float64(runs)) })
	p.done()
	if err != nil {
		return fmt.Errorf("%s: %w", f.Arg(0), err)
	}
	fmt.Fprintf(out, "%s: %d runs recomputed, every hash and figure agrees\n", f.Arg(0), n)
	return nil
}
