package console

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"time"
)

// firstFrame is what came of a process's start.
type firstFrame struct {
	listening time.Duration // until it said its address
	took      time.Duration // until the last byte of the first frame with a vehicle in it
	vehicles  int
}

var printed = regexp.MustCompile(`http://\S+`)

// timeToFrame starts the binary and follows its stream up to the first frame that has a vehicle.
func timeToFrame(ctx context.Context, binary string, args ...string) (f firstFrame, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, append([]string{"run", "--listen", "127.0.0.1:0"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return f, err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return f, err
	}
	defer func() {
		cancel()
		_ = cmd.Wait() // it was killed, or its error says less than what it wrote
		if err != nil && said.Len() > 0 {
			err = fmt.Errorf("%w; the process said: %.200s", err, said.String())
		}
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	address := printed.FindString(line)
	if address == "" {
		return f, fmt.Errorf("citybrain run said %q and no address: %w", line, err)
	}
	f.listening = time.Since(began)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/live", nil)
	if err != nil {
		return f, err
	}
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		return f, err
	}
	defer r.Body.Close()
	if f.vehicles, err = firstVehicles(r.Body); err != nil {
		return f, err
	}
	f.took = time.Since(began)
	return f, nil
}

// A frame of the stream: one byte of type, three spare, the length as u32, the payload.
const (
	head        = 8
	vehicleType = 1
)

// nextMessage reads one message whole.
func nextMessage(r io.Reader) (kind byte, payload []byte, err error) {
	var h [head]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return 0, nil, err
	}
	n := binary.LittleEndian.Uint32(h[4:])
	if n > 1<<28 {
		return 0, nil, fmt.Errorf("a message of %d bytes", n)
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(r, payload)
	return h[0], payload, err
}

// firstVehicles reads up to the first frame with vehicles and returns how many it has.
func firstVehicles(r io.Reader) (int, error) {
	for {
		kind, b, err := nextMessage(r)
		if err != nil {
			return 0, err
		}
		if kind == vehicleType && len(b) >= 12 {
			n := int(binary.LittleEndian.Uint32(b[8:]))
			if len(b) != 12+10*n {
				return 0, fmt.Errorf("a frame of %d vehicles has %d bytes", n, len(b))
			}
			if n > 0 {
				return n, nil
			}
		}
	}
}

// porto builds a pack of Porto Alegre under dir and returns the flags to run it.
func porto(ctx context.Context, binary, root, dir string) ([]string, error) {
	data := filepath.Join(root, "../shared/data/city/porto-alegre")
	if _, err := os.Stat(filepath.Join(data, "poa_osm.pbf")); err != nil {
		return nil, errors.New("the data of Porto Alegre are not beside the repository")
	}
	pack := filepath.Join(dir, "porto-alegre")
	cmd := exec.CommandContext(ctx, binary, "city", "build", "--name", "Porto Alegre", "--osm", filepath.Join(data, "poa_osm.pbf"), "--dem", filepath.Join(data, "poa_elevation.tif"),
		"--population", filepath.Join(data, "poa_hexgrid.csv"), "--gtfs", filepath.Join(data, "poa_eptc.zip"), "--out", pack)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("city build: %w: %.300s", err, out)
	}
	return []string{"--city", pack}, nil
}
