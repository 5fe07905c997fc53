// SPDX-License-Identifier: Apache-2.0

package occ

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"gatehouse/internal/httpkit"
	"gatehouse/internal/problem"
)

// messages has a file for each language but English: the English sentence, as it
// stands in the code, and the translation, with the same verbs in the same
// order. Words that take the place of a verb stand there too.
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

// catalogue has the messages of a language by the English ones. A nil one is English.
type catalogue map[string]string

func catalogues() map[string]catalogue {
	all := map[string]catalogue{}
	for _, l := range languages() {
		if l.tag == english {
			continue
		}
		b, err := messages.ReadFile("messages/" + l.tag + ".json")
		var c catalogue
		if err == nil {
			err = json.Unmarshal(b, &c)
		}
		if err != nil { // it is built into the program
			panic("occ: messages in " + l.tag + ": " + err.Error())
		}
		all[l.tag] = c
	}
	return all
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
	return english, nil
}

// say returns a message in the language. What has no translation stays English.
func (c catalogue) say(message string, p problem.Phrase) string {
	if text, ok := c[message]; ok {
		return text
	}
	text, ok := c[p.Format]
	if !ok {
		return message
	}
	args := make([]any, len(p.Args))
	for i, arg := range p.Args {
		args[i] = arg
		switch arg := arg.(type) {
		case problem.Phrase:
			args[i] = c.say(arg.String(), arg)
		case string:
			// Words of ours are several; a name of the wire is one, and stays.
			if c[arg] != "" && strings.Contains(arg, " ") {
				args[i] = c[arg]
			}
		}
	}
	return fmt.Sprintf(text, args...)
}

// errorText returns a domain error's message. That of wrong fields is made of theirs.
func (c catalogue) errorText(e *problem.Error) string {
	if c == nil || e.Phrase.Format != "" || len(e.Fields) == 0 {
		return c.say(e.Message, e.Phrase)
	}
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = c.fieldText(f)
	}
	return strings.Join(texts, " ")
}

// fieldText returns the message about a field. Many begin with its name.
func (c catalogue) fieldText(f problem.FieldError) string {
	if rest, ok := strings.CutPrefix(f.Message, f.Field+" "); ok && f.Phrase.Format == "" {
		f.Phrase = problem.Phrase{Format: "%s " + rest, Args: []any{f.Field}}
	}
	return c.say(f.Message, f.Phrase)
}

func (c catalogue) httpText(e *httpkit.Error) string {
	return c.say(e.Message, problem.Phrase{Format: e.Format, Args: e.Args})
}
