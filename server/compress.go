package server

import (
	"compress/gzip"
	"net/http"
	"strings"
)

// compress gzips scripts, styles and JSON; tiles are gzipped already, a backup is long, and the live stream must not wait in a buffer.
func compress(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := r.URL.Path
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || strings.HasPrefix(p, "/tiles/") || p == "/api/live" || p == "/api/backup" || p == "/metrics" {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Vary", "Accept-Encoding")
		z := &zipped{ResponseWriter: w}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

type zipped struct {
	http.ResponseWriter
	gz   *gzip.Writer
	sent bool
}

func (z *zipped) WriteHeader(status int) {
	z.sent = true
	if status == http.StatusOK {
		z.Header().Set("Content-Encoding", "gzip")
		z.Header().Del("Content-Length")
		z.gz = gzip.NewWriter(z.ResponseWriter)
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *zipped) Write(b []byte) (int, error) {
	if !z.sent {
		z.WriteHeader(http.StatusOK)
	}
	if z.gz != nil {
		return z.gz.Write(b)
	}
	return z.ResponseWriter.Write(b)
}

func (z *zipped) close() {
	if z.gz != nil {
		z.gz.Close()
	}
}
