// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"testing"

	"gatehouse/internal/filter"
)

func TestOneScript(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"admin": true, "Ada.Lovelace-2@example.test": true, "Jürgen": true, "Ju\u0308rgen": true,
		"администратор": true, "Ωμέγα": true,
		"山田taro": true, "김철수kim": true, "שלום": true, "می\u200cخواهم": true, "Acme\u3164": true, "山田カタひら": true,
		"": true, "123": true,
		"\u0430dmin": false, "admi\u0578": false, "\uff41dmin": false, "ａｄｍｉｎ": false, "pa\u03bfl": false,
		"ﬁona":           false,
		"\U0001d41admin": false, "김철수ひら": false, "ada\uff20example.test": false, "Ⅷ": false,
	} {
		if got := filter.OneScript(text); got != want {
			t.Errorf("%+q: got %t", text, got)
		}
	}
}
