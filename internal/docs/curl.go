// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// commandLine returns a command that calls an operation, with the examples of the document.
func (v *view) commandLine(shown operationView, op operation) string {
	lines := []string{"curl"}
	if shown.Method != "GET" && (shown.Method != "POST" || shown.Media == "") {
		lines[0] += " -X " + shown.Method
	}
	path := shown.Path
	for _, p := range op.Parameters {
		p = v.document.parameter(p)
		example := p.Example
		if example == nil {
			example = v.document.schema(p.Schema).Example
		}
		var value string
		if p.In == "path" && json.Unmarshal(example, &value) == nil {
			path = strings.ReplaceAll(path, "{"+p.Name+"}", value)
		}
	}
	lines[0] += " $URL" + path
	if credential := v.credential(op); credential != "" {
		lines = append(lines, credential)
	}
	if op.RequestBody != nil {
		lines = append(lines, v.sent(*op.RequestBody)...)
	}
	return strings.Join(lines, " \\\n  ")
}

// credential returns the options of curl for the first way to get access.
func (v *view) credential(op operation) string {
	for _, way := range v.ways(op) {
		for name := range way {
			if v.document.Components.SecuritySchemes[name].Scheme == "basic" {
				return `-u "$CLIENT:$KEY"`
			}
			return fmt.Sprintf(`-H "Authorization: Bearer $%s"`, variable(name))
		}
	}
	return ""
}

// variable returns the name of a shell variable for a scheme: accessToken is ACCESS_TOKEN.
func variable(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// sent returns the options of curl for the example of a body.
func (v *view) sent(b body) []string {
	content := v.document.body(b).Content
	if len(content) == 0 {
		return nil
	}
	var of media
	if json.Unmarshal(content[0].value, &of) != nil {
		return nil
	}
	example := of.Example
	if example == nil {
		example = v.document.schema(of.Schema).Example
	}
	if content[0].name != "application/json" {
		return formOptions(example)
	}
	var compact bytes.Buffer
	if json.Compact(&compact, example) != nil {
		return []string{"-H 'Content-Type: application/json'", "-d @body.json"}
	}
	return []string{"-H 'Content-Type: application/json'", "-d " + quoted(compact.String())}
}

func formOptions(example json.RawMessage) (lines []string) {
	var members object
	if json.Unmarshal(example, &members) != nil {
		return nil
	}
	for _, m := range members {
		var value string
		if json.Unmarshal(m.value, &value) == nil {
			lines = append(lines, "-d "+quoted(m.name+"="+value))
		}
	}
	return lines
}

// quoted returns a text as one word of a shell.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
