// SPDX-License-Identifier: Apache-2.0

package problem

// What is not there and what the caller may not know of have the same error, so that the
// two cannot be told apart.

// OrganizationNotFound says that there is no such organization for this caller.
func OrganizationNotFound() *Error { return New(NotFound, CodeOrganizationNotFound) }

// RequestNotFound says that there is no such organization request for this caller.
func RequestNotFound() *Error { return New(NotFound, CodeRequestNotFound) }

// ContactNotFound says that there is no such contact.
func ContactNotFound() *Error { return New(NotFound, CodeContactNotFound) }

// AuthCodeNotFound says that there is no such authorization code.
func AuthCodeNotFound() *Error { return New(NotFound, CodeAuthCodeNotFound) }

// ApplicationNotFound says that there is no such application for this caller.
func ApplicationNotFound() *Error { return New(NotFound, CodeApplicationNotFound) }

// ExtensionNotFound says that there is no such extension for this caller.
func ExtensionNotFound() *Error { return New(NotFound, CodeExtensionNotFound) }

// OperatorNotFound says that there is no such operator for this caller.
func OperatorNotFound() *Error { return New(NotFound, CodeOperatorNotFound) }

// OperatorTokenNotFound says that there is no such operator token for this caller.
func OperatorTokenNotFound() *Error { return New(NotFound, CodeOperatorTokenNotFound) }

// SessionNotFound says that there is no such session.
func SessionNotFound() *Error { return New(NotFound, CodeSessionNotFound) }

// SettingNotFound says that there is no such setting.
func SettingNotFound() *Error { return New(NotFound, CodeSettingNotFound) }

// RowNotFound says that a row is not there that only a store knows of.
func RowNotFound() *Error { return New(NotFound, CodeRowNotFound) }

// ClientNotFound says that there is no such client for this caller.
func ClientNotFound() *Error { return New(NotFound, CodeClientNotFound) }
