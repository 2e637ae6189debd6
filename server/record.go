package server

import (
	"bytes"
	"compress/flate"
	"io"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
)

type sample struct {
	T        int64   `json:"t"`
	Vehicles int     `json:"vehicles"`
	Speed    float64 `json:"speed"`
	Rain     float64 `json:"rain"`
	Depth    float64 `json:"depth"`
}

type feedInfo struct {
	ID       string    `json:"id"`
	Name     city.Text `json:"name"`
	Protocol string    `json:"protocol"`
	Received int       `json:"received"`
	Rejected int       `json:"rejected"`
	Late     int       `json:"late"`
	Lost     int       `json:"lost"`
	Last     float64   `json:"last"`
	State    string    `json:"state"`
}

type fanInfo struct {
	Issued    int64          `json:"issued"`
	Branch    string         `json:"branch"`
	Step      float64        `json:"step"`
	Median    []float64      `json:"median"`
	Q05       []float64      `json:"q05"`
	Q25       []float64      `json:"q25"`
	Q75       []float64      `json:"q75"`
	Q95       []float64      `json:"q95"`
	Rain      []float64      `json:"rain"`
	Damage    *brain.Effect  `json:"damage"`
	Districts []brain.Effect `json:"districts"` // the same by district; null where damage is
}

// A record is a frame as replay keeps it, packed: what moves and lies on the city, and the status for who may know where calls
// came from and for who may not. A wet minute is thousands of cells.
type record struct {
	at                  time.Time
	city, plain, status []byte
}

// packed is a frame's record.
func packed(f *frame) record {
	return record{f.at, deflate(f.vehicles, f.signals, f.water, f.speeds), deflate(f.plain), deflate(f.status, f.ways)}
}

func deflate(parts ...[]byte) []byte {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		panic("server: " + err.Error()) // of a level that there is
	}
	for _, p := range parts {
		z.Write(p) // into memory
	}
	z.Close()
	return bytes.Clone(b.Bytes())
}

// write sends the record's messages as one reader gets them.
func (r record) write(w io.Writer, places bool) error {
	status := r.plain
	if places {
		status = r.status
	}
	for _, part := range [][]byte{r.city, status} {
		if _, err := io.Copy(w, flate.NewReader(bytes.NewReader(part))); err != nil {
			return err
		}
	}
	return nil
}

// minute keeps what replay and the time bar need, once a minute of the city.
func (s *Server) minute(b *brain.Brain, x *exchange.Exchange, f *frame, st *status) {
	deepest := 0.0
	if w := b.Water(); w != nil {
		for _, d := range b.GaugeDepths() {
			deepest = max(deepest, d)
		}
	}
	var feeds []feedInfo
	for _, k := range x.Feeds() {
		i := feedInfo{ID: k.ID, Name: k.Name, Protocol: k.Protocol, Received: k.Received, Rejected: k.Rejected, Late: k.Overdue, Lost: k.Lost, State: k.State(f.at)}
		if !k.Last.IsZero() {
			i.Last = float64(k.Last.UnixMilli()) / 1000
		}
		feeds = append(feeds, i)
	}
	var fan *fanInfo
	var spreads []*brain.Spread
	var hydrographs []brain.Hydrograph
	if n := b.Fan(); n != nil {
		spreads, hydrographs = n.Spreads, n.Hydrographs
		fan = &fanInfo{n.Issued.Unix(), n.Branch, n.Step.Seconds(), n.Median, n.Q05, n.Q25, n.Q75, n.Q95, n.Rain, n.Damage, n.Districts}
	}
	kept := packed(f)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timeline = append(s.timeline, sample{f.at.Unix(), st.Totals.Vehicles, st.Totals.Speed, st.Totals.Rain, deepest})
	s.recorded = append(s.recorded, kept)
	s.feeds, s.fan, s.spreads, s.hydrographs, s.speeds = feeds, fan, spreads, hydrographs, b.Speeds()
}
