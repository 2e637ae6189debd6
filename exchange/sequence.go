package exchange

// A sequence tells from the serial numbers of one source how many of its messages were lost: sent, but not received. Numbers
// run from lo for span steps and round. It follows RFC 3550, appendix A.1, and keeps besides which of the newest numbers have
// come, so that a message that was overtaken is lost only until it comes.
//
// What it can't know it does not count: what was sent before the first message, or across a restart.
type sequence struct {
	newest int
	seen   uint64 // bit k: newest-k has come, or is of before the first message
	alive  bool
	next   int // the number that would confirm a restart; only if doubt
	doubt  bool
}

// reach is how many numbers a source may leave out or fall back by in one step. What is farther is a restart, or damage, and
// is believed when the number after it follows.
const reach = 64

// arrive takes the number of a message and returns by how much it changes what is known to be lost.
func (q *sequence) arrive(serial, lo, span int) int {
	if serial < lo || serial >= lo+span {
		return 0 // no number of this source
	}
	limit := min(reach, span/4)
	d := ((serial-q.newest)%span + span) % span
	switch {
	case !q.alive:
		q.begin(serial)
		return 0
	case d == 0:
		return 0 // sent twice
	case d <= limit:
		q.doubt = false
		q.newest = serial
		q.seen = q.seen<<d | 1
		return d - 1
	case d > span-limit:
		bit := uint64(1) << (span - d)
		if q.seen&bit != 0 {
			return 0 // sent twice; or the source began anew so near that nobody can tell
		}
		q.seen |= bit
		return -1 // it was only late
	}
	return q.restart(serial, lo, span)
}

// restart begins anew at the second of two numbers in a row that don't belong to what came before.
func (q *sequence) restart(serial, lo, span int) int {
	if q.doubt && serial == q.next {
		q.begin(serial)
		return 0
	}
	q.doubt, q.next = true, lo+(serial-lo+1)%span
	return 0
}

func (q *sequence) begin(serial int) { *q = sequence{newest: serial, seen: ^uint64(0), alive: true} }
