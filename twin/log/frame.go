package log

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

const (
	headerLen = 32
	frameLen  = 24
	magic     = "CBLG"
	version   = 1
	suffix    = ".log"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func segmentName(first Position) string { return fmt.Sprintf("%020d%s", uint64(first), suffix) }

func segmentFirst(name string) (Position, bool) {
	s, ok := strings.CutSuffix(name, suffix)
	if !ok || len(s) != 20 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return Position(n), err == nil && n > 0
}

func appendHeader(b []byte, first Position) []byte {
	n := len(b)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint16(b, version)
	b = append(b, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(first))
	b = append(b, make([]byte, 12)...)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[n:], castagnoli))
}

// parseHeader returns the first position of a segment.
func parseHeader(b []byte) (Position, error) {
	if len(b) < headerLen || string(b[:4]) != magic {
		return 0, fmt.Errorf("is not a log segment (want %q first)", magic)
	}
	if v := binary.LittleEndian.Uint16(b[4:]); v != version {
		return 0, fmt.Errorf("has format version %d, this build reads %d", v, version)
	}
	if crc32.Checksum(b[:28], castagnoli) != binary.LittleEndian.Uint32(b[28:]) {
		return 0, fmt.Errorf("header checksum does not match")
	}
	return Position(binary.LittleEndian.Uint64(b[8:])), nil
}

func appendFrame(b []byte, pos, synced Position, payload []byte) []byte {
	n := len(b)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = append(b, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, uint64(pos))
	b = binary.LittleEndian.AppendUint64(b, uint64(synced))
	b = append(b, payload...)
	binary.LittleEndian.PutUint32(b[n+4:], frameSum(b[n:]))
	return b
}

func frameSum(f []byte) uint32 {
	return crc32.Update(crc32.Checksum(f[:4], castagnoli), castagnoli, f[8:])
}

type frame struct {
	pos, synced Position
	payload     []byte
	size        int
}

// parseFrame decodes the frame at the start of b; the reason is empty when it is sound.
func parseFrame(b []byte) (f frame, reason string) {
	if len(b) < frameLen {
		return f, fmt.Sprintf("frame header needs %d bytes, %d left", frameLen, len(b))
	}
	n := int64(binary.LittleEndian.Uint32(b))
	if n > MaxBatch || n > int64(len(b)-frameLen) {
		return f, fmt.Sprintf("frame of %d bytes, %d left", n, len(b)-frameLen)
	}
	f.size = frameLen + int(n)
	f.pos = Position(binary.LittleEndian.Uint64(b[8:]))
	f.synced = Position(binary.LittleEndian.Uint64(b[16:]))
	f.payload = b[frameLen:f.size:f.size]
	if frameSum(b[:f.size]) != binary.LittleEndian.Uint32(b[4:]) {
		return f, "frame checksum does not match"
	}
	return f, ""
}

// declaredSynced looks behind a damaged frame for a sound one that declares
// position want durable.
func declaredSynced(b []byte, want Position) bool {
	for i := 1; i+frameLen <= len(b); i++ {
		pos := Position(binary.LittleEndian.Uint64(b[i+8:]))
		if pos <= want || pos-want > 1<<24 {
			continue
		}
		if s := Position(binary.LittleEndian.Uint64(b[i+16:])); s < want || s >= pos {
			continue
		}
		if f, reason := parseFrame(b[i:]); reason == "" && f.synced >= want {
			return true
		}
	}
	return false
}
