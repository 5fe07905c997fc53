// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// Refused log-ins are in the audit, and a flood of them does not fill it: the first of a source
// and a name is an event at once; those that follow within refusalWindow are counted in memory
// and become one event. Past maxRefusals sources and names, the rest is counted together.
const (
	refusalWindow = 10 * time.Minute
	maxRefusals   = 256
)

// The actions of refusals.
const (
	loginRefused       = "operator.login" + tenancy.RefusedSuffix
	confirmRefused     = "operator.confirm" + tenancy.RefusedSuffix
	applicationRefused = "application.login" + tenancy.RefusedSuffix
	clientRefused      = "client.login" + tenancy.RefusedSuffix
)

// refusal is a log-in that was refused.
type refusal struct {
	action string
	name   string // of an operator, as it was typed; or the id that a program says it has
}

type refusalKey struct{ action, name, source string }

// refusals counts those that are not written yet.
type refusals struct {
	mu      sync.Mutex
	entries map[refusalKey]*refusalEntry
}

// refusalEntry is a window of one source and name.
type refusalEntry struct {
	caller tenancy.Caller // of the first one
	change tenancy.Change
	first  time.Time // when the window began
	last   time.Time
	count  int64 // that no event has
	// noting says that the event of the first one is being written, and describe will follow.
	noting bool
}

// refused notes a refused log-in and returns err, whatever becomes of the note: an event that
// cannot be written is counted, and written later.
func (s *Service) refused(ctx context.Context, caller tenancy.Caller, r refusal, err error) error {
	if !errors.Is(err, problem.Unauthenticated) && !errors.Is(err, problem.Exhausted) &&
		!hasCode(err, problem.CodeNotConfirmed) {
		return err
	}
	key := refusalKey{r.action, s.subject("refused", filter.Fold(r.name)),
		tenancy.SourceOf(caller.Origin.Address)}
	now := s.core.Now()
	entry, isFirst := s.refusals.note(key, caller, now)
	if !isFirst {
		return err
	}
	change, found := s.describe(ctx, r, key)
	// The client may be gone already, and its guess counts all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestQueue)
	defer cancel()
	if found == nil {
		found = s.core.Note(ctx, caller, now, change)
	}
	s.refusals.describe(entry, change, found == nil)
	return err
}

func hasCode(err error, code problem.Code) bool {
	var e *problem.Error
	return errors.As(err, &e) && e.Code == code
}

// note counts a refusal, and reports whether it is the first of its window.
func (l *refusals) note(key refusalKey, caller tenancy.Caller, now time.Time) (*refusalEntry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.entries[key]; e != nil {
		e.count, e.last = e.count+1, now
		return e, false
	}
	if len(l.entries) >= maxRefusals {
		key = refusalKey{action: key.action} // of many sources and names
		caller = tenancy.Caller{Kind: caller.Kind}
		if e := l.entries[key]; e != nil {
			e.count, e.last = e.count+1, now
			return e, false
		}
	}
	if l.entries == nil {
		l.entries = map[refusalKey]*refusalEntry{}
	}
	e := &refusalEntry{caller: caller, first: now, last: now, count: 1, noting: key.source != "",
		change: tenancy.Change{Organization: tenancy.RootID, Action: key.action}}
	l.entries[key] = e
	return e, e.noting
}

func (l *refusals) describe(e *refusalEntry, change tenancy.Change, written bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.change, e.noting = change, false
	if written {
		e.count--
	}
}

// describe says in which chain the refusal of a name belongs. A name that is nobody's is not
// stored, because people type passwords into the field for names; the event has a keyed digest,
// by which events of the same name are known.
func (s *Service) describe(ctx context.Context, r refusal, key refusalKey) (tenancy.Change, error) {
	c := tenancy.Change{Organization: tenancy.RootID, Action: r.action,
		Detail: map[string]string{"name": "unknown:" + key.name[:16]}}
	err := s.core.Read(ctx, func(tx tenancy.Reader) error {
		switch r.action {
		case applicationRefused:
			a, err := tx.Application(ctx, r.name)
			return orUnknown(&c, a.OrganizationID, a.ID, a.Name, err)
		case clientRefused:
			a, err := tx.Client(ctx, r.name)
			return orUnknown(&c, a.OrganizationID, a.ID, a.Name, err)
		}
		o, err := tx.OperatorByUsername(ctx, r.name)
		return orUnknown(&c, o.OrganizationID, o.ID, o.Username, err)
	})
	return c, err
}

func orUnknown(c *tenancy.Change, organization tenancy.OrganizationID, id, name string, err error) error {
	switch {
	case errors.Is(err, problem.NotFound):
		return nil
	case err != nil:
		return err
	}
	c.Organization, c.Target, c.Detail = organization, id, map[string]string{"name": name}
	return nil
}

// WriteRefusals writes one event for each window of refused log-ins that has ended, with how
// many there were besides those that have events already; with all also for those that have
// not. The server calls it by itself, and when it stops.
func (s *Service) WriteRefusals(ctx context.Context, all bool) error {
	now := s.core.Now()
	var failed error
	for key, e := range s.refusals.take(now, all) {
		change := e.change
		change.Detail = map[string]string{"count": strconv.FormatInt(e.count, 10),
			"since": e.first.Format(time.RFC3339), "until": e.last.Format(time.RFC3339)}
		if name := e.change.Detail["name"]; name != "" {
			change.Detail["name"] = name
		}
		err := s.core.Note(ctx, e.caller, now, change)
		if err != nil {
			s.refusals.putBack(key, e)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// take removes the windows that have ended, and returns those that have something to write. One
// whose first event is being written stays.
func (l *refusals) take(now time.Time, all bool) map[refusalKey]*refusalEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := map[refusalKey]*refusalEntry{}
	for key, e := range l.entries {
		if !e.noting && (all || now.Sub(e.first) >= refusalWindow) {
			delete(l.entries, key)
			if e.count > 0 {
				taken[key] = e
			}
		}
	}
	return taken
}

func (l *refusals) putBack(key refusalKey, e *refusalEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if newer := l.entries[key]; newer != nil {
		newer.count, newer.first = newer.count+e.count, e.first
		return
	}
	l.entries[key] = e
}

// refusedKey is refused for the key of a program, whose failures are limited by source.
func (s *Service) refusedKey(ctx context.Context, caller tenancy.Caller, action, id string, err error) error {
	if !errors.Is(err, problem.Unauthenticated) {
		return err
	}
	if limited := s.keyFailures.Take(caller.Origin.Address, s.core.Now()); limited != nil {
		err = limited
	}
	return s.refused(ctx, caller, refusal{action, id}, err)
}
