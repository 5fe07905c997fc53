// SPDX-License-Identifier: Apache-2.0

package sqltext

import "testing"

func TestAfter(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{
		"a": "b", "ab": "ac", "az": "a{", "a\ud7ff": "a\ue000", "a\U0010ffff": "b", "\U0010ffff": "", "": "",
		"\U0010ffff\U0010ffff": "", "é": "ê",
	} {
		got, ok := after(prefix)
		if got != want || ok != (want != "") {
			t.Errorf("after(%q): got %q, %v, want %q", prefix, got, ok, want)
		}
	}
}
