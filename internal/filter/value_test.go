// SPDX-License-Identifier: Apache-2.0

package filter_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/internal/filter"
)

func TestParseStrings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`""`:                    "",
		`"Straße"`:              "strasse",
		`"\"\\\/\b\f\n\r\t"`:    "\"\\/\b\f\n\r\t",
		`"\u0041\u00c4\u00E4"`:  "aää",
		`"\ud83d\ude00"`:        "😀",
		`"\uD83D\uDE00x"`:       "😀x",
		`"😀"`:                   "😀",
		"\"\x7f\"":              "\x7f",
		`"\uFFFD"`:              "\ufffd",
		`"\\u0041"`:             `\u0041`,
		`"'a' [b] (c) and not"`: "'a' [b] (c) and not",
	} {
		if diff := cmp.Diff(filter.Node(name(filter.Eq, want)), mustParse(t, "name eq "+text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestParseStringErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		offset int // in the literal
		reason string
	}{
		{`"a`, 0, "no closing double quote"},
		{`"a\"`, 0, "no closing double quote"},
		{`"`, 0, "no closing double quote"},
		{`"a\`, 2, "ends in a backslash"},
		{`"a\x"`, 2, "unknown escape"},
		{`"a\U0041"`, 2, "unknown escape"},
		{`"\'"`, 1, "unknown escape"},
		{`"\u004"`, 1, "four hexadecimal digits"},
		{`"\u004`, 1, "four hexadecimal digits"},
		{`"\u00g0"`, 1, "four hexadecimal digits"},
		{`"\u+041"`, 1, "four hexadecimal digits"},
		{`"\u0000"`, 1, "U+0000"},
		{`"\ud83d"`, 1, "surrogate pair"},
		{`"\ud83dx"`, 1, "surrogate pair"},
		{`"\ud83d\n"`, 1, "surrogate pair"},
		{`"\ud83d\u0041"`, 1, "surrogate pair"},
		{`"\ud83d\ud83d"`, 1, "surrogate pair"},
		{`"\ud83d\ude0"`, 1, "surrogate pair"},
		{`"x\ude00\ud83d"`, 2, "surrogate pair"},
		{"\"a\nb\"", 2, "control characters"},
		{"\"a\tb\"", 2, "control characters"},
		{"\"a\x00b\"", 2, "control characters"},
	} {
		_, err := filter.Parse("name eq "+test.text, schema())
		t.Run(test.text, func(t *testing.T) { wantError(t, err, len("name eq ")+test.offset, test.reason) })
	}
}

func TestParseIDs(t *testing.T) {
	t.Parallel()
	const most = 1<<63 - 1
	for text, want := range map[string]filter.Compare{
		`eq "or-100001"`:           id(filter.Eq, 100001),
		`ne "OR-100001"`:           id(filter.Ne, 100001),
		`gt "100001"`:              id(filter.Gt, 100001),
		`ge 100001`:                id(filter.Ge, 100001),
		`lt 0`:                     id(filter.Lt, 0),
		`le "or-0"`:                id(filter.Le, 0),
		`eq 9223372036854775807`:   id(filter.Eq, most),
		`eq "9223372036854775807"`: id(filter.Eq, most),
		`co "1000"`:                {Property: idProperty(), Op: filter.Co, Value: filter.Value{Text: "1000"}},
		`sw "OR-1"`:                {Property: idProperty(), Op: filter.Sw, Value: filter.Value{Text: "or-1"}},
		`ew "anything"`:            {Property: idProperty(), Op: filter.Ew, Value: filter.Value{Text: "anything"}},
		`eq null`:                  {Property: idProperty(), Op: filter.Eq, Value: filter.Value{Null: true}},
		`pr`:                       {Property: idProperty(), Op: filter.Pr},
	} {
		if diff := cmp.Diff(filter.Node(want), mustParse(t, "organization.id "+text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
	bare := filter.Compare{Property: properties()["bare"], Value: filter.Value{Number: 7}}
	capitals := filter.Property{Name: "capitals", Kind: filter.ID, Prefix: "C-"}
	node, err := filter.Parse(`id eq "c-7"`, filter.NewSchema(map[string]filter.Property{"id": capitals}))
	if diff := cmp.Diff(filter.Node(filter.Compare{Property: capitals, Value: filter.Value{Number: 7}}),
		node); diff != "" {
		t.Errorf("prefix in capitals: error %v (-want +got):\n%s", err, diff)
	}
	for _, text := range []string{"bare eq 7", `bare eq "7"`} {
		if diff := cmp.Diff(filter.Node(bare), mustParse(t, text)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

// A flag is a comparison with the one text that is true.
func TestParseFlags(t *testing.T) {
	t.Parallel()
	flags := filter.NewSchema(map[string]filter.Property{"active": {Name: "state", Kind: filter.Flag,
		True: "on"}, "name": nameProperty()})
	state := filter.Property{Name: "state", Kind: filter.Text}
	for text, want := range map[string]filter.Compare{
		`eq "true"`: {Property: state, Value: filter.Value{Text: "on"}}, `ne "TRUE"`: {Property: state,
			Op: filter.Ne, Value: filter.Value{Text: "on"}},
		`eq "False"`: {Property: state, Op: filter.Ne, Value: filter.Value{Text: "on"}},
		`ne"false"`:  {Property: state, Value: filter.Value{Text: "on"}},
		"eq true":    {Property: state, Value: filter.Value{Text: "on"}}, "EQ True": {Property: state,
			Value: filter.Value{Text: "on"}},
		"ne true": {Property: state, Op: filter.Ne, Value: filter.Value{Text: "on"}}, "eq false": {Property: state,
			Op: filter.Ne, Value: filter.Value{Text: "on"}},
		"ne false": {Property: state, Value: filter.Value{Text: "on"}}, "eq null": {Property: state,
			Value: filter.Value{Null: true}},
		"ne null": {Property: state, Op: filter.Ne, Value: filter.Value{Null: true}}, "pr": {Property: state,
			Op: filter.Pr},
	} {
		got, err := filter.Parse("active "+text, flags)
		if diff := cmp.Diff(filter.Node(want), got); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got):\n%s", text, err, diff)
		}
	}
	if _, err := filter.Parse(`name pr and (active eq false or active ne true)`, flags); err != nil {
		t.Error(err)
	}
	for text, reason := range map[string]string{`active eq "on"`: "is true or false",
		"active eq 1": "is true or false", `active eq "null"`: "is true or false",
		`active eq ""`: "is true or false", `active eq "1"`: "is true or false",
		`active eq "true "`: "is true or false", `active gt "true"`: "does not work on what is true",
		"active eq":      "is true or false",
		"active gt true": "does not work on what is true", `active co "o"`: "does not work on what is true",
		"active eq true false": "put and or or between"} {
		if _, err := filter.Parse(text, flags); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: got %v, want %q", text, err, reason)
		}
	}
	if _, err := filter.ParseSort("active:asc", flags); err == nil {
		t.Error("a list is sorted by a flag")
	}
}

func TestParseTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2023-01-02T03:04:05Z":             utc(2023, 1, 2, 3, 4, 5, 0),
		"2023-01-02t03:04:05z":             utc(2023, 1, 2, 3, 4, 5, 0),
		"2023-01-02T03:04:05.678Z":         utc(2023, 1, 2, 3, 4, 5, 678e6),
		"2023-01-02T03:04:05.123456789Z":   utc(2023, 1, 2, 3, 4, 5, 123456789),
		"2023-01-02T03:04:05.12345678999Z": utc(2023, 1, 2, 3, 4, 5, 123456789),
		"2023-01-02T03:04:05+05:30":        utc(2023, 1, 1, 21, 34, 5, 0),
		"2023-01-02T03:04:05-00:00":        utc(2023, 1, 2, 3, 4, 5, 0),
		"2023-12-31T23:30:00.5-01:00":      utc(2024, 1, 1, 0, 30, 0, 5e8),
		"2023-01-02":                       utc(2023, 1, 2, 0, 0, 0, 0),
		"2024-02-29":                       utc(2024, 2, 29, 0, 0, 0, 0),
		// xsd:dateTime has no offset unless it says so; RFC 7643 takes its form.
		"2023-01-02T03:04:05":                              utc(2023, 1, 2, 3, 4, 5, 0),
		"2023-01-02t03:04:05.6":                            utc(2023, 1, 2, 3, 4, 5, 6e8),
		"2023-01-02T03:04:05+0530":                         utc(2023, 1, 1, 21, 34, 5, 0),
		"2023-01-02T03:04:05.5-0100":                       utc(2023, 1, 2, 4, 4, 5, 5e8),
		"2023-01-02T03:04:05+02":                           utc(2023, 1, 2, 1, 4, 5, 0),
		"2023-01-02 03:04:05-11":                           utc(2023, 1, 2, 14, 4, 5, 0),
		"2023-01-02 03:04:05.25+0200":                      utc(2023, 1, 2, 1, 4, 5, 25e7),
		"2023-12-31T24:00:00":                              utc(2024, 1, 1, 0, 0, 0, 0),
		"2023-12-31T24:00:00.000+01:00":                    utc(2023, 12, 31, 23, 0, 0, 0),
		"2023-01-02T03:04:05." + strings.Repeat("1", 2000): utc(2023, 1, 2, 3, 4, 5, 111111111),
		"2023-01-02 03:04:05.678":                          utc(2023, 1, 2, 3, 4, 5, 678e6),
		"2023-01-02 03:04:05":                              utc(2023, 1, 2, 3, 4, 5, 0),
		"2023-01-02 03:04:05+01:00":                        utc(2023, 1, 2, 2, 4, 5, 0),
		"2023-01-02 03:04:05Z":                             utc(2023, 1, 2, 3, 4, 5, 0),
		"0001-01-01":                                       utc(1, 1, 1, 0, 0, 0, 0),
		"9999-12-31T23:59:59.999Z":                         utc(9999, 12, 31, 23, 59, 59, 999e6),
	} {
		node := mustParse(t, `submittedDate ge "`+text+`"`)
		if diff := cmp.Diff(filter.Node(at(filter.Ge, want)), node); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
		if got := node.(filter.Compare).Value.Time.Location(); got != time.UTC {
			t.Errorf("%s: got location %v, want UTC", text, got)
		}
	}
}

func TestParseTimeErrors(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "now", "2023", "2023-1-2", "2023-01-02T", "2023-01-02 ", "2023-01-02T03:04Z", "2023-01-02T03:04",
		"2023-01-02T3:04:05Z", "2023-01-02 3:04:05", "2023-01-02T03:04:05,5Z", "2023-01-02T03:04:05.Z",
		"2023-01-02 03:04:05.", "2023-01-02T03:04:05+24:00", "2023-01-02T03:04:05+01:60",
		"2023-01-02T03:04:05+0160", "2023-01-02T03:04:05+24",
		"2023-01-02T03:04:05+1", "2023-01-02T03:04:05+100", "2023-01-02T03:04:05+01000", "2023-01-02T03:04:05+01:0",
		"2023-01-02T03:04:05,5",
		"2023-01-02T03:04:05Z+01", "2023-01-02T03:04:05+0a", "2023-01-02T03:04:05.5.5", "2023-01-02T03:04:05-",
		"2023-01-02_03:04:05", "2023-01-02T24:00:01",
		"2023-01-02T24:00:00.01", "2023-01-02T24:00:00.", "9999-12-31T24:00:00Z",
		"2023-01-02T03:04:05 01:00", "2023-01-02T23:59:60Z", "2023-02-29", "2023-13-01",
		"2023-00-01", "0000-01-01", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "12023-01-02",
		"-2023-01-02", "2023-01-02T03:04:05Zx", " 2023-01-02", "2023-01-02T03:04:05Z ", "2023/01/02", "２023-01-02",
	} {
		_, err := filter.Parse(`submittedDate lt "`+text+`"`, schema())
		t.Run(text, func(t *testing.T) { wantError(t, err, len("submittedDate lt "), "not a time") })
	}
}

func TestParseTypeErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text   string
		offset int
		reason string
	}{
		{`name eq 5`, 8, "this property is text"},
		{`name eq -5.0e1`, 8, "this property is text"},
		{`name eq true`, 8, "not true or false"},
		{`name eq FALSE`, 8, "not true or false"},
		{`bare eq true`, 8, "not true or false"},
		{`bare co true`, 8, "not true or false"},
		{`submittedDate eq false`, 17, "not true or false"},
		{`name gt null`, 8, "null works with eq and ne only"},
		{`name co NULL`, 8, "null works with eq and ne only"},
		{`bare sw null`, 8, "null works with eq and ne only"},
		{`submittedDate le null`, 17, "null works with eq and ne only"},
		{`submittedDate eq 2023`, 17, "this property is a time"},
		{`submittedDate co "2023"`, 14, "co does not work on a time"},
		{`submittedDate SW "2023-01-02"`, 14, "sw does not work on a time"},
		{`submittedDate ew null`, 14, "ew does not work on a time"},
		{`bare co 5`, 8, "co compares text"},
		{`bare eq abc`, 8, "double quotes"},
		{`organization.id eq or-5`, 19, `put them around "or-5"`},
		{`bare eq -1`, 8, "not the number of an id"},
		{`bare eq -0`, 8, "not the number of an id"},
		{`bare eq +1`, 8, "not the number of an id"},
		{`bare eq 01`, 8, "not the number of an id"},
		{`bare eq 00`, 8, "not the number of an id"},
		{`bare eq 1.0`, 8, "not the number of an id"},
		{`bare eq 1e3`, 8, "not the number of an id"},
		{`bare eq 1_000`, 8, "not the number of an id"},
		{`bare eq 0x10`, 8, "not the number of an id"},
		{`bare eq 9223372036854775808`, 8, "this number is too large; the greatest is 9223372036854775807"},
		{`bare eq 012345678901234567890`, 8, "not the number of an id"},
		{`bare eq -12345678901234567890`, 8, "not the number of an id"},
		{`bare eq 12345678901234567890.5`, 8, "not the number of an id"},
		{`organization.id lt 12345678901234567890`, 19, "this number is too large"},
		{`organization.id le 12345678901234567890`, 19, "this number is too large"},
		{`organization.id gt 12345678901234567890`, 19, "this number is too large"},
		{`organization.id ge 12345678901234567890`, 19, "this number is too large"},
		{`organization.id ne 12345678901234567890`, 19, "this number is too large"},
		{`bare eq "12345678901234567890"`, 8, "this number is too large"},
		{`organization.id ne "OR-12345678901234567890"`, 19, "this number is too large"},
		{`bare eq 5and bare pr`, 8, "not the number of an id"},
		{`bare eq "or-5"`, 8, `write it as "1"`},
		{`organization.id eq ""`, 19, `write it as "or-1"`},
		{`organization.id eq "or-"`, 19, `write it as "or-1"`},
		{`organization.id eq "or-or-5"`, 19, `write it as "or-1"`},
		{`organization.id eq "or--5"`, 19, `write it as "or-1"`},
		{`organization.id eq "or-05"`, 19, `write it as "or-1"`},
		{`organization.id eq "or 5"`, 19, `write it as "or-1"`},
		{`organization.id eq " 5"`, 19, `write it as "or-1"`},
		{`organization.id eq "+5"`, 19, `write it as "or-1"`},
		{`organization.id eq "５"`, 19, `write it as "or-1"`},
		{`organization.id eq "or-9223372036854775808"`, 19, "this number is too large"},
		{`organization.id eq "acme"`, 19, `write it as "or-1"`},
	} {
		_, err := filter.Parse(test.text, schema())
		t.Run(test.text, func(t *testing.T) { wantError(t, err, test.offset, test.reason) })
	}
}

func TestParseNull(t *testing.T) {
	t.Parallel()
	for _, property := range []string{"name", "organization.id", "submittedDate"} {
		for text, op := range map[string]filter.Op{" eq null": filter.Eq, " ne NULL": filter.Ne} {
			want := filter.Compare{Property: properties()[property], Op: op, Value: filter.Value{Null: true}}
			if diff := cmp.Diff(filter.Node(want), mustParse(t, property+text)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", property+text, diff)
			}
		}
	}
}
