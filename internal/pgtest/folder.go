// SPDX-License-Identifier: Apache-2.0

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
)

// owner is the account that initdb and postgres run as; nil: that of the test.
type owner struct{ uid, gid uint32 }

// newOwner picks the account. PostgreSQL refuses to run as root, so root uses postgres,
// which Debian's package creates, or else nobody.
func newOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, fmt.Errorf("read the ids of user %s: %w", name, err)
		}
		return &owner{uint32(uid), uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// newFolder creates an empty folder that o can use, in first if that is not empty. TMPDIR
// may be in a folder that is closed to other accounts, so other parents are tried, too.
func newFolder(o *owner, first string) (string, error) {
	parents := []string{os.TempDir(), "/tmp", "/var/tmp"}
	if first != "" {
		parents = slices.Insert(parents, 0, first)
	}
	for _, parent := range parents {
		parent, err := filepath.Abs(parent)
		if err != nil || o != nil && !open(parent) {
			continue
		}
		dir, err := os.MkdirTemp(parent, "gatehouse-pgtest-")
		if err != nil {
			return "", err
		}
		if o == nil {
			return dir, nil
		}
		if err := os.Chown(dir, int(o.uid), int(o.gid)); err != nil {
			return "", errors.Join(err, os.RemoveAll(dir))
		}
		return dir, nil
	}
	return "", fmt.Errorf("no temporary folder that other users can reach: neither %s nor /tmp nor /var/tmp",
		os.TempDir())
}

// open reports whether every user may pass through dir and all folders above it.
func open(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
		dir = filepath.Dir(dir)
	}
}
