// SPDX-License-Identifier: Apache-2.0

package tenancy

// The fields that errors are about. A door maps them to its own members.
const (
	FieldID           = "id"
	FieldName         = "name"
	FieldAlias        = "alias"
	FieldDescription  = "description"
	FieldExternalID   = "externalId"
	FieldEmailDomains = "emailDomains"

	FieldContactPersons     = "contactPersons"
	FieldContactPersonName  = "contactPersons.fullName"
	FieldContactPersonEmail = "contactPersons.email"

	FieldStatus              = "status"
	FieldRequesterComments   = "requesterComments"
	FieldApproverComments    = "approverComments"
	FieldRelatedOrganization = "relatedOrganization"
	FieldDecisions           = "decisions"

	FieldNote        = "note"
	FieldExpiresAt   = "expiresAt"
	FieldMaxUses     = "maxUses"
	FieldSources     = "cidrs"
	FieldTags        = "tags"
	FieldMaxCodeLife = "maxCodeLife"
	FieldOverlap     = "overlap"
	FieldDays        = "days"
	FieldInstanceID  = "instanceId"
	FieldKey         = "clientKey"

	FieldAuthorizationCode = "authorizationCode"
	FieldPublicKey         = "publicKey"

	FieldScope        = "scope"
	FieldPathPrefixes = "pathPrefixes"

	// FieldProperties is of all properties. The field of one has a point and its name after it.
	FieldProperties = "properties"

	// Before the fields of the applicant and of the contact of a request.
	PrefixOrganization = "organization."
	PrefixContact      = "contact."

	FieldContactFirstName = PrefixContact + "firstName"
	FieldContactLastName  = PrefixContact + "lastName"
	FieldContactEmail     = PrefixContact + "email"
)
