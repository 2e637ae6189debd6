package drains

import (
	"math"

	"citybrain/city/water"
)

// rules gives the orders of the network's rules for the coming step.
func (s *Sim) rules() {
	for i := range s.ruled {
		s.ruled[i] = math.Inf(-1)
	}
	for i := range s.net.Rules {
		r := &s.net.Rules[i]
		list := r.Then
		if !s.holds(r.If) {
			list = r.Else
		}
		for _, a := range list {
			if r.Priority <= s.ruled[a.Link] {
				continue
			}
			s.ruled[a.Link] = r.Priority
			s.st.Orders[a.Link] = a.Setting
			if l := &s.net.Links[a.Link]; l.Kind == water.Pump {
				s.st.Orders[a.Link] = a.Setting * float64(l.Station.Units)
			}
		}
	}
}

func (s *Sim) holds(all [][]water.Premise) bool {
	for _, any := range all {
		held := false
		for _, p := range any {
			if held = p.Is.Holds(s.quantity(p), p.Value); held {
				break
			}
		}
		if !held {
			return false
		}
	}
	return true
}

func (s *Sim) quantity(p water.Premise) float64 {
	i := int(p.Index)
	switch p.Of {
	case water.NodeDepth:
		return s.st.Level[i] - s.net.Nodes[i].Invert
	case water.NodeLevel:
		return s.st.Level[i]
	case water.NodeVolume:
		return s.st.Volume[i]
	case water.LinkFlow:
		return s.Flow(i)
	case water.RunTime:
		return s.st.T
	case water.ClockTime:
		return math.Mod(s.st.T+s.net.Clock, 86400)
	}
	if s.net.Links[i].Kind == water.Pump {
		return float64(min(s.running(p.Index), 1))
	}
	if o := s.st.Orders[i]; o != Auto {
		return o
	}
	return 1
}
