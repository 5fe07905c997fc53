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
	parsed, err := secret.ParseAuthCode(text)
	if err != nil { // mistyped: no code has this text, and nobody needs to look
		return Verdict{Refusal: explained(RefusedUnknown, explain)}, nil
	}
	now, digest := s.core.Clock(), s.core.keys.Digest(secret.ForAuthCode, parsed)
	if !explain && s.codes.lets(caller, digest, now, from) {
		return Verdict{Valid: true}, nil
	}
	at := Stored(now)
	code, refusal, err := s.judge(ctx, parsed, digest, now, from)
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
// costs the same look-ups as any other.
func (s *Service) judge(ctx context.Context, text secret.Secret, digest []byte, now time.Time,
	from netip.Addr) (AuthCode,
	CodeRefusal, error) {
	read := s.codes.begin(now)
	unknown := false
	err := s.core.View(ctx, func(tx Reader) error {
		code, err := FindByDigest(s.core.keys, secret.ForAuthCode, text,
			func(digest []byte) (StoredAuthCode, error) {
				return tx.AuthCodeByDigest(ctx, digest)
			})
		if unknown = errors.Is(err, problem.NotFound); err != nil && !unknown {
			return err
		}
		read.code = code.AuthCode
		// The root's, if the code is unknown.
		if read.organization, err = tx.Organization(ctx, code.OrganizationID); errors.Is(err, problem.NotFound) {
			return nil
		}
		return err
	})
	switch {
	case err != nil:
		return AuthCode{}, "", err
	case unknown:
		return AuthCode{}, RefusedUnknown, nil
	}
	refusal := read.organization.refusal(read.code, Stored(now), from)
	if refusal == "" {
		s.codes.remember(digest, read)
	}
	return read.code, refusal, nil
}
