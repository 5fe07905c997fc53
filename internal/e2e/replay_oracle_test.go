// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"testing"
)

// TestReplayOracleClients replays, byte for byte, what public clients of the
// Oracle wire send. The next client is a new row.
func TestReplayOracleClients(t *testing.T) {
	replayAll(t, oracleClients(), func(c *client, values map[string]string) {
		token := c.token(ccadmin, "admin", values["password"])
		values["company"] = c.organization(ccadmin, token, "Orchard Ltd")
		values["application"], values["key"] = c.application(token, "shop")
		values["request"] = c.submit("Birch Tools")
	})
}

// oracleClients are all clients of the Oracle wire that are replayed.
func oracleClients() []replayed {
	return slices.Concat(oracleTools(), oracleForms(), oracleAgents(), oracleBrowsers(), oracleStoreUI(),
		oracleBodies())
}

// oracleTools are programs that administer.
func oracleTools() []replayed {
	return []replayed{
		{"agent console proxies on Node with request", []replay{
			{request: `
POST /ccagent/v1/login HTTP/1.1
host: {host}
accept: application/json
content-type: application/x-www-form-urlencoded
content-length: {length}
Connection: close

username=admin&password=pear%3Bplum%26fig%2B50%25%3Da%20lot&grant_type=password`,
				reads: []reading{member("access_token").as("token"), member("error").missing()}},
			{request: `
GET /ccagent/v1/organizationRequests/{request} HTTP/1.1
host: {host}
accept: application/json
authorization: Bearer {token}
Connection: close

`, reads: []reading{member("name").is("Birch Tools")}},
		}},
		{"occ-generate-extension-id", []replay{
			{request: `
POST /ccadmin/v1/login?grant_type=client_credentials HTTP/1.1
Accept: application/json, text/plain, */*
Content-Type: application/x-www-form-urlencoded
Authorization: Bearer {key}
User-Agent: axios/0.21.1
Host: {host}
Content-Length: 0
Connection: close

`, reads: []reading{member("access_token").as("token")}},
			{request: `
POST /ccadmin/v1/extensions/id HTTP/1.1
Accept: application/json, text/plain, */*
Content-Type: application/json
Authorization: Bearer {token}
User-Agent: axios/0.21.1
Content-Length: {length}
Host: {host}
Connection: close

{"name":"widgets","type":"extension"}`, reads: []reading{member("id"), member("repositoryId")}},
		}},
		{"oraclecxcommerce-sdk", []replay{
			{request: `
POST /ccadmin/v1/login HTTP/1.1
Host: {host}
User-Agent: python-requests/2.28.1
Accept-Encoding: gzip, deflate
Accept: */*
Connection: keep-alive
Authorization: Bearer {key}
Content-Type: application/x-www-form-urlencoded
Content-Length: {length}

grant_type=client_credentials`, reads: []reading{member("access_token").as("token"), member("expires_in").is("[0-9]+")}},
			{request: `
POST /ccadmin/v1/refresh HTTP/1.1
Host: {host}
User-Agent: python-requests/2.28.1
Accept-Encoding: gzip, deflate
Accept: */*
Connection: keep-alive
Authorization: Bearer {token}
Content-Length: 0

`, reads: []reading{member("access_token"), member("expires_in").is("[0-9]+")}},
		}},
		{"occ-api-utils", []replay{
			{request: `
POST /ccagent/v1/login HTTP/1.1
Host: {host}
Content-Type: application/x-www-form-urlencoded
Authorization: Bearer {key}
Content-Length: {length}

grant_type=client_credentials`, reads: []reading{member("access_token").as("token")}},
			{request: `
GET /ccagent/v1/organizations/?q=name%20co%20%22orch%22&limit=10&offset=0 HTTP/1.1
Host: {host}
Accept: */*
Accept-Encoding: gzip,deflate
Authorization: Bearer {token}
User-Agent: node-fetch/1.0 (+https://github.com/bitinn/node-fetch)

`,
				reads: []reading{member("totalResults").is("1"), member("limit").is("10"),
					member("items.0.id").is("{company}"), member("items.0.active").is("true"),
					member("items.0.description")}},
		}},
	}
}

// oracleBrowsers are pages that a shop's visitors load.
func oracleBrowsers() []replayed {
	return []replayed{
		{"storefront widgets", []replay{
			{request: `
POST /ccstore/v1/organizationRequests HTTP/1.1
Host: {host}
Connection: keep-alive
Content-Length: {length}
Accept: application/json, text/javascript, */*; q=0.01
X-Requested-With: XMLHttpRequest
X-CCProfileType: storefrontUI
X-CC-MeteringMode: CC-NonMetered
X-CCSite: siteUS
X-CCAsset-Language: en
Content-Type: application/json; charset=UTF-8
Origin: http://{host}
Referer: http://{host}/account
Accept-Language: en-US,en;q=0.9

{"organization":{"name":"Plum Ltd"},"profile":{"firstName":"Ann","lastName":"Plum","email":"ann@example.test"},"name":"Plum Ltd"}`,
				reads: []reading{member("id"), member("errorCode").missing(),
					field("Content-Type").is("application/json")}},
			{request: `
POST /ccstore/v1/organizationRequests HTTP/1.1
Host: {host}
Content-Length: {length}
Accept: application/json, text/javascript, */*; q=0.01
X-CCProfileType: storefrontUI
Content-Type: application/json; charset=UTF-8

{"organization":{},"profile":{"firstName":"Ann","lastName":"Plum","email":"ann@example.test"}}`,
				status: 400, reads: []reading{member("errorCode"), member("message"), member("status").is("400")}},
		}},
	}
}

// oracleForms are log-ins with a form, whose author did not think of a second factor or of a semicolon.
func oracleForms() []replayed {
	const curl = "Host: {host}\nUser-Agent: curl/7.88.1\nAccept: */*\nContent-Type: application/x-www-form-urlencoded\nContent-Length: {length}\n\n"
	return []replayed{
		{"adyen-oracle-commerce-cloud scripts", []replay{
			{request: "POST /ccadmin/v1/mfalogin HTTP/1.1\n" + curl +
				`grant_type=password&username=admin&password=pear%3bplum%26fig%2b50%25%3da%20lot&totp_code=123456`,
				reads: []reading{member("access_token").as("token")}},
			{request: "POST /ccadmin/v1/mfalogin HTTP/1.1\nAuthorization: Bearer {key}\n" + curl +
				`grant_type=client_credentials`, reads: []reading{member("access_token")}},
		}},
		{"scripts that write a form by hand", []replay{
			{request: "POST /ccadmin/v1/login HTTP/1.1\n" + curl +
				`grant_type=password&username=admin&password=pear;plum%26fig%2B50%25=a+lot`,
				reads: []reading{member("access_token").as("token")}},
			{request: "GET /ccadmin/v1/organizations?q=name%20co%20%22d;L%22%20or%20name%20sw%20%22Orch%22 HTTP/1.1\nHost: {host}\nAccept: */*\nAuthorization: Bearer {token}\n\n",
				reads: []reading{member("totalResults").is("1")}},
		}},
	}
}

// oracleAgents take the token that ccadmin gave to an agents' tree.
func oracleAgents() []replayed {
	return []replayed{{"agent integrations with a key of ccadmin", []replay{
		{request: "POST /ccadmin/v1/login HTTP/1.1\nHost: {host}\nAuthorization: Bearer {key}\nContent-Type: application/x-www-form-urlencoded\nContent-Length: {length}\n\ngrant_type=client_credentials",
			reads: []reading{member("access_token").as("token")}},
		{request: "GET /ccagent/v1/organizations?limit=1 HTTP/1.1\nHost: {host}\nAuthorization: Bearer {token}\n\n",
			reads: []reading{member("items.0.id").is("{company}")}},
		{request: "GET /ccappagent/v1/organizations?limit=1 HTTP/1.1\nHost: {host}\nAuthorization: Bearer {token}\n\n", reads: []reading{member("items.0.id").is("{company}")}},
	}}}
}

// oracleStoreUI are pages that call the storefront by the name that the vendor's own pages use.
func oracleStoreUI() []replayed {
	const jquery = "Host: {host}\nConnection: keep-alive\nAccept: application/json, text/javascript, */*; q=0.01\nX-Requested-With: XMLHttpRequest\nX-CCProfileType: storefrontUI\n" +
		"Content-Type: application/json; charset=utf-8\n"
	return []replayed{{"storefront widgets on ccstoreui", []replay{
		{request: "GET /ccstoreui/v1/registry HTTP/1.1\n" + jquery + "\n",
			reads: []reading{member("endpointMap.createOrganizationRequest.url").is(
				"/ccstore(ui)?/v1/organizationRequests")}},
		{request: "POST /ccstoreui/v1/organizationRequests HTTP/1.1\n" + jquery + "Content-Length: {length}\n\n" +
			`{"organization":{"name":"Plum Ltd"},"profile":{"firstName":"Ann","lastName":"Plum","email":"ann@example.test"},"name":"Plum Ltd"}`, reads: []reading{member("id")}},
		{request: "GET /ccstoreui/v1/search?Ntt=cat&No=0&Nrpp=60&language=pt_BR HTTP/1.1\n" + jquery + "\n",
			status: 404,
			reads: []reading{member("errorCode").is("404"), member("status").is("404"), member("message"),
				field("Content-Type").is("application/json")}},
		{request: "GET /ccstoreui/v1/countries HTTP/1.1\n" + jquery + "Authorization: Bearer \n\n", status: 404,
			reads: []reading{member("errorCode")}},
	}}}
}

// oracleBodies are bodies and types that are written a little wrongly.
func oracleBodies() []replayed {
	return []replayed{{"clients with a byte order mark or a bare utf-8", []replay{
		{request: "POST /ccadmin/v1/login HTTP/1.1\nHost: {host}\nAuthorization: Bearer {key}\nContent-Type: application/x-www-form-urlencoded; utf-8\nContent-Length: {length}\n\ngrant_type=client_credentials",
			reads: []reading{member("access_token").as("token")}},
		{request: "POST /ccadmin/v1/organizations HTTP/1.1\nHost: {host}\nAuthorization: Bearer {token}\nContent-Type: application/json; utf-8\nAccept: application/json; utf-8\nContent-Length: {length}\n\n" +
			"\ufeff" + `{"name":"Fig Ltd"}`, reads: []reading{member("id"), member("errorCode").missing()}},
	}}}
}
