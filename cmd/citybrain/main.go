// Command citybrain is the operating brain of a city, as one program. `citybrain help` lists its verbs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"citybrain/bench/twin"
	"citybrain/server"
)

// build is the commit that the binary was made from; the Makefile sets it.
var build = "unknown"

// errUsage marks an error as wrong use: exit status 2.
var errUsage = errors.New("wrong use")

// A verb is one thing that the program does.
type verb struct {
	name    string
	summary string
	example string
	run     func(ctx context.Context, args []string, out io.Writer) error
}

var verbs []verb

func init() {
	verbs = []verb{
		{"run", "run the demo city, or another one, with the console or headless", "citybrain run --headless --scenario storm --hours 4 --seed 1 --brain on --json", runVerb},
		{"city", "generate, build, inspect and draw city packs", "citybrain city generate --seed 1 --out out/demo", cityVerb},
		{"season", "pair evenings with and without the brain and account for the difference", "citybrain season --storms 1 --seeds 10 --members 8 --json", seasonVerb},
		{"traffic", "simulate traffic under a signal controller, or drive SUMO with one", "citybrain traffic run --roadnet roadnet.json --flow flow.json --model cityflow --controller brain --json", trafficVerb},
		{"flood", "run a flood case or a network of drains, word warnings, draw design storms", "citybrain flood run case.yaml --solver inertial --out out/case --json", floodVerb},
		{"emergency", "simulate an ambulance service under a dispatch policy, site stations, plan evacuations", "citybrain emergency simulate --jemss auckland --calls auckland/calls.csv.gz --policy brain --json", emergencyVerb},
		{"route", "find the quickest way through a city, or answer queries on a road graph", "citybrain route --from 121.47,31.22 --to 121.50,31.24 --profile ambulance --json", routeVerb},
		{"account", "verify an account by running it again", "citybrain account verify season.json", accountVerb},
		{"bench", "measure the twin, the evening, the console, traffic, flood, routing or emergency against what they must reach", "citybrain bench twin --json", benchVerb},
		{"version", "print the build", "citybrain version", versionVerb},
	}
	verbs = append(verbs, twinVerbs()...)
}

func main() {
	twin.Child() // a bench's child writes until it is killed
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(dispatch(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// dispatch runs the verb that args name and returns the exit status: 0, 1 failed, 2 wrong use.
func dispatch(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(out)
		if len(args) == 0 {
			return 2
		}
		return 0
	}
	for _, v := range verbs {
		if v.name != args[0] {
			continue
		}
		err := v.run(ctx, args[1:], out)
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, errUsage):
			example := v.example
			if p := (*partUsage)(nil); errors.As(err, &p) {
				example = p.help
			}
			fmt.Fprintf(errs, "citybrain %s: %v\nexample: %s\n", v.name, err, example)
			return 2
		case errors.Is(err, context.Canceled) && ctx.Err() != nil:
			fmt.Fprintf(errs, "citybrain %s: stopped by a signal before its end: %v\n", v.name, err)
			return 1
		}
		fmt.Fprintf(errs, "citybrain %s: %v\n", v.name, err)
		return 1
	}
	fmt.Fprintf(errs, "citybrain: there is no verb %q; citybrain help lists them\n", args[0])
	return 2
}

func usage(w io.Writer) {
	fmt.Fprint(w, "citybrain is the operating brain of a city.\n\n")
	for _, v := range verbs {
		fmt.Fprintf(w, "  %-9s %s\n            e.g. %s\n", v.name, v.summary, v.example)
	}
	fmt.Fprint(w, "\nEvery verb has --help. Exit status: 0, 1 failed, 2 wrong use.\n")
}

// A part is what stands behind a verb's next word.
type part func(ctx context.Context, args []string, out io.Writer) error

// oneOf runs the part that the first of args names; none of them is wrong use, and says which there are.
func oneOf(ctx context.Context, verb string, parts map[string]part, args []string, out io.Writer) error {
	names := strings.Join(slices.Sorted(maps.Keys(parts)), "|")
	if len(args) > 0 {
		if f := parts[args[0]]; f != nil {
			err := f(ctx, args[1:], out)
			if p := (*partUsage)(nil); errors.Is(err, errUsage) && !errors.As(err, &p) {
				err = &partUsage{err, fmt.Sprintf("citybrain %s %s --help", verb, args[0])}
			}
			return err
		}
		if slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
			fmt.Fprintf(out, "usage: citybrain %s %s …\nEach has --help.\n", verb, names)
			return flag.ErrHelp
		}
	}
	return fmt.Errorf("%w: want citybrain %s %s", errUsage, verb, names)
}

// partUsage is wrong use of a part of a verb, with what to ask for help.
type partUsage struct {
	error
	help string
}

func (p *partUsage) Unwrap() error { return p.error }

// flags makes a flag set for a verb that reports wrong use as an error and prints its help with an example.
func flags(name, example string, out io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("citybrain "+name, flag.ContinueOnError)
	f.SetOutput(out)
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "usage: citybrain %s [flags]\nexample: %s\n", name, example)
		f.PrintDefaults()
	}
	return f
}

// parse reads args; anything it does not know is wrong use.
func parse(f *flag.FlagSet, args []string) error {
	quiet := f.Output()
	f.SetOutput(io.Discard)
	err := f.Parse(args)
	f.SetOutput(quiet)
	if errors.Is(err, flag.ErrHelp) {
		f.Usage()
		return err
	}
	if err != nil {
		return fmt.Errorf("%w: %v", errUsage, err)
	}
	return nil
}

func noArgs(f *flag.FlagSet) error {
	if f.NArg() > 0 {
		return fmt.Errorf("%w: %q is not a flag", errUsage, strings.Join(f.Args(), " "))
	}
	return nil
}

func versionVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("version", "citybrain version", out)
	at := &place{data: new(string), server: f.String("server", "", "`address` of a running server: its build; empty: this binary's")}
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	v := server.Version{Build: build, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if *at.server != "" {
		if err := at.open(); err != nil {
			return err
		}
		if err := at.ask(ctx, http.MethodGet, "/api/version", nil, nil, &v); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(out, "citybrain %s %s %s/%s\n", v.Build, v.Go, v.OS, v.Arch)
	return err
}
