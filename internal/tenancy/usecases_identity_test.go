// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func applicationUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	a, gone, rotated, name := k.Application(t, "a"), k.Application(t, "gone"), k.Application(t, "rotated"), "d"
	must(k.RotateApplicationKey(ctx, k.Root(), rotated.ID, identity.RotateKeyParams{Overlap: time.Hour}))(t)
	return map[string]useCase{
		"GetApplication": does(func(c caller) error { return errOf(k.GetApplication(ctx, c, a.ID)) }),
		"ListApplications": does(func(c caller) error {
			return errOf(k.ListApplications(ctx, c, tenancy.TypeApplication))
		}),
		"CreateApplication": does(func(c caller) error {
			p := identity.CreateApplicationParams{Name: "b", Type: tenancy.TypeApplication}
			return errOf(k.CreateApplication(ctx, c, p))
		}, "or-0 application.create"),
		"CreateExtension": does(func(c caller) error {
			return errOf(k.CreateExtension(ctx, c, "e"))
		}, "or-0 application.create"),
		"RenameApplication": does(func(c caller) error {
			return errOf(k.RenameApplication(ctx, c, a.ID, "c"))
		}, "or-0 application.rename"),
		"RenewApplicationKey": does(func(c caller) error {
			return errOf(k.RenewApplicationKey(ctx, c, a.ID))
		}, "or-0 application.renew_key"),
		"ApplicationPage": does(func(c caller) error {
			return errOf(k.ApplicationPage(ctx, c, tenancy.ApplicationList{}))
		}),
		"UpdateApplication": does(func(c caller) error {
			return errOf(k.UpdateApplication(ctx, c, a.ID, identity.UpdateApplicationParams{Name: &name}))
		}, "or-0 application.update"),
		"RotateApplicationKey": does(func(c caller) error {
			return errOf(k.RotateApplicationKey(ctx, c, a.ID, identity.RotateKeyParams{Overlap: time.Hour}))
		}, "or-0 application.rotate_key"),
		"EndKeyOverlap": does(func(c caller) error {
			return errOf(k.EndKeyOverlap(ctx, c, rotated.ID))
		}, "or-0 application.end_overlap"),
		"DeleteApplication": does(func(c caller) error {
			return k.DeleteApplication(ctx, c, gone.ID)
		}, "or-0 application.delete"),
	}
}

func operatorUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	ann := k.OperatorCaller(t, "ann", k.Operator(t, "ann", tenancy.Auditor, tenancy.RootID))
	k.Operator(t, "factored", tenancy.Auditor, tenancy.RootID)
	issue := func(c caller, name string) (identity.IssuedOperatorToken, error) {
		scope := tenancy.Scope{Kind: tenancy.ScopeAll}
		return k.IssueOperatorToken(ctx, c, identity.IssueOperatorTokenParams{Name: name, Scope: scope})
	}
	token, gone, name := must(issue(ann, "t"))(t), must(issue(ann, "gone"))(t), "new name"
	list := does(func(c caller) error { return errOf2(k.ListOperators(ctx, c, tenancy.ListParams{})) })
	list.open = "an operator sees itself"
	own := func(u useCase, open string) useCase { u.caller, u.open = ann, open; return u }
	return map[string]useCase{
		"ListOperators": list,
		"GetOperator":   does(func(c caller) error { return errOf(k.GetOperator(ctx, c, ann.ID)) }),
		"HasSecondFactor": does(func(c caller) error {
			return errOf(k.HasSecondFactor(ctx, c, "ann"))
		}),
		"CreateOperator": does(func(c caller) error {
			p := identity.CreateOperatorParams{Username: "bo", Password: secret.NewPassword(), Role: tenancy.Auditor}
			return errOf(k.CreateOperator(ctx, c, p))
		}, "or-0 operator.create"),
		"EnrollTOTP": does(func(c caller) error {
			text := secret.NewTOTP()
			code := must(secret.TOTPCode(text, k.Clock.Now()))(t)
			return errOf(k.EnrollTOTP(ctx, c, "factored", text, code))
		}, "or-0 operator.enroll_totp"),
		"ListOperatorTokens": does(func(c caller) error {
			return errOf(k.ListOperatorTokens(ctx, c, ann.ID))
		}),
		"IssueOperatorToken": own(does(func(c caller) error {
			return errOf(issue(c, "u"))
		}, "or-0 operator_token.issue"),
			"an operator's own"),
		"UpdateOperatorToken": own(does(func(c caller) error {
			return errOf(k.UpdateOperatorToken(ctx, c, token.ID, identity.UpdateOperatorTokenParams{Name: &name}))
		}, "or-0 operator_token.update"), ""),
		"RevokeOperatorToken": own(does(func(c caller) error {
			return k.RevokeOperatorToken(ctx, c, gone.ID)
		}, "or-0 operator_token.revoke"), ""),
		"RenewOperatorToken": own(does(func(c caller) error {
			return errOf(k.RenewOperatorToken(ctx, c, token.Access.Reveal(), token.Refresh.Reveal()))
		}, "or-0 operator_token.renew"), "for whoever has the pair"),
	}
}

func loginUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	key := k.Application(t, "logs in").KeyText.Reveal()
	password := k.Operator(t, "cy", tenancy.Auditor, tenancy.RootID)
	cy := k.OperatorCaller(t, "cy", password)
	start := identity.StartSessionParams{Username: "cy", Password: password, DeviceID: "d"}
	session := must(k.StartSession(ctx, k.Anyone(), start))(t).Text.Reveal()
	ending := must(k.StartSession(ctx, k.Anyone(), start))(t).ID
	open := func(u useCase, by caller, why string) useCase { u.caller, u.open = by, why; return u }
	const proof, own = "the proof is in the parameters", "about the caller's own token"
	return map[string]useCase{
		"LoginWithPassword": open(does(func(c caller) error {
			p := identity.LoginParams{Username: "cy", Password: password, Audience: tree}
			return errOf(k.LoginWithPassword(ctx, c, p))
		}, "or-0 operator.login"), k.Anyone(), proof),
		"LoginWithKey": open(does(func(c caller) error {
			return errOf(k.LoginWithKey(ctx, c, key, tree))
		}, "or-0 application.login"), k.Anyone(), proof),
		"StartSession": open(does(func(c caller) error { return errOf(k.StartSession(ctx, c, start)) },
			"or-0 operator.login"), k.Anyone(), proof),
		"RenewSession": open(does(func(c caller) error { return errOf(k.RenewSession(ctx, c, session, "d")) },
			"or-0 access_token.renew"), k.Anyone(), proof),
		"ListOwnSessions": open(does(func(c caller) error { return errOf(k.ListOwnSessions(ctx, c)) }), cy, own),
		"EndOwnSession": open(does(func(c caller) error {
			return k.EndOwnSession(ctx, c, ending)
		}, "or-0 access_token.revoke"), cy, own),
		"ConfirmPassword": open(does(func(c caller) error { return k.ConfirmPassword(ctx, c, password) }), cy, own),
		"RefreshToken":    open(does(func(c caller) error { return errOf(k.RefreshToken(ctx, c)) }), cy, own),
		"Logout": open(does(func(c caller) error {
			return k.Logout(ctx, c)
		}, "or-0 access_token.revoke"), cy, own),
	}
}

func managedOperatorUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	password := k.Operator(t, "factors", tenancy.Auditor, tenancy.RootID)
	factors := k.OperatorCaller(t, "factors", password)
	starting := k.Operator(t, "starts", tenancy.Auditor, tenancy.RootID)
	starts := k.OperatorCaller(t, "starts", starting)
	factored := k.OperatorCaller(t, "with-one", k.Operator(t, "with-one", tenancy.Auditor, tenancy.RootID))
	k.Factor(t, "with-one")
	renewing := k.Operator(t, "renews", tenancy.Auditor, tenancy.RootID)
	renewer := k.Factor(t, "renews")
	proof := identity.LoginParams{Username: "renews", Password: renewing, Audience: tree,
		TOTPCode: must(secret.TOTPCode(renewer, k.Clock.Now()))(t)}
	text := must(k.LoginWithPassword(ctx, k.Anyone(), proof))(t).Text.Reveal()
	renews := must(k.AuthenticateToken(ctx, k.Anyone().Origin, text, tree))(t)
	k.Clock.Advance(30 * time.Second)
	pending := must(k.StartTOTP(ctx, factors, identity.Self, password))(t)
	some := k.OperatorCaller(t, "some", k.Operator(t, "some", tenancy.Auditor, tenancy.RootID))
	goneID := k.OperatorCaller(t, "goes", k.Operator(t, "goes", tenancy.Auditor, tenancy.RootID)).ID
	name := "Some One"
	page := does(func(c caller) error { return errOf(k.OperatorPage(ctx, c, identity.OperatorList{})) })
	page.open = "an operator sees itself"
	own := func(u useCase, by caller) useCase { u.caller = by; return u }
	return map[string]useCase{
		"OperatorPage": page,
		"ReadOperator": does(func(c caller) error { return errOf(k.ReadOperator(ctx, c, some.ID)) }),
		"UpdateOperator": does(func(c caller) error {
			return errOf(k.UpdateOperator(ctx, c, some.ID, identity.UpdateOperatorParams{DisplayName: &name}))
		}, "or-0 operator.update"),
		"DisableOperator": does(func(c caller) error {
			return errOf(k.DisableOperator(ctx, c, some.ID))
		}, "or-0 operator.disable"),
		"EnableOperator": does(func(c caller) error {
			return errOf(k.EnableOperator(ctx, c, some.ID))
		}, "or-0 operator.enable"),
		"EndOperatorSessions": does(func(c caller) error {
			return errOf(k.EndOperatorSessions(ctx, c, some.ID))
		}, "or-0 operator.end_sessions"),
		"DeleteOperator": does(func(c caller) error { return k.DeleteOperator(ctx, c, goneID) },
			"or-0 operator.delete"),
		"ChangePassword": does(func(c caller) error {
			return k.ChangePassword(ctx, c, some.ID, identity.ChangePasswordParams{New: secret.NewPassword()})
		}, "or-0 operator.reset_password"),
		"StartTOTP": own(does(func(c caller) error { return errOf(k.StartTOTP(ctx, c, starts.ID, starting)) },
			"or-0 operator.start_totp"), starts),
		"ConfirmTOTP": own(does(func(c caller) error {
			code := must(secret.TOTPCode(pending.Secret, k.Clock.Now()))(t)
			return errOf(k.ConfirmTOTP(ctx, c, factors.ID, code))
		}, "or-0 operator.enroll_totp"), factors),
		"RenewRecoveryCodes": own(does(func(c caller) error {
			code := must(secret.TOTPCode(renewer, k.Clock.Now()))(t)
			p := identity.RemoveTOTPParams{Password: renewing, Code: code}
			return errOf(k.RenewRecoveryCodes(ctx, c, renews.ID, p))
		}, "or-0 operator.renew_recovery_codes"), renews),
		"RemoveTOTP": does(func(c caller) error {
			return k.RemoveTOTP(ctx, c, factored.ID, identity.RemoveTOTPParams{})
		}, "or-0 operator.remove_totp"),
	}
}
