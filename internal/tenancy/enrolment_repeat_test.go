// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// A repeated enrolment gets its answer again, even of a code that is used up and has expired,
// but not from a source that the code does not allow, and not when the answer is of no use any more.
func TestRepeatedAnswerIsForWhoMayUseIt(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	off := false
	for what, c := range map[string]struct {
		after func(k *tenancytest.Kit, o tenancy.OrganizationID, i tenancy.IssuedClient) error
		from  string
		same  bool
	}{
		"used up":         {same: true},
		"another address": {from: "192.0.2.8", same: true},
		"another network": {from: "198.51.100.7"},
		"expired": {same: true, after: func(k *tenancytest.Kit, _ tenancy.OrganizationID,
			_ tenancy.IssuedClient) error {
			k.Clock.Advance(2 * time.Hour)
			return nil
		}},
		"revoked": {after: func(k *tenancytest.Kit, _ tenancy.OrganizationID, i tenancy.IssuedClient) error {
			return errOf(k.RevokeClient(ctx, k.Root(), i.ID))
		}},
		"organization off": {after: func(k *tenancytest.Kit, o tenancy.OrganizationID,
			_ tenancy.IssuedClient) error {
			return errOf(k.UpdateOrganization(ctx, k.Root(), o, tenancy.UpdateOrganizationParams{Active: &off}))
		}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			k := tenancytest.New(t)
			o := k.Organization(t, "o").ID
			limits := tenancy.CodeLimits{ExpiresAt: k.Clock.Now().Add(time.Hour), MaxUses: 1,
				Sources: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}
			code := must(k.CreateAuthCode(ctx, k.Root(), o, tenancy.AuthCodeParams{Name: "c", Limits: limits},
				false))(t)
			enrol := func(from string) (tenancy.IssuedClient, error) {
				caller := tenancy.Anonymous(tenancy.Origin{Address: from})
				caller.Repeat = &tenancy.Repeat{Key: secret.Of("key"), Request: secret.FingerprintOf("body")}
				return k.Enrol(ctx, caller, tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "n", InstanceID: "i"})
			}
			first := must(enrol("192.0.2.7"))(t)
			if c.after != nil {
				if err := c.after(k, o, first); err != nil {
					t.Fatal(err)
				}
			}
			if c.from == "" {
				c.from = "192.0.2.7"
			}
			again, err := enrol(c.from)
			if !c.same {
				tenancytest.WantKind(t, "again", err, problem.Denied, problem.CodeEnrolmentRefused)
				return
			}
			if err != nil || again.ID != first.ID || again.Key != first.Key {
				t.Errorf("again: %v, the same client: %v, key: %v", err, again.ID == first.ID, again.Key == first.Key)
			}
		})
	}
}
