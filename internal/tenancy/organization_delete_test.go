// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

// ownApplication registers an application of an organization: no use case makes
// one yet, but the store holds them.
func ownApplication(t *testing.T, k *tenancytest.Kit, id tenancy.OrganizationID) (string, secret.Secret) {
	t.Helper()
	ctx := context.Background()
	a := tenancy.StoredApplication{Application: tenancy.Application{ID: uuid.NewString(), OrganizationID: id,
		Name: "own", Type: tenancy.TypeApplication, CreatedAt: k.Clock.Now()}}
	a.Key = tenancy.ApplicationKey{ID: secret.NewID(), IssuedAt: k.Clock.Now().Truncate(time.Second)}
	text := must(k.Keys.SignKey(secret.KeyClaims{Issuer: secret.Issuer, ApplicationID: a.ID, ID: a.Key.ID,
		IssuedAt: a.Key.IssuedAt}))(t)
	a.KeyDigest = k.Keys.Digest(secret.ForApplicationKey, text)
	if err := k.Store.Update(ctx, func(tx tenancy.Tx) error {
		return tx.InsertApplication(ctx,
			a)
	}); err != nil {
		t.Fatal(err)
	}
	return a.ID, text
}

func TestDeleteOrganization(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o, other := k.Organization(t, "Gone"), k.Organization(t, "Stays")
	if _, _, err := k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID); err != nil {
		t.Fatal(err)
	}
	application, _ := ownApplication(t, k, o.ID)
	k.Operator(t, "person", tenancy.Administrator, o.ID)

	wantKind(t, "active", k.DeleteOrganization(ctx, k.Root(), o.ID), problem.Conflict,
		problem.CodeOrganizationActive)
	wantKind(t, "root", k.DeleteOrganization(ctx, k.Root(), tenancy.RootID), problem.Conflict,
		problem.CodeRootOrganization)
	wantKind(t, "unknown", k.DeleteOrganization(ctx, k.Root(), 5), problem.NotFound,
		problem.CodeOrganizationNotFound)
	wantKind(t, "applicant", k.DeleteOrganization(ctx, k.Root(), k.Submit(t, "applicant").OrganizationID),
		problem.NotFound, problem.CodeOrganizationNotFound)
	tenant := k.OperatorCaller(t, "tenant", k.Operator(t, "tenant", tenancy.Administrator, other.ID))
	wantKind(t, "its own", k.DeleteOrganization(ctx, tenant, other.ID), problem.Denied, problem.CodeRootRequired)
	manager := k.OperatorCaller(t, "manager", k.Operator(t, "manager", tenancy.AccountManager, tenancy.RootID))
	wantKind(t, "manager", k.DeleteOrganization(ctx, manager, o.ID), problem.Denied,
		problem.CodePermissionMissing)
	wantKind(t, "anyone", k.DeleteOrganization(ctx, k.Anyone(), o.ID), problem.Unauthenticated,
		problem.CodeLoginRequired)

	off := false
	must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: &off}))(t)
	if err := k.DeleteOrganization(ctx, k.Root(), o.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, "twice", k.DeleteOrganization(ctx, k.Root(), o.ID), problem.NotFound,
		problem.CodeOrganizationNotFound)
	_, err := k.GetOrganization(ctx, k.Root(), o.ID)
	wantKind(t, "get", err, problem.NotFound, problem.CodeOrganizationNotFound)
	on := true
	_, err = k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: &on})
	wantKind(t, "update", err, problem.NotFound, problem.CodeOrganizationNotFound)
	_, _, err = k.IssuePrimaryAuthCode(ctx, k.Root(), o.ID)
	wantKind(t, "issue", err, problem.NotFound, problem.CodeOrganizationNotFound)
	_, _, err = k.RevealPrimaryAuthCode(ctx, k.Root(), o.ID)
	wantKind(t, "reveal", err, problem.NotFound, problem.CodeOrganizationNotFound)
	_, err = k.GetApplication(ctx, k.Root(), application)
	wantKind(t, "application", err, problem.NotFound, problem.CodeApplicationNotFound)
	_, err = k.CreateOperator(ctx, k.Root(), identity.CreateOperatorParams{Username: "new",
		Password: secret.NewPassword(), Role: tenancy.Auditor, Organization: o.ID})
	wantKind(t, "new operator", err, problem.NotFound, problem.CodeOrganizationNotFound)
	if got := k.Events(t, o.ID); got[len(got)-1] != "organization.delete" {
		t.Errorf("audit: %v", got)
	}
	if page, total, err := k.ListOrganizations(ctx, k.Root(), tenancy.ListParams{Limit: 9}); err != nil ||
		total != 1 || page[0].ID != other.ID {
		t.Errorf("listed: %v of %d, %v", page, total, err)
	}
	k.Operator(t, "person", tenancy.Auditor, other.ID) // the names are free
	if again := k.Organization(t, "GONE"); again.ID == o.ID {
		t.Error("the id came back")
	}
	_, err = k.CreateOrganization(ctx, k.Root(), tenancy.CreateOrganizationParams{ID: o.ID, Name: "x"})
	wantKind(t, "the id", err, problem.Conflict, problem.CodeOrganizationIDTaken)
}

// Whoever belongs to an organization is shut out as soon as it is switched off,
// and stays so when it is deleted: nothing that was remembered lets anyone in.
func TestNobodyOfADeadOrganization(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	o := k.Organization(t, "o")
	password := k.Operator(t, "person", tenancy.Administrator, o.ID)
	_, key := ownApplication(t, k, o.ID)
	origin := k.Anyone().Origin
	login := identity.LoginParams{Username: "person", Password: password, Audience: tree}
	token := must(k.LoginWithPassword(ctx, k.Anyone(), login))(t).Text.Reveal()
	running := must(k.LoginWithKey(ctx, k.Anyone(), key.Reveal(), tree))(t).Text.Reveal()
	start := identity.StartSessionParams{Username: "person", Password: password, DeviceID: "d"}
	session := must(k.StartSession(ctx, k.Anyone(), start))(t).Text.Reveal()
	ways := map[string]func() error{
		"token":            func() error { _, err := k.AuthenticateToken(ctx, origin, token, tree); return err },
		"application":      func() error { _, err := k.AuthenticateToken(ctx, origin, running, tree); return err },
		"session":          func() error { _, err := k.AuthenticateSession(ctx, origin, session); return err },
		"log-in":           func() error { _, err := k.LoginWithPassword(ctx, k.Anyone(), login); return err },
		"session's log-in": func() error { _, err := k.StartSession(ctx, k.Anyone(), start); return err },
		"key": func() error {
			_, err := k.LoginWithKey(ctx, k.Anyone(), key.Reveal(),
				tree)
			return err
		},
	}
	try := func(when string, want error, but ...string) {
		t.Helper()
		for what, way := range ways {
			if slices.Contains(but, what) {
				continue
			}
			if err := way(); want == nil && err != nil {
				t.Errorf("%s, %s: %v", when, what, err)
			} else if want != nil {
				wantKind(t, when+", "+what, err, problem.Unauthenticated, "")
			}
		}
	}
	renew := func() error { _, err := k.RenewSession(ctx, k.Anyone(), session, "d"); return err }
	switchTo := func(active bool) {
		t.Helper()
		must(k.UpdateOrganization(ctx, k.Root(), o.ID, tenancy.UpdateOrganizationParams{Active: &active,
			KeepSecrets: true}))(t)
	}
	try("active", nil)
	switchTo(false)
	try("inactive", problem.Unauthenticated)
	wantKind(t, "inactive, renewal", renew(), problem.Unauthenticated, "")
	switchTo(true)
	try("active again", nil)
	switchTo(false)
	if err := k.DeleteOrganization(ctx, k.Root(), o.ID); err != nil {
		t.Fatal(err)
	}
	try("deleted", problem.Unauthenticated)
	wantKind(t, "deleted, renewal", renew(), problem.Unauthenticated, "")
}
