// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
)

// exampleServer answers as a server does that has two organizations, which the examples are about.
func exampleServer() *httptest.Server {
	answers := map[string]string{
		"POST /v1/login":           `200 {"accessToken":"x","tokenType":"Bearer","expiresIn":900}`,
		"GET /v1/organizations/or": `200 {"id":"or-100001","name":"Birch"}`,
		"GET /v1/organizations":    `200 {"items":[{"id":"or-100001","name":"Birch"}],"nextCursor":"2"}`,
		"GET /v1/organizations?2":  `200 {"items":[{"id":"or-100002","name":"Bramble"}]}`,
		"POST /v1/organizations": `409 {"status":409,"code":"organization_name_taken",` +
			`"detail":"There is an organization with this name already."}`,
		"PATCH /v1/organizations/or": `412 {"status":412,"code":"organization_changed","detail":"Read it again."}`,
		"POST /v1/enrollments":       `201 {"clientId":"c","organizationId":"or-100001","state":"active"}`,
		"POST /oauth2/token":         `200 {"access_token":"x","token_type":"Bearer","expires_in":900}`,
	}
	var mu sync.Mutex
	codes := map[string]string{} // by their keys
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		name := r.Method + " " + r.URL.Path
		if r.URL.Query().Get("cursor") != "" {
			name += "?2"
		}
		if len(r.URL.Path) > len("/v1/organizations/or-") && r.Method != http.MethodPost {
			name = r.Method + " /v1/organizations/or"
		}
		answer := answers[name]
		if key := r.Header.Get("Idempotency-Key"); answer == "" && key != "" {
			if codes[key] == "" {
				codes[key] = `201 {"id":"code-` + string(rune('1'+len(codes))) + `"}`
			}
			answer = codes[key]
		}
		status, media := int(answer[0]-'0')*100+int(answer[1]-'0')*10+int(answer[2]-'0'), "application/json"
		if status >= http.StatusBadRequest {
			media = "application/problem+json"
		}
		w.Header().Set("Content-Type", media)
		w.Header().Set("ETag", `"2026-11-30T12:00:00Z"`)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer[4:])
	}))
}
