package hypercube

import "fmt"

// MaxExact is the most units that Exact takes: 2^20 states.
const MaxExact = 20

// A System is a service. Units are numbered from 0.
type System struct {
	Lambda []float64 // calls by atom
	Mu     float64   // services of a busy unit
	Prefer [][]int   // by atom: every unit once, the first choice first
	Line   bool      // calls wait when all are busy; else they are lost
}

// A Solution is a system's steady state.
type Solution struct {
	P          []float64   // of each set of busy units, unit 0 the lowest bit; nil from Approximate
	Workload   []float64   // share of time that each unit is busy
	Saturation float64     // probability that all are
	Dispatch   [][]float64 // [unit][atom]: share of all calls that are of the atom and get the unit at once
	Queue      float64     // probability that a call waits in line
	Error      *Error      // of Approximate
}

// An Error is what Approximate was off, where it could be held against Exact.
type Error struct {
	Units              int     // of the part: the first ones, under the same load a unit
	Workload, Dispatch float64 // the largest differences
}

// Units returns how many units s has.
func (s *System) Units() int {
	if len(s.Prefer) == 0 {
		return 0
	}
	return len(s.Prefer[0])
}

// rate is all calls.
func (s *System) rate() float64 {
	sum := 0.0
	for _, l := range s.Lambda {
		sum += l
	}
	return sum
}

// Check says what is wrong with s, naming its field as the JSON file has it, from 1.
func (s *System) Check() error {
	n := s.Units()
	switch {
	case len(s.Lambda) == 0:
		return fmt.Errorf("field \"lam\": no atom")
	case len(s.Prefer) != len(s.Lambda):
		return fmt.Errorf("field \"pref\": %d lists, and \"lam\" has %d atoms", len(s.Prefer), len(s.Lambda))
	case n == 0 || n > 1000:
		return fmt.Errorf("field \"pref\": %d units, want 1 to 1000", n)
	case !(s.Mu > 0 && s.Mu < 1e300):
		return fmt.Errorf("field \"mu\": %g is not above 0", s.Mu)
	}
	for j, l := range s.Lambda {
		if !(l >= 0 && l < 1e300) {
			return fmt.Errorf("field \"lam\", atom %d: %g is negative or no number", j+1, l)
		}
	}
	seen := make([]int, n)
	for j, p := range s.Prefer {
		if len(p) != n {
			return fmt.Errorf("field \"pref\", atom %d: %d units, and the first atom has %d", j+1, len(p), n)
		}
		for _, u := range p {
			if u < 0 || u >= n {
				return fmt.Errorf("field \"pref\", atom %d: unit %d is not one of 1 to %d", j+1, u+1, n)
			}
			if seen[u] == j+1 {
				return fmt.Errorf("field \"pref\", atom %d: unit %d comes twice", j+1, u+1)
			}
			seen[u] = j + 1
		}
	}
	if rho := s.rate() / float64(n) / s.Mu; !(rho > 0) {
		return fmt.Errorf("field \"lam\": no atom has calls")
	} else if s.Line && rho >= 1 {
		return fmt.Errorf("field \"cap\": with a load of %.3g a unit the line grows without end: use \"zero\", more units or fewer calls", rho)
	}
	return nil
}

// levels returns the probabilities of 0, 1, … n busy units with nobody in line (Erlang 1917), and that of a line.
func (s *System) levels() (p []float64, queue float64) {
	n, a := s.Units(), s.rate()/s.Mu
	p = make([]float64, n+1)
	p[n] = 1
	// From the top, so that no power overflows: p[k-1] = p[k] k / a.
	sum := 1.0
	for k := n; k > 0; k-- {
		p[k-1] = p[k] * float64(k) / a
		sum += p[k-1]
		if sum > 1e250 {
			for i := k - 1; i <= n; i++ {
				p[i] /= sum
			}
			sum = 1
		}
	}
	line := 0.0
	if s.Line {
		rho := a / float64(n)
		line = p[n] * rho / (1 - rho)
	}
	for k := range p {
		p[k] /= sum + line
	}
	return p, line / (sum + line)
}

// ErlangB returns the probability that a call to c units under a load of a is lost.
func ErlangB(c int, a float64) float64 {
	b := 1.0
	for k := 1; k <= c; k++ {
		b = a * b / (float64(k) + a*b)
	}
	return b
}

// ErlangC returns the probability that a call to c units under a load of a waits, 1 if the line grows without end.
func ErlangC(c int, a float64) float64 {
	if a >= float64(c) {
		return 1
	}
	b := ErlangB(c, a)
	return b / (1 - a/float64(c)*(1-b))
}
