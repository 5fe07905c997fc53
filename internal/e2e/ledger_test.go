// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/internal/secret"
)

// entry is a request that a client names with an Idempotency-Key, and sends to one replica after
// the other until it is decided.
type entry struct {
	key, path, body, token string
	code                   string // by id, of an enrolment
	answer                 string // of the first success; empty without one
	refused                bool   // by the code's limit
	tries                  int
}

// ledger has what replicas acknowledged to clients.
type ledger struct {
	t            *testing.T
	url          string // of the database that has it in the end
	env          settings
	replicas     []*client
	admin        string
	organization string
	codes        []ledgerCode
	stop         chan struct{}
	clients      sync.WaitGroup

	mu      sync.Mutex
	entries []*entry
	decided []time.Time // when
	slowest time.Duration
	unusual map[string]int // answers that no client should get, with how often
}

// ledgerCode is a code with a limit, and ledgerUses is the limit.
type ledgerCode struct{ id, text string }

const (
	ledgerClients = 8
	ledgerUses    = 25
)

// newLedger starts replicas on an empty database, and makes what its clients need.
func newLedger(t *testing.T, s site, replicas int) *ledger {
	t.Helper()
	s = s.with("GATEHOUSE_ADMIN_PASSWORD", secret.NewPassword().Reveal()).with("GATEHOUSE_RATE_LIMITS", "off")
	wantRun(t, s, 0, []string{"migrate"})
	l := &ledger{t: t, url: s.url, env: s.env, stop: make(chan struct{}), unusual: map[string]int{}}
	var processes []*process
	for range replicas {
		processes = append(processes, launchServer(t, s))
	}
	for _, p := range processes {
		p.await(t, startLimit)
		l.replicas = append(l.replicas, newClient(t, p.url))
	}
	c := l.replicas[0]
	password := s.env["GATEHOUSE_ADMIN_PASSWORD"]
	l.admin = c.nativeLogin(password)
	l.organization = c.organization(ccadmin, c.token(ccadmin, "admin", password), "Orchard Ltd")
	for range 4 {
		a := c.want(c.post(l.codesPath(), fmt.Sprintf(`{"name":"limited","expiresAt":"never","maxUses":%d}`,
			ledgerUses), jsonType, bearer(l.admin)), http.StatusCreated, "make a code")
		l.codes = append(l.codes, ledgerCode{a.member("id"), a.member("authorizationCode")})
	}
	return l
}

func (l *ledger) codesPath() string { return "/v1/organizations/" + l.organization + "/auth-codes" }

// run lets clients send requests until halt.
func (l *ledger) run() {
	for w := range ledgerClients {
		l.clients.Go(func() {
			for n := 0; ; n++ {
				e := l.next(w, n)
				for replica := w + n; !l.send(e, replica); replica++ {
					select {
					case <-l.stop:
						return
					case <-time.After(20 * time.Millisecond):
					}
				}
				select {
				case <-l.stop:
					return
				default:
				}
			}
		})
	}
}

// halt waits for the last answers.
func (l *ledger) halt() { close(l.stop); l.clients.Wait() }

// next writes down what a client is about to ask for: a code, or to be let in.
func (l *ledger) next(w, n int) *entry {
	e := &entry{key: fmt.Sprintf("key-%d-%d", w, n)}
	if n%2 == 0 {
		e.path, e.token = l.codesPath(), l.admin
		e.body = `{"name":"` + e.key + `","expiresAt":"never","maxUses":1}`
	} else {
		c := l.codes[n/2%len(l.codes)]
		e.path, e.code = "/v1/enrollments", c.id
		e.body = `{"authorizationCode":"` + c.text + `","client":{"name":"till","instanceId":"` + e.key + `"}}`
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, e)
	return e
}

// send sends an entry to a replica once, and reports whether it is decided.
func (l *ledger) send(e *entry, replica int) bool {
	headers := []string{jsonType, "Idempotency-Key: " + e.key}
	if e.token != "" {
		headers = append(headers, bearer(e.token))
	}
	began := time.Now()
	c := l.replicas[replica%len(l.replicas)]
	a, err := c.try(http.MethodPost, e.path, strings.NewReader(e.body), headers...)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slowest = max(l.slowest, time.Since(began))
	e.tries++
	switch {
	case err == nil && a.status == http.StatusCreated && e.answer == "":
		e.answer = a.body
	case err == nil && a.status == http.StatusCreated && e.answer == a.body:
	case err == nil && a.status == http.StatusForbidden && e.code != "" && e.answer == "":
		e.refused = true
	case err == nil && a.status == http.StatusServiceUnavailable:
		return false
	default:
		l.unusual[fmt.Sprintf("%s: %d %.200s %v", e.path, a.status, a.body, err)]++
		return false
	}
	l.decided = append(l.decided, time.Now())
	return true
}

// decidedSince returns how many entries were decided after a moment, and when the first was.
func (l *ledger) decidedSince(moment time.Time) (n int, first time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.decided, moment.Before)
	if i < 0 {
		return 0, time.Time{}
	}
	return len(l.decided) - i, l.decided[i]
}

// awaitDecided waits until so many were decided after a moment, and returns when the first was.
func (l *ledger) awaitDecided(n int, since time.Time) (first time.Time) {
	l.t.Helper()
	within(l.t, time.Minute, fmt.Sprint(n, " requests are decided"), func() (enough bool) {
		var got int
		got, first = l.decidedSince(since)
		return got >= n
	})
	return first
}

// awaitReady waits until every replica answers so when it is asked whether it is ready.
func (l *ledger) awaitReady(status int) {
	l.t.Helper()
	for _, c := range l.replicas {
		within(l.t, 20*time.Second, fmt.Sprint("/readyz answers ", status), func() bool {
			a, err := c.try(http.MethodGet, "/readyz", nil)
			return err == nil && a.status == status
		})
	}
}

// check compares the database with the ledger, sends each request again, and compares again.
func (l *ledger) check() {
	l.t.Helper()
	for what, n := range l.unusual {
		l.t.Errorf("%d times %s", n, what)
	}
	l.compare()
	acknowledged, unanswered, repeated := 0, 0, 0
	for i, e := range l.entries {
		if e.tries > 1 {
			repeated++
		}
		switch {
		case e.answer != "":
			acknowledged++
		case !e.refused:
			unanswered++
		}
		if !e.refused && !l.send(e, i) {
			l.t.Errorf("%s is not decided the same way when it is sent again", e.key)
		}
	}
	for what, n := range l.unusual {
		l.t.Errorf("sent again, %d times %s", n, what)
	}
	l.compare()
	var events int64
	site{engine: onPostgres, url: l.url}.query(l.t, "SELECT count(*) FROM audit_events",
		func(values []any) { events = values[0].(int64) })
	wantRun(l.t, site{env: l.env}, 0, []string{"audit", "verify"}, fmt.Sprintf("unbroken: %d events", events))
	l.t.Logf("%d requests: %d acknowledged, %d without an answer, %d sent more than once, the longest took %s",
		len(l.entries), acknowledged, unanswered, repeated, l.slowest.Round(time.Millisecond))
}

// compare wants each acknowledged request in the database once, and every other one whole or not
// at all.
func (l *ledger) compare() {
	l.t.Helper()
	s := site{engine: onPostgres, url: l.url}
	count := func(query string) map[string]int64 {
		found := map[string]int64{}
		s.query(l.t, query, func(values []any) { found[values[0].(string)] += values[1].(int64) })
		return found
	}
	made := count("SELECT name, count(*) FROM auth_codes WHERE name LIKE 'key-%' GROUP BY 1")
	events := count("SELECT target, count(*) FROM audit_events WHERE action IN ('auth_code.create', " +
		"'client.enrol') GROUP BY 1")
	ids := count("SELECT id, count(*) FROM auth_codes WHERE name LIKE 'key-%' OR name = 'limited' GROUP BY 1")
	clients := count("SELECT id, count(*) FROM clients GROUP BY 1")
	maps.Copy(ids, clients)
	if !maps.Equal(ids, events) {
		l.t.Errorf("%d codes and clients have %d events", len(ids), len(events))
	}
	enrolled := count("SELECT instance_id, count(*) FROM clients GROUP BY 1")
	for _, e := range l.entries {
		n := made[e.key]
		if e.code != "" {
			n = enrolled[e.key]
		}
		if n > 1 || e.answer != "" && n == 0 || e.refused && n > 0 {
			l.t.Errorf("%s was done %d times; acknowledged: %v, refused: %v", e.key, n, e.answer != "", e.refused)
		}
	}
	uses := count("SELECT id, uses FROM auth_codes WHERE name = 'limited'")
	accepted := count("SELECT auth_code_id, count(*) FROM auth_code_uses WHERE outcome = 'accepted' GROUP BY 1")
	letIn := count("SELECT auth_code_id, count(*) FROM clients GROUP BY 1")
	for _, c := range l.codes {
		if uses[c.id] > ledgerUses || uses[c.id] != letIn[c.id] || uses[c.id] != accepted[c.id] {
			l.t.Errorf("a code for %d has %d uses, %d of them in its ledger, and let %d in", ledgerUses, uses[c.id],
				accepted[c.id], letIn[c.id])
		}
	}
}
