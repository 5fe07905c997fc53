// SPDX-License-Identifier: Apache-2.0

package storetest_test

import (
	"maps"
	"slices"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// TestEveryPropertyHasAColumn finds a property of a list that has no column in the
// engines.
func TestEveryPropertyHasAColumn(t *testing.T) {
	t.Parallel()
	for noun, list := range map[string]struct {
		properties map[string]filter.Property
		columns    map[string]string
	}{
		"request":      {tenancy.RequestProperties(), sqltext.RequestPropertyColumns()},
		"organization": {tenancy.OrganizationProperties(), sqltext.OrganizationPropertyColumns()},
		"operator":     {tenancy.OperatorProperties(), sqltext.OperatorPropertyColumns()},
		"client":       {tenancy.ClientProperties(), sqltext.ClientPropertyColumns()},
		"code":         {tenancy.AuthCodeProperties(), sqltext.AuthCodePropertyColumns()},
	} {
		got, want := slices.Sorted(maps.Keys(list.columns)), slices.Sorted(maps.Keys(list.properties))
		if !slices.Equal(got, want) {
			t.Errorf("%s: got columns for %q, want %q", noun, got, want)
		}
	}
}
