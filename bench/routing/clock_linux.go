package routing

import (
	"syscall"
	"time"
	"unsafe"
)

// threadTime is the processor time of the calling thread: CLOCK_THREAD_CPUTIME_ID, to the nanosecond.
func threadTime() time.Duration {
	const clock = 3
	var t syscall.Timespec
	if _, _, e := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clock, uintptr(unsafe.Pointer(&t)), 0); e != 0 {
		return time.Since(began)
	}
	return time.Duration(t.Nano())
}

var began = time.Now()
