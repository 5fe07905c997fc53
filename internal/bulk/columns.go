// SPDX-License-Identifier: Apache-2.0

package bulk

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatehouse/internal/csvcell"
)

// Kind is what the values of a column are.
type Kind int

// The kinds. In CSV, a cell is read and written as each one says.
const (
	Text   Kind = iota
	Number      // a whole number, or a text such as unlimited
	Flag        // true or false, in any letter case, as spreadsheets write it
	List        // texts with a semicolon between them, or a JSON array of texts
	JSON        // as it is
)

// Column is a column of CSV, and a member in JSON lines.
type Column struct {
	Name     string
	Kind     Kind
	Required bool // every line has a value
	Ignored  bool // it may be there, as in a file that was exported, and is not read
}

// Values are the values of a line by the names of their columns, as JSON. An empty cell has none.
type Values map[string]json.RawMessage

// Text returns a value that is a text; "" if there is none.
func (v Values) Text(column string) string {
	var text string
	_ = json.Unmarshal(v[column], &text) // a value of another kind was refused when it was read
	return text
}

// Body returns the values as a JSON object. A name with a point is a member of a member.
func (v Values) Body() ([]byte, error) {
	body := map[string]any{}
	for name, value := range v {
		outer, inner, nested := strings.Cut(name, ".")
		if !nested {
			body[name] = value
			continue
		}
		members, _ := body[outer].(map[string]any)
		if members == nil {
			members = map[string]any{}
			body[outer] = members
		}
		members[inner] = value
	}
	return json.Marshal(body)
}

// fromCell returns the value of a cell; nil if it is empty.
func (c Column) fromCell(cell string) (json.RawMessage, error) {
	cell = csvcell.Plain(cell)
	if cell == "" {
		return nil, nil
	}
	switch c.Kind {
	case Number:
		if _, err := strconv.ParseUint(cell, 10, 63); err == nil {
			return json.RawMessage(cell), nil
		}
	case Flag:
		lower := strings.ToLower(cell)
		if lower != "true" && lower != "false" {
			return nil, fmt.Errorf("%s must be true or false", c.Name)
		}
		return json.RawMessage(lower), nil
	case List:
		return c.listFromCell(cell)
	case JSON:
		if !json.Valid([]byte(cell)) {
			return nil, fmt.Errorf("%s must be JSON", c.Name)
		}
		return json.RawMessage(cell), nil
	}
	return json.Marshal(cell)
}

func (c Column) listFromCell(cell string) (json.RawMessage, error) {
	if strings.HasPrefix(cell, "[") {
		return c.check(json.RawMessage(cell))
	}
	var texts []string
	for text := range strings.SplitSeq(cell, ";") {
		if text = strings.TrimSpace(text); text != "" {
			texts = append(texts, text)
		}
	}
	return json.Marshal(texts)
}

// check returns a value of JSON lines, if it is of the column's kind; nil if it is null.
func (c Column) check(value json.RawMessage) (json.RawMessage, error) {
	value = bytes.TrimSpace(value)
	if bytes.Equal(value, []byte("null")) {
		return nil, nil
	}
	var err error
	what := "a text"
	switch c.Kind {
	case Text:
		err = json.Unmarshal(value, new(string))
	case Number:
		if what = "a number or a text"; value[0] != '"' {
			_, err = strconv.ParseUint(string(value), 10, 63)
		}
	case Flag:
		what, err = "true or false", json.Unmarshal(value, new(bool))
	case List:
		what, err = "a list of texts", json.Unmarshal(value, new([]string))
	}
	if err != nil {
		return nil, fmt.Errorf("%s must be %s", c.Name, what)
	}
	return value, nil
}

// cell returns a value as a cell that no spreadsheet calculates. The column's fromCell returns the value.
func (c Column) cell(value json.RawMessage) (string, error) {
	if len(value) == 0 || bytes.Equal(value, []byte("null")) {
		return "", nil
	}
	switch {
	case c.Kind == List:
		var texts []string
		if err := json.Unmarshal(value, &texts); err != nil {
			return "", fmt.Errorf("column %s: %w", c.Name, err)
		}
		if slices.ContainsFunc(texts, func(t string) bool {
			return t == "" || t != strings.TrimSpace(t) || strings.ContainsAny(t, ";") || strings.HasPrefix(t, "[")
		}) {
			return csvcell.Safe(string(value)), nil
		}
		return csvcell.Safe(strings.Join(texts, ";")), nil
	case value[0] == '"' && c.Kind != JSON:
		var text string
		if err := json.Unmarshal(value, &text); err != nil {
			return "", fmt.Errorf("column %s: %w", c.Name, err)
		}
		return csvcell.Safe(text), nil
	case c.Kind == JSON:
		return csvcell.Safe(string(value)), nil
	}
	return string(value), nil
}

// find returns a column by its name.
func find(columns []Column, name string) (Column, bool) {
	i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return columns[i], true
}

// names lists the names of columns that are read, for an error.
func names(columns []Column) string {
	var all []string
	for _, c := range columns {
		if !c.Ignored {
			all = append(all, c.Name)
		}
	}
	return strings.Join(all, ", ")
}
