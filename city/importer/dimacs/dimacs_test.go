package dimacs

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"
)

const small = "c a triangle\n\np sp 3 4\na 1 2 5\na 2 3 0\na 3 1 2147483646\r\na 1 1 7"

func TestRead(t *testing.T) {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write([]byte(small))
	w.Close()
	for name, text := range map[string]string{"plain": small, "gzip": z.String()} {
		g, err := Read(strings.NewReader(text), name)
		if err != nil {
			t.Fatal(err)
		}
		if g.Nodes != 3 || !slices.Equal(g.Tail, []int32{0, 1, 2, 0}) || !slices.Equal(g.Head, []int32{1, 2, 0, 0}) || !slices.Equal(g.Weight, []uint32{5, 0, 2147483646, 7}) {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "line 1: the file ends without a line p sp",
		"a 1 2 3\n":                         "line 1: an arc before the line p",
		"p sp 2 1\na 1 3 3\n":               "line 2: head 3 is not from 1 to 2",
		"p sp 2 1\na 0 1 3\n":               "line 2: tail 0 is not from 1 to 2",
		"p sp 2 1\na 1 2 -3\n":              "line 2: weight -3 is not from 0",
		"p sp 2 1\na 1 2 2147483647\n":      "line 2: weight 2147483647 is not from 0 to 2147483646",
		"p sp 2 1\na 1 2 1.5\n":             `line 2: weight "1.5" is not a whole number`,
		"p sp 2 1\na 1 2\n":                 "line 2: weight is missing",
		"p sp 2 1\na 1 2 3 4\n":             `line 2: "4" is one field too many`,
		"p sp 2 2\na 1 2 3\n":               "line 3: the file ends after 1 of 2 arcs",
		"p sp 2 1\na 1 2 3\na 2 1 3\n":      "line 3: more than the 1 arcs",
		"p sp 2 1\np sp 2 1\n":              "line 2: a second line p",
		"p max 2 1\n":                       `line 1: problem "max" is not sp`,
		"x\n":                               `line 1: "x" begins no line`,
		"p sp 99999999999 1\n":              "line 1: nodes 99999999999 is not from 0",
		"c\nc " + strings.Repeat("y", 70e3): "line 2: longer than",
		"\x1f\x8bnonsense":                  "read f.gr: gzip: invalid header",
	} {
		_, err := Read(strings.NewReader(text), "some/f.gr")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "read f.gr: ") {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

func TestQueries(t *testing.T) {
	q, err := ReadQueries(strings.NewReader("source,target,distance\n0, 2,5\n1,1,\n2,0,inf\n2,1,2147483647\n2,1,-1\n1,0\n"), "q", 3)
	want := []Query{{0, 2, 5, true}, {1, 1, 0, false}, {2, 0, NoWay, true}, {2, 1, NoWay, true}, {2, 1, NoWay, true}, {1, 0, 0, false}}
	if err != nil || !slices.Equal(q, want) {
		t.Errorf("%v, %v", q, err)
	}
	for text, want := range map[string]string{
		"0,1\n3,1\n": "read q: line 2: source 3 is not from 0 to 2", "0,x": `line 1: target "x"`, "0": "line 1: 1 fields", "1,2,3,4": "4 fields",
		"0,1,2.5": `distance "2.5"`, "0,,1": "target is missing",
	} {
		if _, err := ReadQueries(strings.NewReader(text), "q", 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestOrder(t *testing.T) {
	o, err := ReadOrder(strings.NewReader("2\n0\n1\n"), "o", 3)
	if err != nil || !slices.Equal(o, []int32{1, 2, 0}) {
		t.Errorf("%v, %v", o, err)
	}
	for text, want := range map[string]string{
		"0\n1\n": "line 3: the file ends after 2 of 3", "0\n1\n1\n": "line 3: rank 1 stands on line 2 too", "0\n1\n2\n3\n": "line 4: more ranks than the graph's 3",
		"0\n5\n": "line 2: rank 5 is not from 0 to 2", "a": `rank "a"`,
	} {
		if _, err := ReadOrder(strings.NewReader(text), "o", 3); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("0,1,inf\n"))
	f.Add([]byte("1\n0\n"))
	f.Add([]byte{0x1f, 0x8b, 8})
	f.Fuzz(func(t *testing.T, b []byte) {
		if g, err := Read(bytes.NewReader(b), "f"); err == nil {
			for a := range g.Tail {
				if int(g.Tail[a]) >= g.Nodes || int(g.Head[a]) >= g.Nodes || g.Tail[a] < 0 || g.Head[a] < 0 || g.Weight[a] >= NoWay {
					t.Fatalf("arc %d of %d nodes: %d %d %d", a, g.Nodes, g.Tail[a], g.Head[a], g.Weight[a])
				}
			}
		}
		if q, err := ReadQueries(bytes.NewReader(b), "f", 5); err == nil {
			for _, x := range q {
				if x.Source < 0 || x.Source > 4 || x.Target < 0 || x.Target > 4 || x.Distance > NoWay {
					t.Fatalf("%+v", x)
				}
			}
		}
		if o, err := ReadOrder(bytes.NewReader(b), "f", 2); err == nil && (len(o) != 2 || o[0]+o[1] != 1) {
			t.Fatal(o)
		}
	})
}
