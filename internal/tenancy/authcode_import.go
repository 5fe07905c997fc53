// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// Imported codes are those whose texts another system made and installers in the field have. The
// numbers are explained in docs/decisions/0049.
const (
	// MaxImportedLife is the longest time from when a code is imported until it expires.
	MaxImportedLife = 180 * 24 * time.Hour
	// weakBelow is the number of bits (secret.GuessBits) below which a text is weak.
	weakBelow = 80
	// leastBits is the number of bits below which a text is not taken.
	leastBits = 28
)

// ImportedText is what a code has that another system made.
type ImportedText struct {
	Text    secret.Secret
	Primary bool // it becomes the primary code; the former one stops at once
	Canary  bool // it grants nothing
}

// ImportAuthCode keeps a code whose text another system made, as it is. For callers of the root with
// codes:import: whoever gives a text to an organization gets the clients that have it. Invalid, also
// for a text that is too easily guessed; NotFound; Conflict (organization_inactive), (auth_code_exists)
// if a code of any organization has or had the text.
func (s *Service) ImportAuthCode(ctx context.Context, caller Caller, id OrganizationID, p AuthCodeParams,
	text ImportedText) (IssuedAuthCode, error) {
	if err := caller.RequireRoot(ImportCodes); err != nil {
		return IssuedAuthCode{}, err
	}
	now := s.core.Now()
	var c Checker
	p.check(&c, now)
	code := AuthCode{ID: NewRowID(), OrganizationID: id, Primary: text.Primary, Name: p.Name, Note: p.Note,
		Limits: p.Limits, Tags: p.Tags, Canary: text.Canary, Imported: true,
		Weak: checkImported(&c, text.Text) < weakBelow, CreatedAt: now, CreatedBy: caller.Ref(), UpdatedAt: now,
		AsOf: now}
	code.boundImported(&c, p.Limits)
	issued, stored := s.keep(code, text.Text)
	kept, err := Once(ctx, s.core, caller, func(tx Tx) (IssuedAuthCode, error) {
		if err := c.Err(); err != nil { // not before: see CreateAuthCode
			return IssuedAuthCode{}, err
		}
		return s.insertImported(ctx, tx, caller, issued, stored)
	})
	if err == nil {
		s.imported.found()
	}
	return kept, err
}

// insertImported is the transaction of ImportAuthCode.
func (s *Service) insertImported(ctx context.Context, tx Tx, caller Caller, issued IssuedAuthCode,
	stored StoredAuthCode) (IssuedAuthCode, error) {
	org, err := lockForCodes(ctx, tx, caller, stored.OrganizationID)
	if err != nil {
		return IssuedAuthCode{}, err
	}
	if !org.Active() {
		return IssuedAuthCode{}, problem.New(problem.Conflict, problem.CodeOrganizationInactive)
	}
	var c Checker
	if org.Policy.bound(&c, stored.Limits, stored.CreatedAt); c.Err() != nil {
		return IssuedAuthCode{}, c.Err()
	}
	// The index of the digests sees the same text under the same master key only.
	_, err = FindByDigest(s.core.keys, secret.ForAuthCode, issued.Text,
		func(digest []byte) (StoredAuthCode, error) { return tx.AuthCodeByDigest(ctx, digest) })
	if err == nil {
		return IssuedAuthCode{}, problem.AuthCodeExists()
	}
	if !errors.Is(err, problem.NotFound) {
		return IssuedAuthCode{}, err
	}
	org.Policy.apply(&stored)
	detail := map[string]string{"name": stored.Name}
	if stored.Weak {
		detail["weak"] = "true"
	}
	if stored.Primary {
		detail["supersedes"], err = tx.ReplacePrimaryAuthCode(ctx, stored, Superseded)
	} else {
		err = tx.InsertAuthCode(ctx, stored)
	}
	if err != nil {
		return IssuedAuthCode{}, err
	}
	return issued, s.core.Record(ctx, tx, caller, stored.CreatedAt, Change{Organization: org.ID,
		Action: "auth_code.import", Target: stored.ID, Detail: detail})
}

// checkImported adds what is wrong with a text, and returns how many bits a guesser has to find.
func checkImported(c *Checker, text secret.Secret) int {
	_, err := secret.ParseImportedCode(text.Reveal())
	bits := secret.GuessBits(text)
	switch {
	case errors.Is(err, secret.ErrOwnForm):
		c.Add(FieldAuthorizationCode, problem.CodeOwnForm)
	case err != nil:
		c.Add(FieldAuthorizationCode, problem.CodeBadImportedCode, secret.MaxImportedCode)
	case bits < leastBits:
		c.Add(FieldAuthorizationCode, problem.CodeTooGuessable)
	}
	return bits
}

// boundImported adds an error if an imported code would not end, or end too late.
func (c AuthCode) boundImported(check *Checker, l CodeLimits) {
	if c.Imported && (l.Never || l.ExpiresAt.After(c.CreatedAt.Add(MaxImportedLife))) {
		check.Add(FieldExpiresAt, problem.CodeImportedLife, int(MaxImportedLife/(24*time.Hour)))
	}
}
