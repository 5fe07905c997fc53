// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"

	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// SimilarNames implements tenancy.NameReader, in one round trip.
func (t *tx) SimilarNames(ctx context.Context, q tenancy.SimilarNames) ([]tenancy.SimilarName, error) {
	searches := sqltext.SimilarSearches(q)
	steps, lists := make([]step, len(searches)), make([][]tenancy.SimilarName, len(searches))
	for i, s := range searches {
		steps[i] = step{statement{similarQuery(s), []any{s.Of(), q.Limit}}, collect(s.Scan, &lists[i])}
	}
	if err := t.run(ctx, "find similar names", steps...); err != nil {
		return nil, err
	}
	var found []tenancy.SimilarName
	for _, list := range lists {
		found = append(found, list...)
	}
	return found, nil
}

// similarQuery takes the ids of the subjects and the limit. The inner query is run for each
// subject, and bounds how many of its candidates are read.
func similarQuery(s sqltext.SimilarSearch) string {
	return `SELECT ` + s.Columns() + ` FROM unnest($1::bigint[]) WITH ORDINALITY AS list (id, place)
		JOIN ` + s.Subjects() + ` AS s ON s.id = list.id AND s.name_likeness <> 0
		CROSS JOIN LATERAL (SELECT * FROM ` + s.Candidates() + ` WHERE ` + s.Condition() + `
			ORDER BY ` + s.Candidates() + `.id LIMIT $2) AS c ORDER BY list.place, c.id`
}
