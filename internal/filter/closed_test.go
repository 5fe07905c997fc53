// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/filter"
)

// A value that a closed set does not have is an error that lists the set, since a list would
// be empty, or whole, without a word.
func TestValuesOfAClosedSet(t *testing.T) {
	t.Parallel()
	type state string
	schema := filter.NewSchema(map[string]filter.Property{
		"state": {Name: "state", Kind: filter.Text,
			Values: filter.ValuesOf[state]("new", "moreInfoNeeded", "Done")},
		"open": {Name: "open", Kind: filter.Text},
	})
	for _, text := range []string{`state eq "new"`, `state eq "MOREINFONEEDED"`, `state ne "done"`,
		`state co "in"`, `state co ""`, `state sw "more"`, `state ew "NE"`, `state gt "maybe"`,
		`state le "maybe"`, `state pr`,
		`state eq null`, `state ne null`, `open eq "maybe"`} {
		n, err := filter.Parse(text, schema)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if c := n.(filter.Compare); c.Value.Text != filter.Fold(c.Value.Text) {
			t.Errorf("%s: the literal is %q", text, c.Value.Text)
		}
	}
	const reason = "this property never has such a value; it is one of: new, moreInfoNeeded, Done"
	for _, text := range []string{`state eq "maybe"`, `state ne "maybe"`, `state co "xyz"`,
		`state sw "oreInfo"`,
		`state ew "mor"`, `state eq ""`, `state eq "new,moreInfoNeeded"`, `state co ","`} {
		_, err := filter.Parse(text, schema)
		wantError(t, err, len(`state eq `), reason)
	}
	if diff := cmp.Diff(filter.Values(""), filter.ValuesOf[state]()); diff != "" {
		t.Error(diff)
	}
}
