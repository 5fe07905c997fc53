// SPDX-License-Identifier: Apache-2.0

package datafolder

import (
	"os"
	"syscall"
)

// Free returns how many bytes this user can still write to the disk of a folder. known is
// false where the system does not say.
func Free(dir string) (bytes uint64, known bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}

// OwnedByAnother reports whether a file belongs to another user than the one that runs this
// program, and to which; false where the system does not say.
func OwnedByAnother(path string) (uid int, another bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	s, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return int(s.Uid), int(s.Uid) != os.Geteuid()
}
