// SPDX-License-Identifier: Apache-2.0

package oauth

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/identity"
	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
	"gatehouse/internal/tenancy"
)

const (
	grantClient     = "client_credentials"
	methodBasic     = "client_secret_basic"
	methodPost      = "client_secret_post"
	methodAssertion = "private_key_jwt"
	assertionType   = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 §2.2
)

// token answers POST /oauth2/token (RFC 6749 §4.4).
func (s *server) token(w http.ResponseWriter, r *http.Request) error {
	values, err := form(w, r)
	if err != nil {
		return err
	}
	switch grant := values.Get("grant_type"); {
	case grant == "":
		return badRequest(errInvalidRequest, "Send grant_type=client_credentials.")
	case grant != grantClient:
		return badRequest(errGrant, "The only grant is client_credentials.")
	case values.Get("scope") != "":
		return badRequest(errScope, "There are no scopes here. Leave scope out.")
	}
	issued, err := s.logIn(r, values)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
	}{issued.Text.Reveal(), "Bearer", int64(issued.ExpiresIn / time.Second)})
}

// logIn checks the credentials of a client or of an application: in the header
// Authorization, in the body, or as a signed assertion. A request uses one way only (RFC
// 6749 §2.3).
func (s *server) logIn(r *http.Request, values url.Values) (identity.IssuedToken, error) {
	if err := oneWay(r, values); err != nil {
		return identity.IssuedToken{}, err
	}
	switch {
	case values.Has("client_assertion"):
		return s.logInSigned(r, values)
	case values.Has("client_secret"):
		return s.logInWithKey(r, values.Get("client_id"), values.Get("client_secret"), tenancy.KeyInBody)
	}
	id, key, ok := basicCredentials(r)
	if !ok || values.Has("client_id") && values.Get("client_id") != id {
		return identity.IssuedToken{}, badCredentials()
	}
	return s.logInWithKey(r, id, key, tenancy.KeyInHeader)
}

// oneWay refuses credentials that are sent in two ways, or twice in one.
func oneWay(r *http.Request, values url.Values) error {
	ways := len(r.Header["Authorization"])
	for _, name := range []string{"client_secret", "client_assertion"} {
		if values.Has(name) {
			ways++
		}
	}
	if ways > 1 {
		return badRequest(errInvalidRequest, "Send the credentials once, and in one way only.")
	}
	return nil
}

// logInWithKey tells a client from an application by the key. An application may send its key
// at every place.
func (s *server) logInWithKey(r *http.Request, id, key string, place tenancy.KeyPlace) (identity.IssuedToken,
	error) {
	caller := tenancy.Anonymous(origin(r))
	if uuid.Validate(id) != nil {
		return identity.IssuedToken{}, badCredentials()
	}
	if strings.Contains(key, ".") { // a JWT
		return s.identity.LoginApplication(r.Context(), caller, id, key, identity.NativeAudience)
	}
	return s.identity.LoginClient(r.Context(), caller, id, secret.Of(key), place, identity.NativeAudience)
}

func (s *server) logInSigned(r *http.Request, values url.Values) (identity.IssuedToken, error) {
	if values.Get("client_assertion_type") != assertionType {
		return identity.IssuedToken{}, badRequest(errInvalidRequest,
			"client_assertion_type must be "+assertionType+".")
	}
	base := issuer(r)
	return s.identity.LoginWithAssertion(r.Context(), tenancy.Anonymous(origin(r)), values.Get("client_id"),
		values.Get("client_assertion"), []string{base, base + pathToken}, identity.NativeAudience)
}

// basicCredentials reads the header Authorization of a client: both parts are encoded as
// in a form (RFC 6749 §2.3.1).
func basicCredentials(r *http.Request) (id, key string, ok bool) {
	user, password, sent := r.BasicAuth()
	id, badID := url.QueryUnescape(user)
	key, badKey := url.QueryUnescape(password)
	return id, key, sent && badID == nil && badKey == nil
}

func badCredentials() error {
	return problem.New(problem.Unauthenticated, problem.CodeInvalidCredentials)
}

// caller returns who sends the request: by the bearer of an access token, or by the
// credentials of a client or an application.
func (s *server) caller(r *http.Request, values url.Values) (tenancy.Caller, error) {
	if err := oneWay(r, values); err != nil {
		return tenancy.Caller{}, err
	}
	text := httpkit.Bearer(r.Header)
	if text == "" {
		issued, err := s.logIn(r, values)
		if err != nil {
			return tenancy.Caller{}, err
		}
		text = issued.Text.Reveal()
	}
	caller, err := s.identity.AuthenticateToken(r.Context(), origin(r), text, identity.NativeAudience)
	if err != nil {
		return tenancy.Caller{}, ofBearer(err)
	}
	httpkit.InfoOf(r).Caller = caller.Ref()
	return caller, nil
}
