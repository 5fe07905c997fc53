// SPDX-License-Identifier: Apache-2.0

package openapitest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// unreleased is the end of a version whose document may still change.
const unreleased = "-development"

// annotation reports whether a member of a document says something to people and changes
// nothing for programs.
func annotation(name string) bool {
	switch name {
	case "description", "summary", "tags", "example", "examples", "title", "externalDocs", "x-enum-varnames":
		return true
	}
	return false
}

// CheckContract compares the shape of every operation with a file. It has a line for the
// document itself, with its version, and one for each operation: its id, the version that
// gave it its present shape, and a digest of that shape. It fails the test if they differ.
//
// With update it writes the file instead. The shape of a version changes only while its name
// ends with "-development".
func (d *Document) CheckContract(t testing.TB, file string, update bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !update {
		t.Fatal(err)
	}
	former, err := contractOf(string(text))
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	digests, err := d.digests()
	if err != nil {
		t.Fatal(err)
	}
	present, changed := former.next(digests, d.spec.Info.Version)
	switch {
	case present.text() == string(text):
	case len(changed) > 0 && former[whole].version == d.spec.Info.Version && released(d.spec.Info.Version):
		t.Errorf("version %s is released, and these operations differ from what %s says: %s. Raise info.version to "+
			"one that ends with %s.", d.spec.Info.Version, file, strings.Join(changed, ", "), unreleased)
	case update:
		if err := os.WriteFile(file, []byte(present.text()), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the document differs from what %s says: version %s, %s. If you want that, run make contract and "+
			"commit the file.", file, d.spec.Info.Version, strings.Join(changed, ", "))
	}
}

func released(version string) bool { return !strings.HasSuffix(version, unreleased) }

// whole is the name of the line of the document itself.
const whole = "(document)"

// shape is what a line says of an operation.
type shape struct{ version, digest string }

// contract has the shape of each operation by its id.
type contract map[string]shape

func contractOf(text string) (contract, error) {
	c := contract{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) != 3 {
			return nil, fmt.Errorf("a line is not operation, version and digest: %q", line)
		}
		c[words[0]] = shape{words[1], words[2]}
	}
	return c, nil
}

func (c contract) text() string {
	var b strings.Builder
	for _, id := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintln(&b, id, c[id].version, c[id].digest)
	}
	return b.String()
}

// next returns the contract of a document with a version and the digests of its operations,
// and the operations that are new, changed or gone.
func (c contract) next(digests map[string]string, version string) (present contract, changed []string) {
	present = contract{whole: {version, "-"}}
	for id, digest := range digests {
		was, known := c[id]
		present[id] = was
		if !known || was.digest != digest {
			changed = append(changed, id)
		}
		if !known || was.digest != digest || !released(was.version) {
			present[id] = shape{version, digest}
		}
	}
	for id := range c {
		if _, still := digests[id]; !still && id != whole {
			changed = append(changed, id)
		}
	}
	slices.Sort(changed)
	return present, changed
}

// digests returns a digest of each operation: its method and path, its parameters, bodies and
// answers with all schemas that they refer to, and what it needs for access.
func (d *Document) digests() (map[string]string, error) {
	text, err := json.Marshal(d.spec)
	if err != nil {
		return nil, fmt.Errorf("marshal the document: %w", err)
	}
	var root map[string]any
	if err := json.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("read the document back: %w", err)
	}
	components, _ := root["components"].(map[string]any)
	digests := map[string]string{}
	for path, item := range root["paths"].(map[string]any) {
		members := item.(map[string]any)
		for method, op := range members {
			operation, ok := op.(map[string]any)
			if !ok || operation["operationId"] == nil {
				continue
			}
			e := expander{root: root, open: map[string]bool{}}
			text, err := json.Marshal([]any{method, path, e.expand(members["parameters"]), e.expand(operation),
				root["servers"], root["security"], e.expand(components["securitySchemes"])})
			if err != nil {
				return nil, fmt.Errorf("marshal %s %s: %w", method, path, err)
			}
			sum := sha256.Sum256(text)
			digests[operation["operationId"].(string)] = hex.EncodeToString(sum[:8])
		}
	}
	return digests, nil
}

// expander replaces references by what they refer to and drops annotations.
type expander struct {
	root map[string]any
	open map[string]bool // references that are being expanded
}

func (e expander) expand(node any) any {
	switch n := node.(type) {
	case []any:
		return e.list(n)
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok {
			if e.open[ref] { // a schema that contains itself
				return ref
			}
			e.open[ref] = true
			defer delete(e.open, ref)
			return e.expand((&structure{root: e.root}).resolve(n))
		}
		out := map[string]any{}
		for name, value := range n {
			switch below, isMap := value.(map[string]any); {
			case annotation(name):
			case name == "properties" && isMap: // one of these may have the name of an annotation
				all := map[string]any{}
				for property, schema := range below {
					all[property] = e.expand(schema)
				}
				out[name] = all
			default:
				out[name] = e.expand(value)
			}
		}
		return out
	}
	return node
}

// list expands a list. The order of names, such as those of required members, means nothing.
func (e expander) list(list []any) any {
	var names []string
	out := make([]any, len(list))
	for i, one := range list {
		if name, ok := one.(string); ok {
			names = append(names, name)
		}
		out[i] = e.expand(one)
	}
	if len(names) == len(list) {
		slices.Sort(names)
		return names
	}
	return out
}
