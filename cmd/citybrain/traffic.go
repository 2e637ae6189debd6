package main

import (
	"context"
	"io"
)

// trafficVerb runs what stands behind `citybrain traffic`.
func trafficVerb(ctx context.Context, args []string, out io.Writer) error {
	return oneOf(ctx, "traffic", map[string]part{"drive-sumo": driveSUMOVerb, "run": trafficRunVerb, "report": trafficReportVerb, "optimise": trafficOptimiseVerb, "assign": trafficAssignVerb}, args, out)
}
