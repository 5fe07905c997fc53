// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"context"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// maxOwnSessions is how many sessions are listed.
const maxOwnSessions = 100

// ListOwnSessions returns the calling operator's sessions that have not ended, the last used first,
// at most a hundred. Log-ins that got a signed token have no session. Denied unless the caller is an
// operator who logged in.
func (s *Service) ListOwnSessions(ctx context.Context, caller tenancy.Caller) ([]tenancy.Session, error) {
	if err := requireOwnLogin(caller); err != nil {
		return nil, err
	}
	var living []tenancy.Session
	now := s.core.Now()
	err := s.core.Read(ctx, func(tx tenancy.Reader) error {
		living = nil
		all, err := tx.SessionsOf(ctx, caller.ID, maxOwnSessions)
		for _, one := range all {
			if !one.Expired(now) && now.Before(s.loginEnd(one.LoggedInAt)) {
				living = append(living, one)
			}
		}
		return err
	})
	return living, err
}

// EndOwnSession ends one of the calling operator's sessions; it may be the one that was used for
// this. Denied unless the caller is an operator who logged in; NotFound for a session that has ended,
// and for those of others.
func (s *Service) EndOwnSession(ctx context.Context, caller tenancy.Caller, id string) error {
	if err := requireOwnLogin(caller); err != nil {
		return err
	}
	now := s.core.Now()
	return s.core.Change(ctx, caller, func(tx tenancy.Tx) error {
		own, err := tx.SessionsOf(ctx, caller.ID, maxOwnSessions)
		if err != nil {
			return err
		}
		for _, one := range own {
			if one.ID != id {
				continue
			}
			ended, err := tx.EndSession(ctx, id, now)
			if err != nil {
				return err
			}
			if !ended {
				break
			}
			return s.core.Record(ctx, tx, caller, now, tenancy.Change{Organization: caller.Organization,
				Action: "access_token.revoke", Target: id})
		}
		return problem.SessionNotFound()
	})
}
