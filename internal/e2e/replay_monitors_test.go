// SPDX-License-Identifier: Apache-2.0

package e2e

// commvaultMonitors are programs that watch, and the vendor's own for PowerShell.
func commvaultMonitors() []replayed {
	return []replayed{centreon(), pinkopy(), powerShellSDK(), sentinel()}
}

// centreon finds tokens with regular expressions, and stops five minutes before
// the end that an answer tells, at once where it tells none.
func centreon() replayed {
	const head = "Host: {host}\nUser-Agent: centreon::plugins::backend::http::useragent\nAccept: application/json\nContent-Type: application/json\n"
	return replayed{"Centreon's Commvault plug-in", []replay{
		{request: "POST /webconsole/api/Login HTTP/1.1\n" + head + "Content-Length: {length}\n\n" +
			`{"password":"{base64}","username":"admin"}`,
			reads: []reading{member("token").as("session")}},
		{request: "POST /webconsole/api/Login HTTP/1.1\n" + head + "Content-Length: {length}\n\n" +
			`{"password":"bm8=","username":"admin"}`,
			reads: []reading{member("token").missing(), content().is(`.*Message":"[^"]+".*`)}},
		{request: "POST /webconsole/api/V4/AccessToken HTTP/1.1\n" + head +
			"Authtoken: {session}\nContent-Length: {length}\n\n" + `{"tokenName":"centreon"}`,
			reads: []reading{member("tokenInfo.accessToken").as("access"),
				member("tokenInfo.refreshToken").as("refresh")}},
		{request: "GET /webconsole/api/Organization HTTP/1.1\n" + head + "Authorization: Bearer {access}\n\n",
			reads: []reading{member("providers.0.shortName.id").is("{company}")}},
		{request: "POST /webconsole/api/V4/AccessToken/Renew HTTP/1.1\n" + head + "Content-Length: {length}\n\n" +
			`{"accessToken":"{access}","refreshToken":"{refresh}"}`,
			reads: []reading{content().is(`.*accessToken":\s*"[^"]+".*`), content().is(`.*refreshToken":\s*"[^"]+".*`),
				content().is(`.*"tokenExpiryTimestamp"\s*:\s*[0-9]{10}.*`)}},
		{request: "POST /webconsole/api/V4/AccessToken/Renew HTTP/1.1\n" + head + "Content-Length: {length}\n\n" +
			`{"accessToken":"{access}","refreshToken":"{refresh}"}`,
			status: 400, reads: []reading{content().is(`.*Message":"[^"]+".*`)}},
	}}
}

// pinkopy tries the oldest JSON form first, and XML where the answer has not that form.
func pinkopy() replayed {
	const head = "Host: {host}\nUser-Agent: python-requests/2.11.1\nAccept-Encoding: gzip, deflate\nConnection: keep-alive\nAccept: application/json\nContent-type: application/json\n"
	return replayed{"pinkopy", []replay{
		{request: "POST /SearchSvc/CVWebService.svc/Login HTTP/1.1\n" + head + "Content-Length: {length}\n\n" +
			`{"DM2ContentIndexing_CheckCredentialReq": {"@mode": "Webconsole", "@username": "admin", "@password": "{base64}"}}`,
			reads: []reading{member("DM2ContentIndexing_CheckCredentialResp.@token").as("session")}},
		{request: "POST /SearchSvc/CVWebService.svc/Login HTTP/1.1\nHost: {host}\nUser-Agent: python-requests/2.11.1\nAccept-Encoding: gzip, deflate\nConnection: keep-alive\n" +
			"Accept: application/xml\nContent-type: application/xml\nContent-Length: {length}\n\n" +
			`<DM2ContentIndexing_CheckCredentialReq mode="Webconsole" username="admin" password="{base64}" />`,
			reads: []reading{attribute("@token")}},
		{request: "POST /SearchSvc/CVWebService.svc/Logout HTTP/1.1\n" + head +
			"Authtoken: {session}\nContent-Length: 0\n\n", reads: []reading{content().is("User logged out")}},
	}}
}

// powerShellSDK does what the vendor's own tests of its companies do.
func powerShellSDK() replayed {
	const head = "Host: {host}\nAccept: application/json\nContent-Type: application/json; charset=utf-8\n"
	return replayed{"PowerShell SDK V2", []replay{
		{request: "POST /webconsole/api/Login HTTP/1.1\n" + head + "Content-Length: {length}\n\n" +
			`{"username":"admin","password":"{base64}"}`,
			reads: []reading{member("token").as("session")}},
		{request: "GET /webconsole/api/V4/Company HTTP/1.1\nHost: {host}\nAccept: application/json\nAuthtoken: {session}\n\n",
			reads: []reading{member("companies.0.id").is("{company}"), member("companyCount").is("1")}},
		{request: "POST /webconsole/api/V4/Company HTTP/1.1\n" + head +
			"Authtoken: {session}\nContent-Length: {length}\n\n" +
			`{"name":"newpstest20261129_0800","alias":"newpstest20261129_0800"}`,
			reads: []reading{member("id").is("[0-9]+").as("made"), member("name")}},
		{request: "PUT /webconsole/api/V4/Company/{made} HTTP/1.1\n" + head +
			"Authtoken: {session}\nContent-Length: {length}\n\n" +
			`{"status":{"options":{"disableBackup":true,"disableRestore":true,"disableLogin":true},"deactivate":true}}`, reads: []reading{member("errorCode").is("0")}},
		{request: "DELETE /webconsole/api/V4/Company/{made} HTTP/1.1\nHost: {host}\nAccept: application/json\nAuthtoken: {session}\n\n", reads: []reading{member("errorCode").is("0")}},
	}}
}

// sentinel asks for a token that can be renewed for a whole year, by its own clock.
func sentinel() replayed {
	const head = "Host: {host}\nUser-Agent: python-requests/2.31.0\nAccept-Encoding: gzip, deflate\nAccept: application/json\nConnection: keep-alive\nContent-Type: application/json\n"
	return replayed{"Microsoft Sentinel's Commvault connector", []replay{
		{request: "POST /commandcenter/api/Login HTTP/1.1\n" + head + "Content-Length: {length}\n\n" +
			`{"username":"admin","password":"{base64}"}`,
			reads: []reading{member("token").as("session")}},
		{request: "POST /commandcenter/api/V4/AccessToken HTTP/1.1\n" + head +
			"authtoken: {session}\nContent-Length: {length}\n\n" +
			`{"renewableUntilTimestamp": {year}, "tokenName": "vault-token-1"}`,
			reads: []reading{member("error.errorCode").is("0"), member("tokenInfo.accessToken").as("access"),
				member("tokenInfo.refreshToken").as("refresh"),
				member("tokenInfo.tokenExpiryTimestamp").is("[0-9]{10}")}},
		{request: "POST /commandcenter/api/V4/AccessToken/Renew HTTP/1.1\n" + head +
			"authtoken: {access}\nContent-Length: {length}\n\n" +
			`{"accessToken": "{access}", "refreshToken": "{refresh}"}`,
			reads: []reading{member("accessToken"), member("refreshToken"),
				member("tokenExpiryTimestamp").is("[0-9]{10}")}},
	}}
}
