// SPDX-License-Identifier: Apache-2.0

package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/internal/postgres"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/storetest"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// replicas runs a test on SQLite, and on PostgreSQL through two stores on one database.
func replicas(t *testing.T, run func(t *testing.T, k *tenancytest.Kit, doors []tenancytest.Services)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		k := tenancytest.On(t, storetest.SQLite(t))
		run(t, k, []tenancytest.Services{k.Services})
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		url := storetest.PostgresURL(t)
		k := tenancytest.On(t, openAt(t, url))
		second := tenancytest.Over(openAt(t, url), k.Keys, k.Clock.Now, tenancytest.Options{NoLimits: true})
		run(t, k, []tenancytest.Services{k.Services, second})
	})
}

func openAt(t *testing.T, url string) tenancy.Store {
	t.Helper()
	s, err := postgres.Open(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// limited makes a code of so many uses.
func limited(t *testing.T, k *tenancytest.Kit, uses int64) tenancy.IssuedAuthCode {
	t.Helper()
	id := k.Organization(t, "o").ID
	limits := tenancy.CodeLimits{Never: true, MaxUses: uses}
	code, err := k.CreateAuthCode(context.Background(), k.Root(), id,
		tenancy.AuthCodeParams{Name: "c", Limits: limits}, false)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// enrolAt enrols an installation through one of the replicas.
func enrolAt(k *tenancytest.Kit, door tenancytest.Services, code tenancy.IssuedAuthCode,
	instance string) (tenancy.IssuedClient,
	error) {
	return door.Enrol(context.Background(), k.Anyone(), tenancy.EnrolParams{AuthCode: code.Text.Reveal(),
		Name: instance, InstanceID: instance})
}

// refused reports whether the error is the refusal by a code. Any other error fails the test.
func refused(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && problem.As(err).Code != problem.CodeEnrolmentRefused {
		t.Errorf("neither in nor refused: %v", err)
	}
	return err != nil
}

// atOnce runs fn n times at once and waits for all.
func atOnce(n int, fn func(i int)) {
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	group.Wait()
}

// wantLedger compares a code's count, its clients and its ledger with what happened.
func wantLedger(t *testing.T, k *tenancytest.Kit, code tenancy.AuthCode, want map[tenancy.UseOutcome]int64) {
	t.Helper()
	ctx := context.Background()
	err := k.Store.View(ctx, func(tx tenancy.Reader) error {
		c, err1 := tx.AuthCode(ctx, code.ID)
		clients, err2 := tx.Clients(ctx, tenancy.ClientList{AuthCodeID: code.ID,
			IDOrder: tenancy.IDOrder{Limit: 10_000, LooksAt: 10_000}})
		lines, err3 := tx.CodeUses(ctx, code.ID, 0, 10_000)
		days, err4 := tx.DailyUses(ctx, code.ID)
		got := map[tenancy.UseOutcome]int64{} // without those that there is none of
		maps.DeleteFunc(want, func(_ tenancy.UseOutcome, n int64) bool { return n == 0 })
		for _, line := range lines {
			got[line.Outcome]++
		}
		for _, day := range days {
			got[day.Outcome] += day.Count
		}
		if n := want[tenancy.UseAccepted]; c.Uses != n || int64(len(clients.Items)) != n ||
			fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%d uses, %d clients, ledger %v; want %v", c.Uses, len(clients.Items), got, want)
		}
		return errors.Join(err1, err2, err3, err4)
	})
	if err != nil {
		t.Fatal(err)
	}
	k.Events(t, code.OrganizationID) // checks the chain
}

// Hundreds come at once with a code of fewer uses: exactly as many come in.
func TestCodeIsNotUsedMoreOften(t *testing.T) {
	t.Parallel()
	replicas(t, func(t *testing.T, k *tenancytest.Kit, doors []tenancytest.Services) {
		const all, uses = 300, 37
		code := limited(t, k, uses)
		var in atomic.Int64
		keys := make([]secret.Secret, all)
		atOnce(all, func(i int) {
			c, err := enrolAt(k, doors[i%len(doors)], code, fmt.Sprint("instance ", i))
			if !refused(t, err) {
				in.Add(1)
				keys[i] = c.Key
			}
		})
		if in.Load() != uses {
			t.Errorf("%d came in, want %d", in.Load(), uses)
		}
		seen := map[secret.Secret]bool{}
		for _, key := range keys {
			if !key.Empty() && seen[key] {
				t.Error("two clients have one key")
			}
			seen[key] = true
		}
		wantLedger(t, k, code.AuthCode, map[tenancy.UseOutcome]int64{tenancy.UseAccepted: uses,
			tenancy.UseRefused: all - uses})
	})
}

// Every installation asks several times at once: it is one client and costs one use.
func TestRepeatsCostNoUse(t *testing.T) {
	t.Parallel()
	replicas(t, func(t *testing.T, k *tenancytest.Kit, doors []tenancytest.Services) {
		const installations, tries = 40, 6
		code := limited(t, k, installations)
		ids := make([]string, installations*tries)
		atOnce(len(ids), func(i int) {
			c, err := enrolAt(k, doors[i%len(doors)], code, fmt.Sprint("instance ", i%installations))
			if refused(t, err) {
				t.Errorf("instance %d was refused", i%installations)
			}
			ids[i] = c.ID
		})
		for i, id := range ids {
			if id != ids[i%installations] {
				t.Errorf("instance %d is two clients", i%installations)
			}
		}
		wantLedger(t, k, code.AuthCode, map[tenancy.UseOutcome]int64{tenancy.UseAccepted: installations,
			tenancy.UseRepeated: installations * (tries - 1)})
	})
}

// Whoever asks after a rotation, a switch or a deactivation was answered does not come in,
// also through another replica.
func TestEndedCodeLetsNobodyIn(t *testing.T) {
	t.Parallel()
	ctx, inactive := context.Background(), false
	replicas(t, func(t *testing.T, k *tenancytest.Kit, doors []tenancytest.Services) {
		for what, end := range map[string]func(c tenancy.AuthCode) error{
			"rotate": func(c tenancy.AuthCode) error {
				_, err := k.RotateAuthCode(ctx, k.Root(), c.OrganizationID, c.ID, 0)
				return err
			},
			"disable": func(c tenancy.AuthCode) error {
				_, err := k.SwitchOffAuthCode(ctx, k.Root(), c.OrganizationID, c.ID)
				return err
			},
			"deactivate": func(c tenancy.AuthCode) error {
				_, err := k.UpdateOrganization(ctx, k.Root(), c.OrganizationID,
					tenancy.UpdateOrganizationParams{Active: &inactive})
				return err
			},
		} {
			o := k.Organization(t, what)
			code, err := k.CreateAuthCode(ctx, k.Root(), o.ID, tenancy.AuthCodeParams{Name: "c",
				Limits: tenancy.Unlimited()}, false)
			if err != nil {
				t.Fatal(err)
			}
			var ended atomic.Bool
			var in atomic.Int64
			atOnce(65, func(i int) {
				if i == 0 {
					time.Sleep(10 * time.Millisecond)
					if err := end(code.AuthCode); err != nil {
						t.Error(err)
					}
					ended.Store(true)
					return
				}
				for n := range 4 {
					late := ended.Load()
					_, err := enrolAt(k, doors[i%len(doors)], code, fmt.Sprint("instance ", i, " ", n))
					if refused(t, err) {
						continue
					}
					if in.Add(1); late {
						t.Errorf("%s: a client came in after it was answered", what)
					}
				}
			})
			wantLedger(t, k, code.AuthCode, map[tenancy.UseOutcome]int64{tenancy.UseAccepted: in.Load(),
				tenancy.UseRefused: 64*4 - in.Load()})
		}
	})
}
