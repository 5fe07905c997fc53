// SPDX-License-Identifier: Apache-2.0

package e2e

// commvaultScripts are small public programs, most of them old, that speak the Commvault wire.
func commvaultScripts() []replayed {
	return []replayed{
		{"Python scripts with requests and ElementTree", []replay{
			{request: `
POST /SearchSvc/CVWebService.svc/Login HTTP/1.1
Host: {host}
User-Agent: python-requests/2.28.1
Accept-Encoding: gzip, deflate
Accept: */*
Connection: keep-alive
Content-Length: {length}

<DM2ContentIndexing_CheckCredentialReq mode="Webconsole" username="admin" password="{base64}" />`,
				reads: []reading{attribute("@token").is("QSDK .+").as("session")}},
			{request: `
POST /SearchSvc/CVWebService.svc/Login HTTP/1.1
Host: {host}
User-Agent: python-requests/2.28.1
Accept: */*
Content-Length: {length}

<DM2ContentIndexing_CheckCredentialReq mode="Webconsole" username="admin" password="bm8=" />`,
				reads: []reading{attribute("@token").missing(), attribute("errList@errLogMessage")}},
		}},
		{"Python scripts with urllib2", []replay{
			{request: `
POST /webconsole/api/login HTTP/1.1
Accept-Encoding: identity
Content-Length: {length}
Host: {host}
User-Agent: Python-urllib/2.7
Connection: close
Content-Type: application/xml; charset=utf-8
Accept: application/json

<DM2ContentIndexing_CheckCredentialReq mode="webconsole" flags="2" deviceId="68FAB736-80F3-4F39-B1FA-AC35A3C7BAB3" username="admin" password="{base64}" />`,
				reads: []reading{member("token"), member("userGUID")}},
		}},
		{"Commvault-PHP", []replay{
			{request: `
POST /SearchSvc/CVWebService.svc/Login HTTP/1.1
Host: {host}
Accept: application/xml
Content-type: application/xml
Content-Length: {length}

<DM2ContentIndexing_CheckCredentialReq username="admin" password="{base64}" />`,
				reads: []reading{attribute("@token").as("session"), attribute("errList@errLogMessage").missing()}},
			{request: `
POST /SearchSvc/CVWebService.svc/Login HTTP/1.1
Host: {host}
Accept: application/xml
Content-type: application/xml
Content-Length: {length}

<DM2ContentIndexing_CheckCredentialReq username="admin" password="bm8=" />`,
				reads: []reading{attribute("@token").missing(), attribute("errList@errLogMessage")}},
			{request: `
POST /SearchSvc/CVWebService.svc/Logout HTTP/1.1
Host: {host}
Accept: application/xml
Authtoken: {session}
Content-Length: 0

`, reads: []reading{content().is("User logged out")}},
		}},
		{"PowerShell scripts", []replay{
			{request: `
POST /webconsole/api/Login HTTP/1.1
Accept: application/json
User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.4648
Content-Type: application/json
Host: {host}
Content-Length: {length}
Expect: 100-continue
Connection: Keep-Alive

{` + "\r\n" + `    "username":  "admin",` + "\r\n" + `    "password":  "{base64}"` + "\r\n" + `}`,
				reads: []reading{member("token").as("session")}},
			{request: `
GET /webconsole/api/Organization/{company}/AuthToken HTTP/1.1
Accept: application/json
Authtoken: {session}
User-Agent: Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.4648
Host: {host}

`, reads: []reading{member("organizationInfo.organizationProperties.enableAuthCodeGen").is("false")}},
		}},
		{"PowerShell scripts that read their body from a file", []replay{
			{request: "POST /webconsole/api/Login HTTP/1.1\nHost: {host}\nAccept: application/json\nContent-Type: application/json\nContent-Length: {length}\n\n\ufeff" +
				`{"username":"admin","password":"{base64}"}`, reads: []reading{member("token")}},
		}},
		{"programs with a cookie jar of Perl's", []replay{
			{request: `
POST /commandcenter/api/Login HTTP/1.1
Connection: TE, close
TE: deflate,gzip;q=0.3
Accept: application/json
Host: {host}
User-Agent: libwww-perl/6.68
Content-Length: {length}
Content-Type: application/json
Cookie: route=node1
Cookie2: $Version="1"

{"username":"admin","password":"{base64}"}`, reads: []reading{member("token").as("session")}},
			{request: `
GET /commandcenter/api/Organization HTTP/1.1
Connection: TE, close
TE: deflate,gzip;q=0.3
Accept: application/json
Host: {host}
User-Agent: libwww-perl/6.68
Authtoken: {session}
Cookie: route=node1
Cookie2: $Version="1"

`, reads: []reading{member("providers.0.shortName.id").is("{company}")}},
		}},
		{"connectors that send a form and call it JSON", []replay{
			{request: `
POST /webconsole/api/Login HTTP/1.1
Host: {host}
User-Agent: python-requests/2.28.1
Accept-Encoding: gzip, deflate
Accept: application/json
Connection: keep-alive
Content-Type: application/json
Content-Length: {length}

username=admin&password={base64}`,
				status: 400, reads: []reading{member("errorMessage"), member("errList.0.errLogMessage"),
					member("token").missing()}},
		}},
	}
}

// commvaultHeaders are programs that put the session elsewhere than into Authtoken.
func commvaultHeaders() []replayed {
	return []replayed{
		{"Python scripts that read WhoAmI", []replay{
			{request: `
POST /SearchSvc/CVWebService.svc/WhoAmI HTTP/1.1
Host: {host}
User-Agent: python-requests/2.28.1
Accept-Encoding: gzip, deflate
Accept: application/json
Connection: keep-alive
Content-type: application/xml
Cookie2: {session}
Content-Length: 0

`, reads: []reading{member("user.userName").is("admin")}},
		}},
		{"Morpheus plug-in", []replay{
			{request: `
POST /SearchSvc/CVWebService.svc/Login HTTP/1.1
Accept: application/xml
Content-Length: {length}
Content-Type: application/xml
Host: {host}
Connection: Keep-Alive
User-Agent: Apache-HttpClient/4.5.13 (Java/11.0.20)
Accept-Encoding: gzip,deflate

<DM2ContentIndexing_CheckCredentialReq username='admin' password='{base64}' />`,
				reads: []reading{attribute("@token").as("own"), attribute("errList@errLogMessage").missing()}},
			{request: `
GET /SearchSvc/CVWebService.svc/Organization HTTP/1.1
Cookie2: {own}
Accept: application/json
Content-Type: application/xml
Host: {host}
Connection: Keep-Alive
User-Agent: Apache-HttpClient/4.5.13 (Java/11.0.20)
Accept-Encoding: gzip,deflate

`, reads: []reading{member("providers.0.shortName.id").is("{company}")}},
			{request: `
POST /SearchSvc/CVWebService.svc/Logout HTTP/1.1
Cookie2: {own}
Accept: application/xml
Content-Type: application/xml
Content-Length: 0
Host: {host}

`, reads: []reading{content().is("User logged out")}},
		}},
		{"scripts that put the session into Authorization", []replay{
			{request: "GET /webconsole/api/Organization HTTP/1.1\nHost: {host}\nAccept: application/json\nAuthorization: {session}\n\n",
				reads: []reading{member("providers.0.connectName").is("Orchard Ltd & Sons")}},
			{request: "GET /webconsole/api/Organization HTTP/1.1\nHost: {host}\nAccept: application/json\nAuthorization: Bearer {session}\n\n",
				reads: []reading{member("providers.0.connectName").is("Orchard Ltd & Sons")}},
		}},
	}
}
