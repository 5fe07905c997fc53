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

// rule says what happens to a setting of the vendor's that this server does not store.
type rule int

const (
	ignored        rule = iota + 1 // accepted without effect; nobody is less safe for it
	readElsewhere                  // read by the code that changes companies or tokens
	mustBeOff                      // it is always off; a request that switches it on is refused
	mustBeOn                       // it is always on; a request that switches it off is refused
	mustBeDisabled                 // an object that is off if its member enable is off
)

// settings are the rules for the members of one object, by name.
type settings struct {
	members  map[string]rule
	fallback rule // for all other members
}

// guardRules returns the rules for settings that would tighten or grant something, wherever they are in a
// body. This server would not act on them.
func guardRules() map[string]rule {
	return map[string]rule{
		"loginSessionTimeoutInMinutes":  mustBeOff,
		"agePasswordDays":               mustBeOff,
		"advancedPrivacySettings":       mustBeOff,
		"allowUsersToEnablePasskey":     mustBeOff,
		"allowUsersToEnablePrivacy":     mustBeOff,
		"privacy":                       mustBeOff,
		"showDLP":                       mustBeOff,
		"autoRetireDevices":             mustBeOff,
		"canCreateCompanies":            mustBeOff,
		"operators":                     mustBeOff,
		"operatorRole":                  mustBeOff,
		"enableTwoFactorAuthentication": mustBeOff,
		"twoFactorAuthenticationInfo":   mustBeOff,
		"twoFactorAuth":                 mustBeDisabled,
		"enableLocalAuthentication":     mustBeOn,
		"enableDataEncryption":          mustBeOff,
		"passkey":                       mustBeOff,
		"passkeySettings":               mustBeOff,
		"resellerMode":                  mustBeOff,
		"security":                      mustBeOff,
		"tenantOperators":               mustBeOff,
	}
}

// withGuards returns the guard rules together with further rules.
func withGuards(members map[string]rule, fallback rule) settings {
	all := guardRules()
	maps.Copy(all, members)
	return settings{members: all, fallback: fallback}
}

// anySettings returns the rules for an object that clients send back as they received it, or of which nothing
// is known.
func anySettings() settings { return withGuards(nil, ignored) }

// propertySettings returns the rules for organizationInfo.organizationProperties. An unknown member must be
// off, because it may be a new guard.
func propertySettings() settings {
	return withGuards(map[string]rule{
		"enableAuthCodeGen":                  readElsewhere,
		"authCode":                           ignored,
		"primaryContacts":                    readElsewhere,
		"primaryContactsOperationType":       ignored,
		"additionalDomains":                  ignored,
		"additionalDomainsOperationType":     ignored,
		"autoClientOwnerAssignmentType":      ignored,
		"autoClientOwnerAssignmentValue":     ignored,
		"clientGroupForceClientSideDownload": ignored,
		"companyGeoInfo":                     ignored,
		"customization":                      ignored,
		"defaultPlans":                       ignored,
		"defaultPlansOperationType":          ignored,
		"enableAutoDiscovery":                ignored,
		"globalFiltersInfo":                  ignored,
		"infrastructureType":                 ignored,
		"isJobStartTimeEnabled":              ignored,
		"jobStartTime":                       ignored,
		"operatorsOperationType":             ignored,
		"orgCreationDateTime":                ignored,
		"preferenceMachineCentricClient":     ignored,
		"primaryDomain":                      ignored,
		"senderName":                         ignored,
		"senderSmtp":                         ignored,
		"serverCount":                        ignored,
		"supportedSolutions":                 ignored,
		"totalMachineCount":                  ignored,
		"useCompanyGlobalFilter":             ignored,
		"userCount":                          ignored,
		"useUPNForEmail":                     ignored,
	}, mustBeOff)
}

// generalSettings returns the rules for the member general of a V4 company.
func generalSettings() settings {
	return withGuards(map[string]rule{
		"newAlias":                readElsewhere,
		"emailSuffix":             readElsewhere,
		"authcodeForInstallation": readElsewhere,
		"assignLaptopOwners":      ignored,
		"autoDiscoverApp":         ignored,
		"infrastructureType":      ignored,
		"serviceCommcells":        ignored,
		"supportedSolutions":      ignored,
		"upnInsteadOfEmail":       ignored,
	}, mustBeOff)
}

// tokenSettings returns the rules for an access token. An unknown member may be meant to limit the token. If
// it were ignored, the token could do more than its creator thinks.
func tokenSettings() settings {
	return settings{fallback: mustBeOff, members: map[string]rule{
		"tokenName":                   readElsewhere,
		"userId":                      readElsewhere,
		"tokenType":                   readElsewhere,
		"apiEndpoints":                readElsewhere,
		"tokenExpiryTimestamp":        readElsewhere,
		"renewableUntilTimestamp":     readElsewhere,
		"allowedIPs":                  readElsewhere,
		"enableIPAllowListFeature":    readElsewhere,
		"accessTokenId":               ignored,
		"accessToken":                 ignored,
		"refreshToken":                ignored,
		"refreshTokenExpiryTimestamp": ignored,
	}}
}

// checkSettings adds an error for each member that its rule forbids. A value that states what is true anyway
// is allowed, because clients send back what they read in the details. Names match in any letter case.
func (r *reader) checkSettings(s settings) {
	for _, name := range slices.Sorted(maps.Keys(r.from)) {
		if spelling, rule := s.ruleFor(name); !r.allows(rule, name) {
			r.addError(spelling, "cannot be set on this server, and nothing was changed. Leave it out.")
		}
	}
}

// ruleFor returns a member's name as the rules spell it, and its rule.
func (s settings) ruleFor(name string) (string, rule) {
	for spelling, rule := range s.members {
		if strings.EqualFold(spelling, name) {
			return spelling, rule
		}
	}
	return name, s.fallback
}

// allows reports whether a rule allows the value of a member.
func (r *reader) allows(rule rule, name string) bool {
	value := r.from[name]
	switch rule {
	case mustBeOff:
		return isOff(value)
	case mustBeOn:
		return value == nil || isOn(value)
	case mustBeDisabled:
		o, is := asObject(value)
		if !is {
			return isOff(value)
		}
		inner := reader{from: o, parent: r, path: name + "."}
		if enable := inner.member("enable"); enable != nil {
			return isOff(enable)
		}
		return isOff(value)
	}
	return true
}

// isOn reports whether a value is clearly true. Any other value may mean false.
func isOn(value any) bool {
	return value == true || value == json.Number("1") || value == attribute("1") || value == attribute("true")
}

// isOff reports whether a value switches nothing on: it is false, 0 or empty, or contains only such values.
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

// sentState is what a body says about a company's state in a call that does not change the state.
type sentState struct {
	status  int64 // 0 if not sent
	options *tenancy.Deactivation
	remedy  string // the message that says what to send instead
}

const useActions = "organization.status and organization.deactivateOptions are not changed here. " +
	"Call action/activate or action/deactivate."

func readState(organization *reader) sentState {
	s := sentState{status: organization.number("status"), remedy: useActions}
	if organization.has("deactivateOptions") {
		o := organization.object("deactivateOptions")
		s.options = &tenancy.Deactivation{DataIn: o.flag("disableBackup"), DataOut: o.flag("disableRestore"),
			Login: o.flag("disableLogin")}
	}
	return s
}

// expected returns the state that the body says, for the domain to compare. The domain refuses a different
// state as Invalid. A status that no company here can have matches no state.
func (s sentState) expected() tenancy.ExpectedState {
	e := tenancy.ExpectedState{Deactivation: s.options,
		Refusal: phrase(codeStateElsewhere, s.remedy).Error(problem.Invalid)}
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
