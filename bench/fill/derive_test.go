// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"slices"
	"testing"
)

func TestPending(t *testing.T) {
	t.Parallel()
	list := []derived{{[]string{"a", "b"}, []string{"fill a"}}, {[]string{"c"}, []string{"fill c"}}}
	if got, err := pending(list, []object{{name: "b"}, {name: "a"}}); err != nil ||
		!slices.Equal(got, []string{"fill a"}) {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := pending(list, []object{{name: "a"}, {name: "new"}}); err == nil {
		t.Errorf("an unknown trigger passed: %q", got)
	}
}
