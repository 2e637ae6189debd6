package brain

import (
	"context"
	"errors"
	"reflect"
	"testing"
)

// What is thought beside the ticks, and on one thread, is concluded as what is thought at once on two; and a second forecast waits for the first.
func TestThoughtsApartConcludeTheSame(t *testing.T) {
	ctx, at := context.Background(), storm(t)
	apart, _ := newBrain(t, 1)
	apart.cfg.Apart = true
	defer apart.Close()
	if err := apart.forecast(ctx, cloudburst(apart.city, downpour, members)); err != nil {
		t.Fatal(err)
	}
	if len(apart.decisions) != 0 || !apart.pondering("forecast") {
		t.Fatalf("%d decisions at once, thoughts %d", len(apart.decisions), len(apart.thoughts))
	}
	for len(apart.thoughts) > 0 {
		if err := apart.settle(ctx, true); err != nil {
			t.Fatal(err)
		}
	}
	if len(apart.decisions) != len(at.decisions) || len(at.decisions) == 0 {
		t.Fatalf("%d decisions, at once %d", len(apart.decisions), len(at.decisions))
	}
	expected := map[string]*Effect{}
	for _, d := range at.decisions {
		expected[d.Kind+d.subject+d.Title.En] = d.Expected
	}
	for _, d := range apart.decisions {
		if e, ok := expected[d.Kind+d.subject+d.Title.En]; !ok || !reflect.DeepEqual(e, d.Expected) {
			t.Errorf("%s expects %+v, at once %+v", d.Title.En, d.Expected, e)
		}
	}
	if !reflect.DeepEqual(apart.fan, at.fan) {
		t.Error("the fans differ")
	}
	concluded := 0
	for range 2 {
		if err := apart.ponder(ctx, thought{"forecast", func(context.Context) error { return nil }, func() error { concluded++; return nil }}); err != nil {
			t.Fatal(err)
		}
	}
	if concluded != 1 {
		t.Errorf("%d forecasts concluded when the second came", concluded)
	}
}

// A thought that fails stops the brain's tick with its name, and a cancelled one ends.
func TestAThoughtThatFailsIsSaid(t *testing.T) {
	b, _ := newBrain(t, 1)
	b.cfg.Apart = true
	broken := errors.New("broken")
	if err := b.ponder(context.Background(), thought{"trial", func(context.Context) error { return broken }, func() error { return nil }}); err != nil {
		t.Fatal(err)
	}
	if err := b.settle(context.Background(), true); !errors.Is(err, broken) {
		t.Errorf("settle says %v", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	if err := b.forecast(ctx, cloudburst(b.city, downpour, members)); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := b.settle(ctx, true); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled forecast says %v", err)
	}
}
