// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Names that look alike are found by an index, whatever the table has.
func TestSimilarNamesByIndex(t *testing.T) {
	t.Parallel()
	s := filled(t)
	all := tenancy.SimilarNames{Organizations: []tenancy.OrganizationID{1}, Requests: []tenancy.RequestID{1},
		InMembers: true, InRequests: true}
	for _, search := range sqltext.SimilarSearches(all) {
		rows, err := s.pool.Query(context.Background(), "EXPLAIN "+similarQuery(search),
			pgx.QueryExecModeSimpleProtocol, []int64{100001, 100002}, 3)
		if err != nil {
			t.Fatal(err)
		}
		steps, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if text := strings.Join(steps, "\n"); err != nil || strings.Contains(text, "Seq Scan") ||
			!strings.Contains(text, search.Candidates()+"_name_likeness_idx") {
			t.Errorf("%s like %s: %v\n%s", search.Candidates(), search.Subjects(), err, text)
		}
	}
}
