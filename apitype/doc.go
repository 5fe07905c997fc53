// SPDX-License-Identifier: Apache-2.0

// Package apitype has the bodies of the native API: what a program sends and what it
// receives, as JSON. It is the public promise of that API.
//
// It is not: rules, which the server has, or a client.
//
// Floor F0: it imports the standard library only.
package apitype

import "time"

// Login is the body of POST /v1/login.
type Login struct {
	Username string `json:"username"`
	Password string `json:"password"`
	TOTP     string `json:"totp,omitempty"` // the six digits of the second factor
	// RecoveryCode takes the place of TOTP, once.
	RecoveryCode string `json:"recoveryCode,omitempty"`
	// Lifetime is how long the token is to live, such as 8h, from a minute to 720h. It lives shorter if
	// a log-in of this server does: ExpiresIn says it. Absent: 15 minutes.
	Lifetime *string `json:"lifetime,omitempty"`
}

// AccessToken is the answer to a log-in.
type AccessToken struct {
	AccessToken string `json:"accessToken"`
	TokenType   string `json:"tokenType"` // Bearer
	ExpiresIn   int64  `json:"expiresIn"` // seconds
}

// Problem is the body of every error (RFC 9457).
type Problem struct {
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Status    int          `json:"status"`
	Detail    string       `json:"detail"` // what is wrong and what to do, for people
	Code      string       `json:"code"`   // for programs; it never changes
	RequestID string       `json:"requestId"`
	Errors    []FieldError `json:"errors,omitempty"` // of single members of the body
}

// FieldError is what is wrong with one member.
type FieldError struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// ErrorType is the beginning of Problem.Type; the code follows.
const ErrorType = "urn:gatehouse:problem:"

// AuthCodeParams is the body that makes an authorization code. With AuthorizationCode it keeps one
// that another system made.
type AuthCodeParams struct {
	Name      string   `json:"name"`
	Note      string   `json:"note,omitempty"`
	ExpiresAt *Expiry  `json:"expiresAt"` // a time, or "never"
	MaxUses   *Uses    `json:"maxUses"`   // a number, or "unlimited"
	CIDRs     []string `json:"cidrs,omitempty"`
	Tags      []string `json:"tags,omitempty"`
	Canary    bool     `json:"canary,omitempty"`

	AuthorizationCode *string `json:"authorizationCode,omitempty"` // the text that another system made
	Primary           bool    `json:"primary,omitempty"`           // of such a code only
}

// AuthCodeChange is the body that changes one; an absent member stays as it is.
type AuthCodeChange struct {
	Name      *string   `json:"name,omitempty"`
	Note      *string   `json:"note,omitempty"`
	ExpiresAt *Expiry   `json:"expiresAt,omitempty"`
	MaxUses   *Uses     `json:"maxUses,omitempty"`
	CIDRs     *[]string `json:"cidrs,omitempty"`
	Tags      *[]string `json:"tags,omitempty"`
}

// AuthCode is an authorization code. The member authorizationCode, its text, is there when
// it was made, rotated or revealed.
type AuthCode struct {
	ID                string     `json:"id"`
	OrganizationID    string     `json:"organizationId"`
	Name              string     `json:"name"`
	Note              string     `json:"note"`
	State             string     `json:"state"`
	ValidUntil        *time.Time `json:"validUntil,omitempty"` // of a superseded one
	Primary           bool       `json:"primary"`
	Canary            bool       `json:"canary"`
	Imported          bool       `json:"imported"` // another system made its text
	Weak              bool       `json:"weak"`     // its text is easily guessed
	ExpiresAt         Expiry     `json:"expiresAt"`
	MaxUses           Uses       `json:"maxUses"`
	Uses              int64      `json:"uses"`
	LastUsedAt        *time.Time `json:"lastUsedAt,omitempty"`
	CIDRs             []string   `json:"cidrs"`
	Tags              []string   `json:"tags"`
	ReplacedBy        string     `json:"replacedBy,omitempty"`
	CreatedAt         time.Time  `json:"createdAt"`
	CreatedBy         string     `json:"createdBy"`
	UpdatedAt         time.Time  `json:"updatedAt"`
	AuthorizationCode string     `json:"authorizationCode,omitempty"`
}

// AuthCodeList is a page of codes.
type AuthCodeList struct {
	Items      []AuthCode `json:"items"`
	NextCursor string     `json:"nextCursor,omitempty"` // absent on the last page
}

// Rotation is the body of rotate.
type Rotation struct {
	Overlap *string `json:"overlap"` // a duration such as 72h; 0s ends the former code at once
	DryRun  bool    `json:"dryRun"`  // changes nothing: the answer is a RotationPreview
	Days    *int    `json:"days"`    // how far back a dry run looks; absent: DefaultPreviewDays
}

// DefaultPreviewDays is how far back a dry run looks that does not say it.
const DefaultPreviewDays = 7

// RotationPreview says whom a rotation would have refused, had it been done some days ago.
type RotationPreview struct {
	Overlap      string          `json:"overlap"`
	Days         int             `json:"days"`
	RefusedSince time.Time       `json:"refusedSince"` // when the overlap would have ended
	RefusedUses  int64           `json:"refusedUses"`
	Sources      []RefusedSource `json:"sources"`      // the one with the latest use first
	TotalSources int             `json:"totalSources"` // Sources has at most 250 of them
	OlderUses    int64           `json:"olderUses"`    // those of which the ledger has only counts
}

// RefusedSource is an installation at an address.
type RefusedSource struct {
	InstanceID string    `json:"instanceId"`
	Address    string    `json:"address"`
	ClientID   string    `json:"clientId"` // of its last use
	Uses       int64     `json:"uses"`
	LastUsedAt time.Time `json:"lastUsedAt"`
}

// Use is a line of the ledger of a code.
type Use struct {
	At         time.Time `json:"at"`
	Outcome    string    `json:"outcome"`
	Reason     string    `json:"reason,omitempty"`
	Address    string    `json:"address"`
	InstanceID string    `json:"instanceId"`
	ClientID   string    `json:"clientId,omitempty"`
}

// DailyUses counts older uses.
type DailyUses struct {
	Day     string `json:"day"` // 2006-01-02
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"`
	Count   int64  `json:"count"`
}

// UseList is a page of a ledger.
type UseList struct {
	Items      []Use       `json:"items"`
	Older      []DailyUses `json:"older"`
	NextCursor string      `json:"nextCursor,omitempty"`
}

// Verification is the body of POST /v1/auth-codes/verify.
type Verification struct {
	AuthorizationCode string `json:"authorizationCode"`
	Address           string `json:"address,omitempty"` // whose client it would be; absent: the caller's own
	Explain           bool   `json:"explain,omitempty"`
}

// Verdict is the answer to it.
type Verdict struct {
	Valid    bool      `json:"valid"`
	Reason   string    `json:"reason,omitempty"`   // the rule that refuses it, if explained
	AuthCode *AuthCode `json:"authCode,omitempty"` // if explained and known
}

// Enrolment is the body of POST /v1/enrollments.
type Enrolment struct {
	AuthorizationCode string          `json:"authorizationCode"`
	Client            EnrolmentClient `json:"client"`
}
