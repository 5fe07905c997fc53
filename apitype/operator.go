// SPDX-License-Identifier: Apache-2.0

package apitype

import "time"

// OperatorParams is the body that makes an operator.
type OperatorParams struct {
	Username       string  `json:"username"`
	DisplayName    string  `json:"displayName,omitempty"`
	Password       string  `json:"password"`
	Role           string  `json:"role"`
	OrganizationID *string `json:"organizationId"` // or-0: of the server
}

// OperatorChange is the body that changes one; an absent member stays as it is.
type OperatorChange struct {
	DisplayName    *string `json:"displayName,omitempty"`
	Role           *string `json:"role,omitempty"`
	OrganizationID *string `json:"organizationId,omitempty"`
}

// Operator is a person who administers.
type Operator struct {
	ID             string    `json:"id"`
	Number         int64     `json:"number"`
	Username       string    `json:"username"`
	DisplayName    string    `json:"displayName"`
	Role           string    `json:"role"`
	OrganizationID string    `json:"organizationId"`
	State          string    `json:"state"` // active or disabled
	SecondFactor   bool      `json:"secondFactor"`
	CreatedAt      time.Time `json:"createdAt"`
	UpdatedAt      time.Time `json:"updatedAt"`
}

// OperatorList is a page of operators.
type OperatorList struct {
	Items      []Operator `json:"items"`
	NextCursor string     `json:"nextCursor,omitempty"`
}

// PasswordChange is a new password. The old one is for one's own account only, and must be
// there then.
type PasswordChange struct {
	OldPassword string `json:"oldPassword,omitempty"`
	Password    string `json:"password"`
}

// PendingTOTP is a second factor that no code has confirmed yet. It is shown this once.
type PendingTOTP struct {
	Secret string `json:"secret"` // in base32
	URI    string `json:"uri"`    // otpauth:, for a QR code
}

// TOTPConfirmation is the first code of a second factor.
type TOTPConfirmation struct {
	TOTP string `json:"totp"`
}

// TOTPStart confirms that the operator itself begins to enrol a second factor.
type TOTPStart struct {
	Password string `json:"password"`
}

// RecoveryCodes take the place of a one-time code, each once. They are shown this once.
type RecoveryCodes struct {
	RecoveryCodes []string `json:"recoveryCodes"`
}

// TOTPRemoval confirms that one's own second factor is to go, or that its recovery codes are to
// be replaced: with the password, and with a one-time code or a recovery code. For another's
// second factor it is empty.
type TOTPRemoval struct {
	Password     string `json:"password,omitempty"`
	TOTP         string `json:"totp,omitempty"`
	RecoveryCode string `json:"recoveryCode,omitempty"`
}
