package twin

import (
	"context"
	"sync"
)

// An Event is a batch as it was published. A Gap stands for batches that a slow reader missed: read a snapshot and go on.
type Event struct {
	Position Position
	Changes  []Change
}

// Gap reports whether the event stands for what was missed up to its position.
func (e *Event) Gap() bool { return e.Changes == nil }

type watchers struct {
	mu     sync.Mutex
	all    map[*watcher]bool
	closed bool
}

type watcher struct {
	ch     chan Event
	want   func(*Change) bool
	missed Position
}

// Watch returns a stream of the changes that want accepts (nil: all) from now on, in batches. It never holds up a writer: a
// reader that is buffer batches behind gets a gap. The channel is closed when ctx ends or the branch does.
func (b *Branch) Watch(ctx context.Context, buffer int, want func(*Change) bool) <-chan Event {
	w := &watcher{ch: make(chan Event, max(1, buffer)), want: want}
	b.watch.mu.Lock()
	if b.watch.closed {
		close(w.ch)
		b.watch.mu.Unlock()
		return w.ch
	}
	if b.watch.all == nil {
		b.watch.all = map[*watcher]bool{}
	}
	b.watch.all[w] = true
	b.watch.mu.Unlock()
	context.AfterFunc(ctx, func() {
		b.watch.mu.Lock()
		defer b.watch.mu.Unlock()
		if b.watch.all[w] {
			delete(b.watch.all, w)
			close(w.ch)
		}
	})
	return w.ch
}

// send tells the watchers of a batch, of which they get a copy of their own: without any, none is made.
func (ws *watchers) send(pos Position, changes []Change, recorded int64) {
	if changes == nil {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if len(ws.all) == 0 {
		return
	}
	e := Event{pos, stamp(changes, recorded)}
	for w := range ws.all {
		mine := e
		if w.want != nil {
			mine.Changes = nil
			for i := range e.Changes {
				if w.want(&e.Changes[i]) {
					mine.Changes = append(mine.Changes, e.Changes[i])
				}
			}
			if mine.Changes == nil {
				continue
			}
		}
		if w.missed > 0 {
			select {
			case w.ch <- Event{Position: w.missed}:
				w.missed = 0
			default:
				w.missed = e.Position
				continue
			}
		}
		select {
		case w.ch <- mine:
		default:
			w.missed = e.Position
		}
	}
}

func (ws *watchers) close() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.closed = true
	for w := range ws.all {
		close(w.ch)
	}
	ws.all = nil
}
