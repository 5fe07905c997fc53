// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func masterKeyTopic() topic {
	return topic{
		methods: []string{"MasterKeys", "ActiveMasterKeyID", "SealedValues", "CountSecrets",
			"InsertMasterKey", "UpdateMasterKey", "ReplaceSealed"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert, change and read": masterKeys,
			"sealed values":           sealedValues,
			"count secrets":           countSecrets,
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
	active := func(want string) {
		t.Helper()
		view(t, s, func(tx tenancy.Reader) error {
			id, err := tx.ActiveMasterKeyID(ctx)
			if want == "" {
				wantError(t, err, problem.NotFound, problem.CodeRowNotFound)
				return nil
			}
			wantSame(t, "the active one", id, want)
			return err
		})
	}
	active("")
	old := tenancy.StoredMasterKey{ID: "b", State: tenancy.MasterKeyActive, CreatedAt: moment(1),
		Sealed: []byte{0, 1}, SealedBy: "a"}
	next := tenancy.StoredMasterKey{ID: "a", State: tenancy.MasterKeyNext, CreatedAt: moment(2),
		Sealed: []byte{2}, SealedBy: "b"}
	update(t, s, func(tx tenancy.Tx) error {
		for _, k := range []tenancy.StoredMasterKey{old, next} {
			if err := tx.InsertMasterKey(ctx, k); err != nil {
				return err
			}
		}
		for _, k := range []tenancy.StoredMasterKey{old, {ID: "c", State: tenancy.MasterKeyNext},
			{ID: "d", State: tenancy.MasterKeyActive}} {
			wantError(t, tx.InsertMasterKey(ctx, k), problem.Conflict, problem.CodeSettingExists)
		}
		wantError(t, tx.UpdateMasterKey(ctx, tenancy.StoredMasterKey{ID: "c", State: tenancy.MasterKeyRetired}),
			problem.NotFound, problem.CodeRowNotFound)
		return nil
	})
	old.CreatedAt, next.CreatedAt = storedTime(old.CreatedAt), storedTime(next.CreatedAt)
	wantSame(t, "both", list(), []tenancy.StoredMasterKey{old, next})
	old.State, next.State, next.Sealed = tenancy.MasterKeyRetired, tenancy.MasterKeyActive, nil
	old.RetiredAt = storedTime(moment(3))
	update(t, s, func(tx tenancy.Tx) error {
		if err := tx.UpdateMasterKey(ctx, old); err != nil {
			return err
		}
		return tx.UpdateMasterKey(ctx, next)
	})
	wantSame(t, "changed", list(), []tenancy.StoredMasterKey{old, next})
	active(next.ID)
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
		return read(t, s, func(tx tenancy.Reader) ([]tenancy.SealedValue,
			error) {
			return tx.SealedValues(ctx, c, after, limit)
		})
	}
	for _, c := range tenancy.SealedColumns() {
		if got := values(c, nil, 9); (len(got) == 2) != (c == tenancy.SealedAuditHeads) {
			t.Errorf("%s: got %+v", c, got)
		}
	}
	heads := values(tenancy.SealedAuditHeads, nil, 1)
	if len(heads) != 1 || heads[0].OrganizationID != a || heads[0].Seq != 1 ||
		string(heads[0].Sealed) != "\x00 seal of 1" {
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

// countSecrets has a secret of each kind at the moments 10 and 20, and one that is no longer good.
func countSecrets(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "secrets").ID
	for _, n := range []int{10, 20} {
		a := program(fmt.Sprint("program-", n), o, n)
		addProgram(t, s, a)
		c := secondary(o, n)
		c.Sealed = nil
		addCodes(t, s, c)
		addClients(t, s, client(c, n))
		putAnswer(t, s, answerOf(n))
		op := operator(t, s, fmt.Sprint("operator ", n))
		update(t, s, func(tx tenancy.Tx) error {
			op.Recovery, op.CreatedAt = digest(n), storedTime(moment(n))
			return tx.UpdateOperator(ctx, op)
		})
		addSessions(t, s, session(op, n))
		token := operatorToken(op, n)
		token.RenewableUntil = storedTime(moment(1000))
		addToken(t, s, token)
	}
	sealed := secondary(o, 11)
	addCodes(t, s, sealed)
	revoked := client(sealed, 11)
	revoked.State = tenancy.ClientRevoked
	addClients(t, s, revoked)
	count := func(kind tenancy.SecretKind, from, to, now int) int64 {
		t.Helper()
		r := tenancy.SecretRange{From: moment(from), To: moment(to), Now: moment(now)}
		return read(t, s, func(tx tenancy.Reader) (int64, error) { return tx.CountSecrets(ctx, kind, r) })
	}
	for _, kind := range tenancy.SecretKinds() {
		for _, c := range []struct {
			from, to int
			want     int64
		}{{0, 10, 0}, {10, 11, 1}, {10, 20, 1}, {10, 21, 2}, {11, 20, 0}, {11, 21, 1}, {21, 30, 0}} {
			want := c.want
			switch {
			case kind == tenancy.RecoveryCodes: // both operators are of the moment 0
				want = 2
			case kind == tenancy.OperatorTokens: // they may have been renewed
				want = map[int]int64{10: 0, 11: 1, 20: 1, 21: 2, 30: 2}[c.to]
			}
			if got := count(kind, c.from, c.to, 11); got != want {
				t.Errorf("%s from %d to %d: got %d, want %d", kind, c.from, c.to, got, want)
			}
		}
		ends := kind == tenancy.OperatorTokens || kind == tenancy.Sessions || kind == tenancy.KeptAnswers
		if got := count(kind, 0, 30, 72*60*60*1000); (got == 0) != ends {
			t.Errorf("%s three days later: %d", kind, got)
		}
	}
}
