// SPDX-License-Identifier: Apache-2.0

package e2e

// sdkHead is the head of each call of cvpysdk, from its second line on.
const sdkHead = `Host: {host}
User-Agent: python-requests/2.28.1
Accept-Encoding: gzip, deflate
Accept: application/json
Connection: keep-alive
Authtoken: {session}
`

// sdkLogIn is Commcell(host, user, password).
func sdkLogIn() replay {
	return replay{request: "POST /commandcenter/api/Login HTTP/1.1\nHost: {host}\nUser-Agent: python-requests/2.28.1\nAccept-Encoding: gzip, deflate\nAccept: application/json\n" +
		"Connection: keep-alive\nContent-Length: {length}\nContent-type: application/json\n\n" +
		`{"mode": 4, "username": "admin", "password": "{base64}", "deviceId": "laptop7.example.test", "clientType": 30}`,
		reads: []reading{member("userName").is("admin"), member("token").as("session")}}
}

// sdkPrograms is what cvpysdk does in addition to what the tests of the door replay.
func sdkPrograms() []replayed {
	const update = "PUT /commandcenter/api/Organization?organizationId={made} HTTP/1.1\n" + sdkHead +
		"Content-Length: {length}\nContent-type: application/json\n\n"
	details := func(reads ...reading) replay {
		return replay{request: "GET /commandcenter/api/Organization/{made} HTTP/1.1\n" + sdkHead +
			"Content-type: application/json\n\n",
			reads: append(reads, member("organizationInfo.organization").as("core"),
				member("organizationInfo.organizationProperties").as("properties"))}
	}
	done := []reading{member("error.errorCode").is("0")}
	return []replayed{{"cvpysdk setters of names", []replay{
		sdkLogIn(),
		{request: "POST /commandcenter/api/Organization HTTP/1.1\n" + sdkHead +
			"Content-Length: {length}\nContent-type: application/json\n\n" +
			`{"organizationInfo": {"organization": {"connectName": "Medlar Ltd", "emailDomainNames": ["medlar.example.test"], "shortName": {"domainName": "medlar"}}, ` +
			`"organizationProperties": {"primaryDomain": "", "primaryContacts": [{"fullName": "Ann Pear", "email": "ann@example.test"}]}, "planDetails": []}}`,
			reads: []reading{member("response.errorCode").is("0"), member("response.entity.providerId").as("made")}},
		details(member("organizationInfo.organization.connectName").is("Medlar Ltd")),
		// organization_name, domain_name and email_domain_names send all that details gave, and the new value.
		{request: update +
			`{"organizationInfo": {"organization": {core}, "organizationProperties": {properties}}, "newCompanyName": "Sloe Ltd"}`, reads: done},
		details(member("organizationInfo.organization.connectName").is("Sloe Ltd")),
		{request: update +
			`{"organizationInfo": {"organization": {core}, "organizationProperties": {properties}}, "newAliasName": "sloe"}`, reads: done},
		details(member("organizationInfo.organization.shortName.domainName").is("sloe")),
		{request: update +
			`{"organizationInfo": {"organization": {"shortName": {"domainName": "sloe", "id": {made}}, "emailDomainNames": ["sloe.example.test"]}, ` +
			`"organizationProperties": {properties}}}`, reads: done},
		details(member("organizationInfo.organization.emailDomainNames").is(`\["sloe.example.test"\]`),
			member("organizationInfo.organization.connectName").is("Sloe Ltd")),
		{request: "GET /commandcenter/api/CommServ HTTP/1.1\n" + sdkHead + "Content-type: application/json\n\n",
			reads: []reading{member("commcell.csGUID"), member("hostName"), member("commcell.commCellName"),
				member("csTimeZone.TimeZoneName"), member("currentSPVersion"),
				member("commcell.commCellId"), member("timeZone").is(`.*\(.*`)}},
		{request: "POST /commandcenter/api/Organization/{made}/action/deactivate HTTP/1.1\n" + sdkHead +
			"Content-Length: {length}\nContent-type: application/json\n\n" +
			`{"deactivateOptions": {"disableBackup": true, "disableRestore": true, "disableLogin": true}}`,
			reads: []reading{member("response.errorCode").is("0")}},
		{request: "DELETE /commandcenter/api/Organization/{made} HTTP/1.1\n" + sdkHead +
			"Content-type: application/json\n\n",
			reads: []reading{member("errorCode").is("0"), member("errorMessage").is(".*")}},
	}}}
}

// sdkAsCompany speaks of the server as 0 while it acts as a company, and must
// reach that company, and the server's own code never.
func sdkAsCompany() []replayed {
	const as, shown = "operatorCompanyId: {company}\n", "organizationInfo.organizationProperties."
	details := func(id string, reads ...reading) replay {
		return replay{request: "GET /commandcenter/api/Organization/" + id + " HTTP/1.1\n" + sdkHead +
			"Content-type: application/json\n\n", reads: reads}
	}
	return []replayed{{"cvpysdk as operator of a company", []replay{
		{request: "POST /commandcenter/api/Organization/0/Authtoken HTTP/1.1\n" + sdkHead + as +
			"Content-type: application/xml\nContent-Length: 0\n\n",
			reads: []reading{member("error.errorCode").is("0"), member("organizationProperties.authCode").as("code")}},
		details("{company}", member(shown+"authCode").is("{code}")),
		details("0", member(shown+"authCode").is("{rootcode}")),
		{request: "PUT /commandcenter/api/Organization HTTP/1.1\n" + sdkHead + as +
			"Content-type: application/json\nContent-Length: {length}\n\n" +
			`{"organizationInfo": {"organization": {"shortName": {"id": 0}}, "organizationProperties": {"enableAuthCodeGen": false}}}`,
			reads: []reading{member("error.errorCode").is("0")}},
		details("{company}", member(shown+"enableAuthCodeGen").is("false")),
		details("0", member(shown+"authCode").is("{rootcode}")),
	}}}
}

// sdkTokenLogIn is Commcell(host, authtoken=…), and the way from a name to its access tokens.
func sdkTokenLogIn() []replayed {
	return []replayed{{"cvpysdk with a token", []replay{
		{request: "GET /commandcenter/api/ HTTP/1.1\nHost: {host}\nUser-Agent: python-requests/2.28.1\nAccept-Encoding: gzip, deflate\nAccept: */*\nConnection: keep-alive\n\n"},
		{request: "GET /commandcenter/api/v2/WhoAmI HTTP/1.1\n" + sdkHead + "Content-type: application/json\n\n",
			reads: []reading{member("user.userName").is("admin"), member("user.userId").is("[0-9]+").as("user"),
				member("company.id").is("0"), member("company.name")}},
		{request: "POST /commandcenter/api/WhoAmI HTTP/1.1\n" + sdkHead +
			"Content-type: application/xml\nContent-Length: 0\n\n",
			reads: []reading{member("user.userName").is("admin")}},
		{request: "GET /commandcenter/api/User?fq=name%3Aeq%3Aadmin HTTP/1.1\n" + sdkHead +
			"Content-type: application/json\n\n",
			reads: []reading{member("users.0.userEntity.userId").is("{user}")}},
		{request: "GET /commandcenter/api/V4/AccessToken/?userId={user} HTTP/1.1\n" + sdkHead +
			"Content-type: application/json\n\n",
			reads: []reading{member("accessTokens")}},
	}}}
}

// sdkSetters ask for what this server does not do; success would be a lie.
func sdkSetters() []replayed {
	put := func(properties string) string {
		return "PUT /commandcenter/api/Organization?organizationId={company} HTTP/1.1\n" + sdkHead +
			"Content-Length: {length}\nContent-type: application/json\n\n" +
			`{"organizationInfo": {"organization": {"shortName": {"domainName": "orchard", "id": {company}}}, "organizationProperties": ` + properties + `}}`
	}
	refused := []reading{member("error.errorCode").is("[1-9].*"), member("error.errorMessage")}
	return []replayed{{"cvpysdk setters of security", []replay{
		{request: put(`{"loginSessionTimeoutInMinutes": 15}`), status: anyStatus, reads: refused},
		{request: put(`{"agePasswordDays": 30}`), status: anyStatus, reads: refused},
		{request: put(`{"allowUsersToEnablePasskey": true}`), status: anyStatus, reads: refused},
		{request: "PUT /commandcenter/api/V4/Company/{company} HTTP/1.1\n" + sdkHead +
			"Content-Length: {length}\nContent-type: application/json\n\n" +
			`{"general": {"twoFactorAuth": {"enable": true, "all": true}}}`, status: anyStatus,
			reads: []reading{member("errorCode").is("[1-9].*")}},
	}}}
}
