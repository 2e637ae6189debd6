package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"citybrain/bench"
	"citybrain/city"
)

// Options is what to run.
type Options struct {
	City    *city.City
	Seed    uint64
	Members int
	Threads int
	Dir     string // for the pack of Porto Alegre
	Build   string
	JSON    bool
}

// seen is what the browser's side measured, as measure.mjs prints it.
type seen struct {
	Vehicles   int                `json:"vehicles"`
	Frames     int                `json:"frames"`
	ScriptP50  float64            `json:"script_p50_ms"`
	ScriptP95  float64            `json:"script_p95_ms"`
	ScriptMax  float64            `json:"script_max_ms"`
	DrawP95    float64            `json:"draw_p95_ms"`
	Kinds      map[string]float64 `json:"kinds_p95_ms"` // by kind of news
	AgeMax     float64            `json:"age_max_s"`
	AgeMedian  float64            `json:"age_median_s"`
	ErrorMax   float64            `json:"error_max_m"`
	ErrorMean  float64            `json:"error_mean_m"`
	Compared   int                `json:"compared"`
	LoadKB     float64            `json:"load_kb"`
	TilesKB    float64            `json:"tiles_kb"`
	FirstDraw  float64            `json:"first_draw_s"`
	ClickMax   float64            `json:"click_max_ms"`
	ClickP50   float64            `json:"click_p50_ms"`
	ClickOwn   float64            `json:"click_own_ms"`
	Clicks     int                `json:"clicks"`
	ScreenRate float64            `json:"screen_fps"`
}

// Run measures and writes a table or JSON.
func Run(ctx context.Context, o Options, w io.Writer) error {
	var rows []bench.Row
	row := func(name, unit string, atMost float64, v *float64, note string) {
		rows = append(rows, bench.AtMost(name, unit, atMost, v, note))
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	root, rootErr := repository()
	first := func(name string, atMost float64, args func() ([]string, error)) error {
		extra, err := args()
		if err == nil {
			var f firstFrame
			if f, err = timeToFrame(ctx, self, extra...); err == nil {
				s := f.took.Seconds()
				row(name, "s", atMost, &s, fmt.Sprintf("%d vehicles in it; the address after %.2f s", f.vehicles, f.listening.Seconds()))
				return nil
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		row(name, "s", atMost, nil, "not measured: "+err.Error())
		return nil
	}
	if err := first("process start to the first complete frame of vehicles, at most", 3, func() ([]string, error) { return nil, nil }); err != nil {
		return err
	}
	if err := first("the same with --city, Porto Alegre, at most", 8, func() ([]string, error) {
		if rootErr != nil {
			return nil, rootErr
		}
		return porto(ctx, self, root, o.Dir)
	}); err != nil {
		return err
	}
	p, err := newPeak(ctx, o)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.wait(ctx); err != nil {
		return err
	}
	rate, err := p.rate(ctx, 10*time.Second)
	if err != nil {
		return err
	}
	row("stream for 1,000 moving things, at most", "kB/s", 30, &rate.perThousand, fmt.Sprintf("%d vehicles, %.0f kB/s in all at ×%g, %.0f kB/s of them vehicles", rate.vehicles, rate.all, pace, rate.ofVehicles))
	s, why := browser(ctx, root, rootErr, p.address)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	browserRow := func(name, unit string, atMost float64, v func(*seen) (float64, string)) {
		if s == nil {
			row(name, unit, atMost, nil, "not measured: "+why.Error())
			return
		}
		x, note := v(s)
		row(name, unit, atMost, &x, note)
	}
	browserRow("own script for a frame that the stream falls into, p95, at most", "ms", 4, func(s *seen) (float64, string) {
		return s.ScriptP95, fmt.Sprintf("%d vehicles, %d frames: median %.2f, largest %.1f; any other frame %.2f (p95); %.1f frames a second without a GPU", s.Vehicles, s.Frames, s.ScriptP50, s.ScriptMax, s.DrawP95, s.ScreenRate)
	})
	browserRow("age of a vehicle's place on the screen, largest, at most", "s", 1, func(s *seen) (float64, string) {
		return s.AgeMax, fmt.Sprintf("every vehicle is in every frame of the stream; median %.2f s; the stream itself at most %.2f s before the browser came", s.AgeMedian, rate.gap)
	})
	browserRow("drawn place beside the engine's, largest, at most", "m", 5, func(s *seen) (float64, string) {
		return s.ErrorMax, fmt.Sprintf("%d places at the times of their frames; mean %.2f m", s.Compared, s.ErrorMean)
	})
	browserRow("first load, compressed, at most", "kB", 800, func(s *seen) (float64, string) {
		return s.LoadKB, fmt.Sprintf("all but the live stream; %.0f kB of it map tiles", s.TilesKB)
	})
	browserRow("navigation to the first draw call, at most", "s", 2, func(s *seen) (float64, string) { return s.FirstDraw, "" })
	browserRow("a click's answer, slowest, at most", "ms", 100, func(s *seen) (float64, string) {
		return s.ClickMax, fmt.Sprintf("%d clicks, median %.0f ms: from the event to the inspector's first change, the wait for a frame that is being drawn without a GPU included; our own part %.1f ms (largest)", s.Clicks, s.ClickP50, s.ClickOwn)
	})
	if o.JSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"rows": rows, "browser": s})
	}
	return bench.Print(w, rows, false)
}

// driver is the browser's side of the bench, inside the repository.
const driver = "console/tools/measure.mjs"

// repository finds the working tree around the current folder that has the browser's driver.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, driver)); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("run it inside the repository: " + driver + " is not here")
		}
		dir = up
	}
}

// browser has Chromium open the console at address and returns what it measured, or why it could not.
func browser(ctx context.Context, root string, rootErr error, address string) (*seen, error) {
	if rootErr != nil {
		return nil, rootErr
	}
	if _, err := exec.LookPath("node"); err != nil {
		return nil, errors.New("node is not installed")
	}
	if _, err := os.Stat(filepath.Join(root, "console/node_modules/playwright-core")); err != nil {
		return nil, errors.New("console/node_modules is missing: run make build")
	}
	chromium := os.Getenv("CHROMIUM")
	if chromium == "" {
		chromium = "/usr/bin/chromium"
	}
	if _, err := os.Stat(chromium); err != nil {
		return nil, fmt.Errorf("Chromium is missing: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 150*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", filepath.Join(root, driver), "http://"+address+"/")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("the browser: %w: %.300s", err, said.String())
	}
	var s seen
	if err := json.Unmarshal(out, &s); err != nil {
		return nil, fmt.Errorf("the browser said %.200q: %w", out, err)
	}
	return &s, nil
}
