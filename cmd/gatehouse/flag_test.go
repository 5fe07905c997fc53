// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
)

// A wrong value of a flag, or of a filter, is reported in words for people, with what to write
// instead.
func TestWrongValuesOfFlags(t *testing.T) {
	t.Parallel()
	data := "GATEHOUSE_DATA=" + t.TempDir()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"audit", "list", "--count", "abc"}, `--count "abc" is no number that fits: use one like 50`},
		{[]string{"audit", "list", "--count", "99999999999999999999"}, "use one like 50"},
		{[]string{"audit", "list", "--count=1.5"}, "use one like 50"},
		{[]string{"audit", "list", "--follow=perhaps"}, `--follow "perhaps" is neither true nor false`},
		{[]string{"key", "rotate", "--wait", "soon"}, `--wait "soon" is no duration: use one like 90s`},
		{[]string{"audit", "list", "--nothing"}, "unknown flag: --nothing"},
	} {
		var stdout, stderr bytes.Buffer
		code := run(t.Context(), c.args, []string{data}, nil, &stdout, &stderr)
		if text := stderr.String(); code != 2 || !strings.Contains(text, c.want) ||
			strings.Contains(text, "strconv") || strings.Contains(text, "time:") || stdout.Len() > 0 {
			t.Errorf("%q: ended with %d and said %s%s", c.args, code, stdout.String(), text)
		}
	}
}
