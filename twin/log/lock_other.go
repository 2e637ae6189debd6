//go:build !unix

package log

import (
	"io"
	"os"
)

// lockDir only holds the file open: these systems refuse to delete or, on
// Windows, to reopen for exclusive use what is open elsewhere.
func lockDir(name string) (io.Closer, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o640)
}

// syncDir does nothing: NTFS journals directory entries with the file's own flush.
func syncDir(string) error { return nil }
