// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gatehouse/apitype"
	"gatehouse/client"
)

// calls are one call of each kind that is sent again by other rules.
func calls() map[string]func(ctx context.Context, c *client.Client) error {
	return map[string]func(ctx context.Context, c *client.Client) error{
		"GET": func(ctx context.Context, c *client.Client) error { return errOf(c.Organizations.Get(ctx, "or-1")) },
		"POST": func(ctx context.Context, c *client.Client) error {
			return errOf(c.Organizations.Create(ctx, apitype.OrganizationParams{Name: "Birch"}))
		},
		"enroll": func(ctx context.Context, c *client.Client) error {
			return errOf(c.Enroll(ctx,
				apitype.Enrolment{}))
		},
		"POST without a key": func(ctx context.Context,
			c *client.Client) error {
			return errOf(c.AuthCodes.Reveal(ctx, "a", "b"))
		},
		"login": func(ctx context.Context, c *client.Client) error {
			return errOf(c.Login(ctx,
				apitype.Login{}))
		},
		"PATCH": func(ctx context.Context, c *client.Client) error {
			return errOf(c.Organizations.Update(ctx, "or-1", apitype.OrganizationChange{}))
		},
		"PUT": func(ctx context.Context, c *client.Client) error {
			return errOf(c.Organizations.ReplacePolicy(ctx, "or-1", apitype.Policy{}))
		},
		"PATCH with If-Match": func(ctx context.Context, c *client.Client) error {
			return errOf(c.Organizations.Update(client.WithIfMatch(ctx, `"x"`), "or-1", apitype.OrganizationChange{}))
		},
		"DELETE": func(ctx context.Context, c *client.Client) error { return c.Organizations.Delete(ctx, "or-1") },
	}
}

func errOf[T any](_ T, err error) error { return err }

// failures are what may happen to a request.
func failures() map[string]func(r *http.Request) (*http.Response, error) {
	answers := map[string]func(r *http.Request) (*http.Response, error){"lost": lose,
		"unsent": func(*http.Request) (*http.Response, error) { return unsent() }}
	for _, status := range []int{302, 400, 401, 403, 404, 409, 412, 422, 429, 500, 501, 502, 503, 504} {
		answers[fmt.Sprint(status)] = func(*http.Request) (*http.Response, error) { return reply(status, "{}") }
	}
	return answers
}

// kinds says what each failure is.
func kinds() map[string]error {
	return map[string]error{"lost": client.ErrLost, "unsent": client.ErrUnavailable, "302": client.ErrInternal,
		"400": client.ErrInvalid, "401": client.ErrUnauthenticated, "403": client.ErrDenied,
		"404": client.ErrNotFound,
		"409": client.ErrConflict, "412": client.ErrChanged, "422": client.ErrInvalid, "429": client.ErrTooMany,
		"500": client.ErrInternal, "501": client.ErrInternal, "502": client.ErrLost, "503": client.ErrUnavailable,
		"504": client.ErrLost}
}

// Every kind of call, with everything that may happen to it: which is sent again, and what the error is.
func TestSentAgain(t *testing.T) {
	t.Parallel()
	nothingDone, unknown := []string{"429", "503", "unsent"}, []string{"lost", "502", "504"}
	again := map[string][]string{"POST without a key": nil, "login": nil, "DELETE": nothingDone,
		"PATCH with If-Match": nothingDone}
	for what, call := range calls() {
		for name, fail := range failures() {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					f := &fake{answer: func(_ int, r *http.Request) (*http.Response, error) { return fail(r) }}
					err := call(t.Context(), f.client(t, client.WithToken("x")))
					may, special := again[what]
					if !special {
						may = slices.Concat(nothingDone, unknown)
					}
					want := 1
					if slices.Contains(may, name) {
						want = 5
					}
					if f.count() != want || !errors.Is(err, kinds()[name]) {
						t.Errorf("%d attempts, want %d; %v is not %v", f.count(), want, err, kinds()[name])
					}
					if errors.Is(err, client.ErrLost) != slices.Contains(unknown, name) {
						t.Errorf("%v: the server may have done it: %t", err, errors.Is(err, client.ErrLost))
					}
					wantSame(t, f)
				})
			})
		}
	}
}

// wantSame fails the test unless all attempts are the same request.
func wantSame(t *testing.T, f *fake) {
	t.Helper()
	for i, r := range f.requests {
		first := f.requests[0]
		if f.bodies[i] != f.bodies[0] || r.URL.String() != first.URL.String() ||
			r.Header.Get("Idempotency-Key") != first.Header.Get("Idempotency-Key") {
			t.Errorf("attempt %d is another request: %v %s, not %v %s", i+1, r.Header, f.bodies[i], first.Header,
				f.bodies[0])
		}
	}
}

// It works at the third attempt. Each wait is longer than the one before, and they are spread.
func TestBackoff(t *testing.T) {
	t.Parallel()
	totals := map[time.Duration]bool{}
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{answer: func(n int, r *http.Request) (*http.Response, error) {
				if n < 5 {
					return reply(503, "{}")
				}
				return reply(200, `{"id":"or-1"}`)
			}}
			began := time.Now()
			o, err := f.client(t, client.WithToken("x")).Organizations.Get(t.Context(), "or-1")
			took := time.Since(began)
			if err != nil || o.ID != "or-1" {
				t.Errorf("got %v, %v", o, err)
			}
			if longest := 250 * 15 * time.Millisecond; took > longest || took < longest/2 {
				t.Errorf("it took %s, not %s to %s", took, longest/2, longest)
			}
			totals[took] = true
		})
	}
	if len(totals) < 5 {
		t.Errorf("all wait as long: %v", totals)
	}
}

// Retry-After is obeyed, in both of its forms, unless it is too long to wait for.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"7": 7 * time.Second, "30": 30 * time.Second,
		"31": -31 * time.Second, "86400": -24 * time.Hour, "99999999999999999999": 0, "-1": 0, "soon": 0, "0": 0,
		"date": 10 * time.Second, "far date": -time.Hour, "past date": 0} {
		for _, status := range []int{429, 503} {
			t.Run(fmt.Sprint(text, " ", status), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { checkRetryAfter(t, status, text, want) })
			})
		}
	}
}

func checkRetryAfter(t *testing.T, status int, text string, want time.Duration) {
	t.Helper()
	began := time.Now()
	for name, after := range map[string]time.Duration{"date": want, "far date": time.Hour,
		"past date": -time.Hour} {
		if text == name {
			text = began.Add(after).UTC().Format(http.TimeFormat)
		}
	}
	f := &fake{answer: func(n int, r *http.Request) (*http.Response, error) {
		if n == 1 {
			return reply(status, `{"code":"x"}`, "Retry-After: "+text)
		}
		return reply(200, "{}")
	}}
	_, err := f.client(t, client.WithToken("x")).Organizations.Get(t.Context(), "or-1")
	took := time.Since(began)
	switch {
	case want < 0:
		e, ok := errors.AsType[*client.Error](err)
		if !ok || took != 0 || e.RetryAfter < -want-time.Second || e.RetryAfter > -want {
			t.Errorf("took %s, and the error is %v", took, err)
		}
	case want == 0:
		if err != nil || took > 250*time.Millisecond || took == 0 {
			t.Errorf("took %s: %v", took, err)
		}
	case err != nil || took < want-time.Second || took > want*5/4+time.Second:
		t.Errorf("took %s, want %s: %v", took, want, err)
	}
}

// Many clients that are told to wait for as long do not come back at the same moment.
func TestRetryAfterIsSpread(t *testing.T) {
	t.Parallel()
	waits := map[time.Duration]bool{}
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{answer: func(n int, r *http.Request) (*http.Response, error) {
				if n == 1 {
					return reply(503, "{}", "Retry-After: 8")
				}
				return reply(200, "{}")
			}}
			began := time.Now()
			if _, err := f.client(t, client.WithToken("x")).Organizations.Get(t.Context(), "or-1"); err != nil {
				t.Error(err)
			}
			waits[time.Since(began)] = true
		})
	}
	if len(waits) < 5 {
		t.Errorf("they wait %v", waits)
	}
}

// A wait that would outlive the context is not begun, and a cancelled one ends at once. The error says
// both what happened and that the context ended.
func TestContextEndsAWait(t *testing.T) {
	t.Parallel()
	wait := func(*http.Request) (*http.Response, error) { return reply(503, "{}", "Retry-After: 20") }
	for what, limit := range map[string]time.Duration{"deadline": 10 * time.Second, "cancel": 25 * time.Second} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fake{answer: func(_ int, r *http.Request) (*http.Response, error) { return wait(r) }}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				want := time.Duration(0)
				if what == "deadline" {
					ctx, cancel = context.WithTimeout(ctx, limit)
					defer cancel()
				} else {
					want = 15 * time.Second
					time.AfterFunc(want, cancel)
				}
				began := time.Now()
				_, err := f.client(t, client.WithToken("x")).Organizations.Get(ctx, "or-1")
				if took := time.Since(began); took != want || f.count() != 1 {
					t.Errorf("took %s and %d attempts: %v", took, f.count(), err)
				}
				ended := map[string]error{"deadline": context.DeadlineExceeded, "cancel": context.Canceled}[what]
				if !errors.Is(err, client.ErrUnavailable) || !errors.Is(err, ended) || strings.Contains(err.Error(),
					"%!") {
					t.Errorf("the error is %v", err)
				}
			})
		})
	}
}

// A cancelled request is the context's error, and nothing is sent again. An attempt that takes too long
// is as one whose answer was lost.
func TestAttemptEnds(t *testing.T) {
	t.Parallel()
	hang := func(_ int, r *http.Request) (*http.Response, error) {
		_, _ = lose(r)
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: hang}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := calls()["POST"](ctx, f.client(t, client.WithToken("x"))); f.count() != 1 ||
			!errors.Is(err, context.DeadlineExceeded) || errors.Is(err, client.ErrUnavailable) {
			t.Errorf("%d attempts: %v", f.count(), err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := &fake{answer: hang}
		c := f.client(t, client.WithToken("x"), client.WithRetry(client.Retry{Attempts: 3, Timeout: time.Second}))
		began := time.Now()
		if err := calls()["POST"](t.Context(), c); f.count() != 3 || !errors.Is(err, client.ErrLost) ||
			time.Since(began) > 4*time.Second {
			t.Errorf("%d attempts in %s: %v", f.count(), time.Since(began), err)
		}
	})
}

// If one attempt was lost, the server may have done it, though the last one did not reach it. A plain
// answer to the last one counts.
func TestLostBefore(t *testing.T) {
	t.Parallel()
	for what, last := range map[string]struct {
		answer func(r *http.Request) (*http.Response, error)
		lost   bool
	}{"unsent": {failures()["unsent"], true}, "503": {failures()["503"], true}, "403": {failures()["403"],
		false},
		"409": {failures()["409"], false}} {
		synctest.Test(t, func(t *testing.T) {
			f := &fake{answer: func(n int, r *http.Request) (*http.Response, error) {
				if n == 2 {
					return lose(r)
				}
				if n == 1 {
					return unsent()
				}
				return last.answer(r)
			}}
			err := calls()["POST"](t.Context(), f.client(t, client.WithToken("x")))
			if errors.Is(err, client.ErrLost) != last.lost || !errors.Is(err, kinds()[what]) {
				t.Errorf("%s: %v: lost: %t", what, err, errors.Is(err, client.ErrLost))
			}
		})
	}
}

// Each call has a key of its own, unless the caller chooses one. Only calls that honour one have it.
func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	f := &fake{answer: func(int, *http.Request) (*http.Response, error) { return reply(200, "{}") }}
	c, seen := f.client(t, client.WithToken("x")), map[string]bool{}
	for what, call := range calls() {
		for _, ctx := range []context.Context{t.Context(), client.WithIdempotencyKey(t.Context(), `my "key" \ 1`)} {
			if err := call(ctx, c); err != nil {
				t.Fatal(what, err)
			}
			key := f.requests[len(f.requests)-1].Header.Get("Idempotency-Key")
			honours := what == "POST" || what == "enroll"
			switch own := ctx != t.Context(); {
			case !honours && key != "", honours && own && key != `"my \"key\" \\ 1"`,
				honours && !own && (len(key) != 28 || seen[key]):
				t.Errorf("%s has the key %q", what, key)
			}
			seen[key] = true
		}
	}
}

// Ids that would make another address are refused before anything is sent, and others are escaped.
func TestIDsInPaths(t *testing.T) {
	t.Parallel()
	f := &fake{answer: func(int, *http.Request) (*http.Response, error) { return reply(200, "{}") }}
	c := f.client(t, client.WithToken("x"))
	for _, id := range []string{"", ".", ".."} {
		if _, err := c.AuthCodes.Get(t.Context(), "or-1", id); !errors.Is(err, client.ErrInvalid) ||
			f.count() != 0 {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := c.Clients.Get(t.Context(), "a/b?c#%2f ü"); err != nil {
		t.Error(err)
	}
	if got := f.requests[0].URL.EscapedPath(); got != "/v1/clients/a%2Fb%3Fc%23%252f%20%C3%BC" {
		t.Errorf("the path is %s", got)
	}
}

// What is not of Gatehouse is an error that says so, and a proxy's page is not shown.
func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	for what, one := range map[string]struct {
		status     int
		body, kind string
		want       string
	}{
		"a page":         {200, "<html>", "text/html", "not one of Gatehouse"},
		"a cut answer":   {200, `{"id":`, "application/json", "cannot be read"},
		"a proxy's page": {403, "<html>secret", "text/html", "the server answered 403 Forbidden"},
		"no problem":     {400, "{", "application/problem+json", "the server answered 400 Bad Request"},
		"a sentence that draws": {400, `{"detail":"a\u001b[31mb\nc\u0007"}`, "application/problem+json",
			"a [31mb c "}, "a redirect": {301, "", "text/plain", "sends the request on"},
	} {
		f := &fake{answer: func(int, *http.Request) (*http.Response, error) {
			return reply(one.status, one.body, "Content-Type: "+one.kind, "Location: https://other.example.test/")
		}}
		_, err := f.client(t, client.WithToken("x")).Organizations.Get(t.Context(), "or-1")
		if err == nil || !strings.Contains(err.Error(), one.want) || strings.Contains(err.Error(), "secret") ||
			f.count() != 1 {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// A list whose pages do not go on ends with an error, which comes once, and a loop that is left asks for
// no further page.
func TestListsEnd(t *testing.T) {
	t.Parallel()
	f := &fake{answer: func(int, *http.Request) (*http.Response, error) {
		return reply(200, `{"items":[{"id":"or-1"},{"id":"or-2"}],"nextCursor":"x"}`)
	}}
	c, items, faults := f.client(t, client.WithToken("x")), 0, 0
	for _, err := range c.Organizations.List(t.Context(), client.ListOptions{}) {
		if err != nil {
			faults++
			continue
		}
		items++
	}
	if items != 2 || faults != 1 || f.count() != 2 {
		t.Errorf("%d items and %d errors of %d pages", items, faults, f.count())
	}
	for range c.Organizations.List(t.Context(), client.ListOptions{}) {
		break
	}
	if f.count() != 3 {
		t.Errorf("%d pages, though the loop was left at once", f.count()-2)
	}
}

// Pages that go round in a circle, and an answer that is no list, are errors: no list is without end,
// and what is no list is not an empty one.
func TestListsThatAreNone(t *testing.T) {
	t.Parallel()
	next := map[string]string{"": "a", "a": "b", "b": "c", "c": "d", "d": "b"}
	for name, answer := range map[string]func(r *http.Request) string{
		"a circle": func(r *http.Request) string {
			return `{"items":[],"nextCursor":"` + next[r.URL.Query().Get("cursor")] + `"}`
		},
		"no list":  func(*http.Request) string { return `{"status":"ok"}` },
		"no items": func(*http.Request) string { return `{"items":null}` },
	} {
		f := &fake{answer: func(n int, r *http.Request) (*http.Response, error) {
			if n > 20 {
				return reply(410, `{}`) // so that a test of a wrong client ends
			}
			return reply(200, answer(r))
		}}
		c, faults := f.client(t, client.WithToken("x")), 0
		for _, err := range c.Organizations.List(t.Context(), client.ListOptions{}) {
			if err != nil {
				faults++
			}
		}
		if faults != 1 || f.count() > 20 {
			t.Errorf("%s: %d errors of %d pages", name, faults, f.count())
		}
	}
}
