package dimacs

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
)

// A Graph is directed; nodes are counted from 0.
type Graph struct {
	Nodes      int
	Tail, Head []int32 // of each arc, in the file's order
	Weight     []uint32
}

// NoWay is the distance of a query that no way answers.
const NoWay = uint32(math.MaxInt32)

// A Query asks for the distance between two nodes, counted from 0.
type Query struct {
	Source, Target int32
	Distance       uint32 // what the file says; NoWay: no way
	Known          bool   // the file says it
}

// A reader walks through the lines of one file and knows where it is.
type reader struct {
	name string
	line int
	in   *bufio.Reader
	text []byte
}

// maxLine is the longest line in bytes that a file may have.
const maxLine = 1 << 16

// open starts on a stream, decompressed if it is gzip's.
func open(r io.Reader, name string) (*reader, error) {
	x := &reader{name: filepath.Base(name), in: bufio.NewReaderSize(r, maxLine)}
	if magic, err := x.in.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(x.in)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", x.name, err)
		}
		x.in = bufio.NewReaderSize(z, maxLine)
	}
	return x, nil
}

// next goes to the next line; false at the end.
func (x *reader) next() (bool, error) {
	x.line++
	text, err := x.in.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF) && len(text) == 0:
		return false, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return false, x.refuse("longer than %d bytes", maxLine)
	case err != nil && !errors.Is(err, io.EOF):
		return false, x.refuse("%w", err)
	}
	x.text = bytes.TrimSpace(text)
	return true, nil
}

func (x *reader) refuse(format string, args ...any) error {
	return fmt.Errorf("read %s: line %d: %w", x.name, x.line, fmt.Errorf(format, args...))
}

// field cuts the next field off the line.
func (x *reader) field() []byte {
	x.text = bytes.TrimLeft(x.text, " \t")
	end := bytes.IndexAny(x.text, " \t")
	if end < 0 {
		end = len(x.text)
	}
	f := x.text[:end]
	x.text = x.text[end:]
	return f
}

// whole reads a field as a whole number from least to most.
func (x *reader) whole(what string, f []byte, least, most int64) (int64, error) {
	if len(f) == 0 {
		return 0, x.refuse("%s is missing", what)
	}
	v, digits := int64(0), len(f) <= 18
	for _, c := range f {
		digits = digits && '0' <= c && c <= '9'
		v = 10*v + int64(c-'0')
	}
	if !digits {
		var err error
		if v, err = strconv.ParseInt(string(f), 10, 64); err != nil {
			return 0, x.refuse("%s %q is not a whole number", what, clip(f))
		}
	}
	if v < least || v > most {
		return 0, x.refuse("%s %d is not from %d to %d", what, v, least, most)
	}
	return v, nil
}

func clip(f []byte) string {
	if len(f) > 40 {
		return string(f[:40]) + "…"
	}
	return string(f)
}

// load reads a file with f.
func load[T any](path string, f func(io.Reader, string) (T, error)) (T, error) {
	in, err := os.Open(path)
	if err != nil {
		var none T
		return none, err
	}
	defer in.Close()
	return f(in, path)
}

// Load reads a graph from a file.
func Load(path string) (*Graph, error) { return load(path, Read) }

// LoadQueries reads queries on a graph with the given number of nodes from a file.
func LoadQueries(path string, nodes int) ([]Query, error) {
	return load(path, func(r io.Reader, name string) ([]Query, error) { return ReadQueries(r, name, nodes) })
}

// LoadOrder reads an order of the given number of nodes from a file: the nodes by rank.
func LoadOrder(path string, nodes int) ([]int32, error) {
	return load(path, func(r io.Reader, name string) ([]int32, error) { return ReadOrder(r, name, nodes) })
}

// Read reads a graph; name is for messages.
func Read(r io.Reader, name string) (*Graph, error) {
	x, err := open(r, name)
	if err != nil {
		return nil, err
	}
	var g *Graph
	arcs := int64(0)
	for {
		more, err := x.next()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		kind := x.field()
		switch string(kind) {
		case "", "c":
		case "p":
			if g != nil {
				return nil, x.refuse("a second line p; a file has one graph")
			}
			if sp := x.field(); string(sp) != "sp" {
				return nil, x.refuse("problem %q is not sp, shortest paths", clip(sp))
			}
			n, err := x.whole("nodes", x.field(), 0, 1<<28)
			if err != nil {
				return nil, err
			}
			if arcs, err = x.whole("arcs", x.field(), 0, math.MaxInt32); err != nil {
				return nil, err
			}
			// What a file says of itself may be wrong: memory follows what is there.
			some := min(arcs, 1<<20)
			g = &Graph{Nodes: int(n), Tail: make([]int32, 0, some), Head: make([]int32, 0, some), Weight: make([]uint32, 0, some)}
		case "a":
			if g == nil {
				return nil, x.refuse("an arc before the line p sp NODES ARCS")
			}
			t, err := x.whole("tail", x.field(), 1, int64(g.Nodes))
			if err != nil {
				return nil, err
			}
			h, err := x.whole("head", x.field(), 1, int64(g.Nodes))
			if err != nil {
				return nil, err
			}
			w, err := x.whole("weight", x.field(), 0, int64(NoWay)-1)
			if err != nil {
				return nil, err
			}
			if int64(len(g.Tail)) == arcs {
				return nil, x.refuse("more than the %d arcs of the line p", arcs)
			}
			g.Tail, g.Head, g.Weight = append(g.Tail, int32(t-1)), append(g.Head, int32(h-1)), append(g.Weight, uint32(w))
		default:
			return nil, x.refuse("%q begins no line; one begins with c, p or a", clip(kind))
		}
		if string(kind) != "c" && len(bytes.TrimSpace(x.text)) > 0 {
			return nil, x.refuse("%q is one field too many", clip(bytes.TrimSpace(x.text)))
		}
	}
	if g == nil {
		return nil, x.refuse("the file ends without a line p sp NODES ARCS")
	}
	if int64(len(g.Tail)) != arcs {
		return nil, x.refuse("the file ends after %d of %d arcs", len(g.Tail), arcs)
	}
	return g, nil
}

// ReadQueries reads queries on a graph with the given number of nodes; name is for messages.
func ReadQueries(r io.Reader, name string, nodes int) ([]Query, error) {
	x, err := open(r, name)
	if err != nil {
		return nil, err
	}
	var all []Query
	for {
		more, err := x.next()
		if err != nil {
			return nil, err
		}
		if !more {
			return all, nil
		}
		if len(x.text) == 0 {
			continue
		}
		fields := bytes.Split(x.text, []byte{','})
		for i := range fields {
			fields[i] = bytes.TrimSpace(fields[i])
		}
		if x.line == 1 && string(bytes.TrimPrefix(fields[0], []byte("\ufeff"))) == "source" {
			continue
		}
		if len(fields) < 2 || len(fields) > 3 {
			return nil, x.refuse("%d fields; a query is source,target or source,target,distance", len(fields))
		}
		var q Query
		for i, what := range []string{"source", "target"} {
			v, err := x.whole(what, fields[i], 0, int64(nodes)-1)
			if err != nil {
				return nil, err
			}
			if i == 0 {
				q.Source = int32(v)
			} else {
				q.Target = int32(v)
			}
		}
		if len(fields) == 3 && len(fields[2]) > 0 {
			q.Known, q.Distance = true, NoWay
			if string(fields[2]) != "inf" {
				d, err := x.whole("distance", fields[2], -1, math.MaxInt64)
				if err != nil {
					return nil, err
				}
				if d >= 0 && d < int64(NoWay) {
					q.Distance = uint32(d)
				}
			}
		}
		all = append(all, q)
	}
}

// ReadOrder reads an order of the given number of nodes; name is for messages.
func ReadOrder(r io.Reader, name string, nodes int) ([]int32, error) {
	x, err := open(r, name)
	if err != nil {
		return nil, err
	}
	var order, by []int32 // by rank: the line that has it
	v := int32(0)
	for {
		more, err := x.next()
		if err != nil {
			return nil, err
		}
		if !more {
			break
		}
		if len(x.text) == 0 {
			continue
		}
		if int(v) == nodes {
			return nil, x.refuse("more ranks than the graph's %d nodes", nodes)
		}
		if order == nil {
			order, by = make([]int32, nodes), make([]int32, nodes)
		}
		rank, err := x.whole("rank", x.text, 0, int64(nodes)-1)
		if err != nil {
			return nil, err
		}
		if by[rank] != 0 {
			return nil, x.refuse("rank %d stands on line %d too", rank, by[rank])
		}
		order[rank], by[rank] = v, int32(x.line)
		v++
	}
	if int(v) != nodes {
		return nil, x.refuse("the file ends after %d of %d ranks", v, nodes)
	}
	if order == nil {
		order = []int32{}
	}
	return order, nil
}
