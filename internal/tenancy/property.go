// SPDX-License-Identifier: Apache-2.0

package tenancy

import "gatehouse/internal/filter"

// What lists can be filtered and sorted by. Doors put these into a filter.Schema
// under their own wire's names, engines map Property.Name to a column.

// Names of properties.
const (
	PropertyID                  = "id"
	PropertyName                = "name"
	PropertyStatus              = "status"
	PropertyOrganizationID      = "organization.id"
	PropertyContactID           = "contact.id"
	PropertyEmail               = "email"
	PropertyCreatedAt           = "createdAt"
	PropertyAlias               = "alias"
	PropertyDescription         = "description"
	PropertyExternalID          = "externalId"
	PropertyEmailDomains        = "emailDomains"
	PropertyContactPersonNames  = "contactPersons.fullName"
	PropertyContactPersonEmails = "contactPersons.email"
	PropertyState               = "state"
	PropertyNumber              = "number"
	PropertyUsername            = "username"
	PropertyInstanceID          = "instanceId"
	PropertyAuthCodeID          = "authCodeId"
	PropertyTags                = "tags"
	PropertySeq                 = "seq"
	PropertyAt                  = "at"
	PropertyAction              = "action"
	PropertyActor               = "actor"
	PropertyActorName           = "actorName"
	PropertyTarget              = "target"
	PropertySource              = "source"
	PropertyRequestID           = "requestId"
	PropertyOutcome             = "outcome"
	PropertyRefusal             = "refusal"
	PropertyAddress             = "address"
	PropertyClientID            = "clientId"
	PropertyType                = "type"
	PropertyUses                = "uses"
	PropertyUpdatedAt           = "updatedAt"
	PropertyLastSeenAt          = "lastSeenAt"
	PropertyLastUsedAt          = "lastUsedAt"
	PropertyExpiresAt           = "expiresAt"
)

// maxState is more than the length of every state and status.
const maxState = 32

// RequestProperties returns the properties of requests, by domain name.
func RequestProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyID, Kind: filter.ID},
		filter.Property{Name: PropertyName, Kind: filter.Text, Longest: MaxName},
		filter.Property{Name: PropertyStatus, Kind: filter.Text, Longest: maxState,
			Values: filter.ValuesOf(RequestNew, RequestReview, RequestMoreInfoNeeded, RequestApproved,
				RequestRejected)},
		filter.Property{Name: PropertyOrganizationID, Kind: filter.ID, Prefix: OrganizationPrefix},
		filter.Property{Name: PropertyContactID, Kind: filter.ID, Prefix: ContactPrefix},
		filter.Property{Name: PropertyEmail, Kind: filter.Text, Optional: true, Longest: maxEmail},
		filter.Property{Name: PropertyCreatedAt, Kind: filter.Time},
	)
}

// OrganizationProperties returns the properties of organizations, by domain name.
func OrganizationProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyID, Kind: filter.ID, Prefix: OrganizationPrefix},
		filter.Property{Name: PropertyName, Kind: filter.Text, Longest: MaxName},
		filter.Property{Name: PropertyAlias, Kind: filter.Text, Optional: true, Longest: maxAlias},
		filter.Property{Name: PropertyDescription, Kind: filter.Text, Optional: true, Longest: maxText},
		filter.Property{Name: PropertyExternalID, Kind: filter.Text, Optional: true, Longest: MaxName},
		// Lists of texts; see ListedText.
		filter.Property{Name: PropertyEmailDomains, Kind: filter.Text, Optional: true},
		filter.Property{Name: PropertyContactPersonNames, Kind: filter.Text, Optional: true},
		filter.Property{Name: PropertyContactPersonEmails, Kind: filter.Text, Optional: true},
		filter.Property{Name: PropertyState, Kind: filter.Text, Longest: maxState,
			Values: filter.ValuesOf(OrganizationActive, OrganizationInactive)}, // of members, which lists have
		filter.Property{Name: PropertyCreatedAt, Kind: filter.Time},
	)
}

// ClientProperties returns the properties of clients, by domain name.
func ClientProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyID, Kind: filter.Text},
		filter.Property{Name: PropertyName, Kind: filter.Text, Longest: MaxName},
		filter.Property{Name: PropertyInstanceID, Kind: filter.Text, Longest: maxInstanceID},
		filter.Property{Name: PropertyState, Kind: filter.Text, Longest: maxState,
			Values: filter.ValuesOf(ClientPending, ClientActive, ClientRefused, ClientRevoked)},
		filter.Property{Name: PropertyOrganizationID, Kind: filter.ID, Prefix: OrganizationPrefix},
		filter.Property{Name: PropertyAuthCodeID, Kind: filter.Text},
		filter.Property{Name: PropertyTags, Kind: filter.Text}, // see ListedText
		filter.Property{Name: PropertyCreatedAt, Kind: filter.Time},
		filter.Property{Name: PropertyUpdatedAt, Kind: filter.Time},
		filter.Property{Name: PropertyLastSeenAt, Kind: filter.Time, Optional: true},
	)
}

// AuthCodeProperties returns the properties of codes, by domain name.
func AuthCodeProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyID, Kind: filter.Text},
		filter.Property{Name: PropertyName, Kind: filter.Text, Longest: MaxName},
		filter.Property{Name: PropertyTags, Kind: filter.Text}, // see ListedText
		filter.Property{Name: PropertyCreatedAt, Kind: filter.Time},
		filter.Property{Name: PropertyUpdatedAt, Kind: filter.Time},
		filter.Property{Name: PropertyExpiresAt, Kind: filter.Time, Optional: true}, // absent: never
		filter.Property{Name: PropertyUses, Kind: filter.ID},
		filter.Property{Name: PropertyLastUsedAt, Kind: filter.Time, Optional: true},
	)
}

// CodeUseProperties returns the properties of the lines of a ledger, by domain name.
func CodeUseProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyAt, Kind: filter.Time},
		filter.Property{Name: PropertyOutcome, Kind: filter.Text,
			Values: filter.ValuesOf(UseAccepted, UseRepeated, UseRefused)},
		filter.Property{Name: PropertyRefusal, Kind: filter.Text, Optional: true,
			Values: filter.ValuesOf(RefusedCanary, RefusedOrganization, RefusedSuperseded, RefusedDisabled,
				RefusedExpired, RefusedSource, RefusedExhausted)},
		filter.Property{Name: PropertyAddress, Kind: filter.Text},
		filter.Property{Name: PropertyInstanceID, Kind: filter.Text},
		filter.Property{Name: PropertyClientID, Kind: filter.Text, Optional: true},
	)
}

// ApplicationProperties returns the properties of applications, by domain name. Those of the
// key are of the current one.
func ApplicationProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyID, Kind: filter.Text},
		filter.Property{Name: PropertyName, Kind: filter.Text, Longest: MaxName},
		filter.Property{Name: PropertyType, Kind: filter.Text,
			Values: filter.ValuesOf(TypeApplication, TypeExtension)},
		filter.Property{Name: PropertyOrganizationID, Kind: filter.ID, Prefix: OrganizationPrefix},
		filter.Property{Name: PropertyCreatedAt, Kind: filter.Time},
		filter.Property{Name: PropertyUpdatedAt, Kind: filter.Time},
		filter.Property{Name: PropertyExpiresAt, Kind: filter.Time, Optional: true}, // never, or no key
		filter.Property{Name: PropertyLastUsedAt, Kind: filter.Time, Optional: true},
	)
}

// AuditProperties returns the properties of events, by domain name. See AuditMatches.
func AuditProperties() map[string]filter.Property {
	return byName(
		filter.Property{Name: PropertyOrganizationID, Kind: filter.ID, Prefix: OrganizationPrefix},
		filter.Property{Name: PropertySeq, Kind: filter.ID},
		filter.Property{Name: PropertyAt, Kind: filter.Time},
		filter.Property{Name: PropertyAction, Kind: filter.Text},
		filter.Property{Name: PropertyActor, Kind: filter.Text},
		filter.Property{Name: PropertyActorName, Kind: filter.Text, Optional: true},
		filter.Property{Name: PropertyTarget, Kind: filter.Text, Optional: true},
		filter.Property{Name: PropertySource, Kind: filter.Text, Optional: true},
		filter.Property{Name: PropertyRequestID, Kind: filter.Text, Optional: true},
		filter.Property{Name: PropertyOutcome, Kind: filter.Text,
			Values: filter.ValuesOf(OutcomeSuccess, OutcomeFailure)},
	)
}

func byName(list ...filter.Property) map[string]filter.Property {
	m := make(map[string]filter.Property, len(list))
	for _, p := range list {
		m[p.Name] = p
	}
	return m
}
