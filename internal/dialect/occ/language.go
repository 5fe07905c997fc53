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

// messages has a file for each language but English: the sentence of each code, with the
// values of the English one. Values are texts there: %s, never %d.
//
//go:embed messages
var messages embed.FS

// language is one that messages are written in.
type language struct {
	tag  string // as X-CCAsset-Language names it
	name string // in itself
}

// languages lists them, the default first.
func languages() []language {
	return []language{{english, "English"}, {"de", "Deutsch"}, {"fr", "Français"}, {"es", "Español"}}
}

const english = "en"

// catalogue says sentences in a language. The zero value is English.
type catalogue struct {
	codes   map[problem.Code]string
	printer *message.Printer
}

func catalogues() map[string]catalogue {
	all := map[string]catalogue{}
	for _, l := range languages() {
		if l.tag != english {
			all[l.tag] = catalogueOf(l.tag)
		}
	}
	return all
}

// catalogueOf reads a file of messages. It panics if the file cannot be read, because it
// is part of the program.
func catalogueOf(tag string) catalogue {
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

// language returns the tag and the messages of the language that is asked for, in
// any of its countries' forms: de, de_AT, de-CH. What is not spoken is English.
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

// say returns a phrase in the language. A phrase without a translation is English.
func (c catalogue) say(p problem.Phrase) string {
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
			args[i] = c.say(words)
		} else {
			args[i] = fmt.Sprint(arg) // numbers are written as in English
		}
	}
	return c.printer.Sprintf(message.Key(string(p.Code), p.Format), args...)
}

// errorText returns a domain error's message. That of wrong fields is made of theirs.
func (c catalogue) errorText(e *problem.Error) string {
	if len(e.Fields) == 0 {
		return c.orElse(e.Message, e.Phrase)
	}
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = c.say(f.Phrase)
	}
	return strings.Join(texts, " ")
}

// orElse is say for a message that may have no phrase.
func (c catalogue) orElse(message string, p problem.Phrase) string {
	if p.Format == "" {
		return message
	}
	return c.say(p)
}
