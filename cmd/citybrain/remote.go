package main

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"citybrain/policy"
	"citybrain/server"
	"citybrain/twin"
	"citybrain/twin/log"
)

// A place is where a verb finds a twin: in a folder that nothing runs on, or at a running server. Both answer the same requests,
// so that a verb does and prints the same.
type place struct {
	data, server *string
	base         string
	http         http.Client
	close        func() error
}

func placeFlags(f *flag.FlagSet) *place {
	return &place{
		data:   f.String("data", "", "`folder` of the twin; no server may run on it"),
		server: f.String("server", "", "`address` of a running server, such as http://localhost:8080; CITYBRAIN_TOKEN holds what citybrain login printed"),
	}
}

// open goes to the place that the flags name. Close it.
func (p *place) open() error {
	p.close = func() error { return nil }
	switch {
	case (*p.data == "") == (*p.server == ""):
		return fmt.Errorf("%w: give --data, the folder of a run with --data, or --server, the address of a running one", errUsage)
	case *p.server != "":
		u, err := url.Parse(*p.server)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return fmt.Errorf("%w: --server %q is not like http://localhost:8080", errUsage, *p.server)
		}
		p.base = strings.TrimSuffix(u.String(), "/")
		return nil
	}
	t, err := openData(*p.data)
	if err != nil {
		return err
	}
	me := localPerson()
	p.http.Transport = here{server.Desk(t, policy.New(t, policy.Options{Provides: server.Provides(), Local: &me}), build), me}
	p.base, p.close = "http://localhost", t.Close
	return nil
}

// localPerson is who works on this machine without logging in. The name is none that a user can have.
func localPerson() policy.Principal {
	name := "somebody"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return policy.Principal{Name: name + " (this machine)", Role: policy.Administrator}
}

func openData(dir string) (*twin.Twin, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, err
	}
	t, err := twin.Open(dir, twin.Options{Clock: func() time.Time { return time.Now().UTC() }})
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%s is in use by a running server: give its address with --server instead of --data, or stop it (%w)", dir, err)
	}
	return t, err
}

// here answers requests in this process.
type here struct {
	handler http.Handler
	who     policy.Principal
}

func (h here) RoundTrip(r *http.Request) (*http.Response, error) {
	w := &recorded{header: http.Header{}, status: http.StatusOK}
	h.handler.ServeHTTP(w, r.WithContext(policy.With(r.Context(), h.who)))
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorded) Header() http.Header         { return w.header }
func (w *recorded) WriteHeader(status int)      { w.status = status }
func (w *recorded) Write(b []byte) (int, error) { return w.body.Write(b) }

// ask sends a request; what it answers is read into out, if that is not nil.
func (p *place) ask(ctx context.Context, method, path string, query url.Values, body, out any) error {
	res, err := p.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer res.Body.Close() // it was only read
	if out == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("%s%s: the answer: %w", p.base, path, err)
	}
	return nil
}

// send returns an answer of success.
func (p *place) send(ctx context.Context, method, path string, query url.Values, body any) (*http.Response, error) {
	var in io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(b)
	}
	to := p.base + path
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, to, in)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if t := os.Getenv("CITYBRAIN_TOKEN"); t != "" && *p.server != "" {
		r.Header.Set("Authorization", "Bearer "+t)
	}
	res, err := p.http.Do(r)
	if err != nil {
		return nil, err
	}
	if res.StatusCode < 300 {
		return res, nil
	}
	defer res.Body.Close()
	said, err := io.ReadAll(io.LimitReader(res.Body, 16<<10))
	if err != nil {
		return nil, fmt.Errorf("%s%s: %s: %w", p.base, path, res.Status, err)
	}
	why := strings.TrimSpace(string(said))
	if *p.server != "" {
		why = *p.server + ": " + why
		if res.StatusCode == http.StatusUnauthorized && path != "/api/login" {
			why += fmt.Sprintf("; export CITYBRAIN_TOKEN=$(citybrain login NAME --server %s)", *p.server)
		}
	}
	return nil, errors.New(why)
}

// fetchBackup writes a server's backup to a new file, which appears when it is whole and every part has its SHA-256.
func (p *place) fetchBackup(ctx context.Context, file string) (*twin.Manifest, error) {
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("back up to %s: it exists; give another name", file)
	}
	res, err := p.send(ctx, http.MethodGet, "/api/backup", nil, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close() // it was only read
	var m *twin.Manifest
	err = log.WriteFile(log.OS{}, filepath.Dir(file), filepath.Base(file), func(w io.Writer) error {
		m, err = copyBackup(w, res.Body)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("back up to %s: %w; nothing is kept of it, try again", file, err)
	}
	return m, nil
}

// copyBackup copies a backup and compares its parts with its manifest.
func copyBackup(w io.Writer, r io.Reader) (*twin.Manifest, error) {
	both := io.TeeReader(r, w)
	got := map[string]string{}
	m := &twin.Manifest{}
	for in := tar.NewReader(both); ; {
		h, err := in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("it was cut off: %w", err)
		}
		if h.Name == "manifest.json" {
			if err := json.NewDecoder(in).Decode(m); err != nil {
				return nil, fmt.Errorf("manifest: %w", err)
			}
			continue
		}
		sum := sha256.New()
		if _, err := io.Copy(sum, in); err != nil {
			return nil, fmt.Errorf("part %s: %w", h.Name, err)
		}
		got[h.Name] = hex.EncodeToString(sum.Sum(nil))
	}
	if _, err := io.Copy(io.Discard, both); err != nil { // what stands behind the tar's last entry
		return nil, err
	}
	if m.Version == 0 {
		return nil, errors.New("it has no manifest: it was cut off")
	}
	for _, part := range m.Parts {
		if got[part.Name] != part.SHA256 {
			return nil, fmt.Errorf("part %s has SHA-256 %q, the manifest says %s", part.Name, got[part.Name], part.SHA256)
		}
	}
	return m, nil
}
