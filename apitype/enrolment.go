// SPDX-License-Identifier: Apache-2.0

package apitype

import (
	"encoding/json"
	"time"
)

// EnrolmentClient is what an installation says of itself.
type EnrolmentClient struct {
	Name       string          `json:"name"`
	InstanceID string          `json:"instanceId"`
	PublicKey  json.RawMessage `json:"publicKey,omitempty"` // a JWK: Ed25519 or P-256
}

// Enrolled is the answer to an enrolment.
type Enrolled struct {
	ClientID       string `json:"clientId"`
	OrganizationID string `json:"organizationId"`
	State          string `json:"state"`
	ClientKey      string `json:"clientKey"` // shown this once
	// RegistrationToken reads the client's state at /oauth2/register/{clientId}. It is shown this once.
	RegistrationToken string `json:"registrationToken"`
}

// Client is one enrolled installation.
type Client struct {
	ID             string          `json:"id"`
	OrganizationID string          `json:"organizationId"`
	AuthCodeID     string          `json:"authCodeId"`
	Name           string          `json:"name"`
	InstanceID     string          `json:"instanceId"`
	State          string          `json:"state"`
	Tags           []string        `json:"tags"`
	PublicKey      json.RawMessage `json:"publicKey,omitempty"`
	Thumbprint     string          `json:"thumbprint,omitempty"`
	Address        string          `json:"address"`
	CreatedAt      time.Time       `json:"createdAt"`
	UpdatedAt      time.Time       `json:"updatedAt"`
	LastSeenAt     *time.Time      `json:"lastSeenAt,omitempty"`
	DecidedBy      string          `json:"decidedBy,omitempty"`
	// NameWarnings say why the name may be another one than people read.
	NameWarnings []string `json:"nameWarnings,omitempty"`
}

// ClientList is a page of clients.
type ClientList struct {
	Items      []Client `json:"items"`
	NextCursor string   `json:"nextCursor,omitempty"`
}

// ClientChange is the body that changes a client; an absent member stays as it is.
type ClientChange struct {
	Name *string   `json:"name,omitempty"`
	Tags *[]string `json:"tags,omitempty"`
}
