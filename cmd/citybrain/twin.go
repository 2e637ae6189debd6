package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"citybrain/twin"
)

// twinVerbs are the verbs on a twin's data folder.
func twinVerbs() []verb {
	return append([]verb{
		{"branch", "list, fork, compare, merge and remove branches of a data folder", "citybrain branch ls --data out/data", branchVerb},
		{"history", "what was known of an entity at a time", "citybrain history urn:ngsi-ld:PumpStation:p1 --at 2026-07-14T10:05:00Z --data out/data", historyVerb},
	}, keepVerbs()...)
}

func openData(dir string) (*twin.Twin, error) {
	if dir == "" {
		return nil, fmt.Errorf("%w: give --data, the folder of a run with --data", errUsage)
	}
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	return twin.Open(dir, twin.Options{Clock: func() time.Time { return time.Now().UTC() }})
}

func branchVerb(_ context.Context, args []string, out io.Writer) (err error) {
	if len(args) == 0 {
		return fmt.Errorf("%w: citybrain branch ls|fork|diff|merge|rm", errUsage)
	}
	f := flags("branch "+args[0], "citybrain branch "+args[0]+" --data out/data", out)
	data := f.String("data", "", "`folder` of the twin")
	asJSON := f.Bool("json", false, "print JSON")
	var names []string
	rest := args[1:]
	for len(rest) > 0 && rest[0] != "" && rest[0][0] != '-' {
		names, rest = append(names, rest[0]), rest[1:]
	}
	if err := parse(f, rest); err != nil {
		return err
	}
	names = append(names, f.Args()...)
	want := map[string]int{"ls": 0, "fork": 1, "diff": 2, "merge": 1, "rm": 1}
	if n, ok := want[args[0]]; !ok || len(names) != n {
		return fmt.Errorf("%w: branch ls | fork NAME | diff A B | merge NAME | rm NAME", errUsage)
	}
	t, err := openData(*data)
	if err != nil {
		return err
	}
	defer func() {
		if e := t.Close(); err == nil {
			err = e
		}
	}()
	branch := func(name string) (*twin.Branch, error) {
		b, ok := t.Branch(name)
		if !ok {
			return nil, fmt.Errorf("there is no branch %q; citybrain branch ls lists them", name)
		}
		return b, nil
	}
	switch args[0] {
	case "ls":
		for _, b := range t.Branches() {
			if *asJSON {
				if err := json.NewEncoder(out).Encode(map[string]any{"name": b.Name(), "kind": b.Kind().String(), "from": b.From(), "position": b.Position(), "entities": b.Snapshot().Len(), "recipe": b.Recipe()}); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(out, "%-30s %-8s from %d, at %d, %d entities\n", b.Name(), b.Kind(), b.From(), b.Position(), b.Snapshot().Len())
		}
	case "fork":
		_, err = t.Main().Fork(names[0], twin.ForkOptions{})
		return err
	case "rm":
		return t.Drop(names[0])
	case "merge":
		b, err := branch(names[0])
		if err != nil {
			return err
		}
		pos, err := twin.Merge(b, t.Main())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "merged %s into main at %d\n", names[0], pos)
	case "diff":
		a, err := branch(names[0])
		if err != nil {
			return err
		}
		b, err := branch(names[1])
		if err != nil {
			return err
		}
		for d := range twin.Diff(a.Snapshot(), b.Snapshot()) {
			switch {
			case d.A == nil:
				fmt.Fprintf(out, "+ %s\n", d.B.ID)
			case d.B == nil:
				fmt.Fprintf(out, "- %s\n", d.A.ID)
			default:
				for x := range d.B.Attributes() {
					if y, ok := d.A.Instance(x.Name, x.Dataset); !ok || fmt.Sprint(y.Any()) != fmt.Sprint(x.Any()) {
						fmt.Fprintf(out, "  %s %s: %v → %v\n", d.B.ID, x.Name, y.Any(), x.Any())
					}
				}
			}
		}
	}
	return nil
}

func historyVerb(_ context.Context, args []string, out io.Writer) (err error) {
	f := flags("history", "citybrain history ENTITY --at TIME --data out/data", out)
	data := f.String("data", "", "`folder` of the twin")
	at := f.String("at", "", "`time`, RFC 3339; empty: now")
	by := f.String("clock", "recorded", "recorded: what was known then; observed: what is now known to have been then")
	id := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		id, args = args[0], args[1:]
	}
	if err := parse(f, args); err != nil {
		return err
	}
	if id == "" && f.NArg() == 1 {
		id = f.Arg(0)
	}
	clock, ok := map[string]twin.Clock{"recorded": twin.ByRecorded, "observed": twin.ByObserved}[*by]
	if id == "" || !ok {
		return fmt.Errorf("%w: history ENTITY [--at TIME] [--clock recorded|observed]", errUsage)
	}
	when := time.Now()
	if *at != "" {
		if when, err = time.Parse(time.RFC3339, *at); err != nil {
			return fmt.Errorf("%w: --at %q is not like 2026-07-14T10:05:00Z", errUsage, *at)
		}
	}
	t, err := openData(*data)
	if err != nil {
		return err
	}
	defer func() {
		if e := t.Close(); err == nil {
			err = e
		}
	}()
	e, ok := t.Main().AsOf(id, when, clock)
	if !ok {
		return fmt.Errorf("nothing was known of %s at %s by %s time", id, when.Format(time.RFC3339), *by)
	}
	fmt.Fprintf(out, "%s %v\n", e.ID, e.Types)
	for a := range e.Attributes() {
		fmt.Fprintf(out, "  %-16s %v %s  observed %s, recorded %s\n", a.Name, a.Any(), a.Unit, a.ObservedAt().Format(time.RFC3339), a.RecordedAt().Format(time.RFC3339))
	}
	return nil
}
