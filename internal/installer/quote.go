// SPDX-License-Identifier: Apache-2.0

package installer

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
)

// quoteShell returns a word of POSIX shells. Within single quotes, everything is literal.
func quoteShell(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// shellWords returns words for a line of a shell.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quoteShell(w)
	}
	return strings.Join(quoted, " ")
}

// quotePowerShell returns an expression of PowerShell in ASCII. Windows PowerShell reads a file without a
// mark of its encoding in the code page of the machine, where the bytes of a letter may be a quote.
func quotePowerShell(text string) string {
	var parts []string
	literal := ""
	end := func() {
		if literal != "" {
			parts, literal = append(parts, "'"+strings.ReplaceAll(literal, "'", "''")+"'"), ""
		}
	}
	for _, r := range text {
		if r >= ' ' && r <= '~' {
			literal += string(r)
			continue
		}
		end()
		for _, unit := range utf16.AppendRune(nil, r) {
			parts = append(parts, fmt.Sprintf("[char]0x%04X", unit))
		}
	}
	end()
	switch {
	case len(parts) == 0:
		return "''"
	case len(parts) == 1 && strings.HasPrefix(parts[0], "'"):
		return parts[0]
	case strings.HasPrefix(parts[0], "["): // a sum of characters begins with a text
		parts = append([]string{"''"}, parts...)
	}
	return "(" + strings.Join(parts, " + ") + ")"
}

// quoteYAML returns a scalar of YAML 1.1 and 1.2, in double quotes.
func quoteYAML(text string) string {
	return doubleQuoted(text, func(rune, string) bool { return false })
}

// quoteHCL returns a template of HCL without interpolation. A dollar or per cent sign before a brace
// would begin one.
func quoteHCL(text string) string {
	return doubleQuoted(text, func(r rune, rest string) bool {
		return (r == '$' || r == '%') && strings.HasPrefix(rest, "{")
	})
}

// doubleQuoted returns a text between double quotes, with the escapes that YAML and HCL share. escape
// says which of the printable characters need one, by what follows them.
func doubleQuoted(text string, escape func(r rune, rest string) bool) string {
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteString(`\` + string(r))
		case r == '\n':
			b.WriteString(`\n`)
		case unicode.IsPrint(r) && !escape(r, text[i+len(string(r)):]):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// printable returns a text for a comment: what could end the line is a question mark.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, text)
}

// ascii is printable, for files whose encoding is not known.
func ascii(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text)
}

// indent moves the lines of a text to the right.
func indent(by int, text string) string {
	blanks := strings.Repeat(" ", by)
	return strings.TrimSuffix(blanks+strings.ReplaceAll(text, "\n", "\n"+blanks), blanks)
}
