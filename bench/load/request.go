// SPDX-License-Identifier: Apache-2.0

package load

import (
	"fmt"
	"regexp"
	"strings"
)

// Exchange is a request that is ready to be sent, and what is wanted back.
// It is not changed after it was made and may be used by many connections.
type Exchange struct {
	Bytes []byte
	Check func(*Response) error // nil: any answer will do
}

// Next returns the next exchange of a connection; nil: there is none left.
type Next func() *Exchange

// Plan returns the Next of a connection, by its number.
type Plan func(connection int) Next

// NewExchange builds a request. Headers are "Name: value"; a body that is not
// empty gets its Content-Length, and so does any POST and PUT.
func NewExchange(method, path, body string, check func(*Response) error, headers ...string) *Exchange {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n", method, path)
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if body != "" || method == "POST" || method == "PUT" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n" + body)
	return &Exchange{Bytes: []byte(b.String()), Check: check}
}

// Always is the plan of one request again and again.
func Always(x *Exchange) Plan { return func(int) Next { return func() *Exchange { return x } } }

// Among is the plan of requests picked by chance; the same connection picks the
// same in every run.
func Among(list []*Exchange) Plan {
	return func(connection int) Next {
		state := uint64(connection)*0x9e3779b97f4a7c15 + 1
		return func() *Exchange {
			// xorshift: a good enough spread for next to nothing.
			state ^= state << 13
			state ^= state >> 7
			state ^= state << 17
			return list[state%uint64(len(list))]
		}
	}
}

// WrongAnswer is the error of an answer that was not the expected one.
type WrongAnswer struct {
	Request []byte
	Answer  string
	Err     error
}

// Error shows the request and the answer, with all that lets anybody in left out.
func (e *WrongAnswer) Error() string {
	const most = 2000
	return fmt.Sprintf("wrong answer: %v\n--- request\n%s\n--- answer\n%s", e.Err,
		Mask(shorten(string(e.Request), most)), Mask(shorten(e.Answer, most)))
}

// Unwrap returns what was wrong.
func (e *WrongAnswer) Unwrap() error { return e.Err }

func shorten(text string, most int) string {
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// Mask blots out tokens, codes and passwords.
func Mask(text string) string {
	text = regexp.MustCompile(`(?i)(authorization|authtoken): [^\r\n]+`).ReplaceAllString(text, "$1: ***")
	text = regexp.MustCompile(`GHC[0-9A-Z]{10,}|eyJ[\w.\-]{20,}|QSDK [^\s"]+`).ReplaceAllString(text, "***")
	return regexp.MustCompile(`password=[^&\s]+`).ReplaceAllString(text, "password=***")
}
