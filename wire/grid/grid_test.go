package grid

import (
	"bytes"
	"math"
	"strings"
	"testing"
)

const sample = `lon,lat,dlon,dlat,rows,cols,issued,valid,member,unit
121.4,31.1,0.01,0.01,2,3,2026-11-23T14:30:00+08:00,2026-11-23T15:00:00+08:00,7,mm/h
0,1.5,2
,0.2,0
`

func TestRoundTrip(t *testing.T) {
	g, err := Parse([]byte(sample))
	if err != nil {
		t.Fatal(err)
	}
	if g.Member != 7 || g.Valid.Sub(g.Issued).Minutes() != 30 || !math.IsNaN(g.Rain[3]) {
		t.Errorf("got %+v", g)
	}
	out, err := Append(nil, g)
	if err != nil || string(out) != sample {
		t.Errorf("became %s, %v", out, err)
	}
	for _, c := range []struct {
		lat, lon, want float64
		ok             bool
	}{{31.115, 121.415, 1.5, true}, {31.101, 121.411, 0.2, true}, {31.105, 121.405, 0, false}, {31.121, 121.405, 0, false}, {31.105, 121.399, 0, false}} {
		if v, ok := g.At(c.lat, c.lon); ok != c.ok || ok && v != c.want {
			t.Errorf("at %g, %g: %g, %t", c.lat, c.lon, v, ok)
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, change := range map[string][2]string{
		"columns": {"dlon", "dx"}, "unit": {"mm/h\n", "mm\n"}, "rows": {",2,3,", ",3,3,"}, "fewer rows": {",2,3,", ",1,3,"}, "cols": {",2,3,", ",2,4,"},
		"negative": {"1.5", "-1.5"}, "nan": {"1.5", "NaN"}, "infinite": {"1.5", "Inf"}, "words": {"1.5", "wet"}, "huge": {",2,3,", ",99999999,99999999,"},
		"no rows": {",2,3,", ",0,3,"}, "zone": {"15:00:00+08:00", "15:00:00"}, "past": {"T15:00", "T14:00"}, "mars": {"121.4,", "421.4,"}, "cell": {"0.01", "0"}, "member": {",7,", ",-1,"},
	} {
		bad := strings.Replace(sample, change[0], change[1], 1)
		if bad == sample {
			t.Fatalf("%s: nothing changed", name)
		}
		if g, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%s: read as %+v", name, g)
		}
	}
	if _, err := Parse(nil); err == nil {
		t.Error("nothing: accepted")
	}
	for n := range len(sample) - 2 { // without the last line's end the document is whole
		if _, err := Parse([]byte(sample[:n])); err == nil {
			t.Errorf("accepted when cut to %d bytes", n)
		}
	}
	if _, err := Append(nil, Grid{}); err == nil {
		t.Error("empty grid written")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(sample))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := Parse(b)
		if err != nil {
			return
		}
		out, err := Append(nil, g)
		if err != nil {
			return // one column with a gap
		}
		g, err = Parse(out)
		if err != nil {
			t.Fatalf("%q became %q: %v", b, out, err)
		}
		if again, err := Append(nil, g); err != nil || !bytes.Equal(again, out) {
			t.Fatalf("%q, then %q, %v", out, again, err)
		}
	})
}
