// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"math/rand/v2"
	"time"

	"gatehouse/internal/filter"
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
	Next   int64       // where the next page begins, which may be short; 0: nothing follows
	Folded []DailyUses // the newest day first
}

// CodeUseList asks for a page of the ledger of a code.
type CodeUseList struct {
	Filter filter.Node // over CodeUseProperties; nil: all
	Before int64       // CodeUses.Next of the page before; 0: from the newest on
	Limit  int
}

// ListAuthCodeUses returns the uses of a code, and the daily counts of what is older than
// every line. A page looks at a limited number of lines. For callers with organizations:read.
// NotFound.
func (s *Service) ListAuthCodeUses(ctx context.Context, caller Caller, id OrganizationID, codeID string,
	p CodeUseList) (CodeUses, error) {
	if err := caller.Require(ReadOrganizations); err != nil {
		return CodeUses{}, err
	}
	p.Limit = pageSize(p.Limit)
	var uses CodeUses
	err := s.core.View(ctx, func(tx Reader) error {
		org, err := tx.Organization(ctx, id)
		if _, err = Visible(caller, org, err); err != nil {
			return err
		}
		if _, err := codeOf(ctx, tx, id, codeID); err != nil {
			return err
		}
		if uses, err = matchingUses(ctx, tx, codeID, p); err != nil {
			return err
		}
		uses.Folded, err = tx.DailyUses(ctx, codeID)
		return err
	})
	return uses, err
}

// matchingUses returns the lines of a page. The ledger has about keptUses lines.
func matchingUses(ctx context.Context, tx Reader, codeID string, p CodeUseList) (page CodeUses, err error) {
	before := p.Before
	for looked := 0; looked < rowsLookedAt(p.Filter); {
		size := p.Limit + 1
		if p.Filter != nil {
			size = keptUses
		}
		lines, err := tx.CodeUses(ctx, codeID, before, size)
		if err != nil {
			return CodeUses{}, err
		}
		for _, line := range lines {
			if !line.matches(p.Filter) {
				continue
			}
			if len(page.Lines) == p.Limit {
				page.Next = page.Lines[p.Limit-1].ID
				return page, nil
			}
			page.Lines = append(page.Lines, line)
		}
		if len(lines) < size {
			return page, nil
		}
		looked, before = looked+len(lines), lines[len(lines)-1].ID
	}
	page.Next = before
	return page, nil
}

// matches reports whether a line matches a filter of CodeUseProperties.
func (u CodeUse) matches(n filter.Node) bool {
	return filter.Matches(n, func(p filter.Property) any {
		switch p.Name {
		case PropertyAt:
			return u.At
		case PropertyOutcome:
			return string(u.Outcome)
		case PropertyRefusal:
			return string(u.Refusal)
		case PropertyAddress:
			return u.Address
		case PropertyInstanceID:
			return u.InstanceID
		case PropertyClientID:
			return u.ClientID
		}
		return nil
	})
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
