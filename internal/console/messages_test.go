// SPDX-License-Identifier: Apache-2.0

package console

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
	"gatehouse/internal/tenancy"
)

// Every message is there in every language, with the same values.
func TestMessages(t *testing.T) {
	t.Parallel()
	english := readWords("en")
	verbs := regexp.MustCompile(`%(\[\d+\])?[a-z]`)
	for _, tag := range languages() {
		w := readWords(tag)
		for key, text := range english.texts {
			other, found := w.texts[key]
			switch {
			case !found:
				t.Errorf("%s: there is no %s", tag, key)
			case !slices.Equal(verbs.FindAllString(text, -1), verbs.FindAllString(other, -1)):
				t.Errorf("%s: %s has other values than %q: %q", tag, key, text, other)
			case strings.TrimSpace(other) == "":
				t.Errorf("%s: %s is empty", tag, key)
			}
		}
		for key := range w.texts {
			if _, found := english.texts[key]; !found && !domainError(key) {
				t.Errorf("%s: %s is not there in English", tag, key)
			}
		}
	}
}

// domainError reports whether a message is the sentence of an error of the domain or of the HTTP
// exchange, which has an English one there.
func domainError(key string) bool {
	code, is := strings.CutPrefix(key, "error.")
	return is && slices.ContainsFunc(slices.Concat(problem.List(), httpkit.Sentences()),
		func(s problem.Sentence) bool { return string(s.Code) == code })
}

// neverShown are errors that no page can have: those of a start, and those of other doors.
func neverShown() []string {
	return strings.Fields(`schema_too_new schema_too_old foreign_database database_url_invalid not_started
		never_started wrong_master_key master_key_not_retired master_key_rotating master_key_retired audit_broken
		operator_token_name_taken session_exists audit_event_exists setting_exists operator_token_not_found
		setting_not_found row_not_found invalid_pair outside_scope log_in_required own_organization_required
		own_tokens_only change_own_tokens_only no_session operator_token_expired too_many_operator_tokens
		unknown_scope scope_not_limited scope_size bad_path_prefix`)
}

// Every message is used: by a template, by the code, or as one of a family of keys.
func TestMessagesAreUsed(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	for _, folder := range []string{".", "templates", "templates/layout"} {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range entries {
			if one.IsDir() || strings.HasSuffix(one.Name(), "_test.go") {
				continue
			}
			content, err := os.ReadFile(folder + "/" + one.Name())
			if err != nil {
				t.Fatal(err)
			}
			text.Write(content)
		}
	}
	// These are put together: print "state." .State.
	families := []string{"language.", "role.", "field.", "hint.", "state.", "error.", "decision.", "warning.",
		"join.state."}
	for key := range readWords("en").texts {
		inFamily := slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(key, f) })
		switched := regexp.MustCompile(`^(action|notice\.organization_|organization)\.?(de)?activated?$`).
			MatchString(key)
		if !inFamily && !switched && !strings.Contains(text.String(), `"`+key+`"`) {
			t.Errorf("nothing uses the message %s", key)
		}
	}
	for _, state := range []string{"active", "inactive", string(tenancy.CodeSuperseded),
		string(tenancy.CodeExpired),
		string(tenancy.CodeExhausted), string(tenancy.CodeDisabled), string(tenancy.ClientPending),
		string(tenancy.ClientRefused), string(tenancy.ClientRevoked)} {
		if _, found := readWords("en").texts["state."+state]; !found {
			t.Errorf("there is no word for the state %s", state)
		}
	}
}

// All text that people see is a message.
func TestTemplatesHaveNoText(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(templateFiles, "templates/*.html")
	more, err2 := fs.Glob(templateFiles, "templates/layout/*.html")
	if err != nil || err2 != nil || len(files) == 0 || len(more) == 0 {
		t.Fatal(err, err2)
	}
	action, tag := regexp.MustCompile(`(?s)\{\{.*?\}\}`), regexp.MustCompile(`(?s)<[^>]*>`)
	attribute := regexp.MustCompile(`(title|alt|placeholder|aria-label|content)="([^"]*)"`)
	letters := regexp.MustCompile(`\pL`)
	for _, file := range slices.Concat(files, more) {
		content, err := templateFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// The name of the product, and what no person reads.
		text := strings.NewReplacer(`content="width=device-width, initial-scale=1"`, "", "light dark", "",
			// parts of a tag in a part of a template
			" required", "", ` autocomplete=""`, "", ` aria-invalid="true" aria-describedby="e- h-"`, "").
			Replace(action.ReplaceAllString(string(content), ""))
		for _, found := range attribute.FindAllStringSubmatch(text, -1) {
			if letters.MatchString(found[2]) {
				t.Errorf("%s: %s is no message", file, found[0])
			}
		}
		if left := strings.TrimSpace(tag.ReplaceAllString(text, "")); letters.MatchString(left) {
			t.Errorf("%s: %q is no message", file, left)
		}
	}
}

// Every error of the domain that a page may have has its sentence in every language, and none has a
// value that it lacks in English.
func TestErrorsAreTranslated(t *testing.T) {
	t.Parallel()
	verbs := regexp.MustCompile(`%(\[\d+\])?[a-z]`)
	for _, tag := range languages()[1:] {
		w := readWords(tag)
		for _, one := range problem.List() {
			text, found := w.texts["error."+string(one.Code)]
			if found == slices.Contains(neverShown(), string(one.Code)) {
				t.Errorf("%s: there is error.%s: %v", tag, one.Code, found)
			}
			given, wanted := len(verbs.FindAllString(one.Format, -1)), len(verbs.FindAllString(text, -1))
			if wanted > given {
				t.Errorf("%s: error.%s has %d values, but %d are given", tag, one.Code, wanted, given)
			}
			if regexp.MustCompile(`%(\[\d+\])?d`).MatchString(text) {
				t.Errorf("%s: error.%s has a number in place of a text", tag, one.Code)
			}
		}
	}
}
