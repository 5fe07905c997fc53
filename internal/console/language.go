// SPDX-License-Identifier: Apache-2.0

package console

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/message/catalog"

	"gatehouse/internal/problem"
)

// messageFiles has files for each part of the console, one for each language, with the same keys.
// Values in a message are texts and numbers, as fmt.Sprintf reads them. Those in the sentence of an
// error are texts: %s, never %d.
//
//go:embed messages
var messageFiles embed.FS

// languages lists the languages; the first one is the default.
func languages() []string { return []string{"en", "de"} }

// words has the messages of one language.
type words struct {
	Tag     string
	texts   map[string]string
	printer *message.Printer
}

// readWords reads the messages of a language. It panics if it cannot: they are part of the program.
func readWords(tag string) words {
	w := words{Tag: tag, texts: map[string]string{}}
	files, err := fs.Glob(messageFiles, "messages/*."+tag+".json")
	built, parsed := catalog.NewBuilder(), language.Make(tag)
	for _, file := range files {
		content, readErr := messageFiles.ReadFile(file)
		var texts map[string]string
		err = errors.Join(err, readErr, json.Unmarshal(content, &texts))
		for key, text := range texts {
			if _, twice := w.texts[key]; twice {
				err = errors.Join(err, fmt.Errorf("%s is there twice", key))
			}
			w.texts[key] = text
			err = errors.Join(err, built.SetString(parsed, key, text))
		}
	}
	if err != nil {
		panic("console: messages in " + tag + ": " + err.Error())
	}
	w.printer = message.NewPrinter(parsed, message.Catalog(built))
	return w
}

// unknownMessage encloses a key without a message. A test fails on a page that has one.
const unknownMessage = "⟨%s⟩"

// say returns a message with its values.
func (w words) say(key string, values ...any) string {
	text, known := w.texts[key]
	switch {
	case !known:
		return fmt.Sprintf(unknownMessage, key)
	case !strings.Contains(text, "%"):
		return text
	}
	return w.printer.Sprintf(message.Key(key, text), values...)
}

// problem returns the sentence of a domain's error.
func (w words) problem(e *problem.Error) string {
	if len(e.Fields) == 0 {
		if e.Phrase.Format == "" {
			return e.Message
		}
		return w.phrase(e.Phrase)
	}
	texts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		texts[i] = w.phrase(f.Phrase)
	}
	return strings.Join(texts, " ")
}

// phrase returns a sentence in the language. One without a translation stays English.
func (w words) phrase(p problem.Phrase) string {
	key := "error." + string(p.Code)
	text, known := w.texts[key]
	switch {
	case !known:
		return p.String()
	case !strings.Contains(text, "%"):
		return text
	}
	values := make([]any, len(p.Args))
	for i, one := range p.Args {
		if inner, is := one.(problem.Phrase); is {
			one = w.phrase(inner)
		}
		values[i] = fmt.Sprint(one)
	}
	return fmt.Sprintf(text, values...)
}

// wordsWanted returns the language of the cookie, or the best one that the browser asks for.
func (x *exchange) wordsWanted() words {
	p, err := x.c.pages()
	if err != nil {
		return words{}
	}
	if set, known := p[x.cookie(cookieLanguage)]; known {
		return set.words
	}
	wanted, _, _ := language.ParseAcceptLanguage(x.r.Header.Get("Accept-Language"))
	var offered []language.Tag
	for _, tag := range languages() {
		offered = append(offered, language.Make(tag))
	}
	_, best, _ := language.NewMatcher(offered).Match(wanted...)
	return p[languages()[best]].words
}

func (x *exchange) themeWanted() string {
	switch theme := x.cookie(cookieTheme); theme {
	case themeLight, themeDark:
		return theme
	}
	return ""
}

// The themes; without one the browser's own wish counts.
const (
	themeLight = "light"
	themeDark  = "dark"
)

const preferenceLife = 365 * 24 * time.Hour

// changePreferences answers the buttons for language and colours, which are on every page.
func (c *console) changePreferences(x *exchange) error {
	if tag := x.sent.Get("language"); slices.Contains(languages(), tag) {
		x.setCookie(cookieLanguage, tag, preferenceLife)
	}
	switch theme := x.sent.Get("theme"); theme {
	case themeLight, themeDark:
		x.setCookie(cookieTheme, theme, preferenceLife)
	case "auto":
		x.removeCookie(cookieTheme)
	}
	return x.redirect(c.localPath(x.sent.Get("next")))
}
