// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"testing"
	"time"

	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancytest"
)

// A token with a longer life is not refreshed: its log-out could be forgotten before what was
// refreshed from it ends.
func TestLongTokensAreNotRefreshed(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t)
	for lifetime, refreshed := range map[time.Duration]bool{0: true, 15 * time.Minute: true,
		15*time.Minute + time.Second: false, 8 * time.Hour: false} {
		token := must(k.LoginWithPassword(t.Context(), k.Anyone(), identity.LoginParams{Username: k.Admin,
			Password: k.AdminPassword, Audience: tenancytest.Tree, Lifetime: lifetime}))(t)
		caller := must(k.AuthenticateToken(t.Context(), k.Anyone().Origin, token.Text.Reveal(),
			tenancytest.Tree))(t)
		if _, err := k.RefreshToken(t.Context(), caller); refreshed && err != nil {
			t.Errorf("%s: %v", lifetime, err)
		} else if !refreshed {
			wantKind(t, lifetime.String(), err, problem.Unauthenticated, problem.CodeInvalidToken)
		}
	}
}

// A log-out is remembered as long as its token would have lived, however long that is, though
// others are forgotten in the meantime.
func TestLogOutOfALongToken(t *testing.T) {
	t.Parallel()
	k := tenancytest.New(t, func(o *tenancytest.Options) { o.LoginLife = 720 * time.Hour })
	login := func(lifetime time.Duration) (text string, logout func()) {
		token := must(k.LoginWithPassword(t.Context(), k.Anyone(), identity.LoginParams{Username: k.Admin,
			Password: k.AdminPassword, Audience: tenancytest.Tree, Lifetime: lifetime}))(t)
		text = token.Text.Reveal()
		caller := must(k.AuthenticateToken(t.Context(), k.Anyone().Origin, text, tenancytest.Tree))(t)
		return text, func() {
			if err := k.Logout(t.Context(), caller); err != nil {
				t.Fatal(err)
			}
		}
	}
	kept, _ := login(300 * time.Hour)
	ended, logout := login(300 * time.Hour)
	logout()
	for range 5 {
		k.Clock.Advance(50 * time.Hour)
		_, other := login(0)
		other() // removes what need not be remembered
		_, err := k.AuthenticateToken(t.Context(), k.Anyone().Origin, ended, tenancytest.Tree)
		wantKind(t, "logged out", err, problem.Unauthenticated, problem.CodeInvalidToken)
		must(k.AuthenticateToken(t.Context(), k.Anyone().Origin, kept, tenancytest.Tree))(t)
	}
}
