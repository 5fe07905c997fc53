// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"net/netip"
	"time"

	"gatehouse/internal/problem"
)

// MaxOverlap is the longest time for which a rotated code may stay good.
const MaxOverlap = 366 * 24 * time.Hour

// AuthCodeUpdate says what changes of a code; nil leaves a field as it is.
type AuthCodeUpdate struct {
	Name     *string
	Note     *string
	Expiry   *CodeExpiry
	Uses     *CodeUsesLimit
	Sources  *[]netip.Prefix
	Tags     *[]string
	Expected Versions
}

// CodeExpiry is ExpiresAt and Never of CodeLimits.
type CodeExpiry struct {
	At    time.Time
	Never bool
}

// CodeUsesLimit is MaxUses and AnyNumber of CodeLimits.
type CodeUsesLimit struct {
	Max       int64
	AnyNumber bool
}

// UpdateAuthCode changes what people say of a code, its limits among it. A code that is
// left fewer uses than it had is exhausted. For callers with codes:issue. Invalid;
// NotFound; Conflict (auth_code_ended), (auth_code_changed) if it is not as expected.
// Twice is fine.
func (s *Service) UpdateAuthCode(ctx context.Context, caller Caller, id OrganizationID, codeID string,
	u AuthCodeUpdate) (AuthCode, error) {
	if err := caller.Require(IssueCodes); err != nil {
		return AuthCode{}, err
	}
	now := s.core.Now()
	return changeCode(ctx, s, caller, id, codeID, now, func(tx Tx, o Organization,
		code StoredAuthCode) (AuthCode, error) {
		if err := code.requireLiving(); err != nil {
			return AuthCode{}, err
		}
		if !u.Expected.Has(code.UpdatedAt) {
			return AuthCode{}, problem.New(problem.Conflict, problem.CodeAuthCodeChanged)
		}
		p := u.apply(code.AuthCode)
		var c Checker
		p.checkChange(&c, code.AuthCode, now)
		code.boundImported(&c, p.Limits)
		if o.Policy.bound(&c, p.Limits, code.CreatedAt); c.Err() != nil {
			return AuthCode{}, c.Err()
		}
		code.Name, code.Note, code.Limits, code.Tags = p.Name, p.Note, p.Limits, p.Tags
		code.UpdatedAt = following(code.UpdatedAt, now)
		return s.saveCode(ctx, tx, caller, code.AuthCode, "auth_code.update", map[string]string{"name": code.Name})
	})
}

// apply returns what is said of the code after the update.
func (u AuthCodeUpdate) apply(code AuthCode) AuthCodeParams {
	p := AuthCodeParams{Name: code.Name, Note: code.Note, Limits: code.Limits, Tags: code.Tags}
	if u.Name != nil {
		p.Name = *u.Name
	}
	if u.Note != nil {
		p.Note = *u.Note
	}
	if u.Expiry != nil {
		p.Limits.ExpiresAt, p.Limits.Never = u.Expiry.At, u.Expiry.Never
	}
	if u.Uses != nil {
		p.Limits.MaxUses, p.Limits.AnyNumber = u.Uses.Max, u.Uses.AnyNumber
	}
	if u.Sources != nil {
		p.Limits.Sources = *u.Sources
	}
	if u.Tags != nil {
		p.Tags = *u.Tags
	}
	return p
}

// checkChange is check for a code that exists. What is as it was is not checked: a code
// that a vendor's wire made has no name, and the expiry of an expired one is past.
func (p *AuthCodeParams) checkChange(c *Checker, code AuthCode, now time.Time) {
	given := *p
	p.check(c, now)
	if given.Name == code.Name {
		p.Name = code.Name
		c.forget(FieldName)
	}
	if !given.Limits.Never && given.Limits.ExpiresAt.Equal(code.Limits.ExpiresAt) {
		c.forget(FieldExpiresAt)
	}
}

// SwitchOffAuthCode switches a code off; SwitchOnAuthCode switches it on again. For callers with
// codes:disable, and to switch it on codes:issue. NotFound; Conflict (auth_code_ended).
// Twice is fine: the second changes nothing.
func (s *Service) SwitchOffAuthCode(ctx context.Context, caller Caller, id OrganizationID,
	codeID string) (AuthCode, error) {
	return s.switchCode(ctx, caller, id, codeID, DisableCodes, "auth_code.switch_off")
}

// SwitchOnAuthCode is described at SwitchOffAuthCode.
func (s *Service) SwitchOnAuthCode(ctx context.Context, caller Caller, id OrganizationID,
	codeID string) (AuthCode, error) {
	return s.switchCode(ctx, caller, id, codeID, IssueCodes, "auth_code.switch_on")
}

func (s *Service) switchCode(ctx context.Context, caller Caller, id OrganizationID, codeID string,
	need Permission, action string) (AuthCode, error) {
	if err := caller.Require(need); err != nil {
		return AuthCode{}, err
	}
	now := s.core.Now()
	return changeCode(ctx, s, caller, id, codeID, now, func(tx Tx, _ Organization,
		code StoredAuthCode) (AuthCode, error) {
		if err := code.requireLiving(); err != nil {
			return AuthCode{}, err
		}
		off := need == DisableCodes
		if off == !code.DisabledAt.IsZero() {
			return code.AuthCode, nil
		}
		code.UpdatedAt, code.DisabledAt = following(code.UpdatedAt, now), time.Time{}
		if off {
			code.DisabledAt = now
		}
		return s.saveCode(ctx, tx, caller, code.AuthCode, action, nil)
	})
}

// RotateAuthCode makes a code with the name, note, limits and tags of another and takes
// its place, also as the primary one; its text is of this server, also if that of the other one
// was imported. Its uses begin at none, and it lives no longer than
// the organization's policy allows. The former code stays good for the overlap; zero ends
// it at once. For callers with codes:issue and codes:disable. Invalid; NotFound; Conflict
// (auth_code_ended), also of one that has expired, (auth_code_rotated),
// (organization_inactive). Twice is a Conflict, so that a repeated request cannot leave the
// caller with a dead code.
func (s *Service) RotateAuthCode(ctx context.Context, caller Caller, id OrganizationID, codeID string,
	overlap time.Duration) (IssuedAuthCode, error) {
	for _, need := range []Permission{IssueCodes, DisableCodes} {
		if err := caller.Require(need); err != nil {
			return IssuedAuthCode{}, err
		}
	}
	if err := checkOverlap(overlap); err != nil {
		return IssuedAuthCode{}, err
	}
	now := s.core.Now()
	issued, fresh := s.mint(AuthCode{ID: NewRowID(), OrganizationID: id, CreatedAt: now,
		CreatedBy: caller.Ref(), UpdatedAt: now, AsOf: now})
	return changeCode(ctx, s, caller, id, codeID, now, func(tx Tx, o Organization,
		code StoredAuthCode) (IssuedAuthCode, error) {
		if err := code.requireRotatable(o, now); err != nil {
			return IssuedAuthCode{}, err
		}
		next := fresh
		next.Primary, next.Name, next.Note = code.Primary, code.Name, code.Note
		next.Limits, next.Tags, next.Canary = o.Policy.within(code.Limits, now), code.Tags, code.Canary
		o.Policy.apply(&next)
		former := code.AuthCode
		former.Primary, former.ReplacedBy = false, next.ID
		former.UpdatedAt = following(former.UpdatedAt, now)
		former.OverlapUntil = now.Add(overlap)
		if overlap == 0 {
			former.EndedAt, former.EndReason = now, Superseded
		}
		if err := tx.UpdateAuthCode(ctx, former); err != nil {
			return IssuedAuthCode{}, err
		}
		if err := tx.InsertAuthCode(ctx, next); err != nil {
			return IssuedAuthCode{}, err
		}
		return IssuedAuthCode{next.AuthCode, issued.Text}, s.core.Record(ctx, tx, caller, now, Change{
			Organization: id, Action: "auth_code.rotate", Target: next.ID,
			Detail: map[string]string{"supersedes": former.ID, "overlap": overlap.String()}})
	})
}

func checkOverlap(overlap time.Duration) error {
	if overlap < 0 || overlap > MaxOverlap {
		return problem.InvalidFields([]problem.FieldError{
			problem.Wrong(FieldOverlap, problem.CodeBadOverlap, int(MaxOverlap/(24*time.Hour)))})
	}
	return nil
}

// EndOverlap ends a rotated code at once. For callers with codes:disable. NotFound;
// Conflict (auth_code_not_rotated). Twice is fine.
func (s *Service) EndOverlap(ctx context.Context, caller Caller, id OrganizationID,
	codeID string) (AuthCode, error) {
	if err := caller.Require(DisableCodes); err != nil {
		return AuthCode{}, err
	}
	now := s.core.Now()
	return changeCode(ctx, s, caller, id, codeID, now, func(tx Tx, _ Organization,
		code StoredAuthCode) (AuthCode, error) {
		if code.ReplacedBy == "" {
			return AuthCode{}, problem.New(problem.Conflict, problem.CodeAuthCodeNotRotated)
		}
		if !code.Living() {
			return code.AuthCode, nil
		}
		code.UpdatedAt, code.EndedAt, code.EndReason = following(code.UpdatedAt, now), now, Superseded
		if code.OverlapUntil.After(now) {
			code.OverlapUntil = now
		}
		return s.saveCode(ctx, tx, caller, code.AuthCode, "auth_code.end_overlap", nil)
	})
}

// saveCode stores a code that was changed, records that, and returns the code.
func (s *Service) saveCode(ctx context.Context, tx Tx, caller Caller, code AuthCode, action string,
	detail map[string]string) (AuthCode, error) {
	if err := tx.UpdateAuthCode(ctx, code); err != nil {
		return AuthCode{}, err
	}
	return code, s.core.Record(ctx, tx, caller, code.UpdatedAt, Change{Organization: code.OrganizationID,
		Action: action, Target: code.ID, Detail: detail})
}

// requireLiving refuses the change of a code that has been ended.
func (c AuthCode) requireLiving() error {
	if !c.Living() {
		return problem.New(problem.Conflict, problem.CodeAuthCodeEnded)
	}
	return nil
}

// requireRotatable refuses a rotation of a code that is ended, has expired or was rotated
// before, and one in an organization that is not active.
func (c AuthCode) requireRotatable(o Organization, now time.Time) error {
	switch {
	case !o.Active():
		return problem.New(problem.Conflict, problem.CodeOrganizationInactive)
	case c.ReplacedBy != "":
		return problem.New(problem.Conflict, problem.CodeAuthCodeRotated)
	case !c.Limits.Never && !now.Before(c.Limits.ExpiresAt): // the next one would be dead, too
		return problem.New(problem.Conflict, problem.CodeAuthCodeEnded)
	}
	return c.requireLiving()
}
