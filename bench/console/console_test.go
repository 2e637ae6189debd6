package console

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
)

func message(kind byte, payload []byte) []byte {
	b := make([]byte, head, head+len(payload))
	b[0] = kind
	binary.LittleEndian.PutUint32(b[4:], uint32(len(payload)))
	return append(b, payload...)
}

func vehicleFrame(n int) []byte {
	b := make([]byte, 12+10*n)
	binary.LittleEndian.PutUint32(b[8:], uint32(n))
	return message(vehicleType, b)
}

func TestFirstVehicles(t *testing.T) {
	whole := bytes.Join([][]byte{message(4, []byte("{}")), vehicleFrame(0), message(2, nil), vehicleFrame(7), vehicleFrame(9)}, nil)
	if n, err := firstVehicles(bytes.NewReader(whole)); n != 7 || err != nil {
		t.Errorf("first frame with vehicles: %d, %v; want 7", n, err)
	}
	cut := whole[:len(whole)-len(vehicleFrame(9))-1]
	if n, err := firstVehicles(bytes.NewReader(cut)); err != io.ErrUnexpectedEOF {
		t.Errorf("a frame that lacks its last byte counts: %d, %v", n, err)
	}
	short := message(vehicleType, append(make([]byte, 8), 3, 0, 0, 0))
	if _, err := firstVehicles(bytes.NewReader(short)); err == nil || !strings.Contains(err.Error(), "3 vehicles") {
		t.Errorf("a frame too short for its vehicles: %v", err)
	}
}

func TestRepositoryIsFound(t *testing.T) {
	if _, err := repository(); err != nil {
		t.Error(err)
	}
}
