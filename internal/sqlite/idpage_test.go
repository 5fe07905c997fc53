// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"strings"
	"testing"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// Each list of clients is read in its order from an index, from the position on, whatever
// its filter is. The end of a page is found without reading a row of the table.
func TestClientsByIndex(t *testing.T) {
	t.Parallel()
	s := opened(t)
	f := filter.Compare{Property: tenancy.ClientProperties()["name"], Op: filter.Co,
		Value: filter.Value{Text: "x"}}
	for what, test := range map[string]struct {
		list  tenancy.ClientList
		index string
	}{
		"all": {tenancy.ClientList{}, "sqlite_autoindex_clients_1 (id"},
		"all that wait": {tenancy.ClientList{State: tenancy.ClientPending},
			"clients_not_active_idx (state=? AND id"},
		"all that are active": {tenancy.ClientList{State: tenancy.ClientActive},
			"sqlite_autoindex_clients_1 (id"},
		"of an organization": {tenancy.ClientList{Organization: 7},
			"clients_organization_id_idx (organization_id=? AND id"},
		"of an organization, revoked": {tenancy.ClientList{Organization: 7, State: tenancy.ClientRevoked},
			"clients_organization_not_active_idx (organization_id=? AND state=? AND id"},
		"of a code, the oldest first": {tenancy.ClientList{AuthCodeID: "c",
			IDOrder: tenancy.IDOrder{Ascending: true}}, "clients_organization_id_idx (organization_id=? AND id"},
		"of a code": {tenancy.ClientList{AuthCodeID: "c"},
			"clients_organization_id_idx (organization_id=? AND id"},
		"of a code and organization": {tenancy.ClientList{Organization: 7, AuthCodeID: "c",
			State: tenancy.ClientPending},
			"clients_organization_not_active_idx (organization_id=? AND state=? AND id"},
	} {
		for _, n := range []filter.Node{nil, f} {
			test.list.IDOrder = tenancy.IDOrder{Filter: n, Ascending: test.list.Ascending, After: "z", Limit: 50,
				LooksAt: 100}
			l := sqltext.ClientPage(dialect{}, test.list)
			text, args, err := l.Page("")
			if err != nil {
				t.Fatal(err)
			}
			if l.Limited() {
				if text, args, err = l.Page("a"); err != nil {
					t.Fatal(err)
				}
			}
			if steps := explained(t, s, statement{sql: text, args: args}); strings.Contains(steps, "TEMP B-TREE") ||
				!strings.Contains(steps, "INDEX "+test.index) {
				t.Errorf("%s, filtered by %v: got plan\n%s\nwant %s", what, n, steps, test.index)
			}
			text, args = l.Last()
			if steps := explained(t, s, statement{sql: text, args: args}); !strings.Contains(steps,
				"COVERING INDEX "+test.index) {
				t.Errorf("the end of %s: got plan\n%s", what, steps)
			}
		}
	}
}
