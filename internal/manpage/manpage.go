// SPDX-License-Identifier: Apache-2.0

// Package manpage writes a manual page for each command of a tree, in the language of mdoc, which both
// mandoc and groff read. What a page says is what --help says.
//
// It is not: a text of its own. What a command does is said where the command is made.
//
// Floor F0: it knows cobra only.
package manpage

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Write writes the pages of a command and of all below it into a folder, which it makes. Common is a
// section that belongs to every page, such as one about exit codes.
func Write(root *cobra.Command, folder string, date time.Time, common string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for _, cmd := range documented(root) {
		path := filepath.Join(folder, pageName(cmd)+".1")
		if err := os.WriteFile(path, Page(cmd, date, common), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// documented returns a command and those below it, without hidden ones.
func documented(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() && !below.IsAdditionalHelpTopicCommand() {
			all = append(all, documented(below)...)
		}
	}
	return all
}

// pageName is the name of the page: gatehouse-org-list.
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// Page returns the manual page of a command.
func Page(cmd *cobra.Command, date time.Time, common string) []byte {
	cmd.InitDefaultHelpFlag()
	var b bytes.Buffer
	// mdoc wants the English names of months, whatever the locale is, which time has.
	fmt.Fprintf(&b, ".Dd %s\n.Dt %s 1\n.Os\n", date.Format("January 2, 2006"), strings.ToUpper(pageName(cmd)))
	fmt.Fprintf(&b, ".Sh NAME\n.Nm %s\n.Nd %s\n", pageName(cmd), macroText(lowered(cmd.Short)))
	synopsis(&b, cmd)
	b.WriteString(".Sh DESCRIPTION\n")
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	paragraphs(&b, text)
	commands(&b, cmd)
	options(&b, "OPTIONS", cmd.NonInheritedFlags())
	options(&b, "OPTIONS OF ALL COMMANDS OF THE GROUP", cmd.InheritedFlags())
	b.WriteString(common)
	if cmd.Example != "" {
		b.WriteString(".Sh EXAMPLES\n.Bd -literal\n")
		for _, line := range strings.Split(cmd.Example, "\n") {
			b.WriteString(plainLine(strings.TrimPrefix(line, "  ")) + "\n")
		}
		b.WriteString(".Ed\n")
	}
	seeAlso(&b, cmd)
	return b.Bytes()
}

// lowered returns a sentence without its capital, unless its first word is a name.
func lowered(text string) string {
	if len(text) > 1 && text[1] >= 'a' && text[1] <= 'z' {
		return strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

func synopsis(b *bytes.Buffer, cmd *cobra.Command) {
	b.WriteString(".Sh SYNOPSIS\n.Nm " + strings.ReplaceAll(cmd.Root().Name(), " ", "-") + "\n")
	for _, word := range strings.Fields(cmd.CommandPath())[1:] {
		b.WriteString(".Cm " + macroText(word) + "\n")
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString(".Ar command\n")
	}
	if cmd.HasAvailableFlags() {
		b.WriteString(".Op Ar options\n")
	}
	for _, word := range strings.Fields(cmd.Use)[1:] {
		b.WriteString(".Ar " + macroText(word) + "\n")
	}
}

// commands lists the commands below one.
func commands(b *bytes.Buffer, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	b.WriteString(".Sh COMMANDS\n.Bl -tag -width Ds\n")
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			fmt.Fprintf(b, ".It Cm %s\n%s.\n", macroText(below.Name()), plainLine(below.Short))
		}
	}
	b.WriteString(".El\n")
}

func options(b *bytes.Buffer, title string, flags *pflag.FlagSet) {
	if !flags.HasAvailableFlags() {
		return
	}
	b.WriteString(".Sh " + title + "\n.Bl -tag -width Ds\n")
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		argument, usage := pflag.UnquoteUsage(f)
		b.WriteString(".It ")
		if f.Shorthand != "" {
			b.WriteString("Fl " + f.Shorthand + " , ")
		}
		b.WriteString("Fl \\-" + macroText(f.Name))
		if argument != "" {
			b.WriteString(" Ar " + macroText(argument))
		}
		b.WriteString("\n" + plainLine(sentence(usage)) + "\n")
		if value := f.DefValue; value != "" && value != "false" && value != "[]" && value != "0" && value != "0s" {
			b.WriteString("The default is " + plainText(value) + ".\n")
		}
	})
	b.WriteString(".El\n")
}

// sentence returns a text with a capital and a full stop.
func sentence(text string) string {
	if text == "" {
		return text
	}
	if text[0] >= 'a' && text[0] <= 'z' && (len(text) == 1 || text[1] != ':') {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	return strings.TrimSuffix(text, ".") + "."
}

// paragraphs writes a text whose paragraphs have empty lines between them. Lines that are indented stay
// lines.
func paragraphs(b *bytes.Buffer, text string) {
	text = strings.ReplaceAll(strings.TrimSpace(text), "\t", "  ")
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 && !strings.HasPrefix(paragraph, "  ") { // a display has its own space
			b.WriteString(".Pp\n")
		}
		literal := false
		for _, line := range strings.Split(paragraph, "\n") {
			if indented := strings.HasPrefix(line, "  "); indented != literal {
				b.WriteString(map[bool]string{true: ".Bd -literal -offset indent\n", false: ".Ed\n"}[indented])
				literal = indented
			}
			if literal {
				line = strings.TrimPrefix(line, "  ")
			}
			b.WriteString(plainLine(line) + "\n")
		}
		if literal {
			b.WriteString(".Ed\n")
		}
	}
}

// seeAlso names the pages above and below a command.
func seeAlso(b *bytes.Buffer, cmd *cobra.Command) {
	var names []string
	if parent := cmd.Parent(); parent != nil {
		names = append(names, pageName(parent))
	}
	for _, below := range cmd.Commands() {
		if below.IsAvailableCommand() {
			names = append(names, pageName(below))
		}
	}
	if len(names) == 0 {
		return
	}
	b.WriteString(".Sh SEE ALSO\n")
	for i, name := range names {
		end := " ,"
		if i == len(names)-1 {
			end = ""
		}
		b.WriteString(".Xr " + name + " 1" + end + "\n")
	}
}

// plainText escapes what roff would read as its own.
func plainText(text string) string {
	return strings.NewReplacer(`\`, `\e`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`, "-", `\-`, `"`,
		`\(dq`,
		"…", `\[u2026]`).Replace(text)
}

// plainLine is plainText for a whole line: a dot at its beginning is no macro, and each sentence begins a
// line, as mdoc wants it.
func plainLine(text string) string {
	text = regexp.MustCompile(`([a-z)\]])([.:;]) +([A-Z])`).ReplaceAllString(text, "$1$2\n$3")
	text = plainText(strings.TrimRight(text, " "))
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

// macroText is plainText as an argument of a macro, where words such as No and Ar would be macros, too.
func macroText(text string) string {
	words := strings.Fields(plainText(text))
	for i, word := range words {
		if len(word) <= 3 {
			words[i] = `\&` + word
		}
	}
	return strings.Join(words, " ")
}
