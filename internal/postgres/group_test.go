// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// put returns a function that stores a setting of its own.
func put(n int) func(tenancy.Tx) error {
	return func(x tenancy.Tx) error {
		return x.InsertSetting(context.Background(), fmt.Sprint("setting ", n), nil)
	}
}

// queued runs functions as Updates of one queue that all wait for a first one, and returns
// their errors. Cancel, if it is not nil, is called when all wait.
func queued(t *testing.T, s *Store, ctx func(n int) context.Context, cancel func(),
	fns ...func(tenancy.Tx) error) []error {
	t.Helper()
	const queue = "queue"
	errs := make([]error, len(fns))
	var group sync.WaitGroup
	err := s.Update(tenancy.InQueue(context.Background(), queue), func(x tenancy.Tx) error {
		for n, fn := range fns {
			group.Go(func() {
				defer func() {
					if r := recover(); r != nil {
						errs[n] = fmt.Errorf("panic: %v", r)
					}
				}()
				errs[n] = s.Update(tenancy.InQueue(ctx(n), queue), fn)
			})
		}
		for {
			s.queues.mu.Lock()
			waiting := len(s.queues.waiting[queue])
			s.queues.mu.Unlock()
			if waiting == len(fns) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		if cancel != nil {
			cancel()
		}
		return put(-1)(x)
	})
	group.Wait()
	if err != nil {
		t.Errorf("the first: %v", err)
	}
	if s.running.Wait(); len(s.queues.waiting) != 0 {
		t.Errorf("queues are left: %v", s.queues.waiting)
	}
	return errs
}

func background(int) context.Context { return context.Background() }

// settings lists the numbers of the settings that there are.
func settings(t *testing.T, s *Store, most int) (list []int) {
	t.Helper()
	for n := -1; n < most; n++ {
		err := s.Read(context.Background(), func(x tenancy.Reader) error {
			_, err := x.Setting(context.Background(), fmt.Sprint("setting ", n))
			return err
		})
		if err == nil {
			list = append(list, n)
		} else if !errors.Is(err, problem.NotFound) {
			t.Error(err)
		}
	}
	return list
}

// Those that wait share a transaction, and each sees what those before it did. When a group
// has taken long enough, the others form the next one.
func TestQueueSharesATransaction(t *testing.T) {
	t.Parallel()
	const many = 20
	for longest, want := range map[time.Duration]int{time.Hour: 1, 0: many} {
		s := opened(t)
		s.queues.longest = longest
		wantTransactions(t, s, many, want)
	}
}

func wantTransactions(t *testing.T, s *Store, many, want int) {
	t.Helper()
	var mu sync.Mutex
	seen := map[*tx]int{}
	var fns []func(tenancy.Tx) error
	for n := range many {
		fns = append(fns, func(x tenancy.Tx) error {
			mu.Lock()
			defer mu.Unlock()
			seen[x.(*tx)]++
			return errors.Join(put(n)(x), appendOne(x))
		})
	}
	for n, err := range queued(t, s, background, nil, fns...) {
		if err != nil {
			t.Errorf("%d: %v", n, err)
		}
	}
	if len(seen) != want || len(settings(t, s, many)) != many+1 {
		t.Errorf("%d ran in %d transactions, and there are the settings %v", many, len(seen), settings(t, s, many))
	}
	err := s.View(context.Background(), func(x tenancy.Reader) error {
		events, err := x.AuditEvents(context.Background(), tenancy.RootID, 0, 2*many)
		if len(events) != many {
			t.Errorf("%d events, want %d", len(events), many)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// One that fails, panics or loses the connection takes nobody along, and what it did is
// undone.
func TestGroupWithoutOneMember(t *testing.T) {
	t.Parallel()
	errBad := errors.New("bad")
	for name, test := range map[string]struct {
		bad  func(x tenancy.Tx, runs int) error
		want []int // that are there
		err  string
	}{
		"it fails":  {func(tenancy.Tx, int) error { return errBad }, []int{-1, 0, 2}, "bad"},
		"it panics": {func(tenancy.Tx, int) error { panic("no") }, []int{-1, 0, 2}, "panic: no"},
		"a lost connection": {func(x tenancy.Tx, runs int) error {
			if runs > 1 {
				return nil
			}
			if _, err := x.(*tx).store.pool.Exec(context.Background(), `SELECT pg_terminate_backend($1)`,
				int32(pid(x))); err != nil {
				return err
			}
			_, err := x.Organization(context.Background(), tenancy.RootID)
			return err
		}, []int{-1, 0, 1, 2}, "<nil>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, runs := opened(t), 0
			s.queues.longest = time.Hour
			errs := queued(t, s, background, nil, put(0), func(x tenancy.Tx) error {
				runs++
				return errors.Join(put(1)(x), test.bad(x, runs))
			}, put(2))
			if errs[0] != nil || fmt.Sprint(errs[1]) != test.err || errs[2] != nil {
				t.Errorf("got %v", errs)
			}
			if got := settings(t, s, 3); !slices.Equal(got, test.want) {
				t.Errorf("got the settings %v, want %v", got, test.want)
			}
		})
	}
}

// A caller that goes while it waits is not run. One that goes later does not end the
// transaction of the others.
func TestGroupWithoutACaller(t *testing.T) {
	t.Parallel()
	s := opened(t)
	s.queues.longest = time.Hour
	gone, leave := context.WithCancel(context.Background())
	late, leaveLate := context.WithCancel(context.Background())
	ctxs := []context.Context{context.Background(), gone, late, context.Background()}
	errs := queued(t, s, func(n int) context.Context { return ctxs[n] }, func() {
		leave()
		time.Sleep(20 * time.Millisecond) // until its Update has returned
	}, put(0), put(1), func(x tenancy.Tx) error {
		leaveLate()
		return x.InsertSetting(late, "setting 2", nil)
	}, put(3))
	if errs[0] != nil || !errors.Is(errs[1], problem.Unavailable) || errs[2] != nil || errs[3] != nil {
		t.Errorf("got %v", errs)
	}
	if got := settings(t, s, 4); !slices.Equal(got, []int{-1, 0, 2, 3}) {
		t.Errorf("got the settings %v", got)
	}
}

// A use that is gone between the look and the statement lets nobody in: the Update runs
// again, and then waits for the answer. That holds alone and in a group.
func TestUseThatIsNotThere(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := opened(t)
	must(t, s, `INSERT INTO organizations (id, name, name_folded, alias, alias_folded, description, description_folded, external_id, external_id_folded, state, listed, created_at, updated_at)
			VALUES (100001, 'o', 'o', '', '', '', '', '', '', 'active', true, now(), now())`,
		`INSERT INTO audit_heads (organization_id, seq, hash) VALUES (100001, 0, '')`,
		`INSERT INTO auth_codes (id, organization_id, is_primary, digest, sealed, created_at, created_by, end_reason, max_uses)
			VALUES ('code', 100001, false, 'digest', '', now(), '', '', 9)`)
	var outcomes []string
	enrol := func(n int, meanwhile string) func(tenancy.Tx) error {
		return func(x tenancy.Tx) error {
			found, err := x.LockEnrolment(ctx, []byte("digest"), fmt.Sprint(n))
			if err != nil {
				return err
			}
			if meanwhile != "" && found.Code.DisabledAt.IsZero() {
				must(t, s, meanwhile)
			}
			at := time.Now()
			c := tenancy.StoredClient{Client: tenancy.Client{ID: fmt.Sprint("client ", n), OrganizationID: 100001,
				AuthCodeID: "code", State: tenancy.ClientActive, CreatedAt: at, UpdatedAt: at}}
			took, err := x.InsertClient(ctx, c, tenancy.CodeUse{AuthCodeID: "code", At: at,
				Outcome: tenancy.UseAccepted})
			outcomes = append(outcomes, fmt.Sprint(n, took))
			return err
		}
	}
	const off = `UPDATE auth_codes SET disabled_at = now()`
	if err := s.Update(ctx, enrol(1, off)); err != nil {
		t.Error(err)
	}
	must(t, s, `UPDATE auth_codes SET disabled_at = NULL`)
	for _, err := range queued(t, s, background, nil, enrol(2, off)) {
		if err != nil {
			t.Error(err)
		}
	}
	var uses, clients, lines int
	err := s.pool.QueryRow(ctx,
		`SELECT uses, (SELECT count(*) FROM clients), (SELECT count(*) FROM auth_code_uses) FROM auth_codes`).Scan(&uses, &clients, &lines)
	if err != nil || uses != clients || uses != lines || uses != 0 {
		t.Errorf("%d uses, %d clients and %d lines, %v, after %q", uses, clients, lines, err, outcomes)
	}
	// In the group, then alone, and then again.
	if want := []string{"1 true", "1 false", "2 true", "2 true", "2 false"}; !slices.Equal(outcomes, want) {
		t.Errorf("got %q, want %q", outcomes, want)
	}
}

// If the answer to the COMMIT of a group is lost, nobody knows, and none runs again.
func TestGroupLostDuringCommit(t *testing.T) {
	t.Parallel()
	s := opened(t)
	s.queues.longest = time.Hour
	must(t, s, `CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF NEW.name <> 'setting -1' THEN PERFORM pg_sleep(60); END IF; RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON settings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION dawdle()`)
	runs := 0
	done := make(chan struct{})
	fns := []func(tenancy.Tx) error{func(x tenancy.Tx) error {
		runs++
		server := pid(x)
		go func() {
			defer close(done)
			cutAsleep(t, s, server)
		}()
		return put(0)(x)
	}, put(1)}
	for n, err := range queued(t, s, background, nil, fns...) {
		if !errors.Is(err, problem.Unavailable) {
			t.Errorf("%d: got %v, want unavailable", n, err)
		}
	}
	if <-done; runs != 1 {
		t.Errorf("ran %d times", runs)
	}
}
