// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRepeatedAfterACrash kills a server under clients that name each of their requests.
// Then it sends all of them again: who had an answer gets the same one, who had none gets
// one, and nothing was done twice.
func TestRepeatedAfterACrash(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e).watched()
		p := start(t, s)
		c := newClient(t, p.url)
		password := p.firstPassword()
		organization := c.organization(ccadmin, c.token(ccadmin, "admin", password), "Orchard Ltd")
		native := bearer(c.nativeLogin(password))
		ask := func(c *client, key string) (answer, error) {
			return c.try(http.MethodPost, "/v1/organizations/"+organization+"/auth-codes",
				strings.NewReader(`{"name":"`+key+`","expiresAt":"never","maxUses":1}`), jsonType, native,
				"Idempotency-Key: "+key)
		}
		sent := sendAndKill(t, p, func(key string) (answer, error) { return ask(c, key) })
		before := s.count(t, "auth_codes")
		p = start(t, s)
		c = newClient(t, p.url)
		unanswered := 0
		for range 2 {
			for key, had := range sent {
				a, err := ask(c, key)
				if err != nil || a.status != http.StatusCreated || had != "" && a.body != had {
					t.Fatalf("%s: got %d %s %v, want %s", key, a.status, a.body, err, had)
				}
				if had == "" {
					unanswered++
				}
				sent[key] = a.body
			}
		}
		p.stop(t)
		made, events := 0, 0
		s.query(t, "SELECT name FROM auth_codes WHERE name LIKE 'key-%'", func([]any) { made++ })
		s.query(t, "SELECT action FROM audit_events WHERE action = 'auth_code.create'", func([]any) { events++ })
		if made != len(sent) || events != len(sent) {
			t.Errorf("%d requests made %d codes and %d events", len(sent), made, events)
		}
		t.Logf("%d requests, %d of them without an answer, %d codes after the crash", len(sent), unanswered, before)
	})
}

// sendAndKill lets clients send requests with keys, and kills the server under them. It
// returns the body of each answer by key, "" for a request without one.
func sendAndKill(t *testing.T, p *process, ask func(key string) (answer, error)) map[string]string {
	t.Helper()
	const workers, enough = 8, 60
	var mu sync.Mutex
	sent, answered := map[string]string{}, 0
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprintf("key-%d-%d", w, n)
				mu.Lock()
				sent[key] = ""
				mu.Unlock()
				a, err := ask(key)
				if err != nil {
					return
				}
				mu.Lock()
				sent[key] = a.body
				answered++
				mu.Unlock()
			}
		})
	}
	within(t, time.Minute, "there is load", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return answered >= enough
	})
	p.kill()
	group.Wait()
	return sent
}
