// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

const auditPage = 1000

// AuditHead is the end of an organization's chain, as the store has it apart from the events.
type AuditHead struct {
	OrganizationID OrganizationID
	Seq            int64
	Hash           []byte
	// Seal is a keyed hash over the rest, so that an end cannot be moved back to an event
	// before without a copy of the row of that time. It is empty until SealAudits has filled
	// the row of an earlier version.
	Seal []byte
}

func (c *Core) auditSeal(h AuditHead) []byte {
	return c.keys.MAC(secret.ForAudit, h.parts()...)
}

func (h AuditHead) parts() []string {
	return []string{"head", h.OrganizationID.String(), strconv.FormatInt(h.Seq, 10), string(h.Hash)}
}

// sealed reports whether the end of a chain has its seal, under any master key.
func (c *Core) sealed(h AuditHead) bool {
	return len(h.Seal) == secret.MasterKeySize && c.keys.HasMAC(h.Seal, secret.ForAudit, h.parts()...)
}

// AuditFault says what is wrong with a chain.
type AuditFault string

// The faults.
const (
	AuditChanged AuditFault = "an event was changed, removed or inserted"
	AuditCut     AuditFault = "the newest events were removed"
	AuditMoved   AuditFault = "the stored end of the chain was changed"
	AuditAbsent  AuditFault = "the whole chain was removed"
	AuditTwice   AuditFault = "the chain was listed twice, as if it had begun again"
)

// BrokenChain is a chain that does not hold.
type BrokenChain struct {
	OrganizationID OrganizationID
	Seq            int64 // of the event at which it breaks
	Fault          AuditFault
}

// AuditReport is what VerifyAudits found.
type AuditReport struct {
	Chains int       // that hold
	Events int64     // in these
	Newest time.Time // of all events that hold; zero if there is none
	Broken []BrokenChain
}

// Err returns Conflict (audit_broken) of the first broken chain, and nil if all hold.
func (r AuditReport) Err() error {
	if len(r.Broken) == 0 {
		return nil
	}
	return problem.New(problem.Conflict, problem.CodeAuditBroken, r.Broken[0].OrganizationID, r.Broken[0].Seq)
}

// VerifyAudits checks every chain. It knows which chains there must be: one for each
// organization, and those that events of the root's chain list. It cannot see that the newest
// events of a chain were removed if the stored end was put back to what it was at that time;
// an export, or an older copy of the database, shows that.
func (s *Service) VerifyAudits(ctx context.Context) (AuditReport, error) {
	v := auditVerifier{service: s, listed: map[OrganizationID]int64{}, twice: map[OrganizationID]bool{}}
	if err := v.heads(ctx); err != nil {
		return AuditReport{}, err
	}
	if err := v.absent(ctx); err != nil {
		return AuditReport{}, err
	}
	return v.report, nil
}

// VerifyAudit checks one organization's chain. Conflict (audit_broken).
func (s *Service) VerifyAudit(ctx context.Context, id OrganizationID) (events int64, err error) {
	v := auditVerifier{service: s}
	events, fault, err := v.chain(ctx, AuditHead{OrganizationID: id}, nil)
	if err == nil && fault != "" {
		err = problem.New(problem.Conflict, problem.CodeAuditBroken, id, events+1)
	}
	if err != nil {
		return 0, err
	}
	return events, nil
}

type auditVerifier struct {
	service *Service
	report  AuditReport
	// listed has, by chain, the number of the event that was its last when the root's chain
	// listed it. Chains that were verified are removed.
	listed map[OrganizationID]int64
	twice  map[OrganizationID]bool
}

// heads verifies every chain that has an end. The root's, which lists the others, is the first.
func (v *auditVerifier) heads(ctx context.Context) error {
	for after := RootID - 1; ; {
		var heads []AuditHead
		err := v.service.core.View(ctx, func(tx Reader) (err error) {
			heads, err = tx.AuditHeads(ctx, after, auditPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, head := range heads {
			if err := v.verify(ctx, head); err != nil {
				return err
			}
			after = head.OrganizationID
		}
		if len(heads) < auditPage {
			return nil
		}
	}
}

func (v *auditVerifier) verify(ctx context.Context, head AuditHead) error {
	id := head.OrganizationID
	var each func(AuditEvent) error
	if id == RootID {
		each = v.readList
	}
	n, fault, err := v.chain(ctx, head, each)
	if err != nil {
		return err
	}
	atLeast, listed := v.listed[id]
	if id == RootID {
		listed, atLeast = v.listed[id] > 0, min(atLeast, n)
	}
	delete(v.listed, id)
	sealed := len(head.Seal) > 0
	switch {
	case fault != "":
	case n < atLeast:
		fault = AuditCut
	case sealed && !v.service.core.sealed(head), !sealed && listed:
		fault = AuditMoved
	case v.twice[id]:
		fault = AuditTwice
	default:
		v.report.Chains, v.report.Events = v.report.Chains+1, v.report.Events+n
		return nil
	}
	v.report.Broken = append(v.report.Broken, BrokenChain{id, n + 1, fault})
	return nil
}

// absent reports the chains that must be there and are not.
func (v *auditVerifier) absent(ctx context.Context) error {
	for after := RootID - 1; ; {
		var ids []OrganizationID
		err := v.service.core.View(ctx, func(tx Reader) (err error) {
			ids, err = tx.OrganizationsWithoutAudit(ctx, after, auditPage)
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range ids {
			delete(v.listed, id)
			v.report.Broken = append(v.report.Broken, BrokenChain{id, 1, AuditAbsent})
			after = id
		}
		if len(ids) < auditPage {
			break
		}
	}
	for _, id := range slices.Sorted(maps.Keys(v.listed)) {
		v.report.Broken = append(v.report.Broken, BrokenChain{id, 1, AuditAbsent})
	}
	return nil
}

// chain reads a whole chain, which must reach the stored end and have the stored hash there. It
// returns how many events hold, and what is wrong with the next one.
func (v *auditVerifier) chain(ctx context.Context, head AuditHead, each func(AuditEvent) error) (seq int64,
	fault AuditFault, err error) {
	core := v.service.core
	var prev []byte
	for {
		var events []AuditEvent
		err := core.View(ctx, func(tx Reader) (err error) {
			events, err = tx.AuditEvents(ctx, head.OrganizationID, seq, auditPage)
			return err
		})
		if err != nil {
			return 0, "", err
		}
		for _, e := range events {
			if e.Seq != seq+1 || e.OrganizationID != head.OrganizationID || !secret.Equal(e.PrevHash, prev) ||
				!core.holds(e) {
				return seq, AuditChanged, nil
			}
			if e.Seq == head.Seq && !secret.Equal(e.Hash, head.Hash) {
				return seq, AuditMoved, nil
			}
			seq, prev = e.Seq, e.Hash
			if e.At.After(v.report.Newest) {
				v.report.Newest = e.At
			}
			if each == nil {
				continue
			}
			if err := each(e); err != nil {
				return seq, "", err
			}
		}
		if len(events) < auditPage {
			break
		}
	}
	if seq < head.Seq {
		return seq, AuditCut, nil
	}
	return seq, "", nil
}
