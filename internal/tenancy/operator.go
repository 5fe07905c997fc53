// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"slices"
	"strconv"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/problem"
)

// Operator is a person who administers.
type Operator struct {
	ID             string // UUID
	Number         OperatorNumber
	Username       string // unique whatever the letter case
	DisplayName    string // what people call it; may be empty
	Role           Role
	OrganizationID OrganizationID // RootID: administers all; else only that one
	Active         bool
	CreatedAt      time.Time
	UpdatedAt      time.Time
	DeletedAt      time.Time // zero unless it was removed; then nobody may know of it
	// LoginGeneration is in the access tokens of its log-ins. When it grows, all former ones
	// have ended.
	LoginGeneration int64
}

// Changed notes the time of a change, which is later than that of the one before.
func (o *Operator) Changed(now time.Time) { o.UpdatedAt = following(o.UpdatedAt, now) }

// AdministersOperators reports whether it may administer the operators of the server.
func (o Operator) AdministersOperators() bool {
	return o.Active && o.OrganizationID == RootID && slices.Contains(o.Role.Permissions(), ManageOperators)
}

// StoredOperator is an operator as engines keep it.
type StoredOperator struct {
	Operator
	PasswordHash string // argon2id in PHC form
	TOTPSealed   []byte // nil until a second factor is enrolled
	TOTPStep     int64  // step of the last one-time code used
	Recovery     []byte // the keyed digests of the recovery codes that were not used, 32 bytes each
	TOTPPending  []byte // sealed as TOTPSealed; of a second factor that no code has confirmed
}

// OperatorNumber is an operator's number, from 100001. It is the operator's for
// good, and no other operator gets it.
type OperatorNumber int64

// String returns the bare number.
func (n OperatorNumber) String() string { return strconv.FormatInt(int64(n), 10) }

// ListedOperator is an operator with the name of its organization.
type ListedOperator struct {
	Operator
	OrganizationName string
	SecondFactor     bool // one is enrolled
}

// OperatorProperties returns the properties of operators, by domain name.
func OperatorProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyNumber, Kind: filter.ID},
		filter.Property{Name: PropertyUsername, Kind: filter.Text, Longest: MaxName},
	)
}

// ParseOperatorNumber reads the bare number. Anything else is NotFound.
func ParseOperatorNumber(text string) (OperatorNumber, error) {
	n, err := parseNumber(text)
	if err != nil {
		return 0, problem.OperatorNotFound()
	}
	return OperatorNumber(n), nil
}
