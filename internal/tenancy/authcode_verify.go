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
	var code AuthCode
	var refusal CodeRefusal
	at := s.core.Now()
	err = s.core.View(ctx, func(tx Reader) (err error) {
		code, refusal, err = s.judge(ctx, tx, parsed, at, from)
		return err
	})
	if err == nil && refusal == RefusedCanary {
		err = s.core.Update(ctx, func(tx Tx) error {
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
		Action: "auth_code.canary", Target: canary.ID, Detail: detail})
}

func explained(refusal CodeRefusal, explain bool) CodeRefusal {
	if !explain {
		return ""
	}
	return refusal
}

// judge returns the code that has the text, and the rule that refuses it. An unknown code
// costs the same look-ups as any other.
func (s *Service) judge(ctx context.Context, tx Reader, text secret.Secret, at time.Time,
	from netip.Addr) (AuthCode, CodeRefusal, error) {
	code, err := tx.AuthCodeByDigest(ctx, s.core.keys.Digest(secret.ForAuthCode, text))
	unknown := errors.Is(err, problem.NotFound)
	if err != nil && !unknown {
		return AuthCode{}, "", err
	}
	org, err := tx.Organization(ctx, code.OrganizationID) // the root, if the code is unknown
	if err != nil && !errors.Is(err, problem.NotFound) {
		return AuthCode{}, "", err
	}
	if unknown {
		return AuthCode{}, RefusedUnknown, nil
	}
	return code.AuthCode, org.refusal(code.AuthCode, at, from), nil
}
