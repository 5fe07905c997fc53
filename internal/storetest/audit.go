// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func auditTopic() topic {
	return topic{
		methods: []string{"AuditEvents", "AuditHeads", "LockAuditHead", "InsertAuditEvent", "AuditPage",
			"OrganizationsWithoutAudit", "UnlistedAuditHeads", "SealAuditHead"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"append and read": auditRead,
			"wrong place":     auditConflict,
			"heads":           auditHeads,
			"append by many":  auditRace,
			"rolled back":     auditRollback,
			"behind a lock":   auditBehindLock,
			"pages":           auditPages,
			"listed":          auditListed,
		},
	}
}

// appendEvent adds the next event to a chain, as the domain does.
func appendEvent(tx tenancy.Tx, e tenancy.AuditEvent) (tenancy.AuditEvent, error) {
	ctx := context.Background()
	seq, hash, err := tx.LockAuditHead(ctx, e.OrganizationID)
	if err != nil {
		return e, err
	}
	e.Seq, e.PrevHash, e.Hash = seq+1, hash, fmt.Appendf(nil, "\x00 %d after %q", seq+1, hash)[:9]
	e.Seal = fmt.Appendf(nil, "\x00 seal of %d", e.Seq)
	return e, tx.InsertAuditEvent(ctx, e)
}

func events(t testing.TB, s tenancy.Store, id tenancy.OrganizationID, after int64,
	limit int) []tenancy.AuditEvent {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) ([]tenancy.AuditEvent, error) {
		return tx.AuditEvents(context.Background(), id, after, limit)
	})
}

func auditRead(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	var want []tenancy.AuditEvent
	for n := range 5 {
		e := tenancy.AuditEvent{OrganizationID: o.ID, At: moment(n), ActorKind: tenancy.OperatorCaller,
			ActorID: "7", ActorName: "Ada",
			Address: "192.0.2.7", RequestID: "r", Action: "auth_code.issue", Target: "t", Detail: `{"n":"ü"}`}
		update(t, s, func(tx tenancy.Tx) (err error) {
			if _, err := appendEvent(tx, tenancy.AuditEvent{Action: "of the root", At: moment(n)}); err != nil {
				return err
			}
			e, err = appendEvent(tx, e)
			return err
		})
		e.At, e.Seal = storedTime(e.At), nil
		want = append(want, e)
	}
	got := events(t, s, o.ID, 0, 100)
	wantSame(t, "chain", got, want)
	wantUTC(t, got[0].At)
	if got[0].PrevHash != nil || got[0].Seq != 1 {
		t.Errorf("got %d after %v at the start, want 1 after nil", got[0].Seq, got[0].PrevHash)
	}
	wantSame(t, "a part", events(t, s, o.ID, 1, 2), want[1:3])
	wantSame(t, "beyond the end", events(t, s, o.ID, 5, 2), nil)
	wantSame(t, "none", events(t, s, o.ID, 0, 0), nil)
	wantSame(t, "of nobody", events(t, s, 7, 0, 9), nil)
	update(t, s, func(tx tenancy.Tx) error {
		seq, hash, err := tx.LockAuditHead(ctx, o.ID)
		if seq != 5 || !bytes.Equal(hash, want[4].Hash) {
			t.Errorf("got head %d %q", seq, hash)
		}
		seq, hash, err2 := tx.LockAuditHead(ctx, member2(t, tx))
		if seq != 0 || hash != nil || err2 != nil {
			t.Errorf("got head %d %q, %v of a chain that has not begun", seq, hash, err2)
		}
		return err
	})
}

// member2 stores an organization within a transaction.
func member2(t testing.TB, tx tenancy.Tx) tenancy.OrganizationID {
	t.Helper()
	o := tenancy.Organization{Name: "made within", State: tenancy.OrganizationActive}
	if err := tx.InsertOrganization(context.Background(), &o); err != nil {
		t.Errorf("insert organization: %v", err)
	}
	return o.ID
}

func auditConflict(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "o")
	update(t, s, func(tx tenancy.Tx) error {
		wantError(t, tx.InsertAuditEvent(ctx, tenancy.AuditEvent{OrganizationID: o.ID, Seq: 2}), problem.Conflict,
			problem.CodeAuditEventExists)
		for range 3 {
			if _, err := appendEvent(tx, tenancy.AuditEvent{OrganizationID: o.ID}); err != nil {
				return err
			}
		}
		for _, seq := range []int64{0, 1, 3, 5} {
			wantError(t, tx.InsertAuditEvent(ctx, tenancy.AuditEvent{OrganizationID: o.ID, Seq: seq}),
				problem.Conflict, problem.CodeAuditEventExists)
		}
		_, err := appendEvent(tx, tenancy.AuditEvent{OrganizationID: o.ID})
		return err
	})
	if got := len(events(t, s, o.ID, 0, 100)); got != 4 {
		t.Errorf("got %d events, want 4", got)
	}
}

// Many append to two chains at once, from their very first events on.
func auditRace(t *testing.T, s tenancy.Store) {
	chains := []tenancy.OrganizationID{member(t, s, "a").ID, member(t, s, "b").ID}
	const appenders, each = 24, 4
	together(appenders, func(i int) {
		for range each {
			err := s.Update(context.Background(), func(tx tenancy.Tx) error {
				_, err := appendEvent(tx, tenancy.AuditEvent{OrganizationID: chains[i%2], At: moment(i),
					ActorID: fmt.Sprint(i)})
				return err
			})
			if err != nil {
				t.Errorf("append: %v", err)
			}
		}
	})
	for _, id := range chains {
		list := events(t, s, id, 0, 1000)
		if len(list) != appenders*each/2 {
			t.Errorf("got %d events, want %d", len(list), appenders*each/2)
		}
		var last tenancy.AuditEvent
		for i, e := range list {
			if e.Seq != int64(i+1) || !bytes.Equal(e.PrevHash, last.Hash) {
				t.Errorf("event %d: got number %d after %q, want it after %q", i+1, e.Seq, e.PrevHash, last.Hash)
			}
			last = e
		}
	}
}

// What was rolled back leaves no gap.
func auditRollback(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	for i := range 6 {
		err := s.Update(context.Background(), func(tx tenancy.Tx) error {
			if _, err := appendEvent(tx, tenancy.AuditEvent{OrganizationID: o.ID}); err != nil {
				t.Error(err)
			}
			if i%2 == 0 {
				return errOnPurpose
			}
			return nil
		})
		if (err != nil) != (i%2 == 0) {
			t.Errorf("got %v", err)
		}
	}
	for i, e := range events(t, s, o.ID, 0, 100) {
		if e.Seq != int64(i+1) {
			t.Errorf("got number %d, want %d", e.Seq, i+1)
		}
	}
}

func auditHeads(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a, b := member(t, s, "a"), member(t, s, "b")
	var want []tenancy.AuditHead
	for i, id := range []tenancy.OrganizationID{tenancy.RootID, a.ID} {
		for range i + 1 {
			update(t, s, func(tx tenancy.Tx) error {
				e, err := appendEvent(tx, tenancy.AuditEvent{OrganizationID: id, At: moment(1)})
				if e.Seq == int64(i+1) {
					want = append(want, tenancy.AuditHead{OrganizationID: id, Seq: e.Seq, Hash: e.Hash,
						Seal: e.Seal})
				}
				return err
			})
		}
	}
	update(t, s, func(tx tenancy.Tx) error { // a chain that has not begun has no end
		_, _, err := tx.LockAuditHead(ctx, b.ID)
		return err
	})
	heads := func(after tenancy.OrganizationID, limit int) []tenancy.AuditHead {
		t.Helper()
		return read(t, s, func(tx tenancy.Reader) ([]tenancy.AuditHead,
			error) {
			return tx.AuditHeads(ctx, after, limit)
		})
	}
	wantSame(t, "all", heads(-1, 10), want)
	wantSame(t, "one", heads(-1, 1), want[:1])
	wantSame(t, "the rest", heads(tenancy.RootID, 10), want[1:])
	wantSame(t, "none", heads(a.ID, 10), nil)
}

// An engine may read the end of a chain with the row that is locked. It must not return it
// again after an event was appended.
func auditBehindLock(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := member(t, s, "company001")
	update(t, s, func(tx tenancy.Tx) error {
		for want := range int64(6) {
			if want%2 == 0 {
				if _, err := tx.LockOrganization(ctx, o.ID); err != nil {
					return err
				}
				if seq, _, err := tx.LockAuditHead(ctx, tenancy.RootID); err != nil || seq != 0 {
					t.Errorf("another chain: got the end %d, %v", seq, err)
				}
			}
			seq, hash, err := tx.LockAuditHead(ctx, o.ID)
			if err != nil {
				return err
			}
			if seq != want || want > 0 && string(hash) != string(digest(int(want))) {
				t.Errorf("got the end %d, %q, want %d", seq, hash, want)
			}
			e := tenancy.AuditEvent{OrganizationID: o.ID, Seq: seq + 1, At: moment(0), PrevHash: hash,
				Hash: digest(int(seq) + 1)}
			if err := tx.InsertAuditEvent(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
}
