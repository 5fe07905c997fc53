// SPDX-License-Identifier: Apache-2.0

package commvault

import "testing"

// Some sentences of the domain have this wire's own words here.
func TestOwnWords(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	session, limited := s.admin(t), "QSDK "+s.accessToken(t, "limited", "/plan").Access.Reveal()
	for _, test := range []struct{ method, body, token, path, want string }{
		{"POST", `{"tokenName":"a","tokenType":3,"apiEndpoints":["/"]}`, session, "error.errorMessage",
			"Each of the apiEndpoints must be the beginning of an address, such as /organization."},
		{"POST", `{"tokenName":"a","tokenExpiryTimestamp":1000000000}`, session, "error.errorMessage",
			"tokenExpiryTimestamp must be in the future, in seconds since 1970."},
		{"POST", `{"tokenName":"a","renewableUntilTimestamp":1000000000}`, session, "error.errorMessage",
			"renewableUntilTimestamp must be in the future, in seconds since 1970."},
		{"POST", `{"tokenName":"LIMITED"}`, session, "error.errorMessage",
			"Token name already present. Choose another name."},
		{"GET", "", limited, "errorMessage",
			"This access token is not for this call: its apiEndpoints do not name it."},
	} {
		w := s.sendJSON(t, test.method, tokensPath, test.body, test.token)
		if got := text(tree(t, w), test.path); got != test.want {
			t.Errorf("%s %s: got %q, want %q in %s", test.method, test.body, got, test.want, w.Body)
		}
	}
}
