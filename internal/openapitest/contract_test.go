// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// read writes a document and reads it.
func read(t *testing.T, text string) *Document {
	t.Helper()
	file := filepath.Join(t.TempDir(), "openapi.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// A change of shape is noticed, and that of a released version is not accepted.
func TestContract(t *testing.T) {
	t.Parallel()
	const version, things = `version: "1"`, "  /things:\n    get:"
	for name, c := range map[string]struct {
		former, line, instead string
		changed, accepted     bool
	}{
		"nothing":             {"1", version, version, false, true},
		"another description": {"1", `description: e`, `description: f`, false, true},
		"another example":     {"1", `{type: object}`, `{type: object, example: {a: 1}}`, false, true},
		"another order":       {"1", `[string, "null"]`, `["null", string]`, false, true},
		"another type": {"1",
			`{anyOf: [{type: integer}, {type: string, enum: [a]}, {type: "null"}]}`, `{type: integer}`, true, false},
		"a member named like annotation": {"1", `properties: {type:`, `properties: {title: {type: integer}, type:`,
			true, false}, "another status": {"1", `"4XX"`, `"400"`, true, false},
		"another method": {"1", things, "  /things:\n    post:", true, false},
		"a new operation": {"1", things,
			"  /new:\n    get: {operationId: new, responses: {\"400\": {description: e}}}\n" + things, true, false},
		"an operation that is gone": {"1", `getThings`, `getAll`, true, false},
		"a development version":     {"1-development", `"4XX"`, `"400"`, true, true},
		"a new version":             {"1", version, `version: "2"`, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(sound, version, `version: "`+c.former+`"`, 1)
			file := filepath.Join(t.TempDir(), "openapi.contract")
			read(t, text).CheckContract(t, file, true)
			read(t, text).CheckContract(t, file, false)

			if !strings.Contains(text, c.line) {
				t.Fatalf("there is no %s", c.line)
			}
			after := read(t, strings.Replace(text, c.line, c.instead, 1))
			r := &recorder{TB: t}
			if after.CheckContract(r, file, false); r.failures > 0 != c.changed {
				t.Errorf("noticed: %t, want %t", r.failures > 0, c.changed)
			}
			r = &recorder{TB: t}
			if after.CheckContract(r, file, true); r.failures == 0 != c.accepted {
				t.Errorf("accepted: %t, want %t", r.failures == 0, c.accepted)
			}
			if c.accepted {
				after.CheckContract(t, file, false)
			}
		})
	}
}

// An operation keeps the version that gave it its shape, unless that was never released.
func TestContractVersions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ version, want string }{
		{"2-development",
			"(document) 2-development -\nchanged 2-development b\nnew 2-development n\nsame 1 s\nyoung 2-development y\n"},
		{"2", "(document) 2 -\nchanged 2 b\nnew 2 n\nsame 1 s\nyoung 2 y\n"},
	} {
		former := contract{whole: {"2-development", "-"}, "same": {"1", "s"}, "changed": {"1", "a"},
			"young": {"2-development", "y"}}
		present, _ := former.next(map[string]string{"same": "s", "changed": "b", "young": "y", "new": "n"},
			c.version)
		if got := present.text(); got != c.want {
			t.Errorf("got\n%swant\n%s", got, c.want)
		}
	}
	if _, err := contractOf("one two\n"); err == nil {
		t.Error("a line of two words is read")
	}
}
