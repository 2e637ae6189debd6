package cityflow

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"

	"citybrain/city"

	"github.com/therootcompany/xz"
)

// Load reads a roadnet and the flow over it; vehicles due at horizon (s) or later are left out.
func Load(roadnet, flow string, horizon float64) (*city.LaneNet, *city.LaneDemand, error) {
	f, err := open(roadnet)
	if err != nil {
		return nil, nil, err
	}
	net, err := ReadRoadnet(f, roadnet)
	f.Close()
	if err != nil {
		return nil, nil, err
	}
	if f, err = open(flow); err != nil {
		return nil, nil, err
	}
	defer f.Close()
	demand, err := ReadFlow(f, flow, net, horizon)
	return net, demand, err
}

type file struct {
	io.Reader
	f *os.File
}

func (f file) Close() error { return f.f.Close() }

// open opens a file and unpacks .xz.
func open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r := bufio.NewReaderSize(f, 1<<16)
	if !strings.HasSuffix(path, ".xz") {
		return file{r, f}, nil
	}
	x, err := xz.NewReader(r, xz.DefaultDictMax)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("unpack %s: %w", path, err)
	}
	return file{x, f}, nil
}
