// SPDX-License-Identifier: Apache-2.0

package tenancy_test

import (
	"context"
	"net/netip"
	"testing"

	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
	"gatehouse/internal/tenancytest"
)

func codeUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	id := k.Organization(t, "with codes").ID
	named := func(name string) tenancy.AuthCodeParams {
		return tenancy.AuthCodeParams{Name: name, Limits: tenancy.Unlimited()}
	}
	code := must(k.CreateAuthCode(ctx, k.Root(), id, named("code"), false))(t)
	off := must(k.CreateAuthCode(ctx, k.Root(), id, named("off"), false))(t)
	must(k.SwitchOffAuthCode(ctx, k.Root(), id, off.ID))(t)
	overlaps := must(k.CreateAuthCode(ctx, k.Root(), id, named("overlaps"), false))(t)
	must(k.RotateAuthCode(ctx, k.Root(), id, overlaps.ID, tenancy.MaxOverlap))(t)
	rotated := must(k.CreateAuthCode(ctx, k.Root(), id, named("rotated"), false))(t)
	turned := must(k.CreateAuthCode(ctx, k.Root(), id, named("turned"), false))(t)
	event := func(action string) string { return id.String() + " auth_code." + action }
	return map[string]useCase{
		"CreateAuthCode": does(func(c caller) error {
			return errOf(k.CreateAuthCode(ctx, c, id, named("created"), false))
		}, event("create")),
		"ImportAuthCode": does(func(c caller) error {
			return errOf(k.ImportAuthCode(ctx, c, id, importing(k), tenancy.ImportedText{Text: secret.NewPassword()}))
		}, event("import")),
		"ListAuthCodes": does(func(c caller) error {
			return errOf(k.ListAuthCodes(ctx, c, id,
				tenancy.IDOrder{Limit: 10}))
		}),
		"GetAuthCode": does(func(c caller) error { return errOf(k.GetAuthCode(ctx, c, id, code.ID)) }),
		"RevealAuthCode": does(func(c caller) error {
			return errOf(k.RevealAuthCode(ctx, c, id, code.ID))
		}, event("reveal")),
		"ListAuthCodeUses": does(func(c caller) error {
			return errOf(k.ListAuthCodeUses(ctx, c, id, code.ID, tenancy.CodeUseList{Limit: 10}))
		}),
		"UpdateAuthCode": does(func(c caller) error {
			return errOf(k.UpdateAuthCode(ctx, c, id, code.ID, changeOf(named("renamed"), code.UpdatedAt)))
		}, event("update")),
		"SwitchOffAuthCode": does(func(c caller) error {
			return errOf(k.SwitchOffAuthCode(ctx, c, id, turned.ID))
		}, event("switch_off")),
		"SwitchOnAuthCode": does(func(c caller) error {
			return errOf(k.SwitchOnAuthCode(ctx, c, id, off.ID))
		}, event("switch_on")),
		"RotateAuthCode": does(func(c caller) error {
			return errOf(k.RotateAuthCode(ctx, c, id, rotated.ID, 0))
		}, event("rotate")),
		"PreviewRotation": does(func(c caller) error {
			return errOf(k.PreviewRotation(ctx, c, id, code.ID, 0, 7))
		}),
		"EndOverlap": does(func(c caller) error {
			return errOf(k.EndOverlap(ctx, c, id, overlaps.ID))
		}, event("end_overlap")),
		"VerifyAuthCode": does(func(c caller) error {
			return errOf(k.VerifyAuthCode(ctx, c, code.Text.Reveal(), netip.Addr{}, true))
		}),
	}
}

func clientUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	id := k.Organization(t, "with clients").ID
	policy := tenancy.Policy{ApproveEnrolments: true}
	must(k.UpdateOrganization(ctx, k.Root(), id, tenancy.UpdateOrganizationParams{Policy: &policy}))(t)
	code := must(k.CreateAuthCode(ctx, k.Root(), id, tenancy.AuthCodeParams{Name: "code",
		Limits: tenancy.Unlimited()}, false))(t)
	enrol := func(c caller, instance string) (tenancy.IssuedClient, error) {
		return k.Enrol(ctx, c, tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: instance,
			InstanceID: instance})
	}
	in, out := must(enrol(k.Anyone(), "in"))(t), must(enrol(k.Anyone(), "out"))(t)
	gone, name := must(enrol(k.Anyone(), "gone"))(t), "new name"
	event := func(action string) string { return id.String() + " client." + action }
	enters := does(func(c caller) error { return errOf(enrol(c, "comes in")) }, event("enrol"))
	enters.caller, enters.open = k.Anyone(), "the proof is in the parameters"
	return map[string]useCase{
		"Enrol": enters,
		"ListClients": does(func(c caller) error {
			return errOf(k.ListClients(ctx, c, tenancy.ClientList{IDOrder: tenancy.IDOrder{Limit: 10}}))
		}),
		"GetClient": does(func(c caller) error { return errOf(k.GetClient(ctx, c, in.ID)) }),
		"UpdateClient": does(func(c caller) error {
			return errOf(k.UpdateClient(ctx, c, in.ID, tenancy.UpdateClientParams{Name: &name}))
		}, event("update")),
		"ApproveClient": does(func(c caller) error { return errOf(k.ApproveClient(ctx, c, in.ID)) },
			event("approve")),
		"RefuseClient": does(func(c caller) error { return errOf(k.RefuseClient(ctx, c, out.ID)) },
			event("refuse")),
		"RevokeClient": does(func(c caller) error { return errOf(k.RevokeClient(ctx, c, gone.ID)) },
			event("revoke")),
	}
}

func clientLoginUseCases(t *testing.T, k *tenancytest.Kit) map[string]useCase {
	ctx := context.Background()
	id := withCode(t, k, "where clients log in")
	_, code, err := k.IssuePrimaryAuthCode(ctx, k.Root(), id)
	if err != nil {
		t.Fatal(err)
	}
	client := must(k.Enrol(ctx, k.Anyone(), tenancy.EnrolParams{AuthCode: code.Text.Reveal(), Name: "c",
		InstanceID: "c"}))(t)
	token := must(k.LoginClient(ctx, k.Anyone(), client.ID, client.Key, tenancy.KeyInHeader,
		tree))(t).Text.Reveal()
	enters := does(func(c caller) error {
		return errOf(k.LoginClient(ctx, c, client.ID, client.Key, tenancy.KeyInHeader, tree))
	})
	enters.caller, enters.open = k.Anyone(), "the proof is in the parameters"
	revokes := does(func(c caller) error { return k.RevokeToken(ctx, c, token, tree) },
		id.String()+" access_token.revoke")
	revokes.caller = must(k.AuthenticateToken(ctx, k.Anyone().Origin, token, tree))(t)
	revokes.open = "another's token is left as it is"
	return map[string]useCase{
		"LoginClient": enters,
		"Introspect":  does(func(c caller) error { return errOf(k.Introspect(ctx, c, token, tree)) }),
		"RevokeToken": revokes,
	}
}
