// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/secret"
)

// AuditEvent is one line of what happened. Events of one organization form a
// chain: each carries a keyed hash over itself and the one before.
type AuditEvent struct {
	OrganizationID OrganizationID
	Seq            int64 // from 1, without gaps, per organization
	At             time.Time
	ActorKind      CallerKind
	ActorID        string
	ActorName      string
	Address        string
	RequestID      string
	Action         string // noun.verb: "auth_code.issue"
	Target         string // id of the thing
	Detail         string // JSON object, never with a secret in it
	PrevHash       []byte // nil for the first
	Hash           []byte
}

// Change is what a use case records in the audit.
type Change struct {
	Organization OrganizationID
	Action       string            // noun.verb: "auth_code.issue"
	Target       string            // id of the thing
	Detail       map[string]string // never with a secret in it
}

// Record appends one event to the organization's chain, in the transaction of the change.
// It locks the chain, so it is the last step of a transaction.
func (c *Core) Record(ctx context.Context, tx Tx, caller Caller, at time.Time, change Change) error {
	seq, prev, err := tx.LockAuditHead(ctx, change.Organization)
	if err != nil {
		return err
	}
	detail := "{}"
	if len(change.Detail) > 0 {
		b, err := json.Marshal(change.Detail) // sorts the keys
		if err != nil {
			return err
		}
		detail = string(b)
	}
	e := AuditEvent{
		OrganizationID: change.Organization, Seq: seq + 1, At: at,
		ActorKind: caller.Kind, ActorID: caller.ID, ActorName: caller.Name,
		Address: caller.Origin.Address, RequestID: caller.Origin.RequestID,
		Action: change.Action, Target: change.Target, Detail: detail, PrevHash: prev,
	}
	e.Hash = c.auditHash(e)
	return tx.InsertAuditEvent(ctx, e)
}

// auditHash returns a keyed hash over every field and the hash before. It is keyed so
// that an attacker who can write the database but does not have the master key cannot
// rewrite a chain.
func (c *Core) auditHash(e AuditEvent) []byte {
	return c.keys.MAC(secret.ForAudit, string(e.PrevHash),
		e.OrganizationID.String(), strconv.FormatInt(e.Seq, 10), strconv.FormatInt(e.At.UnixMilli(), 10),
		string(e.ActorKind), e.ActorID, e.ActorName, e.Address, e.RequestID, e.Action, e.Target, e.Detail)
}

const auditPage = 1000

// AuditHead is the end of an organization's chain, as the store has it.
type AuditHead struct {
	OrganizationID OrganizationID
	Seq            int64
	Hash           []byte
}

// VerifyAudits checks every organization's chain and returns how many chains and events
// there are. Conflict (audit_broken) if an event was changed, removed or inserted. It
// cannot see that the newest events were removed together with the stored end of the
// chain.
func (s *Service) VerifyAudits(ctx context.Context) (chains int, events int64, err error) {
	after := RootID - 1
	for {
		var heads []AuditHead
		err := s.core.View(ctx, func(tx Reader) (err error) {
			heads, err = tx.AuditHeads(ctx, after, auditPage)
			return err
		})
		if err != nil {
			return chains, events, err
		}
		for _, head := range heads {
			n, err := s.verifyChain(ctx, head)
			if err != nil {
				return chains, events, err
			}
			chains, events, after = chains+1, events+n, head.OrganizationID
		}
		if len(heads) < auditPage {
			return chains, events, nil
		}
	}
}

// VerifyAudit is VerifyAudits for one organization's chain.
func (s *Service) VerifyAudit(ctx context.Context, id OrganizationID) (events int64, err error) {
	return s.verifyChain(ctx, AuditHead{OrganizationID: id})
}

// verifyChain reads a whole chain. The chain must reach the stored end and have the stored
// hash there.
func (s *Service) verifyChain(ctx context.Context, head AuditHead) (int64, error) {
	var seq int64
	var prev []byte
	broken := func(at int64) error {
		return problem.New(problem.Conflict, problem.CodeAuditBroken, head.OrganizationID, at)
	}
	for {
		var events []AuditEvent
		err := s.core.View(ctx, func(tx Reader) (err error) {
			events, err = tx.AuditEvents(ctx, head.OrganizationID, seq, auditPage)
			return err
		})
		if err != nil {
			return 0, err
		}
		for _, e := range events {
			if e.Seq != seq+1 || !secret.Equal(e.PrevHash, prev) || !secret.Equal(e.Hash, s.core.auditHash(e)) {
				return 0, broken(seq + 1)
			}
			seq, prev = e.Seq, e.Hash
			if seq == head.Seq && !secret.Equal(prev, head.Hash) {
				return 0, broken(seq)
			}
		}
		if len(events) < auditPage {
			break
		}
	}
	if seq < head.Seq {
		return 0, broken(seq + 1)
	}
	return seq, nil
}
