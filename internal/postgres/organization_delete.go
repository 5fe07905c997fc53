// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"time"

	"gatehouse/internal/problem"
	"gatehouse/internal/sqltext"
	"gatehouse/internal/tenancy"
)

// DeleteOrganization implements tenancy.OrganizationWriter.
func (t *tx) DeleteOrganization(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	n, err := t.exec(ctx, "delete organization", sqltext.Numbered(sqltext.DeleteOrganization),
		string(tenancy.OrganizationDeleted), false, stamp(at), stamp(at), int64(id))
	if err == nil && n == 0 {
		return problem.OrganizationNotFound()
	}
	return err
}

// EndAuthCodes implements tenancy.AuthCodeWriter.
func (t *tx) EndAuthCodes(ctx context.Context, id tenancy.OrganizationID, at time.Time,
	reason tenancy.EndReason) error {
	_, err := t.exec(ctx, "end auth codes", sqltext.Numbered(sqltext.EndAuthCodes), stamp(at), string(reason),
		sqltext.Blob(nil), int64(id))
	return err
}

// DeleteApplications implements tenancy.ApplicationWriter.
func (t *tx) DeleteApplications(ctx context.Context, id tenancy.OrganizationID) error {
	_, err := t.exec(ctx, "delete applications", sqltext.Numbered(sqltext.DeleteApplications), int64(id))
	return err
}

// EndApplicationKeys implements tenancy.ApplicationWriter.
func (t *tx) EndApplicationKeys(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	_, err := t.exec(ctx, "end application keys", sqltext.Numbered(sqltext.EndApplicationKeys), stamp(at),
		sqltext.Blob(nil), int64(id))
	return err
}

// EndLogins implements tenancy.OperatorWriter.
func (t *tx) EndLogins(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	if _, err := t.exec(ctx, "end generations", sqltext.Numbered(sqltext.EndGenerations),
		int64(id)); err != nil {
		return err
	}
	if err := t.EndSessions(ctx, id, at); err != nil {
		return err
	}
	return t.EndOperatorTokens(ctx, id, at, tenancy.TokenRevoked)
}

// EndSessions implements tenancy.SessionWriter.
func (t *tx) EndSessions(ctx context.Context, id tenancy.OrganizationID, at time.Time) error {
	_, err := t.exec(ctx, "end sessions", sqltext.Numbered(sqltext.EndSessions), stamp(at), int64(id))
	return err
}

// EndOperatorTokens implements tenancy.OperatorTokenWriter.
func (t *tx) EndOperatorTokens(ctx context.Context, id tenancy.OrganizationID, at time.Time,
	reason tenancy.TokenEndReason) error {
	_, err := t.exec(ctx, "end operator tokens", sqltext.Numbered(sqltext.EndOperatorTokens), stamp(at),
		string(reason), int64(id))
	return err
}

// EndOperators implements tenancy.OperatorWriter.
func (t *tx) EndOperators(ctx context.Context, id tenancy.OrganizationID) error {
	_, err := t.exec(ctx, "end operators", sqltext.Numbered(sqltext.EndOperators), false, sqltext.Blob(nil),
		int64(id))
	return err
}

// DeactivateContacts implements tenancy.ContactWriter.
func (t *tx) DeactivateContacts(ctx context.Context, id tenancy.OrganizationID) error {
	_, err := t.exec(ctx, "deactivate contacts", sqltext.Numbered(sqltext.DeactivateContacts), false,
		int64(id))
	return err
}
