// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancytest"
)

// An access token that has ended stays ended while the clock is set back, and a log-in works
// then, with a second factor too: that goes by the clock of the operator's device.
func TestEndedTokenStaysEnded(t *testing.T) {
	t.Parallel()
	ctx, k := context.Background(), tenancytest.New(t)
	factor := k.Factor(t, "admin")
	k.Clock.Advance(time.Minute)
	logIn := func() string {
		code := must(secret.TOTPCode(factor, k.Clock.Now()))(t)
		token := must(k.LoginWithPassword(ctx, k.Anyone(), identity.LoginParams{Username: "admin",
			Password: k.AdminPassword, TOTPCode: code, Audience: tree}))(t)
		return token.Text.Reveal()
	}
	use := func(token string) error { return errOf(k.AuthenticateToken(ctx, k.Anyone().Origin, token, tree)) }
	first := logIn()
	if err := use(first); err != nil {
		t.Fatal(err)
	}
	k.Clock.Advance(2 * time.Hour)
	wantKind(t, "ended", use(first), problem.Unauthenticated, problem.CodeInvalidToken)
	k.Clock.Advance(-119 * time.Minute) // the step of the next code is not used up
	wantKind(t, "ended, and the clock set back", use(first), problem.Unauthenticated, problem.CodeInvalidToken)
	second := logIn()
	if err := use(second); err != nil {
		t.Errorf("a token that was made while the clock is set back: %v", err)
	}
	k.Clock.Advance(16 * time.Minute) // of which nineteen twentieths count
	wantKind(t, "the second, ended", use(second), problem.Unauthenticated, problem.CodeInvalidToken)
}
