package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/flood/operation"
	"citybrain/wire/cap"
)

// street is a place of a table of depths.
type street struct {
	name  city.Text
	at    cap.Point
	depth map[[2]int]float64 // by member and time in whole seconds
}

// floodWarning is a warning as JSON.
type floodWarning struct {
	Place       city.Text `json:"place"`
	Probability float64   `json:"probability"`
	LeadS       float64   `json:"lead_s"`
	EndS        float64   `json:"end_s"`
	DepthM      float64   `json:"depth_m"`
	Severity    string    `json:"severity"`
	Certainty   string    `json:"certainty"`
	Urgency     string    `json:"urgency"`
	Headline    city.Text `json:"headline"`
	Text        city.Text `json:"text"`
	Instruction city.Text `json:"instruction"`
	File        string    `json:"file,omitempty"`
}

// floodWarnVerb words warnings from an ensemble's depths.
func floodWarnVerb(_ context.Context, args []string, out io.Writer) error {
	f := flags("flood warn DEPTHS.csv", "citybrain flood warn depths.csv --at 2024-09-20T06:00:00+08:00 --out out/drafts --json", out)
	at := f.String("at", "", "the forecast's start, RFC 3339 with its zone; without it no CAP is written")
	likely := f.Float64("likely", 0.2, "share of members from which a place is warned")
	dir := f.String("out", "", "folder for CAP 1.2 drafts, one a place")
	asJSON := f.Bool("json", false, "print JSON")
	file, err := oneFile(f, args)
	if err != nil {
		return err
	}
	var start time.Time
	if *at != "" {
		if start, err = time.Parse(time.RFC3339, *at); err != nil {
			return fmt.Errorf("%w: --at %q is no time such as 2024-09-20T06:00:00+08:00", errUsage, *at)
		}
	} else if *dir != "" {
		return fmt.Errorf("%w: --out needs --at, the forecast's start", errUsage)
	}
	if !(*likely > 0 && *likely <= 1) {
		return fmt.Errorf("%w: --likely %g is not in 0–1", errUsage, *likely)
	}
	list, members, times, err := readDepths(file)
	if err != nil {
		return err
	}
	step := time.Duration(0)
	for i := 1; i < len(times); i++ {
		d := time.Duration(times[i]-times[i-1]) * time.Second
		if step != 0 && d != step {
			return fmt.Errorf("%s: times are %v and %v apart; want equal steps", file, step, d)
		}
		step = d
	}
	if *dir != "" {
		if err := os.MkdirAll(*dir, 0o755); err != nil {
			return err
		}
	}
	found := []floodWarning{}
	for i := range list {
		s := &list[i]
		depth := make([][]float64, len(members))
		for m, id := range members {
			for _, t := range times {
				v, ok := s.depth[[2]int{id, t}]
				if !ok {
					return fmt.Errorf("%s: %s has no depth of member %d at %d s", file, s.name.In("en"), id, t)
				}
				depth[m] = append(depth[m], v)
			}
		}
		w := operation.Warn(s.name, depth, step, *likely)
		if w == nil {
			continue
		}
		first := time.Duration(times[0]) * time.Second
		x := floodWarning{s.name, w.Probability, (w.Lead + first).Seconds(), (w.End + first).Seconds(), w.Depth, w.Severity, w.Certainty, w.Urgency, w.Headline, w.Text, w.Instruction, ""}
		if *dir != "" {
			x.File = filepath.Join(*dir, fmt.Sprintf("draft-%03d.xml", i+1))
			doc, err := draft(w, s.at, start, start.Add(first), i+1)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name.In("en"), err)
			}
			if err := os.WriteFile(x.File, doc, 0o644); err != nil {
				return err
			}
		}
		found = append(found, x)
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(map[string][]floodWarning{"warnings": found})
	}
	for _, w := range found {
		fmt.Fprintf(out, "%s\n%s\n", w.Headline.En, w.Headline.Zh)
	}
	fmt.Fprintf(out, "%d of %d places\n", len(found), len(list))
	return nil
}

// draft is a warning as a CAP 1.2 draft: it is for the body that may issue it, and says so.
func draft(w *operation.Warning, at cap.Point, now, start time.Time, number int) ([]byte, error) {
	var infos []cap.Info
	for _, lang := range []string{"zh", "en"} {
		tag := map[string]string{"zh": "zh-CN", "en": "en"}[lang]
		event := city.Text{En: "Urban flooding", Zh: "城市内涝"}
		infos = append(infos, cap.Info{Language: tag, Categories: []string{"Met", "Safety"}, Event: event.In(lang), ResponseTypes: []string{"Avoid"}, Urgency: w.Urgency, Severity: w.Severity, Certainty: w.Certainty,
			Onset: cap.At(start.Add(w.Onset)), Expires: cap.At(start.Add(w.End)), Headline: w.Headline.In(lang), Description: w.Text.In(lang), Instruction: w.Instruction.In(lang),
			Parameters: []cap.Pair{{Name: "probability", Value: strconv.FormatFloat(w.Probability, 'f', 2, 64)}, {Name: "lead_time_min", Value: strconv.Itoa(int(w.Lead.Minutes() + 0.5))}},
			Areas:      []cap.Area{{Desc: w.Place.In(lang), Circles: []cap.Circle{{Centre: at, Radius: 0.2}}}}})
	}
	return cap.Marshal(cap.Alert{Identifier: fmt.Sprintf("flood-%s-%03d", now.UTC().Format("20060102T150405Z"), number), Sender: "brain@city", Sent: *cap.At(now), Status: "Draft", MsgType: "Alert", Scope: "Restricted",
		Restriction: "draft for the issuing body", Infos: infos})
}

// readDepths reads a table of place_zh, place_en, lon, lat, member, time_s, depth_m.
func readDepths(path string) (list []street, members, times []int, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, nil, err
	}
	defer file.Close()
	r := csv.NewReader(file)
	r.TrimLeadingSpace = true
	head, err := r.Read()
	want := []string{"place_zh", "place_en", "lon", "lat", "member", "time_s", "depth_m"}
	if err != nil && err != io.EOF {
		return nil, nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	if !slices.Equal(head, want) {
		return nil, nil, nil, fmt.Errorf("%s: line 1: %q; want the columns %s", path, strings.Join(head, ","), strings.Join(want, ","))
	}
	fields := [5]struct {
		from, to float64
		what     string
	}{{-180, 180, "degrees east"}, {-90, 90, "degrees north (longitude comes first)"}, {0, 1e6, "a whole number from 0"}, {0, 1e7, "whole seconds"}, {0, 100, "metres of depth"}}
	place := map[string]int{}
	for {
		row, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("%s: %w", path, err)
		}
		line, _ := r.FieldPos(0)
		var v [5]float64
		for k := range v {
			x, err := strconv.ParseFloat(row[2+k], 64)
			if err != nil || !(x >= fields[k].from && x <= fields[k].to) || (k == 2 || k == 3) && x != math.Trunc(x) {
				return nil, nil, nil, fmt.Errorf("%s: line %d: field %s: %q is not what is wanted: %s", path, line, want[2+k], row[2+k], fields[k].what)
			}
			v[k] = x
		}
		for k := range 2 {
			if strings.TrimSpace(row[k]) == "" {
				return nil, nil, nil, fmt.Errorf("%s: line %d: field %s: empty; a warning names its place in both languages", path, line, want[k])
			}
		}
		key := row[0] + "\x00" + row[1]
		i, ok := place[key]
		if !ok {
			i = len(list)
			place[key] = i
			list = append(list, street{name: city.Text{Zh: row[0], En: row[1]}, at: cap.Point{Lat: v[1], Lon: v[0]}, depth: map[[2]int]float64{}})
		}
		m, t := int(v[2]), int(v[3])
		if _, ok := list[i].depth[[2]int{m, t}]; ok {
			return nil, nil, nil, fmt.Errorf("%s: line %d: a second depth of member %d at %d s", path, line, m, t)
		}
		list[i].depth[[2]int{m, t}] = v[4]
		if k, ok := slices.BinarySearch(members, m); !ok {
			members = slices.Insert(members, k, m)
		}
		if k, ok := slices.BinarySearch(times, t); !ok {
			times = slices.Insert(times, k, t)
		}
	}
	if len(list) == 0 {
		return nil, nil, nil, fmt.Errorf("%s: no depths", path)
	}
	return list, members, times, nil
}
