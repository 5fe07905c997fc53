// SPDX-License-Identifier: Apache-2.0

package apitype

import "time"

// OrganizationRequestParams is the body by which an organization asks to be let in.
type OrganizationRequestParams struct {
	Name                string           `json:"name"`
	RequesterComments   string           `json:"requesterComments,omitempty"`
	RelatedOrganization string           `json:"relatedOrganization,omitempty"`
	Organization        *ApplicantParams `json:"organization,omitempty"`
	Contact             *ContactParams   `json:"contact,omitempty"`
}

// ApplicantParams is what is said of the organization that asks. In a change an absent
// member stays as it is; in a new request an absent name is that of the request.
type ApplicantParams struct {
	Name         *string    `json:"name,omitempty"`
	Alias        *string    `json:"alias,omitempty"`
	Description  *string    `json:"description,omitempty"`
	ExternalID   *string    `json:"externalId,omitempty"`
	EmailDomains *[]string  `json:"emailDomains,omitempty"`
	Properties   Properties `json:"properties,omitempty"`
}

// ContactParams is what is said of the person behind a request. In a change an absent member
// stays as it is.
type ContactParams struct {
	FirstName  *string    `json:"firstName,omitempty"`
	LastName   *string    `json:"lastName,omitempty"`
	Email      *string    `json:"email,omitempty"`
	Properties Properties `json:"properties,omitempty"`
}

// OrganizationRequestChange is the body that changes a request; an absent member stays as it
// is.
type OrganizationRequestChange struct {
	Name                *string          `json:"name,omitempty"`
	Status              *string          `json:"status,omitempty"` // review or moreInfoNeeded
	RequesterComments   *string          `json:"requesterComments,omitempty"`
	RelatedOrganization *string          `json:"relatedOrganization,omitempty"`
	Organization        *ApplicantParams `json:"organization,omitempty"`
	Contact             *ContactParams   `json:"contact,omitempty"`
}

// OrganizationRequest is an organization's wish to be let in. Organization and contact are
// there when the one request is read or changed.
type OrganizationRequest struct {
	ID                  string        `json:"id"`
	Name                string        `json:"name"`
	Status              string        `json:"status"`
	RequesterComments   string        `json:"requesterComments"`
	ApproverComments    string        `json:"approverComments"`
	RelatedOrganization string        `json:"relatedOrganization"`
	OrganizationID      string        `json:"organizationId"`
	Email               string        `json:"email"` // of the contact
	CreatedAt           time.Time     `json:"createdAt"`
	UpdatedAt           time.Time     `json:"updatedAt"`
	DecidedAt           *time.Time    `json:"decidedAt,omitempty"`
	DecidedBy           string        `json:"decidedBy,omitempty"`
	Organization        *Organization `json:"organization,omitempty"`
	Contact             *Contact      `json:"contact,omitempty"`
	// NameWarnings say why the name may be another one than people read.
	NameWarnings []string `json:"nameWarnings,omitempty"`
	// SimilarNames are names that people may take for this one; none once it is decided.
	SimilarNames []SimilarName `json:"similarNames,omitempty"`
}

// Contact is the person behind a request.
type Contact struct {
	FirstName  string     `json:"firstName"`
	LastName   string     `json:"lastName"`
	Email      string     `json:"email"`
	Properties Properties `json:"properties"`
}

// OrganizationRequestList is a page of requests.
type OrganizationRequestList struct {
	Items      []OrganizationRequest `json:"items"`
	NextCursor string                `json:"nextCursor,omitempty"`
}

// DecisionComments is the optional body that approves or rejects a request.
type DecisionComments struct {
	ApproverComments string `json:"approverComments,omitempty"`
}

// Decisions is the body that decides many requests.
type Decisions struct {
	Decisions []Decision `json:"decisions"` // at most 100, each of another request
}

// Decision is what becomes of one request.
type Decision struct {
	ID               string `json:"id"`
	Decision         string `json:"decision"` // approve or reject
	ApproverComments string `json:"approverComments,omitempty"`
}

// DecisionResults is the answer to Decisions, in their order.
type DecisionResults struct {
	Results []DecisionResult `json:"results"`
}

// DecisionResult is the new status of one request, or why it was not decided.
type DecisionResult struct {
	ID      string   `json:"id"`
	Status  string   `json:"status,omitempty"`
	Problem *Problem `json:"problem,omitempty"`
}
