package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"citybrain/server"
)

// twinVerbs are the verbs on a twin, in a data folder or at a server.
func twinVerbs() []verb {
	list := append([]verb{
		{"branch", "list, fork, compare, merge and remove branches", "citybrain branch ls --server http://localhost:8080", branchVerb},
		{"history", "what was known of an entity at a time", "citybrain history urn:ngsi-ld:PumpStation:p1 --at 2026-07-14T10:05:00Z --data out/data", historyVerb},
	}, keepVerbs()...)
	return append(list, userVerbs()...)
}

func branchVerb(ctx context.Context, args []string, out io.Writer) (err error) {
	if len(args) == 0 {
		return fmt.Errorf("%w: citybrain branch ls|fork|diff|merge|rm", errUsage)
	}
	f := flags("branch "+args[0], "citybrain branch "+args[0]+" --data out/data", out)
	at := placeFlags(f)
	from := f.String("from", "", "fork: the `branch` that it comes from; empty: main")
	into := f.String("into", "", "merge: the `branch` that it goes into; empty: main")
	asJSON := f.Bool("json", false, "ls, diff: print JSON, one line each")
	names, rest := words(args[1:])
	if err := parse(f, rest); err != nil {
		return err
	}
	names = append(names, f.Args()...)
	want := map[string]int{"ls": 0, "fork": 1, "diff": 2, "merge": 1, "rm": 1}
	if n, ok := want[args[0]]; !ok || len(names) != n {
		return fmt.Errorf("%w: branch ls | fork NAME | diff A B | merge NAME | rm NAME", errUsage)
	}
	if err := at.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.close()) }()
	switch args[0] {
	case "ls":
		var list []server.Branch
		if err := at.ask(ctx, http.MethodGet, "/api/branches", nil, nil, &list); err != nil {
			return err
		}
		for _, b := range list {
			if *asJSON {
				if err := json.NewEncoder(out).Encode(b); err != nil {
					return err
				}
				continue
			}
			fmt.Fprintf(out, "%-30s %-8s from %d, at %d, %d entities\n", b.Name, b.Kind, b.From, b.Position, b.Entities)
		}
	case "fork":
		return at.ask(ctx, http.MethodPost, "/api/branches", nil, server.Fork{Name: names[0], From: *from}, nil)
	case "rm":
		return at.ask(ctx, http.MethodDelete, "/api/branches", url.Values{"name": names}, nil, nil)
	case "merge":
		var m server.Merge
		if err := at.ask(ctx, http.MethodPost, "/api/merge", nil, server.Merge{From: names[0], Into: *into}, &m); err != nil {
			return err
		}
		fmt.Fprintf(out, "merged %s into %s at %d\n", m.From, m.Into, m.Position)
	case "diff":
		var list []server.Difference
		if err := at.ask(ctx, http.MethodGet, "/api/diff", url.Values{"a": {names[0]}, "b": {names[1]}}, nil, &list); err != nil {
			return err
		}
		for _, d := range list {
			switch {
			case *asJSON:
				if err := json.NewEncoder(out).Encode(d); err != nil {
					return err
				}
			case d.Only == "b":
				fmt.Fprintf(out, "+ %s\n", d.ID)
			case d.Only == "a":
				fmt.Fprintf(out, "- %s\n", d.ID)
			}
			for _, a := range d.Attributes {
				if !*asJSON {
					fmt.Fprintf(out, "  %s %s: %s → %s\n", d.ID, a.Name, shown(a.A), shown(a.B))
				}
			}
		}
	}
	return nil
}

// shown is a value as people read it: text as it is, all else as JSON.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string, float64, bool:
		return fmt.Sprint(v)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(b)
}

func historyVerb(ctx context.Context, args []string, out io.Writer) (err error) {
	f := flags("history", "citybrain history ENTITY --at TIME --data out/data", out)
	place := placeFlags(f)
	at := f.String("at", "", "`time`, RFC 3339; empty: now")
	by := f.String("clock", "recorded", "recorded: what was known then; observed: what is now known to have been then")
	asJSON := f.Bool("json", false, "print JSON")
	names, rest := words(args)
	if err := parse(f, rest); err != nil {
		return err
	}
	names = append(names, f.Args()...)
	if len(names) != 1 || *by != "recorded" && *by != "observed" {
		return fmt.Errorf("%w: history ENTITY [--at TIME] [--clock recorded|observed]", errUsage)
	}
	if *at == "" {
		*at = "now"
	} else if _, err := time.Parse(time.RFC3339, *at); err != nil {
		return fmt.Errorf("%w: --at %q is not like 2026-07-14T10:05:00Z", errUsage, *at)
	}
	if err := place.open(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, place.close()) }()
	var k server.Known
	if err := place.ask(ctx, http.MethodGet, "/api/history", url.Values{"id": names, "at": {*at}, "clock": {*by}}, nil, &k); err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(k)
	}
	fmt.Fprintf(out, "%s %v\n", k.ID, k.Types)
	for _, a := range k.Attributes {
		observed := "at an unknown time"
		if a.Observed != 0 {
			observed = stamp(a.Observed)
		}
		fmt.Fprintf(out, "  %-16s %s %s  observed %s, recorded %s\n", a.Name, shown(a.Value), a.Unit, observed, stamp(a.Recorded))
	}
	return nil
}

func stamp(unix float64) string {
	return time.UnixMilli(int64(unix * 1000)).UTC().Format(time.RFC3339)
}
