// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strings"
	"testing"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Names that look alike are found by an index, whatever the table has.
func TestSimilarNamesByIndex(t *testing.T) {
	t.Parallel()
	s := opened(t)
	all := tenancy.SimilarNames{Organizations: []tenancy.OrganizationID{1}, Requests: []tenancy.RequestID{1},
		InMembers: true, InRequests: true}
	searches := sqltext.SimilarSearches(all)
	if len(searches) != 4 {
		t.Fatalf("%d searches", len(searches))
	}
	for _, search := range searches {
		steps := explained(t, s, statement{sql: similarQuery(search), args: []any{"[1,2]", 3}})
		index := "SEARCH " + search.Candidates() + " USING INDEX " + search.Candidates() +
			"_name_likeness_idx (name_likeness=?)"
		if !strings.Contains(steps, index) || !strings.Contains(steps,
			"SEARCH c USING INTEGER PRIMARY KEY (rowid=?)") ||
			!strings.Contains(steps, "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)") {
			t.Errorf("%s like %s:\n%s", search.Candidates(), search.Subjects(), steps)
		}
	}
}
