// SPDX-License-Identifier: Apache-2.0

package identity

// The fields that errors are about, next to those of tenancy. A door maps them to its own
// members.
const (
	FieldUsername       = "username"
	FieldPassword       = "password"
	FieldOldPassword    = "oldPassword"
	FieldDisplayName    = "displayName"
	FieldRole           = "role"
	FieldOneTimeCode    = "oneTimeCode"
	FieldRecoveryCode   = "recoveryCode"
	FieldDevice         = "device"
	FieldType           = "type"
	FieldLifetimeDays   = "lifetimeDays"
	FieldLifetime       = "lifetime"
	FieldExpiresAt      = "expiresAt"
	FieldRenewableUntil = "renewableUntil"
)
