// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"math/rand/v2"
	"time"
)

// UseOutcome is what became of an attempt to use a code.
type UseOutcome string

// The outcomes.
const (
	UseAccepted UseOutcome = "accepted" // a client was enrolled
	UseRepeated UseOutcome = "repeated" // the same client asked again; this cost no use
	UseRefused  UseOutcome = "refused"
)

// CodeUse is one line of the ledger of a code: one attempt to use it.
type CodeUse struct {
	ID         int64
	AuthCodeID string
	At         time.Time
	Outcome    UseOutcome
	Refusal    CodeRefusal // the rule that refused it; "" if accepted
	Address    string      // the client's IP address
	InstanceID string      // what the installation calls itself
	ClientID   string      // the client that was enrolled or repeated; "" if refused
}

// DailyUses counts the uses of one day that are older than what the ledger has line by
// line.
type DailyUses struct {
	Day     time.Time // midnight UTC
	Outcome UseOutcome
	Refusal CodeRefusal
	Count   int64
}

// The ledger of a code keeps its newest keptUses lines. Older ones are folded into the
// counts of their days, at about one in foldEvery new lines.
const (
	keptUses  = 1000
	foldEvery = 250
)

// CodeUses is a page of the ledger of a code, and what was folded.
type CodeUses struct {
	Lines  []CodeUse   // the newest first
	Folded []DailyUses // the newest day first
}

// ListAuthCodeUses returns the uses of a code before the line with the given number, or
// the newest for 0, and the daily counts of what is older than every line. For callers
// with organizations:read. NotFound.
func (s *Service) ListAuthCodeUses(ctx context.Context, caller Caller, id OrganizationID, codeID string,
	before int64, limit int) (CodeUses, error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return CodeUses{}, err
	}
	var uses CodeUses
	err := s.core.View(ctx, func(tx Reader) error {
		org, err := tx.Organization(ctx, id)
		if _, err = Visible(caller, org, err); err != nil {
			return err
		}
		if _, err := codeOf(ctx, tx, id, codeID); err != nil {
			return err
		}
		if uses.Lines, err = tx.CodeUses(ctx, codeID, before, pageSize(limit)); err != nil {
			return err
		}
		uses.Folded, err = tx.DailyUses(ctx, codeID)
		return err
	})
	return uses, err
}

// noteUse adds a line to the ledger of a code.
func noteUse(ctx context.Context, tx Tx, use CodeUse) error {
	if _, err := tx.InsertCodeUse(ctx, use); err != nil {
		return err
	}
	return foldSometimes(ctx, tx, use.AuthCodeID)
}

// foldSometimes folds the oldest lines of a ledger that got a new one, at one in foldEvery.
// Chance decides: no order of uses of several codes leaves one of them out.
func foldSometimes(ctx context.Context, tx Tx, codeID string) error {
	if rand.IntN(foldEvery) != 0 {
		return nil
	}
	return tx.FoldCodeUses(ctx, codeID, keptUses)
}
