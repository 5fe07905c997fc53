// SPDX-License-Identifier: Apache-2.0

package datafolder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// tempPrefix begins the names of temporary folders.
const tempPrefix = ".gatehouse-"

// tempAge is how old an unlocked temporary folder is before it counts as left behind. A newer
// one may be about to be locked.
const tempAge = time.Minute

// Temp is a temporary folder. It is locked, so that those of killed processes can be found.
type Temp struct {
	Dir  string
	lock *os.File
}

// NewTemp makes a folder in dir that only its owner can read. It first removes those that
// killed processes left behind there.
func NewTemp(dir string) (*Temp, error) {
	sweep(dir)
	path, err := os.MkdirTemp(dir, tempPrefix+"*") // 0700
	if err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err == nil {
		err = tryLock(file)
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(path))
	}
	return &Temp{path, file}, nil
}

// Path returns the path of a file in the folder.
func (t *Temp) Path(name string) string { return filepath.Join(t.Dir, name) }

// Remove removes the folder with all that is in it.
func (t *Temp) Remove() error { return errors.Join(os.RemoveAll(t.Dir), t.lock.Close()) }

// Left returns the temporary folders that killed processes left behind.
func Left(dir string) (paths []string) {
	found, _ := filepath.Glob(filepath.Join(dir, tempPrefix+"*")) // only a bad pattern is an error
	for _, path := range found {
		if leftBehind(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func leftBehind(path string) bool {
	info, err := os.Stat(path)
	if !canLock || err != nil || !info.IsDir() || time.Since(info.ModTime()) < tempAge {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }() // it was only read
	return tryLock(file) == nil
}

func sweep(dir string) {
	for _, path := range Left(dir) {
		_ = os.RemoveAll(path) // the next one tries again
	}
}

// Place gives a finished file its name, on the same disk, and makes that durable. It replaces
// an existing file only if it is told to; else the error is fs.ErrExist.
func Place(temp, path string, replace bool) error {
	if replace {
		if err := os.Rename(temp, path); err != nil {
			return err
		}
		return SyncDir(filepath.Dir(path))
	}
	err := os.Link(temp, path)                      // unlike a rename, it replaces nothing
	if err != nil && !errors.Is(err, fs.ErrExist) { // some disks have no links
		if _, statErr := os.Lstat(path); statErr == nil {
			return &os.PathError{Op: "write", Path: path, Err: fs.ErrExist}
		}
		err = os.Rename(temp, path)
	}
	if err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// SyncFile makes a file's content durable.
func SyncFile(path string) (err error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return file.Sync()
}
