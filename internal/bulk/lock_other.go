// SPDX-License-Identifier: Apache-2.0

//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package bulk

import "os"

// lockFile does nothing on systems without flock.
func lockFile(*os.File) error { return nil }
