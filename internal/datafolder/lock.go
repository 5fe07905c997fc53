// SPDX-License-Identifier: Apache-2.0

package datafolder

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// LockName is the name of the lock file in a data folder.
const LockName = "gatehouse.lock"

// ErrInUse says that another process has the lock.
var ErrInUse = errors.New("another process uses this data folder")

// Lock is the right to be the one server on a data folder. It ends with the process, also
// when that is killed. The file stays: if it were removed, two processes could lock two
// files of one name.
type Lock struct{ file *os.File }

// Acquire takes the lock of a folder, which must exist. It does not wait: if another process
// has the lock, the error is ErrInUse with that process's number, if it is known.
func Acquire(dir string) (*Lock, error) {
	path := filepath.Join(dir, LockName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, Explain(path, err)
	}
	if err := tryLock(file); err != nil {
		holder := ""
		if text, readErr := io.ReadAll(io.LimitReader(file, 20)); readErr == nil {
			if pid, numErr := strconv.Atoi(strings.TrimSpace(string(text))); numErr == nil {
				holder = fmt.Sprintf(" (process %d)", pid)
			}
		}
		if errors.Is(err, errLocked) {
			err = fmt.Errorf("%w%s", ErrInUse, holder)
		}
		return nil, errors.Join(err, file.Close())
	}
	// The number is for people only, so a full disk does no harm.
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &Lock{file}, nil
}

// Release ends the lock.
func (l *Lock) Release() error { return l.file.Close() }

var errLocked = errors.New("locked")
