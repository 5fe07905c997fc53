// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// Codes of the errors that tell the two failures of IssuePrimaryAuthCode apart.
const (
	CodeNotLocked problem.Code = "auth_code_not_locked"
	CodeNotStored problem.Code = "auth_code_not_stored"
)

// IssuePrimaryAuthCode makes a new primary code; the former one stops at once. For
// callers with codes:issue. NotFound; Conflict (organization_inactive);
// Unavailable or Internal with CodeNotLocked when the organization could
// not be read, with CodeNotStored when the code could not be kept: then the
// former code still holds. Twice gives two codes, of which the second holds.
func (s *Service) IssuePrimaryAuthCode(ctx context.Context, caller Caller, id OrganizationID) (Organization,
	IssuedAuthCode, error) {
	if err := caller.Require(IssueCodes); err != nil {
		return Organization{}, IssuedAuthCode{}, err
	}
	issued, stored := s.mintAuthCode(caller, id)
	var org Organization
	err := s.core.Change(ctx, caller, func(tx Tx) error {
		var err error
		if org, err = lockForCodes(ctx, tx, caller, id); err != nil {
			return err
		}
		issued.Limits = org.Policy.limits(stored.CreatedAt)
		return s.storeAuthCode(ctx, tx, caller, org, stored)
	})
	if err != nil {
		return Organization{}, IssuedAuthCode{}, storeFailure(err, CodeNotStored)
	}
	return org, issued, nil
}

// storeAuthCode makes a code the primary one of its locked organization.
func (s *Service) storeAuthCode(ctx context.Context, tx Tx, caller Caller, o Organization,
	c StoredAuthCode) error {
	if !o.Active() {
		return problem.New(problem.Conflict, problem.CodeOrganizationInactive)
	}
	c.Limits = o.Policy.limits(c.CreatedAt)
	o.Policy.apply(&c)
	former, err := tx.ReplacePrimaryAuthCode(ctx, c, Superseded)
	if err != nil {
		return err
	}
	return s.core.Record(ctx, tx, caller, c.CreatedAt, Change{Organization: o.ID, Action: "auth_code.issue",
		Target: c.ID,
		Detail: map[string]string{"supersedes": former}})
}

// NewRowID returns an id for rows that are made often. It begins with the time (RFC 9562
// §5.7), so that new ids are neighbours in the index, and inserts that share a commit
// change the same page of it.
func NewRowID() string { return uuid.Must(uuid.NewV7()).String() }

func (s *Service) mintAuthCode(caller Caller, id OrganizationID) (IssuedAuthCode, StoredAuthCode) {
	now := s.core.Now()
	return s.mint(AuthCode{ID: NewRowID(), OrganizationID: id, Primary: true, CreatedAt: now,
		CreatedBy: caller.Ref(), UpdatedAt: now})
}

// sealedFor returns what binds the sealed text to its row: it cannot be opened for another.
func (c AuthCode) sealedFor() string { return c.OrganizationID.String() + "/" + c.ID }

// RevealPrimaryAuthCode returns the organization and its living primary code with the text. Text
// is empty if there is none. For callers with codes:reveal. The audit event that the code
// was shown is durable before RevealPrimaryAuthCode returns. NotFound; Denied
// (auth_code_shown_once).
func (s *Service) RevealPrimaryAuthCode(ctx context.Context, caller Caller, id OrganizationID) (Organization,
	IssuedAuthCode, error) {
	if err := caller.Require(RevealCodes); err != nil {
		return Organization{}, IssuedAuthCode{}, err
	}
	now := s.core.Now()
	var org Organization
	var stored StoredAuthCode
	err := s.core.Change(ctx, caller, func(tx Tx) error {
		var err error
		// With the lock, either a deactivation waits for this audit event, or it is seen here.
		if org, err = lockForCodes(ctx, tx, caller, id); err != nil {
			return err
		}
		stored, err = tx.PrimaryAuthCode(ctx, id)
		if errors.Is(err, problem.NotFound) {
			stored = StoredAuthCode{}
			return nil
		}
		if err != nil {
			return err
		}
		if len(stored.Sealed) == 0 {
			return problem.New(problem.Denied, problem.CodeAuthCodeShownOnce)
		}
		return s.core.Record(ctx, tx, caller, now, Change{Organization: id, Action: "auth_code.reveal",
			Target: stored.ID})
	})
	if err != nil {
		return Organization{}, IssuedAuthCode{}, err
	}
	if stored.ID == "" {
		return org, IssuedAuthCode{}, nil
	}
	text, err := s.core.keys.Open(secret.ForAuthCode, stored.Sealed, stored.sealedFor())
	if err != nil {
		return Organization{}, IssuedAuthCode{}, problem.As(err)
	}
	return org, IssuedAuthCode{stored.AuthCode, text}, nil
}

// CheckRevealPrimaryAuthCode returns the refusals of RevealPrimaryAuthCode: Denied, NotFound. It reads
// no code, so it records no audit event.
func (s *Service) CheckRevealPrimaryAuthCode(ctx context.Context, caller Caller, id OrganizationID) error {
	if err := caller.Require(RevealCodes); err != nil {
		return err
	}
	return s.core.View(ctx, func(tx Reader) error {
		org, err := tx.Organization(ctx, id)
		_, err = Visible(caller, org, err)
		return err
	})
}

// GetPrimaryAuthCode returns the organization and its living primary code without its
// text; the zero AuthCode when there is none. For callers with
// organizations:read. NotFound.
func (s *Service) GetPrimaryAuthCode(ctx context.Context, caller Caller, id OrganizationID) (Organization,
	AuthCode,
	error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return Organization{}, AuthCode{}, err
	}
	var org Organization
	var stored StoredAuthCode
	err := s.core.View(ctx, func(tx Reader) error {
		var err error
		org, err = tx.Organization(ctx, id)
		if org, err = Visible(caller, org, err); err != nil {
			return err
		}
		stored, err = tx.PrimaryAuthCode(ctx, id)
		if errors.Is(err, problem.NotFound) {
			stored, err = StoredAuthCode{}, nil
		}
		return err
	})
	if err != nil {
		return Organization{}, AuthCode{}, err
	}
	return org, stored.AuthCode, nil
}

// DisablePrimaryAuthCode ends the organization's primary code, so that none lives. For
// callers with codes:disable. NotFound. Twice is fine: the second changes nothing.
func (s *Service) DisablePrimaryAuthCode(ctx context.Context, caller Caller, id OrganizationID) error {
	if err := caller.Require(DisableCodes); err != nil {
		return err
	}
	now := s.core.Now()
	return s.core.Change(ctx, caller, func(tx Tx) error {
		if _, err := lockForCodes(ctx, tx, caller, id); err != nil {
			return err
		}
		return s.endAuthCode(ctx, tx, caller, id, now)
	})
}

// endAuthCode ends the primary code of a locked organization and records that. Without a
// code it does nothing.
func (s *Service) endAuthCode(ctx context.Context, tx Tx, caller Caller, id OrganizationID,
	now time.Time) error {
	ended, err := tx.EndPrimaryAuthCode(ctx, id, now, Disabled)
	if err != nil || ended == "" {
		return err
	}
	return s.core.Record(ctx, tx, caller, now, Change{Organization: id, Action: "auth_code.disable",
		Target: ended})
}

// lockForCodes locks the organization, so that changes of its codes run one after the
// other. NotFound if the caller does not reach it or it is not a member.
func lockForCodes(ctx context.Context, tx Tx, caller Caller, id OrganizationID) (Organization, error) {
	org, err := tx.LockOrganization(ctx, id)
	if err != nil {
		return Organization{}, storeFailure(err, CodeNotLocked)
	}
	return Visible(caller, org, nil)
}

// storeFailure returns a failure of the store the code, unless it has one of
// these already; refusals by a rule stay as they are.
func storeFailure(err error, code problem.Code) error {
	e := problem.As(err)
	if e.Kind != problem.Internal && e.Kind != problem.Unavailable || e.Code == CodeNotLocked {
		return e
	}
	return &problem.Error{Kind: e.Kind, Code: code, Message: e.Message, Phrase: e.Phrase, Err: err}
}
