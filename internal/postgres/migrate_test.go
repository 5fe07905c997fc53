// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"gatehouse/internal/pgtest"
	"gatehouse/internal/tenancy"
)

// Operators that were there get numbers in the order in which they were made.
func TestNumbersOfOperatorsThatWereThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := Open(ctx, pgtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	db := stdlib.OpenDB(*s.pool.Config().ConnConfig)
	defer db.Close()
	provider, err := newProvider(db, new([]string))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(ctx, 6); err != nil {
		t.Fatal(err)
	}
	must(t, s, `INSERT INTO operators (id, username, username_folded, role, organization_id, active, password_hash, totp_sealed, totp_step, created_at)
		VALUES ('a', 'late', 'late', 'auditor', 0, true, '', '', 0, '2026-01-03'), ('c', 'same', 'same', 'auditor', 0, true, '', '', 0, '2026-01-02'),
			('b', 'first', 'first', 'auditor', 0, true, '', '', 0, '2026-01-02')`)
	if _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	fresh := tenancy.StoredOperator{Operator: tenancy.Operator{ID: "d", Username: "fresh", Role: tenancy.Auditor}}
	if err := s.Update(ctx, func(tx tenancy.Tx) error { return tx.InsertOperator(ctx, &fresh) }); err != nil {
		t.Fatal(err)
	}
	for number, want := range map[tenancy.OperatorNumber]string{100001: "first", 100002: "same", 100003: "late", 100004: "fresh"} {
		err := s.View(ctx, func(x tenancy.Reader) error {
			o, err := x.OperatorByNumber(ctx, number)
			if o.Username != want {
				t.Errorf("%d: got %q, want %q", number, o.Username, want)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}
