// SPDX-License-Identifier: Apache-2.0

package apitype

import "time"

// ApplicationParams is the body that registers a program. One of the type application has
// a key, and says when the key expires.
type ApplicationParams struct {
	Name      string  `json:"name"`
	Type      string  `json:"type,omitempty"`      // application, if it is absent, or extension
	ExpiresAt *Expiry `json:"expiresAt,omitempty"` // a time, or "never"; absent for extensions
}

// ApplicationChange is the body that changes one; an absent member stays as it is.
type ApplicationChange struct {
	Name      *string `json:"name,omitempty"`
	ExpiresAt *Expiry `json:"expiresAt,omitempty"` // of the current key
}

// Application is a registered program. The member applicationKey, the text of its key, is
// there when the key was made.
type Application struct {
	ID             string          `json:"id"`
	OrganizationID string          `json:"organizationId"`
	Name           string          `json:"name"`
	Type           string          `json:"type"`
	Key            *ApplicationKey `json:"key,omitempty"`       // absent for extensions
	FormerKey      *FormerKey      `json:"formerKey,omitempty"` // while it is still good
	CreatedAt      time.Time       `json:"createdAt"`
	CreatedBy      string          `json:"createdBy"`
	UpdatedAt      time.Time       `json:"updatedAt"`
	ApplicationKey string          `json:"applicationKey,omitempty"`
}

// ApplicationKey is the current key of an application.
type ApplicationKey struct {
	ID         string     `json:"id"`
	State      string     `json:"state"` // active or expired
	IssuedAt   time.Time  `json:"issuedAt"`
	ExpiresAt  Expiry     `json:"expiresAt"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty"`
}

// FormerKey is the key before the current one, during the overlap of the two.
type FormerKey struct {
	ID         string     `json:"id"`
	IssuedAt   time.Time  `json:"issuedAt"`
	ValidUntil time.Time  `json:"validUntil"`
	LastUsedAt *time.Time `json:"lastUsedAt,omitempty"`
}

// ApplicationList is a page of applications.
type ApplicationList struct {
	Items      []Application `json:"items"`
	NextCursor string        `json:"nextCursor,omitempty"`
}

// KeyRotation is the body of rotateKey.
type KeyRotation struct {
	// Overlap is a duration such as 72h; 0s, or absent, ends the former key at once.
	Overlap   *string `json:"overlap,omitempty"`
	ExpiresAt *Expiry `json:"expiresAt,omitempty"` // of the new key; absent: it lives as long as the former one
}
