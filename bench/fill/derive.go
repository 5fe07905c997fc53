// SPDX-License-Identifier: Apache-2.0

package fill

import (
	"context"
	"fmt"
)

// derived is what triggers derive from the tables, as the statements that make it
// again from full tables, after their indexes and before their triggers.
type derived struct {
	triggers   []string // that keep it
	statements []string
}

// sqliteDerived lists all of it on SQLite. A migration that adds a trigger adds
// an entry here.
func sqliteDerived() []derived {
	return []derived{
		{[]string{"requests_insert", "requests_delete", "requests_update", "requests_update_status",
			"requests_update_name"}, []string{
			`UPDATE request_counts SET n = (SELECT count(*) FROM requests WHERE requests.status_folded = request_counts.status_folded)`,
			`INSERT INTO request_search (rowid, text) SELECT id, name_folded FROM requests ORDER BY id`,
			`INSERT INTO request_search (request_search) VALUES ('optimize')`,
			`UPDATE list_versions SET version = version + 1 WHERE list = 'requests'`,
		}},
		{[]string{"organizations_insert", "organizations_delete", "organizations_update",
			"organizations_update_state", "organizations_update_name"}, []string{
			`UPDATE organization_counts SET n = (SELECT count(*) FROM organizations WHERE listed = 1 AND organizations.state = organization_counts.state)`,
			`INSERT INTO organization_search (rowid, text) SELECT id, name_folded FROM organizations WHERE listed = 1 ORDER BY id`,
			`INSERT INTO organization_search (organization_search) VALUES ('optimize')`,
			`UPDATE list_versions SET version = version + 1 WHERE list = 'organizations'`,
		}},
	}
}

// postgresDerived is the same on PostgreSQL, where both tables' triggers have the
// same names. The first share has all there is.
func postgresDerived() []derived {
	return []derived{{[]string{"count_inserted", "count_updated", "count_deleted", "count_truncated"}, []string{`
		UPDATE list_counts SET (requests_new, requests_review, requests_more_info, requests_approved, requests_rejected,
			organizations_active, organizations_inactive) = (
			SELECT count(*) FILTER (WHERE status = 'new'), count(*) FILTER (WHERE status = 'review'), count(*) FILTER (WHERE status = 'moreInfoNeeded'),
				count(*) FILTER (WHERE status = 'approved'), count(*) FILTER (WHERE status = 'rejected'),
				(SELECT count(*) FROM organizations WHERE listed AND state = 'active'), (SELECT count(*) FROM organizations WHERE listed AND state = 'inactive')
			FROM requests) WHERE share = 0`}}}
}

// pending returns the statements for the triggers that were switched off. A trigger
// that is not listed is refused, since what it keeps would stay empty.
func pending(list []derived, triggers []object) (statements []string, err error) {
	known := map[string]bool{}
	for _, d := range list {
		for _, name := range d.triggers {
			known[name] = true
		}
	}
	there := map[string]bool{}
	for _, t := range triggers {
		if !known[t.name] {
			return nil, fmt.Errorf("the trigger %s is not known here: list what it keeps in package fill", t.name)
		}
		there[t.name] = true
	}
	for _, d := range list {
		if len(d.triggers) > 0 && there[d.triggers[0]] {
			statements = append(statements, d.statements...)
		}
	}
	return statements, nil
}

func (l sqliteLoad) derive(ctx context.Context, triggers []object) error {
	statements, err := pending(sqliteDerived(), triggers)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := l.db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("derive: %w", err)
		}
	}
	return nil
}
