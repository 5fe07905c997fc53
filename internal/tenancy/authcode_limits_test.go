// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

var ctx = context.Background()

// newCode makes a code of an organization, unlimited unless the changes say otherwise.
func newCode(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID,
	change ...func(*tenancy.AuthCodeParams)) tenancy.IssuedAuthCode {
	t.Helper()
	p := tenancy.AuthCodeParams{Name: "code", Limits: tenancy.Unlimited()}
	for _, f := range change {
		f(&p)
	}
	return must(k.CreateAuthCode(ctx, k.Root(), id, p, false))(t)
}

// expiring limits the life of a code.
func expiring(k *tenancytest.Kit, in time.Duration) func(*tenancy.AuthCodeParams) {
	return func(p *tenancy.AuthCodeParams) { p.Limits.Never, p.Limits.ExpiresAt = false, k.Core.Now().Add(in) }
}

// times limits the uses of a code.
func times(n int64) func(*tenancy.AuthCodeParams) {
	return func(p *tenancy.AuthCodeParams) { p.Limits.AnyNumber, p.Limits.MaxUses = false, n }
}

// only limits the addresses of a code.
func only(nets ...string) func(*tenancy.AuthCodeParams) {
	return func(p *tenancy.AuthCodeParams) {
		for _, net := range nets {
			p.Limits.Sources = append(p.Limits.Sources, netip.MustParsePrefix(net))
		}
	}
}

// Each rule refuses alone, at the very moment, and the first in the order is the one that
// is named.
func TestRefusals(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 4, 2, 7, 53, 28, 0, time.UTC)
	rules := []struct {
		name tenancy.CodeRefusal
		set  func(c *tenancy.AuthCode)
		near func(c *tenancy.AuthCode) // almost refused
	}{
		{tenancy.RefusedCanary, func(c *tenancy.AuthCode) { c.Canary = true }, nil},
		{tenancy.RefusedSuperseded, func(c *tenancy.AuthCode) { c.OverlapUntil = at },
			func(c *tenancy.AuthCode) { c.OverlapUntil = at.Add(time.Millisecond) }},
		{tenancy.RefusedDisabled, func(c *tenancy.AuthCode) { c.DisabledAt = at.Add(time.Hour) }, nil},
		{tenancy.RefusedExpired, func(c *tenancy.AuthCode) { c.Limits.Never, c.Limits.ExpiresAt = false, at },
			func(c *tenancy.AuthCode) { c.Limits.Never, c.Limits.ExpiresAt = false, at.Add(time.Millisecond) }},
		{tenancy.RefusedSource,
			func(c *tenancy.AuthCode) { c.Limits.Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/25")} },
			func(c *tenancy.AuthCode) { c.Limits.Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.128/25")} }},
		{tenancy.RefusedExhausted, func(c *tenancy.AuthCode) {
			c.Limits.AnyNumber, c.Limits.MaxUses, c.Uses = false,
				2, 2
		}, func(c *tenancy.AuthCode) { c.Limits.AnyNumber, c.Limits.MaxUses, c.Uses = false, 2, 1 }},
	}
	from := netip.MustParseAddr("192.0.2.200")
	for first := range rules {
		alone, all := tenancy.AuthCode{Limits: tenancy.Unlimited()}, tenancy.AuthCode{Limits: tenancy.Unlimited()}
		rules[first].set(&alone)
		for _, r := range rules[first:] {
			r.set(&all)
		}
		for _, c := range []tenancy.AuthCode{alone, all} {
			if got := c.Refusal(at, from); got != rules[first].name {
				t.Errorf("got %q, want %q: %+v", got, rules[first].name, c)
			}
		}
		if near := rules[first].near; near != nil {
			c := tenancy.AuthCode{Limits: tenancy.Unlimited()}
			if near(&c); c.Refusal(at, from) != "" {
				t.Errorf("%s: refused by %q, and it is good for a moment: %+v", rules[first].name, c.Refusal(at, from), c)
			}
		}
	}
	for reason, want := range map[tenancy.EndReason]tenancy.CodeRefusal{
		tenancy.Superseded: tenancy.RefusedSuperseded, tenancy.Disabled: tenancy.RefusedDisabled} {
		c := tenancy.AuthCode{Limits: tenancy.Unlimited(), EndedAt: at.Add(time.Hour), EndReason: reason}
		if got := c.Refusal(at, from); got != want {
			t.Errorf("ended as %s: got %q, want %q", reason, got, want)
		}
	}
	if got := (tenancy.AuthCode{}).Refusal(at, from); got == "" {
		t.Error("the zero limits let somebody in")
	}
}

func TestSources(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	id := k.Organization(t, "o").ID
	code := newCode(t, k, id, only("2001:db8::/32", "192.0.2.0/24", "::ffff:198.51.100.0/120", "192.0.2.0/24"))
	if got, want := fmt.Sprint(code.Limits.Sources),
		"[192.0.2.0/24 198.51.100.0/24 2001:db8::/32]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for address, want := range map[string]bool{
		"192.0.2.1": true, "::ffff:192.0.2.1": true, "198.51.100.255": true, "2001:db8::1": true,
		"2001:db8::1%eth0": true, "192.0.3.1": false, "2001:db9::1": false, "::1": false, "": false, "pipe": false,
	} {
		from, _ := netip.ParseAddr(address)
		if good := code.Refusal(k.Core.Now(), from) == ""; good != want {
			t.Errorf("%q is let in: %v, want %v", address, good, want)
		}
	}
}

// wantWrong fails unless the error names exactly these fields and codes.
func wantWrong(t *testing.T, what string, err error, want ...string) {
	t.Helper()
	var got []string
	for _, f := range problem.As(orNone(err)).Fields {
		got = append(got, fmt.Sprint(f.Field, " ", f.Phrase.Code))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q (%v)", what, got, want, err)
	}
}

// orNone is for what must fail and did not.
func orNone(err error) error {
	if err == nil {
		return problem.New(problem.Internal, "no_error")
	}
	return err
}

func TestBadLimits(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	id := k.Organization(t, "o").ID
	now := k.Core.Now()
	type change = func(*tenancy.AuthCodeParams)
	many := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprint("tag ", i)
		}
		return list
	}
	for what, test := range map[string]struct {
		change change
		want   string // "" for a good one
	}{
		"no name": {func(p *tenancy.AuthCodeParams) { p.Name = " " }, "name required"},
		"a note of too much": {func(p *tenancy.AuthCodeParams) { p.Note = strings.Repeat("x", 1001) },
			"note too_long"},
		"no word of the expiry": {func(p *tenancy.AuthCodeParams) { p.Limits.Never = false },
			"expiresAt not_in_future"},
		"both": {func(p *tenancy.AuthCodeParams) { p.Limits.ExpiresAt = now.Add(time.Hour) },
			"expiresAt expiry_twice"}, "now": {expiring(k, 0), "expiresAt not_in_future"},
		"within the moment": {func(p *tenancy.AuthCodeParams) {
			expiring(k,
				0)(p)
			p.Limits.ExpiresAt = now.Add(time.Microsecond)
		}, "expiresAt not_in_future"},
		"the next moment": {expiring(k, time.Millisecond), ""},
		"a hundred years": {func(p *tenancy.AuthCodeParams) {
			expiring(k,
				0)(p)
			p.Limits.ExpiresAt = now.AddDate(100, 0, 0)
		}, ""},
		"the year 9999": {func(p *tenancy.AuthCodeParams) {
			expiring(k, 0)(p)
			p.Limits.ExpiresAt = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
		}, "expiresAt too_far_ahead"},
		"no word of the uses": {func(p *tenancy.AuthCodeParams) { p.Limits.AnyNumber = false },
			"maxUses bad_max_uses"},
		"any number and one":  {func(p *tenancy.AuthCodeParams) { p.Limits.MaxUses = 1 }, "maxUses bad_max_uses"},
		"less than none":      {times(-1), "maxUses bad_max_uses"},
		"one use":             {times(1), ""},
		"a billion":           {times(1_000_000_000), ""},
		"more than a billion": {times(1_000_000_001), "maxUses bad_max_uses"},
		"host bits":           {only("192.0.2.1/24"), "cidrs bad_source"},
		"no network": {func(p *tenancy.AuthCodeParams) { p.Limits.Sources = make([]netip.Prefix, 1) },
			"cidrs bad_source"}, "every address": {only("0.0.0.0/0", "::/0"), ""},
		"too many networks": {func(p *tenancy.AuthCodeParams) { p.Limits.Sources = make([]netip.Prefix, 65) },
			"cidrs too_many_sources"},
		"an empty tag": {func(p *tenancy.AuthCodeParams) { p.Tags = []string{""} }, "tags empty_tag"},
		"a long tag": {func(p *tenancy.AuthCodeParams) { p.Tags = []string{strings.Repeat("x", 65)} },
			"tags too_long"}, "tags": {func(p *tenancy.AuthCodeParams) { p.Tags = many(32) }, ""},
		"tags by the thousand": {func(p *tenancy.AuthCodeParams) { p.Tags = many(1000) }, "tags too_many_tags"},
	} {
		p := tenancy.AuthCodeParams{Name: "code", Limits: tenancy.Unlimited()}
		test.change(&p)
		_, err := k.CreateAuthCode(ctx, k.Root(), id, p, false)
		if test.want != "" {
			wantWrong(t, what, err, test.want)
		} else if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
