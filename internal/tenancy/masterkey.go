// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"time"

	"gatehouse/internal/secret"
)

// MasterKeyState says what a master key is for.
type MasterKeyState string

// The states. At most one key is next, and one is active.
const (
	MasterKeyNext    MasterKeyState = "next"    // known to every replica, and not in use yet
	MasterKeyActive  MasterKeyState = "active"  // what is stored is made under it
	MasterKeyRetired MasterKeyState = "retired" // what was stored under it is still recognised
	MasterKeyDropped MasterKeyState = "dropped" // it verifies the audit, and nothing else
)

// StoredMasterKey is a master key of a database that has had more than one.
type StoredMasterKey struct {
	ID        string // secret.MasterKeyID
	State     MasterKeyState
	CreatedAt time.Time
	Sealed    []byte // the key, sealed under the key SealedBy; nil: nobody can read it from here
	SealedBy  string
	RetiredAt time.Time // zero: it is next or active
}

// SecretKind names secrets of which only a digest is stored, made under the master key of the time.
type SecretKind string

// The kinds, in the words of a person who is told how many there are.
const (
	ApplicationKeys SecretKind = "keys of applications"
	ClientKeys      SecretKind = "keys of clients"
	CodesShownOnce  SecretKind = "codes that are shown once"
	RecoveryCodes   SecretKind = "operators with recovery codes"
	OperatorTokens  SecretKind = "access tokens of operators"
	Sessions        SecretKind = "sessions"
	KeptAnswers     SecretKind = "answers for repeated requests"
)

// SecretKinds lists the kinds.
func SecretKinds() []SecretKind {
	return []SecretKind{ApplicationKeys, ClientKeys, CodesShownOnce, RecoveryCodes, OperatorTokens, Sessions,
		KeptAnswers}
}

// SecretRange asks for secrets that were made from one time on, before another, and are good now.
type SecretRange struct{ From, To, Now time.Time }

// SealedColumn names a column with values that are sealed under a master key.
type SealedColumn string

// The columns.
const (
	SealedAuthCodes   SealedColumn = "auth codes"
	SealedTOTP        SealedColumn = "second factors"
	SealedPendingTOTP SealedColumn = "pending second factors"
	SealedAuditHeads  SealedColumn = "ends of audit chains"
)

// SealedColumns lists the columns.
func SealedColumns() []SealedColumn {
	return []SealedColumn{SealedAuthCodes, SealedTOTP, SealedPendingTOTP, SealedAuditHeads}
}

// SealedValue is a sealed value with what it depends on.
type SealedValue struct {
	ID             string // of the row; a number in decimal for SealedAuditHeads
	OrganizationID OrganizationID
	Sealed         []byte
	Digest         []byte // of a code; the hash of the end of a chain
	Seq            int64  // of the end of a chain
}

// Resealed returns a sealed value under the active master key: the same one if it is under that
// already. False: no key opens it.
func (c *Core) Resealed(column SealedColumn, v SealedValue) (SealedValue, bool) {
	if column == SealedAuditHeads {
		h := AuditHead{OrganizationID: v.OrganizationID, Seq: v.Seq, Hash: v.Digest, Seal: v.Sealed}
		if !c.sealed(h) {
			return v, false
		}
		v.Sealed = c.auditSeal(h)
		return v, true
	}
	purpose, row := secret.ForTOTP, v.ID
	if column == SealedAuthCodes {
		purpose, row = secret.ForAuthCode, AuthCode{ID: v.ID, OrganizationID: v.OrganizationID}.sealedFor()
	}
	if c.keys.IsSealedByActive(purpose, v.Sealed, row) {
		return v, true
	}
	text, err := c.keys.Open(purpose, v.Sealed, row)
	if err != nil {
		return v, false
	}
	v.Sealed = c.keys.Seal(purpose, text, row)
	if column == SealedAuthCodes {
		v.Digest = c.keys.Digest(secret.ForAuthCode, text)
	}
	return v, true
}
