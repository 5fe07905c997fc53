// SPDX-License-Identifier: Apache-2.0

package problem

import (
	"fmt"
	"slices"
	"strings"
)

// Sentence is what a code says in English, as fmt.Sprintf reads it.
type Sentence struct {
	Code   Code
	Format string
}

// Sentences is a list of codes with their sentences. Each code is in it once.
type Sentences []Sentence

// Say returns the sentence of a code with its values. The sentence of a code that is not
// in the list is the code.
func (s Sentences) Say(code Code, args ...any) Phrase {
	for _, one := range s {
		if one.Code == code {
			return Phrase{code, one.Format, args}
		}
	}
	return Phrase{code, string(code), args}
}

// Say returns the sentence of a code of the domain with its values.
func Say(code Code, args ...any) Phrase { return List().Say(code, args...) }

// Phrase is a sentence and its values, for a door that has the sentence in other
// languages or calls a field by another name. The zero value is no sentence.
type Phrase struct {
	Code   Code
	Format string // English, as fmt.Sprintf reads it
	Args   []any  // one may be a Phrase again
}

// String returns the phrase in English. A sentence without verbs does not use its values.
func (p Phrase) String() string {
	if !strings.Contains(p.Format, "%") {
		return p.Format
	}
	return fmt.Sprintf(p.Format, p.Args...)
}

// Error returns an error of the kind with the phrase as its message.
func (p Phrase) Error(kind Kind) *Error {
	return &Error{Kind: kind, Code: p.Code, Message: p.String(), Phrase: p}
}

// FieldError names one wrong input and says what is wrong with it.
type FieldError struct {
	Field  string
	Phrase Phrase // its first value is the name of the field
}

// Wrong returns an error about a field, with a code of the domain.
func Wrong(field string, code Code, args ...any) FieldError {
	return List().Wrong(field, code, args...)
}

// Wrong returns an error about a field, with a code of the list.
func (s Sentences) Wrong(field string, code Code, args ...any) FieldError {
	return FieldError{field, s.Say(code, append([]any{field}, args...)...)}
}

// Message returns the sentence in English.
func (f FieldError) Message() string { return f.Phrase.String() }

// Named returns the error with another name of the field.
func (f FieldError) Named(name string) FieldError {
	p := f.Phrase
	if len(p.Args) > 0 && p.Args[0] == any(f.Field) {
		p.Args = append([]any{name}, p.Args[1:]...)
	}
	return FieldError{name, p}
}

// InvalidFields returns an error about several fields, whose message is made of theirs.
func InvalidFields(fields []FieldError) *Error {
	return &Error{Kind: Invalid, Code: CodeInvalidInput, Message: joined(fields), Fields: fields}
}

// Renamed returns the error with other names of its fields.
func (e *Error) Renamed(name func(field string) string) *Error {
	if len(e.Fields) == 0 {
		return e
	}
	renamed := *e
	renamed.Fields = make([]FieldError, len(e.Fields))
	for i, f := range e.Fields {
		renamed.Fields[i] = f.Named(name(f.Field))
	}
	renamed.Message = joined(renamed.Fields)
	return &renamed
}

// Reworded returns the error with a door's own sentences in place of the domain's, where the
// door has one for a code. The values stay.
func (e *Error) Reworded(own Sentences) *Error {
	reworded := *e
	reworded.Phrase = own.reword(e.Phrase)
	if reworded.Phrase.Format != e.Phrase.Format {
		reworded.Message = reworded.Phrase.String()
	}
	if len(e.Fields) == 0 {
		return &reworded
	}
	reworded.Fields = make([]FieldError, len(e.Fields))
	for i, f := range e.Fields {
		reworded.Fields[i] = FieldError{f.Field, own.reword(f.Phrase)}
	}
	reworded.Message = joined(reworded.Fields)
	return &reworded
}

// reword returns the phrase with the sentence that the list has for its code, if there is one.
func (s Sentences) reword(p Phrase) Phrase {
	for _, one := range s {
		if one.Code == p.Code {
			p.Format = one.Format
		}
	}
	return p
}

// Without returns the list without the codes that others has, too.
func (s Sentences) Without(others Sentences) Sentences {
	return slices.DeleteFunc(slices.Clone(s), func(one Sentence) bool {
		return slices.ContainsFunc(others, func(other Sentence) bool { return other.Code == one.Code })
	})
}

func joined(fields []FieldError) string {
	messages := make([]string, len(fields))
	for i, f := range fields {
		messages[i] = f.Message()
	}
	return strings.Join(messages, " ")
}
