// SPDX-License-Identifier: Apache-2.0

package output

import (
	"errors"
	"fmt"
	"strings"

	"github.com/theory/jsonpath"
)

// Format is how an answer is written. The zero value is a table for people.
type Format struct {
	name formatName
	path *jsonpath.Path // of formatPath
}

type formatName int

const (
	formatTable formatName = iota
	formatJSON
	formatYAML
	formatCSV
	formatPath
)

// Formats says what ParseFormat takes, for help texts and errors.
const Formats = "table, json, yaml, csv or jsonpath=EXPRESSION"

// maxPath bounds the text of an expression: a longer one is no expression of a person.
const maxPath = 4096

// ParseFormat returns the format that a text names.
func ParseFormat(text string) (Format, error) {
	switch text {
	case "table":
		return Format{}, nil
	case "json":
		return Format{name: formatJSON}, nil
	case "yaml":
		return Format{name: formatYAML}, nil
	case "csv":
		return Format{name: formatCSV}, nil
	}
	expression, ok := strings.CutPrefix(text, "jsonpath=")
	if !ok {
		return Format{}, fmt.Errorf("%q is no format: use %s", text, Formats)
	}
	if len(expression) > maxPath {
		return Format{}, errors.New("the JSONPath is too long")
	}
	// kubectl has its own form, with braces.
	if inner, ok := strings.CutPrefix(expression, "{"); ok {
		expression = strings.TrimSuffix(inner, "}")
	}
	if strings.HasPrefix(expression, ".") {
		expression = "$" + expression
	}
	path, err := jsonpath.Parse(expression)
	if err != nil {
		return Format{}, fmt.Errorf("%q is no JSONPath (RFC 9535): %w. Use one like $.id", expression, err)
	}
	return Format{name: formatPath, path: path}, nil
}

// Table reports whether the format is for people.
func (f Format) Table() bool { return f.name == formatTable }
