// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"os"
	"syscall"
	"testing"
)

// Account returns an empty folder and attributes for programs that start PostgreSQL themselves: they
// run as the account that PostgreSQL may run as, which owns the folder. When the thread that
// started one ends, it gets an interrupt. The folder is deleted when the test ends.
func Account(t testing.TB) (dir string, attr *syscall.SysProcAttr) {
	t.Helper()
	mustBinDir(t)
	o, err := newOwner()
	if err != nil {
		t.Fatal(err)
	}
	if dir, err = newFolder(o, memoryFolder()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir, attributes(o)
}
