package jemss

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// largest is what one file may hold unpacked, bytes: a hundred times the largest model known.
const largest = 1 << 30

// A table is one table of a file. Cells are without the blanks around them.
type table struct {
	file, name string
	head       []string
	lines      []int      // of each row
	rows       [][]string // as long as head at least
	headLine   int
}

// readAll reads r up to the limit.
func readAll(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, largest+1))
	if err == nil && len(b) > largest {
		err = fmt.Errorf("more than %d bytes", largest)
	}
	return b, err
}

// load reads a file, unpacked if its name ends in .gz.
func load(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	var r io.Reader = bufio.NewReaderSize(f, 1<<16)
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("read %s: gzip: %w", path, err)
		}
		defer z.Close()
		r = z
	}
	b, err := readAll(r)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return b, nil
}

// parse cuts a file into its tables, by name.
func parse(file string, data []byte) (map[string]*table, error) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	text := string(data)
	tables := map[string]*table{}
	var t *table
	cells := make([]string, 0, 1024)
	for line := 1; len(text) > 0; line++ {
		var row string
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			row, text = text[:i], text[i+1:]
		} else {
			row, text = text, ""
		}
		at := len(cells)
		var err error
		if cells, err = split(cells, strings.TrimSuffix(row, "\r")); err != nil {
			return nil, fmt.Errorf("read %s: line %d: %w", file, line, err)
		}
		fields := cells[at:len(cells):len(cells)]
		blank := true
		for _, c := range fields {
			blank = blank && c == ""
		}
		switch {
		case blank:
			cells = cells[:at]
			if t != nil && t.head == nil {
				return nil, fmt.Errorf("read %s: line %d: table %q has no line of columns", file, line, t.name)
			}
			t = nil
		case t == nil:
			t = &table{file: file, name: fields[0]}
			if t.name == "" {
				return nil, fmt.Errorf("read %s: line %d: field 1: a table begins with its name, it is blank", file, line)
			}
			if tables[t.name] != nil {
				return nil, fmt.Errorf("read %s: line %d: table %q comes twice", file, line, t.name)
			}
			tables[t.name] = t
		case t.head == nil:
			t.head, t.headLine = fields, line
		default:
			if len(fields) < len(t.head) {
				fields = append(fields, make([]string, len(t.head)-len(fields))...)
			}
			t.rows, t.lines = append(t.rows, fields), append(t.lines, line)
		}
		if cap(cells)-len(cells) < 64 {
			cells = make([]string, 0, 1<<16) // earlier rows keep the old block
		}
	}
	if t != nil && t.head == nil {
		return nil, fmt.Errorf("read %s: table %q has no line of columns", file, t.name)
	}
	return tables, nil
}

// split appends the fields of a line; quotes may hold commas, and two of them one.
func split(to []string, line string) ([]string, error) {
	if strings.IndexByte(line, '"') < 0 {
		for {
			i := strings.IndexByte(line, ',')
			if i < 0 {
				return append(to, strings.TrimSpace(line)), nil
			}
			to, line = append(to, strings.TrimSpace(line[:i])), line[i+1:]
		}
	}
	for k := 1; ; k++ {
		if s := strings.TrimLeft(line, " \t"); len(s) == 0 || s[0] != '"' {
			i := strings.IndexByte(line, ',')
			if i < 0 {
				return append(to, strings.TrimSpace(line)), nil
			}
			to, line = append(to, strings.TrimSpace(line[:i])), line[i+1:]
			continue
		} else {
			line = s[1:]
		}
		var b strings.Builder
		for {
			i := strings.IndexByte(line, '"')
			if i < 0 {
				return nil, fmt.Errorf("field %d: its quote is not closed", k)
			}
			b.WriteString(line[:i])
			line = line[i+1:]
			if !strings.HasPrefix(line, `"`) {
				break
			}
			b.WriteByte('"')
			line = line[1:]
		}
		to = append(to, b.String())
		line = strings.TrimLeft(line, " \t")
		if line == "" {
			return to, nil
		}
		if line[0] != ',' {
			return nil, fmt.Errorf("field %d: %q follows its closing quote, want a comma", k, line[:1])
		}
		line = line[1:]
	}
}

// open reads a file's tables.
func open(dir, name string) (map[string]*table, error) {
	path := filepath.Join(dir, name)
	b, err := load(path)
	if err != nil {
		return nil, err
	}
	return parse(path, b)
}

// need returns the table of that name, with a row at least.
func need(tables map[string]*table, file, name string) (*table, error) {
	t := tables[name]
	if t == nil {
		return nil, fmt.Errorf("read %s: table %q is missing", file, name)
	}
	if len(t.rows) == 0 {
		return nil, fmt.Errorf("read %s: line %d: table %q has no rows", file, t.headLine, name)
	}
	return t, nil
}

// column returns where the first of names stands, -1 if none does.
func (t *table) column(names ...string) int {
	for _, n := range names {
		for i, h := range t.head {
			if h == n {
				return i
			}
		}
	}
	return -1
}

// A reader reads cells of one table and keeps the first error.
type reader struct {
	*table
	err error
}

func (r *reader) must(names ...string) int {
	c := r.column(names...)
	if c < 0 && r.err == nil {
		r.err = fmt.Errorf("read %s: line %d: field %q: table %q lacks the column", r.file, r.headLine, names[0], r.name)
	}
	return max(c, 0)
}

func (r *reader) bad(row, col int, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("read %s: line %d: field %q: %q is not %s", r.file, r.lines[row], r.head[col], r.rows[row][col], want)
	}
}

// float reads a number in [lo, hi].
func (r *reader) float(row, col int, lo, hi float64) float64 {
	v, err := strconv.ParseFloat(r.rows[row][col], 64)
	if err != nil || !(v >= lo && v <= hi) {
		r.bad(row, col, fmt.Sprintf("a number from %g to %g", lo, hi))
		return lo
	}
	return v
}

// int reads a whole number in [lo, hi]; "1.0" is one.
func (r *reader) int(row, col, lo, hi int) int {
	s := r.rows[row][col]
	if n, err := strconv.Atoi(s); err == nil && n >= lo && n <= hi {
		return n
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || v != math.Trunc(v) || !(v >= float64(lo) && v <= float64(hi)) {
		r.bad(row, col, fmt.Sprintf("a whole number from %d to %d", lo, hi))
		return lo
	}
	return int(v)
}

func (r *reader) bool(row, col int) bool {
	switch r.rows[row][col] {
	case "true":
		return true
	case "false":
		return false
	}
	return r.int(row, col, 0, 1) == 1
}

// numbered checks that a column counts the rows from 1.
func (r *reader) numbered(name string) {
	c := r.must(name)
	for i := 0; i < len(r.rows) && r.err == nil; i++ {
		if r.int(i, c, 1, math.MaxInt32) != i+1 {
			r.bad(i, c, fmt.Sprintf("%d: rows are numbered in order", i+1))
		}
	}
}
