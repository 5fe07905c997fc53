// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/dialect/occ"
	"gatehouse/internal/problem"
)

func translations(t *testing.T, tag string) map[problem.Code]string {
	t.Helper()
	b, err := os.ReadFile("messages/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[problem.Code]string
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	return m
}

// elsewhere are the codes that never reach this wire: those of the start of the server and of its command
// line, those of the store's own checks, those of operator tokens, which only the other wire has, and
// those of the native API: of codes with limits, of clients, of repeated requests, of changes on a condition
// and of many decisions at once.
func elsewhere() []problem.Code {
	return []problem.Code{
		problem.CodeSchemaTooNew, problem.CodeSchemaTooOld, problem.CodeForeignDatabase,
		problem.CodeDatabaseURLInvalid,
		problem.CodeNotStarted, problem.CodeNeverStarted, problem.CodeWrongMasterKey, problem.CodeMasterKeyRetired,
		problem.CodeMasterKeyNotRetired, problem.CodeMasterKeyRotating, problem.CodeAuditBroken,
		problem.CodeAuthCodeExists, problem.CodeUsernameTaken, problem.CodeSessionExists,
		problem.CodeAuditEventExists, problem.CodeSettingExists,
		problem.CodeContactNotFound, problem.CodeAuthCodeNotFound, problem.CodeOperatorNotFound,
		problem.CodeSessionNotFound, problem.CodeSettingNotFound, problem.CodeRowNotFound,
		problem.CodeOperatorTokenNameTaken, problem.CodeOperatorTokenNotFound, problem.CodeInvalidPair,
		problem.CodeOutsideScope,
		problem.CodeLogInRequired, problem.CodeOwnOrganizationRequired, problem.CodeOwnTokensOnly,
		problem.CodeChangeOwnTokensOnly,
		problem.CodeNoSession, problem.CodeOperatorTokenExpired, problem.CodeTooManyOperatorTokens,
		problem.CodeUnknownScope, problem.CodeScopeNotLimited, problem.CodeScopeSize, problem.CodeBadPathPrefix,
		problem.CodeNotInFuture, problem.CodeNothingToChange,
		problem.CodeClientNotFound, problem.CodeClientDecided,
		problem.CodeClientChanged, problem.CodeClientNotActive, problem.CodeFixed, problem.CodeKeyKindFixed,
		problem.CodeEnrolmentRefused,
		problem.CodeAuthCodeEnded, problem.CodeAuthCodeChanged, problem.CodeAuthCodeRotated,
		problem.CodeAuthCodeNotRotated, problem.CodeAuthCodeShownOnce,
		problem.CodeExpiryTwice, problem.CodeTooFarAhead, problem.CodeExpiryNeeded, problem.CodeBadMaxUses,
		problem.CodeTooManySources, problem.CodeBadSource, problem.CodeTooManyTags, problem.CodeEmptyTag,
		problem.CodeBadOverlap, problem.CodeBadPreviewDays,
		problem.CodeBadCodeLife, problem.CodeIdempotencyKeyReused,
		problem.CodeApplicationChanged, problem.CodeKeyOverlap, problem.CodeKeyNotRotated, problem.CodeKeyLife,
		problem.CodeOrganizationChanged, problem.CodeRequestChanged, problem.CodeDecisionsCount,
		problem.CodeDecidedTwice, problem.CodeBadDecision,
		problem.CodeOwnAccountField, problem.CodeMoreThanOwn, problem.CodeOwnAccountOnly, problem.CodeNotConfirmed,
		problem.CodeOperatorChanged, problem.CodeLastAdministrator, problem.CodeTOTPEnrolled,
		problem.CodeTOTPNotStarted, problem.CodeNoTOTP, problem.CodeBadTokenLife,
		problem.CodeBadImportedCode, problem.CodeOwnForm, problem.CodeTooGuessable, problem.CodeImportedLife,
	}
}

// TestEverySentenceIsTranslated checks that each code that can reach this wire has a sentence in every
// language, with the same values, and that no other code has one.
func TestEverySentenceIsTranslated(t *testing.T) {
	t.Parallel()
	for _, tag := range []string{"de", "fr", "es"} {
		texts := translations(t, tag)
		seen := map[problem.Code]bool{}
		for _, s := range occ.AllSentences() {
			if seen[s.Code] {
				t.Errorf("%s has two sentences", s.Code)
			}
			seen[s.Code] = true
			text, there := texts[s.Code]
			switch {
			case slices.Contains(elsewhere(), s.Code):
				if there {
					t.Errorf("%s: %s never reaches this wire and has a translation", tag, s.Code)
				}
			case !there:
				t.Errorf("%s: %s has no translation of %q", tag, s.Code, s.Format)
			case regexp.MustCompile(`%(\[\d\])?d`).MatchString(text):
				t.Errorf("%s: %s has a number in place of a text: %q", tag, s.Code, text)
			case text == s.Format:
				t.Errorf("%s: %s is not translated: %q", tag, s.Code, text)
			default:
				if diff := cmp.Diff(values(s.Format), values(text)); diff != "" {
					t.Errorf("%s: %s has other values (-English +%s):\n%s", tag, s.Code, tag, diff)
				}
			}
		}
		for code := range texts {
			if !seen[code] {
				t.Errorf("%s: there is no code %s", tag, code)
			}
		}
	}
}

// values returns the values that a sentence uses. A translation has %s for %d.
func values(format string) []string {
	found := regexp.MustCompile(`%(\[\d\])?[a-z]`).FindAllString(format, -1)
	for i, verb := range found {
		found[i] = strings.ReplaceAll(verb, "d", "s")
	}
	if strings.Contains(format, "%[") { // those with an index may be in any order
		slices.Sort(found)
	}
	return found
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	const en = "There is no organization with this id."
	for header, want := range map[string]string{
		"de": "Es gibt keine Organisation mit dieser ID.", "de_AT": "Es gibt keine Organisation mit dieser ID.",
		"DE-CH": "Es gibt keine Organisation mit dieser ID.",
		"fr":    "Aucune organisation ne porte cet identifiant.",
		"fr_CA": "Aucune organisation ne porte cet identifiant.",
		"es":    "No hay ninguna organización con este id.", "es-MX": "No hay ninguna organización con este id.",
		"en": en, "en_US": en, "pt_BR": en, "": en, "xx": en, "_de": en, "d": en, "../de": en,
		strings.Repeat("de", 2000): en,
	} {
		a := c.do(t, "GET", admin+"/organizations/or-7", token, "", "X-CCAsset-Language: "+header)
		wantError(t, header, a, 404, "100001")
		dev, language := en, strings.ToLower(header[:min(2, len(header))])
		if want == en {
			dev, language = "", ""
		}
		if a.text("message") != want || a.text("devMessage") != dev ||
			a.header.Get("Content-Language") != language {
			t.Errorf("%.20q: got %s in %q, want %q", header, a.body, a.header.Get("Content-Language"), want)
		}
	}
	if a := c.do(t, "GET", admin+"/organizations/or-7", token, "",
		"Accept-Language: de"); a.text("message") != en {
		t.Errorf("Accept-Language: %s", a.body)
	}
}

// Values keep their order. Names of the wire and numbers of errors stay as they are.
func TestTranslatedValues(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	for _, e := range []struct{ method, path, body, want string }{
		{"GET", "/organizations?limit=x%221", "",
			`Der Wert "x\"1" des Parameters „limit“ ist nicht gültig. Geben Sie eine ganze Zahl von 0 bis 1000 an.`},
		{"GET", "/organizations?sort=name,name&sort=id", "", "Senden Sie sort nur einmal."},
		{"GET", "/organizations?q=name%20zz", "",
			`Der Suchausdruck ist nicht gültig: bei Zeichen 6: unbekannter Operator "zz"; verwenden Sie einen von eq, ne, co, sw, ew, gt, ge, lt, le, pr`},
		{"POST", "/organizations", `{"name":7}`, "Der Wert von name ist eine Zahl; er sollte ein Text sein."},
		{"POST", "/organizations", `{"name":"` + strings.Repeat("a", 300) + `"}`,
			"name darf höchstens 254 Zeichen lang sein."},
		{"POST", "/organizations", `{"name":"a","description":7}`, "description muss ein Text oder null sein."},
		{"POST", "/organizations", `{"name":""}`, "name ist erforderlich."},
		{"POST", "/organizations", `{`, "Der Rumpf ist kein gültiges JSON: Er endet zu früh."},
		{"POST", "/applicationIds/x", `{"op":"other"}`,
			"Dieser Wert von op ist nicht bekannt. Verwenden Sie genAuthToken."},
		{"POST", "/applicationIds/x", `{"op":"genAuthToken","type":"organization"}`,
			"Dieser Typ ist nicht bekannt. Verwenden Sie application oder extension."},
		{"PATCH", "/organizations", "", "Diese Adresse nimmt diese Methode nicht an. Sie nimmt: GET, HEAD, POST."},
		{"GET", "/nothing", "", "Unter dieser Adresse gibt es nichts. Prüfen Sie den Pfad."},
		{"POST", "/login", "", "grant_type ist erforderlich."},
	} {
		a := c.do(t, e.method, admin+e.path, token, e.body, "X-CCAsset-Language: de")
		if a.text("message") != e.want || a.text("devMessage") == "" || a.text("devMessage") == e.want {
			t.Errorf("%s %s: got %s, want %s", e.method, e.path, a.body, e.want)
		}
	}
	body := `{"name":"","externalOrganizationId":"a\nb"}`
	golden(t, "error_several_fr", "POST "+admin+"/organizations\nX-CCAsset-Language: fr_CA\n"+body,
		c.do(t, "POST", admin+"/organizations", token, body, "X-CCAsset-Language: fr_CA"))
	a := c.do(t, "GET", admin+"/organizations", "", "", "X-CCAsset-Language: es")
	wantError(t, "no token", a, 401, "401")
	if !strings.HasPrefix(a.text("message"), "El token de acceso falta") {
		t.Errorf("no token: %s", a.body)
	}
}
