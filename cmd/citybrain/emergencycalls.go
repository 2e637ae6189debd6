package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"citybrain/city"
	"citybrain/city/importer/jemss"
	"citybrain/emergency/ems"
)

// emergencyCalls draws calls of a JEMSS city into a file in JEMSS' layout.
func emergencyCalls(_ context.Context, args []string, out io.Writer) error {
	f := flags("emergency calls", "citybrain emergency calls --jemss auckland --days 101 --seed 7 --out calls.csv.gz", out)
	dir := f.String("jemss", "", "`folder` of a JEMSS city with gen_config_test.xml")
	days := f.Float64("days", 101, "how many days")
	seed := f.Uint64("seed", 1, "other seeds give other days")
	file := f.String("out", "", "`file` to write, gzipped if its name ends in .gz")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *dir == "" || *file == "" || !(*days > 0 && *days <= 10_000) {
		return fmt.Errorf("%w: give --jemss FOLDER, --out FILE and --days up to 10000", errUsage)
	}
	e, err := jemss.Load(*dir)
	if err == nil {
		err = jemss.LoadDemand(*dir, e)
	}
	if err != nil {
		return err
	}
	calls, err := ems.Generate(e, *days, *seed)
	if err != nil {
		return err
	}
	w, err := os.Create(*file)
	if err != nil {
		return err
	}
	err = writeCalls(w, calls, strings.HasSuffix(*file, ".gz"))
	if e := w.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", *file, err)
	}
	_, err = fmt.Fprintf(out, "%s: %d calls\n", *file, len(calls))
	return err
}

func writeCalls(to io.Writer, calls []city.EMSCall, packed bool) error {
	const day = 86400
	var z *gzip.Writer
	if packed {
		z = gzip.NewWriter(to)
		to = z
	}
	w := bufio.NewWriter(to)
	fmt.Fprint(w, "miscData,,,,,,,,,\nstartTime,,,,,,,,,\n0.0,,,,,,,,,\n,,,,,,,,,\ncalls,,,,,,,,,\nindex,priority,x,y,arrivalTime,dispatchDelay,onSceneDuration,transport,hospitalIndex,handoverDuration\n")
	for i, c := range calls {
		transport := 0
		if c.Transport {
			transport = 1
		}
		fmt.Fprintf(w, "%d,%d,%.6f,%.6f,%.8f,%.8f,%.8f,%d,%d,%.8f\n", i+1, c.Priority+1, c.X, c.Y, c.Arrive/day, c.Delay/day, c.OnScene/day, transport, c.Hospital+1, c.HandOver/day)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if z != nil {
		return z.Close()
	}
	return nil
}
