package traffic

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// errNoSUMO says that a peer is not installed.
var errNoSUMO = errors.New("sumo is not on the path")

// A peerRun is what a run of SUMO gave.
type peerRun struct {
	CPU   time.Duration
	Trips map[string]peerTrip
}

type peerTrip struct {
	Duration, Arrival float64 // s; Arrival < 0: it did not
}

// sumoCmd runs SUMO from begin to end and, where trips are wanted, reads its tripinfo. Files must be plain.
func sumoCmd(ctx context.Context, dir, net, demand string, begin, end, seed int, trips bool, more ...string) (peerRun, error) {
	if _, err := exec.LookPath("sumo"); err != nil {
		return peerRun{}, errNoSUMO
	}
	args := []string{"-n", net, "-r", demand, "-b", fmt.Sprint(begin), "-e", fmt.Sprint(end), "--seed", fmt.Sprint(seed), "--time-to-teleport", "-1",
		"--xml-validation", "never", "--no-step-log", "--no-warnings"}
	args = append(args, more...)
	out := filepath.Join(dir, "trips.xml")
	if trips {
		args = append(args, "--tripinfo-output", out)
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, "sumo", args...)
	cmd.Stderr = &said
	if err := cmd.Run(); err != nil {
		return peerRun{}, fmt.Errorf("sumo %s: %w: %s", filepath.Base(net), err, bytes.TrimSpace(said.Bytes()))
	}
	r := peerRun{CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if !trips {
		return r, nil
	}
	f, err := os.Open(out)
	if err != nil {
		return r, err
	}
	defer f.Close()
	r.Trips, err = readTrips(f)
	return r, err
}

func readTrips(in io.Reader) (map[string]peerTrip, error) {
	trips := map[string]peerTrip{}
	dec := xml.NewDecoder(bufio.NewReader(in))
	for {
		t, err := dec.Token()
		if err == io.EOF {
			return trips, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read tripinfo: %w", err)
		}
		e, ok := t.(xml.StartElement)
		if !ok || e.Name.Local != "tripinfo" {
			continue
		}
		var x struct {
			ID       string  `xml:"id,attr"`
			Duration float64 `xml:"duration,attr"`
			Arrival  float64 `xml:"arrival,attr"`
		}
		if err := dec.DecodeElement(&x, &e); err != nil {
			return nil, fmt.Errorf("read tripinfo: %w", err)
		}
		trips[x.ID] = peerTrip{x.Duration, x.Arrival}
	}
}
