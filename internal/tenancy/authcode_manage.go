// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// AuthCodeParams is what people say of a code. The zero value of a field is its own
// meaning: no note, no tags.
type AuthCodeParams struct {
	Name   string
	Note   string
	Limits CodeLimits
	Tags   []string
}

func (p *AuthCodeParams) check(c *Checker, now time.Time) {
	c.Required(FieldName, &p.Name, MaxName)
	c.Text(FieldNote, p.Note, maxText)
	p.Limits.check(c, now)
	p.Tags = c.tags(FieldTags, p.Tags)
}

// CreateAuthCode makes a code that lives next to the others of its organization. A canary
// grants nothing. For callers with codes:issue. Invalid; NotFound; Conflict
// (organization_inactive). Twice makes two.
func (s *Service) CreateAuthCode(ctx context.Context, caller Caller, id OrganizationID, p AuthCodeParams,
	canary bool) (IssuedAuthCode, error) {
	if err := caller.Require(IssueCodes); err != nil {
		return IssuedAuthCode{}, err
	}
	now := s.core.Now()
	var c Checker
	p.check(&c, now)
	invalid := c.Err()
	issued, stored := s.mint(AuthCode{ID: NewRowID(), OrganizationID: id, Name: p.Name, Note: p.Note,
		Limits: p.Limits, Tags: p.Tags, Canary: canary, CreatedAt: now, CreatedBy: caller.Ref(), UpdatedAt: now,
		AsOf: now})
	return Once(ctx, s.core, caller, func(tx Tx) (IssuedAuthCode, error) {
		if invalid != nil { // not before: the expiry may have been in the future when it was asked first
			return IssuedAuthCode{}, invalid
		}
		org, err := lockForCodes(ctx, tx, caller, id)
		if err != nil {
			return IssuedAuthCode{}, err
		}
		if !org.Active() {
			return IssuedAuthCode{}, problem.New(problem.Conflict, problem.CodeOrganizationInactive)
		}
		var c Checker
		if org.Policy.bound(&c, p.Limits, now); c.Err() != nil {
			return IssuedAuthCode{}, c.Err()
		}
		stored := stored
		org.Policy.apply(&stored)
		if err := tx.InsertAuthCode(ctx, stored); err != nil {
			return IssuedAuthCode{}, err
		}
		return issued, s.core.Record(ctx, tx, caller, now, Change{Organization: id, Action: "auth_code.create",
			Target: stored.ID, Detail: map[string]string{"name": p.Name}})
	})
}

// mint returns the code with a new text, for the caller and for the store.
func (s *Service) mint(code AuthCode) (IssuedAuthCode, StoredAuthCode) {
	return s.keep(code, secret.NewAuthCode())
}

// keep returns the code with a text, for the caller and for the store.
func (s *Service) keep(code AuthCode, text secret.Secret) (IssuedAuthCode, StoredAuthCode) {
	return IssuedAuthCode{code, text}, StoredAuthCode{AuthCode: code,
		Digest: s.core.keys.Digest(secret.ForAuthCode, text),
		Sealed: s.core.keys.Seal(secret.ForAuthCode, text, code.sealedFor())}
}

// ListAuthCodes returns a page of an organization's codes, without their texts. For callers
// with organizations:read. NotFound for the organization.
func (s *Service) ListAuthCodes(ctx context.Context, caller Caller, id OrganizationID,
	p IDOrder) (IDPage[AuthCode], error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return IDPage[AuthCode]{}, err
	}
	p = p.bounded()
	var page IDPage[AuthCode]
	now := s.core.Now()
	err := s.core.View(ctx, func(tx Reader) error {
		org, err := tx.Organization(ctx, id)
		if _, err = Visible(caller, org, err); err != nil {
			return err
		}
		var none bool
		if p.Filter, none = reduced(p.Filter); none {
			return nil
		}
		page, err = tx.AuthCodes(ctx, id, p)
		return err
	})
	for i := range page.Items {
		page.Items[i].AsOf = now
	}
	return page, err
}

// GetAuthCode returns one code of an organization without its text. For callers with
// organizations:read. NotFound.
func (s *Service) GetAuthCode(ctx context.Context, caller Caller, id OrganizationID,
	codeID string) (AuthCode, error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return AuthCode{}, err
	}
	var code AuthCode
	now := s.core.Now()
	err := s.core.View(ctx, func(tx Reader) error {
		org, err := tx.Organization(ctx, id)
		if _, err = Visible(caller, org, err); err != nil {
			return err
		}
		stored, err := codeOf(ctx, tx, id, codeID)
		code = stored.AuthCode
		return err
	})
	code.AsOf = now
	return code, err
}

// maxPage is the longest page of codes, uses and clients.
const maxPage = 1000

// pageSize brings the length of a page within its bounds: no number means all.
func pageSize(limit int) int { return min(max(limit, 1), maxPage) }

// codeOf returns a code of the organization. Those of others do not exist. NotFound.
func codeOf(ctx context.Context, tx Reader, id OrganizationID, codeID string) (StoredAuthCode, error) {
	code, err := tx.AuthCode(ctx, codeID)
	if err == nil && code.OrganizationID != id {
		return StoredAuthCode{}, problem.AuthCodeNotFound()
	}
	return code, err
}

// RevealAuthCode returns a code with its text. For callers with codes:reveal. The audit
// event that it was shown is durable before RevealAuthCode returns. NotFound; Conflict
// (auth_code_ended), whose text is forgotten; Denied (auth_code_shown_once).
func (s *Service) RevealAuthCode(ctx context.Context, caller Caller, id OrganizationID,
	codeID string) (IssuedAuthCode, error) {
	if err := caller.Require(RevealCodes); err != nil {
		return IssuedAuthCode{}, err
	}
	now := s.core.Now()
	caller.Repeat = nil // each time that a code is shown has its own event
	stored, err := changeCode(ctx, s, caller, id, codeID, now, func(tx Tx, _ Organization,
		code StoredAuthCode) (StoredAuthCode, error) {
		if err := code.requireLiving(); err != nil {
			return StoredAuthCode{}, err
		}
		if len(code.Sealed) == 0 {
			return StoredAuthCode{}, problem.New(problem.Denied, problem.CodeAuthCodeShownOnce)
		}
		return code, s.core.Record(ctx, tx, caller, now, Change{Organization: id, Action: "auth_code.reveal",
			Target: code.ID})
	})
	if err != nil {
		return IssuedAuthCode{}, err
	}
	text, err := s.core.keys.Open(secret.ForAuthCode, stored.Sealed, stored.sealedFor())
	if err != nil {
		return IssuedAuthCode{}, problem.As(err)
	}
	return IssuedAuthCode{stored.AuthCode, text}, nil
}

// changeCode locks the organization and runs fn with the code, as Once does. Changes of one
// organization's codes run one after the other. NotFound.
func changeCode[T any](ctx context.Context, s *Service, caller Caller, id OrganizationID, codeID string,
	now time.Time, fn func(tx Tx, o Organization, code StoredAuthCode) (T, error)) (T, error) {
	return Once(ctx, s.core, caller, func(tx Tx) (T, error) {
		var none T
		org, err := lockForCodes(ctx, tx, caller, id)
		if err != nil {
			return none, err
		}
		code, err := codeOf(ctx, tx, id, codeID)
		if err != nil {
			return none, err
		}
		code.AsOf = now
		return fn(tx, org, code)
	})
}
