// SPDX-License-Identifier: Apache-2.0

package certorder

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/acme"

	"gatehouse/internal/certtest"
)

func orderer(t *testing.T, domains ...string) *Orderer {
	t.Helper()
	o := New(Options{Folder: t.TempDir(), Domains: domains, Directory: "https://acme.example.test:14000/dir",
		Log: slog.New(slog.DiscardHandler)})
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return o
}

// When an order is due depends on what is there.
func TestDue(t *testing.T) {
	t.Parallel()
	ca, begin := certtest.New(t), time.Now().Add(-time.Hour).Truncate(time.Second)
	pair := ca.IssueFor(begin, begin.Add(9*time.Hour)) // for example.test, gatehouse.example.test and localhost
	good := slices.Concat(pair.Key, pair.Cert)
	for name, c := range map[string]struct {
		domains []string
		content []byte // nil: there is no file
		want    time.Duration
	}{
		"good":           {[]string{"example.test", "gatehouse.example.test"}, good, 6 * time.Hour},
		"other domain":   {[]string{"example.test", "two.example.test"}, good, 0},
		"none":           {[]string{"example.test"}, nil, 0},
		"no certificate": {[]string{"example.test"}, pair.Key, 0},
		"no key":         {[]string{"example.test"}, pair.Cert, 0},
		"of another key": {[]string{"example.test"}, slices.Concat(ca.Issue().Key, pair.Cert), 0},
	} {
		o := orderer(t, c.domains...)
		if c.content != nil {
			if err := os.WriteFile(o.File(), c.content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got := o.due(begin); got != c.want {
			t.Errorf("%s: due in %s, want %s", name, got, c.want)
		}
	}
}

// What belongs to one authority is nothing to another.
func TestFolderOfAuthority(t *testing.T) {
	t.Parallel()
	one, two := folderOf("https://acme.example.test/dir"), folderOf("https://acme.example.test/staging")
	if one == two || one != folderOf("https://acme.example.test/dir") || one[:18] != "acme.example.test-" {
		t.Errorf("got %q and %q", one, two)
	}
}

// The proof is for those alone that ask for it.
func TestChallengeIsForAuthorities(t *testing.T) {
	t.Parallel()
	o, proof := orderer(t, "example.test"), &tls.Certificate{}
	shown := func(name string, protocols ...string) *tls.Certificate {
		return o.Challenge(&tls.ClientHelloInfo{ServerName: name, SupportedProtos: protocols})
	}
	o.challenges["example.test"] = proof
	for _, c := range []struct {
		name      string
		protocols []string
		want      *tls.Certificate
	}{
		{"example.test", []string{"acme-tls/1"}, proof},
		{"Example.test", []string{"acme-tls/1"}, proof},
		{"other.example.test", []string{"acme-tls/1"}, nil},
		{"example.test", []string{"acme-tls/1", "h2"}, nil},
		{"example.test", []string{"h2", "http/1.1"}, nil},
		{"example.test", nil, nil},
	} {
		if got := shown(c.name, c.protocols...); got != c.want {
			t.Errorf("%s with %q: got %v", c.name, c.protocols, got)
		}
	}
	o.forget()
	if shown("example.test", "acme-tls/1") != nil {
		t.Error("a proof stays after the order")
	}
}

// Tries are further and further apart, and as far as the authority asks.
func TestPause(t *testing.T) {
	t.Parallel()
	var former time.Duration
	for failures := range 100 {
		wait := pause(failures, os.ErrNotExist)
		if wait < former || wait > longestWait || failures == 0 && wait != firstPause {
			t.Fatalf("after %d failures: %s", failures, wait)
		}
		former = wait
	}
	if former != longestWait {
		t.Errorf("at last %s", former)
	}
	limited := &acme.Error{StatusCode: http.StatusTooManyRequests,
		ProblemType: "urn:ietf:params:acme:error:rateLimited", Header: http.Header{"Retry-After": {"36000"}}}
	if got := pause(0, limited); got != 10*time.Hour {
		t.Errorf("the authority asked for ten hours, and gets %s", got)
	}
}
