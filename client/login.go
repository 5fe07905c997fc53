// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"crypto"
	"errors"
	"net/http"
	"net/url"
	"time"

	"gatehouse/apitype"
)

// WithToken sends an access token with every request. It cannot be renewed.
func WithToken(text string) Option {
	return withSource(text == "", func(*Client) TokenSource { return given(text) })
}

// WithTokenSource gets access tokens from a source.
func WithTokenSource(source TokenSource) Option {
	return withSource(source == nil, func(*Client) TokenSource { return source })
}

// WithPassword logs an operator in, and again before each token ends. An operator with a second
// factor needs WithLogin.
func WithPassword(username, password string) Option {
	return WithLogin(func(context.Context) (apitype.Login, error) {
		return apitype.Login{Username: username, Password: password}, nil
	})
}

// WithLogin logs an operator in with what a function returns, such as a program that asks for the
// second factor. It is called again before each token ends.
func WithLogin(ask func(context.Context) (apitype.Login, error)) Option {
	return withSource(ask == nil, func(c *Client) TokenSource {
		return TokenFunc(func(ctx context.Context) (Token, error) {
			login, err := ask(ctx)
			if err != nil {
				return Token{}, err
			}
			a, err := c.Login(WithAnswer(ctx, &Answer{}), login)
			return tokenOf(a.AccessToken, a.ExpiresIn), err
		})
	})
}

// WithClientKey gets access tokens with the id and the key of a client or of an application.
func WithClientKey(id, key string) Option {
	return withSource(id == "" || key == "", func(c *Client) TokenSource {
		return TokenFunc(func(ctx context.Context) (Token, error) {
			return c.oauthToken(ctx, &Answer{}, url.Values{"client_id": {id}, "client_secret": {key}})
		})
	})
}

// WithPrivateKey gets access tokens with the key pair that a client is bound to: Ed25519, or ECDSA on
// P-256. The issuer is the public address of the server; "" is the address given to New. If the
// clock of this machine is wrong, it goes by that of the server.
func WithPrivateKey(id string, key crypto.Signer, issuer string) Option {
	return withSource(id == "" || key == nil, func(c *Client) TokenSource {
		if issuer == "" {
			issuer = c.server
		}
		return TokenFunc(func(ctx context.Context) (Token, error) {
			var a Answer
			now := time.Now()
			token, err := c.assert(ctx, &a, id, issuer, key, now)
			if errors.Is(err, ErrUnauthenticated) && !a.Time.IsZero() && a.Time.Sub(now).Abs() > time.Minute {
				token, err = c.assert(ctx, &a, id, issuer, key, a.Time)
			}
			return token, err
		})
	})
}

// assert gets a token by an assertion of a time.
func (c *Client) assert(ctx context.Context, a *Answer, id, issuer string, key crypto.Signer,
	now time.Time) (Token, error) {
	assertion, err := signAssertion(id, issuer, key, now)
	if err != nil {
		return Token{}, err
	}
	return c.oauthToken(ctx, a, url.Values{"client_id": {id}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}})
}

// withSource sets the one source of access tokens.
func withSource(empty bool, source func(*Client) TokenSource) Option {
	return func(s *settings) error {
		switch {
		case empty:
			return errors.New("the credentials are empty")
		case s.source != nil:
			return errors.New("there are two kinds of credentials; give one")
		}
		s.source = source
		return nil
	}
}

// tokenOf returns a token that ends after some seconds.
func tokenOf(text string, seconds int64) Token {
	return Token{text, time.Now().Add(time.Duration(seconds) * time.Second)}
}

// oauthToken gets a token by client credentials (RFC 6749, section 4.4).
func (c *Client) oauthToken(ctx context.Context, answer *Answer, form url.Values) (Token, error) {
	var a struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int64  `json:"expires_in"`
	}
	form.Set("grant_type", "client_credentials")
	err := c.do(WithAnswer(ctx, answer), call{method: http.MethodPost, path: []string{"oauth2", "token"},
		form: form, result: &a, open: true})
	return tokenOf(a.AccessToken, a.ExpiresIn), err
}

// Token returns the access token of the client's credentials, a new one if there is none or it ends
// soon. ErrUnauthenticated: the client has no credentials, or they are refused.
func (c *Client) Token(ctx context.Context) (Token, error) {
	if c.tokens == nil {
		return Token{}, ErrUnauthenticated
	}
	return c.tokens.Token(ctx)
}

// Login logs an operator in. The client goes on with the credentials that it has: use the token with
// another client, or WithPassword.
func (c *Client) Login(ctx context.Context, l apitype.Login) (apitype.AccessToken, error) {
	return open[apitype.AccessToken](ctx, c, l, false, "login")
}

// Logout ends the access token of the client.
func (c *Client) Logout(ctx context.Context) error {
	return c.do(ctx, call{method: http.MethodPost, path: v1("logout")})
}
