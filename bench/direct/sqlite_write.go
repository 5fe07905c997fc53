// SPDX-License-Identifier: Apache-2.0

package direct

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/internal/filter"
	"gatehouse/internal/sqltext"
)

// The writes: internal/sqlite authcode.go, application.go, request.go, audit.go,
// in the order of the use cases. They need no savepoints, since none fails.
const (
	litePrimary = sqltext.SelectAuthCode + ` WHERE organization_id = ? AND is_primary = 1 AND ended_at IS NULL`
	liteEndCode = `UPDATE auth_codes SET ended_at = ?, end_reason = ?, sealed = x''
		WHERE organization_id = ? AND is_primary = 1 AND ended_at IS NULL RETURNING id`
	liteInsertCode         = sqltext.InsertAuthCode
	liteRenew              = sqltext.UpdateApplication
	liteDecide             = sqltext.DecideRequest
	liteUpdateOrganization = `UPDATE organizations SET name = ?, name_folded = ?, alias = ?, alias_folded = ?, description = ?, description_folded = ?,
		external_id = ?, external_id_folded = ?, state = ?, updated_at = ?, listed = ?
		WHERE id = ?`
	liteContactActive = sqltext.SetContactActive
	liteHead          = `SELECT seq, hash FROM audit_heads WHERE organization_id = ?`
	liteMoveHead      = `INSERT INTO audit_heads (organization_id, seq, hash) SELECT ?1, ?2, ?3 WHERE ?2 = 1 OR EXISTS (SELECT 1 FROM audit_heads WHERE organization_id = ?1)
		ON CONFLICT (organization_id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash WHERE seq = excluded.seq - 1`
	liteEvent = `INSERT INTO audit_events (` + sqltext.AuditEventColumns + `)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
)

func (s *lite) writes() []Yardstick {
	return []Yardstick{
		s.writing(Reveal, s.reveal),
		s.writing(Generate, s.generate),
		s.writing(Renew, s.renew),
		s.writing(Approve, s.approve),
		s.writing(Enrol, func(c *session) error { return c.enrol(s.anyCode()) }),
		s.writing(EnrolOne, func(c *session) error { return c.enrol(s.firstCode()) }),
	}
}

// writing is a yardstick of a write: one goroutine writes for all clients, and
// commits once when each has had a turn. The latency is that of the commit's group.
func (s *lite) writing(operation string, do func(c *session) error) Yardstick {
	return Yardstick{Operation: operation, Name: Driver, Run: func(ctx context.Context, connections int,
		d time.Duration) (r Result, err error) {
		if operation == Approve && s.undecided.scarce() {
			if err := s.refill(ctx); err != nil {
				return Result{}, err
			}
		}
		c, err := newSession(ctx, s.write)
		if err != nil {
			return Result{}, err
		}
		defer func() { err = errors.Join(err, c.close()) }()
		if _, err := c.group(1, do); err != nil { // warms up
			return Result{}, err
		}
		return measure(ctx, d, []work{func() (int, error) { return c.group(connections, do) }})
	}}
}

// group does it up to n times under one commit.
func (c *session) group(n int, do func(c *session) error) (done int, err error) {
	if _, err := c.exec(`BEGIN IMMEDIATE`); err != nil {
		return 0, err
	}
	for done < n && err == nil {
		if err = do(c); err == nil {
			done++
		}
	}
	if err != nil && !errors.Is(err, errDone) {
		_, undone := c.exec(`ROLLBACK`)
		return 0, errors.Join(err, undone)
	}
	if _, failed := c.exec(`COMMIT`); failed != nil {
		return 0, failed
	}
	if done > 0 {
		err = nil // what was left is done; errDone comes again
	}
	return done, err
}

// event appends to the audit, the last step of every change.
func (c *session) event(organization int64, at int64, action, target, detail string) error {
	seq, previous := int64(0), []byte{}
	n, err := c.query(liteHead, organization)
	if err != nil {
		return err
	}
	if n == 1 {
		seq = c.values[0].(int64)
		previous, _ = c.values[1].([]byte)
	}
	hash := c.minted.bytes(hashSize)
	if err := c.change(liteMoveHead, organization, seq+1, hash); err != nil {
		return err
	}
	return c.change(liteEvent, organization, seq+1, at, actorKind, actorID, actorName, address,
		c.minted.id(), action, target, detail, previous, hash)
}

func (s *lite) reveal(c *session) error {
	id := s.active.any()
	if err := c.one(liteOrganization, id); err != nil {
		return err
	}
	if err := c.one(litePrimary, id); err != nil {
		return err
	}
	return c.event(id, now().UnixMilli(), "auth_code.reveal", c.values[0].(string), "{}")
}

func (s *lite) generate(c *session) error {
	id, moment, code := s.active.any(), now(), c.minted.uuid()
	at := moment.UnixMilli()
	if err := c.one(liteOrganization, id); err != nil {
		return err
	}
	if err := c.one(liteEndCode, at, "superseded", id); err != nil {
		return err
	}
	former := c.values[0].(string)
	args, err := c.minted.code(code, id, moment, func(t time.Time) any { return t.UnixMilli() })
	if err != nil {
		return err
	}
	if err := c.change(liteInsertCode, args...); err != nil {
		return err
	}
	return c.event(id, at, "auth_code.issue", code, `{"supersedes":"`+former+`"}`)
}

func (s *lite) renew(c *session) error {
	id, at := s.application(), now()
	if err := c.one(liteApplication, id); err != nil {
		return err
	}
	name, former, issued := c.values[2], c.values[7], c.values[8]
	err := c.change(liteRenew, name, c.minted.id(), at.Truncate(time.Second).UnixMilli(), nil,
		c.minted.bytes(hashSize), at.UnixMilli(), nil, former, issued, nil, []byte{}, nil, at.UnixMilli(),
		at.Add(tokenLife).UnixMilli(), id)
	if err != nil {
		return err
	}
	return c.event(0, at.UnixMilli(), "application.renew_key", id, "{}")
}

func (s *lite) approve(c *session) error {
	id, err := s.undecided.take()
	if err != nil {
		return err
	}
	at := now().UnixMilli()
	if err := c.one(liteRequest, id); err != nil {
		return err
	}
	organization, contact := c.values[6].(int64), c.values[7].(int64)
	if err := c.change(liteDecide, "approved", "approved", "", at, at, actorRef, id); err != nil {
		return err
	}
	if err := c.one(liteOrganization, organization); err != nil {
		return err
	}
	var args []any
	for _, v := range c.values[1:5] { // name, alias, description, external id
		args = append(args, v, filter.Fold(v.(string)))
	}
	if err := c.change(liteUpdateOrganization, append(args, "active", at, true, organization)...); err != nil {
		return err
	}
	if err := c.change(liteContactActive, true, contact); err != nil {
		return err
	}
	return c.event(organization, at, "organization_request.approve", fmt.Sprint(id), "{}")
}

// refill makes approved requests new again; the audit stays.
func (s *lite) refill(ctx context.Context) error {
	u := &s.undecided
	for _, statement := range []string{
		`UPDATE requests SET status = 'new', status_folded = 'new', updated_at = created_at, decided_at = NULL, decided_by = ''
			WHERE id BETWEEN ?1 AND ?2 AND (id - ?1) % ?3 = 0 AND status <> 'new'`,
		`UPDATE organizations SET state = 'applicant', listed = 0, updated_at = created_at
			WHERE id BETWEEN ?1 AND ?2 AND (id - ?1) % ?3 = 0 AND state <> 'applicant'`,
		`UPDATE contacts SET active = 0 WHERE id BETWEEN ?1 AND ?2 AND (id - ?1) % ?3 = 0 AND active = 1`,
	} {
		if _, err := s.write.ExecContext(ctx, statement, u.first, u.last(), u.step); err != nil {
			return err
		}
	}
	u.start(0)
	return nil
}
