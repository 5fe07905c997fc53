// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// ReadRegistration returns a client that is not revoked to the bearer of the token that
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

// RegistrationUpdate is what a client says of itself from now on. It replaces all that the
// client said before.
type RegistrationUpdate struct {
	Name     string
	KeyPlace KeyPlace
	// PublicKey takes the place of the present one. A client has one exactly if it enrolled
	// with one.
	PublicKey *secret.PublicKey
	// What the client repeats of itself must be right; nil: it repeats nothing.
	InstanceID *string
	Key        *secret.Secret
}

// UpdateRegistration changes what a client says of itself. Another public key ends the former
// one at once; access tokens that the client has stay good. The token that manages the
// registration stays the same, so that a lost answer locks nobody out. Unauthenticated as for
// ReadRegistration; Denied (client_not_active) unless it is active, because people decide about
// a client as they see it, and (organization_inactive) unless its organization is; Invalid.
// Twice is fine: the second changes nothing.
func (s *Service) UpdateRegistration(ctx context.Context, caller Caller, id string, token secret.Secret,
	u RegistrationUpdate) (Client, error) {
	var invalid Checker
	invalid.Required(FieldName, &u.Name, MaxName)
	now := s.core.Now()
	var changed Client
	err := s.core.Change(ctx, caller, func(tx Tx) error {
		stored, o, err := s.lockRegistered(ctx, tx, id, token)
		if err != nil {
			return err
		}
		if !o.Active() {
			return problem.New(problem.Denied, problem.CodeOrganizationInactive)
		}
		if stored.State != ClientActive {
			return problem.New(problem.Denied, problem.CodeClientNotActive)
		}
		if err := invalid.Err(); err != nil {
			return err
		}
		if changed, err = s.updated(stored, u); err != nil || changed.equal(stored.Client) {
			return err
		}
		changed.UpdatedAt = following(stored.UpdatedAt, now)
		if err := tx.UpdateClient(ctx, changed); err != nil {
			return err
		}
		detail := map[string]string{"name": changed.Name}
		if changed.Thumbprint != stored.Thumbprint {
			detail["thumbprint"] = changed.Thumbprint
		}
		return s.core.Record(ctx, tx, caller, now, Change{Organization: changed.OrganizationID,
			Action: "client.update", Target: id, Detail: detail})
	})
	if err != nil {
		return Client{}, err
	}
	return changed, nil
}

// updated returns the client after an update.
func (s *Service) updated(c StoredClient, u RegistrationUpdate) (Client, error) {
	var wrong []problem.FieldError
	if u.InstanceID != nil && *u.InstanceID != c.InstanceID {
		wrong = append(wrong, problem.Wrong(FieldInstanceID, problem.CodeFixed))
	}
	if u.Key != nil {
		key, err := secret.ParseClientKey(u.Key.Reveal())
		if err != nil || !s.core.keys.Recognises(secret.ForClientKey, c.KeyDigest, key) {
			wrong = append(wrong, problem.Wrong(FieldKey, problem.CodeFixed))
		}
	}
	if (u.PublicKey == nil) != (c.Thumbprint == "") {
		wrong = append(wrong, problem.Wrong(FieldPublicKey, problem.CodeKeyKindFixed))
	}
	if len(wrong) > 0 {
		return Client{}, problem.InvalidFields(wrong)
	}
	changed := c.Client
	changed.Name, changed.KeyPlace = u.Name, u.KeyPlace
	if u.PublicKey != nil {
		changed.Thumbprint, changed.PublicKey = u.PublicKey.Thumbprint(), u.PublicKey.String()
	}
	return changed, nil
}

// lockRegistered locks the client that the token manages, and first its organization.
func (s *Service) lockRegistered(ctx context.Context, tx Tx, id string, token secret.Secret) (StoredClient,
	Organization, error) {
	none := Organization{}
	stored, err := tx.Client(ctx, id)
	if _, err = s.registered(stored, token, err); err != nil {
		return StoredClient{}, none, err
	}
	o, err := tx.LockOrganization(ctx, stored.OrganizationID) // before the client
	if err != nil {
		return StoredClient{}, none, err
	}
	stored, err = tx.LockClient(ctx, id)
	_, err = s.registered(stored, token, err)
	return stored, o, err
}

// EndRegistration revokes a client at its own wish. Unauthenticated as for
// ReadRegistration, and so the second time.
func (s *Service) EndRegistration(ctx context.Context, caller Caller, id string, token secret.Secret) error {
	now := s.core.Now()
	return s.core.Change(ctx, caller, func(tx Tx) error {
		stored, _, err := s.lockRegistered(ctx, tx, id, token)
		if err != nil {
			return err
		}
		c := stored.Client
		c.State, c.UpdatedAt, c.DecidedBy = ClientRevoked, following(c.UpdatedAt, now),
			Caller{Kind: ClientCaller, ID: id}.Ref()
		if err := tx.UpdateClient(ctx, c); err != nil {
			return err
		}
		return s.core.Record(ctx, tx, caller, now, Change{Organization: c.OrganizationID, Action: "client.revoke",
			Target: id, Detail: map[string]string{"name": c.Name}})
	})
}

// registered returns the client if the token manages it. That of a revoked client manages
// nothing.
func (s *Service) registered(c StoredClient, token secret.Secret, err error) (Client, error) {
	if errors.Is(err, problem.NotFound) {
		return Client{}, problem.New(problem.Unauthenticated, problem.CodeInvalidToken)
	}
	if err != nil {
		return Client{}, err
	}
	ended := c.State == ClientRevoked // RFC 7592 §2.3: the token ends with the registration
	if ended || !s.core.keys.IsRegistrationToken(c.ID, c.KeyDigest, token) {
		return Client{}, problem.New(problem.Unauthenticated, problem.CodeInvalidToken)
	}
	return c.Client, nil
}
