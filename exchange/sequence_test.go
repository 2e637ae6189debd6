package exchange

import (
	"math/rand/v2"
	"testing"
)

func TestLostFromSerialNumbers(t *testing.T) {
	run := func(from, n, step int) []int {
		var s []int
		for i := range n {
			s = append(s, from+i*step)
		}
		return s
	}
	for _, c := range []struct {
		name     string
		lo, span int
		serials  []int
		lost     int
	}{
		{"in order", 0, 65536, run(7, 100, 1), 0},
		{"every second", 0, 65536, run(7, 10, 2), 9},
		{"gap over the wrap", 0, 65536, []int{65533, 65534, 1, 2}, 2},
		{"numbers from 1", 1, 65535, []int{65534, 65535, 1, 2}, 0},
		{"overtaken", 0, 65536, []int{10, 12, 13, 11, 14}, 0},
		{"overtaken over the wrap", 0, 65536, []int{65534, 0, 65535, 1}, 0},
		{"late and one that never comes", 0, 65536, []int{10, 15, 12, 11, 13, 16}, 1},
		{"sent twice", 0, 65536, []int{10, 11, 11, 11, 12, 12}, 0},
		{"some sent twice in a row", 0, 65536, []int{10, 11, 12, 10, 11, 13}, 0},
		{"late before the first", 0, 65536, []int{10, 9, 8, 11}, 0},
		{"restart at 0", 0, 65536, append(run(30000, 50, 1), run(0, 50, 1)...), 0},
		{"restart near the start", 0, 65536, append(run(0, 20, 1), run(0, 40, 1)...), 0},
		{"restart, then a gap", 0, 65536, append(run(30000, 50, 1), 0, 1, 2, 4, 5), 1},
		{"one damaged number", 0, 65536, []int{10, 11, 40000, 12, 13}, 0},
		{"a straggler from long ago", 0, 65536, append(run(1000, 300, 1), 1000, 1300, 1301), 0},
		{"one byte", 0, 256, []int{250, 252, 255, 0, 3}, 1 + 2 + 2},
		{"not a number of the source", 1, 65535, []int{5, 0, 6}, 0},
	} {
		var q sequence
		lost := 0
		for _, s := range c.serials {
			lost += q.arrive(s, c.lo, c.span)
		}
		if lost != c.lost {
			t.Errorf("%s: %d lost, want %d", c.name, lost, c.lost)
		}
	}
}

// Any stream that loses some and shuffles within reach: lost is what was sent after the first and never came.
func TestLostIsSentLessReceived(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		type message struct{ serial, at int }
		var list []message
		lost := 0
		start := r.IntN(65536)
		for i := range 3000 {
			if i > 0 && i < 2999 && r.IntN(20) == 0 {
				lost++
				continue
			}
			at := i
			if i > 0 && i < 2900 && r.IntN(30) == 0 {
				at += r.IntN(40)
			}
			list = append(list, message{(start + i) % 65536, at})
		}
		for i := 1; i < len(list); i++ { // a stable order of arrival
			for k := i; k > 0 && list[k].at < list[k-1].at; k-- {
				list[k], list[k-1] = list[k-1], list[k]
			}
		}
		var q sequence
		got := 0
		for _, m := range list {
			got += q.arrive(m.serial, 0, 65536)
		}
		if got != lost {
			t.Fatalf("seed %d: %d lost, want %d", seed, got, lost)
		}
	}
}
