// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"errors"
	"fmt"
	"time"

	"gatehouse/bench/fill"
	"gatehouse/internal/sqltext"
)

// What clients do: internal/sqlite codeuse.go and client.go, in the order of the use cases.
const (
	liteCode   = sqltext.SelectAuthCodeByDigest
	liteFormer = sqltext.SelectClientByInstance
	liteClient = sqltext.SelectClient + sqltext.ByID
	liteEnded  = sqltext.SelectTokenRevoked
)

// enrol lets a new client in. Like the server it looks first, and lets the UPDATE decide.
func (c *session) enrol(code fill.Code) error {
	at := now()
	stamp := func(t time.Time) any { return t.UnixMilli() }
	client, use, err := c.minted.client(code, at, stamp)
	if err != nil {
		return err
	}
	if err := c.one(liteCode, code.Digest); err != nil {
		return err
	}
	if err := c.one(liteOrganization, code.Organization); err != nil {
		return err
	}
	if n, err := c.query(liteFormer, code.ID, client[4]); err != nil || n != 0 {
		return errors.Join(err, fmt.Errorf("%d clients have a new name", n))
	}
	if err := c.change(sqltext.TakeCodeUse, at.UnixMilli(), code.ID); err != nil {
		return err
	}
	if err := c.change(sqltext.InsertClient, client...); err != nil {
		return err
	}
	if err := c.change(sqltext.InsertCodeUse, use...); err != nil {
		return err
	}
	return c.event(code.Organization, at.UnixMilli(), "client.enrol", client[0].(string), enrolled(code.ID))
}

// clients are the reads that clients and their tokens cause, each in one transaction.
func (s *lite) clients() []Yardstick {
	return []Yardstick{
		s.reading(VerifyCode, func(c *session) work {
			return c.oneState(func() error {
				code := s.anyCode()
				return errors.Join(c.one(liteCode, code.Digest), c.one(liteOrganization, code.Organization))
			})
		}),
		s.reading(Token,
			func(c *session) work { return c.oneState(func() error { return c.readClient(s.anyClient()) }) }),
		s.reading(Introspect, func(c *session) work {
			return c.oneState(func() error {
				return errors.Join(c.one(liteEnded, c.minted.id()), c.readClient(s.anyClient()))
			})
		}),
	}
}

// readClient reads a client and its organization.
func (c *session) readClient(id string) error {
	if err := c.one(liteClient, id); err != nil {
		return err
	}
	return c.one(liteOrganization, c.values[1])
}

// oneState runs reads in one transaction.
func (c *session) oneState(read func() error) work {
	return func() (int, error) {
		if _, err := c.exec(`BEGIN`); err != nil {
			return 0, err
		}
		err := read()
		_, ended := c.exec(`ROLLBACK`)
		return 1, errors.Join(err, ended)
	}
}
