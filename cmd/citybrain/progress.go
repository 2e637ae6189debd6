package main

import (
	"fmt"
	"os"
	"time"
)

// progress writes one line that it keeps rewriting on standard error, and nothing where that is not a terminal.
type progress struct {
	on    bool
	began time.Time
	last  time.Time
}

func newProgress() *progress {
	st, err := os.Stderr.Stat()
	return &progress{on: err == nil && st.Mode()&os.ModeCharDevice != 0, began: time.Now()}
}

// show says what is being done and the share of it that is done.
func (p *progress) show(what string, done float64) {
	if !p.on || time.Since(p.last) < 200*time.Millisecond {
		return
	}
	p.last = time.Now()
	left := ""
	if spent := time.Since(p.began); done > 0.01 && spent > 2*time.Second {
		left = fmt.Sprintf(", %v left", time.Duration(float64(spent)*(1-done)/done).Truncate(time.Second))
	}
	fmt.Fprintf(os.Stderr, "\r\033[K%s %3.0f %%%s", what, done*100, left)
}

func (p *progress) done() {
	if p.on {
		fmt.Fprint(os.Stderr, "\r\033[K")
	}
}
