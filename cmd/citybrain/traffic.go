package main

import (
	"context"
	"fmt"
	"io"
	"sort"
)

// trafficVerb runs what stands behind `citybrain traffic`.
func trafficVerb(ctx context.Context, args []string, out io.Writer) error {
	parts := map[string]func(context.Context, []string, io.Writer) error{"drive-sumo": driveSUMOVerb, "run": trafficRunVerb, "report": trafficReportVerb, "optimise": trafficOptimiseVerb}
	if len(args) > 0 {
		if f := parts[args[0]]; f != nil {
			return f(ctx, args[1:], out)
		}
	}
	var names []string
	for n := range parts {
		names = append(names, n)
	}
	sort.Strings(names)
	return fmt.Errorf("%w: citybrain traffic %v", errUsage, names)
}
