// Package http1 reads and writes HTTP/1.1 messages (RFC 9112) as whole frames of a byte stream, for the departments that
// push and answer over HTTP: in lockstep the same bytes travel without a socket.
//
// In: the bytes of a connection. Out: a Message with its method and target, or its status, and its body. Split and Decode know
// bodies with a Content-Length only; NewReader reads any HTTP/1.1 connection and makes such messages of what it brings. A
// message over MaxBody is refused.
package http1

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"citybrain/wire"
)

// MaxBody bounds a body in bytes; maxHead the start line and headers.
const (
	MaxBody = 64 << 20
	maxHead = 16 << 10
)

// A Message is a request (Method, Target) or a response (Status).
type Message struct {
	Method string // "" in a response
	Target string // path and query
	Status int    // 0 in a request
	Type   string // Content-Type
	Body   []byte
}

// Split cuts the next message out of a stream; see wire.Split.
func Split(buf []byte) (frame, garbage []byte, n int) {
	return wire.Split(buf, probe)
}

// starts are what a message can begin with.
var starts = [][]byte{[]byte("GET "), []byte("POST "), []byte("PUT "), []byte("HTTP/1.1 ")}

func probe(b []byte) int {
	begins, may := false, false
	for _, s := range starts {
		if bytes.HasPrefix(b, s) {
			begins = true
		} else if len(b) < len(s) && bytes.HasPrefix(s, b) {
			may = true
		}
	}
	if !begins {
		if may {
			return 0
		}
		return -1
	}
	head := bytes.Index(b[:min(len(b), maxHead)], []byte("\r\n\r\n"))
	if head < 0 {
		if len(b) >= maxHead {
			return -1
		}
		return 0
	}
	length := 0
	for _, l := range bytes.Split(b[:head], []byte("\r\n"))[1:] {
		name, value, ok := bytes.Cut(l, []byte(":"))
		if !ok {
			return -1
		}
		switch string(bytes.ToLower(bytes.TrimSpace(name))) {
		case "content-length":
			v, err := strconv.Atoi(string(bytes.TrimSpace(value)))
			if err != nil || v < 0 || v > MaxBody {
				return -1
			}
			length = v
		case "transfer-encoding":
			return -1
		}
	}
	if size := head + 4 + length; size <= len(b) {
		return size
	}
	return 0
}

// Decode reads one whole message, as Split returns it.
func Decode(b []byte) (Message, error) {
	if probe(b) != len(b) {
		return Message{}, fmt.Errorf("http message of %d bytes: not one whole message with a Content-Length", len(b))
	}
	r := bufio.NewReader(bytes.NewReader(b))
	if bytes.HasPrefix(b, []byte("HTTP/")) {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return Message{}, fmt.Errorf("http response: %w", err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return Message{}, fmt.Errorf("http response: body: %w", err)
		}
		return Message{Status: res.StatusCode, Type: res.Header.Get("Content-Type"), Body: body}, nil
	}
	req, err := http.ReadRequest(r)
	if err != nil {
		return Message{}, fmt.Errorf("http request: %w", err)
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return Message{}, fmt.Errorf("http request: body: %w", err)
	}
	return Message{Method: req.Method, Target: req.URL.RequestURI(), Type: req.Header.Get("Content-Type"), Body: body}, nil
}

// Append writes m behind dst. A message that is neither a request nor a response, or a target with blanks, is an error.
func Append(dst []byte, m Message) ([]byte, error) {
	switch {
	case m.Status >= 100 && m.Status < 600 && m.Method == "":
		dst = fmt.Appendf(dst, "HTTP/1.1 %d %s\r\n", m.Status, http.StatusText(m.Status))
	case (m.Method == "GET" || m.Method == "POST" || m.Method == "PUT") && m.Status == 0 && len(m.Target) > 0 && m.Target[0] == '/' && !bytes.ContainsAny([]byte(m.Target), " \r\n"):
		dst = fmt.Appendf(dst, "%s %s HTTP/1.1\r\nHost: department\r\n", m.Method, m.Target)
	default:
		return nil, fmt.Errorf("http message: method %q, target %q, status %d: neither a request nor a response", m.Method, m.Target, m.Status)
	}
	if m.Type != "" {
		if bytes.ContainsAny([]byte(m.Type), "\r\n") {
			return nil, fmt.Errorf("http message: content type %q has a line break", m.Type)
		}
		dst = fmt.Appendf(dst, "Content-Type: %s\r\n", m.Type)
	}
	dst = fmt.Appendf(dst, "Content-Length: %d\r\n\r\n", len(m.Body))
	return append(dst, m.Body...), nil
}
