package http1

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"

	"citybrain/wire"
)

// NewReader reads the messages of a connection, in whatever framing HTTP/1.1 has, and returns each as Append writes it: a
// message that came in chunks has a Content-Length then. It does not answer "Expect: 100-continue"; who expects it sends the
// body after a while all the same (RFC 9110, 10.1.1).
func NewReader(r io.Reader) wire.Reader {
	m := &reader{limit: io.LimitedReader{R: r}}
	m.br = bufio.NewReaderSize(m, 16<<10)
	return m
}

type reader struct {
	limit io.LimitedReader
	br    *bufio.Reader
	raw   []byte // the beginning of the message that is being read, for the quarantine
}

// keepRaw bounds what is kept of a message for the quarantine, in bytes.
const keepRaw = 64 << 10

var errLong = fmt.Errorf("message has more than %d bytes of head or %d of body", maxHead, MaxBody)

// Read reads from the connection beneath the buffer.
func (m *reader) Read(b []byte) (int, error) {
	if m.limit.N <= 0 {
		return 0, errLong
	}
	n, err := m.limit.Read(b)
	m.raw = append(m.raw, b[:min(n, max(0, keepRaw-len(m.raw)))]...)
	return n, err
}

// Next implements wire.Reader: one message at a time.
func (m *reader) Next() ([]byte, error) {
	ahead, _ := m.br.Peek(m.br.Buffered()) // as much as is there: no error
	m.raw = append(m.raw[:0], ahead...)
	m.limit.N = maxHead + 16<<10
	if _, err := m.br.Peek(1); err != nil {
		return nil, err
	}
	b, err := m.message()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("http message: it ends within: %w", io.EOF)
	}
	if err != nil {
		return append([]byte(nil), m.raw...), err
	}
	return b, nil
}

func (m *reader) message() ([]byte, error) {
	body := func(r io.ReadCloser) ([]byte, error) {
		m.limit.N = 2 * MaxBody // what chunks say of themselves is in it
		b, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
		if err == nil && len(b) > MaxBody {
			return nil, errLong // closing would read the rest of it
		}
		if e := r.Close(); err == nil {
			err = e
		}
		return b, err
	}
	if head, _ := m.br.Peek(5); bytes.Equal(head, []byte("HTTP/")) {
		res, err := http.ReadResponse(m.br, nil)
		if err != nil {
			return nil, fmt.Errorf("http response: %w", err)
		}
		b, err := body(res.Body)
		if err != nil {
			return nil, fmt.Errorf("http response: body: %w", err)
		}
		return Append(nil, Message{Status: res.StatusCode, Type: res.Header.Get("Content-Type"), Body: b})
	}
	req, err := http.ReadRequest(m.br)
	if err != nil {
		return nil, fmt.Errorf("http request: %w", err)
	}
	b, err := body(req.Body)
	if err != nil {
		return nil, fmt.Errorf("http request: body: %w", err)
	}
	return Append(nil, Message{Method: req.Method, Target: req.URL.RequestURI(), Type: req.Header.Get("Content-Type"), Body: b})
}

// Goodbye is the answer to what could not be read as a message, before the connection ends.
func Goodbye(err error) []byte {
	status := http.StatusBadRequest
	if errors.Is(err, errLong) {
		status = http.StatusRequestEntityTooLarge
	}
	why := err.Error()
	return fmt.Appendf(nil, "HTTP/1.1 %d %s\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", status, http.StatusText(status), len(why), why)
}
