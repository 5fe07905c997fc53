// SPDX-License-Identifier: Apache-2.0

package tenancy

import "testing"

func TestRowIDsAreInOrder(t *testing.T) {
	t.Parallel()
	last := NewRowID()
	for range 1000 {
		id := NewRowID()
		if id <= last || len(id) != len(last) {
			t.Fatalf("%s comes after %s", id, last)
		}
		last = id
	}
}
