// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func masterKeyTopic() topic {
	return topic{
		methods: []string{"MasterKeys", "SealedValues", "InsertMasterKey", "UpdateMasterKey", "ReplaceSealed"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert, change and read": masterKeys,
			"sealed values":           sealedValues,
		},
	}
}

func masterKeys(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	list := func() []tenancy.StoredMasterKey {
		t.Helper()
		return read(t, s, func(tx tenancy.Reader) ([]tenancy.StoredMasterKey, error) { return tx.MasterKeys(ctx) })
	}
	wantSame(t, "none", list(), nil)
	old := tenancy.StoredMasterKey{ID: "b", State: tenancy.MasterKeyActive, CreatedAt: moment(1), Sealed: []byte{0, 1}, SealedBy: "a"}
	next := tenancy.StoredMasterKey{ID: "a", State: tenancy.MasterKeyNext, CreatedAt: moment(2), Sealed: []byte{2}, SealedBy: "b"}
	update(t, s, func(tx tenancy.Tx) error {
		for _, k := range []tenancy.StoredMasterKey{old, next} {
			if err := tx.InsertMasterKey(ctx, k); err != nil {
				return err
			}
		}
		for _, k := range []tenancy.StoredMasterKey{old, {ID: "c", State: tenancy.MasterKeyNext}, {ID: "d", State: tenancy.MasterKeyActive}} {
			wantError(t, tx.InsertMasterKey(ctx, k), problem.Conflict, problem.CodeSettingExists)
		}
		wantError(t, tx.UpdateMasterKey(ctx, tenancy.StoredMasterKey{ID: "c", State: tenancy.MasterKeyRetired}), problem.NotFound, problem.CodeRowNotFound)
		return nil
	})
	old.CreatedAt, next.CreatedAt = storedTime(old.CreatedAt), storedTime(next.CreatedAt)
	wantSame(t, "both", list(), []tenancy.StoredMasterKey{old, next})
	old.State, next.State, next.Sealed = tenancy.MasterKeyRetired, tenancy.MasterKeyActive, nil
	update(t, s, func(tx tenancy.Tx) error {
		if err := tx.UpdateMasterKey(ctx, old); err != nil {
			return err
		}
		return tx.UpdateMasterKey(ctx, next)
	})
	wantSame(t, "changed", list(), []tenancy.StoredMasterKey{old, next})
}

func sealedValues(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a, b := member(t, s, "a").ID, member(t, s, "b").ID
	for i, id := range []tenancy.OrganizationID{a, b} {
		update(t, s, func(tx tenancy.Tx) error {
			_, err := appendEvent(tx, tenancy.AuditEvent{OrganizationID: id, At: moment(i)})
			return err
		})
	}
	values := func(c tenancy.SealedColumn, after *tenancy.SealedValue, limit int) []tenancy.SealedValue {
		t.Helper()
		return read(t, s, func(tx tenancy.Reader) ([]tenancy.SealedValue, error) { return tx.SealedValues(ctx, c, after, limit) })
	}
	for _, c := range tenancy.SealedColumns() {
		if got := values(c, nil, 9); (len(got) == 2) != (c == tenancy.SealedAuditHeads) {
			t.Errorf("%s: got %+v", c, got)
		}
	}
	heads := values(tenancy.SealedAuditHeads, nil, 1)
	if len(heads) != 1 || heads[0].OrganizationID != a || heads[0].Seq != 1 || string(heads[0].Sealed) != "\x00 seal of 1" {
		t.Fatalf("got %+v", heads)
	}
	if rest := values(tenancy.SealedAuditHeads, &heads[0], 9); len(rest) != 1 || rest[0].OrganizationID != b {
		t.Errorf("got %+v", rest)
	}
	next := heads[0]
	next.Sealed = []byte("again")
	for _, want := range []bool{true, false} { // the second time the old value is gone
		update(t, s, func(tx tenancy.Tx) error {
			done, err := tx.ReplaceSealed(ctx, tenancy.SealedAuditHeads, heads[0], next)
			if done != want {
				t.Errorf("got %v, want %v", done, want)
			}
			return err
		})
	}
	wantSame(t, "replaced", values(tenancy.SealedAuditHeads, nil, 1), []tenancy.SealedValue{next})
}
