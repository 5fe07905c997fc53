// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

func codeUseTopic() topic {
	return topic{
		methods: []string{"CodeUses", "DailyUses", "LockEnrolment", "InsertCodeUse", "FoldCodeUses"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"take":         codeUseTake,
			"take by many": codeUseRace,
			"ledger":       codeUseLedger,
			"fold":         codeUseFold,
			"unknown":      codeUseUnknown,
			"lock":         enrolmentLock,
		},
	}
}

// takeUse takes a use for a new client and reports whether it did.
func takeUse(t testing.TB, s tenancy.Store, code tenancy.StoredAuthCode, n int, at time.Time) (took bool) {
	t.Helper()
	c := client(code, n)
	update(t, s, func(tx tenancy.Tx) (err error) {
		took, err = tx.InsertClient(context.Background(), c, accepted(c, at))
		return err
	})
	return took
}

// accepted is the line of the ledger of a client that was let in.
func accepted(c tenancy.StoredClient, at time.Time) tenancy.CodeUse {
	return tenancy.CodeUse{AuthCodeID: c.AuthCodeID, At: storedTime(at), Outcome: tenancy.UseAccepted,
		Address: c.Address, InstanceID: c.InstanceID, ClientID: c.ID}
}

// Each condition alone decides, at the very moment: the use, the client and the line are
// all there, or none is.
func codeUseTake(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	at := moment(1000)
	later := func(d time.Duration) time.Time { return storedTime(at).Add(d) }
	for n, test := range []struct {
		change func(c *tenancy.StoredAuthCode)
		want   bool
	}{
		{func(*tenancy.StoredAuthCode) {}, true},
		{func(c *tenancy.StoredAuthCode) { c.EndedAt, c.EndReason = later(time.Hour), tenancy.Superseded }, false},
		{func(c *tenancy.StoredAuthCode) { c.DisabledAt = later(time.Hour) }, false},
		{func(c *tenancy.StoredAuthCode) { c.Canary = true }, false},
		{func(c *tenancy.StoredAuthCode) { c.Limits.Never, c.Limits.ExpiresAt = false, later(time.Millisecond) },
			true},
		{func(c *tenancy.StoredAuthCode) { c.Limits.Never, c.Limits.ExpiresAt = false, later(0) }, false},
		{func(c *tenancy.StoredAuthCode) { c.OverlapUntil = later(time.Millisecond) }, true},
		{func(c *tenancy.StoredAuthCode) { c.OverlapUntil = later(0) }, false},
		{func(c *tenancy.StoredAuthCode) { c.Limits.AnyNumber, c.Limits.MaxUses, c.Uses = false, 2, 1 }, true},
		{func(c *tenancy.StoredAuthCode) { c.Limits.AnyNumber, c.Limits.MaxUses, c.Uses = false, 2, 2 }, false},
		{func(c *tenancy.StoredAuthCode) { c.Limits.AnyNumber, c.Limits.MaxUses, c.Uses = false, 2, 3 }, false},
	} {
		c := secondary(o.ID, n)
		test.change(&c)
		addCodes(t, s, c, secondary(o.ID, 100+n))
		if took := takeUse(t, s, c, n, at); took != test.want {
			t.Errorf("%d: took a use: %v, want %v", n, took, test.want)
		}
		var lines []tenancy.CodeUse
		var in []tenancy.Client
		if test.want {
			lines, in = []tenancy.CodeUse{accepted(client(c, n), at)}, []tenancy.Client{client(c, n).Client}
		}
		stored := uses(t, s, c.ID, 0, 9)
		for i := range stored {
			stored[i].ID = 0
		}
		wantSame(t, fmt.Sprint(n, " lines"), stored, lines)
		wantSame(t, fmt.Sprint(n, " clients"), read(t, s, func(tx tenancy.Reader) (tenancy.IDPage[tenancy.Client],
			error) {
			of := tenancy.ClientList{AuthCodeID: c.ID, IDOrder: tenancy.IDOrder{Limit: 9, LooksAt: 9}}
			return tx.Clients(context.Background(), of)
		}).Items, in)
		if test.want {
			c.Uses, c.LastUsedAt = c.Uses+1, storedTime(at)
		}
		wantSame(t, fmt.Sprint(n), codeByID(t, s, c.ID), c)
		wantSame(t, "another", codeByID(t, s, fmt.Sprint("code-", 100+n)), secondary(o.ID, 100+n))
	}
}

// Many take uses at once, without another lock: exactly as many get one as there are.
func codeUseRace(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	c := secondary(o.ID, 1)
	const uses = 7
	c.Limits.AnyNumber, c.Limits.MaxUses = false, uses
	addCodes(t, s, c)
	var took atomic.Int64
	together(64, func(n int) {
		if takeUse(t, s, c, n, moment(5)) {
			took.Add(1)
		}
	})
	if got := codeByID(t, s, c.ID).Uses; took.Load() != uses || got != uses {
		t.Errorf("%d took a use and %d are counted, want %d", took.Load(), got, uses)
	}
}

// use is a line of a ledger, n hours on.
func use(code string, n int, outcome tenancy.UseOutcome) tenancy.CodeUse {
	return tenancy.CodeUse{AuthCodeID: code, At: storedTime(moment(0)).Add(time.Duration(n) * time.Hour),
		Outcome: outcome, Address: "192.0.2.1", InstanceID: fmt.Sprint("instance ", n),
		ClientID: fmt.Sprint("client ", n)}
}

func addUses(t testing.TB, s tenancy.Store, list ...tenancy.CodeUse) (stored []tenancy.CodeUse) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) error {
		stored = nil
		for _, u := range list {
			id, err := tx.InsertCodeUse(context.Background(), u)
			if err != nil {
				return err
			}
			u.ID = id
			stored = append(stored, u)
		}
		return nil
	})
	return stored
}

func uses(t testing.TB, s tenancy.Store, code string, before int64, limit int) []tenancy.CodeUse {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) ([]tenancy.CodeUse, error) {
		return tx.CodeUses(context.Background(), code, before, limit)
	})
}

func days(t testing.TB, s tenancy.Store, code string) []tenancy.DailyUses {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) ([]tenancy.DailyUses, error) {
		return tx.DailyUses(context.Background(), code)
	})
}

func codeUseLedger(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	addCodes(t, s, secondary(o.ID, 1), secondary(o.ID, 2))
	refused := use("code-1", 3, tenancy.UseRefused)
	refused.Refusal, refused.ClientID = tenancy.RefusedSource, ""
	list := addUses(t, s, use("code-1", 1, tenancy.UseAccepted), use("code-1", 2, tenancy.UseRepeated), refused)
	foreign := addUses(t, s, use("code-2", 4, tenancy.UseAccepted))
	for i := range list[1:] {
		if list[i+1].ID <= list[i].ID {
			t.Errorf("line %d comes after line %d", list[i+1].ID, list[i].ID)
		}
	}
	wantSame(t, "the newest", uses(t, s, "code-1", 0, 2), []tenancy.CodeUse{list[2], list[1]})
	wantUTC(t, uses(t, s, "code-1", 0, 1)[0].At)
	wantSame(t, "the next page", uses(t, s, "code-1", list[1].ID, 2), list[:1])
	wantSame(t, "the last page", uses(t, s, "code-1", list[0].ID, 2), nil)
	wantSame(t, "the other's", uses(t, s, "code-2", 0, 9), foreign)
	err := s.Update(context.Background(), func(tx tenancy.Tx) error {
		_, err := tx.InsertCodeUse(context.Background(), use("nobody's", 1, tenancy.UseAccepted))
		return err
	})
	wantError(t, err, problem.Internal, "internal")
}

// Folding keeps the newest lines and counts the others in their days; nothing is lost and
// nothing is counted twice.
func codeUseFold(t *testing.T, s tenancy.Store) {
	o := member(t, s, "o")
	addCodes(t, s, secondary(o.ID, 1), secondary(o.ID, 2))
	refused := func(n int) tenancy.CodeUse {
		u := use("code-1", n, tenancy.UseRefused)
		u.Refusal = tenancy.RefusedExpired
		return u
	}
	// The first is at 12:30 UTC: 11 hours on is the last of the day.
	list := addUses(t, s, use("code-1", 0, tenancy.UseAccepted), use("code-1", 11, tenancy.UseAccepted),
		refused(11), use("code-1", 12, tenancy.UseAccepted), refused(13), use("code-1", 14, tenancy.UseAccepted))
	foreign := addUses(t, s, use("code-2", 0, tenancy.UseAccepted))
	fold := func(keep int) {
		t.Helper()
		update(t, s, func(tx tenancy.Tx) error { return tx.FoldCodeUses(context.Background(), "code-1", keep) })
	}
	fold(6)
	fold(7)
	wantSame(t, "nothing is old", uses(t, s, "code-1", 0, 9)[5], list[0])
	first := time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC)
	second := first.AddDate(0, 0, 1)
	fold(4)
	fold(4)
	wantSame(t, "two are old", days(t, s, "code-1"), []tenancy.DailyUses{{Day: first,
		Outcome: tenancy.UseAccepted, Count: 2}})
	wantSame(t, "four are left", uses(t, s, "code-1", 0, 9)[3], list[2])
	fold(1)
	wantSame(t, "five are old", days(t, s, "code-1"), []tenancy.DailyUses{
		{Day: second, Outcome: tenancy.UseAccepted, Count: 1},
		{Day: second, Outcome: tenancy.UseRefused, Refusal: tenancy.RefusedExpired, Count: 1},
		{Day: first, Outcome: tenancy.UseAccepted, Count: 2},
		{Day: first, Outcome: tenancy.UseRefused, Refusal: tenancy.RefusedExpired, Count: 1}})
	wantSame(t, "one is left", uses(t, s, "code-1", 0, 9), list[5:])
	more := addUses(t, s, use("code-1", 14, tenancy.UseAccepted))
	fold(1)
	wantSame(t, "added to its day", days(t, s, "code-1")[0],
		tenancy.DailyUses{Day: second, Outcome: tenancy.UseAccepted, Count: 2})
	wantSame(t, "the newest is left", uses(t, s, "code-1", 0, 9), more)
	wantSame(t, "the other's", uses(t, s, "code-2", 0, 9), foreign)
	wantSame(t, "the other's days", days(t, s, "code-2"), nil)
}

func codeUseUnknown(t *testing.T, s tenancy.Store) {
	for _, id := range []string{"", "none", "a\x00b", "\xff"} {
		wantSame(t, "uses", uses(t, s, id, 0, 9), nil)
		wantSame(t, "uses before", uses(t, s, id, 5, 9), nil)
		wantSame(t, "days", days(t, s, id), nil)
	}
	o := member(t, s, "o")
	if takeUse(t, s, secondary(o.ID, 1), 1, moment(1)) {
		t.Error("took a use of nothing")
	}
}

// A code is found by its digest alone, with its own organization, and with the newest client
// that came in with it under the instance id.
func enrolmentLock(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	a, b := withCode(t, s, "a", 1), withCode(t, s, "b", 2)
	older, newer, foreign := client(a, 1), client(a, 2), client(b, 3)
	newer.InstanceID, foreign.InstanceID = older.InstanceID, older.InstanceID
	addClients(t, s, newer, older, foreign, client(a, 4))
	for _, test := range []struct {
		code     tenancy.StoredAuthCode
		instance string
		former   tenancy.StoredClient
	}{{a, older.InstanceID, newer}, {b, older.InstanceID, foreign}, {a, "instance-4", client(a, 4)},
		{b, "instance-4", tenancy.StoredClient{}}, {b, "a\x00b", tenancy.StoredClient{}},
		{b, "", tenancy.StoredClient{}}} {
		want := tenancy.EnrolmentState{Code: codeByID(t, s, test.code.ID).AuthCode, Former: test.former,
			Organization: read(t, s, func(tx tenancy.Reader) (tenancy.Organization, error) {
				return tx.Organization(ctx, test.code.OrganizationID)
			})}
		update(t, s, func(tx tenancy.Tx) error {
			got, err := tx.LockEnrolment(ctx, test.code.Digest, test.instance)
			wantSame(t, test.code.ID+" "+test.instance, got, want)
			return err
		})
	}
	for _, unknown := range [][]byte{nil, {}, digest(99)} {
		update(t, s, func(tx tenancy.Tx) error {
			_, err := tx.LockEnrolment(ctx, unknown, "instance-1")
			wantError(t, err, problem.NotFound, "auth_code_not_found")
			return nil
		})
	}
	// Two that read and then write do so one after the other: no use is lost, and the chain
	// of the audit has no fork.
	together(16, func(n int) {
		update(t, s, func(tx tenancy.Tx) error {
			found, err := tx.LockEnrolment(ctx, a.Digest, "instance-9")
			if err != nil || found.Former.ID != "" {
				return err
			}
			c := client(a, 9)
			took, err := tx.InsertClient(ctx, c, accepted(c, moment(n)))
			if err != nil {
				return err // the engine may run this again
			}
			if !took {
				t.Error("took no use")
			}
			_, err = appendEvent(tx, tenancy.AuditEvent{OrganizationID: a.OrganizationID, At: moment(n), Detail: "{}"})
			return err
		})
	})
}
