// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"gatehouse/internal/secret"
	"gatehouse/internal/span"
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
	// Seal is what the end of the chain has besides this event: see AuditHead. Only
	// InsertAuditEvent takes it, and nothing returns it.
	Seal []byte
}

// Outcomes of events.
const (
	OutcomeSuccess = "success"
	OutcomeFailure = "failure"
)

// Outcome returns OutcomeFailure for an event of something that was refused.
func (e AuditEvent) Outcome() string {
	if e.Action == ActionCanary || strings.HasSuffix(e.Action, RefusedSuffix) {
		return OutcomeFailure
	}
	return OutcomeSuccess
}

// Actions that are refusals.
const (
	ActionCanary  = "auth_code.canary"
	RefusedSuffix = "_refused" // "operator.login_refused"
)

// Change is what a use case records in the audit.
type Change struct {
	Organization OrganizationID
	Action       string            // noun.verb: "auth_code.issue"
	Target       string            // id of the thing
	Detail       map[string]string // never with a secret in it
}

// Record appends one event to the organization's chain, in the transaction of the change.
// It locks the chain, so it is the last step of a transaction. The change of a caller with a
// log-in must run in Core.Change.
func (c *Core) Record(ctx context.Context, tx Tx, caller Caller, at time.Time, change Change) error {
	if err := requireChecked(tx, caller); err != nil {
		return err
	}
	span.From(ctx).SetText("gatehouse.action", change.Action)
	return c.record(ctx, tx, caller, at, change)
}

// Note records, in a transaction of its own, what a caller tried in vain. Its log-in need not
// hold.
func (c *Core) Note(ctx context.Context, caller Caller, at time.Time, change Change) error {
	return c.Update(ctx, func(tx Tx) error { return c.record(ctx, tx, caller, at, change) })
}

func (c *Core) record(ctx context.Context, tx Tx, caller Caller, at time.Time, change Change) error {
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
	e.Seal = c.auditSeal(AuditHead{OrganizationID: e.OrganizationID, Seq: e.Seq, Hash: e.Hash})
	return tx.InsertAuditEvent(ctx, e)
}

// auditHash returns a keyed hash over every field and the hash before. It is keyed so
// that an attacker who can write the database but does not have the master key cannot
// rewrite a chain.
func (c *Core) auditHash(e AuditEvent) []byte { return c.keys.MAC(secret.ForAudit, e.parts()...) }

// holds reports whether an event has its hash, under any master key.
func (c *Core) holds(e AuditEvent) bool {
	return len(e.Hash) == secret.MasterKeySize && c.keys.HasMAC(e.Hash, secret.ForAudit, e.parts()...)
}

func (e AuditEvent) parts() []string {
	return []string{string(e.PrevHash), e.OrganizationID.String(), strconv.FormatInt(e.Seq, 10),
		strconv.FormatInt(e.At.UnixMilli(), 10),
		string(e.ActorKind), e.ActorID, e.ActorName, e.Address, e.RequestID, e.Action, e.Target, e.Detail}
}
