// SPDX-License-Identifier: Apache-2.0

package tenancy

import (
	"strings"
	"time"
)

// ApplicationType says what a registered program is.
type ApplicationType string

// The types.
const (
	TypeApplication ApplicationType = "application" // has a key and logs in
	TypeExtension   ApplicationType = "extension"   // an id only
)

// Known reports whether it is one of the types.
func (t ApplicationType) Known() bool { return t == TypeApplication || t == TypeExtension }

// Application is a registered program.
type Application struct {
	ID             string // UUID
	OrganizationID OrganizationID
	Name           string
	Type           ApplicationType
	LifetimeDays   *int // of a key; nil: it never expires; 0: it cannot log in
	CreatedAt      time.Time
	CreatedBy      string
	Key            ApplicationKey // zero for extensions
}

// CreatorID is the id of the operator or application that made this one.
func (a Application) CreatorID() string {
	_, id, _ := strings.Cut(a.CreatedBy, ":")
	return id
}

// ApplicationKey describes an application's current key, without its text.
type ApplicationKey struct {
	ID        string // the key's jti
	IssuedAt  time.Time
	ExpiresAt time.Time // zero: never
}

// StoredApplication is an application as engines keep it: the digest is all
// that is needed to recognise the key.
type StoredApplication struct {
	Application
	KeyDigest []byte // nil for extensions
}
