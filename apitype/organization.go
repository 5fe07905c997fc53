// SPDX-License-Identifier: Apache-2.0

package apitype

import (
	"encoding/json"
	"time"
)

// Properties are values of the caller's own, by their names. They have no meaning for the
// server. In a change they are merged with the stored ones, and null removes one.
type Properties map[string]json.RawMessage

// ContactPerson is somebody to contact about an organization.
type ContactPerson struct {
	FullName string `json:"fullName,omitempty"`
	Email    string `json:"email,omitempty"`
}

// OrganizationParams is the body that creates an organization.
type OrganizationParams struct {
	Name           string          `json:"name"`
	Alias          string          `json:"alias,omitempty"` // absent: made from the name
	Description    string          `json:"description,omitempty"`
	ExternalID     string          `json:"externalId,omitempty"`
	EmailDomains   []string        `json:"emailDomains,omitempty"`
	ContactPersons []ContactPerson `json:"contactPersons,omitempty"`
	Properties     Properties      `json:"properties,omitempty"`
}

// OrganizationChange is the body that changes one; an absent member stays as it is.
type OrganizationChange struct {
	Name           *string          `json:"name,omitempty"`
	Alias          *string          `json:"alias,omitempty"` // empty: made from the name again
	Description    *string          `json:"description,omitempty"`
	ExternalID     *string          `json:"externalId,omitempty"`
	EmailDomains   *[]string        `json:"emailDomains,omitempty"`
	ContactPersons *[]ContactPerson `json:"contactPersons,omitempty"`
	Properties     Properties       `json:"properties,omitempty"`
}

// Organization is a company that may enrol clients. That of a request is one that wants to.
type Organization struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	Alias          string          `json:"alias"`
	Description    string          `json:"description"`
	ExternalID     string          `json:"externalId"` // its name in the caller's own system
	EmailDomains   []string        `json:"emailDomains"`
	ContactPersons []ContactPerson `json:"contactPersons"`
	State          string          `json:"state"`
	Properties     Properties      `json:"properties"`
	CreatedAt      time.Time       `json:"createdAt"`
	UpdatedAt      time.Time       `json:"updatedAt"`
	// NameWarnings say why the name may be another one than people read.
	NameWarnings []string `json:"nameWarnings,omitempty"`
	// SimilarNames are names that people may take for this one; none in a list.
	SimilarNames []SimilarName `json:"similarNames,omitempty"`
}

// SimilarName is the name of an organization, or of a request that is not decided.
type SimilarName struct {
	Type  string `json:"type"` // organization or organizationRequest
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"` // of the organization, or the status of the request
}

// OrganizationList is a page of organizations.
type OrganizationList struct {
	Items      []Organization `json:"items"`
	NextCursor string         `json:"nextCursor,omitempty"` // absent on the last page
}

// Activation is the optional body that activates an organization.
type Activation struct {
	// KeepSecrets: codes, clients, keys, sessions and tokens of before work again.
	KeepSecrets bool `json:"keepSecrets,omitempty"`
}
