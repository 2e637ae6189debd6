package server

import (
	"bytes"
	"encoding/json"

	"citybrain/brain"
)

type decisionInfo struct {
	*brain.Decision
	Made     int64 `json:"made"`
	Deadline int64 `json:"deadline"`
	// What a decision rests on is read when it is looked at: GET /api/detail.
	Choices []struct{} `json:"choices,omitempty"`
	Leaving []struct{} `json:"leaving,omitempty"`
}

// decided is a decision as the stream tells it, and the number of the change by which it became so.
type decided struct {
	text   json.RawMessage
	change uint64
}

// decisions returns the brain's decisions; those that are as they were keep their number.
func (s *Server) decisions(b *brain.Brain) ([]decided, error) {
	var old []decided
	if f := s.now.Load(); f != nil {
		old = f.decided
	}
	all := b.Decisions()
	texts := make([]json.RawMessage, len(all))
	for i, d := range all {
		var err error
		if texts[i], err = json.Marshal(decisionInfo{Decision: d, Made: d.Made.Unix(), Deadline: d.Deadline.Unix()}); err != nil {
			return nil, err
		}
	}
	return s.number(old, texts), nil
}

func (s *Server) number(old []decided, texts []json.RawMessage) []decided {
	list := make([]decided, len(texts))
	for i, text := range texts {
		if i < len(old) && bytes.Equal(text, old[i].text) {
			list[i] = old[i]
			continue
		}
		s.changes++
		list[i] = decided{text, 1 + s.changes}
	}
	return list
}

// since returns a message with the decisions of list that changed after a client last heard, nil where none did, and what it has heard with it.
// The first one is of all there are, if there are none.
func since(list []decided, heard uint64) (m []byte, upTo uint64) {
	upTo = max(heard, 1)
	news := []json.RawMessage{}
	for _, d := range list {
		if d.change > heard {
			news = append(news, d.text)
		}
		upTo = max(upTo, d.change)
	}
	if len(news) == 0 && heard > 0 {
		return nil, upTo
	}
	return message(msgDecided, marshal(news)), upTo
}
