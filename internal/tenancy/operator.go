// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
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
	Role           Role
	OrganizationID OrganizationID // RootID: administers all; else only that one
	Active         bool
	CreatedAt      time.Time
}

// StoredOperator is an operator as engines keep it.
type StoredOperator struct {
	Operator
	PasswordHash string // argon2id in PHC form
	TOTPSealed   []byte // nil until a second factor is enrolled
	TOTPStep     int64  // step of the last one-time code used
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
}

// OperatorProperties returns the properties of operators, by domain name.
func OperatorProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyNumber, Kind: filter.ID},
		filter.Property{Name: PropertyUsername, Kind: filter.Text},
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
