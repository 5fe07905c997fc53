// SPDX-License-Identifier: Apache-2.0

package e2e

// scriptsWithoutAccept are programs that leave the format to the server and read XML.
func scriptsWithoutAccept() []replayed {
	return []replayed{
		{"Python scripts that read XML", []replay{
			{request: `
GET /SearchSvc/CVWebService.svc/Organization HTTP/1.1
Host: {host}
User-Agent: python-requests/2.28.1
Accept-Encoding: gzip, deflate
Accept: */*
Connection: keep-alive
Cookie2: {session}

`,
				reads: []reading{attribute("providers@connectName").is("Orchard Ltd & Sons"),
					attribute("providers/shortName@id").is("{company}")}},
		}},
		{"Node scripts with node-rest-client", []replay{
			{request: `
POST /SearchSvc/CVWebService.svc/Login HTTP/1.1
Content-Type: application/xml
Content-Length: {length}
Host: {host}
Connection: close

<DM2ContentIndexing_CheckCredentialReq username="admin" password="{base64}" />`,
				reads: []reading{attribute("@token").as("own"), field("Content-Type").is(`application/xml(;.*)?`)}},
			{request: `
GET /SearchSvc/CVWebService.svc/Organization/{company}/AuthToken HTTP/1.1
Content-Type: application/xml
Authtoken: {own}
Host: {host}
Connection: close

`, reads: []reading{attribute("organizationInfo/organizationProperties@enableAuthCodeGen").is("0"), field("Content-Type").is(`application/xml(;.*)?`)}},
		}},
		{".NET samples with HttpWebRequest", []replay{
			{request: `
POST /SearchSvc/CVWebService.svc/Login HTTP/1.1
Content-Type: application/xml; charset=utf-8
Host: {host}
Content-Length: {length}
Expect: 100-continue
Connection: Keep-Alive

<DM2ContentIndexing_CheckCredentialReq mode="Webconsole" username="admin" password="{base64}" />`,
				reads: []reading{attribute("@token").as("own"), attribute("@userName").is("admin")}},
			{request: `
GET /SearchSvc/CVWebService.svc/Organization HTTP/1.1
Cookie2: {own}
Host: {host}

`, reads: []reading{attribute("providers@connectName").is("Orchard Ltd & Sons")}},
		}},
	}
}

// bodiesOfWindows name a charset without saying so.
func bodiesOfWindows() []replayed {
	return []replayed{
		{"clients that write utf-8 without charset=", []replay{
			{request: "POST /webconsole/api/Login HTTP/1.1\nHost: {host}\nAccept: application/json; utf-8\nContent-Type: application/json; utf-8\nContent-Length: {length}\n\n" +
				`{"username":"admin","password":"{base64}"}`, reads: []reading{member("token")}},
		}},
	}
}
