// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// What was stored under the rules of an earlier version never keeps anybody from
// switching an organization off, and stays as it is when something else changes.
func TestChangesOfWhatOlderRulesAllowed(t *testing.T) {
	t.Parallel()
	for what, spoil := range map[string]func(*tenancy.Organization){
		"a name that is not seen":        func(o *tenancy.Organization) { o.Name = "\u3164" },
		"a name with blanks at its end":  func(o *tenancy.Organization) { o.Name = "Acme \u200b" },
		"a name that is too long":        func(o *tenancy.Organization) { o.Name = strings.Repeat("x", 1000) },
		"an alias that is trimmed":       func(o *tenancy.Organization) { o.Alias = "b \u200b" },
		"an alias of two lines":          func(o *tenancy.Organization) { o.Alias = "b\nc" },
		"a description with a control":   func(o *tenancy.Organization) { o.Description = "\u0001" },
		"an external id that is trimmed": func(o *tenancy.Organization) { o.ExternalID = "\u3164" },
		"a domain that is none":          func(o *tenancy.Organization) { o.EmailDomains = []string{"-"} },
		"a contact of two lines": func(o *tenancy.Organization) {
			o.ContactPersons = []tenancy.ContactPerson{{FullName: "a\nb", Email: "\u3164"}}
		},
		"a deep property": func(o *tenancy.Organization) {
			o.Properties = tenancy.Properties{"a": json.RawMessage(strings.Repeat("[", 20) + strings.Repeat("]", 20))}
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			changeSpoilt(t, spoil)
		})
	}
}

func changeSpoilt(t *testing.T, spoil func(*tenancy.Organization)) {
	t.Helper()
	ctx, k := context.Background(), tenancytest.New(t)
	k.Organization(t, "Acme")
	before := k.Organization(t, "Birch")
	spoil(&before)
	err := k.Store.Update(ctx, func(tx tenancy.Tx) error { return tx.UpdateOrganization(ctx, before) })
	if err != nil {
		t.Fatal(err)
	}
	off := false
	want := before
	want.State = tenancy.OrganizationInactive
	for what, p := range map[string]tenancy.UpdateOrganizationParams{
		"alone": {Active: &off},
		"with all that was shown": {Active: &off, Name: &before.Name, Alias: &before.Alias,
			Description: &before.Description, ExternalID: &before.ExternalID,
			EmailDomains: &before.EmailDomains, ContactPersons: &before.ContactPersons, Properties: before.Properties},
	} {
		got, err := k.UpdateOrganization(ctx, k.Root(), before.ID, p)
		if err != nil {
			t.Errorf("switched off %s: %v", what, err)
			continue
		}
		want.UpdatedAt = got.UpdatedAt
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("switched off %s: %s", what, diff)
		}
	}
}
