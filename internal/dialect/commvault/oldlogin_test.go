// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The oldest JSON form is accepted, and the answer has the same form.
func TestLoginInTheOldestForm(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	const form = `{"DM2ContentIndexing_CheckCredentialReq":{"@mode":"Webconsole","@username":"admin","@password":"%s","@timeout":"5"}}`
	right := fmt.Sprintf(form, encoded(s.AdminPassword))
	answer := tree(t, s.call(t, "POST", base+"/Login", right, "Content-Type", mediaJSON, "Accept", mediaJSON))
	inner, _ := answer["DM2ContentIndexing_CheckCredentialResp"].(map[string]any)
	token := text(inner, "@token")
	if len(answer) != 1 || !s.alive(t, token) || text(inner, "@userName") != s.Admin ||
		text(inner, "ownerOrganization.@providerDomainName") != "Commcell" {
		t.Fatalf("got %v", answer)
	}
	if list, ok := inner["errList"].([]any); !ok || len(list) != 0 {
		t.Errorf("errList: got %v", inner["errList"])
	}
	s.Clock.Advance(5 * time.Minute)
	if s.alive(t, token) {
		t.Error("its timeout was not read")
	}
	refusal := tree(t, s.call(t, "POST", base+"/Login", fmt.Sprintf(form, "bm8="), "Content-Type", mediaJSON))
	if text(refusal, "DM2ContentIndexing_CheckCredentialResp.errList.0.@errLogMessage") == "" ||
		strings.Contains(fmt.Sprint(refusal), "token") {
		t.Errorf("got %v", refusal)
	}
	if w := s.call(t, "POST", base+"/Login", right, "Content-Type", mediaJSON, "Accept",
		mediaXML); !strings.HasPrefix(w.Body.String(),
		prolog+`<DM2ContentIndexing_CheckCredentialResp userName="admin"`) {
		t.Errorf("asked for XML: %s", w.Body)
	}
	for _, body := range []string{
		// ambiguous
		`{"DM2ContentIndexing_CheckCredentialReq":{"@username":"admin","username":"other","@password":""}}`,
		`{"DM2ContentIndexing_CheckCredentialReq":{"@username":"admin"}}`,
		`{"DM2ContentIndexing_CheckCredentialReq":[],"username":"admin"}`,
		`{"@username":"admin","@password":"bm8="}`, // the prefix without the outer object
	} {
		if w := s.call(t, "POST", base+"/Login", body, "Content-Type", mediaJSON); w.Code != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", body, w.Code, w.Body)
		}
	}
	// If a body has both forms, today's form takes precedence, and the answer has it.
	both := strings.TrimSuffix(fmt.Sprintf(form, "bm8="), "}") + `,` + credentials("admin", s.AdminPassword) +
		`}`
	if answer := tree(t, s.call(t, "POST", base+"/Login", both, "Content-Type", mediaJSON)); !s.alive(t,
		text(answer, "token")) {
		t.Errorf("got %v", answer)
	}
}

// What clients say about themselves has no effect.
func TestLoginIgnoresWhatItNeedNotKnow(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for _, extra := range []string{`"mode":4`, `"mode":5`, `"mode":"Webconsole"`, `"mode":null`,
		`"mode":{"a":[1]}`, `"clientType":30`, `"clientType":"x"`, `"flags":1`, `"flags":[]`,
		`"commserver":"host*name"`, `"commserver":7`, `"nothing known":true`} {
		if answer := s.login(t, credentials("admin", s.AdminPassword)+","+extra); !s.alive(t,
			text(answer, "token")) {
			t.Errorf("%s: got %v", extra, answer)
		}
	}
	w := s.call(t, "POST", base+"/Login",
		fmt.Sprintf(`<R username="admin" password=%q mode="5" clientType="x" flags=""/>`, encoded(s.AdminPassword)),
		"Content-Type", mediaXML, "Accept", "")
	if !strings.Contains(w.Body.String(), `token="QSDK `) {
		t.Errorf("got %s", w.Body)
	}
}
