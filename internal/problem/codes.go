// SPDX-License-Identifier: Apache-2.0

package problem

// Code names one error, for programs. It never changes once a wire shows it or maps it.
type Code string

// CodeInvalidInput is the code of an error about fields. Its message is made of theirs.
const CodeInvalidInput Code = "invalid_input"

// The errors that a use case or a store returns.
const (
	CodeInternal            Code = "internal"
	CodeDatabaseUnavailable Code = "database_unavailable"
	CodeSchemaTooNew        Code = "schema_too_new"
	CodeSchemaTooOld        Code = "schema_too_old"
	CodeForeignDatabase     Code = "foreign_database"
	CodeDatabaseURLInvalid  Code = "database_url_invalid"
	CodeNotStarted          Code = "not_started"
	CodeNeverStarted        Code = "never_started"
	CodeWrongMasterKey      Code = "wrong_master_key"
	CodeMasterKeyRetired    Code = "master_key_retired"
	CodeMasterKeyNotRetired Code = "master_key_not_retired"
	CodeMasterKeyRotating   Code = "master_key_rotating"
	CodeAuditBroken         Code = "audit_broken"
	CodeInterrupted         Code = "interrupted"
)

// What exists already.
const (
	CodeOrganizationNameTaken  Code = "organization_name_taken"
	CodeOrganizationIDTaken    Code = "organization_id_taken"
	CodeAuthCodeExists         Code = "auth_code_exists"
	CodeApplicationExists      Code = "application_exists"
	CodeUsernameTaken          Code = "username_taken"
	CodeOperatorTokenNameTaken Code = "operator_token_name_taken"
	CodeSessionExists          Code = "session_exists"
	CodeAuditEventExists       Code = "audit_event_exists"
	CodeSettingExists          Code = "setting_exists"
)

// What does not exist, or not for this caller.
const (
	CodeOrganizationNotFound  Code = "organization_not_found"
	CodeRequestNotFound       Code = "organization_request_not_found"
	CodeContactNotFound       Code = "contact_not_found"
	CodeAuthCodeNotFound      Code = "auth_code_not_found"
	CodeApplicationNotFound   Code = "application_not_found"
	CodeExtensionNotFound     Code = "extension_not_found"
	CodeOperatorNotFound      Code = "operator_not_found"
	CodeOperatorTokenNotFound Code = "operator_token_not_found"
	CodeSessionNotFound       Code = "session_not_found"
	CodeSettingNotFound       Code = "setting_not_found"
	CodeClientNotFound        Code = "client_not_found"
	CodeRowNotFound           Code = "row_not_found"
)

// Who may do what.
const (
	CodeLoginRequired           Code = "login_required"
	CodeInvalidCredentials      Code = "invalid_credentials"
	CodeInvalidToken            Code = "invalid_token"
	CodeInvalidPair             Code = "invalid_pair"
	CodePermissionMissing       Code = "permission_missing"
	CodeRootRequired            Code = "root_required"
	CodeOutsideScope            Code = "outside_scope"
	CodePublicRequestsOff       Code = "public_requests_off"
	CodeCallerKind              Code = "caller_kind"
	CodeLogInRequired           Code = "log_in_required"
	CodeOwnOrganizationRequired Code = "own_organization_required"
	CodeOwnTokensOnly           Code = "own_tokens_only"
	CodeChangeOwnTokensOnly     Code = "change_own_tokens_only"
	CodeNoSession               Code = "no_session"
	CodeTooManyAttempts         Code = "too_many_attempts"
	CodeTooManyLogins           Code = "too_many_logins"
	CodeEnrolmentRefused        Code = "enrolment_refused"
	CodeMoreThanOwn             Code = "more_than_own"
	CodeOwnAccountOnly          Code = "own_account_only"
	CodeNotConfirmed            Code = "not_confirmed"
)

// What the state of a thing does not allow.
const (
	CodeRootOrganization      Code = "root_organization"
	CodeOrganizationActive    Code = "organization_active"
	CodeOrganizationInactive  Code = "organization_inactive"
	CodeOrganizationChanged   Code = "organization_changed"
	CodeRequestDecided        Code = "request_decided"
	CodeRequestChanged        Code = "request_changed"
	CodeAuthCodeEnded         Code = "auth_code_ended"
	CodeAuthCodeChanged       Code = "auth_code_changed"
	CodeAuthCodeRotated       Code = "auth_code_rotated"
	CodeAuthCodeNotRotated    Code = "auth_code_not_rotated"
	CodeAuthCodeShownOnce     Code = "auth_code_shown_once"
	CodeClientDecided         Code = "client_decided"
	CodeClientNotActive       Code = "client_not_active"
	CodeFixed                 Code = "fixed"
	CodeKeyKindFixed          Code = "key_kind_fixed"
	CodeClientChanged         Code = "client_changed"
	CodeApplicationChanged    Code = "application_changed"
	CodeKeyOverlap            Code = "key_overlap"
	CodeKeyNotRotated         Code = "key_not_rotated"
	CodeNoKey                 Code = "no_key"
	CodeOperatorChanged       Code = "operator_changed"
	CodeLastAdministrator     Code = "last_administrator"
	CodeTOTPEnrolled          Code = "totp_enrolled"
	CodeTOTPNotStarted        Code = "totp_not_started"
	CodeNoTOTP                Code = "no_totp"
	CodeOperatorTokenExpired  Code = "operator_token_expired"
	CodeTooManyOperatorTokens Code = "too_many_operator_tokens"
	CodeIdempotencyKeyReused  Code = "idempotency_key_reused"
	CodeTooMany               Code = "too_many"
	CodeTooManyToSort         Code = "too_many_to_sort"
)

// What is wrong with a field.
const (
	CodeRequired              Code = "required"
	CodeOneLine               Code = "one_line"
	CodeTooLong               Code = "too_long"
	CodeBadCharacter          Code = "bad_character"
	CodeNotEmail              Code = "not_email"
	CodeNotDomains            Code = "not_domains"
	CodeTooManyDomains        Code = "too_many_domains"
	CodeTooManyPersons        Code = "too_many_persons"
	CodeIDNotChosen           Code = "id_not_chosen"
	CodeIDOutOfRange          Code = "id_out_of_range"
	CodeBadStatus             Code = "bad_status"
	CodeDecisionsCount        Code = "decisions_count"
	CodeDecidedTwice          Code = "decided_twice"
	CodeBadDecision           Code = "bad_decision"
	CodePropertyNameLength    Code = "property_name_length"
	CodePropertyNameCharacter Code = "property_name_character"
	CodeNotJSON               Code = "not_json"
	CodeTooNested             Code = "too_nested"
	CodeTooManyProperties     Code = "too_many_properties"
	CodePropertiesTooLong     Code = "properties_too_long"
	CodeBadApplicationType    Code = "bad_application_type"
	CodeBadLifetime           Code = "bad_lifetime"
	CodeBadTokenLife          Code = "bad_token_life"
	CodeBadRole               Code = "bad_role"
	CodeMixedScripts          Code = "mixed_scripts"
	CodePasswordLength        Code = "password_length"
	CodeNotOneTimeCode        Code = "not_one_time_code"
	CodeNotRecoveryCode       Code = "not_recovery_code"
	CodeBadDevice             Code = "bad_device"
	CodeUnknownScope          Code = "unknown_scope"
	CodeScopeNotLimited       Code = "scope_not_limited"
	CodeScopeSize             Code = "scope_size"
	CodeBadPathPrefix         Code = "bad_path_prefix"
	CodeNotInFuture           Code = "not_in_future"
	CodeNothingToChange       Code = "nothing_to_change"
	CodeExpiryTwice           Code = "expiry_twice"
	CodeTooFarAhead           Code = "too_far_ahead"
	CodeExpiryNeeded          Code = "expiry_needed"
	CodeBadMaxUses            Code = "bad_max_uses"
	CodeTooManySources        Code = "too_many_sources"
	CodeBadSource             Code = "bad_source"
	CodeTooManyTags           Code = "too_many_tags"
	CodeEmptyTag              Code = "empty_tag"
	CodeBadOverlap            Code = "bad_overlap"
	CodeBadPreviewDays        Code = "bad_preview_days"
	CodeBadCodeLife           Code = "bad_code_life"
	CodeKeyLife               Code = "key_life"
	CodeOwnAccountField       Code = "own_account_field"
	CodeBadImportedCode       Code = "bad_imported_code"
	CodeOwnForm               Code = "own_form"
	CodeTooGuessable          Code = "too_guessable"
	CodeImportedLife          Code = "imported_life"
)

// List returns every code of the domain with its sentence. The first value of a sentence
// about a field is the field's name, as the door calls it.
func List() Sentences {
	return Sentences{
		{CodeInternal, "Something went wrong on the server."},
		{CodeDatabaseUnavailable, "The database is not available at the moment. Try again in a while."},
		{CodeSchemaTooNew, "The database was made by a newer version of this program."},
		{CodeSchemaTooOld, "The database is not set up for this program yet. Start the server once first."},
		{CodeForeignDatabase, "The file is the database of another program. Choose another data folder."},
		{CodeDatabaseURLInvalid,
			"The database URL is not valid. Write it as postgres://user:password@host:5432/database."},
		{CodeNotStarted, "This database has no operator yet. Start the server once first."},
		{CodeNeverStarted, "This database has not been started yet."},
		{CodeWrongMasterKey,
			"This database was made with another master key. Give the same one; replicas must share it."},
		{CodeMasterKeyNotRetired, "The master key is in use. Only a retired one can be dropped."},
		{CodeMasterKeyRotating, "The rotation of the master key is not over. Finish it first."},
		{CodeMasterKeyRetired, "The master key was rotated, and this one is retired. Give the new one, %s."},
		{CodeAuditBroken, "The audit of %s is broken at event %d."},
		{CodeInterrupted, "The request was given up."},

		{CodeOrganizationNameTaken, "There is an organization with this name already."},
		{CodeOrganizationIDTaken, "There is or was an organization with this id."},
		{CodeAuthCodeExists, "There is such an authorization code already."},
		{CodeApplicationExists, "There is an application with this id already."},
		{CodeUsernameTaken, "There is an operator with this user name already."},
		{CodeOperatorTokenNameTaken, "There is an access token with this name already. Choose another name."},
		{CodeSessionExists, "There is such a session already."},
		{CodeAuditEventExists, "Another event has this place in the audit."},
		{CodeSettingExists, "There is a setting with this name already."},

		{CodeOrganizationNotFound, "There is no organization with this id."},
		{CodeRequestNotFound, "There is no organization request with this id."},
		{CodeContactNotFound, "There is no contact with this id."},
		{CodeAuthCodeNotFound, "There is no auth code with this id."},
		{CodeApplicationNotFound, "There is no application with this id."},
		{CodeExtensionNotFound, "There is no extension with this id."},
		{CodeOperatorNotFound, "There is no operator with this id."},
		{CodeOperatorTokenNotFound, "There is no operator token with this id."},
		{CodeSessionNotFound, "There is no session with this id."},
		{CodeSettingNotFound, "There is no setting with this id."},
		{CodeClientNotFound, "There is no client with this id."},
		{CodeRowNotFound, "There is no such row."},

		{CodeLoginRequired, "Log in first and send the access token with the request."},
		{CodeInvalidCredentials, "The credentials are not valid."},
		{CodeInvalidToken, "The access token is missing, not valid, expired or revoked. Log in again."},
		{CodeInvalidPair,
			"The access token and the refresh token do not fit, have ended, or were renewed before. Make a new " +
				"access token."},
		{CodePermissionMissing, "This needs the permission %s, which this %s does not have."},
		{CodeRootRequired, "This is for the server's own operators and applications."},
		{CodeOutsideScope, "This access token is not for this call: its scope does not name it."},
		{CodePublicRequestsOff, "This server does not take requests from the public."},
		{CodeCallerKind, "This is not for callers of the kind %s."},
		{CodeLogInRequired,
			"An access token that is limited to some calls cannot make access tokens, and none can change or " +
				"delete them. Log in with your password."},
		{CodeOwnOrganizationRequired,
			"Access tokens are made, changed and deleted for oneself, not while acting for an organization."},
		{CodeOwnTokensOnly, "Operators make access tokens for themselves only."},
		{CodeChangeOwnTokensOnly, "Operators change access tokens of their own only."},
		{CodeNoSession, "An access token has no session to end. Delete the access token instead."},
		{CodeTooManyAttempts, "Too many attempts. Wait %d seconds and try again."},
		{CodeTooManyLogins, "Too many log-ins at once. Wait a few seconds and try again."},

		{CodeMoreThanOwn, "This is about more than you may do yourself, so you cannot give it or take it over."},
		{CodeOwnAccountOnly, "Operators do this for their own account only."},
		{CodeNotConfirmed, "The password or the one-time code is not right."},
		{CodeEnrolmentRefused, "The authorization code does not let this client in. Ask for a new code."},

		{CodeRootOrganization, "The root organization cannot be changed."},
		{CodeOrganizationActive, "The organization is active. Deactivate it first."},
		{CodeOrganizationInactive, "The organization is not active. Activate it first."},
		{CodeOrganizationChanged, "The organization was changed meanwhile. Read it again and repeat the change."},
		{CodeRequestDecided, "This request has already been approved or rejected."},
		{CodeRequestChanged, "The request was changed meanwhile. Read it again and repeat the change."},
		{CodeAuthCodeEnded, "The authorization code has ended. Make a new one."},
		{CodeAuthCodeChanged, "The authorization code was changed meanwhile. Read it again and repeat the change."},
		{CodeAuthCodeRotated, "The authorization code was rotated before. Rotate the code that took its place."},
		{CodeAuthCodeNotRotated, "The authorization code was not rotated, so it has no overlap to end."},
		{CodeAuthCodeShownOnce, "This organization shows an authorization code once, when it is made."},
		{CodeClientChanged, "The client was changed meanwhile. Read it again and repeat the change."},
		{CodeClientDecided, "This client does not wait for a decision."},
		{CodeClientNotActive, "This client is not active, so it cannot be changed."},
		{CodeApplicationChanged, "The application was changed meanwhile. Read it again and repeat the change."},
		{CodeKeyOverlap,
			"The key before this one is still good. End its overlap first, or rotate without an overlap."},
		{CodeKeyNotRotated, "The application has no former key that is still good, so there is no overlap to end."},
		{CodeOperatorChanged, "The operator was changed meanwhile. Read it again and repeat the change."},
		{CodeLastAdministrator, "Nobody else may administer operators. Give somebody else that right first."},
		{CodeTOTPEnrolled, "There is a second factor already. Remove it first."},
		{CodeTOTPNotStarted, "No second factor waits for a code. Begin again."},
		{CodeNoTOTP, "There is no second factor."},
		{CodeNoKey, "An extension has no key."},
		{CodeOperatorTokenExpired, "The access token has expired. Renew it first, or make a new one."},
		{CodeTooManyOperatorTokens, "There are %d access tokens already. Delete some first."},
		{CodeIdempotencyKeyReused,
			"Another request was sent with this key before. Choose a new key for each request."},
		{CodeTooManyToSort, "The list has more than %d items, too many to be sorted by this property. Ask " +
			"for a part of it, or sort it by the time of creation."},
		{CodeTooMany,
			"The server would have to look at too many rows for this filter and order. Add a condition that " +
				"few rows meet, such as eq or sw, or co with a longer part of the name, and sort by one property."},

		{CodeRequired, "%[1]s is required."},
		{CodeOneLine, "%[1]s must be one line."},
		{CodeTooLong, "%[1]s must be at most %[2]d characters long."},
		{CodeBadCharacter, "%[1]s contains a character that is not allowed."},
		{CodeNotEmail, "%[1]s must be an e-mail address such as name@example.test."},
		{CodeNotDomains, "%[1]s must be names of domains such as example.test."},
		{CodeTooManyDomains, "%[1]s may be at most %[2]d domains."},
		{CodeTooManyPersons, "%[1]s may be at most %[2]d persons."},
		{CodeIDNotChosen, "This server gives out the ids itself. Leave %[1]s out."},
		{CodeIDOutOfRange, "%[1]s must be a number from 1 to %[2]d."},
		{CodeBadStatus, "%[1]s can be set to review or moreInfoNeeded. To decide a request, approve or reject it."},
		{CodeDecisionsCount, "There must be 1 to %[2]d %[1]s."},
		{CodeDecidedTwice, "%[1]s decide the request %[2]s twice. Decide it once."},
		{CodeBadDecision, "Each of the %[1]s must be approve or reject."},
		{CodePropertyNameLength, "The name of a property must be 1 to %[2]d bytes long."},
		{CodePropertyNameCharacter, "The name of a property contains a character that is not allowed."},
		{CodeNotJSON, "%[1]s must be JSON."},
		{CodeTooNested, "%[1]s is nested more than %[2]d levels deep."},
		{CodeTooManyProperties, "There may be at most %[2]d properties."},
		{CodePropertiesTooLong, "The properties may be at most %[2]d bytes long in all."},
		{CodeBadApplicationType, "%[1]s must be application or extension."},
		{CodeBadTokenLife, "%[1]s must be a duration from %[2]s to %[3]s, such as 8h."},
		{CodeBadLifetime, "%[1]s must be a number of days from 0 to %[2]d. Leave it out for no end."},
		{CodeMixedScripts,
			"%[1]s must be in one script, without characters that look like others, such as full-width letters."},
		{CodeBadRole, "%[1]s must be administrator, account-manager or auditor."},
		{CodePasswordLength, "The password must be 12 characters at least and 1024 bytes at most."},
		{CodeNotOneTimeCode, "%[1]s must be a code of six digits."},
		{CodeNotRecoveryCode, "%[1]s must be a recovery code of twenty characters, in place of a one-time code."},
		{CodeBadDevice, "%[1]s must be at most %[2]d bytes long, without NUL."},
		{CodeUnknownScope, "There is no such scope."},
		{CodeScopeNotLimited, "%[1]s limit a custom scope only."},
		{CodeScopeSize, "A custom scope needs 1 to %[2]d %[1]s."},
		{CodeBadPathPrefix, "Each of the %[1]s must be the beginning of a path, with at most %[2]d bytes."},
		{CodeNotInFuture, "%[1]s must be in the future."},
		{CodeNothingToChange, "Say what is to change."},
		{CodeExpiryTwice, "%[1]s is a time or never, not both."},
		{CodeTooFarAhead, "%[1]s must be within the next %[2]d years."},
		{CodeExpiryNeeded, "%[1]s must be within %[2]s, the longest life of this organization's codes."},
		{CodeBadMaxUses, "%[1]s must be a number from 1 to %[2]d, or unlimited."},
		{CodeTooManySources, "%[1]s may be at most %[2]d networks."},
		{CodeBadSource, "Each of the %[1]s must be a network such as 192.0.2.0/24 or 2001:db8::/32."},
		{CodeTooManyTags, "%[1]s may be at most %[2]d tags."},
		{CodeEmptyTag, "Each of the %[1]s must have a character that can be seen."},
		{CodeBadCodeLife, "%[1]s must be from a minute to %[2]d years, or absent for no bound."},
		{CodeOwnAccountField, "%[1]s is asked for one's own account only. Leave it out."},
		{CodeKeyLife,
			"%[1]s must be within %[2]d days of the key's making, the longest life of this application's keys."},
		{CodeFixed, "%[1]s cannot be changed. Send the present one, or leave it out."},
		{CodeKeyKindFixed,
			"%[1]s is sent if the client has one, and only then. Enrol again to log in in the other way."},
		{CodeBadOverlap, "%[1]s must be from 0 to %[2]d days."},
		{CodeBadImportedCode, "%[1]s must be 1 to %[2]d visible ASCII characters, without blanks."},
		{CodeOwnForm, "%[1]s begins with GHC, as the codes of this server do. Leave it out: the server makes " +
			"such codes itself."},
		{CodeTooGuessable, "%[1]s is so easily guessed that the server does not take it. Leave it out: the " +
			"server makes a better one."},
		{CodeImportedLife, "%[1]s must be a time within %[2]d days of when the code is brought here from another " +
			"system."},
		{CodeBadPreviewDays, "%[1]s must be more than the overlap, and from 1 to %[2]d."},
	}
}
