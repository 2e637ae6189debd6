package server

import (
	"context"
	"net/http"
	"time"
)

// consult has f look at the brain between two ticks and returns what it said; false if that could not be, which is answered already.
func consult[T any](s *Server, w http.ResponseWriter, r *http.Request, f func(decider) T) (T, bool) {
	done := make(chan T, 1)
	var said T
	select {
	case s.asked <- question{r.Context(), func(b decider) { done <- f(b) }}:
	default:
		http.Error(w, "too many requests are waiting; try again", http.StatusServiceUnavailable)
		return said, false
	}
	select {
	case said = <-done:
		return said, true
	case <-time.After(30 * time.Second):
		http.Error(w, "the city did not tick within 30 s", http.StatusGatewayTimeout)
	case <-r.Context().Done():
	}
	return said, false
}

// ponder works something out on the brain's copies, one at a time: the brain's own forecasts need the processors too. False if nobody
// waits for it any more.
func (s *Server) ponder(ctx context.Context, f func()) bool {
	select {
	case s.ahead <- struct{}{}:
		defer func() { <-s.ahead }()
		f()
		return true
	case <-ctx.Done():
		return false
	}
}
