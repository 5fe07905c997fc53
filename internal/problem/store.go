// SPDX-License-Identifier: Apache-2.0

package problem

import "fmt"

// The errors that a store returns: the kind and the code of each are here, once for all
// engines.

// Fault is our own fault. The cause is for the log only.
func Fault(cause error) *Error { return Wrap(Internal, CodeInternal, cause) }

// DatabaseUnavailable says that trying again may help.
func DatabaseUnavailable(cause error) *Error {
	return Wrap(Unavailable, CodeDatabaseUnavailable, cause)
}

// OfDriver returns an error of a database driver: DatabaseUnavailable if it is
// temporary, else Fault. doing says what was tried, for the log.
func OfDriver(doing string, err error, temporary bool) *Error {
	cause := fmt.Errorf("%s: %w", doing, err)
	if temporary {
		return DatabaseUnavailable(cause)
	}
	return Fault(cause)
}

// TooMany says that a list looks at more rows than one call may (scimType tooMany of
// RFC 7644, section 3.12).
func TooMany() *Error { return New(Invalid, CodeTooMany) }

// TooManyToSort says that a list has more rows than are sorted without an index.
func TooManyToSort(most int) *Error { return New(Invalid, CodeTooManyToSort, most) }

// SchemaTooNew says that a newer version of the program migrated the database.
func SchemaTooNew(cause error) *Error { return Wrap(Unavailable, CodeSchemaTooNew, cause) }

// SchemaTooOld says that the database is not migrated yet.
func SchemaTooOld(cause error) *Error { return Wrap(Unavailable, CodeSchemaTooOld, cause) }

// ForeignDatabase says that the data are another program's.
func ForeignDatabase() *Error {
	return New(Conflict, CodeForeignDatabase)
}

// DatabaseURLInvalid says how a URL is written. It does not repeat the URL, which may
// hold a password.
func DatabaseURLInvalid() *Error {
	return New(Invalid, CodeDatabaseURLInvalid)
}

// OrganizationNameTaken says that a member has the folded name.
func OrganizationNameTaken() *Error {
	return New(Conflict, CodeOrganizationNameTaken)
}

// OrganizationIDTaken says that the id was used before.
func OrganizationIDTaken() *Error {
	return New(Conflict, CodeOrganizationIDTaken)
}

// AuthCodeExists says that the id, the digest or a living primary code exists.
func AuthCodeExists() *Error {
	return New(Conflict, CodeAuthCodeExists)
}

// ApplicationExists says that the id exists.
func ApplicationExists() *Error {
	return New(Conflict, CodeApplicationExists)
}

// UsernameTaken says that the folded user name or the id exists.
func UsernameTaken() *Error {
	return New(Conflict, CodeUsernameTaken)
}

// OperatorTokenNameTaken says that a living token of the operator has the folded name.
func OperatorTokenNameTaken() *Error {
	return New(Conflict, CodeOperatorTokenNameTaken)
}

// SessionExists says that the id or the digest exists.
func SessionExists() *Error {
	return New(Conflict, CodeSessionExists)
}

// AuditEventExists says that the event is not the next of its chain.
func AuditEventExists() *Error {
	return New(Conflict, CodeAuditEventExists)
}

// SettingExists says that the name exists.
func SettingExists() *Error {
	return New(Conflict, CodeSettingExists)
}
