// SPDX-License-Identifier: Apache-2.0

package server_test

import (
	"strings"
	"testing"
)

// samples are valid bodies of routes, by the door and the operation's name. {…} is an id,
// as in paths.
func samples() map[string]string {
	return map[string]string{
		"occ getRegistry": "", "occ listLocales": "",
		"occ login":    "grant_type=password&username=auditor&password={password}",
		"occ mfalogin": "grant_type=password&username=auditor&password={password}&totp_code=123456",
		"occ refresh":  "", "occ verify": "", "occ logout": "",
		"occ createApplicationID": `{"name":"new","type":"application"}`, "occ getApplicationIDs": "",
		"occ getApplicationID":    "",
		"occ updateApplicationID": `{"name":"other","type":"application"}`, "occ deleteApplicationID": "",
		"occ appIdOperation":     `{"op":"genAuthToken","type":"application"}`,
		"occ createExtensionID":  `{"name":"new"}`,
		"occ createOrganization": `{"name":"new"}`, "occ listOrganizations": "", "occ getOrganization": "",
		"occ updateOrganization": `{"colour":"changed"}`, "occ authorizationCode": "",
		"occ createOrganizationRequest": `{"name":"new"}`, "occ listOrganizationRequests": "",
		"occ getOrganizationRequest":     "",
		"occ updateOrganizationRequests": `{"name":"other","status":"review"}`, "occ deleteOrganizationRequest": "",
		"occ approveOrganizationRequest": `{"approverComments":"yes"}`,
		"occ rejectOrganizationRequest":  `{"approverComments":"no"}`,

		"commvault root": "", "commvault login": `{"username":"auditor","password":"{encoded}"}`,
		"commvault logout": "", "commvault whoAmI": "",
		"commvault v2WhoAmI": "", "commvault listUsers": "", "commvault getUser": "", "commvault v4ListUsers": "",
		"commvault v4GetUser":              "",
		"commvault getServerTwoFactorAuth": "", "commvault getUserTwoFactorAuth": "",
		"commvault renewLoginToken":   `{"sessionId":"{session}","deviceId":"laptop7"}`,
		"commvault listOrganizations": "", "commvault getOrganization": "", "commvault getTwoFactorAuth": "",
		"commvault getUserGroups": "", "commvault getCommServ": "",
		"commvault createOrganization":     `{"organizationInfo":{"organization":{"connectName":"new","shortName":{"domainName":"new"}}}}`,
		"commvault updateOrganization":     `{"organizationInfo":{"organization":{"description":"changed","shortName":{"id":{number}}}}}`,
		"commvault activateOrganization":   "",
		"commvault deactivateOrganization": `{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`,
		"commvault deleteOrganization":     "",
		"commvault v4ListCompanies":        "", "commvault v4GetCompany": "", "commvault v4DeleteCompany": "",
		"commvault v4CreateCompany":   `{"name":"new","alias":"new"}`,
		"commvault v4UpdateCompany":   `{"newName":"other"}`,
		"commvault createAccessToken": `{"tokenName":"new"}`, "commvault listAccessTokens": "",
		"commvault updateAccessToken": `{"tokenName":"other"}`,
		"commvault deleteAccessToken": "",
		"commvault renewAccessToken":  `{"accessToken":"{accessToken}","refreshToken":"{refreshToken}"}`,
		"commvault getAuthToken":      "", "commvault generateAuthToken": "", "commvault disableAuthToken": "",
		"api listOrganizations": "", "api createOrganization": `{"name":"new"}`, "api readOrganization": "",
		"api updateOrganization": `{"description":"changed"}`, "api deleteOrganization": "",
		"api activateOrganization":   "",
		"api deactivateOrganization": "", "api submitOrganizationRequest": `{"name":"new"}`,
		"api listOrganizationRequests":   "",
		"api decideOrganizationRequests": `{"decisions":[{"id":"{request}","decision":"approve"}]}`,
		"api readOrganizationRequest":    "",
		"api updateOrganizationRequest":  `{"name":"other"}`, "api deleteOrganizationRequest": "",
		"api approveOrganizationRequest": "", "api rejectOrganizationRequest": "",
		"api login": `{"username":"auditor","password":"{password}"}`, "api logout": "",
		"api readDocument":  "",
		"api readPolicy":    "",
		"api replacePolicy": `{"showCodesOnce":false,"maxCodeLife":"unlimited","approveEnrolments":false}`,
		"api listAuthCodes": "", "api createAuthCode": `{"name":"new","expiresAt":"never","maxUses":1}`,
		"api readAuthCode": "", "api updateAuthCode": `{"name":"other"}`, "api revealAuthCode": "",
		"api rotateAuthCode": `{"overlap":"1h"}`,
		"api endOverlap":     "", "api disableAuthCode": "", "api enableAuthCode": "", "api listAuthCodeUses": "",
		"api verifyAuthCode":  `{"authorizationCode":"{codeText}"}`,
		"api enroll":          `{"authorizationCode":"{codeText}","client":{"name":"new","instanceId":"new"}}`,
		"api listAuditEvents": "", "api listClients": "", "api readClient": "",
		"api updateClient":  `{"name":"other"}`,
		"api approveClient": "", "api refuseClient": "", "api revokeClient": "",

		"api listApplications": "", "api createApplication": `{"name":"new","expiresAt":"never"}`,
		"api readApplication":   "",
		"api updateApplication": `{"name":"other"}`, "api rotateApplicationKey": `{"overlap":"1h"}`,
		"api endKeyOverlap": "", "api deleteApplication": "",
		"api listOperators":  "",
		"api createOperator": `{"username":"new","password":"correct horse battery","role":"auditor","organizationId":"or-0"}`,
		"api readOperator":   "", "api updateOperator": `{"displayName":"other","role":"auditor"}`,
		"api deleteOperator":  "",
		"api disableOperator": "", "api enableOperator": "", "api endOperatorSessions": "",
		"api changePassword": `{"password":"correct horse battery"}`, "api startTOTP": `{"password":"{password}"}`,
		"api confirmTOTP": `{"totp":"123456"}`,
		"api removeTOTP":  `{}`, "api renewRecoveryCodes": `{"password":"correct horse battery","totp":"123456"}`,

		"oauth metadata": "", "oauth readDocument": "", "oauth register": `{"client_name":"new"}`,
		"oauth readRegistration": "", "oauth endRegistration": "",
		"oauth updateRegistration": `{"client_id":"{client}"}`,
		"oauth token":              "grant_type=client_credentials", "oauth introspect": "token={clientToken}",
		"oauth revoke": "token={clientToken}",

		"docs read": "",

		"console newJoin": "", "console join": "once=1&name=new", "console readLinkedRequest": "",
		"console answerLinkedRequest": "once=1&requesterComments=more",
		"console readSignIn":          "", "console signIn": "username=auditor&password={password}",
		"console signOut": "", "console changePreferences": "language=de", "console readOverview": "",
		"console readAccount": "", "console endSession": "once=1&session=x", "console endSessions": "once=1",
		"console newPassword":    "",
		"console changePassword": "once=1&oldPassword={password}&password=correct+horse+battery&repeated=correct+horse+battery",
		"console newFactor":      "", "console startFactor": "once=1&password={password}",
		"console confirmFactor":   "once=1&code=123456",
		"console confirmNoFactor": "", "console removeFactor": "once=1&password={password}&code=123456",
		"console newRecoveryCodes": "", "console renewRecoveryCodes": "once=1&password={password}&code=123456",
		"console listOrganizations": "", "console newOrganization": "",
		"console createOrganization": "once=1&name=new", "console readOrganization": "",
		"console listOrganizationCodes": "", "console listOrganizationClients": "",
		"console listOrganizationHistory": "", "console editOrganization": "",
		"console updateOrganization":  "once=1&name=other&version={version}",
		"console confirmDeactivation": "", "console deactivateOrganization": "once=1",
		"console confirmActivation": "", "console activateOrganization": "once=1",
		"console listRequests": "", "console confirmDecisions": "", "console readRequest": "",
		"console decideRequests": "once=1&decision=approve&request={request}",
		"console decideRequest":  "once=1&decision=approve",
		"console listOperators":  "", "console newOperator": "", "console readOperator": "",
		"console createOperator": "once=1&username=new&password=correct+horse+battery" +
			"&role=auditor&organization=or-0",
		"console listOperatorHistory": "", "console editOperator": "",
		"console updateOperator":             "once=1&role=auditor&organization={organization}&version={operatorVersion}",
		"console confirmDisablingOfOperator": "", "console disableOperator": "once=1",
		"console confirmEnablingOfOperator": "", "console enableOperator": "once=1",
		"console confirmEndOfOperatorSessions": "", "console endOperatorSessions": "once=1",
		"console confirmPasswordReset": "", "console resetPassword": "once=1&password=correct+horse+battery",
		"console confirmRemovalOfOperator": "", "console deleteOperator": "once=1",
		"console listAudit": "", "console exportAudit": "",
		"console listClients": "", "console readClient": "", "console listClientHistory": "",
		"console editClient":              "",
		"console updateClient":            "once=1&name=other&version={clientVersion}",
		"console confirmApprovalOfClient": "", "console approveClient": "once=1",
		"console confirmRefusalOfClient": "", "console refuseClient": "once=1",
		"console confirmRevocationOfClient": "", "console revokeClient": "once=1",
		"console newAuthCode": "", "console createAuthCode": "once=1&name=new&never=on&maxUses=1",
		"console readAuthCode": "", "console editAuthCode": "",
		"console updateAuthCode": "once=1&name=other&never=on&anyNumber=on&version={codeVersion}",
		"console confirmReveal":  "", "console revealAuthCode": "once=1",
		"console previewRotation": "", "console rotateAuthCode": "once=1&overlap=1h", "console readInstaller": "",
		"console confirmDisabling": "", "console disableAuthCode": "once=1",
		"console confirmEnabling": "", "console enableAuthCode": "once=1",
		"console confirmEndOfOverlap": "", "console endOverlap": "once=1",
	}
}

// unasked are routes and targets for which no sample succeeds, with the reason.
func unasked() map[string]string {
	return map[string]string{
		"POST /ccapp/v1/login, any":                            "takes keys of applications alone",
		"POST /ccappagent/v1/login, any":                       "takes keys of applications alone",
		"POST /ccstore/v1/login, any":                          "takes people of an organization alone",
		"GET /ccstore/v1/organizations/{id}, foreign":          "nobody sees another's there",
		"POST /oauth2/register, any":                           "takes authorization codes alone",
		"POST /oauth2/token, any":                              "takes credentials of clients and applications",
		"GET /oauth2/register/{client}, own":                   "takes the token of the registration alone",
		"GET /oauth2/register/{client}, foreign":               "takes the token of the registration alone",
		"PUT /oauth2/register/{client}, own":                   "takes the token of the registration alone",
		"PUT /oauth2/register/{client}, foreign":               "takes the token of the registration alone",
		"DELETE /oauth2/register/{client}, own":                "takes the token of the registration alone",
		"DELETE /oauth2/register/{client}, foreign":            "takes the token of the registration alone",
		"POST /console/account/second-factor/confirm, any":     "takes the code of a secret that was just made",
		"POST /console/account/second-factor/remove, any":      "takes the code of a second factor",
		"POST /console/account/recovery-codes, any":            "takes the code of a second factor",
		"POST /join/{link}, own":                               "nobody asked for more",
		"POST /join/{link}, foreign":                           "nobody asked for more",
		"POST /ccstore/v1/mfalogin, any":                       "takes people of an organization alone",
		"POST /v1/operators/{operator}/recoveryCodes, own":     "takes one's own password and one-time code",
		"POST /v1/operators/{operator}/recoveryCodes, foreign": "takes one's own password and one-time code",
		"POST /v1/operators/{operator}/totp/confirm, own":      "takes the code of a secret that was just made",
		"POST /v1/operators/{operator}/totp/confirm, foreign":  "takes the code of a secret that was just made",
	}
}

func (w *world) query(name string) string {
	switch name {
	case "getApplicationID", "deleteApplicationID":
		return "?type=application"
	case "getUserTwoFactorAuth":
		return "?username=tenant-administrator"
	}
	return ""
}

func (w *world) sample(t *testing.T, name, target string) string {
	t.Helper()
	body, known := samples()[name]
	if !known {
		t.Fatalf("what is sent to %s? Say so in samples.", name)
	}
	for key, id := range w.ids {
		noun, of, _ := strings.Cut(key, " ")
		if of == target || of == anything {
			body = strings.ReplaceAll(body, "{"+noun+"}", id)
		}
	}
	return body
}
