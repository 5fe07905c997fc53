// SPDX-License-Identifier: Apache-2.0

package problem

import "fmt"

// The errors that a store returns: the kind, the code and the sentence of each stand
// here, once for all engines.

// Fault is our own fault. The cause is for the log only.
func Fault(cause error) *Error {
	return &Error{Kind: Internal, Code: "internal", Message: "Something went wrong on the server.", Err: cause}
}

// DatabaseUnavailable says that trying again may help.
func DatabaseUnavailable(cause error) *Error {
	return &Error{Kind: Unavailable, Code: "database_unavailable",
		Message: "The database is not available at the moment. Try again in a while.", Err: cause}
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

// SchemaTooNew says that a newer version of the program migrated the database.
func SchemaTooNew(cause error) *Error {
	return &Error{Kind: Unavailable, Code: "schema_too_new", Message: "The database was made by a newer version of this program.", Err: cause}
}

// SchemaTooOld says that the database is not migrated yet.
func SchemaTooOld(cause error) *Error {
	return &Error{Kind: Unavailable, Code: "schema_too_old",
		Message: "The database is not set up for this program yet. Start the server once first, or run gatehouse migrate.", Err: cause}
}

// ForeignDatabase says that the data are another program's.
func ForeignDatabase() *Error {
	return New(Conflict, "foreign_database", "The file is the database of another program. Choose another data folder.")
}

// DatabaseURLInvalid says how a URL is written. It does not repeat the URL, which may
// hold a password.
func DatabaseURLInvalid() *Error {
	return New(Invalid, "database_url_invalid", "The database URL is not valid. Write it as postgres://user:password@host:5432/database.")
}

// OrganizationNameTaken says that a member has the folded name.
func OrganizationNameTaken() *Error {
	return New(Conflict, "organization_name_taken", "There is an organization with this name already.")
}

// OrganizationIDTaken says that the id was used before.
func OrganizationIDTaken() *Error {
	return New(Conflict, "organization_id_taken", "There is or was an organization with this id.")
}

// AuthCodeExists says that the id, the digest or a living primary code exists.
func AuthCodeExists() *Error {
	return New(Conflict, "auth_code_exists", "There is such an authorization code already.")
}

// ApplicationExists says that the id exists.
func ApplicationExists() *Error {
	return New(Conflict, "application_exists", "There is an application with this id already.")
}

// UsernameTaken says that the folded user name or the id exists.
func UsernameTaken() *Error {
	return New(Conflict, "username_taken", "There is an operator with this user name already.")
}

// OperatorTokenNameTaken says that a living token of the operator has the folded name.
func OperatorTokenNameTaken() *Error {
	return New(Conflict, "operator_token_name_taken", "There is an access token with this name already. Choose another name.")
}

// SessionExists says that the id or the digest exists.
func SessionExists() *Error {
	return New(Conflict, "session_exists", "There is such a session already.")
}

// AuditEventExists says that the event is not the next of its chain.
func AuditEventExists() *Error {
	return New(Conflict, "audit_event_exists", "Another event has this place in the audit.")
}

// SettingExists says that the name exists.
func SettingExists() *Error {
	return New(Conflict, "setting_exists", "There is a setting with this name already.")
}
