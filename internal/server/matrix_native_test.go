// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

// enrol creates what the native API shows of an organization: a code, one that was
// rotated, a client, and one that waits. The own organization's client is a party, too.
func (w *world) enrol(t *testing.T, c *instance, id tenancy.OrganizationID, target string) {
	t.Helper()
	ctx, root := context.Background(), tenancy.System("test")
	anyone := tenancy.Anonymous(tenancy.Origin{Address: "127.0.0.1"})
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	code, err := c.CreateAuthCode(ctx, root, id, tenancy.AuthCodeParams{Name: "code",
		Limits: tenancy.Unlimited()}, false)
	check(err)
	rotated, err := c.CreateAuthCode(ctx, root, id, tenancy.AuthCodeParams{Name: "rotated",
		Limits: tenancy.Unlimited()}, false)
	check(err)
	_, err = c.RotateAuthCode(ctx, root, id, rotated.ID, time.Hour)
	check(err)
	client, err := c.Enrol(ctx, anyone, tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "client",
		InstanceID: "1"})
	check(err)
	policy := func(p tenancy.Policy) {
		t.Helper()
		_, err := c.UpdateOrganization(ctx, root, id, tenancy.UpdateOrganizationParams{Policy: &p})
		check(err)
	}
	policy(tenancy.Policy{ApproveEnrolments: true})
	pending, err := c.Enrol(ctx, anyone, tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "pending",
		InstanceID: "2"})
	check(err)
	policy(tenancy.Policy{})
	token, err := c.LoginClient(ctx, anyone, client.ID, client.Key, tenancy.KeyInHeader, identity.NativeAudience)
	check(err)
	if target == "own" {
		w.tokens["api  client"] = token.Text.Reveal()
	}
	factored, err := c.CreateOperator(ctx, root, identity.CreateOperatorParams{Username: "factored-" + target,
		Password: secret.NewPassword(), Role: tenancy.Auditor, Organization: id})
	check(err)
	text := secret.NewTOTP()
	first, err := secret.TOTPCode(text, c.Core.Now())
	check(err)
	_, err = c.EnrollTOTP(ctx, root, factored.Username, text, first)
	check(err)
	changed, err := c.ReadOperator(ctx, root, factored.ID)
	check(err)
	rotatedApplication, err := c.CreateApplication(ctx, root,
		identity.CreateApplicationParams{Name: "rotated", Type: tenancy.TypeApplication})
	check(err)
	_, err = c.RotateApplicationKey(ctx, root, rotatedApplication.ID,
		identity.RotateKeyParams{Overlap: time.Hour})
	check(err)
	for noun, id := range map[string]string{"factored": factored.ID, "rotatedApplication": rotatedApplication.ID,
		"code": code.ID, "codeText": code.Text.Reveal(), "rotated": rotated.ID, "client": client.ID,
		"pending": pending.ID, "clientToken": token.Text.Reveal(),
		"codeVersion":     code.UpdatedAt.Format(time.RFC3339Nano),
		"operatorVersion": changed.UpdatedAt.Format(time.RFC3339Nano),
		"clientVersion":   client.UpdatedAt.Format(time.RFC3339Nano)} {
		w.ids[noun+" "+target] = id
	}
}

// nativePath puts the target's ids into the pattern of a native or OAuth route.
func (w *world) nativePath(route httpkit.Route, target string) string {
	code, client, application, organization := "code", "client", "application", w.ids["organization "+target]
	operator := "user"
	switch route.Name {
	case "deleteOrganization", "activateOrganization", "confirmActivation":
		organization = "or-" + w.ids["idle "+target]
	case "endOverlap", "confirmEndOfOverlap":
		code = "rotated"
	case "endKeyOverlap":
		application = "rotatedApplication"
	case "removeTOTP", "changePassword", "resetPassword", "confirmPasswordReset",
		"updateOperator", "confirmRemovalOfOperator", "deleteOperator": // one's own ask for more
		operator = "factored"
	case "approveClient", "refuseClient", "confirmApprovalOfClient", "confirmRefusalOfClient":
		client = "pending"
	}
	return strings.NewReplacer("{organization}", organization, "{request}", w.ids["request "+target],
		"{code}", w.ids[code+" "+target], "{client}", w.ids[client+" "+target],
		"{application}", w.ids[application+" "+target],
		"{link}", w.ids["link "+target], "{operator}", w.ids[operator+" "+target]).Replace(route.Pattern)
}
