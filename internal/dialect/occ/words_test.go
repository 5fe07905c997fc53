// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"strings"
	"testing"
)

// Some sentences of the domain have this wire's own words here, in every language.
func TestOwnWords(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	request := c.fileFull(t)
	const endless = `{"name":"a","type":"application","lifetimeDays":-2}`
	for _, e := range []struct{ method, path, body, language, want string }{
		{"POST", "/applicationIds", endless, "en",
			`{"errorCode":"400","message":"lifetimeDays must be a number of days, or -1 for no end.","status":`},
		{"POST", "/applicationIds", endless, "de",
			`{"errorCode":"400","message":"lifetimeDays muss eine Zahl von Tagen sein, oder -1 für kein Ende.",` +
				`"devMessage":"lifetimeDays must be a number of days, or -1 for no end.","status":`},
		{"PUT", request, `{"name":"a","status":"approved"}`, "en",
			`{"errorCode":"100000","message":"status can be set to review or moreInfoNeeded. To decide a request, approve or reject it.","status":`},
		{"PUT", request, `{"name":"a","status":"approved"}`, "fr",
			`{"errorCode":"100000","message":"status peut être review ou moreInfoNeeded. Pour décider d'une demande, approuvez-la ou rejetez-la.",` +
				`"devMessage":"status can be set to review or moreInfoNeeded. To decide a request, approve or reject it.","status":`},
		{"DELETE", request, "", "en",
			`{"errorCode":"403","message":"Requests are deleted by applications only. Reject the request instead.","status":`},
		{"DELETE", request, "", "de",
			`{"errorCode":"403","message":"Nur Anwendungen löschen Anträge. Lehnen Sie den Antrag stattdessen ab.",` +
				`"devMessage":"Requests are deleted by applications only. Reject the request instead.","status":`},
		// Next to others, each wrong member has an entry with the same words.
		{"POST", "/applicationIds", `{"name":"","type":"application","lifetimeDays":-2}`, "en",
			`{"errorCode":"400","message":"name is required. lifetimeDays must be a number of days, or -1 for no end.","status":"400",` +
				`"type":"https://www.w3.org/Protocols/rfc2616/rfc2616-sec10.html#sec10.4.1","errors":[` +
				`{"errorCode":"400","message":"name is required.","status":"400","o:errorPath":"name"},` +
				`{"errorCode":"400","message":"lifetimeDays must be a number of days, or -1 for no end.","status":"400","o:errorPath":"lifetimeDays"}]}`},
	} {
		a := c.do(t, e.method, admin+e.path, token, e.body, "X-CCAsset-Language: "+e.language)
		if !strings.HasPrefix(a.body, e.want) {
			t.Errorf("%s %s: got %s, want %s", e.method, e.path, a.body, e.want)
		}
	}
}
