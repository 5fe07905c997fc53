// SPDX-License-Identifier: Apache-2.0

package occ_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func translations(t *testing.T, tag string) map[string]string {
	t.Helper()
	b, err := os.ReadFile("messages/" + tag + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	return m
}

// Every sentence that can be told on this wire is in every language, with its
// values in their places, and none is there that is no longer told.
func TestEverySentenceIsTranslated(t *testing.T) {
	t.Parallel()
	told := sentences(t)
	if len(told) < 50 {
		t.Fatalf("only %d sentences were found in the code", len(told))
	}
	verb := regexp.MustCompile(`%\[?\d*\]?[a-z]`)
	for _, tag := range []string{"de", "fr", "es"} {
		texts := translations(t, tag)
		for sentence, at := range told {
			if texts[sentence] == "" {
				t.Errorf("%s: %s has no %q", at, tag, sentence)
			}
		}
		for sentence, text := range texts {
			if diff := cmp.Diff(verb.FindAllString(sentence, -1), verb.FindAllString(text, -1)); diff != "" {
				t.Errorf("%s: %q has other values (-English +%s):\n%s", tag, sentence, tag, diff)
			}
			if _, ok := told[sentence]; !ok && !strings.HasPrefix(sentence, "There is no ") && !slices.Contains(words(), sentence) {
				t.Errorf("%s: nobody says %q any more", tag, sentence)
			}
			if text == sentence {
				t.Errorf("%s: %q is not translated", tag, sentence)
			}
		}
	}
}

// words take the place of a verb.
func words() []string {
	return []string{"a string", "a number", "a bool", "an array", "an object", "a whole number", "true or false",
		"The query string", "The form in the body"}
}

// sentences collects, from the packages whose errors reach this wire, the
// messages of their errors as they are written in the code.
func sentences(t *testing.T) map[string]string {
	t.Helper()
	// Told at the start of the server or on its command line only.
	elsewhere := []string{"audit_broken", "not_started", "wrong_master_key", "schema_too_new", "schema_too_old", "foreign_database", "database_url_invalid",
		"username_taken", "no_session", "setting_exists", "session_exists", "audit_event_exists", "auth_code_exists", "operator_token_name_taken"}
	told, set := map[string]string{}, token.NewFileSet()
	note := func(e, code ast.Expr) {
		if lit, ok := code.(*ast.BasicLit); ok && slices.Contains(elsewhere, strings.Trim(lit.Value, `"`)) {
			return
		}
		at := set.Position(e.Pos()).String()
		switch text, ok := sentence(e); {
		case !ok:
			t.Errorf("%s: this message cannot be translated; put its values in with a format", at)
		case text != "":
			told[text] = at
		}
	}
	for _, dir := range []string{".", "../../problem", "../../tenancy", "../../identity", "../../sqlite", "../../postgres", "../../httpkit", "../../filter"} {
		files, err := filepath.Glob(dir + "/*.go")
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			// What is about operators' tokens is told on the other wire alone.
			if strings.HasSuffix(file, "_test.go") || slices.Contains([]string{"operatortoken.go", "operatortokens.go", "operatorrenew.go", "scope.go", "operatormaker.go"}, filepath.Base(file)) {
				continue
			}
			tree, err := parser.ParseFile(set, file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
					if place, ok := message(n, filepath.Base(dir)); ok {
						note(n.Args[place], n.Args[max(place-1, 0)])
					}
				case *ast.CompositeLit:
					if text, code := members(n); text != nil {
						note(text, code)
					}
				}
				return true
			})
		}
	}
	return told
}

// message returns which argument of a call is a message.
func message(call *ast.CallExpr, dir string) (place int, ok bool) {
	name, of := "", ""
	switch f := call.Fun.(type) {
	case *ast.Ident:
		name = f.Name
	case *ast.SelectorExpr:
		name = f.Sel.Name
		if x, ok := f.X.(*ast.Ident); ok {
			of = x.Name
		}
	}
	switch {
	case name == "New" && (of == "problem" || of == "" && dir == "problem"):
		place = 2
	case name == "because" && dir == "filter":
		place = 0
	case (name == "fault" || name == "badExpression") && dir == ".":
		place = 2
	case name == "Errorf" && (of == "httpkit" || of == "" && dir == "httpkit"),
		(name == "Add" || name == "Addf") && (dir == "tenancy" || dir == "identity") && of == "c",
		name == "fail" && dir == "filter" && of != "",
		(name == "invalidField" || name == "wrong") && dir == ".":
		place = 1
	default:
		return 0, false
	}
	return place, place < len(call.Args)
}

// members gives Message and Code of a literal of an error or of a field's.
func members(lit *ast.CompositeLit) (text, code ast.Expr) {
	for _, e := range lit.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		switch key, _ := pair.Key.(*ast.Ident); {
		case key == nil:
		case key.Name == "Message":
			text = pair.Value
		case key.Name == "Code":
			code = pair.Value
		}
	}
	return text, code
}

// sentence returns a message as the catalogues have it: a name at its start, the
// field's, is a value. What is no literal at all is empty: it was told where it was made.
func sentence(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, lok := sentence(e.X)
		right, rok := sentence(e.Y)
		if _, constant := e.X.(*ast.BasicLit); left == "" && !constant {
			left = "%s"
		}
		return left + right, lok && rok && right != ""
	}
	return "", true
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	const en = "There is no organization with this id."
	for header, want := range map[string]string{
		"de": "Es gibt keine Organisation mit dieser ID.", "de_AT": "Es gibt keine Organisation mit dieser ID.", "DE-CH": "Es gibt keine Organisation mit dieser ID.",
		"fr": "Aucune organisation ne porte cet identifiant.", "fr_CA": "Aucune organisation ne porte cet identifiant.",
		"es": "No hay ninguna organización con este id.", "es-MX": "No hay ninguna organización con este id.",
		"en": en, "en_US": en, "pt_BR": en, "": en, "xx": en, "_de": en, "d": en, "../de": en, strings.Repeat("de", 2000): en,
	} {
		a := c.do(t, "GET", admin+"/organizations/or-7", token, "", "X-CCAsset-Language: "+header)
		wantError(t, header, a, 404, "100001")
		dev, language := en, strings.ToLower(header[:min(2, len(header))])
		if want == en {
			dev, language = "", ""
		}
		if a.text("message") != want || a.text("devMessage") != dev || a.header.Get("Content-Language") != language {
			t.Errorf("%.20q: got %s in %q, want %q", header, a.body, a.header.Get("Content-Language"), want)
		}
	}
	if a := c.do(t, "GET", admin+"/organizations/or-7", token, "", "Accept-Language: de"); a.text("message") != en {
		t.Errorf("Accept-Language: %s", a.body)
	}
}

// Values keep their places, names of the wire and numbers of errors stay as they are.
func TestTranslatedValues(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	token := c.admin(t, admin)
	for _, e := range []struct{ method, path, body, want string }{
		{"GET", "/organizations?limit=x%221", "", `Der Wert "x\"1" des Parameters „limit“ ist nicht gültig. Geben Sie eine ganze Zahl von 0 bis 1000 an.`},
		{"GET", "/organizations?sort=name,name&sort=id", "", "Senden Sie sort nur einmal."},
		{"GET", "/organizations?q=name%20zz", "", `Der Suchausdruck ist nicht gültig: bei Zeichen 6: unbekannter Operator "zz"; verwenden Sie einen von eq, ne, co, sw, ew, gt, ge, lt, le, pr`},
		{"POST", "/organizations", `{"name":7}`, "Der Wert von name ist eine Zahl; er sollte ein Text sein."},
		{"POST", "/organizations", `{"name":"` + strings.Repeat("a", 300) + `"}`, "name darf höchstens 254 Zeichen lang sein."},
		{"POST", "/organizations", `{"name":"a","description":7}`, "description muss ein Text oder null sein."},
		{"POST", "/organizations", `{"name":""}`, "name ist erforderlich."},
		{"POST", "/organizations", `{`, "Der Rumpf ist kein gültiges JSON: Er endet zu früh."},
		{"POST", "/applicationIds/x", `{"op":"other"}`, "Dieser Wert von op ist nicht bekannt. Verwenden Sie genAuthToken."},
		{"POST", "/applicationIds/x", `{"op":"genAuthToken","type":"organization"}`, "Dieser Typ ist nicht bekannt. Verwenden Sie application oder extension."},
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
