package exchange

import (
	"fmt"
	"net"
	"testing"
	"time"

	"citybrain/twin"
	"citybrain/wire"
	"citybrain/wire/jt808"
)

// BenchmarkTerminals carries position reports of 16,000 vehicles over one connection into the twin; a demo city at sixty times
// real time has 12,000 a second.
func BenchmarkTerminals(b *testing.B) {
	const feed = "transport/jt808"
	c := demo()
	now := func() time.Time { return start }
	tw := twin.New(twin.Options{Clock: now})
	x := New(c, tw.Main())
	s, err := Listen(x, []wire.Address{{Feed: feed, Listens: wire.City, At: "tcp://127.0.0.1:0"}}, SocketOptions{Clock: now})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	host, _ := s.Addresses()[0].Host()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	var stream []byte
	for i := range b.N {
		loc := jt808.Location{Status: jt808.StatusPositioned, Speed: 30, Time: start.Add(time.Duration(i/16000) * 15 * time.Second).In(time.FixedZone("", 8*3600))}
		loc.Lon, loc.Lat = c.Frame.WGS84(c.Bounds.Center())
		f, err := jt808.Compose(jt808.Header{Version: jt808.V2019, Phone: fmt.Sprintf("%020d", 13900000000+i%16000), Serial: uint16(i / 16000)}, loc)
		if err != nil {
			b.Fatal(err)
		}
		if stream, err = jt808.Append(stream, f); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	go func() { _, _ = conn.Write(stream) }()
	for x.Feeds()[5].Received < b.N {
		if err := s.Receive(); err != nil {
			b.Fatal(err)
		}
		if _, err := x.Commit(); err != nil {
			b.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
	if f := x.Feeds()[5]; f.ID != feed || f.Lost > 0 || f.Rejected > 0 {
		b.Fatalf("%+v", f)
	}
}
