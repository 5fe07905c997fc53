// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// Verdict says whether a code would let a client in.
type Verdict struct {
	Valid   bool
	Refusal CodeRefusal // the rule that refuses it; "" if it is valid, or if the caller may not know
	Code    AuthCode    // zero unless the caller may know
}

// VerifyAuthCode reports whether a code would let a client at this address in, now. It
// uses nothing up, but a canary leaves an event in the audit, whoever has it. With explain
// the verdict says which rule refuses it, and of which code. For callers with codes:verify,
// and to explain codes:explain. A code of an organization that the caller does not reach is
// like one that does not exist.
func (s *Service) VerifyAuthCode(ctx context.Context, caller Caller, text string, from netip.Addr,
	explain bool) (Verdict, error) {
	if err := caller.Require(VerifyCodes); err != nil {
		return Verdict{}, err
	}
	if explain {
		if err := caller.Require(ExplainCodes); err != nil {
			return Verdict{}, err
		}
	}
	shown, err := s.presentedCode(ctx, text)
	if errors.Is(err, secret.ErrMalformed) { // no code has this text, and nobody needs to look
		return Verdict{Refusal: explained(RefusedUnknown, explain)}, nil
	}
	if err != nil {
		return Verdict{}, err
	}
	now, digest := s.core.Clock(), s.core.keys.Digest(secret.ForAuthCode, shown.text)
	if !explain && s.codes.lets(caller, digest, now, from) {
		return Verdict{Valid: true}, nil
	}
	at := Stored(now)
	code, refusal, err := s.judge(ctx, caller, shown, digest, now, from)
	if err == nil && refusal == RefusedCanary {
		err = s.core.Change(ctx, caller, func(tx Tx) error {
			return s.alarm(ctx, tx, caller, at, code, map[string]string{"from": from.String()})
		})
	}
	if err != nil {
		return Verdict{}, err
	}
	if !caller.Reaches(code.OrganizationID) {
		code, refusal = AuthCode{}, RefusedUnknown
	}
	v := Verdict{Valid: refusal == "", Refusal: explained(refusal, explain)}
	if explain {
		v.Code, v.Code.AsOf = code, at
	}
	return v, nil
}

// alarm records that somebody has a canary.
func (s *Service) alarm(ctx context.Context, tx Tx, caller Caller, at time.Time, canary AuthCode,
	detail map[string]string) error {
	detail["name"] = canary.Name
	return s.core.Record(ctx, tx, caller, at, Change{Organization: canary.OrganizationID,
		Action: ActionCanary, Target: canary.ID, Detail: detail})
}

func explained(refusal CodeRefusal, explain bool) CodeRefusal {
	if !explain {
		return ""
	}
	return refusal
}

// judge returns the code with the digest, and the rule that refuses it. An unknown code
// costs the same look-ups as any other. A text in the form of other systems is a guess: the
// caller may pass on what strangers type. It is none of a caller that may read codes anyway.
// Exhausted after too many guesses.
func (s *Service) judge(ctx context.Context, caller Caller, shown presented, digest []byte, now time.Time,
	from netip.Addr) (code AuthCode, refusal CodeRefusal, err error) {
	read := s.codes.begin(now)
	look := func(tx Reader) error {
		refusal, err = s.readCode(ctx, tx, shown, &read, from)
		return err
	}
	if shown.imported && !caller.May(ExplainCodes) {
		err = s.core.Change(ctx, caller, func(tx Tx) error {
			guess, err := s.lockGuess(ctx, tx, shown, Stored(now))
			if err != nil {
				return err
			}
			if err := look(tx); err != nil {
				return err
			}
			known := refusal != RefusedUnknown
			if err := guess.allows(known, read.code.Weak); err != nil || refusal == "" {
				return err
			}
			return guess.wrong(ctx, tx, known, read.code.Weak)
		})
	} else {
		err = s.core.View(ctx, look)
	}
	if err != nil {
		return AuthCode{}, "", err
	}
	if refusal == "" {
		s.codes.remember(digest, read)
	}
	return read.code, refusal, nil
}

// readCode reads a code with its organization, and returns the rule that refuses it.
func (s *Service) readCode(ctx context.Context, tx Reader, shown presented, read *rememberedCode,
	from netip.Addr) (CodeRefusal, error) {
	code, err := FindByDigest(s.core.keys, secret.ForAuthCode, shown.text,
		func(digest []byte) (StoredAuthCode, error) { return tx.AuthCodeByDigest(ctx, digest) })
	unknown := errors.Is(err, problem.NotFound)
	if err != nil && !unknown {
		return "", err
	}
	read.code = code.AuthCode
	// The root's, if the code is unknown.
	read.organization, err = tx.Organization(ctx, code.OrganizationID)
	if err != nil && !errors.Is(err, problem.NotFound) {
		return "", err
	}
	if unknown {
		return RefusedUnknown, nil
	}
	return read.organization.refusal(read.code, Stored(read.readAt), from), nil
}
