// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// view is what the template shows of one document.
type view struct {
	document *document

	Key, Root, Title, Version, Description, URL string
	Access                                      []accessView
	Tags                                        []tagView
	Schemas                                     []schemaView
}

type accessView struct{ ID, Name, Description string }

type tagView struct {
	ID, Name, Description string
	Operations            []operationView
}

type operationView struct {
	ID, Name, Method, Path, Summary, Description string
	Access                                       []part
	Parameters                                   []field
	Media                                        string // of the body; "": it takes none
	Body                                         []part
	Fields                                       []field // of the body
	Answers                                      []answerView
	Example                                      string // a command line
}

type answerView struct {
	Status, Description, Example string
	Type                         []part
	Good                         bool
}

type schemaView struct {
	ID, Name, Description, Limits, Example string
	Type                                   []part
	Fields                                 []field
}

// viewOf returns what the page shows of a document.
func viewOf(source Source) (*view, error) {
	var d document
	if err := json.Unmarshal(source.Document, &d); err != nil {
		return nil, fmt.Errorf("read the document of %s: %w", source.Root, err)
	}
	if len(d.Servers) == 0 {
		return nil, fmt.Errorf("the document of %s names no server", source.Root)
	}
	v := &view{document: &d, Key: strings.Trim(source.Root, "/"), Root: source.Root, Title: d.Info.Title,
		Version: d.Info.Version, Description: d.Info.Description, URL: source.Root + "/openapi.json"}
	for _, name := range slices.Sorted(maps.Keys(d.Components.SecuritySchemes)) {
		v.Access = append(v.Access, accessView{v.Key + "-access-" + name, name,
			d.Components.SecuritySchemes[name].Description})
	}
	for _, t := range d.Tags {
		v.addTag(t.Name, t.Description)
	}
	if err := v.addOperations(); err != nil {
		return nil, err
	}
	for _, m := range d.Components.Schemas {
		var s schema
		if err := json.Unmarshal(m.value, &s); err != nil {
			return nil, fmt.Errorf("read the schema %s: %w", m.name, err)
		}
		v.Schemas = append(v.Schemas, schemaView{ID: v.schemaID(m.name), Name: m.name, Description: s.Description,
			Limits: limitsOf(s), Type: v.typeOf(s), Fields: v.members(s, ""), Example: indented(s.Example)})
	}
	return v, nil
}

func (v *view) schemaID(name string) string { return v.Key + "-schema-" + name }

// addOperations adds every operation to its tag, in the order of the document.
func (v *view) addOperations() error {
	for _, item := range v.document.Paths {
		var members object
		if err := json.Unmarshal(item.value, &members); err != nil {
			return fmt.Errorf("read %s: %w", item.name, err)
		}
		var shared []parameter
		for _, m := range members {
			if m.name == "parameters" {
				if err := json.Unmarshal(m.value, &shared); err != nil {
					return fmt.Errorf("read the parameters of %s: %w", item.name, err)
				}
			}
		}
		for _, m := range members {
			if m.name == "parameters" {
				continue
			}
			var op operation
			if err := json.Unmarshal(m.value, &op); err != nil {
				return fmt.Errorf("read %s %s: %w", m.name, item.name, err)
			}
			op.Parameters = slices.Concat(shared, op.Parameters)
			if err := v.addOperation(m.name, item.name, op); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *view) addOperation(method, path string, op operation) error {
	shown := operationView{ID: v.Key + "-" + op.OperationID, Name: op.OperationID,
		Method: strings.ToUpper(method), Path: strings.TrimSuffix(v.document.Servers[0].URL, "/") + path,
		Summary: op.Summary, Description: op.Description, Access: v.access(op)}
	for _, p := range op.Parameters {
		p = v.document.parameter(p)
		shown.Parameters = append(shown.Parameters, field{Name: p.Name, In: p.In, Description: p.Description,
			Required: p.Required, Type: v.typeOf(p.Schema), Limits: limitsOf(p.Schema)})
	}
	if err := v.addBodies(&shown, op); err != nil {
		return fmt.Errorf("read %s: %w", op.OperationID, err)
	}
	shown.Example = v.commandLine(shown, op)
	for i := range v.Tags {
		if slices.Contains(op.Tags, v.Tags[i].Name) {
			v.Tags[i].Operations = append(v.Tags[i].Operations, shown)
			return nil
		}
	}
	if len(op.Tags) == 0 {
		return fmt.Errorf("%s has no tag", op.OperationID)
	}
	v.addTag(op.Tags[0], "")
	v.Tags[len(v.Tags)-1].Operations = []operationView{shown}
	return nil
}

func (v *view) addTag(name, description string) {
	v.Tags = append(v.Tags, tagView{ID: v.Key + "-tag-" + strings.ReplaceAll(name, " ", "-"), Name: name,
		Description: description})
}

// addBodies adds the body and the answers.
func (v *view) addBodies(shown *operationView, op operation) error {
	if op.RequestBody != nil {
		content := v.document.body(*op.RequestBody).Content
		if len(content) == 0 {
			return errors.New("its body has no content")
		}
		var of media
		if err := json.Unmarshal(content[0].value, &of); err != nil {
			return err
		}
		shown.Media, shown.Body = content[0].name, v.typeOf(of.Schema)
		shown.Fields = v.members(v.document.schema(of.Schema), "")
	}
	for _, m := range op.Responses {
		var r response
		if err := json.Unmarshal(m.value, &r); err != nil {
			return err
		}
		r = v.document.response(r)
		answer := answerView{Status: m.name, Description: r.Description, Good: strings.HasPrefix(m.name, "2")}
		for _, c := range r.Content {
			var of media
			if err := json.Unmarshal(c.value, &of); err != nil {
				return err
			}
			answer.Type = v.typeOf(of.Schema)
			if answer.Good {
				answer.Example = indented(of.Example)
			}
		}
		shown.Answers = append(shown.Answers, answer)
	}
	return nil
}

// access returns the schemes that an operation accepts, with links.
func (v *view) access(op operation) []part {
	var ways [][]part
	for _, way := range v.ways(op) {
		var schemes [][]part
		for _, name := range slices.Sorted(maps.Keys(way)) {
			schemes = append(schemes, []part{{Text: name, Link: "#" + v.Key + "-access-" + name}})
		}
		if len(way) == 0 {
			schemes = append(schemes, []part{{Text: "what is in the body"}})
		}
		ways = append(ways, joined(schemes, " and "))
	}
	return joined(ways, " or ")
}

func (v *view) ways(op operation) []security {
	if op.Security != nil {
		return *op.Security
	}
	return v.document.Security
}

// indented returns JSON over several lines; "" for none.
func indented(text json.RawMessage) string {
	var b bytes.Buffer
	if len(text) == 0 || json.Indent(&b, text, "", "  ") != nil {
		return ""
	}
	return b.String()
}
