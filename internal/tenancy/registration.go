// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// ReadRegistration returns a client, in whatever state, to the bearer of the token that
// manages its registration. A client that waits for approval learns here what was decided.
// Unauthenticated for every other token and every other id.
func (s *Service) ReadRegistration(ctx context.Context, caller Caller, id string,
	token secret.Secret) (Client, error) {
	var c StoredClient
	err := s.core.Read(ctx, func(tx Reader) (err error) {
		c, err = tx.Client(ctx, id)
		return err
	})
	return s.registered(c, token, err)
}

// EndRegistration revokes a client at its own wish. Unauthenticated as for
// ReadRegistration. Twice is fine.
func (s *Service) EndRegistration(ctx context.Context, caller Caller, id string, token secret.Secret) error {
	now := s.core.Now()
	return s.core.Update(ctx, func(tx Tx) error {
		stored, err := tx.Client(ctx, id)
		if _, err = s.registered(stored, token, err); err != nil {
			return err
		}
		if _, err := tx.LockOrganization(ctx, stored.OrganizationID); err != nil { // before the client
			return err
		}
		stored, err = tx.LockClient(ctx, id)
		c, err := s.registered(stored, token, err)
		if err != nil || c.State == ClientRevoked {
			return err
		}
		c.State, c.UpdatedAt, c.DecidedBy = ClientRevoked, following(c.UpdatedAt, now),
			Caller{Kind: ClientCaller, ID: id}.Ref()
		if err := tx.UpdateClient(ctx, c); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, Change{Organization: c.OrganizationID, Action: "client.revoke",
			Target: id, Detail: map[string]string{"name": c.Name}})
	})
}

// registered returns the client if the token manages it.
func (s *Service) registered(c StoredClient, token secret.Secret, err error) (Client, error) {
	if errors.Is(err, problem.NotFound) {
		return Client{}, problem.New(problem.Unauthenticated, problem.CodeInvalidToken)
	}
	if err != nil {
		return Client{}, err
	}
	want := s.core.keys.RegistrationToken(c.ID, c.KeyDigest)
	if !secret.Equal([]byte(want.Reveal()), []byte(token.Reveal())) {
		return Client{}, problem.New(problem.Unauthenticated, problem.CodeInvalidToken)
	}
	return c.Client, nil
}
