package sumo

import (
	"bufio"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"citybrain/city"

	"github.com/paulmach/orb"
	"github.com/therootcompany/xz"
	"golang.org/x/text/encoding/htmlindex"
)

// find returns the path under which a file can be read: its own, or that of its compressed copy.
func find(path string) string {
	if _, err := os.Stat(path); err != nil {
		for _, end := range []string{".xz", ".gz"} {
			if _, err := os.Stat(path + end); err == nil {
				return path + end
			}
		}
	}
	return path
}

// Open opens a file of SUMO's, decompressed: path, or path.xz or path.gz where only that is there.
func Open(path string) (io.ReadCloser, error) {
	path = find(path)
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	var r io.Reader
	switch {
	case strings.HasSuffix(path, ".xz"):
		r, err = xz.NewReader(bufio.NewReaderSize(f, 1<<16), 1<<27)
	case strings.HasSuffix(path, ".gz"):
		r, err = gzip.NewReader(bufio.NewReaderSize(f, 1<<16))
	default:
		return f, nil
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{r, f}, nil
}

// A scanner walks through one XML file and knows where it is.
type scanner struct {
	name    string // for messages
	dec     *xml.Decoder
	line    int // of the element last begun
	defects *[]city.Defect
}

func newScanner(r io.Reader, name string, defects *[]city.Defect) *scanner {
	d := xml.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	d.CharsetReader = func(label string, in io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(label)
		if err != nil {
			return nil, fmt.Errorf("charset %q is not known; write the file as UTF-8", label)
		}
		return e.NewDecoder().Reader(in), nil
	}
	return &scanner{name: filepath.Base(name), dec: d, defects: defects}
}

// next returns the next beginning or end of an element; io.EOF behind the last.
func (s *scanner) next() (start *xml.StartElement, end string, err error) {
	for {
		t, err := s.dec.RawToken()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil, "", io.EOF
			}
			line, _ := s.dec.InputPos()
			return nil, "", fmt.Errorf("read %s: line %d: %w", s.name, line, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			s.line, _ = s.dec.InputPos()
			return &t, "", nil
		case xml.EndElement:
			return nil, t.Name.Local, nil
		}
	}
}

// note keeps a repair or an omission for the reader's eyes.
func (s *scanner) note(line int, format string, args ...any) {
	*s.defects = append(*s.defects, city.Defect{Element: fmt.Sprintf("%s:%d", s.name, line), What: fmt.Sprintf(format, args...)})
}

// refuse makes the error for what cannot be repaired.
func (s *scanner) refuse(line int, format string, args ...any) error {
	return fmt.Errorf("read %s: line %d: %s", s.name, line, fmt.Sprintf(format, args...))
}

// cutOff is the error for a file that ends too early.
func (s *scanner) cutOff() error {
	line, _ := s.dec.InputPos()
	return s.refuse(line, "the file ends inside an element; it is cut off")
}

// attrs are an element's attributes.
type attrs []xml.Attr

func (a attrs) get(name string) string {
	for i := range a {
		if a[i].Name.Local == name {
			return a[i].Value
		}
	}
	return ""
}

func (a attrs) has(name string) bool {
	for i := range a {
		if a[i].Name.Local == name {
			return true
		}
	}
	return false
}

// number reads a finite number; absent gives def.
func (a attrs) number(name string, def float64) (float64, error) {
	v := strings.TrimSpace(a.get(name))
	if v == "" {
		return def, nil
	}
	x, err := strconv.ParseFloat(v, 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return def, fmt.Errorf("%s=%q is not a number", name, v)
	}
	return x, nil
}

// whole reads a count or an index; absent gives def.
func (a attrs) whole(name string, def int) (int, error) {
	v := strings.TrimSpace(a.get(name))
	if v == "" {
		return def, nil
	}
	x, err := strconv.Atoi(v)
	if err != nil {
		return def, fmt.Errorf("%s=%q is not a whole number", name, v)
	}
	return x, nil
}

// latest is the greatest time that is read, s: thirty thousand years.
const latest = 1e12

// seconds reads a time: seconds, or [days:]hours:minutes:seconds.
func seconds(v string) (float64, error) {
	v = strings.TrimSpace(v)
	parts := strings.Split(v, ":")
	if len(parts) != 1 && len(parts) != 3 && len(parts) != 4 {
		return 0, fmt.Errorf("%q is not a time", v)
	}
	t, scale := 0.0, []float64{1, 60, 3600, 86400}
	for i, p := range parts {
		x, err := strconv.ParseFloat(p, 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return 0, fmt.Errorf("%q is not a time", v)
		}
		t += x * scale[len(parts)-1-i]
	}
	if math.Abs(t) > latest {
		return 0, fmt.Errorf("%q is not a time before the year 30000", v)
	}
	return t, nil
}

// line reads a shape "x,y x,y,z …".
func shape(v string) (orb.LineString, error) {
	var out orb.LineString
	for _, p := range strings.Fields(v) {
		xy := strings.Split(p, ",")
		if len(xy) < 2 {
			return nil, fmt.Errorf("shape point %q has no y", p)
		}
		x, err1 := strconv.ParseFloat(xy[0], 64)
		y, err2 := strconv.ParseFloat(xy[1], 64)
		if err := errors.Join(err1, err2); err != nil || math.IsNaN(x+y) || math.IsInf(x+y, 0) {
			return nil, fmt.Errorf("shape point %q is not two numbers", p)
		}
		out = append(out, orb.Point{x, y})
	}
	return out, nil
}

func along(l orb.LineString) float64 {
	d := 0.0
	for i := 1; i < len(l); i++ {
		d += math.Hypot(l[i][0]-l[i-1][0], l[i][1]-l[i-1][1])
	}
	return d
}
