// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/migration"
	"gatehouse/internal/tenancy"
)

// What was there before filters of clients and codes is found by them after the upgrade,
// also when it is more than one batch.
func TestUpgradeOfFilters(t *testing.T) {
	t.Parallel()
	olderEngines(t, func(t *testing.T, o older) {
		ctx := context.Background()
		t.Cleanup(func() { _ = o.db.Close() })
		s := o.open(t)
		t.Cleanup(func() { _ = s.Close() })
		if _, err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		code := secondary(member(t, s, "o").ID, 1)
		code.Name, code.Tags = "GRÖSSE", []string{"Nord"}
		addCodes(t, s, code)
		var all []tenancy.StoredClient
		for n := range 1002 {
			c := client(code, n)
			c.Name, c.InstanceID, c.Tags = fmt.Sprint("TÜR ", n), fmt.Sprint("Ünit-", n), []string{"Süd", "a"}
			all = append(all, c)
		}
		addClients(t, s, all...)
		for _, statement := range []string{`UPDATE clients SET name_folded = '', instance_id_folded = '', tags_folded = ''`,
			`UPDATE auth_codes SET name_folded = '', tags_folded = ''`} {
			if _, err := o.db.ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		tx, err := o.db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := migration.FillSearch(ctx, tx); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		f := parsed(t, "name sw \"tür\" and instanceId sw \"ünit\" and tags co \"\\nsüd\\n\"",
			tenancy.ClientProperties())
		found, _ := walkClients(t, s, tenancy.ClientList{IDOrder: tenancy.IDOrder{Filter: f, Limit: 250,
			LooksAt: 2000}}, func([]string) {})
		if len(found) != len(all) {
			t.Errorf("%d of %d clients are found", len(found), len(all))
		}
		f = parsed(t, "name eq \"größe\" and tags co \"\\nnord\\n\"", tenancy.AuthCodeProperties())
		page := read(t, s, func(tx tenancy.Reader) (tenancy.IDPage[tenancy.AuthCode], error) {
			return tx.AuthCodes(ctx, code.OrganizationID, tenancy.IDOrder{Filter: f, Limit: 2, LooksAt: 2})
		})
		if len(page.Items) != 1 {
			t.Errorf("%d codes are found", len(page.Items))
		}
	})
}
