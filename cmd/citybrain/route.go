package main

import (
	"context"
	"io"
)

// routeVerb runs what stands behind `citybrain route`: a graph of its own, or else a city.
func routeVerb(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == "graph" {
		return routeGraphVerb(ctx, args[1:], out)
	}
	return routeCityVerb(ctx, args, out)
}
