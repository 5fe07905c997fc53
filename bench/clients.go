// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"

	"gatehouse/bench/fill"
	"gatehouse/bench/load"
)

// What installations ask, and what services ask about their tokens.
const (
	v1          = "/v1"
	enrolPath   = v1 + "/enrollments"
	tokenPath   = "/oauth2/token"
	inspectPath = "/oauth2/introspect"
)

// enrolments makes exchanges that enrol a new installation each. The text of a request is
// made while the run goes on, since no two are alike.
type enrolments struct {
	codes [][]byte // the beginnings of the requests, one for each code
}

const instanceMark = "INSTANCE____________" // as long as any instance id

func newEnrolments(codes []fill.Code) enrolments {
	var e enrolments
	for _, c := range codes {
		body := fmt.Sprintf(`{"authorizationCode":%q,"client":{"name":"till","instanceId":%q}}`, c.Text,
			instanceMark)
		e.codes = append(e.codes, load.NewExchange("POST", enrolPath, body, nil, jsonType).Bytes)
	}
	return e
}

// of returns the enrolment of an installation, by its number, with one of the codes.
func (e enrolments) of(code int, instance int64, check func(*load.Response) error) *load.Exchange {
	text := bytes.Clone(e.codes[code])
	at := text[bytes.LastIndex(text, []byte(instanceMark)):][:0]
	id := strconv.AppendInt(at, instance, 10)
	for len(id) < len(instanceMark) { // the length of the body stays
		id = append(id, '.')
	}
	return &load.Exchange{Bytes: text, Check: check}
}

// planEnrol enrols with some of the codes that the database was filled with.
func planEnrol(codes int) func(context.Context, *stage) (load.Plan, error) {
	return func(_ context.Context, s *stage) (load.Plan, error) {
		e := newEnrolments(s.data.Codes[:min(codes, len(s.data.Codes))])
		check := answered(201, `"clientKey":"GHK`)
		return func(int) load.Next {
			return func() *load.Exchange {
				n := s.instances.Add(1)
				return e.of(int(n*7919%int64(len(e.codes))), n, check)
			}
		}, nil
	}
}

// answered checks that an answer has the status and holds the text.
func answered(status int, text string) func(*load.Response) error {
	needle := []byte(text)
	return func(r *load.Response) error {
		if r.Status != status {
			return fmt.Errorf("status %d, want %d", r.Status, status)
		}
		if !bytes.Contains(r.Body, needle) {
			return fmt.Errorf("the answer does not hold %q", text)
		}
		return nil
	}
}

// planVerifyCode asks whether codes would let in, as a program with its own token does.
func planVerifyCode(_ context.Context, s *stage) (load.Plan, error) {
	return among(s.data.Codes, func(c fill.Code) *load.Exchange {
		return load.NewExchange("POST", v1+"/auth-codes/verify", fmt.Sprintf(`{"authorizationCode":%q}`, c.Text),
			has(`"valid":true`), jsonType, bearer(s.access.native))
	}), nil
}

// planToken exchanges the secrets of many clients, each of them rarely.
func planToken(_ context.Context, s *stage) (load.Plan, error) {
	return among(s.data.Clients, s.login), nil
}

func (s *stage) login(c fill.Client) *load.Exchange {
	return load.NewExchange("POST", tokenPath, "grant_type=client_credentials", has(`"access_token":"`),
		formType, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte(c.ID+":"+c.Key)))
}

// tokensInUse is how many tokens services ask about at the same time.
const tokensInUse = 1000

// planIntrospect asks about tokens that are in use, as a service does at each request.
func planIntrospect(ctx context.Context, s *stage) (load.Plan, error) {
	clients := s.data.Clients[:min(tokensInUse, len(s.data.Clients))]
	var texts []string
	for _, c := range clients {
		var token struct {
			Text string `json:"access_token"`
		}
		if err := s.ask(ctx, s.login(c), &token); err != nil {
			return nil, err
		}
		texts = append(texts, token.Text)
	}
	return among(texts, func(text string) *load.Exchange {
		return load.NewExchange("POST", inspectPath, url.Values{"token": {text}}.Encode(), has(`"active":true`),
			formType, bearer(s.access.native))
	}), nil
}
