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

func sessionTopic() topic {
	return topic{
		methods: []string{"SessionByDigest", "SessionsOf", "TokenRevoked", "Login", "ClientKey", "ChangesElsewhere",
			"InsertSession", "TouchSession", "EndSession", "RevokeToken", "PruneSessions"},
		tests: map[string]func(*testing.T, tenancy.Store){
			"insert and read": sessionRead,
			"conflicts":       sessionConflicts,
			"of an operator":  sessionsOf,
			"touch":           sessionTouch,
			"end":             sessionEnd,
			"end by many":     sessionEndRace,
			"revoke":          sessionRevoke,
			"revoke by many":  sessionRevokeRace,
			"prune":           sessionPrune,
			"log-in":          loginOfOperator,
			"other log-ins":   loginOfOthers,
			"no log-in":       loginOfNobody,
			"log-in, family":  loginOfFamily,
			"key of client":   keyOfClient,
		},
	}
}

func session(o tenancy.StoredOperator, n int) tenancy.Session {
	return tenancy.Session{ID: fmt.Sprintf("session-%d", n), OperatorID: o.ID, Digest: digest(n),
		DeviceID:    "laptop",
		IdleTimeout: 30*time.Minute + time.Millisecond, CreatedAt: storedTime(moment(n)),
		LastUsedAt: storedTime(moment(n)), LoggedInAt: storedTime(moment(n - 1))}
}

func addSessions(t testing.TB, s tenancy.Store, list ...tenancy.Session) {
	t.Helper()
	update(t, s, func(tx tenancy.Tx) error {
		for _, one := range list {
			if err := tx.InsertSession(context.Background(), one); err != nil {
				return err
			}
		}
		return nil
	})
}

func getSession(t testing.TB, s tenancy.Store, n int) tenancy.Session {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (tenancy.Session, error) {
		return tx.SessionByDigest(context.Background(), digest(n))
	})
}

func sessionRead(t *testing.T, s tenancy.Store) {
	o := operator(t, s, "o")
	living, ended := session(o, 1), session(o, 2)
	ended.EndedAt, ended.DeviceID = storedTime(moment(99)), ""
	addSessions(t, s, living, ended)
	for n, want := range map[int]tenancy.Session{1: living, 2: ended} {
		got := getSession(t, s, n)
		wantUTC(t, got.CreatedAt, got.LastUsedAt, got.EndedAt)
		wantSame(t, "session", got, want)
	}
	view(t, s, func(tx tenancy.Reader) error {
		for _, d := range [][]byte{nil, digest(3)} {
			_, err := tx.SessionByDigest(context.Background(), d)
			wantError(t, err, problem.NotFound, problem.CodeSessionNotFound)
		}
		return nil
	})
}

func sessionsOf(t *testing.T, s tenancy.Store) {
	o, other := operator(t, s, "o"), operator(t, s, "other")
	ended := session(o, 4)
	ended.EndedAt = storedTime(moment(5))
	same := session(o, 6)
	same.LastUsedAt = session(o, 2).LastUsedAt
	addSessions(t, s, session(o, 1), session(o, 2), session(other, 3), ended, session(o, 5), same)
	for limit, want := range map[int][]tenancy.Session{
		9: {session(o, 5), session(o, 2), same, session(o, 1)},
		2: {session(o, 5), session(o, 2)}, 0: nil, -1: nil} {
		got := read(t, s, func(tx tenancy.Reader) ([]tenancy.Session, error) {
			return tx.SessionsOf(context.Background(), o.ID, limit)
		})
		wantSame(t, fmt.Sprint("at most ", limit), got, want)
		for _, one := range got {
			wantUTC(t, one.CreatedAt, one.LastUsedAt, one.EndedAt)
		}
	}
	none := read(t, s, func(tx tenancy.Reader) ([]tenancy.Session, error) {
		return tx.SessionsOf(context.Background(), "nobody's", 9)
	})
	if len(none) > 0 {
		t.Errorf("nobody has %v", none)
	}
}

func sessionConflicts(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := operator(t, s, "o")
	addSessions(t, s, session(o, 1))
	sameID, sameDigest := session(o, 2), session(o, 3)
	sameID.ID, sameDigest.Digest = session(o, 1).ID, digest(1)
	update(t, s, func(tx tenancy.Tx) error {
		wantError(t, tx.InsertSession(ctx, sameID), problem.Conflict, problem.CodeSessionExists)
		wantError(t, tx.InsertSession(ctx, sameDigest), problem.Conflict, problem.CodeSessionExists)
		return tx.InsertSession(ctx, session(o, 4))
	})
	getSession(t, s, 4)
	err := s.Update(ctx, func(tx tenancy.Tx) error {
		return tx.InsertSession(ctx,
			session(tenancy.StoredOperator{}, 5))
	})
	wantError(t, err, problem.Internal, problem.CodeInternal)
}

func sessionTouch(t *testing.T, s tenancy.Store) {
	o := operator(t, s, "o")
	ended := session(o, 2)
	ended.EndedAt = storedTime(moment(3))
	addSessions(t, s, session(o, 1), ended)
	touch := func(id string, n int) {
		t.Helper()
		update(t, s, func(tx tenancy.Tx) error { return tx.TouchSession(context.Background(), id, moment(n)) })
	}
	touch("nobody's", 10)
	want := session(o, 1)
	for _, step := range []struct{ at, want int }{{10, 10}, {5, 10}, {10, 10}, {11, 11}} {
		touch(want.ID, step.at)
		want.LastUsedAt = storedTime(moment(step.want))
		wantSame(t, "session", getSession(t, s, 1), want)
	}
	touch(ended.ID, 50)
	wantSame(t, "ended session", getSession(t, s, 2), ended)
}

func sessionEnd(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := operator(t, s, "o")
	addSessions(t, s, session(o, 1), session(o, 2))
	for i, want := range []bool{true, false} {
		update(t, s, func(tx tenancy.Tx) error {
			got, err := tx.EndSession(ctx, "session-1", moment(20+i))
			if got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			none, err2 := tx.EndSession(ctx, "nobody's", moment(1))
			if none || err2 != nil {
				t.Errorf("got %v, %v; want false, nil", none, err2)
			}
			return err
		})
	}
	want := session(o, 1)
	want.EndedAt = storedTime(moment(20))
	wantSame(t, "session", getSession(t, s, 1), want)
	wantSame(t, "the other", getSession(t, s, 2), session(o, 2))
}

func sessionEndRace(t *testing.T, s tenancy.Store) {
	addSessions(t, s, session(operator(t, s, "o"), 1))
	var winners atomic.Int32
	together(16, func(i int) {
		var ended bool
		err := s.Update(context.Background(), func(tx tenancy.Tx) (err error) {
			ended, err = tx.EndSession(context.Background(), "session-1", moment(i))
			return err
		})
		if err != nil {
			t.Errorf("end: %v", err)
		}
		if ended {
			winners.Add(1)
		}
	})
	if n := winners.Load(); n != 1 {
		t.Errorf("got %d who ended it, want 1", n)
	}
}

func revoked(t testing.TB, s tenancy.Store, id string) bool {
	t.Helper()
	return read(t, s, func(tx tenancy.Reader) (bool, error) { return tx.TokenRevoked(context.Background(), id) })
}

func sessionRevoke(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	if revoked(t, s, "token") {
		t.Error("revoked before it was")
	}
	for _, n := range []int{10, 10, 5} { // the later end counts, see below
		update(t, s, func(tx tenancy.Tx) error { return tx.RevokeToken(ctx, "token", moment(n)) })
	}
	if !revoked(t, s, "token") || revoked(t, s, "TOKEN") || revoked(t, s, "") {
		t.Error("the one that was revoked is not, or another is")
	}
	update(t, s, func(tx tenancy.Tx) error { return tx.PruneSessions(ctx, moment(9), 10) })
	if !revoked(t, s, "token") {
		t.Error("revoked again with an earlier end, it was forgotten too early")
	}
}

func sessionRevokeRace(t *testing.T, s tenancy.Store) {
	together(16, func(i int) {
		err := s.Update(context.Background(),
			func(tx tenancy.Tx) error { return tx.RevokeToken(context.Background(), "token", moment(i)) })
		if err != nil {
			t.Errorf("revoke: %v", err)
		}
	})
	if !revoked(t, s, "token") {
		t.Error("not revoked")
	}
}

func sessionPrune(t *testing.T, s tenancy.Store) {
	ctx := context.Background()
	o := operator(t, s, "o")
	for n := range 6 {
		addSessions(t, s, session(o, n))
		update(t, s, func(tx tenancy.Tx) error { return tx.RevokeToken(ctx, fmt.Sprint("token-", n), moment(n)) })
	}
	left := func() (sessions, tokens int) {
		view(t, s, func(tx tenancy.Reader) error {
			for n := range 6 {
				if _, err := tx.SessionByDigest(ctx, digest(n)); err == nil {
					sessions++
				}
				if is, err := tx.TokenRevoked(ctx, fmt.Sprint("token-", n)); err == nil && is {
					tokens++
				}
			}
			return nil
		})
		return sessions, tokens
	}
	for _, step := range []struct{ before, limit, want int }{{0, 10, 6}, {4, 0, 6}, {4, 3, 3}, {4, 3, 2},
		{4, 3, 2}, {100, 10, 0}} {
		update(t, s, func(tx tenancy.Tx) error { return tx.PruneSessions(ctx, moment(step.before), step.limit) })
		if sessions, tokens := left(); sessions != step.want || tokens != step.want {
			t.Errorf("after %+v: got %d sessions, %d tokens", step, sessions, tokens)
		}
	}
}
