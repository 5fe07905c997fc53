// SPDX-License-Identifier: Apache-2.0

package datafolder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// tempPrefix begins the names of temporary folders.
const tempPrefix = ".gatehouse-"

// Temp is a temporary folder. It is locked, so that those of killed processes can be found.
type Temp struct {
	Dir  string
	lock *os.File
}

// NewTemp makes a folder in dir that only its owner can read. It first removes those that
// killed processes left behind there.
func NewTemp(dir string) (*Temp, error) {
	sweep(dir)
	const attempts = 100
	for range attempts {
		path, err := os.MkdirTemp(dir, tempPrefix+"*") // 0700
		if err != nil {
			return nil, err
		}
		file, err := lockNew(path)
		if err != nil {
			return nil, errors.Join(err, os.RemoveAll(path))
		}
		if file != nil {
			return &Temp{path, file}, nil
		}
	}
	return nil, &fs.PathError{Op: "make a folder in", Path: dir, Err: errLocked}
}

// lockNew locks a folder that was just made. It returns nil if another process took it for one
// that was left behind, which may happen before it is locked.
func lockNew(path string) (*os.File, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err = tryLock(file); err == nil {
		opened, statErr := file.Stat()
		named, nameErr := os.Lstat(path)
		if statErr == nil && nameErr == nil && os.SameFile(opened, named) {
			return file, nil
		}
	}
	if err == nil || errors.Is(err, errLocked) { // the other process removes it, or looks at it
		err = os.RemoveAll(path)
	}
	return nil, errors.Join(err, file.Close())
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

// leftBehind reports whether nobody has a temporary folder locked.
func leftBehind(path string) bool {
	file, err := lockLeft(path)
	if err == nil {
		_ = file.Close() // it was only read
	}
	return err == nil
}

// lockLeft opens and locks a folder that was left behind; it is an error if it was not.
func lockLeft(path string) (*os.File, error) {
	if info, err := os.Lstat(path); err != nil || !canLock || !info.IsDir() {
		return nil, errors.Join(err, fs.ErrInvalid)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := tryLock(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// sweep removes what was left behind, locked: a process that has made a folder and not locked
// it yet makes another one.
func sweep(dir string) {
	for _, path := range Left(dir) {
		if file, err := lockLeft(path); err == nil {
			_ = os.RemoveAll(path) // the next one tries again
			_ = file.Close()
		}
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
