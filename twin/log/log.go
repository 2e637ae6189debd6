package log

import (
	"errors"
	"fmt"
	"iter"
)

// Position numbers batches from 1 without holes; 0 is "before the first".
type Position uint64

// MaxBatch is the largest payload of one batch in bytes.
const MaxBatch = 256 << 20

// Record is one batch as read back.
type Record struct {
	Position Position
	Payload  []byte // valid until the iteration's next step
}

// Log is what the twin needs of a log. Implementations are safe for concurrent use.
type Log interface {
	// Append stores a batch; when it returns without error the batch is durable.
	Append(batch []byte) (Position, error)
	// Submit orders a batch without waiting: the ticket knows its position at
	// once and Ticket.Wait returns when the batch is durable. The caller must not
	// change batch until then.
	Submit(batch []byte) (Ticket, error)
	// Read yields the batches from a position on, up to the last durable one at
	// the time of the call. Damage ends the iteration with an error.
	Read(from Position) iter.Seq2[Record, error]
	// Last is the position of the last durable batch.
	Last() Position
	Close() error
}

// Ticket is a batch on its way to the disk.
type Ticket struct {
	Position Position
	group    *group
}

// Wait returns when the batch is durable, or says why it never will be.
func (t Ticket) Wait() error {
	if t.group == nil {
		return nil
	}
	<-t.group.done
	return t.group.err
}

// ErrClosed is returned by appends to a closed log.
var ErrClosed = errors.New("log is closed")

// ErrPoisoned is wrapped by every append after a failed write or fsync.
var ErrPoisoned = errors.New("log stopped acknowledging after a failed write")

// CorruptError is damage in a part of the log that had been acknowledged.
type CorruptError struct {
	File   string
	Offset int64
	Reason string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("log file %s: offset %d: %s; restore this file from a backup", e.File, e.Offset, e.Reason)
}
