package routing

import (
	"context"
	"strings"
	"testing"

	"citybrain/city/importer/dimacs"
)

func ring(t *testing.T) *dimacs.Graph {
	g, err := dimacs.Read(strings.NewReader("p sp 5 5\na 1 2 10\na 2 3 20\na 3 4 30\na 4 1 40\na 2 3 25\n"), "ring")
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestMeasure(t *testing.T) {
	q := []dimacs.Query{{Source: 0, Target: 2, Distance: 30, Known: true}, {Source: 2, Target: 1, Distance: 80, Known: true}, {Source: 3, Target: 3},
		{Source: 0, Target: 4, Distance: dimacs.NoWay, Known: true}, {Source: 0, Target: 3, Distance: 61, Known: true}}
	r, _, err := Measure(context.Background(), Input{Graph: ring(t), Queries: q, Threads: 1, Repeat: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.Nodes != 5 || r.Arcs != 5 || r.Chordal != 5 || r.Wrong != 1 {
		t.Errorf("%+v: want one wrong answer, to the query whose distance is not 61 but 60", r)
	}
	if want := []uint32{30, 80, 0, dimacs.NoWay, 60}; len(r.Answers) != 5 || r.Answers[0] != want[0] || r.Answers[1] != want[1] || r.Answers[2] != 0 || r.Answers[3] != want[3] || r.Answers[4] != want[4] {
		t.Errorf("answers %v, want %v", r.Answers, want)
	}
}

func TestTooLong(t *testing.T) {
	g := ring(t)
	for a := range g.Weight {
		g.Weight[a] = dimacs.NoWay - 1
	}
	_, _, err := Measure(context.Background(), Input{Graph: g, Queries: []dimacs.Query{{Source: 0, Target: 2}}, Threads: 1, Repeat: 1})
	if err == nil || !strings.Contains(err.Error(), "query 1: the way from 0 to 2 is longer than 2147483646") {
		t.Error(err)
	}
}

func TestWithoutData(t *testing.T) {
	rows, err := Rows(context.Background(), Options{Data: t.TempDir()})
	if err != nil || len(rows) != len(figures) {
		t.Fatal(rows, err)
	}
	for _, r := range rows {
		if r.Value != nil || r.OK || !strings.Contains(r.Note, "NY.gr.gz") {
			t.Errorf("%+v", r)
		}
	}
}
