package main

import (
	"context"
	"fmt"
	"html/template"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"citybrain/traffic/control"
	"citybrain/traffic/micro"
)

// What a report draws of trajectories: a window from a third of the run on, along a corridor.
const (
	windowMost   = 600 // s
	windowStride = 2   // s
	corridorMost = 7   // roads
)

// side is one of the two runs that a report compares.
type side struct {
	Controller string
	Finished   int
	Never      int
	Delay, P95 float64 // s a trip
	Standing   float64 // vehicle-hours
	fund       [][2]float64
	standing   []float64 // vehicle-hours by road
	routes     [][]int32
	from, span int // s, the window
	points     []sighted
	lamps      [][]byte // by second of the window: what each connection sees
}

// sighted is a vehicle at a moment of the window.
type sighted struct {
	t, road int32
	id      int32
	along   float32
}

func trafficReportVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("traffic report", "citybrain traffic report --sumo cologne8.sumocfg --before fixed --after brain --out report.html", out)
	cfg := f.String("sumo", "", "sumocfg `file`: network, routes, begin")
	pack := f.String("city", "", "`folder` of a city pack, or demo: its evening")
	before := f.String("before", "fixed", "controller of the first run: "+strings.Join(control.Names(), ", "))
	after := f.String("after", "brain", "controller of the second")
	seed := f.Uint64("seed", 1, "seed of all chance")
	duration := f.Int("duration", hour, "`s` of simulation")
	threads := f.Int("threads", 1, "the result is the same for any number")
	to := f.String("out", "report.html", "`file` to write")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if (*cfg == "") == (*pack == "") || *duration < 60 || *threads < 1 {
		return fmt.Errorf("%w: give --sumo FILE.sumocfg or --city FOLDER, and at least a minute of --duration", errUsage)
	}
	if err := writable(*to); err != nil {
		return err
	}
	s, err := openStreets(*cfg, *pack, *seed, *duration)
	if err != nil {
		return err
	}
	if s.city {
		if err := s.settle(ctx, *seed, *duration, *threads); err != nil {
			return err
		}
	}
	n, err := control.NewNetwork(s.net, s.rules)
	if err != nil {
		return err
	}
	var sides [2]*side
	bar := newProgress()
	defer bar.done()
	for i, name := range []string{*before, *after} {
		if sides[i], err = playSide(ctx, &s, n, name, *seed, *duration, *threads, func(part float64) { bar.show("traffic report", (float64(i)+part)/2) }); err != nil {
			return err
		}
	}
	page, err := drawReport(n, s.name, *seed, *duration, sides)
	if err != nil {
		return err
	}
	if err := os.WriteFile(*to, []byte(page), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: mean delay %.1f s with %s, %.1f s with %s\n", *to, sides[0].Delay, *before, sides[1].Delay, *after)
	return nil
}

// playSide runs the scenario in the microscopic engine under one controller and keeps what the report draws.
func playSide(ctx context.Context, s *streets, n *control.Network, name string, seed uint64, duration, threads int, progress func(float64)) (*side, error) {
	sim, step, err := s.driver(name, s.decideEvery(name), seed, threads, "")
	if err != nil {
		return nil, err
	}
	x := &side{Controller: name, standing: make([]float64, len(n.Roads)), from: duration / 3, span: min(windowMost, duration/3)}
	var seen []micro.Seen
	finished, sum := 0, 0.0
	for t := 1; t <= duration; t++ {
		if err := step(ctx, time.Duration(t)*time.Second); err != nil {
			return nil, err
		}
		inWindow := t >= x.from && t < x.from+x.span
		for l := range n.Lanes {
			on, standing := sim.Count(int32(l))
			if on == 0 {
				continue
			}
			road := n.Lanes[l].Road
			x.standing[road] += float64(standing) / 3600
			if !inWindow || t%windowStride != 0 {
				continue
			}
			seen = sim.See(int32(l), math.Inf(1), seen[:0])
			for _, v := range seen {
				if along := n.Lanes[l].Length - v.Behind; along >= 0 {
					x.points = append(x.points, sighted{int32(t), road, v.ID, float32(along)})
				}
			}
		}
		if inWindow {
			x.lamps = append(x.lamps, slices.Clone(sim.Showing()))
		}
		sum += float64(sim.Totals().Running)
		if t%60 == 0 {
			done := sim.Totals().Finished
			x.fund = append(x.fund, [2]float64{sum / 60, float64(done-finished) * 60})
			finished, sum = done, 0
			progress(float64(t) / float64(duration))
		}
	}
	var delays []float64
	for _, tr := range sim.Trips() {
		x.routes = append(x.routes, sim.Route(tr.Journey))
		if tr.Lost {
			continue
		}
		if math.IsNaN(tr.Enter) {
			x.Never++
		}
		if !math.IsNaN(tr.Arrive) {
			x.Finished++
		}
		delays = append(delays, tr.Loss+tr.EntryDelay)
		x.Delay += tr.Loss + tr.EntryDelay
	}
	if len(delays) > 0 {
		slices.Sort(delays)
		x.Delay /= float64(len(delays))
		x.P95 = delays[len(delays)*95/100]
	}
	for _, v := range x.standing {
		x.Standing += v
	}
	return x, nil
}

// corridor is the chain of roads that most vehicles drive along, over as many signals as there are on the way.
func corridor(n *control.Network, routes [][]int32) []int32 {
	follow := map[[2]int32]int{}
	for _, r := range routes {
		for i := 1; i < len(r); i++ {
			follow[[2]int32{r[i-1], r[i]}]++
		}
	}
	signalled := map[[2]int32]bool{}
	for i := range n.Connections {
		if c := &n.Connections[i]; c.Light >= 0 {
			signalled[[2]int32{n.Lanes[c.From].Road, n.Lanes[c.To].Road}] = true
		}
	}
	best := func(from, to int32) (int32, int32) {
		pick, most := [2]int32{-1, -1}, 0
		for k, v := range follow {
			if from >= 0 && k[0] != from || to >= 0 && k[1] != to || from < 0 && to < 0 && !signalled[k] {
				continue
			}
			if v > most || v == most && (k[0] < pick[0] || k[0] == pick[0] && k[1] < pick[1]) {
				pick, most = k, v
			}
		}
		return pick[0], pick[1]
	}
	a, b := best(-1, -1)
	if a < 0 {
		return nil
	}
	chain := []int32{a, b}
	for len(chain) < corridorMost {
		_, next := best(chain[len(chain)-1], -1)
		prev, _ := best(-1, chain[0])
		switch {
		case next >= 0 && !slices.Contains(chain, next) && (prev < 0 || follow[[2]int32{chain[len(chain)-1], next}] >= follow[[2]int32{prev, chain[0]}]):
			chain = append(chain, next)
		case prev >= 0 && !slices.Contains(chain, prev):
			chain = append([]int32{prev}, chain...)
		default:
			return chain
		}
	}
	return chain
}

// spaceTime draws the trajectories of a window along a corridor, distance upwards, with the lamps at its stop lines.
func spaceTime(n *control.Network, roads []int32, x *side) template.HTML {
	const w, h, left, bottom = 620.0, 300.0, 44.0, 18.0
	start, total := map[int32]float64{}, 0.0
	for _, r := range roads {
		start[r] = total
		total += n.Roads[r].Length
	}
	if total == 0 {
		return ""
	}
	px := func(t float64) float64 { return left + (t-float64(x.from))/float64(x.span)*(w-left) }
	py := func(d float64) float64 { return (h - bottom) * (1 - d/total) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g">`, w, h)
	type track struct{ t, d float64 }
	lines := map[int32][]track{}
	var ids []int32
	for _, p := range x.points {
		if at, on := start[p.road]; on {
			if lines[p.id] == nil {
				ids = append(ids, p.id)
			}
			lines[p.id] = append(lines[p.id], track{float64(p.t), at + float64(p.along)})
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		open := false
		for i, p := range lines[id] {
			if i > 0 && (p.d < lines[id][i-1].d || p.t-lines[id][i-1].t > 3*windowStride || p.d-lines[id][i-1].d > 80) {
				b.WriteString(`"/>`)
				open = false
			}
			if !open {
				b.WriteString(`<polyline class="v" points="`)
				open = true
			}
			fmt.Fprintf(&b, "%.1f,%.1f ", px(p.t), py(p.d))
		}
		if open {
			b.WriteString(`"/>`)
		}
	}
	for i := 1; i < len(roads); i++ {
		y := py(start[roads[i]])
		conn := -1
		for c := range n.Connections {
			k := &n.Connections[c]
			if k.Light >= 0 && n.Lanes[k.From].Road == roads[i-1] && n.Lanes[k.To].Road == roads[i] {
				conn = c
				break
			}
		}
		if conn < 0 {
			continue
		}
		for at := 0; at < len(x.lamps); {
			end := at
			for end < len(x.lamps) && x.lamps[end][conn] == x.lamps[at][conn] {
				end++
			}
			class := map[byte]string{'g': "g", 'G': "g", 'y': "y"}[x.lamps[at][conn]]
			if class == "" {
				class = "r"
			}
			fmt.Fprintf(&b, `<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="3"/>`, class, px(float64(x.from+at)), y-1.5, float64(end-at)/float64(x.span)*(w-left))
			at = end
		}
	}
	for k := (x.from + 59) / 60; k*60 <= x.from+x.span; k += 2 {
		anchor := "middle"
		if k*60 == x.from+x.span {
			anchor = "end"
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%g" text-anchor="%s">%d min</text>`, px(float64(k*60)), h-4, anchor, k)
	}
	for k := 0.0; k < total; k += math.Max(100, math.Round(total/500)*100) {
		fmt.Fprintf(&b, `<text x="0" y="%.1f">%.0f m</text>`, py(k)-2, k)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// queueMap draws every road, wider and redder by the vehicle-hours that stood on it; most is what the reddest has.
func queueMap(n *control.Network, x *side, most float64) template.HTML {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for l := range n.Lanes {
		for _, p := range n.Lanes[l].Line {
			minX, maxX, minY, maxY = min(minX, p[0]), max(maxX, p[0]), min(minY, p[1]), max(maxY, p[1])
		}
	}
	size := max(maxX-minX, maxY-minY, 1)
	k := 600 / size
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="-10 -10 %.0f %.0f">`, (maxX-minX)*k+20, (maxY-minY)*k+20)
	for r := range n.Roads {
		road := &n.Roads[r]
		share := 0.0
		if most > 0 {
			share = math.Sqrt(x.standing[r] / most)
		}
		fmt.Fprintf(&b, `<polyline class="road" style="stroke:%s;stroke-width:%.1f" points="`, heat(share), 1+6*share)
		for _, p := range n.Lanes[road.First].Line {
			fmt.Fprintf(&b, "%.1f,%.1f ", (p[0]-minX)*k, (maxY-p[1])*k)
		}
		fmt.Fprintf(&b, `"><title>%s: %.2f veh·h</title></polyline>`, template.HTMLEscapeString(road.ID), x.standing[r])
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// heat is the colour of a share of the most that stood.
func heat(share float64) string {
	return fmt.Sprintf("hsl(%.0f %.0f%% 50%%)", 130*(1-share), 20+70*share)
}

// heatScale says what the colours of the queue maps mean, where most is the reddest.
func heatScale(most float64) template.HTML {
	digits := 2
	if most >= 10 {
		digits = 0
	}
	var b strings.Builder
	for _, share := range []float64{0, 0.25, 0.5, 0.75, 1} {
		fmt.Fprintf(&b, `<i style="background:%s"></i>%.*f `, heat(share), digits, most*share*share)
	}
	return template.HTML(b.String() + "veh·h")
}

// upTo lists round numbers from 0 to a little beyond most, about five.
func upTo(most float64) []float64 {
	ten := math.Pow(10, math.Floor(math.Log10(most/5)))
	step := 10 * ten
	for _, k := range []float64{1, 2, 5} {
		if k*ten*5 >= most {
			step = k * ten
			break
		}
	}
	list := []float64{0}
	for list[len(list)-1] < most {
		list = append(list, float64(len(list))*step)
	}
	return list
}

// diagram draws both sides' macroscopic fundamental diagrams: vehicles on the net against trips that end, minute by minute.
func diagram(sides [2]*side) template.HTML {
	const w, h, left, right, top, bottom = 620.0, 300.0, 50.0, 14.0, 24.0, 34.0
	mx, my := 1.0, 1.0
	for _, x := range sides {
		for _, p := range x.fund {
			mx, my = max(mx, p[0]), max(my, p[1])
		}
	}
	across, up := upTo(mx), upTo(my)
	px := func(v float64) float64 { return left + v/across[len(across)-1]*(w-left-right) }
	py := func(v float64) float64 { return h - bottom - v/up[len(up)-1]*(h-bottom-top) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g">`, w, h)
	for _, v := range across {
		fmt.Fprintf(&b, `<line class="grid" x1="%.1f" x2="%.1f" y1="%g" y2="%g"/><text x="%.1f" y="%g" text-anchor="middle">%.0f</text>`, px(v), px(v), top, h-bottom, px(v), h-bottom+13, v)
	}
	for _, v := range up {
		fmt.Fprintf(&b, `<line class="grid" x1="%g" x2="%g" y1="%.1f" y2="%.1f"/><text x="%g" y="%.1f" text-anchor="end">%.0f</text>`, left, w-right, py(v), py(v), left-6, py(v)+4, v)
	}
	for i, x := range sides {
		for _, p := range x.fund {
			fmt.Fprintf(&b, `<circle class="s%d" r="3" cx="%.1f" cy="%.1f"/>`, i, px(p[0]), py(p[1]))
		}
	}
	fmt.Fprintf(&b, `<text x="%g" y="%g" text-anchor="end">vehicles on the net 在网车辆</text><text x="4" y="14">trips ending an hour 完成出行/小时</text></svg>`, w-right, h-6)
	return template.HTML(b.String())
}

var reportPage = template.Must(template.New("report").Parse(`<!doctype html><html lang="en"><meta charset="utf-8"><title>{{.Title}}</title>
<style>body{font:14px/1.5 "Noto Sans CJK SC","DejaVu Sans",sans-serif;max-width:1320px;margin:24px auto;padding:0 16px;color:#1f2733;background:#fff}
h1{font-size:22px}h2{font-size:16px;margin-top:28px}table{border-collapse:collapse}td,th{padding:4px 14px 4px 0;text-align:right;border-bottom:1px solid #ddd}td:first-child,th:first-child{text-align:left}
figure{margin:0}figcaption{font-weight:600}.one{max-width:800px}.two{display:grid;grid-template-columns:1fr 1fr;gap:24px}i{display:inline-block;width:18px;height:4px;margin:0 4px 3px 10px}line.grid{stroke:#e3e0d8}svg{width:100%;background:#faf9f6;border:1px solid #e3e0d8}text{font-size:11px;fill:#667085}
.v{fill:none;stroke:#1f2733;stroke-width:.7;opacity:.7}.r{fill:#d64545}.g{fill:#2ea36b}.y{fill:#e0a800}.road{fill:none}.s0{fill:#b7791f}.s1{fill:#1666b8}p.q{color:#667085}</style>
<h1>{{.Title}}</h1><p class="q">{{.Under}}</p>
<table><tr><th></th>{{range .Sides}}<th>{{.Controller}}</th>{{end}}</tr>
<tr><td>mean delay of a trip 平均延误</td>{{range .Sides}}<td>{{printf "%.1f s" .Delay}}</td>{{end}}</tr>
<tr><td>95 % below 95 分位</td>{{range .Sides}}<td>{{printf "%.0f s" .P95}}</td>{{end}}</tr>
<tr><td>finished 完成</td>{{range .Sides}}<td>{{.Finished}}</td>{{end}}</tr>
<tr><td>never inserted 未能进入</td>{{range .Sides}}<td>{{.Never}}</td>{{end}}</tr>
<tr><td>standing 停车总时 (veh·h)</td>{{range .Sides}}<td>{{printf "%.1f" .Standing}}</td>{{end}}</tr></table>
<h2>Time and space along the busiest corridor 最繁忙走廊时空图</h2><p class="q">{{.Corridor}}<br><i style="background:#2ea36b"></i>green 绿灯<i style="background:#e0a800"></i>yellow 黄灯<i style="background:#d64545"></i>red 红灯<i style="background:#1f2733;height:1px"></i>a vehicle 车辆轨迹</p><div class="two">{{range $i, $p := .SpaceTime}}<figure><figcaption>{{(index $.Sides $i).Controller}}</figcaption>{{$p}}</figure>{{end}}</div>
<h2>Where vehicles stood 排队分布</h2><p class="q">Width and colour by vehicle-hours, the same scale on both sides. 线宽与颜色为停车总时，两侧同一比例。<br>{{.Scale}}</p><div class="two">{{range $i, $p := .Maps}}<figure><figcaption>{{(index $.Sides $i).Controller}}</figcaption>{{$p}}</figure>{{end}}</div>
<h2>Macroscopic fundamental diagram 宏观基本图</h2><p class="q">One point a minute 每分钟一点: <span style="color:#b7791f">●</span> {{(index .Sides 0).Controller}} <span style="color:#1666b8">●</span> {{(index .Sides 1).Controller}}</p><figure class="one">{{.Fund}}</figure></html>
`))

func drawReport(n *control.Network, name string, seed uint64, duration int, sides [2]*side) (string, error) {
	roads := corridor(n, sides[0].routes)
	most := 0.0
	for _, x := range sides {
		most = max(most, slices.Max(x.standing))
	}
	var names []string
	for _, r := range roads {
		names = append(names, n.Roads[r].ID)
	}
	var b strings.Builder
	err := reportPage.Execute(&b, map[string]any{
		"Title": fmt.Sprintf("Before and after 前后对比: %s → %s", sides[0].Controller, sides[1].Controller),
		"Under": fmt.Sprintf("%s · seed %d · %d s · microscopic engine, build %s · delay counts the time lost on the way and before entering, of every trip that was due · 延误含途中损失与进入前等待，计全部应出行车辆", filepath.Base(name), seed, duration, build),
		"Sides": sides, "Corridor": strings.Join(names, " → "),
		"SpaceTime": []template.HTML{spaceTime(n, roads, sides[0]), spaceTime(n, roads, sides[1])},
		"Maps":      []template.HTML{queueMap(n, sides[0], most), queueMap(n, sides[1], most)},
		"Fund":      diagram(sides),
		"Scale":     heatScale(most),
	})
	return b.String(), err
}
