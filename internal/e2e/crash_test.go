// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/tenancy"
)

// TestKilledServerLosesNothing kills a server while clients change things,
// again and again: whatever it had acknowledged is there afterwards, and the
// audit tells all of it.
func TestKilledServerLosesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, e engine) {
		s := usedSite(t, e).watched()
		p := start(t, s)
		password := p.firstPassword()
		c := newClient(t, p.url)
		admin, session := c.token(ccadmin, "admin", password), c.session("admin", password)
		known := map[string]*acknowledged{}
		const rounds = 3
		for round := range rounds {
			changes := loadAndKill(t, p, admin, round)
			maps.Copy(known, changes)
			p = start(t, s)
			c = newClient(t, p.url)
			listed := c.allOrganizations(admin)
			for id, want := range known {
				if listed[id] != want.name {
					t.Errorf("round %d: %s is %q, acknowledged as %q", round, id, listed[id], want.name)
				}
			}
			for id, want := range changes {
				want.checkCode(t, c.reveal(session, id))
			}
		}
		p.stop(t)
		s.checkAudit(t, known)
	})
}

// acknowledged has the answers that a client received about an organization.
type acknowledged struct {
	name   string
	codes  []string
	asking bool // for one code more when the server went away
}

// checkCode wants the last acknowledged code, or the one that was being made.
func (a *acknowledged) checkCode(t *testing.T, shown string) {
	t.Helper()
	last := ""
	if len(a.codes) > 0 {
		last = a.codes[len(a.codes)-1]
	}
	if shown != last && (!a.asking || shown == "" || slices.Contains(a.codes, shown)) {
		t.Errorf("%s has another code than the last of %d acknowledged ones", a.name, len(a.codes))
	}
}

// loadAndKill lets clients make organizations and codes, and kills the server under them
// as soon as there are enough. It returns the answers that they received.
func loadAndKill(t *testing.T, p *process, token string, round int) map[string]*acknowledged {
	t.Helper()
	const workers, codes, enough = 8, 3, 40
	var mu sync.Mutex
	known := map[string]*acknowledged{}
	var group sync.WaitGroup
	c := newClient(t, p.url)
	for w := range workers {
		group.Go(func() {
			for n := 0; ; n++ {
				a := &acknowledged{name: fmt.Sprintf("Orchard %d-%d-%d", round, w, n)}
				id, err := c.attempt(ccadmin+"/organizations", marshal(map[string]string{"name": a.name}), token, "id")
				if err != nil {
					return
				}
				mu.Lock()
				known[id] = a // nobody else touches it until all are done
				mu.Unlock()
				for range codes {
					a.asking = true
					code, err := c.attempt(ccadmin+"/organizations/"+id+"/authorizationCode", "", token, "authorizationCode")
					if err != nil {
						return
					}
					a.codes, a.asking = append(a.codes, code), false
				}
			}
		})
	}
	within(t, time.Minute, "there is load", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(known) >= enough
	})
	p.kill()
	group.Wait()
	return known
}

var errRefused = errors.New("refused")

// attempt posts and returns one member of the answer. It is for any goroutine.
func (c *client) attempt(path, body, token, member string) (string, error) {
	a, err := c.try(http.MethodPost, path, strings.NewReader(body), jsonType, bearer(token))
	if err == nil && a.status != http.StatusOK {
		err = errRefused
	}
	if err == nil && a.member(member) == "" {
		err = io.ErrUnexpectedEOF
	}
	return a.member(member), err
}

// allOrganizations returns the names by id, read page by page.
func (c *client) allOrganizations(token string) map[string]string {
	c.t.Helper()
	all := map[string]string{}
	for {
		a := c.want(c.get(fmt.Sprintf("%s/organizations?sort=id:asc&limit=200&offset=%d", ccadmin, len(all)),
			bearer(token)), http.StatusOK, "list organizations")
		ids, names := a.list("id"), a.list("name")
		for i, id := range ids {
			all[id] = names[i]
		}
		if len(ids) == 0 {
			return all
		}
	}
}

// checkAudit wants every chain whole, every acknowledged code told in it, and
// the file sound.
func (s site) checkAudit(t *testing.T, known map[string]*acknowledged) {
	t.Helper()
	service, _ := s.open(t)
	ids := []tenancy.OrganizationID{tenancy.RootID}
	for id := range known {
		ids = append(ids, must(tenancy.ParseOrganizationID(id))(t))
	}
	for _, id := range ids {
		if _, err := service.VerifyAudit(t.Context(), id); err != nil {
			t.Errorf("the audit of %s: %v", id, err)
		}
	}
	issued := map[string]int{}
	s.query(t, "SELECT organization_id FROM audit_events WHERE action = 'auth_code.issue'",
		func(values []any) { issued[fmt.Sprint("or-", values[0])]++ })
	for id, a := range known {
		if issued[id] < len(a.codes) {
			t.Errorf("%s: %d codes were acknowledged, the audit has %d", id, len(a.codes), issued[id])
		}
	}
	if s.engine == onSQLite {
		s.query(t, "PRAGMA integrity_check", func(values []any) {
			if fmt.Sprint(values[0]) != "ok" {
				t.Errorf("the file: %v", values[0])
			}
		})
	}
}
