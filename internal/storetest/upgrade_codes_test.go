// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// A code of an older version has no limits after the upgrade: it lets clients in as
// before, and it is as old as it was.
func TestUpgradeOfCodes(t *testing.T) {
	t.Parallel()
	olderEngines(t, func(t *testing.T, o older) {
		ctx := context.Background()
		o.organization(t, 100001, 1, "Acme", "", tenancy.OrganizationActive)
		row := func(id string, primary bool, ended any, reason string) {
			sealed := []byte("sealed")
			if ended != nil {
				sealed = []byte{}
			}
			o.insert(t, "auth_codes", map[string]any{"id": id, "organization_id": 100001, "is_primary": primary,
				"digest": []byte(id), "sealed": sealed, "created_at": o.at(1000), "created_by": "operator:1",
				"ended_at": ended, "end_reason": reason})
		}
		row("living", true, nil, "")
		row("ended", true, o.at(2000), string(tenancy.Superseded))
		if err := o.db.Close(); err != nil {
			t.Fatal(err)
		}
		s := o.open(t)
		t.Cleanup(func() { _ = s.Close() })
		if _, err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		living := tenancy.StoredAuthCode{Digest: []byte("living"), Sealed: []byte("sealed"),
			AuthCode: tenancy.AuthCode{ID: "living", OrganizationID: 100001, Primary: true,
				Limits:    tenancy.Unlimited(),
				CreatedAt: time.UnixMilli(1000).UTC(), CreatedBy: "operator:1", UpdatedAt: time.UnixMilli(1000).UTC()}}
		ended := living
		ended.ID, ended.Digest, ended.Sealed = "ended", []byte("ended"), nil
		ended.EndedAt, ended.EndReason = time.UnixMilli(2000).UTC(), tenancy.Superseded
		ended.UpdatedAt = ended.EndedAt
		wantSame(t, "living", codeByID(t, s, "living"), living)
		wantSame(t, "ended", codeByID(t, s, "ended"), ended)
		if read(t, s, func(tx tenancy.Reader) (bool, error) { return tx.HasImportedAuthCodes(ctx) }) {
			t.Error("an older code is taken for one of another system")
		}
		if refusal := living.Refusal(moment(0), netip.Addr{}); refusal != "" ||
			!takeUse(t, s, living, 1, moment(0)) {
			t.Errorf("the living one is refused by %q", refusal)
		}
		if takeUse(t, s, ended, 2, moment(0)) {
			t.Error("the ended one lets a client in")
		}
		policy := read(t, s, func(tx tenancy.Reader) (tenancy.Organization,
			error) {
			return tx.Organization(ctx, 100001)
		}).Policy
		wantSame(t, "policy", policy, tenancy.Policy{})
	})
}

// An application of an older version has one key, which works as before.
func TestUpgradeOfKeys(t *testing.T) {
	t.Parallel()
	olderEngines(t, func(t *testing.T, o older) {
		o.insert(t, "applications", map[string]any{"id": "a", "organization_id": 0, "name": "Program a",
			"type": "application", "lifetime_days": -1, "created_at": o.at(1000), "created_by": "operator:1",
			"key_id": "k", "key_issued_at": o.at(2000), "key_expires_at": nil, "key_digest": []byte("digest")})
		if err := o.db.Close(); err != nil {
			t.Fatal(err)
		}
		s := o.open(t)
		t.Cleanup(func() { _ = s.Close() })
		if _, err := s.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		at := time.UnixMilli(1000).UTC()
		want := tenancy.StoredApplication{KeyDigest: []byte("digest"), Application: tenancy.Application{ID: "a",
			Name: "Program a", Type: tenancy.TypeApplication, CreatedAt: at, CreatedBy: "operator:1", UpdatedAt: at,
			Key: tenancy.ApplicationKey{ID: "k", IssuedAt: time.UnixMilli(2000).UTC()}}}
		wantSame(t, "application", getProgram(t, s, "a"), want)
	})
}
