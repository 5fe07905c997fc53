// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/tenancy"
)

// Names from before an upgrade are found by what they look like, also when they are more than
// one batch; the versions of the lists move on, and their counts stay.
func TestUpgradeOfLikenesses(t *testing.T) {
	t.Parallel()
	olderEngines(t, func(t *testing.T, o older) {
		ctx := context.Background()
		t.Cleanup(func() { _ = o.db.Close() })
		s := o.open(t)
		t.Cleanup(func() { _ = s.Close() })
		if _, err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		var ids []tenancy.OrganizationID
		update(t, s, func(tx tenancy.Tx) error {
			ids = nil
			for n := range 1002 {
				for _, name := range []string{"B\u0456rch %d", "Birch %d"} {
					made := tenancy.Organization{Name: fmt.Sprintf(name, n), State: tenancy.OrganizationActive,
						CreatedAt: moment(0), UpdatedAt: moment(0)}
					if err := tx.InsertOrganization(ctx, &made); err != nil {
						return err
					}
					ids = append(ids, made.ID)
				}
			}
			return nil
		})
		r := file(t, s, tenancy.Request{Name: "birch 1001", Status: tenancy.RequestNew, CreatedAt: moment(1),
			UpdatedAt: moment(1)})
		for _, statement := range []string{`UPDATE organizations SET name_likeness = 0`,
			`UPDATE requests SET name_likeness = 0`,
			`ALTER TABLE master_keys DROP COLUMN retired_at`, // of version 35
			`DROP INDEX auth_codes_imported_idx`,             // of version 36
			`ALTER TABLE auth_codes DROP COLUMN imported`, `ALTER TABLE auth_codes DROP COLUMN weak`,
			`DELETE FROM goose_db_version WHERE version_id >= 34`} {
			if _, err := o.db.ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		ask := tenancy.SimilarNames{Organizations: ids[len(ids)-1:], Requests: []tenancy.RequestID{r.ID},
			InMembers: true, InRequests: true, Limit: 9}
		wantSame(t, "without likenesses", findSimilar(t, s, ask), nil)
		again := o.open(t)
		t.Cleanup(func() { _ = again.Close() })
		if _, err := again.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if got := findSimilar(t, again, ask); len(got) != 4 { // of each the two others
			t.Errorf("found %v", got)
		}
		total := read(t, again, func(tx tenancy.Reader) (total int, err error) {
			_, total, err = tx.Organizations(ctx, tenancy.ListParams{Limit: 1})
			return total, err
		})
		if total != len(ids) {
			t.Errorf("%d members are counted", total)
		}
	})
}
