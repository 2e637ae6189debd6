package traci

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"
)

// Patience is how long a Conn waits for an answer before it takes SUMO for dead, unless told otherwise.
const Patience = 9 * time.Second

// A Conn is a connection to SUMO, used by one goroutine. After an error it is of no more use.
type Conn struct {
	c        net.Conn
	patience time.Duration
	in       []byte
	API      int    // SUMO's version of the protocol
	Server   string // what it calls itself
}

// Dial connects to SUMO at host:port and asks for its version. It tries until give up: SUMO opens its port only when it has read
// its network. alive, if not nil, is asked between the tries; its error ends the waiting.
func Dial(address string, giveUp time.Duration, alive func() error) (*Conn, error) {
	end := time.Now().Add(giveUp)
	for {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			conn := &Conn{c: c, patience: Patience}
			if err = conn.version(); err != nil {
				c.Close()
				return nil, err
			}
			return conn, nil
		}
		if time.Now().After(end) {
			return nil, fmt.Errorf("connect to sumo at %s: %w after %v", address, err, giveUp)
		}
		if alive != nil {
			if err := alive(); err != nil {
				return nil, fmt.Errorf("connect to sumo at %s: %w", address, err)
			}
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// NewConn takes a connection that is there already; patience bounds the wait for each answer.
func NewConn(c net.Conn, patience time.Duration) (*Conn, error) {
	conn := &Conn{c: c, patience: patience}
	return conn, conn.version()
}

func (c *Conn) version() error {
	rest, err := c.Ask(Command{ID: cmdVersion})
	if err != nil {
		return err
	}
	if len(rest) != 1 || rest[0].ID != cmdVersion {
		return fmt.Errorf("traci version: %d commands in the answer", len(rest))
	}
	r := reader{b: rest[0].Content}
	c.API, c.Server = r.int(), r.text()
	return r.end("version")
}

// exchange sends a message and returns the body of the one that comes back, valid until the next call.
func (c *Conn) exchange(out []byte) ([]byte, error) {
	if err := c.c.SetWriteDeadline(time.Now().Add(c.patience)); err != nil {
		return nil, fmt.Errorf("sumo: %w", err)
	}
	if _, err := c.c.Write(out); err != nil {
		return nil, c.gone(err)
	}
	in := answer{c: c.c, slice: c.patience / slices}
	var head [4]byte
	if _, err := io.ReadFull(&in, head[:]); err != nil {
		return nil, c.gone(err)
	}
	n := binary.BigEndian.Uint32(head[:])
	if n < 4 || n > longest {
		return nil, fmt.Errorf("traci message: length %d; it lies between 4 and %d", n, longest)
	}
	if n -= 4; uint32(cap(c.in)) < n {
		c.in = make([]byte, n)
	}
	c.in = c.in[:n]
	if _, err := io.ReadFull(&in, c.in); err != nil {
		return nil, c.gone(err)
	}
	return c.in, nil
}

// An answer is read in slices of the patience: when the whole machine stands still for a while, SUMO is not to blame, and the pause
// costs one slice only.
type answer struct {
	c     net.Conn
	slice time.Duration
	spent int
}

const slices = 9

func (a *answer) Read(p []byte) (int, error) {
	for {
		if err := a.c.SetReadDeadline(time.Now().Add(a.slice)); err != nil {
			return 0, err
		}
		n, err := a.c.Read(p)
		var t net.Error
		if n > 0 || !errors.As(err, &t) || !t.Timeout() {
			return n, err
		}
		if a.spent++; a.spent == slices {
			return 0, err
		}
	}
}

func (c *Conn) gone(err error) error {
	var t net.Error
	switch {
	case errors.As(err, &t) && t.Timeout():
		return fmt.Errorf("sumo has not answered for %v; it hangs or is far too slow", c.patience)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errors.New("sumo has closed the connection; it ended or met an error of its own")
	}
	return fmt.Errorf("sumo: %w", err)
}

// Ask sends commands in one message, checks each one's status, and returns the other commands of the answer in their order.
// Their contents are valid until the next call.
func (c *Conn) Ask(list ...Command) ([]Command, error) {
	body, err := c.exchange(Message(list...))
	if err != nil {
		return nil, err
	}
	var out []Command
	for i := range list {
		var cmd Command
		if cmd, body, err = next(body); err != nil {
			return nil, err
		}
		s, err := cmd.Status()
		if err != nil {
			return nil, err
		}
		if s.Command != list[i].ID {
			return nil, fmt.Errorf("traci answer: status of command %#02x where that of %#02x is due", s.Command, list[i].ID)
		}
		if err := s.Err(); err != nil {
			return nil, err
		}
		if list[i].ID == cmdStep {
			continue
		}
		if k := list[i].ID & 0xF0; k == 0xA0 || k == 0xD0 || k == 0x80 || list[i].ID == cmdVersion {
			if len(body) == 0 {
				return nil, fmt.Errorf("traci answer: nothing behind the status of command %#02x", list[i].ID)
			}
			if cmd, body, err = next(body); err != nil {
				return nil, err
			}
			out = append(out, cmd)
		}
	}
	if len(body) > 0 {
		return nil, fmt.Errorf("traci answer: %d bytes too many", len(body))
	}
	return out, nil
}

// Step lets the simulation go on to time to (0: one step) and calls each with every subscription's result.
func (c *Conn) Step(to float64, each func(*Subscription) error) error {
	body, err := c.exchange(Message(Step(to)))
	if err != nil {
		return err
	}
	cmd, body, err := next(body)
	if err != nil {
		return err
	}
	s, err := cmd.Status()
	if err != nil {
		return err
	}
	if err := s.Err(); err != nil {
		return err
	}
	r := reader{b: body}
	n := r.int()
	if r.err != nil || n < 0 {
		return fmt.Errorf("traci step: %d bytes where the number of answers is expected", len(body))
	}
	body = r.b
	for i := 0; i < n; i++ {
		if cmd, body, err = next(body); err != nil {
			return err
		}
		sub, err := cmd.Subscription()
		if err != nil {
			return err
		}
		if err := each(&sub); err != nil {
			return err
		}
	}
	if len(body) > 0 {
		return fmt.Errorf("traci step: %d bytes too many", len(body))
	}
	return nil
}

// Value asks for one variable.
func (c *Conn) Value(d Domain, variable byte, id string) (Value, error) {
	list, err := c.Ask(Get(d, variable, id))
	if err != nil {
		return Value{}, err
	}
	r, err := list[0].Result()
	return r.Value, err
}

// Close tells SUMO to end and closes the connection.
func (c *Conn) Close() error {
	_, err := c.Ask(Command{ID: cmdClose})
	return errors.Join(err, c.c.Close())
}

// Drop closes the connection without a word.
func (c *Conn) Drop() error { return c.c.Close() }
