// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	xlanguage "golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"

	"gatehouse/internal/problem"
)

// messages has a file for each language but English, with a sentence for each code. It has the values of the
// English sentence. All values are texts: %s, never %d.
//
//go:embed messages
var messages embed.FS

// language is a language of messages.
type language struct {
	tag  string // as X-CCAsset-Language names it
	name string // in the language itself
}

// languages returns the languages; the first one is the default.
func languages() []language {
	return []language{{english, "English"}, {"de", "Deutsch"}, {"fr", "Français"}, {"es", "Español"}}
}

const english = "en"

// catalogue has the sentences in one language. The zero value is English.
type catalogue struct {
	codes   map[problem.Code]string
	printer *message.Printer
}

func catalogues() map[string]catalogue {
	all := map[string]catalogue{}
	for _, l := range languages() {
		if l.tag != english {
			all[l.tag] = readCatalogue(l.tag)
		}
	}
	return all
}

// readCatalogue reads a file of messages. It panics if it cannot read the file, which is part of the program.
func readCatalogue(tag string) catalogue {
	b, err := messages.ReadFile("messages/" + tag + ".json")
	c := catalogue{}
	if err == nil {
		err = json.Unmarshal(b, &c.codes)
	}
	built, parsed := catalog.NewBuilder(), xlanguage.Make(tag)
	for code, text := range c.codes {
		err = errors.Join(err, built.SetString(parsed, string(code), text))
	}
	if err != nil {
		panic("occ: messages in " + tag + ": " + err.Error())
	}
	c.printer = message.NewPrinter(parsed, message.Catalog(built))
	return c
}

// language returns the tag and the catalogue of the language that the client asks for, in the form of any
// country: de, de_AT, de-CH. For an unknown language it returns English.
func (d *dialect) language(r *http.Request) (string, catalogue) {
	tag := r.Header.Get("X-CCAsset-Language")
	if i := strings.IndexAny(tag, "_-"); i >= 0 {
		tag = tag[:i]
	}
	tag = strings.ToLower(strings.TrimSpace(tag))
	if c, ok := d.catalogues[tag]; ok {
		return tag, c
	}
	return english, catalogue{}
}

// translate returns a phrase in the language. A phrase without a translation stays English.
func (c catalogue) translate(p problem.Phrase) string {
	text, ok := c.codes[p.Code]
	if !ok {
		return p.String()
	}
	if !strings.Contains(text, "%") {
		return text
	}
	args := make([]any, len(p.Args))
	for i, arg := range p.Args {
		if words, ok := arg.(problem.Phrase); ok {
			args[i] = c.translate(words)
		} else {
			args[i] = fmt.Sprint(arg) // numbers are written as in English
		}
	}
	return c.printer.Sprintf(message.Key(string(p.Code), p.Format), args...)
}

// errorText returns the message of a domain error. If the error has fields, it consists of their messages.
func (c catalogue) errorText(e *problem.Error) string {
	if len(e.Fields) == 0 {
		return c.translateMessage(e.Message, e.Phrase)
	}
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = c.translate(f.Phrase)
	}
	return strings.Join(texts, " ")
}

// translateMessage is translate for a message that may have no phrase.
func (c catalogue) translateMessage(message string, p problem.Phrase) string {
	if p.Format == "" {
		return message
	}
	return c.translate(p)
}
