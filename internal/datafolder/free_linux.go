// SPDX-License-Identifier: Apache-2.0

package datafolder

import "syscall"

// Free returns how many bytes this user can still write to the disk of a folder. known is
// false where the system does not say.
func Free(dir string) (bytes uint64, known bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(dir, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}
