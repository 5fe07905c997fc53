// SPDX-License-Identifier: Apache-2.0

package profile

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
)

const (
	folderMode = 0o700
	fileMode   = 0o600
	othersMask = 0o077
	// maxFile is larger than any profile.
	maxFile = 64 << 10
)

// readPrivate reads a small file that nobody but its owner may read.
func readPrivate(path string) (content []byte, err error) {
	// Opening a pipe would wait for whoever writes into it.
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case runtime.GOOS != "windows" && info.Mode().Perm()&othersMask != 0:
		return nil, fmt.Errorf("other users may read %s, which has an access token: run chmod 600 on it, and log "+
			"in again if they may have read it", path)
	}
	content, err = io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is too large for a profile", path)
	}
	return content, err
}

// write puts a file in place of another in one step: whatever happens, one of the two is there.
func (f Folder) write(path string, content []byte) (err error) {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, folderMode); err != nil {
		return err
	}
	for _, own := range []string{f.path, folder} { // they may be from before, with other rights
		if err := os.Chmod(own, folderMode); err != nil {
			return err
		}
	}
	temporary, err := os.CreateTemp(folder, ".new-*") // with fileMode
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(temporary.Name()))
		}
	}()
	_, err = temporary.Write(content)
	err = errors.Join(err, temporary.Chmod(fileMode), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}
