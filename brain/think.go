package brain

import (
	"context"
	"fmt"
)

// A thought is work that takes longer than a tick may.
type thought struct {
	kind string
	// think works on copies of what the brain believed when the thought came up, and touches nothing else of it.
	think func(context.Context) error
	// conclude takes what came of it, in a tick; further thoughts may come up.
	conclude func() error
}

// ponder has a thought thought and concluded: at once; or with Config.Apart beside the ticks to come, one thought after another. A
// thought waits for an earlier one of its kind, and the tick with it, so that none is left out however fast the city's clock
// runs.
func (b *Brain) ponder(ctx context.Context, t thought) error {
	if !b.cfg.Apart {
		if err := t.think(ctx); err != nil {
			return fmt.Errorf("brain: %s: %w", t.kind, err)
		}
		return t.conclude()
	}
	for b.pondering(t.kind) {
		if err := b.settle(ctx, true); err != nil {
			return err
		}
	}
	b.thoughts = append(b.thoughts, t)
	b.next(ctx)
	return nil
}

func (b *Brain) pondering(kind string) bool {
	for i := range b.thoughts {
		if b.thoughts[i].kind == kind {
			return true
		}
	}
	return false
}

// next starts the first thought if none is under way.
func (b *Brain) next(ctx context.Context) {
	if b.thought != nil || len(b.thoughts) == 0 {
		return
	}
	done, think := make(chan error, 1), b.thoughts[0].think
	b.thought = done
	go func() { done <- think(ctx) }()
}

// settle concludes the thought under way if it is done, or once it is.
func (b *Brain) settle(ctx context.Context, wait bool) error {
	if b.thought == nil {
		return nil
	}
	var err error
	if wait {
		err = <-b.thought // think heeds ctx
	} else {
		select {
		case err = <-b.thought:
		default:
			return nil
		}
	}
	t := b.thoughts[0]
	b.thoughts, b.thought = b.thoughts[1:], nil
	if err != nil {
		return fmt.Errorf("brain: %s: %w", t.kind, err)
	}
	if err := t.conclude(); err != nil {
		return err
	}
	b.next(ctx)
	return nil
}

// Close waits for the thought under way, which ends early when the context of its tick has; nothing is concluded any more.
func (b *Brain) Close() {
	if b.thought != nil {
		<-b.thought
	}
	b.thoughts, b.thought = nil, nil
}
