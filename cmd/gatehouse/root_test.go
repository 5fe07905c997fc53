// SPDX-License-Identifier: Apache-2.0

package main

import (
	"runtime/debug"
	"testing"
)

// The commit is told once, whatever kind of build it is.
func TestVersionOf(t *testing.T) {
	t.Parallel()
	const revision = "0123456789abcdef0123456789abcdef01234567"
	for _, tt := range []struct{ version, revision, modified, want string }{
		{"", "", "", "(devel) go1.26"},
		{"(devel)", revision, "false", "(devel) 0123456789ab go1.26"},
		{"(devel)", revision, "true", "(devel) 0123456789ab+ go1.26"},
		{"v1.2.3", revision, "false", "v1.2.3 0123456789ab go1.26"},
		{"v0.0.0-20261130174941-0123456789ab+dirty", revision, "true",
			"v0.0.0-20261130174941-0123456789ab+dirty go1.26"},
		{"v1.2.3", "abc", "false", "v1.2.3 abc go1.26"},
	} {
		info := &debug.BuildInfo{GoVersion: "go1.26", Main: debug.Module{Version: tt.version}}
		if tt.revision != "" {
			info.Settings = []debug.BuildSetting{{Key: "vcs.revision", Value: tt.revision},
				{Key: "vcs.modified", Value: tt.modified}}
		}
		if got := versionOf(info); got != tt.want {
			t.Errorf("%+v: %s", tt, got)
		}
	}
}
