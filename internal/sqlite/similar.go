// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// SimilarNames implements tenancy.NameReader.
func (t *tx) SimilarNames(ctx context.Context,
	q tenancy.SimilarNames) (found []tenancy.SimilarName, err error) {
	for _, s := range sqltext.SimilarSearches(q) {
		some, err := all(ctx, t, "find similar names", s.Scan, similarQuery(s), numberList(s.Of()), q.Limit)
		if err != nil {
			return nil, err
		}
		found = append(found, some...)
	}
	return found, nil
}

// similarQuery takes the ids of the subjects and the limit. The inner query is run for each
// subject, and bounds how many of its candidates are read.
func similarQuery(s sqltext.SimilarSearch) string {
	return "SELECT " + s.Columns() + " FROM json_each(?) AS list CROSS JOIN " + s.Subjects() +
		" AS s ON s.id = list.value CROSS JOIN " + s.Candidates() + " AS c ON c.id IN (SELECT id FROM " +
		s.Candidates() + " WHERE " + s.Condition() + " ORDER BY id LIMIT ?+0)" +
		" WHERE s.name_likeness <> 0 ORDER BY list.key, c.id"
}
