// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// rule says what a setting of the vendor's gets that is not kept here.
type rule int

const (
	harmless  rule = iota + 1 // it means nothing, and nobody is less safe for it
	elsewhere                 // it is read where companies are changed
	mustBeOff                 // it stays off: who switches it on is refused
	mustBeOn                  // it stays on: who switches it off is refused
	switched                  // an object that is off when its member enable is
)

// settings are the rules for the members of one object, by name.
type settings struct {
	members map[string]rule
	unknown rule // of the members that are not named
}

// guards are the rules for what would tighten or grant something, wherever in a body
// it stands: nothing would come of it here.
func guards() map[string]rule {
	return map[string]rule{
		"loginSessionTimeoutInMinutes": mustBeOff, "agePasswordDays": mustBeOff, "advancedPrivacySettings": mustBeOff,
		"allowUsersToEnablePasskey": mustBeOff, "allowUsersToEnablePrivacy": mustBeOff, "privacy": mustBeOff, "showDLP": mustBeOff,
		"autoRetireDevices": mustBeOff, "canCreateCompanies": mustBeOff, "operators": mustBeOff, "operatorRole": mustBeOff,
		"enableTwoFactorAuthentication": mustBeOff, "twoFactorAuthenticationInfo": mustBeOff, "twoFactorAuth": switched,
		"enableLocalAuthentication": mustBeOn, "enableDataEncryption": mustBeOff, "passkey": mustBeOff, "passkeySettings": mustBeOff,
		"resellerMode": mustBeOff, "security": mustBeOff, "tenantOperators": mustBeOff,
	}
}

// with returns the guards and more rules.
func with(members map[string]rule, unknown rule) settings {
	all := guards()
	maps.Copy(all, members)
	return settings{members: all, unknown: unknown}
}

// anySettings are the rules for an object of which clients send back all that they
// were given, or of which nothing is known.
func anySettings() settings { return with(nil, harmless) }

// propertySettings are the rules for organizationInfo.organizationProperties. A
// member that is not known is refused unless it is off: it may be a new guard.
func propertySettings() settings {
	return with(map[string]rule{
		"enableAuthCodeGen": elsewhere, "authCode": harmless, "primaryContacts": elsewhere, "primaryContactsOperationType": harmless,

		"additionalDomains": harmless, "additionalDomainsOperationType": harmless, "autoClientOwnerAssignmentType": harmless,
		"autoClientOwnerAssignmentValue": harmless, "clientGroupForceClientSideDownload": harmless, "companyGeoInfo": harmless,
		"customization": harmless, "defaultPlans": harmless, "defaultPlansOperationType": harmless, "enableAutoDiscovery": harmless,
		"globalFiltersInfo": harmless, "infrastructureType": harmless, "isJobStartTimeEnabled": harmless, "jobStartTime": harmless,
		"operatorsOperationType": harmless, "orgCreationDateTime": harmless, "preferenceMachineCentricClient": harmless,
		"primaryDomain": harmless, "senderName": harmless, "senderSmtp": harmless, "serverCount": harmless, "supportedSolutions": harmless,
		"totalMachineCount": harmless, "useCompanyGlobalFilter": harmless, "userCount": harmless, "useUPNForEmail": harmless,
	}, mustBeOff)
}

// generalSettings are the rules for general of a company of V4.
func generalSettings() settings {
	return with(map[string]rule{
		"newAlias": elsewhere, "emailSuffix": elsewhere, "authcodeForInstallation": elsewhere,
		"assignLaptopOwners": harmless, "autoDiscoverApp": harmless, "infrastructureType": harmless, "serviceCommcells": harmless,
		"supportedSolutions": harmless, "upnInsteadOfEmail": harmless,
	}, mustBeOff)
}

// tokenSettings are the rules for an access token. A member that is not known may be
// meant to limit it: passed over, the token would be worth more than its maker thinks.
func tokenSettings() settings {
	return settings{unknown: mustBeOff, members: map[string]rule{
		"tokenName": elsewhere, "userId": elsewhere, "tokenType": elsewhere, "apiEndpoints": elsewhere, "tokenExpiryTimestamp": elsewhere,
		"renewableUntilTimestamp": elsewhere, "allowedIPs": elsewhere, "enableIPAllowListFeature": elsewhere,
		"accessTokenId": harmless, "accessToken": harmless, "refreshToken": harmless, "refreshTokenExpiryTimestamp": harmless,
	}}
}

// keep refuses what the rules do not allow. Values that say what is so anyway pass:
// clients send back what details gave them. Names count in any letter case.
func (r *reader) keep(s settings) {
	for _, name := range slices.Sorted(maps.Keys(r.from)) {
		if known, rule := s.of(name); !r.allows(rule, name) {
			r.fault(known, "cannot be set on this server, and nothing was changed. Leave it out.")
		}
	}
}

// of returns a member's name as the rules have it, and its rule.
func (s settings) of(name string) (string, rule) {
	for known, rule := range s.members {
		if strings.EqualFold(known, name) {
			return known, rule
		}
	}
	return name, s.unknown
}

// allows reports whether a rule lets a member have the value it has.
func (r *reader) allows(rule rule, name string) bool {
	value := r.from[name]
	switch rule {
	case mustBeOff:
		return isOff(value)
	case mustBeOn:
		return value == nil || isOn(value)
	case switched:
		o, is := asObject(value)
		if !is {
			return isOff(value)
		}
		inner := reader{from: o, up: r, path: name + "."}
		if enable := inner.member("enable"); enable != nil {
			return isOff(enable)
		}
		return isOff(value)
	}
	return true
}

// isOn reports whether a value is clearly true. Anything else may be meant as false.
func isOn(value any) bool {
	return value == true || value == json.Number("1") || value == attribute("1") || value == attribute("true")
}

// isOff reports whether a value switches nothing on: it is false, 0, empty, or all in
// it is.
func isOff(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case bool:
		return !v
	case json.Number:
		return strings.Trim(v.String(), "0.-") == ""
	case string:
		return v == ""
	case attribute:
		return v == "" || v == "0" || v == "false"
	case []any:
		return !slices.ContainsFunc(v, func(item any) bool { return !isOff(item) })
	}
	o, is := asObject(value)
	for _, item := range o {
		is = is && isOff(item)
	}
	return is
}

// stateSent is what a body says of a company's state that the call does not change.
type stateSent struct {
	status  int64 // 0: nothing
	options *tenancy.Deactivation
	remedy  string // what to send instead
}

const useActions = "organization.status and organization.deactivateOptions are not changed here. Call action/activate or action/deactivate."

func readState(organization *reader) stateSent {
	s := stateSent{status: organization.number("status"), remedy: useActions}
	if organization.has("deactivateOptions") {
		o := organization.object("deactivateOptions")
		s.options = &tenancy.Deactivation{Backup: o.flag("disableBackup"), Restore: o.flag("disableRestore"), Login: o.flag("disableLogin")}
	}
	return s
}

// expected returns what the body says, for the domain to compare. Another state is
// Invalid. A status that no company here can have is no state at all.
func (s stateSent) expected() tenancy.ExpectedState {
	e := tenancy.ExpectedState{Deactivation: s.options, Refusal: problem.New(problem.Invalid, "state_elsewhere", "%s", s.remedy)}
	switch s.status {
	case 0:
	case statusActive:
		e.State = tenancy.OrganizationActive
	case statusDeactivated:
		e.State = tenancy.OrganizationInactive
	default:
		e.State = "none"
	}
	return e
}
