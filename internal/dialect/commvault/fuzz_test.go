// SPDX-License-Identifier: Apache-2.0

package commvault

import (
	"encoding/json"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/httpkit"
)

// readAll calls the reader for every member that handlers read, and for more.
func readAll(o object) {
	r := reader{from: o}
	for name := range o {
		r.text(name)
		r.number(name)
		r.requiredText(name)
		r.texts(name)
		r.flag(name)
		r.timestamp(name)
	}
	if inner, old, err := unwrapOldForm(o); err == nil && old {
		_, _ = loginParams(inner)
	}
	_, _ = loginParams(o)
}

// FuzzDecodeXML checks that a decoded object can be written and decodes to the same object again.
func FuzzDecodeXML(f *testing.F) {
	for _, seed := range []string{
		`<DM2ContentIndexing_CheckCredentialReq username="admin" password="bm8=" timeOut="30"/>`,
		prolog + `<R a="&lt;&#x41;"><b val="1"/><b val="2"/><c><d/></c></R>`,
		`<!DOCTYPE R [<!ENTITY x "y">]><R a="&x;"/>`, `<n:R xmlns:n="u" n:a="1" b="2" n:xmlns="3"><c>4</c></n:R>`,
		"\ufeff<R/>", "<R>\x00</R>",
		"<R a='\t1\r\n2&#10;\n'><!-- ' --><b c=\"\n'>\"/><![CDATA[\"]]></R>",
		`<?xml version="1.0" encoding="us-ascii"?><R a="1"/>`, "<?xml version='1.0'\nencoding = 'latin1'?><R/>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > httpkit.MaxBody {
			return
		}
		first, err := decodeXML(body)
		if err != nil {
			return
		}
		readAll(first)
		again := message{"R", fieldsOf(first)}.xml()
		second, err := decodeXML(again)
		if err != nil {
			t.Fatalf("%q was written as %q, which does not decode: %v", body, again, err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("%q was written as %q (-first +second):\n%s", body, again, diff)
		}
	})
}

// fieldsOf converts a request to an answer.
func fieldsOf(o object) fields {
	delete(o, elementText) // answers have none
	var all fields
	for _, name := range slices.Sorted(maps.Keys(o)) {
		switch v := o[name].(type) {
		case attribute:
			all = append(all, scalar(name, string(v)))
		case object:
			all = append(all, nested(name, fieldsOf(v)...))
		case []any:
			var items []fields
			for _, item := range v {
				items = append(items, fieldsOf(item.(object)))
			}
			all = append(all, repeated(name, items...))
		}
	}
	return all
}

// FuzzDecodeJSON checks that a decoded object can be written and decodes to the same object again.
func FuzzDecodeJSON(f *testing.F) {
	for _, seed := range []string{
		`{"username":"admin","password":"bm8=","timeout":30,"mode":"Webconsole"}`,
		`{"a":{"b":[1,2.5e9,null,true,"\ud800"]}}`,
		`{"a":1,"a":"2"}`, `{"DM2ContentIndexing_CheckCredentialReq":{"@username":"a","@password":"b"}}`,
		`{"tokenName":"a","tokenType":3,"apiEndpoints":["/a"],"tokenExpiryTimestamp":1.5e9}`, `{} x`, `[]`,
		`{"n":123456789012345678901234567890}`, strings.Repeat(`{"a":`, 40),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) > httpkit.MaxBody {
			return
		}
		first, err := decodeJSON(body)
		if err != nil {
			return
		}
		readAll(first)
		again, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		second, err := decodeJSON(again)
		if err != nil {
			t.Fatalf("%q was written as %q, which does not decode: %v", body, again, err)
		}
		if diff := cmp.Diff(first, second); diff != "" {
			t.Errorf("%q was written as %q (-first +second):\n%s", body, again, diff)
		}
	})
}

// FuzzSessionHeader checks that the token is a part of the header, in one canonical form.
func FuzzSessionHeader(f *testing.F) {
	for _, seed := range []string{"QSDK 0a1b", "qsdk  0a1b ", "Bearer 0a1b", "0a1b", "SAML x y", "QSDK",
		"QSDK QSDK a", "Bearer QSDK a", "", " "} {
		f.Add(seed, "")
		f.Add("", seed)
	}
	f.Fuzz(func(t *testing.T, authtoken, authorization string) {
		h := http.Header{"Authtoken": {authtoken}, "Authorization": {authorization}}
		token := sessionToken(h)
		if !strings.Contains(authtoken, token) && !strings.Contains(authorization, token) {
			t.Errorf("token %q is in neither header", token)
		}
		if token != strings.TrimSpace(token) {
			t.Errorf("token %q has blanks around", token)
		}
		first := firstWord(authorization)
		if authtoken == "" && !strings.EqualFold(first, "Bearer") && !strings.EqualFold(first, tokenScheme) &&
			token != "" {
			t.Errorf("Authorization %q gave %q", authorization, token)
		}
	})
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return word
}

// encoding/xml reads the XML that this package writes.
func TestAnswersAreXML(t *testing.T) {
	t.Parallel()
	for _, m := range []message{flat(2, `<&"'>`), inError(2, "\x00\n")} {
		var v struct {
			XMLName xml.Name
		}
		if err := xml.Unmarshal(m.xml(), &v); err != nil || v.XMLName.Local != m.name {
			t.Errorf("%s: %v", m.xml(), err)
		}
	}
}
