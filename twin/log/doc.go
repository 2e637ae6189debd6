// Package log is the append-only log under the twin: batches in, the same
// batches out in the same order, and an acknowledged batch survives a crash.
//
// In: opaque batches of bytes (the twin's encoded changes), up to MaxBatch.
// Out: a Position for each batch (1, 2, 3, …, no holes) once it is synced to
// disk, and the batches again from any position.
//
// The embedded implementation (Disk) keeps segment files in one directory:
//
//	segment  = header frame*
//	header   = "CBLG" version:u16 0:u16 first:u64 0:u64 0:u32 crc:u32   (32 bytes)
//	frame    = length:u32 crc:u32 position:u64 synced:u64 payload       (24 bytes + payload)
//
// Integers are little-endian; crc is CRC-32C (Castagnoli) over everything of
// the header or frame except the crc itself. A frame's `synced` is the highest
// position known to be durable when the frame was written: a damaged frame that
// a later frame declares durable is corruption and an error; one that nothing
// declares durable is the torn tail of a crash and is cut off.
//
// Concurrent appenders share one fsync (group commit). A new segment is
// acknowledged only after its directory entry is synced. After a failed write or
// fsync the log never acknowledges again until it is opened anew, because the
// kernel may have dropped the dirty pages (Rebello et al., "Can Applications
// Recover from fsync Failures?", USENIX ATC 2020).
//
// All file access goes through FS; bench/twin/faultfs has one that forgets what
// was not synced.
package log
