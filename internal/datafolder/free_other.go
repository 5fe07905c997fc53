// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package datafolder

// Free returns how many bytes this user can still write to the disk of a folder. known is
// false where the system does not say.
func Free(string) (bytes uint64, known bool) { return 0, false }

// OwnedByAnother reports whether a file belongs to another user than the one that runs this
// program, and to which; false where the system does not say.
func OwnedByAnother(string) (uid int, another bool) { return 0, false }
