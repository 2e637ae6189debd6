package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"

	"citybrain/bench/console"
	"citybrain/bench/evening"
	"citybrain/bench/twin"
	"citybrain/city/riverside"
)

func benchVerb(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "traffic" {
		return benchTraffic(ctx, args[1:], out)
	}
	if len(args) > 0 && args[0] == "flood" {
		return benchFlood(ctx, args[1:], out)
	}
	if len(args) > 0 && args[0] == "emergency" {
		return benchEmergency(ctx, args[1:], out)
	}
	if len(args) > 0 && args[0] == "routing" {
		return benchRouting(ctx, args[1:], out)
	}
	if len(args) == 0 || args[0] != "twin" && args[0] != "evening" && args[0] != "console" {
		return fmt.Errorf("%w: citybrain bench twin|evening|console|traffic|flood|routing|emergency", errUsage)
	}
	f := flags("bench "+args[0], "citybrain bench "+args[0]+" --json", out)
	asJSON := f.Bool("json", false, "print JSON")
	kills := f.Int("kills", 3, "twin: how often a writing process is killed")
	cuts := f.Int("cuts", 3, "twin: how often the power of a file layer is cut")
	entities := f.Int("entities", 1_000_000, "twin: its size")
	hours := f.Float64("hours", 4, "evening: its length")
	members := f.Int("members", 20, "evening: of each forecast; console: at most 2")
	if err := parse(f, args[1:]); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "citybrain-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if args[0] == "twin" {
		_, err = twin.Run(ctx, twin.Options{Entities: *entities, Kills: *kills, Cuts: *cuts, Dir: dir, JSON: *asJSON}, out)
		return err
	}
	if args[0] == "console" {
		return console.Run(ctx, console.Options{City: riverside.City(demoSeed), Seed: demoSeed, Members: min(*members, 2), Threads: runtime.GOMAXPROCS(0), Dir: dir, Build: build, JSON: *asJSON}, out)
	}
	return evening.Run(ctx, evening.Options{City: riverside.City(demoSeed), Hours: *hours, Seed: demoSeed, Members: *members, Threads: runtime.GOMAXPROCS(0), Dir: dir, Build: build, JSON: *asJSON}, out)
}
