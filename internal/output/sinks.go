// SPDX-License-Identifier: Apache-2.0

package output

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/theory/jsonpath"
	"go.yaml.in/yaml/v3"

	"gatehouse/internal/csvcell"
)

// quietSink writes ids. A thing without an id has nothing that could be written.
type quietSink struct{ out io.Writer }

func (s *quietSink) add(v value) error {
	id, ok := v.at("id")
	if !ok {
		return nil
	}
	text, err := id.text()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, Printable(text))
	return err
}

func (s *quietSink) close() error { return nil }

type tableSink struct{ *table }

func (s *tableSink) add(v value) error {
	row := make([]string, len(s.columns))
	for i, c := range s.columns {
		cell, _ := v.at(c.Path)
		var err error
		if row[i], err = forPeople(cell); err != nil {
			return err
		}
	}
	return s.table.add(row)
}

func (s *tableSink) close() error { return s.flush() }

// jsonSink writes an array with one item a line. If the list ends with an error, the array does not end,
// and no program takes it for a whole one.
type jsonSink struct {
	out   io.Writer
	begun bool
}

func (s *jsonSink) add(v value) error {
	b, err := v.MarshalJSON()
	if err != nil {
		return err
	}
	before := "[\n"
	if s.begun {
		before = ",\n"
	}
	s.begun = true
	_, err = fmt.Fprintf(s.out, "%s%s", before, b)
	return err
}

func (s *jsonSink) close() error {
	end := "[]\n"
	if s.begun {
		end = "\n]\n"
	}
	_, err := io.WriteString(s.out, end)
	return err
}

// yamlSink writes a sequence.
type yamlSink struct {
	out   io.Writer
	begun bool
}

func (s *yamlSink) add(v value) error {
	s.begun = true
	return writeYAML(s.out, value{kind: array, items: []value{v}})
}

func (s *yamlSink) close() error {
	if s.begun {
		return nil
	}
	_, err := io.WriteString(s.out, "[]\n")
	return err
}

func writeYAML(out io.Writer, v value) error {
	node, err := v.yaml()
	if err != nil {
		return err
	}
	e := yaml.NewEncoder(out)
	e.SetIndent(2)
	return errors.Join(e.Encode(node), e.Close())
}

// yaml returns the value as a node, which keeps the order of members.
func (v value) yaml() (*yaml.Node, error) {
	node := &yaml.Node{}
	switch v.kind {
	case object:
		node.Kind = yaml.MappingNode
		for _, m := range v.members {
			name := &yaml.Node{}
			if err := name.Encode(m.name); err != nil {
				return nil, err
			}
			inner, err := m.value.yaml()
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, name, inner)
		}
	case array:
		node.Kind = yaml.SequenceNode
		for _, item := range v.items {
			inner, err := item.yaml()
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, inner)
		}
	default:
		if n, ok := v.scalar.(json.Number); ok {
			return &yaml.Node{Kind: yaml.ScalarNode, Value: n.String()}, nil
		}
		return node, node.Encode(v.scalar) // quotes what would not be read as the same text
	}
	return node, nil
}

// csvSink writes rows, the paths of the columns before them.
type csvSink struct {
	out     *csv.Writer
	columns []Column
	titled  bool
}

func (s *csvSink) title() error {
	if s.titled {
		return nil
	}
	s.titled = true
	titles := make([]string, len(s.columns))
	for i, c := range s.columns {
		titles[i] = c.Path
	}
	return s.out.Write(titles)
}

func (s *csvSink) add(v value) error {
	row := make([]string, len(s.columns))
	for i, c := range s.columns {
		cell, _ := v.at(c.Path)
		var err error
		if row[i], err = csvCell(cell); err != nil {
			return err
		}
	}
	err := errors.Join(s.title(), s.out.Write(row))
	s.out.Flush()
	return errors.Join(err, s.out.Error())
}

func (s *csvSink) close() error {
	err := s.title()
	s.out.Flush()
	return errors.Join(err, s.out.Error())
}

// csvCell returns a value as a cell. Only texts may hide a formula.
func csvCell(v value) (string, error) {
	text, err := v.text()
	if _, number := v.scalar.(json.Number); err != nil || number {
		return text, err
	}
	return csvcell.Safe(text), nil
}

// pathSink writes what a JSONPath selects of each thing, one value a line.
type pathSink struct {
	out      io.Writer
	path     *jsonpath.Path
	things   bool
	selected bool
}

func (s *pathSink) add(v value) error {
	s.things = true
	for found := range s.path.Select(v.plain()).All() {
		s.selected = true
		text, ok := found.(string)
		if !ok {
			b, err := json.Marshal(found)
			if err != nil {
				return err
			}
			text = string(b)
		}
		if _, err := fmt.Fprintln(s.out, text); err != nil {
			return err
		}
	}
	return nil
}

// ErrNothingSelected says that a JSONPath found nothing. A script would go on with an empty text.
var ErrNothingSelected = errors.New("the JSONPath selects nothing. It is applied to each item of a list, as " +
	"$.name is; see the members with -o json")

func (s *pathSink) close() error {
	if s.things && !s.selected {
		return ErrNothingSelected
	}
	return nil
}
