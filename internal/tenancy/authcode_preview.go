// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gatehouse/internal/problem"
)

// The bounds of a preview.
const (
	MaxPreviewDays = 366
	// MaxPreviewSources is how many sources a preview names.
	MaxPreviewSources = 250
	previewPage       = 500 // lines of the ledger that are read at once
)

// RotationPreview says whom a rotation with an overlap would have refused, had it been done
// some days ago: everybody who still presented the code when the overlap was over.
type RotationPreview struct {
	Overlap time.Duration
	Days    int
	Since   time.Time // when the overlap would have ended: later uses would have been refused
	Uses    int64     // that would have been refused, without those in Older
	Sources []PreviewSource
	Total   int // of Sources, which has the first MaxPreviewSources only
	// Older is the number of uses on days since then of which the ledger has only counts, and
	// so no sources. The first of these days may have begun before Since.
	Older int64
}

// PreviewSource is an installation at an address, and its uses that would have been refused.
type PreviewSource struct {
	InstanceID string
	Address    string
	ClientID   string // that its last use enrolled or repeated
	Uses       int64
	LastAt     time.Time
}

// PreviewRotation says whom RotateAuthCode with the same overlap would hit, by the accepted
// and repeated uses of the last days. The one with the latest use is the first. It changes
// nothing. For callers that may rotate, and organizations:read. Invalid, also if the overlap
// is not shorter than the days, because then nobody can have been refused; NotFound; Conflict
// as of RotateAuthCode.
func (s *Service) PreviewRotation(ctx context.Context, caller Caller, id OrganizationID, codeID string,
	overlap time.Duration, days int) (RotationPreview, error) {
	for _, need := range []Permission{IssueCodes, DisableCodes, ReadOrganizations} {
		if err := caller.Require(need); err != nil {
			return RotationPreview{}, err
		}
	}
	if err := checkOverlap(overlap); err != nil {
		return RotationPreview{}, err
	}
	back := time.Duration(days) * 24 * time.Hour
	if days < 1 || days > MaxPreviewDays || back <= overlap {
		return RotationPreview{}, problem.InvalidFields([]problem.FieldError{
			problem.Wrong(FieldDays, problem.CodeBadPreviewDays, MaxPreviewDays)})
	}
	now := s.core.Now()
	preview := RotationPreview{Overlap: overlap, Days: days, Since: now.Add(overlap - back)}
	err := s.core.View(ctx, func(tx Reader) error {
		org, err := tx.Organization(ctx, id)
		if _, err = Visible(caller, org, err); err != nil {
			return err
		}
		code, err := codeOf(ctx, tx, id, codeID)
		if err != nil {
			return err
		}
		if err := code.requireRotatable(org, now); err != nil {
			return err
		}
		lines, err := usesSince(ctx, tx, codeID, preview.Since)
		if err != nil {
			return err
		}
		preview.count(lines)
		folded, err := tx.DailyUses(ctx, codeID)
		preview.countOlder(folded)
		return err
	})
	return preview, err
}

// usesSince returns the lines of a ledger since a time, which are at most those that were not
// folded yet.
func usesSince(ctx context.Context, tx Reader, codeID string, since time.Time) (lines []CodeUse, err error) {
	for before := int64(0); ; {
		page, err := tx.CodeUses(ctx, codeID, before, previewPage)
		if err != nil {
			return nil, err
		}
		for _, line := range page {
			// Lines are in the order in which they were written, which is not quite that of their
			// times. One that is too old does not end the reading.
			if !line.At.Before(since) {
				lines = append(lines, line)
			}
			before = line.ID
		}
		if len(page) < previewPage {
			return lines, nil
		}
	}
}

// count adds up the uses that let somebody in, by installation and address.
func (p *RotationPreview) count(lines []CodeUse) {
	type key struct{ instance, address string }
	sources := map[key]*PreviewSource{}
	for _, line := range lines {
		if line.Outcome == UseRefused {
			continue
		}
		at := key{line.InstanceID, line.Address}
		if sources[at] == nil {
			sources[at] = &PreviewSource{InstanceID: line.InstanceID, Address: line.Address}
		}
		source := sources[at]
		source.Uses++
		p.Uses++
		if source.ClientID == "" || line.At.After(source.LastAt) {
			source.ClientID, source.LastAt = line.ClientID, line.At
		}
	}
	for _, source := range sources {
		p.Sources = append(p.Sources, *source)
	}
	slices.SortFunc(p.Sources, func(a, b PreviewSource) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), cmp.Compare(a.InstanceID, b.InstanceID),
			cmp.Compare(a.Address, b.Address))
	})
	p.Total = len(p.Sources)
	p.Sources = p.Sources[:min(p.Total, MaxPreviewSources)]
}

// countOlder adds up the days that end after the overlap.
func (p *RotationPreview) countOlder(folded []DailyUses) {
	for _, d := range folded {
		if d.Outcome != UseRefused && d.Day.Add(24*time.Hour).After(p.Since) {
			p.Older += d.Count
		}
	}
}
