// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"slices"
	"testing"
)

// TestReplayCommvaultClients replays, byte for byte, what public clients of the
// Commvault wire send. The next client is a new row.
func TestReplayCommvaultClients(t *testing.T) {
	replayAll(t, commvaultClients(), func(c *client, values map[string]string) {
		token := c.token(ccadmin, "admin", values["password"])
		values["company"] = c.organization(ccadmin, token, "Orchard Ltd & Sons")[len("or-"):]
		values["session"] = c.session("admin", values["password"])
		a := c.post(cvRoot+"/Organization/0/Authtoken", "", authtoken(values["session"]),
			"Accept: application/json")
		values["rootcode"] = c.want(a, http.StatusOK, "a code of the server").member("organizationProperties",
			"authCode")
	})
}

// commvaultClients are all clients of the Commvault wire that are replayed.
func commvaultClients() []replayed {
	return slices.Concat(commvaultScripts(), commvaultPrograms(), commvaultMonitors(), commvaultHeaders(),
		scriptsWithoutAccept(), bodiesOfWindows(), sdkPrograms(), sdkAsCompany(), sdkTokenLogIn(),
		terraformErrors(), terraformTokens(), sdkSetters())
}

// terraformHead is the head of each call of the Terraform provider, from its second line on.
const terraformHead = `Host: {host}
User-Agent: Go-http-client/1.1
Content-Length: {length}
Accept: application/json
Authtoken: {session}
Content-Type: application/json
`

// commvaultPrograms are programs that are still maintained.
func commvaultPrograms() []replayed {
	return []replayed{
		{"Terraform provider", []replay{
			{request: `
POST /webconsole/api/login HTTP/1.1
Host: {host}
User-Agent: Go-http-client/1.1
Content-Length: {length}
Accept: application/xml
Authtoken: 
Content-Type: application/xml
Operatorcompanyid: 0
Accept-Encoding: gzip

<DM2ContentIndexing_CheckCredentialReq username="admin" password="{base64}" timeOut="10000"></DM2ContentIndexing_CheckCredentialReq>`,
				reads: []reading{attribute("@token").as("session"), attribute("@userName").is("admin"),
					attribute("@userGUID"), attribute("ownerOrganization@providerId").is("0")}},
			{request: `
POST /webconsole/api/Login HTTP/1.1
Host: {host}
User-Agent: Go-http-client/1.1
Content-Length: {length}
Accept: application/xml
Authtoken: 
Content-Type: application/json
Operatorcompanyid: 0
Accept-Encoding: gzip

{"mode":5,"username":"admin","password":"{base64}"}`,
				reads: []reading{attribute("@token").is("QSDK .+")}},
			{request: "GET /webconsole/api/Organization?fq=name%3Aeq%3AOrchard%20Ltd HTTP/1.1\n" + terraformHead +
				"\n",
				reads: []reading{member("providers").is(`\[\]`)}},
			{request: "POST /webconsole/api/Organization HTTP/1.1\n" + terraformHead + "Operatorcompanyid: 0\n" + `
{"organizationInfo":{"organization":{"shortName":{"domainName":"orchard"},"connectName":"Orchard Ltd","emailDomainNames":[""]},"planDetails":[],` +
				`"organizationProperties":{"primaryDomain":"","primaryContacts":[{"fullName":"Ann Pear","email":"ann@example.test"}],"enableAutoDiscovery":false}},"sendEmail":false}`,
				reads: []reading{member("response.errorCode").is("0"), member("response.entity.providerId").as("made")}},
			{request: "GET /webconsole/api/Organization?fq=name%3Aeq%3AOrchard%20Ltd HTTP/1.1\n" + terraformHead +
				"\n",
				reads: []reading{member("providers.0.shortName.id").is("{made}"), member("providers.1").missing()}},
			{request: "POST /webconsole/api/Organization HTTP/1.1\n" + terraformHead + "Operatorcompanyid: 0\n" + `
{"organizationInfo":{"organization":{"shortName":{"domainName":"orchard"},"connectName":"Orchard Ltd","emailDomainNames":[""]},"planDetails":[],` +
				`"organizationProperties":{"primaryDomain":"","primaryContacts":[{"fullName":"Ann Pear","email":"ann@example.test"}],"enableAutoDiscovery":false}},"sendEmail":false}`,
				reads: []reading{member("response.errorCode").is("[1-9].*"), member("response.entity").missing()}},
			{request: "POST /webconsole/api/Organization/{made}/action/deactivate HTTP/1.1\n" + terraformHead + "Operatorcompanyid: 0\n" + `
{"deactivateOptions":{"disableBackup":true,"disableRestore":true,"disableLogin":true}}`,
				reads: []reading{member("response.errorCode").is("0")}},
			{request: "DELETE /webconsole/api/Organization/{made} HTTP/1.1\n" + terraformHead + "\n",
				reads: []reading{member("errorCode").is("0")}},
			{request: "DELETE /webconsole/api/Organization/{made} HTTP/1.1\n" + terraformHead + "\n", status: 404,
				reads: []reading{member("errorCode").is("[1-9].*")}},
			// Without a session its plain calls do not look at the status, but at response.errorCode or errorCode.
			{request: "DELETE /webconsole/api/Organization/{company} HTTP/1.1\nHost: {host}\nAccept: application/json\nAuthtoken: \nContent-Type: application/json\n\n",
				status: 401, reads: []reading{member("errorCode").is("5")}},
		}},
		{"commvault-exporter", []replay{
			{request: `
POST /webconsole/api/Login HTTP/1.1
Host: {host}
User-Agent: commvault-exporter/dev
Content-Length: {length}
Accept: application/json
Content-Type: application/json
Accept-Encoding: gzip

{"password":"{base64}","timeout":30,"username":"admin"}`,
				reads: []reading{member("token").as("session"), member("errorCode").missing()}},
			{request: `
GET /commandcenter/api/MediaAgent HTTP/1.1
Host: {host}
User-Agent: commvault-exporter/dev
Accept: application/json
Authtoken: {session}
Content-Type: application/json
Accept-Encoding: gzip

`, status: 404,
				reads: []reading{member("errorCode").is("404"), field("Content-Type").is("application/json.*")}},
			// Only a 401 makes it log in again.
			{request: `
GET /commandcenter/api/Organization HTTP/1.1
Host: {host}
User-Agent: commvault-exporter/dev
Accept: application/json
Authtoken: {session}x
Content-Type: application/json
limit: 1000
offset: 0

`, status: 401, reads: []reading{member("errorCode").is("5")}},
		}},
		{"MCP server", []replay{
			{request: `
POST /commandcenter/api/Login HTTP/1.1
Host: {host}
Content-Type: application/json
Content-Length: {length}

{"username":"admin","password":"{base64}"}`, reads: []reading{member("token").as("session")}},
			{request: `
POST /commandcenter/api/V4/AccessToken HTTP/1.1
Host: {host}
Accept: application/json
Authtoken: {session}
Content-Type: application/json
Content-Length: {length}

{"tokenName":"mcp","tokenType":0}`, reads: []reading{member("tokenInfo.accessToken").as("access"), member("tokenInfo.refreshToken").as("refresh")}},
			{request: `
GET /commandcenter/api/Organization HTTP/1.1
Host: {host}
User-Agent: python-requests/2.32.3
Accept-Encoding: gzip, deflate
Accept: application/json
Connection: keep-alive
Authtoken: {access}

`, reads: []reading{member("providers.0.connectName").is("Orchard Ltd & Sons")}},
			{request: `
POST /commandcenter/api/V4/AccessToken/Renew HTTP/1.1
Host: {host}
User-Agent: python-requests/2.32.3
Accept-Encoding: gzip, deflate
Accept: application/json
Connection: keep-alive
Content-Type: application/json
Content-Length: {length}

{"accessToken": "{access}", "refreshToken": "{refresh}"}`, reads: []reading{member("accessToken").as("renewed"), member("refreshToken")}},
			// A call with the former token is answered 401, which makes it renew.
			{request: `
GET /commandcenter/api/Organization HTTP/1.1
Host: {host}
Accept: application/json
Authtoken: {access}

`, status: 401},
			{request: `
GET /commandcenter/api/Organization HTTP/1.1
Host: {host}
Accept: application/json
Authtoken: {renewed}

`, reads: []reading{member("providers.0.shortName.id").is("{company}")}},
		}},
	}
}

// terraformErrors are refusals that the provider must see at the place where it looks.
func terraformErrors() []replayed {
	return []replayed{{"Terraform provider's errors", []replay{
		{request: "POST /webconsole/api/Organization HTTP/1.1\nHost: {host}\nUser-Agent: Go-http-client/1.1\nContent-Length: {length}\nAccept: application/json\nAuthtoken: \n" +
			"Content-Type: application/json\nOperatorcompanyid: 0\n\n" +
			`{"organizationInfo":{"organization":{"connectName":"Plum Ltd","emailDomainNames":[""]}}}`,
			status: 401, reads: []reading{member("response.errorCode").is("[1-9].*")}},
	}}}
}

// terraformTokens is how the provider makes tokens of its own from one that it was given.
func terraformTokens() []replayed {
	head := "Host: {host}\nUser-Agent: Go-http-client/1.1\nContent-Length: {length}\nAccept: application/json\nContent-Type: application/json\nOperatorcompanyid: 0\n"
	return []replayed{{"Terraform provider's tokens", []replay{
		{request: "POST /webconsole/api/V4/AccessToken HTTP/1.1\n" + head + "Authtoken: {session}\n\n" +
			`{"tokenName":"bootstrap","renewableUntilTimestamp":{month}}`,
			reads: []reading{member("tokenInfo.accessToken").as("bootstrap")}},
		{request: "POST /webconsole/api/V4/AccessToken HTTP/1.1\n" + head + "Authtoken: {bootstrap}\n\n" +
			`{"tokenName":"AdminToken","renewableUntilTimestamp":{month},"tokenExpiryTimestamp":0,"enableIPAllowListFeature":false}`,
			reads: []reading{member("error.errorCode").is("0"), member("tokenInfo.accessToken").as("access"),
				member("tokenInfo.refreshToken").as("refresh")}},
		{request: "GET /webconsole/api/Organization?fq=name%3Aeq%3AOrchard%20Ltd HTTP/1.1\n" + head +
			"Authtoken: {access}\n\n",
			reads: []reading{member("providers").is(`\[\]`)}},
		{request: "POST /webconsole/api/V4/AccessToken/Renew HTTP/1.1\n" + head + "Authtoken: {access}\n\n" +
			`{"accessToken":"{access}","refreshToken":"{refresh}"}`,
			reads: []reading{member("accessToken"), member("refreshToken")}},
	}}}
}
