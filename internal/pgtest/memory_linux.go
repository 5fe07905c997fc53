// SPDX-License-Identifier: Apache-2.0

package pgtest

import "syscall"

// memoryFolder returns a folder in memory, or "" when the machine has none with enough
// space. Each clone of a database makes and removes hundreds of files. ext4 spends more
// time on these than the tests on everything else.
func memoryFolder() string {
	const dir, tmpfs, enough = "/dev/shm", 0x01021994, 4 << 30
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil || fs.Type != tmpfs {
		return ""
	}
	if fs.Bavail*uint64(fs.Bsize) < enough {
		return ""
	}
	return dir
}
