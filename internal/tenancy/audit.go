// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

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

// change is what a use case tells the audit.
type change struct {
	organization OrganizationID
	action       string
	target       string
	detail       map[string]string
}

// record appends one event to the organization's chain, in the transaction of
// the change it tells of. It locks the chain: keep it the last step.
func (s *Service) record(ctx context.Context, tx Tx, caller Caller, at time.Time, c change) error {
	seq, prev, err := tx.LockAuditHead(ctx, c.organization)
	if err != nil {
		return err
	}
	detail := "{}"
	if len(c.detail) > 0 {
		b, err := json.Marshal(c.detail) // sorts the keys
		if err != nil {
			return err
		}
		detail = string(b)
	}
	e := AuditEvent{
		OrganizationID: c.organization, Seq: seq + 1, At: at,
		ActorKind: caller.Kind, ActorID: caller.ID, ActorName: caller.Name,
		Address: caller.Origin.Address, RequestID: caller.Origin.RequestID,
		Action: c.action, Target: c.target, Detail: detail, PrevHash: prev,
	}
	e.Hash = s.auditHash(e)
	return tx.InsertAuditEvent(ctx, e)
}

// auditHash is a keyed hash over every field and the hash before. Keyed, so
// that who can write the database but does not hold the master key cannot
// write a chain anew.
func (s *Service) auditHash(e AuditEvent) []byte {
	return s.keys.MAC(secret.ForAudit, e.PrevHash,
		[]byte(e.OrganizationID.String()), []byte(strconv.FormatInt(e.Seq, 10)), []byte(strconv.FormatInt(e.At.UnixMilli(), 10)),
		[]byte(e.ActorKind), []byte(e.ActorID), []byte(e.ActorName), []byte(e.Address), []byte(e.RequestID),
		[]byte(e.Action), []byte(e.Target), []byte(e.Detail))
}

const auditPage = 1000

// VerifyAudit reads an organization's whole chain and tells how many events it
// has. Conflict (audit_broken) when an event was changed, removed or put in.
// Removal of the newest events cannot be seen from within the chain.
func (s *Service) VerifyAudit(ctx context.Context, id OrganizationID) (int64, error) {
	var seq int64
	var prev []byte
	err := s.view(ctx, func(tx Reader) error {
		seq, prev = 0, nil
		for {
			events, err := tx.AuditEvents(ctx, id, seq, auditPage)
			if err != nil {
				return err
			}
			for _, e := range events {
				if e.Seq != seq+1 || !secret.Equal(e.PrevHash, prev) || !secret.Equal(e.Hash, s.auditHash(e)) {
					return NewError(Conflict, "audit_broken", "The audit of %s is broken at event %d.", id, seq+1)
				}
				seq, prev = e.Seq, e.Hash
			}
			if len(events) < auditPage {
				return nil
			}
		}
	})
	return seq, err
}
