// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/apitype"
	"gatehouse/client"
	"gatehouse/internal/tenancytest"
)

// source gets tokens "1", "2" and so on, each of which lives for a quarter of an hour.
type source struct {
	asked atomic.Int64
	fail  atomic.Pointer[error]
	takes time.Duration
}

func (s *source) Token(ctx context.Context) (client.Token, error) {
	n := s.asked.Add(1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return client.Token{}, ctx.Err()
	}
	if err := s.fail.Load(); err != nil {
		return client.Token{}, *err
	}
	return client.Token{Text: fmt.Sprint(n), ExpiresAt: time.Now().Add(15 * time.Minute)}, nil
}

// took answers every request, with the access token as the id.
func took(_ int, r *http.Request) (*http.Response, error) {
	return reply(200, fmt.Sprintf(`{"id":%q}`, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
}

// wantToken fails the test unless the next request has the token.
func wantToken(t *testing.T, c *client.Client, want string) {
	t.Helper()
	if o, err := c.Organizations.Get(t.Context(), "x"); err != nil || o.ID != want {
		t.Errorf("the token is %q, want %q: %v", o.ID, want, err)
	}
}

// A token serves until a minute before its end, and then all goroutines wait for one renewal.
func TestRenewal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second}
		c := (&fake{answer: took}).client(t, client.WithTokenSource(s))
		for _, round := range []struct {
			after time.Duration
			want  string
		}{{0, "1"}, {14*time.Minute - time.Second, "1"}, {time.Second, "2"}, {13 * time.Minute, "2"},
			{time.Hour, "3"}} {
			time.Sleep(round.after)
			var all sync.WaitGroup
			for range 100 {
				all.Go(func() { wantToken(t, c, round.want) })
			}
			all.Wait()
		}
		if n := s.asked.Load(); n != 3 {
			t.Errorf("%d tokens were got", n)
		}
	})
}

// While a token is good, a renewal that fails does no harm, and is tried again soon. After its end the
// failure is the error, of one attempt for all that wait.
func TestRenewalFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second}
		c := (&fake{answer: took}).client(t, client.WithTokenSource(s))
		wantToken(t, c, "1")
		broken := errors.New("broken")
		s.fail.Store(&broken)
		time.Sleep(14 * time.Minute)
		for range 10 {
			wantToken(t, c, "1")
		}
		if n := s.asked.Load(); n != 2 {
			t.Errorf("%d attempts within five seconds", n-1)
		}
		time.Sleep(time.Minute)
		before := s.asked.Load()
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := c.Organizations.Get(t.Context(), "x"); !errors.Is(err, broken) {
					t.Errorf("after the end: %v", err)
				}
			})
		}
		all.Wait()
		if n := s.asked.Load() - before; n != 1 {
			t.Errorf("a hundred goroutines made %d attempts", n)
		}
		s.fail.Store(nil)
		wantToken(t, c, fmt.Sprint(s.asked.Load()+1))
	})
}

// If the goroutine that renews is cancelled, those that wait do not fail with it.
func TestRenewalIsCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: 10 * time.Second}
		c := (&fake{answer: took}).client(t, client.WithTokenSource(s))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := c.Organizations.Get(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the cancelled one: %v", err)
			}
		})
		synctest.Wait()
		for range 10 {
			all.Go(func() {
				if _, err := c.Organizations.Get(t.Context(), "x"); err != nil {
					t.Errorf("one that waits: %v", err)
				}
			})
		}
		short, end := context.WithTimeout(t.Context(), 2*time.Second)
		defer end()
		all.Go(func() {
			if _, err := c.Organizations.Get(short, "x"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("one that waits too long: %v", err)
			}
		})
		all.Wait()
		if n := s.asked.Load(); n != 2 && n != 3 {
			t.Errorf("%d attempts", n)
		}
	})
}

// A token that the server refuses is renewed once, and once for all that were refused with it. A token
// that was given is not, and neither is one refused for another reason.
func TestRefusedToken(t *testing.T) {
	t.Parallel()
	refuse := func(bad ...string) func(int, *http.Request) (*http.Response, error) {
		return func(n int, r *http.Request) (*http.Response, error) {
			for _, b := range bad {
				if r.Header.Get("Authorization") == "Bearer "+b {
					return reply(401, `{"code":"invalid_token"}`)
				}
			}
			return took(n, r)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := &source{takes: time.Second}
		c := (&fake{answer: refuse("1")}).client(t, client.WithTokenSource(s))
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { wantToken(t, c, "2") })
		}
		all.Wait()
		if n := s.asked.Load(); n != 2 {
			t.Errorf("%d tokens were got", n)
		}
	})
	synctest.Test(t, func(t *testing.T) { // a refusal that comes late does not end the next token
		s := &source{}
		c := (&fake{answer: func(n int, r *http.Request) (*http.Response, error) {
			if n == 1 {
				time.Sleep(time.Minute)
			}
			return refuse("1")(n, r)
		}}).client(t, client.WithTokenSource(s))
		var all sync.WaitGroup
		all.Go(func() { wantToken(t, c, "2") })
		time.Sleep(time.Second)
		wantToken(t, c, "2")
		all.Wait()
		wantToken(t, c, "2")
	})
	synctest.Test(t, func(t *testing.T) {
		s, f := &source{}, &fake{answer: refuse("1", "2", "3")}
		_, err := f.client(t, client.WithTokenSource(s)).AuthCodes.Reveal(t.Context(), "a", "b")
		if !errors.Is(err, client.ErrUnauthenticated) || f.count() != 2 || s.asked.Load() != 2 {
			t.Errorf("%d requests, %d tokens: %v", f.count(), s.asked.Load(), err)
		}
		f = &fake{answer: refuse("given")}
		_, err = f.client(t, client.WithToken("given")).Organizations.Get(t.Context(), "x")
		if !errors.Is(err, client.ErrUnauthenticated) || f.count() != 1 {
			t.Errorf("%d requests with a given token: %v", f.count(), err)
		}
		f = &fake{answer: func(int, *http.Request) (*http.Response, error) {
			return reply(401, `{"code":"invalid_credentials"}`)
		}}
		err = f.client(t, client.WithTokenSource(&source{})).Operators.ChangePassword(t.Context(), "me",
			apitype.PasswordChange{})
		if !errors.Is(err, client.ErrUnauthenticated) || f.count() != 1 {
			t.Errorf("%d requests with a wrong password: %v", f.count(), err)
		}
	})
}

// A source that returns no token, or that panics, leaves nobody waiting.
func TestBadSources(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f, first := &fake{answer: took}, true
		c := f.client(t, client.WithTokenSource(client.TokenFunc(func(context.Context) (client.Token, error) {
			if time.Sleep(time.Second); first {
				first = false
				panic("broken")
			}
			return client.Token{}, nil
		})))
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				defer func() { _ = recover() }()
				if _, err := c.Organizations.Get(t.Context(), "x"); err == nil {
					t.Error("there is no error without a token")
				}
			})
		}
		all.Wait()
		if f.count() != 0 {
			t.Errorf("%d requests without a token", f.count())
		}
	})
}

// Credentials are given once, and are not printed.
func TestCredentials(t *testing.T) {
	t.Parallel()
	for what, options := range map[string][]client.Option{
		"two kinds": {client.WithToken("x"), client.WithPassword("a", "b")}, "no token": {client.WithToken("")},
		"no key": {client.WithClientKey("a", "")}, "no private key": {client.WithPrivateKey("a", nil, "")},
		"no source": {client.WithTokenSource(nil)}, "no log-in": {client.WithLogin(nil)},
		"no client": {client.WithHTTPClient(nil)}} {
		if _, err := client.New("https://gatehouse.example.test", options...); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	f := &fake{answer: took}
	if _, err := f.client(t).Organizations.Get(t.Context(), "x"); !errors.Is(err, client.ErrUnauthenticated) ||
		f.count() != 0 {
		t.Errorf("without credentials: %v", err)
	}
	token := client.Token{Text: "hush"}
	c := f.client(t, client.WithToken("hush"))
	if text := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", token, token, token, token, c, c,
		c); strings.Contains(text,
		"hush") {
		t.Errorf("it prints %s", text)
	}
}

// With each kind of credentials a client gets in at the real endpoints. The clock of this machine is
// months ahead of the server's.
func TestRealCredentials(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.before = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Date", s.Clock.Now().UTC().Format(http.TimeFormat))
		return false
	}
	ctx, organization := t.Context(), s.Organization(t, "Birch").ID.String()
	code := tenancytest.Must(s.admin(t).AuthCodes.Create(ctx, organization,
		apitype.AuthCodeParams{Name: "spring",
			ExpiresAt: &apitype.Expiry{}, MaxUses: &apitype.Uses{}}))(t).AuthorizationCode
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	mustNot(t, err)
	ec := tenancytest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
	for name, key := range map[string]crypto.Signer{"Ed25519": ed, "P-256": ec} {
		e := tenancytest.Must(s.client(t).Enroll(ctx, apitype.Enrolment{AuthorizationCode: code,
			Client: apitype.EnrolmentClient{Name: name, InstanceID: name,
				PublicKey: tenancytest.Must(client.PublicKey(key.Public()))(t)}}))(t)
		token := tenancytest.Must(s.client(t, client.WithPrivateKey(e.ClientID, key, "")).Token(ctx))(t)
		if left := time.Until(token.ExpiresAt); left < 14*time.Minute || left > 15*time.Minute {
			t.Errorf("%s: the token lives for %s", name, left)
		}
		if state := tenancytest.Must(s.client(t).Registration(ctx, e.ClientID, e.RegistrationToken))(t); state !=
			"active" {
			t.Errorf("%s: the state is %s", name, state)
		}
		if _, err := s.client(t).Registration(ctx, e.ClientID, "GHMx"); !errors.Is(err, client.ErrUnauthenticated) {
			t.Errorf("%s: with a wrong token: %v", name, err)
		}
		for what, c := range map[string]*client.Client{
			"other key":    s.client(t, client.WithPrivateKey(e.ClientID, other(t, key), "")),
			"other server": s.client(t, client.WithPrivateKey(e.ClientID, key, "https://gatehouse.example.test")),
			"the key":      s.client(t, client.WithClientKey(e.ClientID, e.ClientKey))} {
			if _, err := c.Token(ctx); !errors.Is(err, client.ErrUnauthenticated) ||
				client.CodeOf(err) != "invalid_client" {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	if issuer := tenancytest.Must(s.client(t).Issuer(ctx))(t); issuer != s.url {
		t.Errorf("the issuer is %s", issuer)
	}
	p384 := tenancytest.Must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))(t)
	if _, err := client.PublicKey(p384.Public()); err == nil {
		t.Error("P-384 has a JWK")
	}
	if _, err := s.client(t, client.WithPrivateKey("x", p384, "")).Token(ctx); err == nil {
		t.Error("P-384 signs")
	}
}

// other returns another key of the same kind.
func other(t *testing.T, key crypto.Signer) crypto.Signer {
	t.Helper()
	if _, ok := key.(ed25519.PrivateKey); ok {
		_, private, err := ed25519.GenerateKey(rand.Reader)
		mustNot(t, err)
		return private
	}
	return tenancytest.Must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))(t)
}
