// SPDX-License-Identifier: Apache-2.0

package httpkit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// walked reads a value with Members and Items, and single values with encoding/json, which
// refuses what is not one whole value.
func walked(text []byte) (v any, err error) {
	switch value(text)[0] {
	case '{':
		object := map[string]any{}
		return object, Members(text, func(name string, value []byte) error {
			object[name], err = walked(value)
			return err
		})
	case '[':
		list := []any{}
		err := Items(text, func(i int, value []byte) error {
			if i != len(list) {
				return fmt.Errorf("item %d comes after %d", i, len(list))
			}
			item, err := walked(value)
			list = append(list, item)
			return err
		})
		return list, err
	}
	return v, json.Unmarshal(text, &v)
}

// jsonText draws a value with space between its parts, and names that no other member has.
func jsonText(t *rapid.T, depth int) string {
	space := func() string { return rapid.StringMatching(`[ \t\r\n]{0,2}`).Draw(t, "space") }
	single := rapid.SampledFrom([]string{`0`, `-1.5e+7`, `true`, `false`, `null`, `""`, `"a"`, `"{[]},:"`,
		`"\""`, `"\\"`, `"\\\""`, `"\u0061\ud800"`, `"ü"`})
	kind := rapid.IntRange(0, 2).Draw(t, "kind")
	if depth == 0 || kind == 0 {
		return single.Draw(t, "single")
	}
	var parts []string
	for i := range rapid.IntRange(0, 4).Draw(t, "length") {
		part := space() + jsonText(t, depth-1) + space()
		if kind == 1 {
			name := rapid.SampledFrom([]string{`a`, `\"`, `\\`, `b}:`, `\u00e4`, `ä`}).Draw(t, "name")
			part = fmt.Sprintf(`%s"%s%d"%s:%s`, space(), name, i, space(), part)
		}
		parts = append(parts, part)
	}
	body := strings.Join(parts, ",") + space()
	if kind == 1 {
		return "{" + body + "}"
	}
	return "[" + body + "]"
}

func TestMembersReadWhatTheDecoderReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := " " + jsonText(t, 4)
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := walked([]byte(text))
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Fatalf("%s: %v\n%s", text, err, diff)
		}
	})
}

// A body may have many members, which are not all compared with one another.
func TestOneOfManyMembersIsSentTwice(t *testing.T) {
	t.Parallel()
	const many = 3 * maxFew
	for _, twice := range []int{0, maxFew - 1, maxFew, maxFew + 1, many - 1} {
		var names []string
		for i := range many {
			names = append(names, fmt.Sprintf(`"m%d":1`, i))
		}
		body := "{" + strings.Join(names, ",")
		var refused *Error
		err := DecodeJSON([]byte(fmt.Sprintf(`%s,"m%d":1}`, body, twice)), &struct{}{})
		if want := fmt.Sprintf("m%d", twice); !errors.As(err, &refused) || refused.Field != want {
			t.Errorf("got %v, want a refusal of %s", err, want)
		}
		if err := DecodeJSON([]byte(body+"}"), &struct{}{}); err != nil {
			t.Errorf("each once: %v", err)
		}
	}
}
