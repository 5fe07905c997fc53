// SPDX-License-Identifier: Apache-2.0

package datafolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// CheckWritable returns an error that says what is wrong and what to do unless this process
// can create files in the folder, and can write to those of the names that exist. It leaves
// nothing behind. It opens the files, so no other part of this process may have a database
// open under one of the names: closing a file drops its locks.
func CheckWritable(dir string, names ...string) error {
	temp, err := NewTemp(dir)
	if err == nil {
		err = temp.Remove()
	}
	if err != nil {
		return Explain(dir, err)
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return Explain(path, err)
		default:
			if err := file.Close(); err != nil {
				return Explain(path, err)
			}
		}
	}
	return nil
}

// Explain returns the error of writing a file or folder with its path, the cause, and what to
// do. Its words are for faults that do not pass by waiting.
func Explain(path string, err error) error {
	var pathError *fs.PathError
	cause := err
	if errors.As(err, &pathError) {
		cause = pathError.Err
	}
	return fmt.Errorf("%s cannot be written: %w. %s", path, cause, advice(cause))
}

func advice(cause error) string {
	switch {
	case errors.Is(cause, syscall.EROFS):
		return "It is on a disk that is mounted read-only; mount it for writing, or name another folder with --data"
	case errors.Is(cause, syscall.ENOSPC), errors.Is(cause, syscall.EDQUOT):
		return "Make room on its disk"
	case errors.Is(cause, fs.ErrPermission):
		return fmt.Sprintf("Give it to the user that runs this program (number %d), with chown, and see that it is "+
			"not protected by chattr", os.Geteuid())
	case errors.Is(cause, fs.ErrNotExist):
		return "Create its folder"
	}
	return "Look at the disk that it is on"
}

// WriteNew writes a file that only its owner can read. An existing file stays as it is. A
// file with this name is always complete, even after a crash. If several processes write at
// once, one of them wins.
func WriteNew(path string, content []byte) (err error) {
	temp, err := NewTemp(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, temp.Remove()) }()
	name := temp.Path("new")
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Link(name, path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncDir makes new names in a folder durable.
func SyncDir(path string) (err error) {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	return d.Sync()
}
